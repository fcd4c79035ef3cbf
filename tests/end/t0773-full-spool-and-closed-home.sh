#!/usr/bin/env bash
# A folder for long bodies that is full or gone, and a home that may only be read.
. "${BASH_SOURCE[0]%/*}/lib.sh"

spool=$work/spool
mount_here "$spool" -t tmpfs -o size=8m,mode=777 weir-test
start_server --set "spool_dir=$spool" --set spool_threshold=1M

# body LINES: so many points in $work/long
body() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "long,host=h%d v=%d,text=\"%0100d\" %d\n", i % 10, i, i, i }' >"$work/long"; }
send() { request "$url/write?db=d&precision=s" -H "Authorization: Token $token" --data-binary @"$work/long" "$@"; }
count() { query 'SELECT count(v) FROM long' -d epoch=s; }
counted() { result '{"name":"long","columns":["time","count"],"values":[[0,'"$1"']]}'; }

body 20000
send
gives 'a body that fits' 204 ''
body 100000
send
gives 'one that does not' 503 "$(v1_error unavailable 'this service is overloaded, please try again later')"
is 'is told when to come back' "$(header Retry-After)" 5
send -H 'Transfer-Encoding: chunked'
gives 'the same of unknown length' 503 "$(v1_error unavailable 'this service is overloaded, please try again later')"
count
gives 'nothing of it is stored' 200 "$(counted 20000)"
like 'the log says where there is no room' "$(cat "$home/web/error.log")" 'weir-write: error: writing a spool file: No space left on device'
check 'what was spooled has gone' test "$(df --output=used "$spool" | tail -n 1)" -lt 100
write 'm v=1 1'
gives 'short bodies are taken meanwhile' 204 ''
mount -o remount,size=64m "$spool"
send
gives 'with room the long one is, too' 204 ''
count
gives 'as a whole' 200 "$(counted 100000)"
umount "$spool"
rmdir "$spool"
send
gives 'a folder that is not there' 503 "$(v1_error unavailable 'this service is overloaded, please try again later')"
mkdir -m 777 "$spool"
send
gives 'and is there again' 204 ''
stop_server

# The home, on a file system that may only be read.
mkdir "$work/closed"
mount --bind "$home" "$work/closed" && mounted+=("$work/closed") && mount -o remount,bind,ro "$work/closed" || { ok 'skipped: nothing can be mounted read-only'; finish; }
"$weir" --home "$work/closed" query --db d 'SELECT count(v) FROM long' >"$work/out" 2>"$work/said"
is 'a home that may only be read: the command line ends' $? 1
like 'in words' "$(cat "$work/said")" '^weir: .*weir.lock cannot be opened: Read-only file system'
real=$home home=$work/closed
cgi "$write_program" POST /write "db=d&precision=s&p=$token" <<<'m v=2 2'
gives 'a write' 503 "$(v1_error unavailable 'the store cannot be opened, please try again later')"
is 'is told when to come back' "$(header Retry-After)" 5
cgi "$query_program" GET /query "db=d&q=SELECT+v+FROM+m&p=$token" </dev/null
gives 'a read' 503 "$(v1_error unavailable 'the store cannot be opened, please try again later')"
mount -o remount,bind,rw "$work/closed"
cgi "$write_program" POST /write "db=d&precision=s&p=$token" <<<'m v=2 2'
gives 'then writes go on' 204 ''
cgi "$query_program" GET /query "db=d&q=SELECT+v+FROM+m&epoch=s&p=$token" </dev/null
gives 'and reads' 200 "$(result '{"name":"m","columns":["time","v"],"values":[[1,1],[2,2]]}')"
home=$real
check 'the store is well' "$weir" --home "$home" check
finish
