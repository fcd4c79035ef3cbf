#!/usr/bin/env bash
# weir export writes what weir import, and InfluxDB's own influx -import, make the same store of;
# weir import takes what influx_inspect export has written.
. "${BASH_SOURCE[0]%/*}/lib.sh"
alike 'files of points are'
start_server --set influxql_management=yes
other=$work/other
say() { said=$("$weir" "$@" 2>&1); code=$?; }

cat >"$work/points" <<'END'
cpu,host=a,dc=x\ y\,z f=1.5,i=3i,u=4u,b=true,s="say \"hi\" \\ there" 1700000000000000000
cpu,host=b f=-0.25 1700000001000000000
odd\ name,k\=1=v\\v f\ 1=1e-300,s="two
lines
# CONTEXT-DATABASE:other
m v=666" -1
END
"$weir" --home "$home" write --db mydb --precision ns "$work/points" >/dev/null
"$weir" --home "$home" write --db mydb --rp weekly --precision ns "$work/points" >/dev/null
"$weir" --home "$home" bucket create lone --retention 0s >/dev/null
printf 'm v=1 1600000000000000000\n' | "$weir" --home "$home" write --bucket lone --precision ns - >/dev/null
"$weir" --home "$home" dbrp create --db alias --rp r --bucket lone >/dev/null
"$weir" --home "$home" compact

# ---- export

say --home "$home" export --bucket lone
is 'a bucket, by itself' "$said" '# INFLUXDB EXPORT
# DDL
# BUCKET:lone
CREATE DATABASE "alias" WITH DURATION INF REPLICATION 1 NAME "r"
# lone autogen is the bucket of alias r
# DML
# CONTEXT-DATABASE:alias
# CONTEXT-RETENTION-POLICY:r
m v=1 1600000000000000000'
say --home "$home" export --db mydb --rp autogen --measurement cpu --lines-only
is 'one measurement, nothing but lines' "$said" 'cpu,dc=x\ y\,z,host=a b=true,f=1.5,i=3i,s="say \"hi\" \\ there",u=4u 1700000000000000000
cpu,host=b f=-0.25 1700000001000000000'
say --home "$home" export --db mydb --rp autogen --lines-only --from 2023-11-14T22:13:21Z --to 1700000001000000000
is 'a range of time' "$said" 'cpu,host=b f=-0.25 1700000001000000000'
"$weir" --home "$home" export --output "$work/all.txt" >"$work/told"
is 'a file' "$(cat "$work/told")" "$work/all.txt: 7 points of 7 series, 5 measurements"
is 'which its owner alone may read' "$(stat -c %a "$work/all.txt")" 600
"$weir" --home "$home" export | cmp - "$work/all.txt" && ok 'the same as on standard output' || not_ok 'the same as on standard output'
is 'points of two names are written once' "$(grep -c '^m v=1' "$work/all.txt")" 1

say --home "$home" export --db nosuch
is 'no such database' "$code $said" '1 weir: there is no database "nosuch"'
say --home "$home" export --db mydb --rp nosuch
is 'no such policy' "$code $said" '1 weir: there is no retention policy "nosuch" of a database "mydb"'
say --home "$home" export --db mydb --measurement nosuch
is 'no such measurement' "$code" 1
say --home "$home" export --from yesterday
like 'no such time' "$code $said" '^2 .*found "yesterday", expected a time such as'
say --home "$home" export --output "$work/nosuch/file"
like 'no such folder' "$code $said" '^1 weir: .*nosuch/file.*No such file or directory'
say --home "$home" export --output /dev/full/x
is 'nothing half-done stays behind' "$(ls "$work" | grep -c part)" 0
mkfifo "$work/pipe"
cat "$work/pipe" >"$work/piped" &
"$weir" --home "$home" export --output "$work/pipe" >/dev/null
wait $!
check 'a pipe is written into, and stays one' test -p "$work/pipe"
cmp "$work/piped" "$work/all.txt" && ok '  with all of it' || not_ok '  with all of it'
"$weir" --home "$home" export --output - | cmp - "$work/all.txt" && ok '- is standard output' || not_ok '- is standard output'
"$weir" --home "$home" export >/dev/full 2>"$work/told"
is 'a full disk is told' "$? $(cat "$work/told")" '1 weir: standard output: No space left on device'

for bucket in /slash mine mine/autogen; do
	"$weir" --home "$work/hidden" init >/dev/null
	"$weir" --home "$work/hidden" bucket create $bucket >/dev/null
	echo "m v=1 1" | "$weir" --home "$work/hidden" write --bucket $bucket --precision ns - >/dev/null
done
"$weir" --home "$work/hidden" export >"$work/told" 2>"$work/told2"
is 'buckets to which no database leads are told' "$? $(sed 's/.*: //' "$work/told2" | tr '\n' ' ')" '3 /slash mine '
is '  by name they give their lines' "$("$weir" --home "$work/hidden" export --bucket /slash)" 'm v=1 1'

# ---- import

"$weir" --home "$other" init >/dev/null
say --home "$other" import "$work/all.txt"
is 'all of it is taken in' "$code $said" "0 $work/all.txt: 7 points stored"
"$weir" --home "$other" export >"$work/again.txt"
diff "$work/all.txt" "$work/again.txt" >"$work/told" &&
	ok 'and is the same there' || not_ok 'and is the same there' "$(cat "$work/told")"
say --home "$other" query --db other 'SELECT * FROM m'
like 'a string is no comment' "$said" 'database not found: other'

cat >"$work/inspect.txt" <<'END'
# INFLUXDB EXPORT: 1677-09-21T00:12:43Z - 2262-04-11T23:47:16Z
# DDL
CREATE DATABASE telegraf WITH NAME autogen
CREATE RETENTION POLICY "long" ON "telegraf" DURATION 200000h REPLICATION 1
# DML
# CONTEXT-DATABASE:telegraf
# CONTEXT-RETENTION-POLICY:autogen
# writing tsm data
cpu,host=a usage=1 5
cpu,host=a usage=2 1700000010000000000
# writing wal data
cpu,host=a usage=3 1700000020000000000
# CONTEXT-DATABASE:telegraf
# CONTEXT-RETENTION-POLICY:long
# writing tsm data
cpu,host=a usage="text

of lines" 1700000010000000000

nonsense
cpu,host=a usage="more" 1700000020000000000
END
say --home "$other" import "$work/inspect.txt"
like 'what influx_inspect has written: all but a bad line' "$code $said" '^3 .*inspect.txt: 5 points stored, 1 lines refused$'
like 'whose place in the file is told' "$said" 'line 20'
say --home "$other" query --db telegraf --epoch ns 'SELECT usage FROM cpu; SELECT usage FROM telegraf.long.cpu'
like 'times are nanoseconds, however small' "$said" '
 *5 +1
'
like 'and both policies have theirs' "$said" 'more'
say --home "$other" import --db elsewhere "$work/inspect.txt"
like 'all into one database' "$code $said" '3 .*3 points stored, 3 lines refused'
sed '/nonsense/d; /text/,/of lines/d; /more/d' "$work/inspect.txt" >"$work/short.txt"
say --home "$other" import --bucket mydb/weekly --json "$work/short.txt"
is 'or into one bucket' "$code $said" "0 {\"file\":\"$work/short.txt\",\"stored\":3,\"rejected\":0,\"line\":null,\"message\":null}"
# A policy of InfluxDB's is a CREATE DATABASE each; places so short that the next one is read before they
# are stored.
cat >"$work/policies.txt" <<'END'
# DDL
CREATE DATABASE site WITH NAME autogen
CREATE DATABASE site WITH NAME two_weeks
CREATE DATABASE web WITH NAME long
# DML
# CONTEXT-DATABASE:site
# CONTEXT-RETENTION-POLICY:autogen
m v=1 1
# CONTEXT-DATABASE:site
# CONTEXT-RETENTION-POLICY:two_weeks
m v=2 2
# CONTEXT-DATABASE:web
# CONTEXT-RETENTION-POLICY:long
m v=3 3
# CONTEXT-DATABASE:unsaid
# CONTEXT-RETENTION-POLICY:autogen
m v=4 4
# CONTEXT-DATABASE:ab
# CONTEXT-RETENTION-POLICY:autogen
m v=5 5
END
for time in first second; do
	say --home "$work/policies" init
	say --home "$work/policies" import "$work/policies.txt"
	is "several policies, the $time time" "$code $said" "0 $work/policies.txt: 5 points stored"
	for place in site.autogen site.two_weeks web.long unsaid.autogen ab.autogen; do
		say --home "$work/policies" query --csv "SELECT v FROM $place.m"
		printf '%s\n' "$place ${said##*,}"
	done >"$work/told"
	is "  each where it belongs, the $time time" "$(cat "$work/told")" 'site.autogen 1
site.two_weeks 2
web.long 3
unsaid.autogen 4
ab.autogen 5'
done

# What CREATE would not make, but a bucket may be: a short retention, a name without a slash, one of two.
say --home "$work/odd" init
say --home "$work/odd" bucket create sensors --retention 30m
say --home "$work/odd" bucket create a/b/c --description 'two slashes'
for bucket in sensors a/b/c; do
	echo "m v=1 $(date +%s)" | "$weir" --home "$work/odd" write --bucket $bucket - >/dev/null
done
"$weir" --home "$work/odd" export --output "$work/odd.txt" >/dev/null
say --home "$work/even" init
say --home "$work/even" import "$work/odd.txt"
is 'odd buckets come back' "$code $said" "0 $work/odd.txt: 2 points stored"
is '  by their names, with their retention' \
	"$("$weir" --home "$work/even" bucket list | awk 'NR > 2 { print $2, $3 }')" $'a/b/c 0s\nsensors 30m'
"$weir" --home "$work/even" export | diff "$work/odd.txt" - >"$work/told" && ok '  and are exported alike' ||
	not_ok '  and are exported alike' "$(cat "$work/told")"
printf '# DDL\n# x\nCREATE DATABASE sensors WITH DURATION 60m NAME autogen\n# DML\n# CONTEXT-DATABASE:sensors\nm v=2 2\n' >"$work/other.txt"
say --home "$work/even" import "$work/other.txt"
like 'what is otherwise there is told, with its place' "$code $said" "^3 weir: $work/other.txt: line 3: retention policy already exists"
say --home "$other" import - <<<'m v=1 1'
is 'without a place' "$code $said" '1 standard input: 0 points stored
weir: standard input: line 1: no "# CONTEXT-DATABASE:" says where this goes; --db or --bucket may'
printf '# DDL\nDROP DATABASE telegraf\n# DML\n' >"$work/drop.txt"
say --home "$other" import "$work/drop.txt"
like 'nothing is dropped' "$code $said" '^1 .*drop.txt: line 2: expected CREATE DATABASE or CREATE RETENTION POLICY, found DROP DATABASE telegraf$'
gzip -k "$work/short.txt"
say --home "$other" import "$work/short.txt.gz"
like 'gzip is told' "$code $said" '^1 .*is gzipped: zcat FILE \| weir import -'
is 'by a pipe it goes' "$(zcat "$work/short.txt.gz" | "$weir" --home "$other" import -)" 'standard input: 3 points stored'
say --home "$other" import --rp x "$work/short.txt"
is 'a policy needs a database' "$code" 2
awk 'BEGIN { print "# DML\n# CONTEXT-DATABASE:big"; for (i = 0; i < 200000; i++) { if (i % 5000 == 0) print "# a comment"; if (i == 150000) print "# CONTEXT-DATABASE:big2"; printf "m,k=%d s=\"%s\" %d\n", i % 100, i % 3 ? "x" : "y\n# z", i } }' >"$work/big.txt"
say --home "$other" import "$work/big.txt"
is 'a long file' "$code $said" "0 $work/big.txt: 200000 points stored"
say --home "$other" query --db big2 --csv 'SELECT count(s) FROM m'
like 'in two places' "$said" ',50000$'
"$weir" --home "$other" export --output "$work/cut.txt" >/dev/null &
for i in {1..100}; do ls "$work"/cut.txt* >/dev/null 2>&1 && break; sleep 0.01; done
kill $! 2>/dev/null
wait $!
is 'an export that is ended leaves nothing half-done' "$(ls "$work" | grep -c '^cut.*part')" 0

# ---- the shell of InfluxDB 1.x imports it, over HTTP

stop_server
rm -rf "$home"
start_server --set influxql_management=yes
port=${url##*:}
grep -v '^# [al]' "$work/again.txt" | sed '/two$/,/^m v=666/d' >"$work/plain.txt"
influx -host 127.0.0.1 -port "$port" -username any -password "$token" -import -path "$work/plain.txt" -precision ns >"$work/told" 2>&1
is 'influx -import takes it' "$?" 0
"$weir" --home "$home" export | diff - <(grep -v '^# BUCKET:' "$work/plain.txt") >"$work/told2" && ok 'and makes the same store' ||
	not_ok 'and makes the same store' "$(cat "$work/told2" "$work/told")"
