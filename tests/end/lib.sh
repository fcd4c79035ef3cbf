# tests/end/lib.sh - what the end-to-end scripts share: one server, requests, checks
#
# A script sources this, starts a server (or calls programs as plain CGI), and states facts:
#
#     . "${BASH_SOURCE[0]%/*}/lib.sh"
#     start_server
#     answers 'a write is 204 without a body' 204 '' -- "$url/write?db=d&p=$token" -d 'm v=1 1'
#
# Each fact prints "ok - NAME" or "not ok - NAME" with what came instead. The script's exit status
# is 1 when any failed. From outside come WEIR_BUILD (default ./build), WEIR_SERVER (lighttpd, apache
# or nginx) and WEIR_MODE (fcgi or cgi).

set -u
export LC_ALL=C

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
build=$(cd "${WEIR_BUILD:-$top/build}" && pwd -P) || exit 1
server=${WEIR_SERVER:-lighttpd}
mode=${WEIR_MODE:-fcgi}
weir=$build/cgi-bin/weir
write_program=$build/fcgi/weir-write
query_program=$build/fcgi/weir-query
token=the-first-token-of-the-tests
work=$(mktemp -d "${TMPDIR:-/tmp}/weir-test.XXXXXX") || exit 1
home=$work/home
url=
n_failed=0
mounted=()

unset ${!WEIR_@} http_proxy HTTP_PROXY all_proxy ALL_PROXY
trap finish EXIT
trap 'exit 130' INT TERM

finish() {
	local failed=$? i
	[ -z "$url" ] || stop_server
	[ "$n_failed" -eq 0 ] || failed=1
	[ "$failed" -eq 0 ] || ! [ -s "$home/web/error.log" ] || sed 's/^/# server: /' "$home/web/error.log" | tail -n 20
	for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do
		umount "${mounted[i]}" 2>/dev/null || umount -l "${mounted[i]}" 2>/dev/null
	done
	rm -rf "$work"
	trap - EXIT
	exit "$failed"
}

# ---- the server -----------------------------------------------------------------------------

# start_server [OPTION of deploy/local]...
start_server() {
	"$top/deploy/local" start --build "$build" --home "$home" --server "$server" --mode "$mode" \
		--token "$token" "$@" >"$work/started" || {
		not_ok 'the server starts' "deploy/local failed"
		exit 1
	}
	url=$(sed -n 's/^url=//p' "$work/started")
	export CURL_CA_BUNDLE=$home/web/tls/cert.pem
	[ -e "$CURL_CA_BUNDLE" ] || unset CURL_CA_BUNDLE
}

stop_server() {
	"$top/deploy/local" stop --build "$build" --home "$home"
	url=
}

# mount_here DIRECTORY OPTION-OF-MOUNT... SOURCE: up to the end of the script, which ends here where that
# cannot be done
mount_here() {
	if ! mkdir -p "$1" || ! mount "${@:2}" "$1" 2>/dev/null; then
		ok 'skipped: a small file system cannot be mounted here'
		finish
	fi
	mounted+=("$1")
}

# alike WHAT: what is the same behind every web server is looked at behind one of them
alike() {
	[ "$server-$mode" != lighttpd-fcgi ] || return 0
	ok "skipped: $1 the same behind all servers"
	finish
}

# The processes of this server's programs, one a line.
program_pids() {
	"$top/deploy/local" status --build "$build" --home "$home" | sed -n 's/^programs=//p' |
		tr -s ' ' '\n' | grep .
}

# make_store: a home and its all-access token without a server, for plain CGI
make_store() {
	"$weir" --home "$home" init >/dev/null &&
		"$weir" --home "$home" token create --all-access --token "$token" >/dev/null || {
		not_ok 'a store is made' "weir init failed"
		exit 1
	}
}

# ---- requests: each sets status, head (the answer's headers) and body -----------------------

status= head= body=

# request CURL-ARGUMENT... : the -i of an example is dropped, since the headers are kept apart
request() {
	local argument arguments=()
	for argument in "$@"; do
		[ "$argument" = -i ] || arguments+=("$argument")
	done
	set -- "${arguments[@]}"
	: >"$work/body"
	: >"$work/head"
	status=$(curl -s -S -m 60 -o "$work/body" -D "$work/head" -w '%{http_code}' "$@" 2>"$work/curl")
	head=$(tr -d '\r' <"$work/head")
	body=$(tr -d '\0' <"$work/body"; echo .)
	body=${body%.}
	body=${body%$'\n'}
}

# cgi PROGRAM METHOD PATH QUERY [NAME=VALUE]... : one request as plain CGI, its body from stdin
cgi() {
	local program=$1 method=$2 path=$3 query=$4
	shift 4
	cat >"$work/in"
	env -i PATH="$PATH" GATEWAY_INTERFACE=CGI/1.1 SERVER_PROTOCOL=HTTP/1.1 WEIR_HOME="$home" \
		REQUEST_METHOD="$method" SCRIPT_NAME= PATH_INFO="$path" QUERY_STRING="$query" \
		CONTENT_LENGTH="$(wc -c <"$work/in" | tr -d ' ')" "$@" "$program" <"$work/in" >"$work/out" 2>"$work/curl"
	tr -d '\r' <"$work/out" | sed '/^$/,$d' >"$work/head"
	tr -d '\r' <"$work/out" | sed '1,/^$/d' >"$work/body"
	head=$(cat "$work/head")
	body=$(cat "$work/body")
	status=$(sed -n 's/^Status: *\([0-9]*\).*/\1/p' "$work/head")
	: "${status:=200}"
}

# header NAME: its value in the last answer
header() { sed -n "s/^$1: *//Ip" <<<"$head" | tail -n 1; }

# query TEXT [CURL-ARGUMENT]...: a GET of /query with the token, on database d
query() {
	local text=$1
	shift
	request -G "$url/query" -H "Authorization: Token $token" --data-urlencode "db=d" \
		--data-urlencode "q=$text" "$@"
}

# write LINES [CURL-ARGUMENT]...: a POST to /write with the token, on database d, in seconds
write() {
	local lines=$1
	shift
	request "$url/write?db=d&precision=s" -H "Authorization: Token $token" --data-binary "$lines" "$@"
}

# ---- facts ----------------------------------------------------------------------------------

ok() { echo "ok - $1"; }

not_ok() {
	echo "not ok - $1"
	n_failed=$((n_failed + 1))
	shift
	printf '%s\n' "$@" | cut -c 1-600 | sed 's/^/#   /'
}

# check NAME COMMAND...: true when the command succeeds
check() {
	local name=$1
	shift
	if "$@" >"$work/said" 2>&1; then ok "$name"; else not_ok "$name" "failed: $*" "$(tail -n 5 "$work/said")"; fi
}

# is NAME GOT WANT
is() {
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "got  $2" "want $3"; fi
}

# like NAME GOT EXTENDED-REGULAR-EXPRESSION
like() {
	if [[ $2 =~ $3 ]]; then ok "$1"; else not_ok "$1" "got  $2" "want =~ $3"; fi
}

# gives NAME STATUS BODY: of the request just made
gives() {
	if [ "$status" = "$2" ] && [ "$body" = "$3" ]; then ok "$1"; else
		not_ok "$1" "got  $status $body" "want $2 $3" "$(cat "$work/curl")"
	fi
}

# gives_like NAME STATUS EXTENDED-REGULAR-EXPRESSION
gives_like() {
	if [[ $status =~ ^$2$ ]] && [[ $body =~ $3 ]]; then ok "$1"; else
		not_ok "$1" "got  $status $body" "want $2 =~ $3" "$(cat "$work/curl")"
	fi
}

# answers NAME STATUS BODY -- CURL-ARGUMENT...;  answers_like NAME STATUS REGEX -- CURL-ARGUMENT...
answers() {
	local name=$1 want_status=$2 want_body=$3
	shift 4
	request "$@"
	gives "$name" "$want_status" "$want_body"
}

answers_like() {
	local name=$1 want_status=$2 want_body=$3
	shift 4
	request "$@"
	gives_like "$name" "$want_status" "$want_body"
}

# v1_error CODE MESSAGE;  v2_error CODE MESSAGE: the body of an error on /write and /query; on /api
v1_error() { printf '{"code":"%s","message":"%s","error":"%s"}' "$1" "$2" "$2"; }
v2_error() { printf '{"code":"%s","message":"%s"}' "$1" "$2"; }

# result SERIES...: the body of a query of one statement; each a JSON object as text
result() {
	local all=
	while [ $# -gt 0 ]; do
		all=$all${all:+,}$1
		shift
	done
	printf '{"results":[{"statement_id":0%s}]}' "${all:+,\"series\":[$all]}"
}
