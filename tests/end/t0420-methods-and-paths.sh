#!/usr/bin/env bash
# Methods, slashes, unknown paths, OPTIONS and what browsers are told.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server

answers 'GET /write is 405' 405 "$(v1_error 'method not allowed' 'allow: POST')" -- "$url/write?db=d&p=$token"
like 'which says what is allowed' "$(header Allow)" 'POST'
answers 'GET /api/v2/write is 405' 405 "$(v2_error 'method not allowed' 'allow: POST')" -- "$url/api/v2/write?bucket=d" -H "Authorization: Token $token"
answers_like 'PUT /query is 405' 405 '"code":"method not allowed","message":"allow: GET, POST"' -- -X PUT "$url/query" -d ''
request -I "$url/query?q=x&p=$token"
is 'HEAD /query is 405' "$status" 405
answers_like 'DELETE /ping is 405' 405 '"method not allowed"' -- -X DELETE "$url/ping"
for path in /nope /write/x /writefoo /query/more /api/v2 /api/v2/writes /; do
	answers_like "$path is no path of ours" 404 '^\{"code":"not found","message":"path not found"(,"error":"path not found")?\}$' -- "$url$path"
	like '  as JSON' "$(header Content-Type)" '^application/json'
done
answers 'slashes at the end do not matter' 204 '' -- "$url/write///?db=d&p=$token" -d 'm v=1 1'
answers_like 'q at the root is a query' 200 '"results"' -- -G "$url/" -d "p=$token" -d db=d --data-urlencode 'q=SELECT v FROM m'

for path in /write /query /ping /health /api/v2/write /api/v2/buckets /any/path; do
	answers "OPTIONS $path" 204 '' -- -X OPTIONS "$url$path" -H 'Origin: https://site.example' -H 'Access-Control-Request-Method: POST'
	is '  allows the origin' "$(header Access-Control-Allow-Origin)" https://site.example
	like '  and Authorization by name' "$(header Access-Control-Allow-Headers)" 'Authorization'
done
like 'Vary says that it depends' "$(header Vary)" 'Origin'
is 'methods' "$(header Access-Control-Allow-Methods)" 'GET, HEAD, POST, OPTIONS, PATCH, DELETE'
is 'for a day' "$(header Access-Control-Max-Age)" 86400
answers 'OPTIONS without an origin' 204 '' -- -X OPTIONS "$url/write"
is '  allows every one' "$(header Access-Control-Allow-Origin)" '*'
request "$url/write?db=d&p=$token" -H 'Origin: https://site.example' -d 'm v=1 1'
is 'an ordinary answer has it too' "$(header Access-Control-Allow-Origin)" https://site.example
like '  and what scripts may read' "$(header Access-Control-Expose-Headers)" 'X-InfluxDB-Version.*X-Request-Id.*Retry-After'

request "$url/write?db=d&p=$token&precision=x" -d 'm v=1'
is 'an error names itself in a header' "$(header X-Platform-Error-Code)" invalid
like '  with its text' "$(header X-Influxdb-Error)" '^failed to deserialize'
like 'every answer names the version' "$(header X-Influxdb-Version)" '^[0-9]'

# Where the program finds itself under other names.
cgi "$query_program" POST /api/v2/query '' SCRIPT_NAME=/cgi-bin/weir-query HTTP_AUTHORIZATION="Token $token" </dev/null
is 'under its own name the path info counts' "$status" 501
cgi "$query_program" GET '' "db=d&p=$token&q=SHOW+DATABASES" SCRIPT_NAME=/tsdb/query </dev/null
gives_like 'under a prefix' 200 '"databases"'
cgi "$query_program" GET /query "db=d&q=SHOW+DATABASES" REDIRECT_HTTP_AUTHORIZATION="Token $token" </dev/null
gives_like 'a header that a rewrite has renamed' 200 '"databases"'
