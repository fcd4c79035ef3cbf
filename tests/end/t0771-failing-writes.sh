#!/usr/bin/env bash
# Whatever a disk or a quota refuses, clients are told to come back, reads go on where they can, and all
# goes on by itself when the cause has gone: the same processes, no point lost.
. "${BASH_SOURCE[0]%/*}/lib.sh"

if [ "$server-$mode" != lighttpd-fcgi ]; then
	ok 'skipped: the programs of lighttpd can be given a disk that fails'
	finish
fi
cc=${CC:-cc}
"$cc" -shared -fPIC -O1 -o "$work/shim.so" "$top/tests/crash/fail_shim.c" || exit 1
export FAIL_HOME=$home FAIL_PLAN=$work/plan
LD_PRELOAD=$work/shim.so start_server --set disk_reserve=1M --set cache_size=1M
n_acknowledged=0
programs=$(program_pids | sort | tr '\n' ' ')

# fails RULE...: from now on; mended: no more
fails() { printf '%s\n' "$@" >"$work/new" && rm -f "$work/plan.log" && mv "$work/new" "$work/plan"; }
mended() { rm -f "$work/plan"; }

# put: a point of a series that is known; put_new: of one that is not
put() { write "m,host=a v=$((n_acknowledged + 1))i $((n_acknowledged + 1))" "$@"; [ "$status" != 204 ] || n_acknowledged=$((n_acknowledged + 1)); }
put_new() { write "m,host=a,new=$RANDOM$RANDOM v=$((n_acknowledged + 1))i $((n_acknowledged + 1))"; [ "$status" != 204 ] || n_acknowledged=$((n_acknowledged + 1)); }
count() { query 'SELECT count(v) FROM m' -d epoch=s; }
counted() { result '{"name":"m","columns":["time","count"],"values":[[0,'"$n_acknowledged"']]}'; }
told_to_wait() { is "$1: 503, when to come back, and why" "$status $(header Retry-After) $body" "503 5 $(v1_error unavailable 'this service is overloaded, please try again later')"; }
# goes_on CAUSE: which has gone
goes_on() {
	mended
	put
	gives "then it is taken, $1" 204 ''
	count
	gives "and all is there, $1" 200 "$(counted)"
}
log_lines() { grep -c 'weir-[a-z]*: ' "$home/web/error.log"; }

put
gives 'a point' 204 ''
put_new
gives 'and a series' 204 ''

# The journal cannot be written: each errno that there is.
for errno in ENOSPC EDQUOT EIO EROFS EFBIG EACCES EIO+ ENOSPC+; do
	before=$(log_lines)
	fails "write,allocate $errno 1 0 journal.*"
	for _ in 1 2 3 4 5; do put; done
	told_to_wait "the journal cannot be written, $errno"
	request "$url/api/v2/write?bucket=d/autogen&precision=s" -H "Authorization: Token $token" -d 'm,host=a v=0i 0'
	is "the same of /api/v2/write, $errno" "$status $(header Retry-After) $body" "503 5 $(v2_error unavailable 'this service is overloaded, please try again later')"
	check "calls did fail, $errno" test -s "$work/plan.log"
	count
	gives "reads go on, $errno" 200 "$(counted)"
	like "the log names the file, $errno" "$(tail -n 5 "$home/web/error.log")" 'weir-write: error: journal file [0-9]+ of .* cannot be written: '
	check "and says it once for each program, $errno" test $(($(log_lines) - before)) -le 2
	goes_on "$errno"
done

# A sync fails: nothing of it is acknowledged.
for errno in EIO ENOSPC EDQUOT; do
	fails "sync $errno 1 0 journal.*"
	put
	told_to_wait "the journal cannot be synced, $errno"
	query 'SELECT count(v) FROM m'
	gives_like "reads go on, $errno" 200 '"values"'
	goes_on "$errno"
done

# The log of names, and with it what recovery would write: nothing can be read before that was done.
for errno in ENOSPC EDQUOT EIO; do
	before=$(log_lines)
	fails "write,sync,allocate $errno 1 0 log.*"
	for _ in 1 2 3; do put_new; done
	told_to_wait "names cannot be written, $errno"
	query 'SELECT count(v) FROM m'
	gives_like "a read is answered, or told to come back, $errno" '200|503' '"values"|"code":"unavailable"'
	check "the log has few lines, $errno" test $(($(log_lines) - before)) -le 24
	mended
	count
	gives "then all can be read, $errno" 200 "$(counted)"
	put_new
	gives "and written, $errno" 204 ''
done

# What is refused by something else than space.
for rule in 'create EROFS 1 0 journal.*' 'create EMFILE 1 0 *' 'open,create ENFILE 1 0 *' 'map ENOMEM 1 0 *' 'open,create EACCES 1 0 *'; do
	fails "$rule"
	put
	gives_like "a write, $rule" '204|503' '^$|"code":"unavailable"'
	query 'SELECT count(v) FROM m'
	gives_like "a read, $rule" '200|503' '"values"|"error":"|"code":"unavailable"'
	goes_on "$rule"
done

# DELETE, DROP and tokens: refused in words, nothing half done, and done when asked again.
write $'gone,host=x v=1i 1\ngone,host=y v=1i 1'
fails 'write,sync,allocate ENOSPC 1 0 log.*'
request "$url/query?db=d" -H "Authorization: Token $token" --data-urlencode "q=DELETE FROM gone WHERE host = 'x'"
gives_like 'DELETE on a disk that refuses it' '200|503' '"error":"(the store could not|the disk did not|the store cannot be opened)|"code":"unavailable"'
LD_PRELOAD=$work/shim.so "$weir" --home "$home" token create --all-access >"$work/said" 2>&1
is 'a token is not made' 1 $?
like 'and it is said why' "$(cat "$work/said")" '^weir: .*(No space left on device|disk)'
mended
request "$url/query?db=d" -H "Authorization: Token $token" --data-urlencode "q=DELETE FROM gone WHERE host = 'x'"
gives 'then it is done' 200 "$(result)"
query 'SELECT v FROM gone GROUP BY host' -d epoch=s
gives 'and nothing else' 200 "$(result '{"name":"gone","tags":{"host":"y"},"columns":["time","v"],"values":[[1,1]]}')"

# A part of the disk cannot be read: whoever asks for it is told, others are not disturbed. It is more
# than the cache holds.
awk 'BEGIN { srand(1); for (i = 0; i < 500000; i++) printf "big a=%.16g %d\n", rand() * rand(), i }' >"$work/big"
request "$url/write?db=d&precision=s" -H "Authorization: Token $token" --data-binary @"$work/big"
"$weir" --home "$home" compact
query 'SELECT percentile(a, 50) FROM big'
gives_like 'a question about all of it' 200 '"values"'
fails 'read EIO 1 0 chunks.db'
query 'SELECT percentile(a, 50) FROM big'
gives_like 'what cannot be read is an error' '200|503' '"error":"(the store (could not read|cannot be opened): Input/output error|this service is overloaded)'
put_new
gives_like 'others write meanwhile, or are told to wait' '204|503' '^$|"code":"unavailable"'
mended
query 'SELECT percentile(a, 50) FROM big'
gives_like 'and when it can be read again it is' 200 '"values"'
count
gives 'then all is there' 200 "$(counted)"

is 'all by the same processes' "$(program_pids | sort | tr '\n' ' ')" "$programs"
stop_server
check 'the store is well' "$weir" --home "$home" check
finish
