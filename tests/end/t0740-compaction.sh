#!/usr/bin/env bash
# The journal goes into chunks after a reply, when nobody comes, and on demand; nobody sees a difference.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server --set compact_size=256k

# stat COLUMN: of the one measurement there is
stat() { "$weir" --home "$home" stats --json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0][sys.argv[1]])' "$1"; }
rows() { awk -v from="$1" -v to="$2" 'BEGIN { for (i = from; i < to; i++) for (h = 0; h < 5; h++) printf "cpu,host=h%d v=%d,w=%.3f %d\n", h, i, i / 7 + h, 1600000000 + i * 10 }'; }
send() { request "$url/write?db=d&precision=s" -H "Authorization: Token $token" --data-binary @- < <(rows "$1" "$2"); }
answers_now() {
	query 'SELECT count(v), min(v), max(v), sum(v), mean(w), first(w), last(w) FROM cpu GROUP BY host' -d epoch=s
	before=$body
	query 'SELECT max(w) FROM cpu WHERE time >= 1600010000s AND time < 1600020000s GROUP BY time(1000s), host'
	before+=$body
	query 'SELECT * FROM cpu GROUP BY host ORDER BY time DESC LIMIT 2'
	before+=$body
}

send 0 9000; is 'a small load is taken' 204 "$status"
answers_now; small=$before
check 'compaction on demand' "$weir" --home "$home" compact
is 'the journal is empty' 0 "$(stat journal_records)"
is 'all rows are in chunks' 45000 "$(stat rows)"
answers_now; is 'the answers are the same from chunks' "$small" "$before"

send 8000 12000; is 'rows written again, and new ones' 204 "$status"
if [ "$mode" = fcgi ]; then
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(stat journal_bytes)" = 0 ] && break
		sleep 0.5
	done
	is 'what was written last is settled when nobody comes' 0 "$(stat journal_bytes)"
else
	check 'compaction again' "$weir" --home "$home" compact
fi
is 'rows of one time are one row' 60000 "$(stat rows)"
query 'SELECT count(v), sum(v) FROM cpu' -d epoch=s
gives 'and count once' 200 "$(result '{"name":"cpu","columns":["time","count","sum"],"values":[[0,60000,359970000]]}')"

for from in $(seq 12000 2000 40000); do send "$from" $((from + 2000)); done
backlog=$(stat journal_bytes)
check 'under load the journal stays short' test "$backlog" -lt 2000000
answers_now; loaded=$before
check 'compaction once more' "$weir" --home "$home" compact
answers_now; is 'the answers are the same' "$loaded" "$before"
is 'as text the statistics have a row' 1 "$("$weir" --home "$home" stats | grep -c ' cpu ')"
finish
