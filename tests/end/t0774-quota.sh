#!/usr/bin/env bash
# A quota that is used up, which no call tells beforehand: the same as a full disk.
. "${BASH_SOURCE[0]%/*}/lib.sh"

alike 'the quota is'
volume=$work/volume
truncate -s 400M "$work/image"
mkfs.btrfs -q "$work/image" >/dev/null 2>&1
mount_here "$volume" -o loop "$work/image"
if ! btrfs quota enable "$volume" >/dev/null 2>&1; then
	ok 'skipped: a file system with quotas cannot be had here'
	finish
fi
btrfs subvolume create "$volume/home" >/dev/null
home=$volume/home
mkdir "$work/web"
ln -s "$work/web" "$home/web"	# the web server keeps long bodies there
chmod 700 "$home"
start_server --set disk_reserve=24M --set checkpoint_size=2M --set compact_size=2M --set cache_size=4M
# limit SIZE: of what the home may have
limit() { btrfs qgroup limit "$1" "$home" && sync -f "$home"; }

points() { awk -v n="$1" 'BEGIN { srand(n); for (i = 0; i < 16000; i++) printf "m,host=h%d a=%.16g,b=%.16g %d\n", i % 8, rand() * rand(), rand() * rand(), n * 16000 + i }'; }
send() { points "$1" >"$work/points"; request "$url/write?db=d&precision=s" -H "Authorization: Token $token" --data-binary @"$work/points"; }
count() { query 'SELECT count(a) FROM m'; }
counted() { result '{"name":"m","columns":["time","count"],"values":[["1970-01-01T00:00:00Z",'$((sent * 16000))']]}'; }

limit 64M
for sent in $(seq 0 400); do
	send "$sent"
	[ "$status" = 204 ] || break
done
is "a quota that is used up ends in 503" "$status" 503
is 'which says when to come back' "$(header Retry-After)" 5
check 'by then much was taken' test "$sent" -gt 10
count
gives 'reads go on, and every point is there' 200 "$(counted)"
# compaction makes room; of that a smaller quota leaves less than the reserve
"$weir" --home "$home" compact
sync -f "$home"
used=$(btrfs qgroup show --raw -f "$home" | awk '/^0\// { print $2 }')
limit $((used + (12 << 20)))
send "$sent"
is "writes are told to wait" "$status" 503
write 'm,host=new a=1 1'
is "those with names too" "$status" 503
count
gives 'and reads go on' 200 "$(counted)"
check 'the log has few lines' test "$(grep -c 'weir-[a-z]*: ' "$home/web/error.log")" -lt 60
limit none
send "$sent"
gives 'with a greater quota writes go on by themselves' 204 ''
sent=$((sent + 1))
count
gives 'and nothing was lost' 200 "$(counted)"
is 'nobody died' "$(grep -c signal "$home/web/error.log")" 0
stop_server
check 'the store is well' "$weir" --home "$home" check
finish
