#!/usr/bin/env bash
# precision given, and told by the magnitude of the time when it is not.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server

n=0
# lands NAME PARAMETER TIME NS: a point written so is at NS
lands() {
	n=$((n + 1))
	request "$url/write?db=d&p=$token${2:+&$2}" --data-binary "p$n v=1 $3"
	[ "$status" = 204 ] || { not_ok "$1" "write: $status $body"; return; }
	query "SELECT v FROM p$n" -d epoch=ns
	gives "$1" 200 "$(result '{"name":"p'$n'","columns":["time","v"],"values":[['"$4"',1]]}')"
}
lands 'ns' precision=ns 1641024000123456789 1641024000123456789
lands 'n' precision=n 1641024000123456789 1641024000123456789
lands 'us' precision=us 1641024000123456 1641024000123456000
lands 'ms' precision=ms 1641024000123 1641024000123000000
lands 's' precision=s 1641024000 1641024000000000000
lands 'm' precision=m 27350400 1641024000000000000
lands 'h' precision=h 455840 1641024000000000000
lands 'second in full' precision=second 1641024000 1641024000000000000
lands 'nanosecond in full' precision=nanosecond 5 5
lands 'empty means absent' precision= 1641024000 1641024000000000000
lands 'auto' precision=auto 1641024000123 1641024000123000000
lands 'by magnitude: seconds' '' 4999999999 4999999999000000000
lands 'by magnitude: milliseconds' '' 5000000000 5000000000000000
lands 'by magnitude: milliseconds, the last' '' 4999999999999 4999999999999000000
lands 'by magnitude: microseconds' '' 5000000000000 5000000000000000
lands 'by magnitude: microseconds, the last' '' 4999999999999999 4999999999999999000
lands 'by magnitude: nanoseconds' '' 5000000000000000 5000000000000000
lands 'by magnitude: before 1970' '' -1641024000 -1641024000000000000
lands 'a negative time' precision=s -5 -5000000000
lands 'the earliest' precision=ns -9223372036854775806 -9223372036854775806
lands 'the latest' precision=ns 9223372036854775806 9223372036854775806

request "$url/write?db=d&p=$token" --data-binary $'each v=1 1641024000\neach v=2 1641024001000\neach v=3 1641024002000000000'
gives 'each point is judged by itself' 204 ''
query 'SELECT v FROM each' -d epoch=s
gives 'in one body' 200 "$(result '{"name":"each","columns":["time","v"],"values":[[1641024000,1],[1641024001,2],[1641024002,3]]}')"

for p in x S seconds u %C2%B5; do
	request "$url/write?db=d&p=$token&precision=$p" --data-binary 'm v=1 1'
	gives_like "precision=$p is refused" 400 '^\{"code":"invalid","message":"failed to deserialize db/rp/precision in request: unknown variant `[^`]*`, expected one of `s`, `ms`, `us`, `ns`","error":'
done
for line in 'm v=1 9223372036854775807' 'm v=1 -9223372036854775808'; do
	request "$url/write?db=d&p=$token&precision=ns" --data-binary "$line"
	gives_like "out of range: $line" 400 'time outside range -9223372036854775806 - 9223372036854775806'
done
request "$url/write?db=d&p=$token&precision=h" --data-binary 'm v=1 9223372036854775806'
gives_like 'out of range after multiplication' 400 'time outside range'
request "$url/write?db=d&p=$token" --data-binary 'm v=1 99999999999999999999'
gives_like 'more than 64 bits' 400 'value out of range'

now=$(date +%s)
request "$url/write?db=d&p=$token&precision=s" --data-binary 'now v=1'
gives 'a point without a time' 204 ''
query 'SELECT v FROM now' -d epoch=ns
at=$(sed -n 's/.*"values":\[\[\([0-9]*\),1\]\].*/\1/p' <<<"$body")
check 'has that of the server' test "$((at / 1000000000 - now))" -ge 0 -a "$((at / 1000000000 - now))" -le 10
is 'cut to the precision' "${at: -9}" 000000000

stop_server
start_server --set precision_u_is_us=yes
lands 'u where the site takes it' precision=u 1641024000123456 1641024000123456000
