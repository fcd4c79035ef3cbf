#!/usr/bin/env bash
# "Use compatibility APIs to write data" for Cloud Dedicated: each curl example, with host, token
# and database replaced.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server
check 'the database is there first' "$weir" --home "$home" bucket create DATABASE_NAME

# wrote NAME: the example just sent was taken, and its point is there
wrote() {
	gives "$1" 204 ''
	like "$1: -i shows the status line" "$head" '^HTTP/1.1 204 No Content'
	request -G "$url/query" -H "Authorization: Bearer $token" -d db=DATABASE_NAME --data-urlencode "q=SELECT * FROM home WHERE room = '$2'"
	gives "$1: the point is there" 200 \
		"$(result '{"name":"home","columns":["time","room","temp"],"values":[["2022-01-01T08:00:00Z","'"$2"'",72]]}')"
}

request "$url/api/v2/write?bucket=DATABASE_NAME&precision=s" \
	--header "Authorization: Bearer $token" \
	--header "Content-type: text/plain; charset=utf-8" \
	--data-binary 'home,room=kitchen1 temp=72 1641024000'
wrote 'v2 with Bearer' kitchen1
request "$url/api/v2/write?bucket=DATABASE_NAME&precision=s" \
	--header "Authorization: Token $token" \
	--header "Content-type: text/plain; charset=utf-8" \
	--data-binary 'home,room=kitchen2 temp=72 1641024000'
wrote 'v2 with Token' kitchen2
request "$url/write?db=DATABASE_NAME&precision=s" \
	--user "any:$token" \
	--header "Content-type: text/plain; charset=utf-8" \
	--data-binary 'home,room=kitchen3 temp=72 1641024000'
wrote 'v1 with Basic' kitchen3
request "$url/write?db=DATABASE_NAME&precision=s&p=$token" \
	--header "Content-type: text/plain; charset=utf-8" \
	--data-binary 'home,room=kitchen4 temp=72 1641024000'
wrote 'v1 with p in the query string' kitchen4
request "$url/write?db=DATABASE_NAME&precision=s" \
	--header "Authorization: Bearer $token" \
	--header "Content-type: text/plain; charset=utf-8" \
	--data-binary 'home,room=kitchen5 temp=72 1641024000'
wrote 'v1 with Bearer' kitchen5
request "$url/write?db=DATABASE_NAME&precision=s" \
	--header "Authorization: Token $token" \
	--header "Content-type: text/plain; charset=utf-8" \
	--data-binary 'home,room=kitchen6 temp=72 1641024000'
wrote 'v1 with Token' kitchen6

request "$url/write/?u=any&p=$token&db=DATABASE_NAME&precision=s" --data-binary 'home,room=kitchen7 temp=72 1641024000'
wrote 'the query string syntax as printed, with a slash after write' kitchen7
request "$url/write?db=DATABASE_NAME&consistency=all&u=x&p=$token" --data-binary 'home,room=kitchen8 temp=72 1641024000'
wrote 'consistency is ignored, and without a precision the magnitude tells' kitchen8
request "$url/api/v2/write?bucket=DATABASE_NAME" -H "Authorization: Bearer $token" --data-binary 'home,room=kitchen9 temp=72 1641024000000'
wrote 'milliseconds by magnitude' kitchen9

write_to_home() {
	request "$url/write?db=DATABASE_NAME&precision=s&p=$token" --data-binary "$1"
}
write_to_home 'home,temp=x v=1 1641024000'
gives_like 'tags and fields cannot share a name: a field stays a field' 400 '"code":"invalid".*"line":1'
write_to_home 'home,room=a room=1 1641024000'
gives_like 'nor within one line' 400 '"code":"invalid".*"line":1'
