#!/usr/bin/env bash
# Mounted below a path: the endpoints are there, and what lies beside it is not weir's.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server --prefix /tsdb
host=${url%/tsdb}

like 'the url has the prefix' "$url" '/tsdb$'
write 'm v=1 1'
gives '/write' 204 ''
answers '/api/v2/write' 204 '' -- "$url/api/v2/write?bucket=d/autogen&precision=s" -H "Authorization: Token $token" --data-binary 'm v=2 2'
query 'SELECT v FROM m' -d epoch=s
gives '/query' 200 "$(result '{"name":"m","columns":["time","v"],"values":[[1,1],[2,2]]}')"
answers '/ping' 204 '' -- "$url/ping"
answers_like '/health' 200 '"status":"pass"' -- "$url/health"
answers 'a slash at the end changes nothing' 204 '' -- "$url/write/?db=d&p=$token" -d 'm v=3'
answers '/api/v2/query' 501 "$(v2_error 'not implemented' '/api/v2/query is not supported; send InfluxQL to /query')" \
	-- "$url/api/v2/query" -H "Authorization: Token $token" -d 'buckets()'
answers 'a method' 405 "$(v1_error 'method not allowed' 'allow: POST')" -- "$url/write?db=d&p=$token"
answers 'OPTIONS' 204 '' -- -X OPTIONS "$url/any/path" -H 'Origin: https://site.example'
for path in /nope /writefoo /write/x /api/v2/buckets/x; do
	answers_like "$path is no path of ours" 404 '^\{"code":"not found","message":"path not found"' -- "$url$path"
done
for path in /write /query /tsdbx/write /weir-errors/404.html; do
	answers_like "$path beside the prefix is not weir's" 404 '^\{"code":"not found","message":"path not found"' -- "$host$path"
	like '  and the refusal is JSON' "$(header Content-Type)" '^application/json'
done
