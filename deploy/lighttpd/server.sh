# deploy/lighttpd/server.sh - how deploy/local runs lighttpd
#
# Sourced by deploy/local, as one of deploy/*/server.sh; each has the same functions.

graceful=INT	# SIGINT lets requests under way end

server_user() { :; }

server_kind() {
	case $mode:${spawn:=server} in
	fcgi:server) kind=spawned modules='"mod_fastcgi"' ;;
	fcgi:socket) kind=sockets modules='"mod_fastcgi"' ;;
	cgi:*) kind=cgi modules='"mod_alias", "mod_setenv", "mod_cgi"' ;;
	esac
	[ "$tls" = no ] || modules='"mod_openssl", '$modules
}

server_find() { find_program lighttpd lighttpd /usr/sbin/lighttpd /usr/local/sbin/lighttpd; }

# Where there is multiwatch, lighttpd starts that, and it starts what was killed sooner than lighttpd
# does.
server_configure() {
	local text watch count=${processes:-2}
	local processes=$count
	if watch=$(command -v multiwatch); then
		watch="$watch -t 20 -f $count -- " processes=1
	fi
	text=$(fill "$here/lighttpd/local.conf.in") || exit 1
	printf '%s\n' "${text/@WATCH@/"$watch"}"
	[ "$tls" = no ] || cat <<LINES
ssl.engine = "enable"
ssl.pemfile = "$web/tls/both.pem"
LINES
}

server_launch() { "$daemon" -f "$web/lighttpd.conf"; }
