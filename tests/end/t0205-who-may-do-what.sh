#!/usr/bin/env bash
# Every endpoint and kind of statement, asked with every kind of credential: status and body of each.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server --set influxql_management=yes --set influxql_users=yes

# What there is: buckets d and e with a point each, tokens and users for some of it.
request "$url/write?db=d&precision=s" -H "Authorization: Token $token" --data-binary 'm,t=x v=1 1'
request "$url/write?db=e&precision=s" -H "Authorization: Token $token" --data-binary 'm,t=x v=2 1'
new() { "$weir" --home "$home" token create "$@"; }
user() { local name=$1; shift; echo "password of $name" | "$weir" --home "$home" user create "$name" "$@"; }
reader=$(new --read d) writer=$(new --write d) other=$(new --read e --write e)
expired=$(new --all-access --expires 1ms) inactive=$(new --all-access --description inactive)
id=$("$weir" --home "$home" token list | sed -n 's/^\([0-9a-f]*\) .* inactive$/\1/p')
check 'a token is deactivated' "$weir" --home "$home" token deactivate "$id"
check 'users are made' eval 'user u-read --read d && user u-write --write d && user u-all --all-access'

basic() { printf 'Basic %s' "$(printf %s "$1" | base64 -w 0)"; }
names=(none unknown malformed expired inactive read write other all u-read u-write u-all u-wrong nobody)
credentials=(
	'' 'Token nobody-knows-this-one' 'Basic !' "Token $expired" "Token $inactive" "Token $reader"
	"Token $writer" "Token $other" "Token $token" "$(basic 'u-read:password of u-read')"
	"$(basic 'u-write:password of u-write')" "$(basic 'u-all:password of u-all')"
	"$(basic 'u-all:password of u-read')" "$(basic 'no-user:password of u-all')"
)

# expect LETTER: sets want_status and want (a body), or want_like, for the present row
expect() {
	local by=v1_error statement_in="not authorized to execute statement '$statement', requires"
	[[ $path == /api/* ]] && by=v2_error
	want_like=
	case $1 in
	+) want_status=${good%% *} want= want_like=${good#* } ;;
	U) want_status=401 want=$($by unauthorized 'unauthorized access') ;;
	I) want_status=403 want=$($by forbidden 'the token is inactive') ;;
	W) want_status=403 want=$($by forbidden 'insufficient permissions for write') ;;
	D) want_status=403 want=$($by forbidden "error authorizing query: $statement_in READ on d") ;;
	E) want_status=403 want=$($by forbidden "error authorizing query: $statement_in READ on e") ;;
	X) want_status=403 want=$($by forbidden "error authorizing query: $statement_in WRITE on d") ;;
	n) want_status=200 want='{"results":[{"statement_id":0,"error":"not implemented: '$kind'"}]}' ;;
	q) want_status=200 want='{"results":[{"statement_id":0,"error":"database not found: e"}]}' ;;
	[0-3]) # databases: none, d, e, all
		local lists=('' '["d"]' '["e"]' '["d"],["e"],["nope"]')
		want_status=200 want='{"results":[{"statement_id":0,"series":[{"name":"databases","columns":["name"]'
		[ "$1" = 0 ] || want+=',"values":['${lists[$1]}']'
		want+='}]}]}' ;;
	esac
}

# ask CREDENTIAL: the request of the present row
ask() {
	local header=()
	[ -z "$1" ] || header=(-H "Authorization: $1")
	case $path in
	*/write*) request "$url$path" "${header[@]}" --data-binary "$statement" ;;
	/query | '/') request "$url$path" "${header[@]}" -d db=d -d epoch=s --data-urlencode "q=$statement" ;;
	*) request "$url$path" "${header[@]}" ;;
	esac
}

# The columns of letters are those of `names`; + is the good answer, a status and a pattern.
while IFS='|' read -r path statement kind letters good; do
	path=${path%% } statement=${statement%% } letters=${letters// /} said=
	for ((i = 0; i < ${#names[@]}; i++)); do
		ask "${credentials[i]}"
		expect "${letters:i:1}"
		if [ "$status" != "$want_status" ] || { [ -z "$want_like" ] && [ "$body" != "$want" ]; } ||
			! [[ $body =~ $want_like ]]; then
			said+="${names[i]}: got $status $body"$'\n'"   want $want_status $want$want_like"$'\n'
		fi
	done
	name="$path ${statement:0:80}"
	if [ -z "$said" ]; then ok "$name"; else not_ok "$name" "$said"; fi
done <<'END'
/ping|||++++ +++ ++ +++ ++|204 ^$
/health|||++++ +++ ++ +++ ++|200 "status":"pass"
/write?db=d&precision=s|m,t=x v=1 1||UUUU I W+W + W++ UU|204 ^$
/write?db=nope&precision=s|m,t=x v=1 1||UUUU I WWW + WW+ UU|204 ^$
/api/v2/write?bucket=d/autogen&precision=s|m,t=x v=1 1||UUUU I W+W + W++ UU|204 ^$
/api/v2/write?bucket=none|m v=1 1||UUUU I WWW + WW+ UU|404 ^\{"code":"not found","message":"bucket \\"none\\" not found"\}$
/api/v2/query|||UUUU I +++ + +++ UU|501 ^\{"code":"not implemented","message":"/api/v2/query is not supported; send InfluxQL to /query"\}$
/query|SELECT v FROM m||UUUU I +DD + +D+ UU|200 "values":\[\[1,1\]\]
/|SELECT v FROM m||UUUU I +DD + +D+ UU|200 "values":\[\[1,1\]\]
/query|SELECT v FROM e..m||UUUU I EE+ + EE+ UU|200 "values":\[\[1,2\]\]
/query|SELECT v FROM e.autogen.m||UUUU I EE+ + EE+ UU|200 "values":\[\[1,2\]\]
/query|SELECT v FROM m, e..m||UUUU I EDD + ED+ UU|200 "values":\[\[1,1\],\[1,2\]\]
/query|SELECT v FROM (SELECT v FROM e..m)||UUUU I EE+ + EE+ UU|200 "values":\[\[1,2\]\]
/query|SELECT v FROM (SELECT v FROM (SELECT v FROM e.autogen./m/), m)||UUUU I EED + EE+ UU|200 "values":\[\[1,2\],\[1,1\]\]
/query|SELECT mean(v) FROM (SELECT max(v) AS v FROM e../.*/ GROUP BY t)||UUUU I EE+ + EE+ UU|200 "values":\[\[0,2\]\]
/query|SHOW MEASUREMENTS||UUUU I +DD + +D+ UU|200 \[\["m"\]\]
/query|SHOW MEASUREMENTS ON e||UUUU I EE+ + EE+ UU|200 \[\["m"\]\]
/query|SHOW SERIES ON e||UUUU I EE+ + EE+ UU|200 "m,t=x"
/query|SHOW SERIES FROM e..m||UUUU I EE+ + EE+ UU|200 "m,t=x"
/query|SHOW TAG KEYS ON e||UUUU I EE+ + EE+ UU|200 "t"
/query|SHOW TAG VALUES ON e WITH KEY = t||UUUU I EE+ + EE+ UU|200 "x"
/query|SHOW FIELD KEYS ON e||UUUU I EE+ + EE+ UU|200 "float"
/query|SHOW SERIES EXACT CARDINALITY ON e||UUUU I EE+ + EE+ UU|200 \[1\]
/query|SHOW DATABASES||UUUU I 102 3 103 UU|
/query|SHOW RETENTION POLICIES ON e||UUUU I qq+ + qq+ UU|200 "autogen"
/query|DELETE FROM m WHERE time < 0||UUUU I X+X + X++ UU|200 "statement_id":0\}
/query|DROP MEASUREMENT gone||UUUU I X+X + X++ UU|200 "statement_id":0\}
/query|DROP SERIES FROM gone|DROP SERIES|UUUU I nnn + nn+ UU|200 "statement_id":0\}
/query|CREATE DATABASE d|CREATE DATABASE|UUUU I nnn + nn+ UU|200 "statement_id":0\}
/query|DROP DATABASE gone|DROP DATABASE|UUUU I nnn + nn+ UU|200 "statement_id":0\}
/query|ALTER RETENTION POLICY autogen ON e DEFAULT|ALTER RETENTION POLICY|UUUU I nnn + nn+ UU|200 "statement_id":0\}
/query|SELECT v INTO e..copy FROM m|SELECT INTO|UUUU I nDD + nD+ UU|200 "written"
/query|SELECT v INTO copy FROM e..m|SELECT INTO|UUUU I EEn + EE+ UU|200 "written"
/query|EXPLAIN SELECT v FROM e..m|EXPLAIN|UUUU I EEn + EE+ UU|200 "QUERY PLAN"
/query|EXPLAIN ANALYZE SELECT v FROM (SELECT v FROM e..m)|EXPLAIN|UUUU I EEn + EE+ UU|200 "EXPLAIN ANALYZE"
/query|SHOW USERS|SHOW USERS|UUUU I nnn + nn+ UU|200 \[\["u-all",true\],\["u-read",false\],\["u-write",false\]\]
/query|SHOW GRANTS FOR "u-read"|SHOW GRANTS|UUUU I nnn + nn+ UU|200 \[\["d","READ"\]\]
/query|SET PASSWORD FOR "u-read" = 'password of u-read'|SET PASSWORD|UUUU I nnn + nn+ UU|200 "statement_id":0\}
/query|GRANT READ ON d TO "u-read"|GRANT|UUUU I nnn + nn+ UU|200 "statement_id":0\}
/query|REVOKE WRITE ON d FROM "u-read"|REVOKE|UUUU I nnn + nn+ UU|200 "statement_id":0\}
/query|SHOW SHARDS|SHOW SHARDS|UUUU I nnn n nnn UU|
END

answers 'no credential helps a path that is none' 404 "$(v2_error 'not found' 'path not found')" -- "$url/nope" -H "Authorization: Token $token"
answers 'nor another method' 405 "$(v1_error 'method not allowed' 'allow: POST')" -- "$url/write" -H "Authorization: Token $token"
request "$url/query?db=d" -H "Authorization: Token $reader" --data-urlencode 'q=SELECT v FROM m; SELECT v FROM e..m'
gives 'one statement that is not allowed refuses all' 403 "$(v1_error forbidden "error authorizing query: not authorized to execute statement 'SELECT v FROM e..m', requires READ on e")"
request "$url/query" -H "Authorization: Token $reader" -d db=d --data-urlencode 'q=SELECT v FROM "e".."m"' --data-urlencode 'params={"d":{"identifier":"e"}}'
gives_like 'nor do bound names reach around' 403 'requires READ on e'
request "$url/query" -H "Authorization: Token $reader" -d db=d -d rp=autogen --data-urlencode 'q=SELECT v FROM $m' --data-urlencode 'params={"m":{"identifier":"e..m"}}'
gives 'a bound identifier is one name' 200 "$(result)"
