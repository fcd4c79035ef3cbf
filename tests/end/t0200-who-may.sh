#!/usr/bin/env bash
# Every way to show a token, which of two counts, and who may do what: 401 and 403.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server

w() { request "$url/write?db=d${1:+&$1}" --data-binary 'm v=1 1' "${@:2}"; }
v2() { request "$url/api/v2/write?bucket=b${1:+&$1}" --data-binary 'm v=1 1' "${@:2}"; }
q() { request -G "$url/query" -d db=d${1:+ -d "$1"} --data-urlencode 'q=SELECT v FROM m' "${@:2}"; }
b64() { printf %s "$1" | base64 -w 0; }
no=$(v1_error unauthorized 'unauthorized access')
no2=$(v2_error unauthorized 'unauthorized access')
check 'a bucket for v2' "$weir" --home "$home" bucket create b

while IFS='|' read -r name header; do
	w '' -H "Authorization: $header"; gives "/write, $name" 204 ''
	q '' -H "Authorization: $header"; gives_like "/query, $name" 200 '"series"'
done <<END
Token|Token $token
Token user:T|Token someone:$token
Bearer|Bearer $token
Basic|Basic $(b64 "someone:$token")
Basic without a user|Basic $(b64 ":$token")
Basic as it stands|Basic someone@example.org:$token
token in small letters|token $token
BEARER in capitals|BEARER $token
basic in small letters|basic $(b64 "x:$token")
two blanks after the scheme|Token  $token
END
for scheme in "Token $token" "Bearer $token" "token $token"; do
	v2 '' -H "Authorization: $scheme"; gives "/api/v2/write, ${scheme%% *}" 204 ''
done
w "p=$token"; gives 'p alone' 204 ''
w "u=someone&p=$token"; gives 'u and p' 204 ''
request "$url/query" --data-urlencode "p=$token" -d db=d --data-urlencode 'q=SELECT v FROM m'
gives_like 'p in the form of /query' 200 '"series"'

while IFS='|' read -r name header; do
	w '' -H "Authorization: $header"; gives "401 on /write, $name" 401 "$no"
	v2 '' -H "Authorization: $header"; gives "401 on /api/v2/write, $name" 401 "$no2"
	q '' -H "Authorization: $header"; gives "401 on /query, $name" 401 "$no"
done <<END
unknown token|Token nobody
unknown scheme|Digest $token
no scheme|$token
empty token|Token
Basic of nothing|Basic $(b64 :)
another case of the token|Token ${token^^}
a token cut short|Token ${token%?}
a token and more|Token ${token}x
END
w ''; gives '401 without a credential' 401 "$no"
is 'which asks for Basic' "$(header WWW-Authenticate)" 'Basic realm="weir"'
is 'and tells no more' "$(header X-Influxdb-Error)" ''
v2 ''; gives 'on v2 as well' 401 "$no2"
is 'which asks for Bearer' "$(header WWW-Authenticate)" 'Bearer realm="weir"'
w "p="; gives 'an empty p is none' 401 "$no"
w "p=" -H "Authorization: Token $token"; gives 'and lets the header count' 204 ''
w "p=nobody" -H "Authorization: Token $token"; gives 'p beats the header, with no way back' 401 "$no"
w "p=$token" -H "Authorization: Token nobody"; gives 'the other way round as well' 204 ''
v2 "p=$token"; gives 'p is no credential on v2' 401 "$no2"
request "$url/write?db=d" -H "Content-Type: application/x-www-form-urlencoded" -d "p=$token"
gives 'a body of /write is never looked at for it' 401 "$no"

reader=$("$weir" --home "$home" token create --read b)
writer=$("$weir" --home "$home" token create --write b)
request "$url/api/v2/write?bucket=b" -H "Authorization: Token $writer" --data-binary 'm v=1 1'
gives 'a write token writes its bucket' 204 ''
request "$url/api/v2/write?bucket=b" -H "Authorization: Token $reader" --data-binary 'm v=1 1'
gives 'a read token does not' 403 "$(v2_error forbidden 'insufficient permissions for write')"
request "$url/write?db=b&p=$reader" --data-binary 'm v=1 1'
gives 'nor on /write' 403 "$(v1_error forbidden 'insufficient permissions for write')"
request "$url/write?db=d&p=$writer" --data-binary 'm v=1 1'
gives 'nor a write token another bucket' 403 "$(v1_error forbidden 'insufficient permissions for write')"
request "$url/write?db=nope&p=$writer" --data-binary 'm v=1 1'
gives 'a name that does not exist looks the same to it' 403 "$(v1_error forbidden 'insufficient permissions for write')"
request -G "$url/query" -d db=b -d "p=$reader" -d epoch=s --data-urlencode 'q=SELECT v FROM m'
gives_like 'a read token reads its bucket' 200 '"series"'
request -G "$url/query" -d db=b -d "p=$writer" --data-urlencode 'q=SELECT v FROM m'
gives_like 'a write token does not' 403 '"code":"forbidden","message":"error authorizing query: not authorized to execute statement .SELECT v FROM m., requires READ on b"'
request -G "$url/query" -d db=d -d "p=$reader" --data-urlencode 'q=SELECT v FROM m'
gives_like 'nor a read token another bucket' 403 'requires READ on d'
request -G "$url/query" -d "p=$reader" --data-urlencode 'q=SHOW DATABASES'
gives 'SHOW DATABASES lists what may be read' 200 "$(result '{"name":"databases","columns":["name"],"values":[["b"]]}')"
request -G "$url/query" -d "p=$writer" --data-urlencode 'q=SHOW DATABASES'
gives_like 'which is nothing for a write token' 200 '^\{"results":\[\{"statement_id":0(,"series":\[\{"name":"databases","columns":\["name"\]\}\])?\}\]\}$'

check 'a token is deleted' "$weir" --home "$home" token delete \
	"$("$weir" --home "$home" token list --json | /usr/bin/python3 -c '
import json, sys
rows = json.load(sys.stdin)
rows = rows if isinstance(rows, list) else next(v for v in rows.values() if isinstance(v, list))
print(rows[-1]["id"])')"
request "$url/api/v2/write?bucket=b" -H "Authorization: Token $writer" --data-binary 'm v=1 1'
first=$status
request -G "$url/query" -d db=b -d "p=$reader" --data-urlencode 'q=SELECT v FROM m'
is 'and is refused from then on, by programs that knew it too' "$(printf '%s\n' "$first" "$status" | grep -c 401)" 1
