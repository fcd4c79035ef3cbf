#!/usr/bin/env bash
# Rows taken away by whoever may write them; databases and policies made by whoever may do all.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server
write $'cpu,host=a v=1 10\ncpu,host=b v=2 10\ncpu,host=b v=3 20\nmem,host=a v=4 10'

# post TEXT [CURL-ARGUMENT]...: the statement as a client sends one that changes something
post() {
	request "$url/query" -H "Authorization: Token $token" --data-urlencode "q=$1" -d db=d -d epoch=s "${@:2}"
}
series() { printf '{"name":"%s","columns":["time","v"],"values":[%s]}' "$1" "$2"; }
refused() { printf '{"results":[{"statement_id":0,"error":"%s"}]}' "$1"; }
get_warning() {
	printf '{"results":[{"statement_id":0,"messages":[{"level":"warning","text":"deprecated use of '"'%s'"' in a read only context, please use a POST request instead"}]}]}' "$1"
}

post "DELETE FROM cpu WHERE host = 'b' AND time < 15s"; gives 'DELETE by tag and time' 200 "$(result)"
query 'SELECT v FROM cpu' -d epoch=s; gives 'the other rows are there' 200 "$(result "$(series cpu '[10,1],[20,3]')")"
post 'DELETE FROM cpu WHERE v = 1'; gives 'DELETE by a field' 200 "$(refused 'fields not supported in WHERE clause during deletion')"
query "DELETE FROM cpu WHERE host = 'b'"; gives 'DELETE by GET runs, without a warning' 200 "$(result)"
query 'SHOW SERIES'; gives 'a series without rows has gone' 200 "$(result '{"columns":["key"],"values":[["cpu,host=a"],["mem,host=a"]]}')"
query 'DROP MEASUREMENT mem'; gives 'DROP MEASUREMENT by GET runs, and warns' 200 "$(get_warning 'DROP MEASUREMENT mem')"
post 'DROP MEASUREMENT mem'; gives 'DROP MEASUREMENT of none' 200 "$(result)"
query 'SHOW MEASUREMENTS'; gives 'a measurement has gone' 200 "$(result '{"name":"measurements","columns":["name"],"values":[["cpu"]]}')"
check 'what is deleted stays so when the journal becomes chunks' "$weir" --home "$home" compact
query 'SELECT v FROM cpu' -d epoch=s; gives 'one row is left' 200 "$(result "$(series cpu '[10,1]')")"

reader=$("$weir" --home "$home" token create --read d/autogen)
request "$url/query" -H "Authorization: Token $reader" --data-urlencode 'q=DELETE FROM cpu' -d db=d
gives 'DELETE needs the grant to write' 403 "$(v1_error forbidden "error authorizing query: not authorized to execute statement 'DELETE FROM cpu', requires WRITE on d")"

while read -r statement; do
	name=$(grep -Eo '^(CREATE|DROP|ALTER) [A-Z]+( POLICY)?|^EXPLAIN|INTO' <<<"$statement" | head -n 1)
	[ "$name" != INTO ] || name='SELECT INTO'
	post "$statement"; gives "$name is refused by name" 200 "$(refused "not implemented: $name")"
done <<'END'
CREATE DATABASE x
DROP DATABASE d
CREATE RETENTION POLICY r ON d DURATION 1d REPLICATION 1
ALTER RETENTION POLICY autogen ON d DURATION 1d
DROP RETENTION POLICY autogen ON d
DROP SERIES FROM cpu
SELECT v INTO copy FROM cpu
EXPLAIN SELECT v FROM cpu
END

stop_server
start_server --set influxql_management=yes
query 'CREATE DATABASE x'; gives 'CREATE DATABASE by GET runs, and warns' 200 "$(get_warning 'CREATE DATABASE x')"
post 'CREATE RETENTION POLICY week ON x DURATION 7d REPLICATION 1; SHOW RETENTION POLICIES ON x'
gives 'CREATE RETENTION POLICY' 200 '{"results":[{"statement_id":0},{"statement_id":1,"series":[{"columns":["name","duration","shardGroupDuration","replicaN","default"],"values":[["autogen","0s","168h0m0s",1,true],["week","168h0m0s","24h0m0s",1,false]]}]}]}'
post 'SELECT v INTO x..copy FROM cpu; SELECT v FROM x..copy'
gives 'SELECT INTO' 200 "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"result\",\"columns\":[\"time\",\"written\"],\"values\":[[0,1]]}]},{\"statement_id\":1,\"series\":[$(series copy '[10,1]')]}]}"
post 'SELECT v INTO x..copy FROM cpu'
gives 'SELECT INTO again' 200 "$(result '{"name":"result","columns":["time","written"],"values":[[0,1]]}')"
post 'EXPLAIN SELECT v FROM cpu'; gives_like 'EXPLAIN' 200 '"columns":\["QUERY PLAN"\].*NUMBER OF SERIES: 1'
post 'EXPLAIN ANALYZE SELECT v FROM cpu'; gives_like 'EXPLAIN ANALYZE' 200 '"columns":\["EXPLAIN ANALYZE"\].*"ROWS READ: 1"'
post 'DROP SERIES FROM cpu; DROP DATABASE x; SHOW DATABASES'
gives 'DROP' 200 '{"results":[{"statement_id":0},{"statement_id":1},{"statement_id":2,"series":[{"name":"databases","columns":["name"],"values":[["d"]]}]}]}'
request "$url/query" -H "Authorization: Token $reader" --data-urlencode 'q=CREATE DATABASE y' -d db=d
gives 'management is for an all-access token' 200 "$(refused 'not implemented: CREATE DATABASE')"
query 'KILL QUERY 1'; gives 'KILL QUERY is refused all the same' 200 "$(refused 'not implemented: KILL QUERY')"
