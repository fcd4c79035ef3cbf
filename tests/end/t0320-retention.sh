#!/usr/bin/env bash
# Points older than a bucket keeps them: 422 when there was nothing else wrong.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server
check 'a bucket that keeps a day' "$weir" --home "$home" bucket create day --retention 1d
now=$(date +%s)
post() { request "$url/write?db=day&precision=s&p=$token" --data-binary "$1"; }

post "m v=1 $((now - 60))"
gives 'a point of today' 204 ''
post "m v=1 $((now - 90000))"
gives_like 'one of the day before is 422' 422 '^\{"code":"unprocessable entity","message":"no data written, errors encountered on line\(s\):\\n  error parsing line 1 \(1-based\): points beyond retention policy.*","line":1\}$'
post "m v=1 $((now - 90000))"$'\n'"m v=2 $now"
gives_like 'beside a good one as well' 422 '"message":"partial write has occurred.*points beyond retention policy.*"line":1'
post "m v=1 $((now - 90000))"$'\nbad'
gives_like 'but beside a line that is none it is 400' 400 '"code":"invalid"'
request "$url/api/v2/write?bucket=day&precision=s" -H "Authorization: Token $token" --data-binary "m v=1 5"
gives_like 'on v2' 422 '^\{"code":"unprocessable entity","message":"[^"]*points beyond retention policy[^"]*","line":1\}$'
request -G "$url/query" -H "Authorization: Token $token" -d db=day -d epoch=s --data-urlencode 'q=SELECT v FROM m'
gives 'what was within is there' 200 "$(result '{"name":"m","columns":["time","v"],"values":[['$((now - 60))',1],['"$now"',2]]}')"

stop_server
start_server --set auto_bucket_retention=72h
post "m v=3 $now"
gives 'a setting for buckets that a write makes' 204 ''
request "$url/write?db=made&precision=s&p=$token" --data-binary "m v=1 $((now - 300000))"$'\n'"m v=1 $now"
is 'keeps what is young enough, the rest is refused' "$status" 422
like 'in a bucket of three days' "$("$weir" --home "$home" bucket list)" 'made/autogen +3d'
