#!/usr/bin/env bash
# Telegraf's outputs influxdb and influxdb_v2 as far as weir can tell: what they send in chunked
# gzip arrives, and no answer of weir makes them lose what could be stored or keep what cannot.
. "${BASH_SOURCE[0]%/*}/lib.sh"
. "$top/tests/clients/run.sh"
telegraf=$top/tests/clients/telegraf.py
run_client /usr/bin/python3 "$telegraf" tables

buffer=$work/buffer
metrics() {	# metrics NAME N [FIRST-SECOND]
	awk -v m="$1" -v n="$2" -v t="${3:-1700000000}" 'BEGIN { for (i = 0; i < n; i++)
		printf "%s,cpu=cpu%d,host=roof usage_idle=%.1f,usage_user=%di %d000000000\n", m, i % 4, i / 10, i, t + int(i / 4) * 10 }'
}
flush() {	# flush v1|v2 OPTION...: said is what became of the metrics, errs the log
	local verb=$1
	shift
	/usr/bin/python3 "$telegraf" "$verb" --url "$url" "$@" "$buffer" >"$work/flushed" 2>&1
	said=$(tail -n 1 "$work/flushed")
	errs=$(sed '$d' "$work/flushed")
}
v1() { flush v1 --database telegraf --username any --password="$token" "$@"; }
v2() { flush v2 --bucket sensors --organization any --token="$token" "$@"; }
counts() {	# counts NAME DATABASE MEASUREMENT N
	request -G "$url/query" -H "Authorization: Token $token" -d "db=$2" --data-urlencode "q=SELECT count(usage_user) FROM $3" -d epoch=s
	gives "$1" 200 "$(result '{"name":"'"$3"'","columns":["time","count"],"values":[[0,'"$4"']]}')"
}

start_server
"$weir" --home "$home" bucket create sensors >/dev/null
other=$("$weir" --home "$home" token create --write sensors)

# ---- outputs.influxdb

metrics cpu 2500 >"$buffer"
v1
is 'v1: three batches are written' "$said" 'written 2500, dropped 0, kept 0'
like 'v1: CREATE DATABASE is refused, which is a warning and no more' "$errs" '^W! the database was not made: not implemented: CREATE DATABASE$'
counts 'v1: and are there' telegraf cpu 2500
metrics cpu 2500 1700100000 >"$buffer"
v1 --content-encoding identity --retention-policy autogen --skip-database-creation
is 'v1: without gzip, with a retention policy' "$said$errs" 'written 2500, dropped 0, kept 0'
counts 'v1: and are there too' telegraf cpu 5000
{ metrics mem 2; echo 'mem,cpu=cpu0,host=roof usage_user="text" 1700000000000000000'; metrics mem 2 1700000100; } >"$buffer"
v1
is 'v1: a batch with a bad line leaves the buffer' "$said" 'written 0, dropped 5, kept 0'
counts 'v1: its good lines are there' telegraf mem 4
metrics cpu 3 >"$buffer"
flush v1 --database telegraf --username any --password unknown
is 'v1: an unknown token drops the batch' "$said" 'written 0, dropped 3, kept 0'
metrics cpu 3 >"$buffer"
flush v1 --database elsewhere --username any --password="$other" --skip-database-creation
is 'v1: and so does a token that may not make the database' "$said" 'written 0, dropped 3, kept 0'
like 'v1: in words' "$errs" '^E! dropped: 403 insufficient permissions for write$'

# ---- outputs.influxdb_v2

metrics disk 2500 >"$buffer"
v2
is 'v2: three batches are written' "$said$errs" 'written 2500, dropped 0, kept 0'
counts 'v2: and are there' sensors disk 2500
{ metrics net 2; echo nonsense; metrics net 2 1700000100; } >"$buffer"
v2 --content-encoding identity
is 'v2: a batch with a bad line leaves the buffer' "$said" 'written 0, dropped 5, kept 0'
like 'v2: the log names the line' "$errs" '^E! dropped: 400 invalid: .*line 3'
counts 'v2: its good lines are there' sensors net 4
metrics disk 3 1700200000 >"$buffer"
flush v2 --bucket sensors --organization any --token unknown
is 'v2: an unknown token keeps them' "$said" 'written 0, dropped 0, kept 3'
id=$("$weir" --home "$home" token list --json | tr '{' '\n' | sed -n '/"all-access"/!s/.*"id":"\([0-9a-f]*\)".*/\1/p' | tail -n 1)
"$weir" --home "$home" token deactivate "$id"
flush v2 --bucket sensors --organization any --token="$other"
is 'v2: an inactive one keeps them' "$said" 'written 0, dropped 0, kept 3'
"$weir" --home "$home" token activate "$id"
flush v2 --bucket sensors --organization any --token="$other"
is 'v2: until it is let in again' "$said" 'written 3, dropped 0, kept 0'
counts 'v2: and nothing is missing' sensors disk 2503
metrics disk 3 >"$buffer"
flush v2 --bucket nowhere --organization any --token="$token"
is 'v2: an unknown bucket drops them' "$said$errs" 'written 0, dropped 3, kept 0E! dropped: 404 not found: bucket "nowhere" not found'

# ---- a disk without room: 503, and a server that is down

# reserve SIZE: programs that stay up read settings when they start, so new ones have to
reserve() {
	local old
	old=$(program_pids)
	echo "disk_reserve = $1" >"$home/weir.conf"
	[ -z "$old" ] || kill $old 2>/dev/null
	for _ in {1..100}; do
		sleep 0.1
		kill -0 $old 2>/dev/null && continue
		request "$url/write?db=d&p=nobody" -d 'm v=1'
		[ "$status" = 401 ] && return
	done
	not_ok 'the programs start anew' "$status $body"
}
reserve 4000000G
metrics full 100 >"$buffer"
v1
is 'v1: a full disk keeps them' "$said" 'written 0, dropped 0, kept 100'
like 'v1: by a 503' "$errs" 'E! kept: 503 '
v2
like 'v2: a full disk keeps them, for as long as Retry-After says' "$said" '^written 0, dropped 0, kept 100, wait [1-9][0-9]*$'
reserve 64M
old=$url
stop_server
url=$old
v1
is 'v1: no server keeps them' "$said" 'written 0, dropped 0, kept 100'
v2
is 'v2: no server keeps them' "$said" 'written 0, dropped 0, kept 100'
start_server
cp "$buffer" "$work/same"
v1
is 'v1: and then all are written' "$said" 'written 100, dropped 0, kept 0'
mv "$work/same" "$buffer"
v2
is 'v2: and then all are written' "$said" 'written 100, dropped 0, kept 0'
counts 'v1: they are there' telegraf full 100
counts 'v2: they are there' sensors full 100

# ---- a batch that is too large: 413

stop_server
start_server --set body_limit=4096
metrics large 300 >"$buffer"
v2 --content-encoding identity
is 'v2: a batch that is too large is split until it fits' "$said$errs" 'written 300, dropped 0, kept 0'
counts 'v2: and is there' sensors large 300
{ metrics huge 1; printf 'huge,cpu=cpu0 usage_user=1i,text="%5000s" 1\n' x; metrics huge 1 1700000100; } >"$buffer"
v2 --content-encoding identity
is 'v2: down to the metric that alone is too large' "$said" 'written 2, dropped 1, kept 0'
counts 'v2: the others are there' sensors huge 2
metrics large 300 >"$buffer"
v1 --content-encoding identity
is 'v1: drops it' "$said" 'written 0, dropped 300, kept 0'
like 'v1: in words' "$errs" 'E! dropped: 413 cannot read data: points in batch is too large$'
