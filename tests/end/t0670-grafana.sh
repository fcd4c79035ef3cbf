#!/usr/bin/env bash
# Grafana's InfluxDB data source (query language InfluxQL) as far as weir can tell: a read-only token
# or user, GET with everything in the URL or POST with the text as a form, times in milliseconds,
# several panels' queries joined by ";", answers that are gzipped when asked for.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server
request "$url/write?db=telegraf&precision=s" -H "Authorization: Token $token" --data-binary \
"cpu,host=web01,cpu=cpu-total usage_user=10,usage_system=2 1600000000
cpu,host=web01,cpu=cpu-total usage_user=20,usage_system=4 1600000010
cpu,host=web02,cpu=cpu-total usage_user=30,usage_system=6 1600000000
events,severity=info title=\"deploy\",text=\"deploy 1.2\",tags=\"web,eu\" 1600000005"
is 'points of Telegraf are there' "$status" 204
request "$url/write?db=private" -H "Authorization: Token $token" -d 'm v=1'
reader=$("$weir" --home "$home" token create --read telegraf/autogen)
echo 'a long password' | "$weir" --home "$home" user create grafana --read telegraf >/dev/null
is 'a user for Grafana is made' $? 0

# ask TEXT CURL-ARGUMENT...: as the data source sends it; how is set by the loop below
ask() {
	local text=$1
	shift
	case $how in
	GET*) request -G "$url/query" "${who[@]}" -d db=telegraf -d epoch=ms --data-urlencode "q=$text" --compressed "$@" ;;
	*) request "$url/query?db=telegraf&epoch=ms" "${who[@]}" --data-urlencode "q=$text" --compressed "$@" ;;
	esac
}

range="time >= 1600000000000ms and time <= 1600000020000ms"
for how in 'GET, token' 'POST, token' 'GET, user' 'POST, user' 'GET, token as password'; do
	case $how in
	*password) who=(-u "any:$reader") ;;
	*token) who=(-H "Authorization: Token $reader") ;;
	*) who=(-u 'grafana:a long password') ;;
	esac
	ask 'SHOW MEASUREMENTS LIMIT 1'
	gives "$how: the source is tested" 200 "$(result '{"name":"measurements","columns":["name"],"values":[["cpu"]]}')"
	ask 'SHOW TAG KEYS FROM "cpu"'
	gives "$how: the editor asks for tags" 200 "$(result '{"name":"cpu","columns":["tagKey"],"values":[["cpu"],["host"]]}')"
	ask 'SHOW FIELD KEYS FROM "autogen"."cpu"'
	gives "$how: and for fields" 200 "$(result '{"name":"cpu","columns":["fieldKey","fieldType"],"values":[["usage_system","float"],["usage_user","float"]]}')"
	ask 'SHOW RETENTION POLICIES on "telegraf"'
	gives_like "$how: and for policies" 200 '"values":\[\["autogen","0s","168h0m0s",1,true\]\]'
	ask 'SHOW TAG VALUES FROM "cpu" WITH KEY = "host" WHERE "cpu" =~ /^(cpu\-total|cpu0)$/'
	gives "$how: a template variable" 200 "$(result '{"name":"cpu","columns":["key","value"],"values":[["host","web01"],["host","web02"]]}')"
	ask "SELECT mean(\"usage_user\") FROM \"cpu\" WHERE (\"host\" =~ /^(web01|web02)\$/) AND $range GROUP BY time(10s), \"host\"::tag fill(null)"
	gives "$how: a panel" 200 "$(result \
		'{"name":"cpu","tags":{"host":"web01"},"columns":["time","mean"],"values":[[1600000000000,10],[1600000010000,20],[1600000020000,null]]}' \
		'{"name":"cpu","tags":{"host":"web02"},"columns":["time","mean"],"values":[[1600000000000,30],[1600000010000,null],[1600000020000,null]]}')"
	ask "SELECT max(\"usage_user\") FROM \"cpu\" WHERE $range;SELECT mean(\"nothing\") FROM \"cpu\" WHERE $range;SELECT last(\"usage_system\") AS \"sys\" FROM \"cpu\" WHERE $range GROUP BY \"host\""
	gives "$how: three queries of a panel, the second without data" 200 '{"results":[{"statement_id":0,"series":[{"name":"cpu","columns":["time","max"],"values":[[1600000000000,30]]}]},{"statement_id":1},{"statement_id":2,"series":[{"name":"cpu","tags":{"host":"web01"},"columns":["time","sys"],"values":[[1600000010000,4]]},{"name":"cpu","tags":{"host":"web02"},"columns":["time","sys"],"values":[[1600000000000,6]]}]}]}'
	ask "SELECT title, text, tags FROM events WHERE $range ORDER BY time DESC LIMIT 1000"
	gives "$how: annotations" 200 "$(result '{"name":"events","columns":["time","title","text","tags"],"values":[[1600000005000,"deploy","deploy 1.2","web,eu"]]}')"
	ask 'SELECT mean("usage_user" FROM "cpu"'
	gives_like "$how: a slip shows where it is" 400 '"error":"error parsing query: found FROM, expected \) at line 1, char 26"'
	ask 'SELECT derivative(mean("usage_user")) FROM "cpu"'
	gives_like "$how: an error of one query" 200 'derivative aggregate requires a GROUP BY interval'
	ask ''
	gives_like "$how: no query is an error, not an answer without results" 400 '"error":"missing required parameter'
	ask 'DROP MEASUREMENT "cpu"'
	gives_like "$how: a panel takes nothing away" 403 '"error":"'
	ask 'SELECT v FROM "private"."autogen"."m"'
	gives_like "$how: and sees no other database" 403 '"error":"'
done
request -G "$url/query" -u 'grafana:wrong' -d db=telegraf --data-urlencode 'q=SHOW MEASUREMENTS'
gives 'a wrong password is told' 401 "$(v1_error unauthorized 'unauthorized access')"
request -G "$url/query" -H "Authorization: Token $reader" -d db=nowhere --data-urlencode 'q=SHOW MEASUREMENTS'
gives_like 'so is a wrong database' '200|403|404' '"error":"'
