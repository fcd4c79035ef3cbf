#!/usr/bin/env bash
# A cache far too small for what a request does: it is done all the same, in steps, or refused in words.
. "${BASH_SOURCE[0]%/*}/lib.sh"

alike 'the cache is'
start_server --set cache_size=20k --set checkpoint_size=512k --set compact_size=1M
awk 'BEGIN { for (i = 0; i < 8000; i++) printf "s,host=h%d,x=y%d v=%d %d\n", i, i % 7, i, i }' >"$work/points"
counted() { result '{"name":"s","columns":["time","count"],"values":[[0,'"$1"']]}'; }

request "$url/write?db=d&precision=s" -H "Authorization: Token $token" --data-binary @"$work/points"
gives 'a body of 8000 new series' 204 ''
query 'SELECT count(v) FROM s' -d epoch=s
gives 'all of them can be read' 200 "$(counted 8000)"
query "SELECT count(v) FROM s WHERE x = 'y3'" -d epoch=s
gives 'and found by the index' 200 "$(counted 1143)"
"$weir" --home "$home" compact
is 'they are compacted' $? 0
request "$url/query?db=d" -H "Authorization: Token $token" --data-urlencode "q=DELETE FROM s WHERE x = 'y3'"
gives 'and thousands deleted' 200 "$(result)"
query 'SELECT count(v) FROM s' -d epoch=s
gives 'the others stay' 200 "$(counted 6857)"
request "$url/query?db=d" -H "Authorization: Token $token" --data-urlencode 'q=DROP MEASUREMENT s'
gives 'and all dropped' 200 "$(result)"
query 'SELECT count(v) FROM s'
gives 'of which nothing is left' 200 "$(result)"
is 'nobody died' "$(grep -c -e signal -e exited "$home/web/error.log")" 0
stop_server
check 'the store is well' "$weir" --home "$home" check

# Shared regions that may hold next to nothing: Berkeley DB's own limits, by a file of its own.
printf 'mutex_set_max 60\n' >"$home/DB_CONFIG"
rm -f "$home"/__db.* && printf 'another boot id.' | dd of="$home/weir.mark" bs=1 seek=8 conv=notrunc 2>/dev/null
"$weir" --home "$home" query --db d 'SHOW MEASUREMENTS' >"$work/out" 2>"$work/said"
like 'what the library cannot have is told' "$? $(cat "$work/said")" '^1 weir: .*the store cannot be opened: |^0 '
rm "$home/DB_CONFIG"
check 'and with it all goes on' "$weir" --home "$home" query --db d 'SHOW MEASUREMENTS'
finish
