# deploy/shared/home.sh - what a home holds before its web server starts
#
# Sourced by deploy/local: settings, the first token, the folder of sockets, a certificate.

# --set lines replace earlier ones of the same name; all others in weir.conf stay.
write_settings() {
	local conf=$home/weir.conf setting name kept before
	before=$(cat "$conf" 2>/dev/null)
	for setting in ${settings[@]+"${settings[@]}"}; do
		name=${setting%%=*}
		kept=$(grep -v "^[[:space:]]*$name[[:space:]]*=" "$conf" 2>/dev/null)
		printf '%s\n' ${kept:+"$kept"} "$name = ${setting#*=}" >"$conf.new" &&
			mv "$conf.new" "$conf" || exit 1
	done
	"$weir" --home "$home" settings >/dev/null && return
	if [ -n "$before" ]; then printf '%s\n' "$before" >"$conf"; else rm -f "$conf"; fi
	exit 1
}

make_home() {
	"$weir" --home "$home" init >/dev/null || fail "weir init failed for $home"
	if [ -n "$token" ] && [ "$(cat "$web/token" 2>/dev/null)" != "$token" ]; then
		"$weir" --home "$home" token create --all-access --token "$token" >/dev/null ||
			fail "the token could not be made"
		echo "$token" >"$web/token"
	elif [ ! -s "$web/token" ]; then
		token=$("$weir" --home "$home" token create --all-access) ||
			fail "the token could not be made"
		echo "$token" >"$web/token"
	fi
	token=$(cat "$web/token")
}

# A unix socket's path is limited to 108 bytes; a deep home keeps its sockets elsewhere.
make_socket_folder() {
	if [ ${#web} -le 80 ]; then
		sockets=$web
	else
		sockets=$(mktemp -d "${TMPDIR:-/tmp}/weir.XXXXXX") || fail "no directory for sockets"
		[ ${#sockets} -le 80 ] || fail "$sockets is too long a path for a socket"
	fi
	echo "$sockets" >"$web/sockets"
}

remove_socket_folder() {
	[ -s "$web/sockets" ] || return 0
	sockets=$(cat "$web/sockets")
	if [ "$sockets" = "$web" ]; then
		rm -f "$web"/write.sock* "$web"/query.sock* "$web"/cgid.sock* "$web"/[0-9]*.[0-9]*
	elif [[ $sockets == */weir.* ]]; then
		rm -rf "$sockets"
	fi
	rm -f "$web/sockets"
}

# A certificate that this home signs itself, for 127.0.0.1 and localhost; kept while it lasts.
make_certificate() {
	local said
	[ "$tls" = yes ] || return 0
	command -v openssl >/dev/null || fail "openssl is missing, which makes the certificate: apt-get install openssl"
	openssl x509 -in "$web/tls/cert.pem" -noout -checkend 86400 >/dev/null 2>&1 && return
	mkdir -p "$web/tls" || exit 1
	said=$(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 \
		-subj /CN=localhost -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' \
		-addext 'basicConstraints=critical,CA:FALSE' \
		-keyout "$web/tls/key.pem" -out "$web/tls/cert.pem" 2>&1) || fail "no certificate: $said"
	cat "$web/tls/cert.pem" "$web/tls/key.pem" >"$web/tls/both.pem"
}

# setting_bytes NAME: of a size, as this home has it
setting_bytes() {
	local value
	value=$("$weir" --home "$home" settings | sed -n "s/^$1 = //p")
	case $value in
	*k) echo $((${value%k} * 1024)) ;;
	*M) echo $((${value%M} * 1048576)) ;;
	*G) echo $((${value%G} * 1073741824)) ;;
	*T) echo $((${value%T} * 1099511627776)) ;;
	*) echo "$value" ;;
	esac
}

# setting_seconds NAME: of a duration, rounded up to whole seconds; 0 is without a limit
setting_seconds() {
	local value n
	value=$("$weir" --home "$home" settings | sed -n "s/^$1 = //p")
	n=${value%%[a-z]*}
	case ${value#"$n"} in
	w) echo $((n * 604800)) ;;
	d) echo $((n * 86400)) ;;
	h) echo $((n * 3600)) ;;
	m) echo $((n * 60)) ;;
	s) echo "$n" ;;
	*) echo 1 ;;
	esac
}

# The web server's own limit for a body, in MiB: 64, or above weir's where that was raised
body_mib() {
	local limit
	limit=$(setting_bytes body_limit)
	limit=$(((limit + limit / 4) / 1048576))
	echo $((limit > 64 ? limit : 64))
}

# How long the web server waits for a silent program: past the longest query and the queue for the
# store, which weir ends with an error of its own.
patience() {
	local query
	query=$(setting_seconds query_timeout)
	[ "$query" -gt 0 ] || query=86400
	echo $((query + $(setting_seconds lock_wait) + 20))
}

# fill TEMPLATE: its text with every @NAME@ filled in
fill() {
	local text name mib usual=2
	text=$(cat "$1") || exit 1
	mib=$(body_mib)
	[ "$kind" != fcgid ] || usual=4
	local -A values=(
		[PORT]=$port [KIND]=$kind [PREFIX]=$prefix [MODULES]=$modules [PATIENCE]=$(patience)
		[PROCESSES]=${processes:-$usual}
		[BODY_MIB]=$mib [BODY_KIB]=$((mib * 1024)) [BODY_BYTES]=$((mib * 1048576))
		[PROGRAMS]=$build/fcgi [DEPLOY]=$here [SOCKETS]=$sockets [WEB]=$web [HOME]=$home
	)
	for name in "${!values[@]}"; do
		text=${text//@$name@/"${values[$name]}"}
	done
	printf '%s\n' "$text"
}
