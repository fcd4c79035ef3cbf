#!/usr/bin/env bash
# /ping and /health: no token, the same from both programs, and what clients read from them.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server

answers 'GET /ping is 204 without a body' 204 '' -- "$url/ping"
like 'it names a version that starts with a digit' "$(header X-Influxdb-Version)" '^[0-9]'
is 'and says it is the open build' "$(header X-Influxdb-Build)" OSS
like 'a request id is made' "$(header X-Request-Id)" '^[0-9a-fA-F-]{16,}$'
is 'under both names' "$(header Request-Id)" "$(header X-Request-Id)"
request "$url/ping" -H 'X-Request-Id: abc-123'
is 'a request id that was sent comes back' "$(header X-Request-Id)" abc-123
is '204 carries no type' "$(header Content-Type)" ''
request -I "$url/ping"
is 'HEAD /ping is 204' "$status" 204
answers 'a slash at the end changes nothing' 204 '' -- "$url/ping/"
answers_like 'verbose asks for a body' 200 '^\{"version":"[0-9][^"]*"\}$' -- "$url/ping?verbose=true"
answers 'verbose=0 does not' 204 '' -- "$url/ping?verbose=0"
answers 'a wrong token does not matter' 204 '' -- "$url/ping" -H 'Authorization: Token nobody'
answers_like '/health passes' 200 \
	'^\{"checks":\[\],"message":"ready for queries and writes","name":"influxdb","status":"pass","version":"[0-9][^"]*"\}$' \
	-- "$url/health"
like 'as JSON' "$(header Content-Type)" '^application/json'

for program in "$write_program" "$query_program"; do
	cgi "$program" GET /ping '' </dev/null
	gives "${program##*/} answers /ping as plain CGI" 204 ''
	cgi "$program" GET /health '' </dev/null
	gives_like "${program##*/} answers /health as plain CGI" 200 '"status":"pass"'
done
