# deploy/nginx/server.sh - how deploy/local runs nginx
#
# Sourced by deploy/local, as one of deploy/*/server.sh; each has the same functions.

graceful=QUIT	# SIGQUIT lets requests under way end

server_user() { :; }

server_kind() {
	[ "$mode" = fcgi ] || refuse "nginx has no CGI: --server nginx takes --mode fcgi alone"
	[ "${spawn:=socket}" = socket ] ||
		refuse "nginx starts no programs: --server nginx takes --spawn socket alone"
	kind=fastcgi
}

server_find() { find_program nginx nginx /usr/sbin/nginx /usr/local/sbin/nginx; }

server_configure() {
	local text tls_word='' certificate=''
	if [ "$tls" = yes ]; then
		tls_word=' ssl'
		certificate="    ssl_certificate \"$web/tls/cert.pem\";
    ssl_certificate_key \"$web/tls/key.pem\";"
	fi
	modules=
	# Root's own home is out of reach for the user that nginx would take otherwise.
	[ "$(id -u)" -ne 0 ] || modules='user root;'
	text=$(fill "$here/nginx/local.conf.in")
	text=${text/@TLS@/"$tls_word"}
	printf '%s\n' "${text/@CERTIFICATE@/"$certificate"}"
}

server_launch() { "$daemon" -p "$web" -e "$web/error.log" -c "$web/nginx.conf"; }
