#!/usr/bin/env bash
# What a client sends comes back in headers and bodies: it stays where it belongs.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server
write 'm v=1 1'
bytes() { head -c "$1" /dev/zero | tr '\0' "$2"; }
# whole: of the last answer of a CGI program: header lines are names we know, and none has control bytes
whole() {
	local odd
	odd=$(sed '/^\r*$/,$d' "$work/out" | tr -d '\r' | LC_ALL=C grep -avE '^(Status|Content-Type|Content-Length|Vary|X-Influxdb-(Version|Build|Error)|X-Request-Id|Request-Id|X-Platform-Error-Code|WWW-Authenticate|Retry-After|Access-Control-[A-Za-z-]+|Allow|Cache-Control|X-Accel-Buffering|X-Content-Type-Options): [^[:cntrl:]]*$')
	is "  $1" "$odd" ''
}
crlf=$'\r\nSet-Cookie: evil=1\r\n\r\n<script>'

for name in HTTP_X_REQUEST_ID HTTP_REQUEST_ID HTTP_ORIGIN HTTP_ACCEPT HTTP_ACCEPT_ENCODING HTTP_USER_AGENT HTTP_HOST HTTP_CONTENT_ENCODING HTTP_AUTHORIZATION CONTENT_TYPE REQUEST_METHOD PATH_INFO SCRIPT_NAME; do
	for value in "a${crlf}b" $'a\nSet-Cookie: b' $'a\rb' $'a\x01\x7f\x1b[31m' $'\xff\xfe'; do
		cgi "$query_program" GET /query "db=d&p=$token&q=SHOW+DATABASES" "$name=$value" </dev/null
		[[ $'\n'$head == *$'\nSet-Cookie:'* ]] && not_ok "$name with line ends" "$head"
		cgi "$write_program" POST /write "db=d&p=$token" "$name=$value" <<<'bad'
		[[ $'\n'$head == *$'\nSet-Cookie:'* ]] && not_ok "$name with line ends on /write" "$head"
	done
	whole "$name of five kinds"
done
for q in "db=%0d%0aSet-Cookie:%20evil&p=$token" "db=d&rp=%0d%0aSet-Cookie:%20evil&p=$token" "db=d&precision=%0aSet-Cookie:%20evil&p=$token" "db=%00&p=$token" "db=%e2%80%a8&p=$token" "db=$(bytes 20000 d)%0d%0a&p=$token" "db=d&p=%0d%0aSet-Cookie:"; do
	cgi "$write_program" POST /write "$q" <<<'m v=1 1'
	like "/write ${q:0:40} is refused" "$status" '^40[0134]$'
	whole 'with whole headers'
	check '  and JSON' /usr/bin/python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$work/body"
done
for q in 'epoch=%0d%0aSet-Cookie:' 'q=SELECT%20%0d%0aSet-Cookie:%20x' 'q=SELECT+v+FROM+%22%0d%0aSet-Cookie:%22..m%0a;+x' 'q=x&params=%0d%0a' 'q=SELECT+v+FROM+m+WHERE+x=~/(%0d%0aSet-Cookie/'; do
	cgi "$query_program" GET /query "db=d&p=$token&$q" </dev/null
	is "/query ${q:0:40} is refused" "$status" 400
	whole 'with whole headers'
	check '  and JSON' /usr/bin/python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$work/body"
done
cgi "$query_program" GET /query "db=d&p=$token&q=SELECT+v+FROM+%22%5CnSet-Cookie:%22..m" </dev/null
gives_like 'what a result says of it is in its body' 200 'database not found: \\nSet-Cookie:'
whole 'with whole headers'

answers 'a request id comes back' 204 '' -- "$url/ping" -H 'X-Request-Id: my-id_1.2'
is '  in both headers' "$(header X-Request-Id) $(header Request-Id)" 'my-id_1.2 my-id_1.2'
request "$url/ping" -H "X-Request-Id: $(bytes 6000 i)"
like 'one of 6000 bytes is cut' "$(header X-Request-Id | wc -c)" '^[0-9]{1,3}$'
request "$url/ping" -H $'X-Request-Id: \xff"<b>'
like 'one of odd bytes does no harm' "$status" '^(204|400)$'
request "$url/ping"; like 'who sends none gets one' "$(header X-Request-Id)" '^[0-9a-f-]{36}$'
request "$url/write?db=d&p=$token" -d "$(bytes 5000 x)"
like 'a long error is cut in its header' "$(header X-Influxdb-Error | wc -c)" '^[0-9]{1,3}$|^10[0-2][0-9]$'
is '  and has no line ends there' "$(grep -c '^X-Influxdb-Error' <<<"$head")" 1

# ---- a server's log has a line a line, whatever was sent
query $'SELECT v FROM "\nweir-query: faked line'
is 'nobody writes lines of their own into the log' "$(grep -c '^weir-query: faked' "$home/web/error.log")" 0
