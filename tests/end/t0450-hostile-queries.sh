#!/usr/bin/env bash
# Queries that mean harm: each is answered soon, with an error or a result, and the next one too.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server --set query_timeout=5s
auth=(-H "Authorization: Token $token")
shopt -s lastpipe		# what `ask` counts at the end of a pipe counts
repeat() { yes -- "$2" | head -n "$1" | tr -d '\n'; }
refused() { printf '{"results":[{"statement_id":0,"error":"%s"}]}' "$1"; }
# ask NAME STATUS PATTERN, the text from stdin: as a form, and within half a minute
ask() {
	local began=$SECONDS
	request "$url/query?db=d&epoch=s" "${auth[@]}" --data-urlencode q@- "${@:4}"
	gives_like "$1" "$2" "$3"
	[ $((SECONDS - began)) -le 30 ] || not_ok "  $1 in time" "it took $((SECONDS - began)) s"
}
write $'m,h=a v=1 1\nm,h=b v=2 2'
{ printf 'long,h='; repeat 60000 a; printf '! v=1 1\n'; } >"$work/b"
write '' --data-binary "@$work/b"; gives 'a tag value of 60000 letters' 204 ''

# ---- depth and length
nest() { repeat "$1" 'SELECT v FROM ('; printf 'SELECT v FROM m'; repeat "$1" ')'; }
nest 64 | ask 'subqueries 64 deep' 200 '\[\[1,1\],\[2,2\]\]'
nest 30000 | ask 'thirty thousand deep' 400 'nested deeper than [0-9]+ levels'
{ printf 'SELECT '; repeat 100000 '('; printf 'v'; repeat 100000 ')'; printf ' FROM m'; } | ask 'a hundred thousand parentheses' 400 'nested deeper than'
{ printf 'SELECT '; repeat 100000 'abs('; printf 'v'; repeat 100000 ')'; printf ' FROM m'; } | ask 'a hundred thousand calls' 400 'nested deeper than'
{ printf 'SELECT '; repeat 100000 '-'; printf 'v FROM m'; } | ask 'a hundred thousand signs' 400 'error parsing query'
{ printf 'SELECT v'; repeat 100000 '+v'; printf ' FROM m'; } | ask 'a hundred thousand sums' '[24]00' 'nested deeper than|"error"'
{ printf 'SELECT v FROM m WHERE v = 0'; repeat 100000 ' OR v = 1'; } | ask 'a hundred thousand times OR' 200 '\[\[1,1\]\]'
{ printf 'SELECT v FROM m WHERE h = '"'x'"; repeat 50000 " OR h = 'a'"; } | ask 'the same of a tag' 200 '\[\[1,1\]\]'
{ printf 'SELECT v'; repeat 50000 ',v'; printf ' FROM m'; } | ask 'fifty thousand columns' 200 'columns|"error"'
{ printf 'SELECT v FROM m'; repeat 20000 ',m'; } | ask 'twenty thousand sources' 200 '"values"|"error":"max-|"error":"query-timeout'
{ printf 'SELECT v FROM m'; for ((i = 0; i < 20000; i++)); do printf ',n%d..m' $i; done; } | ask 'twenty thousand databases that are none' 200 '"error":"(database not found|query-timeout)|"error":"max-'
{ printf '{"z":1'; for ((i = 0; i < 60000; i++)); do printf ',"p%d":1' $i; done; printf '}'; } >"$work/params"
{ printf 'SELECT v FROM m WHERE v = 1'; repeat 60000 ' OR v = $p59999'; } | ask 'sixty thousand parameters, and as many uses' 200 '\[\[1,1\]\]' --data-urlencode "params@$work/params"
{ printf 'SELECT count(v) FROM m GROUP BY h'; repeat 100000 ',h'; } | ask 'a hundred thousand dimensions' 200 '"h":"a"'
repeat 100000 ';' | ask 'a hundred thousand semicolons' 400 'missing required parameter'
repeat 20000 'SHOW DATABASES;' | ask 'twenty thousand statements' 200 '"statement_id":19999'
repeat 500000 '/*' | ask 'half a million times the beginning of a comment' 400 'error parsing query|missing required'
repeat 2000000 x | ask 'a word of two million letters' 413 'query text is longer than|found x+\.\.\.'
{ printf 'SELECT "'; repeat 60000 f; printf '" FROM "'; repeat 60000 m; printf '"'; } | ask 'names of 60000 bytes' 200 '^\{"results":\[\{"statement_id":0\}\]\}$'

# ---- numbers
for n in 9223372036854775807 9223372036854775808 18446744073709551616 99999999999999999999999999; do
	echo "SELECT v FROM m LIMIT $n" | ask "LIMIT $n" '[24]00' '\[\[1,1\],\[2,2\]\]|value out of range'
	echo "SELECT v FROM m LIMIT 1 OFFSET $n" | ask "OFFSET $n" '[24]00' '"statement_id":0\}|value out of range'
	echo "SELECT v FROM m GROUP BY * SLIMIT $n SOFFSET $n" | ask "SLIMIT, SOFFSET $n" '[24]00' '"statement_id":0\}|value out of range'
	echo "SELECT v FROM m WHERE time > $n" | ask "time > $n" '[24]00' '"statement_id":0\}|"error"'
	echo "SELECT v + $n FROM m WHERE v < $n AND v > -$n" | ask "v + $n" '[24]00' '"values"|error'
	echo "SELECT moving_average(v, $n), sample(v, $n) FROM m" | ask "moving_average(v, $n)" '[24]00' 'error|"statement_id":0\}|"values"'
	echo "SELECT count(v) FROM m WHERE time < ${n}w GROUP BY time(${n}ns)" | ask "time(${n}ns)" '[24]00' 'error|"count"'
	echo 'SELECT v FROM m' | ask "chunk_size $n" 200 '\[\[1,1\],\[2,2\]\]' -d chunked=true -d "chunk_size=$n"
	echo 'SELECT v FROM m WHERE v < $n' | ask "params: $n" '[24]00' '"values"|error' -d "params={\"n\":$n}"
done
echo 'SELECT v FROM m LIMIT 9223372036854775808' | ask 'LIMIT of 2^63 is that of 2^63 - 1, as in InfluxDB' 200 '\[\[1,1\],\[2,2\]\]'
echo 'SELECT -9223372036854775808 / -1, v % 0, v / 0 FROM m' | ask 'the least number by -1' '[24]00' '"values"|"error"'
for f in 'top(v, 9223372036854775807)' 'bottom(v, h, 9223372036854775807)' 'sample(v, 9223372036854775807)' 'percentile(v, 1e308)' \
	'holt_winters(mean(v), 9223372036854775807, 9223372036854775807)' 'integral(v, 9223372036854775807ns)' 'derivative(v, 1ns)' \
	'exponential_moving_average(v, 9223372036854775807)' 'holt_winters(mean(v), 100000000, 2)' 'elapsed(v, 9223372036854775807ns)'; do
	echo "SELECT $f FROM m WHERE time < 1h GROUP BY time(1m)" | ask "$f" '[24]00' '"statement_id":0\}|"values"|error'
done

# ---- windows and groups
echo 'SELECT count(v) FROM m WHERE time >= 0 AND time < 1000000s GROUP BY time(1s)' | ask 'a million windows' 200 '\[999999,0\]'
echo 'SELECT count(v) FROM m WHERE time >= 0 AND time < 1000001s GROUP BY time(1s)' | ask 'and one more' 200 'max-select-buckets limit exceeded: \(1000001/1000000\)'
echo 'SELECT count(v) FROM m WHERE time < 9000000000s GROUP BY time(1ns) fill(linear)' | ask 'windows of a nanosecond' 200 'max-select-buckets limit exceeded'
echo 'SELECT sum(c) FROM (SELECT count(v) AS c FROM m WHERE time >= 0 AND time < 900000s GROUP BY time(1s), h) GROUP BY time(1s)' | ask 'windows in windows' 200 '\[1,1\]|"error"'
awk 'BEGIN { for (i = 0; i < 50000; i++) printf "g,a=a%d,b=b%d v=%d %d\n", i, i % 100, i, i }' >"$work/b"
write '' --data-binary "@$work/b"; gives 'fifty thousand series' 204 ''
echo 'SELECT v FROM g GROUP BY *' | ask 'as many groups' 200 '"a":"a9999"'
began=$SECONDS	# rows without end go past: what ends them is the time
status=$(curl -s -m 60 -o /dev/null -w '%{http_code}' -G "$url/query?db=d" "${auth[@]}" --data-urlencode 'q=SELECT count(v) FROM g WHERE time >= 0 AND time < 50000s GROUP BY time(1s), * fill(0)')
like 'with fifty thousand windows each, for five seconds' "$status $((SECONDS - began))" '^200 ([4-9]|[12][0-9])$'
echo "SELECT v FROM g, g, g, g, g, g, g, g WHERE a =~ /.*/ AND b =~ /.*/ AND a !~ /x/" | ask 'eight times all of them' 200 '"values"|"error"'
echo 'SHOW TAG VALUES WITH KEY =~ /.*/ WHERE a =~ /./ OR b =~ /./ LIMIT 5' | ask 'SHOW TAG VALUES of all' 200 '"a0"'

# ---- regular expressions
for r in '(a+)+$' '(a|a)*$' '(a|aa)+$' '(.*a){25}$' '(.*)*(.*)*(.*)*x' '((a*)*)*b' '(?:a?){50}a{50}b' '^(([a-z])+.)+[A-Z]([a-z])+$'; do
	echo "SELECT v FROM long WHERE h =~ /$r/" | ask "/$r/" 200 '"statement_id":0\}|"values"|regular expression takes too many steps|query-timeout'
	echo "SELECT v FROM long WHERE h !~ /$r/" | ask "  not" 200 '"statement_id":0\}|"values"|regular expression takes too many steps|query-timeout'
done
echo 'SELECT v FROM m WHERE h =~ /(((((a{1,1000}){1,1000}){1,1000}){1,1000}){1,1000})/' | ask 'a thousand times a thousand' '[24]00' 'error'
{ printf 'SELECT v FROM m WHERE h =~ /'; repeat 200000 '(a|'; printf 'b'; repeat 200000 ')'; printf '/'; } | ask 'two hundred thousand alternatives' '[24]00' 'error'
{ printf 'SELECT v FROM m WHERE h =~ /'; repeat 100000 '[a-z]?'; printf '/'; } | ask 'a hundred thousand classes' '[24]00' 'error|"values"'
{ printf 'SELECT /'; repeat 30000 '.*'; printf '/ FROM /'; repeat 30000 '.*'; printf '/ GROUP BY /'; repeat 30000 '.*'; printf '/'; } | ask 'thirty thousand times .*' '[24]00' 'error|"values"'

# ---- bytes
printf 'SELECT v FROM m\0; DROP MEASUREMENT m' | ask 'NUL' 400 'error parsing query|UTF-8'
printf 'SELECT "\xff" FROM m' | ask 'no UTF-8' 400 'not valid UTF-8'
printf 'SELECT v FROM "m\xf4\x90\x80\x80"' | ask 'beyond Unicode' 400 'not valid UTF-8'
printf 'SELECT v FROM "<script>alert(1)</script>" LIMIT x' | ask 'a script in an error' 400 'found x'
is '  which is JSON' "$(header Content-Type)" 'application/json'
printf 'SELECT "</script>\xe2\x80\xa8" FROM m; SELECT v FROM "\r\nSet-Cookie: a=b' | ask 'line ends' 400 'error parsing query'
is '  are no headers' "$(header Set-Cookie)" ''
for p in '{"n":' "$(repeat 100000 '[')" "$(repeat 20000 '{"n":')" '{"n":"\u0000"}' '{"n":{"regex":"(a+)+$"}}' '{"n":{"regex":"("}}' '{"n":{"duration":"99999999999999w"}}' '{"n":1e999}' '[]' 'null' '{"":1}' '{"n":{"n":{"n":1}}}'; do
	printf %s "$p" >"$work/p"
	echo 'SELECT v FROM m WHERE v = $n' | ask "params: ${p:0:40}" '[24]00' 'error|"statement_id":0' --data-urlencode "params@$work/p"
done

echo 'SELECT v FROM m' | ask 'afterwards all is as before' 200 '^\{"results":\[\{"statement_id":0,"series":\[\{"name":"m","columns":\["time","v"\],"values":\[\[1,1\],\[2,2\]\]\}\]\}\]\}$'
check '  by programs that did not die' eval '! grep -qiE "signal|assert|died|segfault|sanitizer" "$home/web/error.log"'
