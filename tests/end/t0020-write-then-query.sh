#!/usr/bin/env bash
# The shortest way through the house: a point in by each endpoint, the same point out.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server

write 'home,room=kitchen temp=72 1641024000'
gives '/write takes a point' 204 ''
query 'SELECT * FROM home'
gives '/query gives it back' 200 "$(result '{"name":"home","columns":["time","room","temp"],"values":[["2022-01-01T08:00:00Z","kitchen",72]]}')"
like 'as JSON' "$(header Content-Type)" '^application/json'
is 'with a newline at its end' "$(tail -c 1 "$work/body" | od -An -tx1 | tr -d ' ')" 0a

check 'a bucket is made' "$weir" --home "$home" bucket create b2
answers '/api/v2/write takes points' 204 '' -- "$url/api/v2/write?bucket=b2&org=o&precision=s" \
	-H "Authorization: Token $token" --data-binary $'m,t=a f=1.5,i=7i,u=9u,s="x y",b=true 10\nm,t=b f=2 20\n'
request -G "$url/query" -H "Authorization: Token $token" -d db=b2 -d epoch=s --data-urlencode 'q=SELECT f,i,u,s,b FROM m'
gives 'every type comes back as it went in' 200 "$(result '{"name":"m","columns":["time","f","i","u","s","b"],"values":[[10,1.5,7,9,"x y",true],[20,2,null,null,null,null]]}')"
request -G "$url/query" -H "Authorization: Token $token" -d db=b2 -d epoch=s --data-urlencode 'q=SELECT count(f), sum(f) FROM m GROUP BY t'
gives 'aggregates by tag' 200 "$(result '{"name":"m","tags":{"t":"a"},"columns":["time","count","sum"],"values":[[0,1,1.5]]}' '{"name":"m","tags":{"t":"b"},"columns":["time","count","sum"],"values":[[0,1,2]]}')"

write $'home,room=kitchen temp=73 1641024000\nhome,room=kitchen hum=35i 1641024000'
gives 'the same point again' 204 ''
query 'SELECT temp, hum FROM home' -d epoch=s
gives 'the later value wins and fields are united' 200 "$(result '{"name":"home","columns":["time","temp","hum"],"values":[[1641024000,73,35]]}')"

answers 'an empty body is 204' 204 '' -- "$url/write?db=d" -H "Authorization: Token $token" --data-binary ''
write $'# nothing but a comment\n\n'
gives 'so is one of comments and blank lines' 204 ''

stop_server
start_server
query 'SELECT temp FROM home' -d epoch=s
gives 'what was written outlives the server' 200 "$(result '{"name":"home","columns":["time","temp"],"values":[[1641024000,73]]}')"
