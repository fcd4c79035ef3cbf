#!/usr/bin/env bash
# Bodies that mean harm: gzip that grows or never ends, names without end, NULs, what is no UTF-8.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server
post() { request "$url/write?db=d&p=$token&precision=s" "$@"; }
bytes() { head -c "$1" /dev/zero | tr '\0' "$2"; }
# largest: the most memory that a program of this server has had, in MB
largest() { for pid in $(program_pids); do sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status"; done 2>/dev/null | sort -n | tail -n 1 | awk '{ print int($1 / 1024) }'; }
too_large=$(v1_error 'request too large' 'cannot read data: points in batch is too large')
post -d 'm v=1 1'; gives 'a point, to begin with' 204 ''

# ---- gzip
{ bytes 2000000000 '\n' | gzip -1; } >"$work/bomb"
post -H 'Content-Encoding: gzip' --data-binary "@$work/bomb"; gives 'a bomb of 2 GB in 9 MB' 413 "$too_large"
post -H 'Content-Encoding: gzip' -H 'Transfer-Encoding: chunked' --data-binary "@$work/bomb"; gives 'in pieces' 413 "$too_large"
bytes 100000000 '#' | gzip >"$work/one"
cat "$work/one" "$work/one" "$work/one" >"$work/bomb"
post -H 'Content-Encoding: gzip' --data-binary "@$work/bomb"; gives 'members that are too much together' 413 "$too_large"
printf '' | gzip >"$work/empty"
for i in $(seq 17); do cat "$work/empty" "$work/empty" >"$work/b"; mv "$work/b" "$work/empty"; done
post -H 'Content-Encoding: gzip' --data-binary "@$work/empty"; gives '131072 members of nothing' 204 ''
gzip <"$work/one" >"$work/twice"
post -H 'Content-Encoding: gzip' --data-binary "@$work/twice"; like 'gzip of gzip is opened once' "$status" '^(204|400)$'
/usr/bin/python3 -c 'import sys; sys.stdout.buffer.write(b"\x1f\x8b\x08\x18" + bytes(6) + b"n" * 40000000)' >"$work/b"
post -H 'Content-Encoding: gzip' --data-binary "@$work/b"; gives_like 'a file name without end in the header' 400 'error decoding gzip stream'
request "$url/query?p=$token&db=d" -H 'Content-Encoding: gzip' -H 'Content-Type: application/x-www-form-urlencoded' --data-binary "@$work/one"
like 'a bomb as a form' "$status" '^413$'
[ "$mode" = cgi ] || like 'and no program has grown beyond 400 MB' "$(largest)" '^([0-9]{1,2}|[123][0-9]{2})$'

# ---- line protocol
post --data-binary "$(bytes 65000 n) v=1 1"; gives 'a measurement of 65000 bytes' 204 ''
post --data-binary "m,$(bytes 65000 k)=v v=1 1"; gives 'a tag key of 65000' 204 ''
bytes 70000 n >"$work/long"
for line in '@ v=1 1' 'm,@=v v=1 1' 'm,t=@ v=1 1' 'm @=1 1'; do
	sed "s/@/$(cat "$work/long")/" <<<"$line" >"$work/b"
	post --data-binary "@$work/b"; gives_like "70000 bytes in $line" 400 'max key length exceeded: 70[0-9]+ > 65535|is too long'
	like '  the answer is short' "${#body}" '^[0-9]{1,3}$'
done
{ printf 'm s="'; bytes 1048577 s; printf '" 1\n'; } >"$work/b"
post --data-binary "@$work/b"; gives_like 'a string of more than 1 MiB' 400 'is too long, 1048577 > 1048576'
{ printf 'm v=1'; bytes 40000000 1; printf ' 1\n'; } >"$work/b"
post --data-binary "@$work/b"; gives_like 'a number of 40 MB' 400 'unable to parse|invalid'
{ printf 'm'; for i in $(seq 5000); do printf ',k%d=v' "$i"; done; printf ' v=1 1\n'; } >"$work/b"
post --data-binary "@$work/b"; gives_like 'five thousand tags' 400 'limit is 1000|max key length'
{ printf 'w '; for i in $(seq 20000); do printf 'f%d=1,' "$i"; done; printf 'z=1 1\n'; } >"$work/b"
post --data-binary "@$work/b"; gives_like 'twenty thousand fields' 400 'limit is 1000'
bytes 1000000 , >"$work/b"; post --data-binary "@$work/b"; gives_like 'a million commas' 400 'unable to parse'
yes x | head -n 1000000 >"$work/b"; post --data-binary "@$work/b"; gives_like 'a million bad lines' 400 'error parsing line 100 \(1-based\)'
like '  a hundred of them are named' "$(grep -o 'error parsing line' <<<"${body%%\",\"error*}" | wc -l)" '^100$'
printf 'm\0x v=1 1\n' >"$work/b"; post --data-binary "@$work/b"; gives_like 'NUL in a name' 400 'unable to parse'
printf 'm,t=a\0b v=1 1\n' >"$work/b"; post --data-binary "@$work/b"; gives_like 'NUL in a tag' 400 'unable to parse'
printf 'm\xff v=1 1\n' >"$work/b"; post --data-binary "@$work/b"; gives_like 'no UTF-8' 400 'UTF-8|utf-?8'
printf 'm,t=\xed\xa0\x80 v=1 1\n' >"$work/b"; post --data-binary "@$work/b"; gives_like 'half of a surrogate pair' 400 'UTF-8|utf-?8'
printf 'm s="\xc0\xaf" 1\n' >"$work/b"; post --data-binary "@$work/b"; gives_like 'an overlong slash' 400 'UTF-8|utf-?8'
bytes 30000000 '"' >"$work/b"; { printf 'm s='; cat "$work/b"; } >"$work/c"; post --data-binary "@$work/c"; gives_like 'thirty million quotes' 400 'unable to parse'
bytes 30000000 '\\' >"$work/b"; { printf 'm,t='; cat "$work/b"; } >"$work/c"; post --data-binary "@$work/c"; gives_like 'thirty million backslashes' 400 'unable to parse|max key length'

# ---- forms
form() { request "$url/query?db=d&p=$token" "$@"; }
{ printf 'q=SHOW+DATABASES'; yes '&a=b' | head -n 900000 | tr -d '\n'; } >"$work/b"
form --data-binary "@$work/b"; gives_like 'nine hundred thousand parameters' 200 '"d"'
part='--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
{ printf -- "$part" q 'SHOW DATABASES'; for i in $(seq 20000); do printf -- "$part" "a$i" 1; done; printf -- '--x--\r\n'; } >"$work/b"
form -H 'Content-Type: multipart/form-data; boundary=x' --data-binary "@$work/b"; gives_like 'twenty thousand parts' 200 '"d"'
{ printf -- '--x\r\nContent-Disposition: form-data'; yes '; a="b"' | head -n 500000 | tr -d '\n'; printf '; name="q"\r\n\r\nSHOW DATABASES\r\n--x--\r\n'; } >"$work/c"
form -H 'Content-Type: multipart/form-data; boundary=x' --data-binary "@$work/c"; gives_like 'half a million attributes of a part' 200 '"d"'
{ printf -- '--x\r\nContent-Disposition: form-data'; bytes 3900000 ';'; printf '; name="q"\r\n\r\nSHOW DATABASES\r\n--x--\r\n'; } >"$work/d"
form -m 40 -H 'Content-Type: multipart/form-data; boundary=x' --data-binary "@$work/d"; gives_like '  and four million empty ones' 200 '"d"'
form -H "Content-Type: multipart/form-data; $(yes 'a="b"; ' | head -n 900 | tr -d '\n')boundary=x" --data-binary "@$work/c"; gives_like '  and nine hundred of the body' 200 '"d"'
[ "$mode" = cgi ] || like '  and no program has grown beyond 400 MB' "$(largest)" '^([0-9]{1,2}|[123][0-9]{2})$'
form -H "Content-Type: multipart/form-data; boundary=$(bytes 3000 x)" --data-binary "@$work/b"; like 'a boundary of 3000 bytes' "$status" '^400$'
form -H 'Content-Type: multipart/form-data; boundary=' --data-binary "@$work/b"; like 'none' "$status" '^400$'
bytes 4000000 - >"$work/b"; form -H 'Content-Type: multipart/form-data; boundary=--' --data-binary "@$work/b"; like 'four million dashes' "$status" '^400$'
{ printf 'q='; bytes 3900000 %; } >"$work/b"; form --data-binary "@$work/b"; gives_like 'four million percent signs' 413 'query text is longer than'
bytes 5000000 q >"$work/b"; form --data-binary "@$work/b"; like 'a form that is too large' "$status" '^413$'
request "$url/query?db=d&p=$token&q=SHOW%20DATABASES%00;%20DROP"; like 'NUL in the URL' "$status" '^400$'
request "$url/write?db=d%00e&p=$token" -d 'm v=1 1'; gives_like 'NUL in the name of a database' 400 'contains invalid character, character number 1'
cgi "$write_program" POST /write "db=%ff%fe&p=$token" <<<'m v=1 1'; gives_like 'no UTF-8 in it' 400 'contains invalid character, character number 0'
is '  the answer is UTF-8' "$(iconv -f UTF-8 -t UTF-8 "$work/body" >/dev/null 2>&1; echo $?)" 0
request "$url/write?db=$(bytes 60000 d)&p=$token" -d 'm v=1 1'; like 'a name of 60000 bytes' "$status" '^(400|414|431)$'

post -d 'last v=2 2'; gives 'afterwards all is as before' 204 ''
query 'SELECT v FROM last' -d epoch=s; gives '  as the next question shows' 200 "$(result '{"name":"last","columns":["time","v"],"values":[[2,2]]}')"
check '  by programs that did not die' eval '! grep -qiE "signal|assert|died|segfault|sanitizer" "$home/web/error.log"'
