#!/usr/bin/env bash
# Every limit that a site can set: what a client is told, and that the others go on.
. "${BASH_SOURCE[0]%/*}/lib.sh"
lines() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "m,host=h%d,id=r%d v=%d %d\n", i % 3, i, i, i }'; }
refused() { printf '{"results":[{"statement_id":0,"error":"%s"}]}' "$1"; }
part() { printf '{"code":"invalid","message":"%s, errors encountered on line(s):\\n  error parsing line %d (1-based): %s","error":"%s, errors encountered on line(s):\\n  error parsing line %d (1-based): %s","line":%d}' "$1" "$2" "$3" "$1" "$2" "$3" "$2"; }

# again SETTING...: with these settings and no others
again() {
	local option options=()
	[ -z "$url" ] || stop_server
	rm -f "$home/weir.conf"
	for option in "$@"; do options+=(--set "$option"); done
	start_server "${options[@]}"
}

start_server
write "$(lines 2000)"; gives 'points of 2000 series' 204 ''

again query_max_rows=10
query 'SELECT v FROM m'; gives_like 'query_max_rows' 200 '"error":"max-row-limit exceeded: \(10\)"'
query 'SELECT v FROM m LIMIT 10'; gives_like '  ten are allowed' 200 '\[9,9\]|00:00:09Z",9\]\]\}\]\}\]\}$'
again query_max_series=100
query 'SELECT v FROM m'; gives 'query_max_series' 200 "$(refused 'max-select-series limit exceeded: (2000/100)')"
query "SELECT v FROM m WHERE id = 'r7'" -d epoch=s; gives '  one of them is allowed' 200 "$(result '{"name":"m","columns":["time","v"],"values":[[7,7]]}')"
query "SHOW TAG VALUES WITH KEY = host WHERE id =~ /r/"; gives_like '  SHOW too' 200 'max-select-series limit exceeded'
again query_max_windows=1000
query 'SELECT count(v) FROM m WHERE time >= 0 AND time < 2000s GROUP BY time(1s)'; gives 'query_max_windows' 200 "$(refused 'max-select-buckets limit exceeded: (2000/1000)')"
query 'SELECT count(v) FROM m WHERE time >= 0 AND time < 2000s GROUP BY time(2s)'; gives_like '  a thousand are allowed' 200 '"count"'
again query_max_memory=64k
query 'SELECT v FROM m GROUP BY *'; gives_like 'query_max_memory' 200 '"error":"max-memory limit exceeded: \(65536 bytes\)"'
query 'SELECT v FROM m GROUP BY *; SHOW DATABASES'; gives_like '  the statement behind it is answered' 200 '"statement_id":1,"series":\[\{"name":"databases"'
again query_timeout=1ms
query "SELECT percentile(v, 50) FROM (SELECT v FROM m GROUP BY *), m, m, m, m WHERE time >= 0 AND time < 1h GROUP BY time(1s), *"
gives_like 'query_timeout' 200 '"error":"query-timeout limit exceeded"'
again query_max_running=1 lock_wait=200ms
query 'SHOW DATABASES'; gives_like 'query_max_running' 200 '"d"'
/usr/bin/python3 -c '
import fcntl, struct, sys, time
f = open(sys.argv[1] + "/weir.queries", "r+")
fcntl.fcntl(f, 37, struct.pack("hhqqi", fcntl.F_WRLCK, 0, 0, 1, 0))	# F_OFD_SETLK
print(1, flush=True)
time.sleep(2)' "$home" >"$work/holds" &
for i in $(seq 50); do [ -s "$work/holds" ] && break; sleep 0.1; done
query 'SHOW DATABASES'; gives '  one more is told to come again' 503 "$(v1_error unavailable 'this service is overloaded, please try again later')"
is '  and when' "$(header Retry-After)" 5
write 'm,id=r1 v=1 1'; gives '  writes go on' 204 ''
wait
query 'SHOW DATABASES'; gives_like '  and queries, afterwards' 200 '"d"'

again max_series=2001
guard='max-series-per-database limit exceeded: (2001): this would be one more; tag \"id\" of measurement \"m\" has most values: 2000'
write $'m,host=h0,id=r0 v=1 1\nm,host=new,id=r0 v=1 1\nother v=1 1'
gives 'max_series names the tag with most values' 400 "$(part 'partial write has occurred' 2 "$guard" | sed 's/","error/\\n  error parsing line 3 (1-based): '"$(sed 's/\\/\\\\/g' <<<"$guard")"'","error/; s/","line/\\n  error parsing line 3 (1-based): '"$(sed 's/\\/\\\\/g' <<<"$guard")"'","line/')"
query 'SHOW MEASUREMENTS'; gives '  nothing of them is made' 200 "$(result '{"name":"measurements","columns":["name"],"values":[["m"]]}')"
query 'SHOW TAG VALUES WITH KEY = host'; gives_like '  no tag value either' 200 '^[^w]*"h2"\]\]\}\]\}\]\}$'
query 'DELETE FROM m WHERE id = '"'r9'"; write 'm,host=new,id=r0 v=1 1'; gives '  what is deleted makes room' 204 ''
again max_columns=4
write 'm,host=h0,id=r0 w=1 1'; gives_like 'max_columns' 400 'couldn.t create columns in table `m`; table contains 4 existing columns, applying this write would result in 5 columns, limit is 4'
again max_measurements=1
write 'new v=1 1'; gives_like 'max_measurements' 400 'service limit reached: couldn.t create new table; namespace contains 1 existing tables, limit is 1'
again body_limit=100 inflated_limit=200
write "$(lines 10)"; gives 'body_limit' 413 "$(v1_error 'request too large' 'cannot read data: points in batch is too large')"
yes 'm v=1 1' | head -n 100 | gzip >"$work/b"
request "$url/write?db=d" -H "Authorization: Token $token" -H 'Content-Encoding: gzip' --data-binary "@$work/b"; gives 'inflated_limit' 413 "$(v1_error 'request too large' 'cannot read data: points in batch is too large')"
