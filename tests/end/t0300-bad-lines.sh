#!/usr/bin/env bash
# Lines that are refused: each with its number and reason, the good ones beside it stored.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server

n=0
# refuses REASON LINE: between two good lines; they are stored, it is named as line 2
refuses() {
	n=$((n + 1))
	request "$url/write?db=d&p=$token&precision=s" --data-binary "t$n v=1 1"$'\n'"$2"$'\n'"t$n v=2 2"
	gives_like "refused: $(tr '\n\t' '~~' <<<"$2" | cut -c 1-60)" 400 \
		'^\{"code":"invalid","message":"partial write has occurred, errors encountered on line\(s\):\\n  error parsing line 2 \(1-based\): .*'"$1"'.*","error":"partial write.*","line":2\}$'
	query "SELECT count(v) FROM t$n" -d epoch=s
	gives '  and the lines beside it stand' 200 "$(result '{"name":"t'$n'","columns":["time","count"],"values":[[0,2]]}')"
}
refuses 'unable to parse .bad.: missing fields' 'bad'
refuses 'invalid field format' 'm,t=a 1'
refuses 'missing measurement' ',t=a v=1'
refuses 'missing tag key' 'm,=a v=1'
refuses 'missing tag value' 'm,t v=1'
refuses 'missing tag value' 'm,t= v=1'
refuses 'duplicate tags' 'm,t=a,t=b v=1'
refuses 'missing field key' 'm =1'
refuses 'missing field value' 'm v='
refuses 'invalid' 'm v=+1'
refuses 'invalid number' 'm v=0x10'
refuses 'invalid' 'm v=1_000'
refuses 'invalid' 'm v=NaN'
refuses 'invalid' 'm v=Inf'
refuses 'invalid' 'm v=1e999'
refuses 'value out of range' 'm v=9223372036854775808i'
refuses 'value out of range' 'm v=18446744073709551616u'
refuses 'invalid' 'm v=-1u'
refuses 'invalid boolean' 'm v=tRUE'
refuses 'invalid' "m v='abc'"
refuses 'invalid' 'm v=abc'
refuses 'bad timestamp' 'm v=1 1x'
refuses 'bad timestamp' 'm v=1 1.5'
refuses 'bad timestamp' 'm v=1 +5'
refuses 'point is invalid' 'm v=1 1 2'
refuses '' $'m v=1\t2'
refuses '' $'m\tx v=1'
refuses 'time' 'm,time=a v=1'
refuses 'time' 'm time=1'
refuses '_field' 'm,_field=a v=1'
refuses '_measurement' 'm,_measurement=a v=1'
refuses '' $'m v=1,s="\xff"'
refuses 'max key length exceeded: [0-9]* > 65535' "m,t=$(printf 'x%.0s' {1..65600}) v=1"

write 'types f=1,i=1i,b=true,s="x" 1'
for line in 'types f=1i' 'types i=1' 'types b=1' 'types s=true' 'types i=1u'; do
	write "$line 2"
	gives_like "type conflict: $line" 400 'no data written, errors encountered on line\(s\):.*field type conflict: input field \\"[a-z]\\" on measurement \\"types\\" is type [a-z]+, already exists as type [a-z]+'
done
write 'types,f=tag v=1 2'
gives_like 'a field is no tag' 400 '"line":1'
write 'kinds,t=a v=1 1'
gives 'a tag' 204 ''
write 'kinds t=1 2'
gives_like 'is no field' 400 '"line":1'
write $'both,x=1 y=1 1\nboth,y=1 x=1 2'
gives_like 'a clash within one body refuses the later line' 400 '"line":2'

write $'# comment\n\nok v=1 1\n  # another\nbad\nok v=2 2\nworse,\n'
gives_like 'every line counts, comments and blank ones too' 400 'error parsing line 5 \(1-based\): .*\\n  error parsing line 7 \(1-based\): .*"line":5\}$'
write "$(printf 'bad%d\n' {1..250})"
gives_like 'nothing stored has its own opening' 400 '^\{"code":"invalid","message":"no data written, errors encountered on line\(s\):'
is 'a hundred reasons are enough' "$(grep -o 'error parsing line' <<<"${body%\"error\"*}" | wc -l)" 100
write "$(printf 'q%.0s' {1..300})"
like 'of a bad line 64 bytes are quoted' "$(grep -o 'q\{1,\}' <<<"$body" | head -n 1 | wc -c)" '^6[0-5]$'
request "$url/api/v2/write?bucket=d/autogen&precision=s" -H "Authorization: Token $token" --data-binary $'v2 v=1 1\nbad'
gives 'on v2 without the third key' 400 '{"code":"invalid","message":"partial write has occurred, errors encountered on line(s):\n  error parsing line 2 (1-based): unable to parse '"'bad'"': missing fields","line":2}'

write 'dbl v=1,v=2 1'
gives 'the same field twice is no error' 204 ''
query 'SELECT v FROM dbl' -d epoch=s
gives 'the last one counts' 200 "$(result '{"name":"dbl","columns":["time","v"],"values":[[1,2]]}')"
