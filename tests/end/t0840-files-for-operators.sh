#!/usr/bin/env bash
# The files of deploy/ that an operator copies, as they stand but for the paths of this build: each is
# read by the program that it is for.
. "${BASH_SOURCE[0]%/*}/lib.sh"
[ "$server-$mode" = lighttpd-fcgi ] || { ok 'skipped: the same for every server'; exit 0; }
sbin() { PATH=$PATH:/usr/sbin:/sbin command -v "$1"; }

# here FILE...: with the paths of `make install` as they are in this build
here() {
	sed "s|/usr/local/share/weir|$top/deploy|g; s|/usr/local/libexec/weir|$build/fcgi|g
		s|/usr/local/bin/weir|$build/cgi-bin/weir|g; s|/usr/bin/multiwatch|$(command -v multiwatch)|" "$@"
}

# ---- web servers, in each of the ways that their files name -------------------------------------

{
	echo 'server.document-root = "/tmp"'
	echo 'server.feature-flags += ( "server.h2proto" => "enable" )'	# as Debian's lighttpd.conf
	echo 'server.http-parseopts = ( "url-ctrls-reject" => "enable" )'
	echo 'server.modules = ( "mod_alias", "mod_setenv", "mod_cgi", "mod_openssl" )'
	here "$top/deploy/lighttpd/weir.conf"
} >"$work/lighttpd.conf"
for kind in spawned sockets cgi; do
	sed "s|lighttpd/spawned.conf\"|lighttpd/$kind.conf\"|" "$work/lighttpd.conf" >"$work/l.conf"
	check "lighttpd takes weir.conf with $kind.conf" "$(sbin lighttpd)" -tt -f "$work/l.conf"
done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost \
	-keyout "$work/pem" -out "$work/cert" 2>"$work/said" && cat "$work/cert" >>"$work/pem"
sed "s|# \(ssl.engine\)|\1|; s|# \(ssl.pemfile =\).*|\1 \"$work/pem\"|" "$work/lighttpd.conf" >"$work/l.conf"
check 'and the lines for TLS' "$(sbin lighttpd)" -tt -f "$work/l.conf"

modules=/usr/lib/apache2/modules
for kind in fcgid proxy cgid; do
	{
		for name in mpm_event authz_core alias env setenvif fcgid proxy proxy_fcgi cgid ssl; do
			echo "LoadModule ${name}_module $modules/mod_$name.so"
		done
		echo "ServerRoot $work"
		echo 'ServerName localhost'
		echo "ErrorLog $work/error.log"
		here "$top/deploy/apache/weir.conf" | sed "s|apache/fcgid.conf|apache/$kind.conf|; s|/var/www/html|$work|"
	} >"$work/apache.conf"
	check "Apache takes weir.conf with $kind.conf" "$(sbin apache2)" -t -f "$work/apache.conf"
done

{
	echo "error_log stderr; pid $work/pid; events { } http {"
	echo 'access_log off;'
	for kind in client_body fastcgi proxy scgi uwsgi; do
		echo "${kind}_temp_path $work/temp_$kind;"
	done
	here "$top/deploy/nginx/weir.conf"
	echo '}'
} >"$work/nginx.conf"
check 'nginx takes weir.conf' "$(sbin nginx)" -t -q -e stderr -c "$work/nginx.conf"
sed "/include .*weir-errors.conf/d; s|location / {|location /tsdb/ { include $top/deploy/nginx/weir-errors.conf;|" \
	"$work/nginx.conf" >"$work/n.conf"
check 'and its locations under a prefix' "$(sbin nginx)" -t -q -e stderr -c "$work/n.conf"

# ---- what starts programs, and what tidies up ---------------------------------------------------

mkdir "$work/units"
for file in "$top"/deploy/systemd/weir-*.*[!d]; do
	here "$file" >"$work/units/${file##*/}"
done
cp -R "$top/deploy/systemd/weir-.service.d" "$work/units/"
if command -v systemd-analyze >/dev/null; then
	said=$(cd "$work/units" && systemd-analyze verify --man=no ./weir-*.socket ./weir-*.service ./weir-*.timer 2>&1 |
		grep -F "$work/units")
	is 'systemd has nothing to say about the units' "$said" ''
	like 'and finds the services hardened' \
		"$(cd "$work/units" && systemd-analyze security --offline=yes ./weir-write.service 2>&1 | tail -n 1)" ': 0\.[0-9] '
else
	ok 'skipped: no systemd-analyze here'
fi
if [ -n "$(sbin logrotate)" ]; then
	sed 's/su weir weir//' "$top/deploy/logrotate/weir" >"$work/rotate"
	chmod 644 "$work/rotate"
	check 'logrotate takes its file' "$(sbin logrotate)" -d -s "$work/rotated" "$work/rotate"
else
	ok 'skipped: no logrotate here'
fi
is 'every line of the crontab has five times, a user and a command' \
	"$(grep -vE '^(#|$)|^(@reboot|([0-9*/,-]+ ){5}) +[a-z]+ +/[^ ]+ ' "$top/deploy/cron/weir")" ''

spawn=$top/deploy/spawn-fcgi/weir-spawn
check 'weir-spawn --help' "$spawn" --help
for bad in 'x' 'start --count 0' 'start --what y' 'start --home'; do
	is "weir-spawn refuses $bad" "$("$spawn" $bad >/dev/null 2>&1; echo $?)" 2
done
is 'and programs that are not there' "$("$spawn" start --programs /nowhere --run "$work/run" --log "$work/log" 2>&1)" \
	'weir-spawn: /nowhere/weir-write is missing'
