#!/usr/bin/env bash
# What `make hosting` makes, uploaded to an Apache that allows .htaccess files FileInfo alone and runs
# as an unprivileged user: the first request makes the store and the token, and nobody else can.
. "${BASH_SOURCE[0]%/*}/lib.sh"
[ "$server-$mode" = apache-cgi ] || { ok 'skipped: of plain CGI under Apache'; exit 0; }
case $(sed -n 's/^DEVELOPER_CFLAGS = *//p' "$build/Makefile") in
?*) ok 'skipped: a build with sanitizers cannot be linked statically'; exit 0 ;;
esac

make -C "$build" -s hosting HOSTING_DIR="$work/hosting" >"$work/made" 2>&1 || {
	not_ok 'make hosting' "$(tail -n 5 "$work/made")"
	exit 1
}
check 'make hosting' test -x "$work/hosting/cgi-bin/weir-write"
token=$(cat "$work/hosting.token")
like 'its token stays at home' "$token" '^[A-Za-z0-9_-]{86}$'
is 'what is uploaded does not have it' "$(grep -rlF -- "$token" "$work/hosting")" ''
for program in weir-write weir-query; do
	is "$program needs no library" "$(LC_ALL=C readelf -d "$work/hosting/cgi-bin/$program" 2>/dev/null | grep -c NEEDED)" 0
done

# ---- a host -------------------------------------------------------------------------------------

# As root the customer is another user, as otherwise whoever runs this.
customer=$(id -un)
as_customer=()
if [ "$(id -u)" -eq 0 ]; then
	customer=nobody
	as_customer=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
fi
site=$work/site
chmod 711 "$work"
modules=/usr/lib/apache2/modules
apache=$(command -v apache2 || echo /usr/sbin/apache2)

# upload OWNER: the web root with a cgi-bin in it, as most hosts have it
upload() {
	rm -rf "$site"
	mkdir -p "$site/htdocs" "$site/log"
	cp -R "$work/hosting/web/." "$site/htdocs"
	cp -R "$work/hosting/cgi-bin" "$site/htdocs/cgi-bin"
	[ "$(id -u)" -ne 0 ] || chown -R "$1" "$site"
	[ "$(id -u)" -ne 0 ] || chown "$customer" "$site/log"
}

write_config() {
	local name
	{
		for name in mpm_event authz_core alias env rewrite cgid; do
			echo "LoadModule ${name}_module $modules/mod_$name.so"
		done
		cat <<LINES
ServerRoot $site
ServerName 127.0.0.1
Listen 127.0.0.1:$port
PidFile $site/log/pid
DefaultRuntimeDir $site/log
Mutex file:$site/log default
ErrorLog $site/log/error.log
ScriptSock $site/log/cgid.sock
DocumentRoot $site/htdocs
ScriptAlias /cgi-bin/ $site/htdocs/cgi-bin/
<Directory $site/htdocs>
  AllowOverride FileInfo
  Require all granted
</Directory>
LINES
	} >"$work/apache.conf"
	chmod 644 "$work/apache.conf"
}

pid_of_host() { pid=$(cat "$site/log/pid" 2>/dev/null) && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; }

start_host() {
	local _
	for _ in 1 2 3 4 5; do
		port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
		write_config
		(cd / && ${as_customer[@]+"${as_customer[@]}"} "$apache" -f "$work/apache.conf" -k start) >"$work/said" 2>&1 && break
	done
	host=http://127.0.0.1:$port
	for _ in $(seq 100); do
		curl -s -o "$work/body" "$host/weir-errors/404.html" && return
		sleep 0.05
	done
	not_ok 'Apache starts' "$(cat "$work/said" "$site/log/error.log")"
	exit 1
}

stop_host() {
	local _
	pid_of_host && kill "$pid"
	for _ in $(seq 200); do
		pid_of_host || break
		sleep 0.05
	done
}
trap 'stop_host; finish' EXIT

say() { request -G "$host/query" -H "Authorization: Token $token" --data-urlencode "db=d" -d epoch=s --data-urlencode "q=$1"; }
put() { request "$host/write?db=d&precision=s" -H "Authorization: Token $token" --data-binary "$1"; }

# ---- programs that run as the customer ----------------------------------------------------------

upload "$customer"
mv "$site/htdocs/cgi-bin/weir-first-token" "$work/first-token"
start_host
answers_like 'before the token is uploaded there is no store' 503 '"status":"fail"' -- "$host/health"
answers_like 'and nobody gets in' 503 '"unavailable"' -- "$host/query?q=SHOW+DATABASES&p=anything-at-all"
check 'nor makes one' test ! -e "$site/weir-data"

cp "$work/first-token" "$site/htdocs/cgi-bin/weir-first-token"
[ "$(id -u)" -ne 0 ] || chown "$customer" "$site/htdocs/cgi-bin/weir-first-token"
for path in weir.conf weir-first-token; do
	request "$host/cgi-bin/$path"
	like "$path is not shown" "$status" '^(403|404|500)$'
done
answers 'who comes first with another token does not get in' 401 "$(v1_error unauthorized 'unauthorized access')" \
	-- "$host/write?db=d&p=a-token-of-a-stranger" -d 'm v=1'
check 'that request has made the store' test -d "$site/weir-data"
is 'for its owner alone' "$(stat -c %a "$site/weir-data")" 700
check 'and used the file up' test ! -e "$site/htdocs/cgi-bin/weir-first-token"
put 'm v=1 1'
gives 'the owner gets in' 204 ''
say 'SELECT v FROM m'
gives 'and reads it back' 200 "$(result '{"name":"m","columns":["time","v"],"values":[[1,1]]}')"
answers 'Basic' 204 '' -- "$host/write?db=d&precision=s" -u "any:$token" -d 'm v=2 2'
answers '/api/v2/write' 204 '' -- "$host/api/v2/write?bucket=d/autogen&precision=s" -H "Authorization: Bearer $token" -d 'm v=3 3'
awk 'BEGIN { for (i = 1; i <= 20000; i++) print "c v=" i " " i }' | gzip >"$work/b"
answers 'a chunked gzip body' 204 '' -- "$host/write?db=d&precision=s&p=$token" -H 'Transfer-Encoding: chunked' \
	-H 'Content-Encoding: gzip' --data-binary "@$work/b"
say 'SELECT count(v) FROM c'
gives 'is all there' 200 "$(result '{"name":"c","columns":["time","count"],"values":[[0,20000]]}')"
answers '/ping' 204 '' -- "$host/ping"
answers_like '/health' 200 '"status":"pass"' -- "$host/health"
answers_like 'a path of nobody' 404 '^\{"code":"not found"' -- "$host/nope"
like '  as JSON' "$(header Content-Type)" '^application/json'
answers 'OPTIONS' 204 '' -- -X OPTIONS "$host/write" -H 'Origin: https://site.example'
request "$host/weir-data/weir.lock"
like 'the data are not shown' "$status" '^(403|404)$'

# A data folder that came to lie in the web root all the same is shut.
mkdir "$site/htdocs/shown" && cp "$site/weir-data/.htaccess" "$site/htdocs/shown/" && echo secret >"$site/htdocs/shown/x"
chmod 755 "$site/htdocs/shown"
chmod 644 "$site/htdocs/shown/x" "$site/htdocs/shown/.htaccess"
request "$host/shown/x"
is 'its .htaccess shuts a folder' "$status" 403

# A token that was lost: another file.
old=$token
token=$("$weir" token first "$site/htdocs/cgi-bin/weir-first-token")
[ "$(id -u)" -ne 0 ] || chown "$customer" "$site/htdocs/cgi-bin/weir-first-token"
put 'm v=4 4'
gives 'a later file makes a further token' 204 ''
check 'and is used up' test ! -e "$site/htdocs/cgi-bin/weir-first-token"
token=$old
put 'm v=5 5'
gives 'the old one still holds' 204 ''
stop_host

# ---- programs that run as the server's user, who owns nothing of it ------------------------------

[ "$(id -u)" -eq 0 ] || exit 0
upload root
mkdir -m 777 "$site/weir-data"
start_host
put 'm v=1 1'
gives 'a host whose programs are of another user' 204 ''
check 'cannot delete the file' test -e "$site/htdocs/cgi-bin/weir-first-token"
like 'and says so in its log' "$(cat "$site/log/error.log")" 'has done its work and cannot be deleted'
"$weir" token first "$work/second" >"$work/second.token"
cp "$work/second" "$site/htdocs/cgi-bin/weir-first-token"
token=$(cat "$work/second.token")
put 'm v=2 2'
gives 'a further token cannot be had there' 401 "$(v1_error unauthorized 'unauthorized access')"
like 'for a reason that the log tells' "$(cat "$site/log/error.log")" 'is not taken, since there are tokens'
"$weir" token first "$work/third" >"$work/third.token"
cp "$work/third" "$site/htdocs/cgi-bin/weir-first-token"
"$weir" --home "$site/weir-data" token list --json | grep -o '"id":"[0-9a-f]*"' | cut -d'"' -f4 |
	while read -r id; do "$weir" --home "$site/weir-data" token delete "$id"; done
token=$(cat "$work/third.token")
put 'm v=3 3'
gives 'nor after all tokens were deleted' 401 "$(v1_error unauthorized 'unauthorized access')"
