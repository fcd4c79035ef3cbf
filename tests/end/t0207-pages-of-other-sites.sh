#!/usr/bin/env bash
# A page of another site can make a browser send requests, and the browser adds the user and password
# that it was once asked for. Such a request changes nothing.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server --set influxql_management=yes
write 'm v=1 1'
basic="Authorization: Basic $(printf 'u:%s' "$token" | base64 -w 0)"
bearer="Authorization: Bearer $token"
cross='Sec-Fetch-Site: cross-site'
get() { request -G "$url/query" -d db=d --data-urlencode "q=$1" "${@:2}"; }
post() { request "$url/query" -d db=d --data-urlencode "q=$1" "${@:2}"; }
lines() { request "$url/write?db=d" --data-binary 'm v=1 1' "$@"; }
refused() { v1_error forbidden "error authorizing query: not authorized to execute statement '$1', a page of another site may change nothing"; }
no_write='a page of another site may not write with a Basic credential, which browsers send unasked: send a token'
left() { query 'SELECT count(v) FROM m' -d epoch=s; is "$1" "$body" "$(result '{"name":"m","columns":["time","count"],"values":[[0,1]]}')"; }

for statement in 'DELETE FROM m' 'DROP MEASUREMENT m' 'DROP SERIES FROM m' 'DROP DATABASE d' 'CREATE DATABASE x' 'SELECT v INTO x FROM m' 'ALTER RETENTION POLICY autogen ON d DURATION 1h'; do
	get "$statement" -H "$basic" -H "$cross"; gives "an image: $statement" 403 "$(refused "$statement")"
	get "$statement" -H "$bearer" -H "$cross"; gives "with a token too: $statement" 403 "$(refused "$statement")"
	post "$statement" -H "$basic" -H "$cross"; gives "a form: $statement" 403 "$(refused "$statement")"
	post "$statement" -H "$basic" -H 'Origin: http://evil.example'; gives "a form of an old browser: $statement" 403 "$(refused "$statement")"
done
get 'SELECT v FROM m; DELETE FROM m' -H "$basic" -H "$cross"; gives 'the second statement counts too' 403 "$(refused 'DELETE FROM m')"
request "$url/query?p=$token&db=d&q=DELETE+FROM+m" -H "$cross"; gives 'a token in the URL of an image' 403 "$(refused 'DELETE FROM m')"
request "$url/query?db=d&q=DELETE+FROM+m" -H "$basic" -H "$cross" -d x=y; gives 'a form whose statement is in the URL' 403 "$(refused 'DELETE FROM m')"
request "$url/query?db=d" -H "$basic" -H "$cross" -F 'q=DELETE FROM m'; gives 'multipart' 403 "$(refused 'DELETE FROM m')"
request "$url/query?db=d" -H "$basic" -H "$cross" -H 'Content-Type: text/plain' -d 'DELETE FROM m'
is 'a form of plain text has no statement' "$status" 400
request "$url/?db=d&q=DELETE+FROM+m" -H "$basic" -H "$cross"; gives 'without a path' 403 "$(refused 'DELETE FROM m')"
lines -H "$basic" -H "$cross"; gives 'a form that writes' 403 "$(v1_error forbidden "$no_write")"
lines -H "$basic" -H 'Origin: http://evil.example'; gives 'of an old browser' 403 "$(v1_error forbidden "$no_write")"
lines -H "$basic" -H 'Origin: null'; gives 'of a page without an origin' 403 "$(v1_error forbidden "$no_write")"
request "$url/api/v2/write?bucket=d/autogen" -H "$basic" -H "$cross" --data-binary 'm v=1 1'; gives 'on v2' 403 "$(v2_error forbidden "$no_write")"
left 'nothing has changed'

get 'SELECT v FROM m' -H "$basic" -H "$cross"; gives_like 'reading is not changing' 200 '"series"'
is 'and a browser keeps the answer from the page' "$(header Access-Control-Allow-Credentials)" ''
lines -H "$bearer" -H "$cross" -H 'Origin: http://grafana.example'; gives 'a page that has a token writes' 204 ''
post 'DELETE FROM none' -H "$bearer" -H "$cross"; gives 'and changes, by POST' 200 "$(result)"
lines -H "$basic" -H 'Sec-Fetch-Site: same-origin' -H 'Origin: http://proxy.example'; gives 'a page of this site writes' 204 ''
lines -H "$basic" -H "Origin: $url"; gives 'with an old browser too' 204 ''
lines -H "$basic" -H 'Origin: https://weir.example' -H 'X-Forwarded-Host: weir.example'; gives 'behind a proxy' 204 ''
lines -H "$basic" -H 'Sec-Fetch-Site: none'; gives 'a person who types the address' 204 ''
lines -H "$basic"; gives 'a client that is no browser' 204 ''
get 'DELETE FROM none' -H "$basic"; gives 'also by GET' 200 "$(result)"
lines -H "Authorization: Basic eDp5" -H "$cross"; gives 'who is asked for a credential first' 401 "$(v1_error unauthorized 'unauthorized access')"

stop_server
start_server --set cross_site_basic=yes
lines -H "$basic" -H "$cross"; gives 'a site may allow it' 204 ''
get 'DELETE FROM m' -H "$basic" -H "$cross"; gives 'but not by GET' 403 "$(refused 'DELETE FROM m')"
