#!/usr/bin/env bash
# So many processes of each program as deploy/local is asked for.
. "${BASH_SOURCE[0]%/*}/lib.sh"

# refuses NAME WORDS OPTION...: with status 2, and these words
refuses() {
	local name=$1 words=$2
	shift 2
	"$top/deploy/local" start --build "$build" --home "$work/none" --server "$server" "$@" >"$work/said" 2>&1
	is "$name: status" $? 2
	like '  and in words' "$(cat "$work/said")" "$words"
}
refuses 'none at all' '--processes 0 is no number from 1 to 999' --processes 0
refuses 'a word' '--processes many is no number from 1 to 999' --processes many
if [ "$mode" = cgi ]; then
	refuses 'a process a request' '--processes is for --mode fcgi alone' --mode cgi --processes 3
	exit
fi

start_server --processes 3
answers 'a write' 204 '' -- "$url/write?db=d&p=$token" -d 'm v=1 1000000000'
answers 'a query' 200 '{"results":[{"statement_id":0,"series":[{"name":"m","columns":["time","v"],"values":[[1000000000,1]]}]}]}' \
	-- -G "$url/query?db=d&p=$token&epoch=s" --data-urlencode 'q=SELECT v FROM m'
case $server in
apache)	# starts them as they are needed
	for _ in $(seq 40); do
		curl -s "$url/query?p=$token&q=SHOW+DATABASES" >/dev/null &
	done
	wait $(jobs -p)
	is 'no more of a program than that' "$(program_pids | wc -l | awk '{ print ($1 <= 6) }')" 1
	;;
*)
	is 'three of each program' "$(program_pids | wc -l | tr -d ' ')" 6
	;;
esac
