#!/usr/bin/env bash
# https, with a certificate that deploy/local has made: checked by the client, not waved through.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server --tls

like 'the url says so' "$url" '^https://127\.0\.0\.1:[0-9]+$'
write 'm v=1 1'
gives '/write' 204 ''
query 'SELECT v FROM m' -d epoch=s
gives '/query' 200 "$(result '{"name":"m","columns":["time","v"],"values":[[1,1]]}')"
# With HTTP/2 where client and server agree on it, as they would without curl's --http1.1.
awk 'BEGIN { for (i = 1; i <= 100000; i++) print "t v=" i " " i }' >"$work/b"
answers 'a body of unknown length' 204 '' -- "$url/write?db=d&precision=s" -H "Authorization: Token $token" \
	-X POST -T - <"$work/b"
query 'SELECT count(v) FROM t' -d epoch=s
gives 'is all there' 200 "$(result '{"name":"t","columns":["time","count"],"values":[[0,100000]]}')"
request "${url/127.0.0.1/localhost}/ping"
is 'the certificate is for localhost too' "$status" 204
CURL_CA_BUNDLE=/dev/null request "$url/ping"
is 'who does not know it is not talked to' "$status" 000
like '  for that reason' "$(cat "$work/curl")" '[Cc]ertificate|CA|cacert|SSL'
request "http${url#https}/ping"
like 'plain HTTP on that port is no way in' "$status" '^(000|400)$'
check 'the key is for its owner alone' test "$(stat -c %a "$home/web/tls/key.pem" "$home/web/tls/both.pem" | sort -u)" = 600
