#!/usr/bin/env bash
# What a query that cannot be answered is told, and with which status.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server
write 'm v=1 1'

failed() { printf '{"results":[{"statement_id":0,"error":"%s"}]}' "$1"; }
query 'SELECT v FRM m'
gives 'a syntax error is 400' 400 "$(v1_error invalid 'error parsing query: found FRM, expected FROM at line 1, char 10')"
query $'SELECT v\nFROM m\nWHERE'
gives_like 'it counts lines' 400 'at line 3, char [0-9]+'
query 'SELECT v FROM m; SELECT'
is 'one syntax error fails the whole request' "$status" 400
request -G "$url/query" -H "Authorization: Token $token" --data-urlencode 'q=SELECT v FROM m'
gives 'no database' 200 "$(failed 'database name required')"
request -G "$url/query" -H "Authorization: Token $token" -d db=nope --data-urlencode 'q=SELECT v FROM m'
gives 'an unknown one' 200 "$(failed 'database not found: nope')"
request -G "$url/query" -H "Authorization: Token $token" -d db=nope --data-urlencode 'q=SHOW MEASUREMENTS'
gives 'for SHOW too' 200 "$(failed 'database not found: nope')"
query 'SELECT v FROM m' -d rp=nope
gives 'an unknown policy' 200 "$(failed 'retention policy not found: nope')"
query 'SELECT v FROM nothing'
gives 'an unknown measurement is no error' 200 "$(result)"
query 'SELECT nothing FROM m'
gives 'nor an unknown field' 200 "$(result)"
request -G "$url/query" -H "Authorization: Token $token" --data-urlencode 'q=SELECT v FROM nope..m; SHOW DATABASES'
gives 'the other statements still run' 200 '{"results":[{"statement_id":0,"error":"database not found: nope"},{"statement_id":1,"series":[{"name":"databases","columns":["name"],"values":[["d"]]}]}]}'
for statement in 'SHOW USERS' 'SHOW STATS' 'SHOW DIAGNOSTICS' 'SHOW SHARDS' 'SHOW QUERIES' 'SHOW CONTINUOUS QUERIES' 'SHOW SUBSCRIPTIONS'; do
	query "$statement"
	gives "$statement" 200 "$(failed "not implemented: $statement")"
done
query "SELECT v FROM m WHERE v =~ /(/"
like 'a regular expression that is none' "$status $body" '^(400|200) .*error'
query "SELECT v FROM m WHERE t =~ /$(printf '(a+)+%.0s' {1..20})\$/"
is 'one that could run for ever does not' "$status" 200
deep=$(printf '(%.0s' {1..5000})1$(printf ')%.0s' {1..5000})
request "$url/query?db=d" -H "Authorization: Token $token" --data-urlencode "q=SELECT v + $deep FROM m"
like 'five thousand parentheses do no harm' "$status" '^(200|400)$'
answers 'after all of which the programs live' 204 '' -- "$url/ping"
