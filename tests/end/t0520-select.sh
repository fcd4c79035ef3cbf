#!/usr/bin/env bash
# The statements a dashboard sends, over one small set of points.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server
write $'cpu,host=a,dc=x user=1,sys=10i 0\ncpu,host=a,dc=x user=2,sys=20i 10\ncpu,host=a,dc=x user=3,sys=30i 20\ncpu,host=b,dc=y user=4,sys=40i 0\ncpu,host=b,dc=y user=5 10\nmem,host=a used=0.5 5'

# select QUERY SERIES...
select_is() {
	local text=$1
	shift
	query "$text" -d epoch=s
	gives "$text" 200 "$(result "$@")"
}
# cpu COLUMNS VALUES [TAGS]: a series of cpu
cpu() { printf '{"name":"cpu",%s"columns":["time",%s],"values":[%s]}' "${3:+"\"tags\":{$3\},"}" "$1" "$2"; }
select_is 'SELECT mean("user") FROM cpu' "$(cpu '"mean"' '[0,3]')"
select_is 'SELECT count(*) FROM cpu' "$(cpu '"count_sys","count_user"' '[0,4,5]')"
select_is 'SELECT min("user"), max("user"), sum("user"), median("user"), spread("user") FROM cpu' "$(cpu '"min","max","sum","median","spread"' '[0,1,5,15,3,4]')"
select_is 'SELECT percentile("user", 50) FROM cpu' "$(cpu '"percentile"' '[20,3]')"
select_is 'SELECT first("user"), last(sys) FROM cpu WHERE host = '"'a'" "$(cpu '"first","last"' '[0,1,30]')"
select_is 'SELECT max("user") FROM cpu' "$(cpu '"max"' '[10,5]')"
select_is 'SELECT distinct("user") FROM cpu WHERE dc = '"'y'" "$(cpu '"distinct"' '[0,4],[0,5]')"
select_is 'SELECT mean("user") FROM cpu GROUP BY host' "$(cpu '"mean"' '[0,2]' '"host":"a"')" "$(cpu '"mean"' '[0,4.5]' '"host":"b"')"
select_is 'SELECT sum("user") FROM cpu GROUP BY *' "$(cpu '"sum"' '[0,6]' '"dc":"x","host":"a"')" "$(cpu '"sum"' '[0,9]' '"dc":"y","host":"b"')"
select_is 'SELECT sum("user") FROM cpu WHERE time >= 0 AND time < 30s GROUP BY time(10s)' "$(cpu '"sum"' '[0,5],[10,7],[20,3]')"
select_is 'SELECT sum("user") FROM cpu WHERE time >= 0 AND time < 20s GROUP BY time(10s, 5s)' "$(cpu '"sum"' '[-5,5],[5,7],[15,null]')"
select_is 'SELECT sum(sys) FROM cpu WHERE host = '"'b'"' AND time >= 0 AND time < 30s GROUP BY time(10s) fill(0)' "$(cpu '"sum"' '[0,40],[10,0],[20,0]')"
select_is 'SELECT sum(sys) FROM cpu WHERE host = '"'b'"' AND time >= 0 AND time < 30s GROUP BY time(10s) fill(previous)' "$(cpu '"sum"' '[0,40],[10,40],[20,40]')"
select_is 'SELECT sum(sys) FROM cpu WHERE host = '"'b'"' AND time >= 0 AND time < 30s GROUP BY time(10s) fill(none)' "$(cpu '"sum"' '[0,40]')"
select_is 'SELECT "user" * 2 + sys AS both FROM cpu WHERE host = '"'a'"' ORDER BY time DESC LIMIT 2' "$(cpu '"both"' '[20,36],[10,24]')"
select_is 'SELECT "user" FROM cpu LIMIT 2 OFFSET 1' "$(cpu '"user"' '[0,4],[10,2]')"
select_is 'SELECT "user" FROM cpu GROUP BY host LIMIT 1 SLIMIT 1 SOFFSET 1' "$(cpu '"user"' '[0,4]' '"host":"b"')"
select_is 'SELECT "user" FROM cpu WHERE host =~ /^b/ AND sys > 0' "$(cpu '"user"' '[0,4]')"
select_is 'SELECT "user" FROM cpu WHERE host !~ /a/' "$(cpu '"user"' '[0,4],[10,5]')"
select_is 'SELECT "user", host FROM cpu WHERE "user" >= 3 AND "user" < 5' "$(cpu '"user","host"' '[0,4,"b"],[20,3,"a"]')"
select_is "SELECT \"user\" FROM cpu WHERE time = '1970-01-01T00:00:20Z'" "$(cpu '"user"' '[20,3]')"
select_is 'SELECT "user" FROM cpu WHERE time > now() - 1h' 

select_is 'SHOW MEASUREMENTS' '{"name":"measurements","columns":["name"],"values":[["cpu"],["mem"]]}'
select_is 'SHOW TAG KEYS FROM cpu' '{"name":"cpu","columns":["tagKey"],"values":[["dc"],["host"]]}'
select_is 'SHOW TAG VALUES FROM cpu WITH KEY = host' '{"name":"cpu","columns":["key","value"],"values":[["host","a"],["host","b"]]}'
select_is 'SHOW FIELD KEYS FROM cpu' '{"name":"cpu","columns":["fieldKey","fieldType"],"values":[["sys","integer"],["user","float"]]}'
select_is 'SHOW SERIES FROM cpu' '{"columns":["key"],"values":[["cpu,dc=x,host=a"],["cpu,dc=y,host=b"]]}'
select_is 'SHOW DATABASES' '{"name":"databases","columns":["name"],"values":[["d"]]}'
