#!/usr/bin/env bash
# What a host or a kernel may refuse a process: descriptors, memory, long files, time on the processor.
. "${BASH_SOURCE[0]%/*}/lib.sh"

if [ "$server-$mode" != lighttpd-fcgi ]; then
	ok 'skipped: limits are set for programs that lighttpd has started'
	finish
fi
start_server --set compress=no
n_acknowledged=0
log=$home/web/error.log

# limit NAME=VALUE: for every program that serves now
limit() { for pid in $(program_pids); do prlimit --pid "$pid" "--$1" || not_ok "limit $1"; done; }
programs() { program_pids | sort | tr '\n' ' '; }
put() { write "m,host=a v=$((n_acknowledged + 1))i $((n_acknowledged + 1))" "$@"; [ "$status" != 204 ] || n_acknowledged=$((n_acknowledged + 1)); }
count() { query 'SELECT count(v) FROM m' -d epoch=s; }
all_there() { count; gives "$1" 200 "$(result '{"name":"m","columns":["time","count"],"values":[[0,'"$n_acknowledged"']]}')"; }
no_death() { is "$1: nobody died" "$(grep -c 'signal' "$log")" 0; }

for _ in 1 2 3 4 5 6 7 8; do put; done	# both processes have the store open
for _ in 1 2 3 4; do count; done
began_with=$(programs)

# ---- a file may not be longer: the journal is longer than that already ----
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "long a=%.16g %d\n", rand() * rand(), i }' >"$work/long"
request "$url/write?db=d&precision=s" -H "Authorization: Token $token" --data-binary @"$work/long"
limit fsize=4096:unlimited
put
gives 'a file that may not grow' 503 "$(v1_error unavailable 'this service is overloaded, please try again later')"
is 'comes with a time to come back' "$(header Retry-After)" 5
write "new,host=$RANDOM v=1i 1"
gives_like 'and names neither' 503 '"code":"unavailable"'
query 'SELECT v FROM m'
gives_like 'reads go on, or wait for recovery' '200|503' '"values"|"code":"unavailable"'
limit fsize=unlimited
put
gives 'then writes go on' 204 ''
all_there 'and all is there'
is 'by the same processes' "$(programs)" "$began_with"
no_death 'SIGXFSZ'
(ulimit -f 1; "$weir" --home "$home" bucket create "$(head -c 900 /dev/zero | tr '\0' x)" >"$work/said" 2>&1)
is 'the command line ends in words' "$? $(sed -n 's/^weir: .*/said/p' "$work/said" | head -n 1)" '1 said'
put
gives 'and others go on' 204 ''

# ---- descriptors ----
most=$(ulimit -Hn)
for n in 3 12 16 17 18 19 20 24; do
	limit "nofile=$n:$most"
	curl -s -m 20 -w ' %{http_code}' -H "Authorization: Token $token" "$url/query?db=d" --data-urlencode 'q=SELECT v FROM m' >"$work/read" &
	curl -s -m 20 -w ' %{http_code}' -H "Authorization: Token $token" "$url/write?db=d&precision=s" -d "m,host=a v=$((n_acknowledged + 1))i $((n_acknowledged + 1))" >"$work/wrote" &
	sleep 0.4
	limit "nofile=$most"
	wait
	like "a write of a process with $n descriptors is taken, or told to come back" "$(cat "$work/wrote")" '^ 204$|^\{"code":"unavailable".* 503$'
	like "a read of a process with $n descriptors is answered, or told to come back" "$(cat "$work/read")" '("values"|"error").* 200$|^\{"code":"unavailable".* 503$'
done
n_acknowledged=$((n_acknowledged + 1))	# the same point each time, taken at the latest by the last
put
gives 'with descriptors again writes go on' 204 ''
all_there 'and all is there'
is 'by the same processes' "$(programs)" "$began_with"
check 'the log tells of it in few lines' test "$(grep -c 'Too many open files' "$log")" -le 40

# ---- memory ----
awk 'BEGIN { for (i = 0; i < 200000; i++) printf "big,host=h%d v=%di %d\n", i % 100000, i, 1000 + i }' >"$work/big"
for pid in $(program_pids); do
	prlimit --pid "$pid" --as=$((($(awk '{ print $1 }' "/proc/$pid/statm") + 1500) * 4096)):unlimited
done
request "$url/write?db=d&precision=s" -H "Authorization: Token $token" --data-binary @"$work/big"
gives 'a body that needs more memory than there is' 503 "$(v1_error unavailable 'this service is overloaded, please try again later')"
is 'is told when to come back' "$(header Retry-After)" 5
request "$url/query?db=d" -H "Authorization: Token $token" --data-urlencode "q=SELECT percentile(v, 50) FROM m WHERE host =~ /$(head -c 3000 /dev/zero | tr '\0' 'a')/"
gives_like 'others are served meanwhile' '200|503' '"results"|"code":"unavailable"'
for _ in $(seq 100); do put; [ "$status" = 204 ] && break; sleep 0.1; done
gives 'the next one is served' 204 ''
for _ in $(seq 20); do	# until it comes to a process that is new
	request "$url/write?db=d&precision=s" -H "Authorization: Token $token" --data-binary @"$work/big"
	[ "$status" = 503 ] || break
	sleep 0.1
done
gives 'and so is the body' 204 ''
all_there 'all is there'
for _ in 1 2 3 4 5 6; do query 'SELECT count(v) FROM big' -d epoch=s; [ "$status" = 503 ] || break; done
gives 'of the body too, once' 200 "$(result '{"name":"big","columns":["time","count"],"values":[[0,200000]]}')"
no_death 'memory'

# ---- time on the processor: a process that has had its time ends after its request ----
was=$(programs)
limit cpu=0:60
bad=0
for _ in $(seq 200); do
	query 'SELECT percentile(v, 50) FROM big GROUP BY host'
	[[ $status =~ ^(200|503)$ ]] || bad=$((bad + 1))	# lighttpd has a 503 for who comes as one ends
	[ "$(programs)" = "$was" ] || break
done
check 'a process that has had its time gives way to another' test "$(programs)" != "$was"
for _ in $(seq 100); do count; [ "$status" = 200 ] && break; sleep 0.1; done
all_there 'and all is there'
is 'no answer was another' "$bad" 0
no_death 'SIGXCPU'

stop_server
check 'the store is well' "$weir" --home "$home" check
finish
