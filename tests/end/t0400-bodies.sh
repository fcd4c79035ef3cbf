#!/usr/bin/env bash
# Bodies: gzip in all its forms, chunked transfer, no length, too large, broken, cut short.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server

post() { request "$url/write?db=d&p=$token&precision=s" "$@"; }
# counts NAME MEASUREMENT N
counts() {
	query "SELECT count(v) FROM $2" -d epoch=s
	gives "$1" 200 "$(result '{"name":"'"$2"'","columns":["time","count"],"values":[[0,'"$3"']]}')"
}
points() { awk -v m="$1" -v n="$2" 'BEGIN { for (i = 1; i <= n; i++) printf "%s v=%d %d\n", m, i, i }'; }

points gz 3 | gzip >"$work/b"
post -H 'Content-Encoding: gzip' --data-binary "@$work/b"; gives 'gzip' 204 ''
counts '  is stored' gz 3
points xgz 3 | gzip >"$work/b"
post -H 'Content-Encoding: X-GZIP' --data-binary "@$work/b"; gives 'x-gzip, in any case' 204 ''
counts '  is stored' xgz 3
{ points mm 10 | head -n 5 | gzip; points mm 10 | tail -n 5 | gzip; } >"$work/b"
post -H 'Content-Encoding: gzip' --data-binary "@$work/b"; gives 'two gzip members' 204 ''
counts '  are both stored' mm 10
points ch 5000 >"$work/b"
post -H 'Transfer-Encoding: chunked' --data-binary "@$work/b"; gives 'chunked transfer' 204 ''
counts '  is stored' ch 5000
points cg 200000 | gzip >"$work/b"
post -H 'Transfer-Encoding: chunked' -H 'Content-Encoding: gzip' --data-binary "@$work/b"; gives 'both at once, as Telegraf sends' 204 ''
counts '  is stored' cg 200000
points id 2 >"$work/b"
post -H 'Content-Encoding: identity' --data-binary "@$work/b"; gives 'identity' 204 ''
post -H 'Content-Encoding;' --data-binary "@$work/b"; gives 'an empty encoding' 204 ''
post -H 'Content-Type: application/x-www-form-urlencoded' --data-binary 'ct,a=b v=1 1'; gives 'the content type does not matter' 204 ''
post -H 'Content-Type: multipart/form-data; boundary=x' --data-binary 'ct v=1 2'; gives 'whatever it says' 204 ''
post -H 'Expect: 100-continue' --data-binary "@$work/b"; gives 'Expect: 100-continue' 204 ''
post -H 'Content-Encoding: gzip' --data-binary ''; gives 'an empty body that claims to be gzip' 204 ''

post -H 'Content-Encoding: deflate' --data-binary "@$work/b"
gives 'an unknown encoding' 400 "$(v1_error invalid 'unacceptable content-encoding: deflate')"
post -H 'Content-Encoding: gzip' --data-binary 'ng v=1 1'
gives_like 'what is no gzip' 400 '^\{"code":"invalid","message":"error decoding gzip stream: '
points cut 1000 | gzip >"$work/all"
head -c -20 "$work/all" >"$work/b"
post -H 'Content-Encoding: gzip' --data-binary "@$work/b"
gives_like 'a gzip stream that is cut short' 400 'error decoding gzip stream: '
{ head -c 100 "$work/all"; printf '\377\0\377'; tail -c +104 "$work/all"; } >"$work/b"
post -H 'Content-Encoding: gzip' --data-binary "@$work/b"
gives_like 'one with bytes changed' 400 'error decoding gzip stream: '
{ cat "$work/all"; printf 'trailing'; } >"$work/b"
post -H 'Content-Encoding: gzip' --data-binary "@$work/b"
like 'garbage after the stream' "$status" '^(204|400)$'
query 'SELECT count(v) FROM ng'; gives 'nothing of a refused body is stored' 200 "$(result)"

too_large=$(v1_error 'request too large' 'cannot read data: points in batch is too large')
head -c 50000001 /dev/zero >"$work/b"
post --data-binary "@$work/b"; gives 'a body over 50 MB is 413' 413 "$too_large"
post -H 'Transfer-Encoding: chunked' --data-binary "@$work/b"; gives 'chunked as well' 413 "$too_large"
head -c 70000000 /dev/zero >"$work/b"
post --data-binary "@$work/b"; gives 'one that the web server itself refuses has the same words' 413 "$too_large"
like 'as JSON' "$(header Content-Type)" '^application/json'
{ echo 'big v=1 1'; head -c 250000000 /dev/zero | tr '\0' '\n'; } | gzip -1 >"$work/b"
post -H 'Content-Encoding: gzip' --data-binary "@$work/b"; gives 'over 250 MB after gunzip' 413 "$too_large"
request "$url/api/v2/write?bucket=d/autogen" -H "Authorization: Token $token" -H 'Content-Encoding: gzip' --data-binary "@$work/b"
gives 'on v2 without the third key' 413 "$(v2_error 'request too large' 'cannot read data: points in batch is too large')"
query 'SELECT count(v) FROM big'; gives 'and nothing of it is stored' 200 "$(result)"

# As plain CGI: a length that is absent, empty, wrong.
cgi "$write_program" POST /write "db=d&p=$token&precision=s" CONTENT_LENGTH= <<<'cl v=1 1'
gives 'an empty CONTENT_LENGTH is an unknown one' 204 ''
cgi "$write_program" POST /write "db=d&p=$token&precision=s" CONTENT_LENGTH=junk <<<'cl v=1 2'
like 'one that is no number does no harm' "$status" '^(204|400)$'
cgi "$write_program" POST /write "db=d&p=$token&precision=s" CONTENT_LENGTH=1000 <<<'short v=1 1'
query 'SELECT v FROM short'; gives 'a body shorter than it said is not stored' 200 "$(result)"
printf 'cl v=1 3\ncl v=1 4\n' >"$work/b"
env -i PATH="$PATH" WEIR_HOME="$home" REQUEST_METHOD=POST PATH_INFO=/write QUERY_STRING="db=d&p=$token&precision=s" \
	"$write_program" <"$work/b" >"$work/out" 2>/dev/null
like 'no CONTENT_LENGTH at all' "$(head -n 1 "$work/out")" '^Status: 204'

# A client that leaves in the middle of its body.
{ printf 'POST /write?db=d&p=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\ngone v=1 1\n' "$token" >&3; } 3<>"/dev/tcp/127.0.0.1/${url##*:}"
sleep 0.3
query 'SELECT v FROM gone'; gives 'a client that leaves in its body writes nothing' 200 "$(result)"
