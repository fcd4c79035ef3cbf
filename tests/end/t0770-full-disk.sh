#!/usr/bin/env bash
# On a full disk writes are told to come back later, reads go on, and all goes on when there is room again.
. "${BASH_SOURCE[0]%/*}/lib.sh"

mount_here "$home" -t tmpfs -o size=144m,mode=700 weir-test
start_server --set disk_reserve=32M --set checkpoint_size=2M --set compact_size=1M

dd if=/dev/zero of="$home/ballast" bs=1M count=60 2>/dev/null

# points N: the N-th 16000 of them, in 8 series, so many bits in each value that none can be saved
points() { awk -v n="$1" 'BEGIN { srand(n); for (i = 0; i < 16000; i++) printf "m,host=h%d a=%.16g,b=%.16g %d\n", i % 8, rand() * rand(), rand() * rand(), n * 16000 + i }'; }
send() { points "$1" >"$work/points"; request "$url/write?db=d&precision=s" -H "Authorization: Token $token" --data-binary @"$work/points"; }
count() { query 'SELECT count(a) FROM m'; }

for sent in $(seq 0 200); do
	send "$sent"
	[ "$status" = 204 ] || break
done
is 'a disk that fills up ends in 503' 503 "$status"
case $head in
*[Rr]etry-[Aa]fter:*) ok 'which says when to come back' ;;
*) not_ok 'which says when to come back' "$head" ;;
esac
check 'by then much was taken' test "$sent" -gt 10
echo "# $((sent * 16000)) points in $sent writes"
count
gives 'reads go on, and every point is there' 200 "$(result '{"name":"m","columns":["time","count"],"values":[["1970-01-01T00:00:00Z",'$((sent * 16000))']]}')"

# somebody else takes what is left, to the last byte
dd if=/dev/zero of="$home/other" bs=64k >/dev/null 2>&1
write 'm,host=h0 a=1 1'
is 'with no byte free it still is 503' 503 "$status"
count
gives 'and reads still go on' 200 "$(result '{"name":"m","columns":["time","count"],"values":[["1970-01-01T00:00:00Z",'$((sent * 16000))']]}')"
rm "$home/other"

"$weir" --home "$home" query --db d "DELETE FROM m WHERE host = 'h1'" >/dev/null
is 'what makes room is allowed' 0 $?
"$weir" --home "$home" query --db d "DELETE FROM m WHERE host = 'h2' OR host = 'h3' OR host = 'h4'" >/dev/null
"$weir" --home "$home" compact
is 'and so is compaction' 0 $?
rm "$home/ballast"
send "$sent"
is 'then writes go on by themselves' 204 "$status"
query "SELECT count(a) FROM m WHERE host = 'h5'"
gives 'and nothing was lost' 200 "$(result '{"name":"m","columns":["time","count"],"values":[["1970-01-01T00:00:00Z",'"$(((sent + 1) * 2000))"']]}')"
stop_server
check 'the store is well' "$weir" --home "$home" check
finish
