#!/usr/bin/env bash
# "InfluxDB 1.x compatibility API" for Cloud (TSM): each curl example as it is printed, slips
# included: a URL without a path, a Basic header that is not encoded, credentials that are wrong.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server

answers 'a point to look for' 204 '' -- "$url/write?db=mydb&p=$token&precision=s" --data-binary 'cpu_usage,host=a user=12.5 1700000000'
rows=$(result '{"name":"cpu_usage","columns":["time","host","user"],"values":[["2023-11-14T22:13:20Z","a",12.5]]}')

answers 'the Token scheme, at a URL without a path' 200 "$rows" -- \
	--get "$url" \
	--header "Authorization: Token $token" \
	--header 'Content-type: application/json' \
	--data-urlencode "db=mydb" \
	--data-urlencode "q=SELECT * FROM cpu_usage"
answers 'the same with the path' 200 "$rows" -- \
	--get "$url/query" \
	--header "Authorization: Token $token" \
	--header 'Content-type: application/json' \
	--data-urlencode "db=mydb" \
	--data-urlencode "q=SELECT * FROM cpu_usage"
answers 'user name and password' 200 "$rows" -- \
	--get "$url/query" \
	--user "exampleuser@influxdata.com":"$token" \
	--data-urlencode "db=mydb" \
	--data-urlencode "q=SELECT * FROM cpu_usage"
answers 'a Basic header that is not encoded' 200 "$rows" -- \
	--get "$url/query" \
	--header "Authorization: Basic exampleuser@influxdata.com:$token" \
	--data-urlencode "db=mydb" \
	--data-urlencode "q=SELECT * FROM cpu_usage"
answers 'u and p in the query string, a slash after query' 200 "$rows" -- \
	--get "$url/query/?u=exampleuser@influxdata.com&p=$token" \
	--data-urlencode "db=mydb" \
	--data-urlencode "q=SELECT * FROM cpu_usage"
answers 'and on /write' 204 '' -- "$url/write/?u=exampleuser@influxdata.com&p=$token&db=mydb&precision=s" \
	--data-binary 'cpu_usage,host=a user=12.5 1700000000'

answers 'a user name and password of elsewhere are unauthorized, whatever the query' 401 \
	"$(v1_error unauthorized 'unauthorized access')" -- \
	--get "$url/query" \
	--data-urlencode "u=dev" \
	--data-urlencode "p=12345678" \
	--data-urlencode "db=m2_dev" \
	--data-urlencode "q=SELECT * FROM default"
answers_like 'with a good token the same query is a syntax error' 400 \
	'"code":"invalid","message":"error parsing query: found DEFAULT, expected identifier.* at line 1, char 15","error":"error parsing query: found DEFAULT' -- \
	--get "$url/query" \
	--data-urlencode "u=dev" \
	--data-urlencode "p=$token" \
	--data-urlencode "db=m2_dev" \
	--data-urlencode "q=SELECT * FROM default"

request "$url/query" --user "x:$token" --data-urlencode db=mydb --data-urlencode 'q=SELECT * INTO other FROM cpu_usage'
gives 'INTO is not supported' 200 '{"results":[{"statement_id":0,"error":"not implemented: SELECT INTO"}]}'
request "$url/query" --user "x:$token" --data-urlencode db=mydb --data-urlencode 'q=CREATE USER someone WITH PASSWORD '"'x'"
gives 'management commands neither' 200 '{"results":[{"statement_id":0,"error":"not implemented: CREATE USER"}]}'
