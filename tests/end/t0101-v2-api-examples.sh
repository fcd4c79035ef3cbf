#!/usr/bin/env bash
# "Use the InfluxDB v2 API" for Cloud Serverless: its curl example and its two error examples, with
# host, token and bucket replaced.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server
check 'the bucket is there first' "$weir" --home "$home" bucket create BUCKET_NAME

# The document prints --request post. curl sends the word as typed, and lighttpd and nginx refuse it
# before weir runs, so the example goes through with the word in capitals, and in small letters at
# the program itself.
answers 'Token authenticates a write' 204 '' -- --request POST \
	"$url/api/v2/write?bucket=BUCKET_NAME&precision=s" \
	--header "Authorization: Token $token" \
	--data-binary 'home,room=kitchen temp=72 1463683075'
request -G "$url/query" -H "Authorization: Token $token" -d db=BUCKET_NAME --data-urlencode 'q=SELECT * FROM home'
gives 'the point is there' 200 "$(result '{"name":"home","columns":["time","room","temp"],"values":[["2016-05-19T18:37:55Z","kitchen",72]]}')"
request --request post "$url/api/v2/write?bucket=BUCKET_NAME&precision=s" \
	--header "Authorization: Token $token" --data-binary 'home,room=kitchen temp=72 1463683075'
case $server in
apache) want='^204 $' ;;	# any word is for the program to judge
nginx) want='^400 \{"code":"invalid",' ;;
*) want='^501 \{"code":"not implemented",' ;;
esac
like 'the word in small letters, where the web server refuses it: JSON all the same' "$status $body" "$want"
cgi "$write_program" post /api/v2/write 'bucket=BUCKET_NAME&precision=s' HTTP_AUTHORIZATION="Token $token" \
	<<<'home,room=cellar temp=12 1463683075'
gives 'and the program takes' 204 ''
request -G "$url/query" -H "Authorization: Token $token" -d db=BUCKET_NAME --data-urlencode "q=SELECT temp FROM home WHERE room = 'cellar'"
gives 'that point is there too' 200 "$(result '{"name":"home","columns":["time","temp"],"values":[["2016-05-19T18:37:55Z",12]]}')"

answers 'a missing bucket is refused in the words of the document' 400 \
	"$(v2_error invalid 'missing bucket value')" -- \
	"$url/api/v2/write" --header "Authorization: Token $token" --data-binary 'home temp=72'
like 'as JSON' "$(header Content-Type)" '^application/json'
answers 'so is an empty one' 400 "$(v2_error invalid 'missing bucket value')" -- \
	"$url/api/v2/write?bucket=" --header "Authorization: Token $token" --data-binary 'home temp=72'
answers 'and an unknown precision' 400 \
	"$(v2_error invalid 'failed to deserialize org/bucket/precision in request: unknown variant `u`, expected one of `s`, `ms`, `us`, `ns`')" -- \
	"$url/api/v2/write?bucket=BUCKET_NAME&precision=u" --header "Authorization: Token $token" --data-binary 'home temp=72'

answers 'org and orgID are ignored' 204 '' -- "$url/api/v2/write?bucket=BUCKET_NAME&org=&orgID=zz&precision=ns" \
	--header "Authorization: Token $token" --header 'Zap-Trace-Span: x' --header 'Content-Encoding: identity' \
	--header 'Content-Type: application/json' --data-binary 'home temp=72'
answers '/api/v2/query is to be avoided: 501' 501 \
	"$(v2_error 'not implemented' '/api/v2/query is not supported; send InfluxQL to /query')" -- \
	"$url/api/v2/query" --header "Authorization: Token $token" --data-binary 'buckets()'
