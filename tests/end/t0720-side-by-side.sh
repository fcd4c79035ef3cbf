#!/usr/bin/env bash
# deploy/local: several servers at once, each its own; a stop ends exactly what its start began.
. "${BASH_SOURCE[0]%/*}/lib.sh"
local_() { "$top/deploy/local" "$@" --build "$build"; }
field() { sed -n "s/^$1=//p" <<<"$2"; }

start_server
is 'start prints three lines' "$(cut -d= -f1 "$work/started" | tr '\n' ' ')" 'url token home '
is 'the token is the one that was fixed' "$(field token "$(cat "$work/started")")" "$token"
is 'the home too' "$(field home "$(cat "$work/started")")" "$(cd "$home" && pwd -P)"
is 'a second start of the same home changes nothing' "$(local_ start --home "$home")" "$(cat "$work/started")"
second=$(local_ start --home "$work/second" --mode cgi)
check 'another home comes up beside it' test -n "$(field url "$second")"
check 'on another port' test "$(field url "$second")" != "$url"
check 'with a token of its own' test "$(field token "$second")" != "$token"
answers 'which the first does not know' 401 "$(v1_error unauthorized 'unauthorized access')" -- "$url/write?db=d&p=$(field token "$second")" -d 'm v=1'
answers 'and the second does' 204 '' -- "$(field url "$second")/write?db=d&p=$(field token "$second")" -d 'm v=1'
like 'status of one that is up' "$(local_ status --home "$work/second")" 'mode=cgi'
check 'stop' local_ stop --home "$work/second"
is 'status of one that is down' "$(local_ status --home "$work/second")" down
answers 'the first one lives' 204 '' -- "$url/ping"
port=${url##*:}
like 'a port that is taken is refused' "$(local_ start --home "$work/third" --port "$port" 2>&1)" "port $port is taken"
like 'plain CGI under nginx is refused in plain words' \
	"$(local_ start --home "$work/third" --server nginx --mode cgi 2>&1)" 'nginx has no CGI'
like 'a server that is none' "$(local_ start --home "$work/third" --server iis 2>&1)" 'lighttpd, apache and nginx are supported'
like 'a prefix that is none' "$(local_ start --home "$work/third" --prefix 'a b' 2>&1)" 'not a path such as /tsdb'
like 'so is a mode that is none' "$(local_ start --home "$work/third" --mode x 2>&1)" 'fcgi and cgi are supported'
pids=$(program_pids)
stop_server
for pid in $pids; do
	check "no program of it is left: $pid" test ! -e "/proc/$pid/cmdline" -o ! -s "/proc/$pid/cmdline"
done
start_server
is 'a home that comes up again has its token' "$(field token "$(cat "$work/started")")" "$token"
stop_server
start_server --set query_max_rows=7 --set compress=no
like '--set stands in weir.conf' "$(cat "$home/weir.conf")" 'query_max_rows = 7'
answers 'and the programs take it' 204 '' -- "$url/write?db=d&p=$token" -d 'm v=1'
