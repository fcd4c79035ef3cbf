#!/usr/bin/env bash
# What the web server has to say by itself is JSON, with a status that clients act upon.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server --set lock_wait=60s --set compress=no

is_json() { like '  as JSON' "$(header Content-Type)" '^application/json'; }
write 'm v=1 1'
gives 'a point' 204 ''

# Before any program is asked. lighttpd hands TRACE on, and weir has the same answer.
answers_like 'TRACE' 405 '"code":"method not allowed"' -- -X TRACE "$url/write"
is_json
request "$url/query?q=$(head -c 100000 /dev/zero | tr '\0' a)"
like 'a URL without end' "$status $body" '^4[0-9]+ \{"code":"invalid"'
is_json

q='SELECT v FROM m WHERE v = 1'
while [ ${#q} -lt 18000 ]; do q="$q AND v < 12345678"; done
query "$q" -d epoch=s
if [ "$server-$mode" = apache-cgi ]; then	# mod_cgid has a limit of 8 kB of its own
	gives_like 'a long query in the URL is refused' 414 '^\{"code":"invalid"'
	request "$url/query" -H "Authorization: Token $token" -d db=d -d epoch=s --data-urlencode "q=$q"
fi
gives 'a query of some 20 kB, as dashboards send them in a URL' 200 "$(result '{"name":"m","columns":["time","v"],"values":[[1,1]]}')"

# The store is held, so that a program waits for it with a request in hand.
hold() { exec 9<"$home/weir.lock" && flock -x 9; }
release() { exec 9<&-; }
ask() { query 'SELECT v FROM m' "$@" 9<&-; }

# The web server reads its configuration again, while it serves.
reload() {
	local signal=USR1
	[ "$server" != nginx ] || signal=HUP
	kill "-$signal" "$(cat "$home/web/server.pid")"
	sleep 0.5
}

hold
touch "$work/asking"
(while [ -e "$work/asking" ]; do sleep 0.5; kill -KILL $(program_pids) 2>/dev/null; done) 9<&- &
killer=$!
ask
rm -f "$work/asking"
wait "$killer"
release
like 'a program that dies with a request in hand' "$status $body" '^50[023] \{"code":"(internal error|unavailable)"'
is_json
for _ in $(seq 100); do ask; [ "$status" = 200 ] && break; sleep 0.1; done
gives_like 'the next request is served' 200 '"values":\[\['

# A limit for bodies that an administrator has set against what fcgid.conf says: what it keeps back
# is not acknowledged.
if [ "$server" = apache ]; then
	sed -i 's/^<.VirtualHost>/<Location \/>\nLimitRequestBody 1000\n<\/Location>\n&/' "$home/web/apache.conf"
	reload
	comment="# $(head -c 2000 /dev/zero | tr '\0' x)"
	for _ in $(seq 100); do
		write "$comment"
		[ "$status" = 413 ] && break
		sleep 0.05
	done
	write "$(printf 'kept v=%d\n' $(seq 500))"
	gives 'a body that Apache keeps back is not acknowledged' 413 \
		"$(v1_error 'request too large' 'cannot read data: points in batch is too large')"
	query 'SELECT v FROM kept'
	gives 'nothing of it is stored' 200 "$(result)"
fi

# The time after which the server gives a silent program up, 90 s here, becomes 1 s.
sed -i 's/^\(Define WEIR_PATIENCE\) .*/\1 1/; s/^\(var.weir_patience =\) .*/\1 1/; s/\(fastcgi_read_timeout\) .*/\1 1s;/' "$home/web/$server.conf"
reload
hold
for _ in 1 2 3 4; do
	ask -m 5
	[ "$status" = 000 ] || break	# a process with the old configuration took it
done
release
case $server-$mode in
apache-fcgi) want='^500 \{"code":"internal error"' ;;	# mod_fcgid knows no 504
*) want='^504 \{"code":"unavailable"' ;;
esac
like 'a program that is silent for too long' "$status $body" "$want"
is_json
