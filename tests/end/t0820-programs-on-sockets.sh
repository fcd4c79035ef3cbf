#!/usr/bin/env bash
# Programs that spawn-fcgi and multiwatch keep, taken by the web server from two unix sockets.
. "${BASH_SOURCE[0]%/*}/lib.sh"
[ "$mode" = fcgi ] || { ok 'skipped: of programs that stay up'; exit 0; }
start_server --spawn socket

# As root, Apache and its programs are www-data's, with root's way past file permissions.
as_owner() {
	local owner capabilities=+dac_override,+fowner
	owner=$(stat -c %u "$home")
	if [ "$owner" = "$(id -u)" ]; then
		"$@"
	else
		setpriv --reuid="$owner" --regid="$owner" --clear-groups --inh-caps="$capabilities" \
			--ambient-caps="$capabilities" "$@"
	fi
}
spawn() { as_owner "$top/deploy/spawn-fcgi/weir-spawn" "$1" --home "$home" --programs "$build/fcgi" --run "$home/web" --log "$home/web/error.log"; }

write 'm v=1 1'
gives '/write' 204 ''
query 'SELECT v FROM m' -d epoch=s
gives '/query' 200 "$(result '{"name":"m","columns":["time","v"],"values":[[1,1]]}')"
awk 'BEGIN { for (i = 1; i <= 50000; i++) print "c v=" i " " i }' >"$work/b"
answers 'a chunked body without a length' 204 '' -- "$url/write?db=d&p=$token&precision=s" -H 'Transfer-Encoding: chunked' \
	--data-binary @"$work/b"
query 'SELECT count(v) FROM c' -d epoch=s
gives 'is all there' 200 "$(result '{"name":"c","columns":["time","count"],"values":[[0,50000]]}')"
head -c 50000001 /dev/zero >"$work/b"
answers 'a body over the limit' 413 "$(v1_error 'request too large' 'cannot read data: points in batch is too large')" \
	-- "$url/write?db=d&p=$token" --data-binary "@$work/b"
head -c 70000000 /dev/zero >"$work/b"
answers 'one that the web server itself refuses' 413 "$(v1_error 'request too large' 'cannot read data: points in batch is too large')" \
	-- "$url/write?db=d&p=$token" --data-binary "@$work/b"

pids=$(program_pids)
is 'two processes of each program' "$(wc -l <<<"$pids" | tr -d ' ')" 4
victim=$(head -n 1 <<<"$pids")
kill -KILL "$victim"
# four_without PID: within seconds there are four, and that one is not among them
four_without() {
	for _ in $(seq 100); do
		[ "$(program_pids | wc -l)" -eq 4 ] && ! program_pids | grep -qx "$1" && return
		sleep 0.05
	done
	return 1
}
check 'one that is killed has a successor' four_without "$victim"
write 'm v=2 2'
gives 'and writes go on' 204 ''

spawn stop
is 'a stop ends them' "$(program_pids)" ''
request "$url/ping"
case $server in
nginx) want=502 ;;
*) want=503 ;;
esac
gives_like 'the web server then answers for them' "$want" '^\{"code":"unavailable","message":"'
like '  as JSON' "$(header Content-Type)" '^application/json'
check 'they can be started again' spawn start
check 'and a second start changes nothing' spawn start
check 'two processes of each program, as before' four_without "$victim"
for _ in $(seq 100); do
	request "$url/ping"
	[ "$status" = 204 ] && break
	sleep 0.05
done
is 'the web server finds them within seconds' "$status" 204
query 'SELECT v FROM m' -d epoch=s
gives 'with all that was written' 200 "$(result '{"name":"m","columns":["time","v"],"values":[[1,1],[2,2]]}')"
