# deploy/apache/server.sh - how deploy/local runs Apache
#
# Sourced by deploy/local, as one of deploy/*/server.sh; each has the same functions.

graceful=WINCH	# SIGWINCH lets requests under way end

# Apache's children never run as root. So all of it runs as www-data, to whom a home is given that is
# new or a store; to get at a home and a build below root's own folders it keeps root's way past file
# permissions.
server_user() {
	local capabilities=+dac_override,+fowner
	[ "$(id -u)" -eq 0 ] || return 0
	command -v setpriv >/dev/null || fail "as root Apache needs setpriv (util-linux) to become www-data"
	id -u www-data >/dev/null 2>&1 || fail "as root Apache needs a user www-data"
	[ -n "$(ls -A "$home")" ] && [ ! -e "$home/weir.lock" ] || chown -R www-data: "$home" || exit 1
	exec setpriv --reuid=www-data --regid=www-data --clear-groups \
		--inh-caps="$capabilities" --ambient-caps="$capabilities" "$here/local" "$@"
}

server_kind() {
	case $mode:${spawn:=server} in
	fcgi:server) kind=fcgid ;;
	fcgi:socket) kind=proxy ;;
	cgi:*) kind=cgid ;;
	esac
}

server_find() {
	find_program apache2 apache2 /usr/sbin/apache2 httpd /usr/sbin/httpd
	apache_modules=
	local folder
	for folder in "$(dirname "$(dirname "$daemon")")"/{lib,lib64,libexec}/{apache2,httpd}/modules /usr/lib/apache2/modules; do
		[ -e "$folder/mod_mpm_event.so" ] && apache_modules=$folder && break
	done
	[ -n "$apache_modules" ] || fail "Apache's modules were not found"
}

server_configure() {
	local name wanted=(mpm_event authz_core alias env)
	case $kind in
	fcgid) wanted+=(fcgid setenvif) ;;
	proxy) wanted+=(proxy proxy_fcgi) ;;
	cgid) wanted+=(cgid) ;;
	esac
	[ "$tls" = no ] || wanted+=(ssl)
	modules=
	for name in unixd "${wanted[@]}"; do
		[ -e "$apache_modules/mod_$name.so" ] || [ "$name" = unixd ] ||
			fail "Apache's mod_$name is missing${name/fcgid/: apt-get install libapache2-mod-fcgid}"
		[ ! -e "$apache_modules/mod_$name.so" ] ||
			modules+="LoadModule ${name}_module \"$apache_modules/mod_$name.so\""$'\n'
	done
	fill "$here/apache/local.conf.in"
}

server_launch() { "$daemon" -f "$web/apache.conf" -k start; }
