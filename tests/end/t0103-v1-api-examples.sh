#!/usr/bin/env bash
# "Use the InfluxDB v1 API" for Cloud Serverless: each curl example and each error example, and the
# commands that the document says are not supported.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server

answers 'a write to a database and policy that are not there yet makes bucket and mapping' 204 '' -- \
	-i "$url/write?db=BUCKET_NAME&rp=RETENTION_POLICY&precision=ms" \
	--header "Authorization: Token $token" \
	--header "Content-type: text/plain; charset=utf-8" \
	--data-binary 'home,room=kitchen temp=72 1682358973500'
like 'the bucket is named after both' "$("$weir" --home "$home" bucket list)" 'BUCKET_NAME/RETENTION_POLICY'
like 'and mapped' "$("$weir" --home "$home" dbrp list)" 'RETENTION_POLICY'
answers 'and the interactive example in seconds' 204 '' -- \
	-i "$url/write?db=BUCKET_NAME&rp=RETENTION_POLICY&precision=s" \
	--header "Authorization: Token $token" \
	--header "Content-type: text/plain; charset=utf-8" \
	--data-binary 'home,room=kitchen temp=72 1463683075'

both=$(result '{"name":"home","columns":["time","room","temp"],"values":[["2016-05-19T18:37:55Z","kitchen",72],["2023-04-24T17:56:13.5Z","kitchen",72]]}')
answers 'Basic with an empty user queries' 200 "$both" -- \
	--get "$url/query" \
	--user "":"$token" \
	--data-urlencode "db=BUCKET_NAME" \
	--data-urlencode "rp=RETENTION_POLICY" \
	--data-urlencode "q=SELECT * FROM home"
answers 'p in the query string queries' 200 "$both" -- \
	--get "$url/query" \
	--data-urlencode "p=$token" \
	--data-urlencode "db=BUCKET_NAME" \
	--data-urlencode "rp=RETENTION_POLICY" \
	--data-urlencode "q=SELECT * FROM home"
answers 'the syntax as printed, a slash after query' 200 "$both" -- \
	--get "$url/query/?u=any&p=$token" --data-urlencode 'db=BUCKET_NAME' --data-urlencode 'q=SELECT * FROM home'
answers 'and without rp the default mapping' 200 "$both" -- \
	--get "$url/query" --user "any:$token" --data-urlencode 'db=BUCKET_NAME' --data-urlencode 'q=SELECT * FROM home'

answers 'a write without rp makes autogen' 204 '' -- "$url/write?db=other&p=$token" --data-binary 'm v=1 1463683075'
like 'named so' "$("$weir" --home "$home" bucket list)" 'other/autogen'

check 'a token for one bucket is made' "$weir" --home "$home" bucket create plain
narrow=$("$weir" --home "$home" token create --write plain)
request "$url/write?db=fresh&p=$narrow" --data-binary 'm v=1'
is 'a token that is not all-access makes no bucket' "$status" 403

answers 'a missing db is refused in the words of the document' 400 \
	"$(v1_error invalid 'namespace name length must be between 1 and 64 characters')" -- \
	"$url/write" --header "Authorization: Token $token" --data-binary 'home temp=72'
answers 'so is an unknown precision' 400 \
	"$(v1_error invalid 'failed to deserialize db/rp/precision in request: unknown variant `u`, expected one of `s`, `ms`, `us`, `ns`')" -- \
	"$url/write?db=BUCKET_NAME&precision=u" --header "Authorization: Token $token" --data-binary 'home temp=72'

for epoch in ns:1463683075000000000 us:1463683075000000 ms:1463683075000 s:1463683075 m:24394717 h:406578; do
	request -G "$url/query" --user "any:$token" -d db=BUCKET_NAME -d "epoch=${epoch%:*}" \
		--data-urlencode "q=SELECT temp FROM home LIMIT 1"
	gives "epoch=${epoch%:*}" 200 "$(result '{"name":"home","columns":["time","temp"],"values":[['"${epoch#*:}"',72]]}')"
done

# refused STATEMENT ERROR
refused() {
	request "$url/query" --user "any:$token" -d db=BUCKET_NAME --data-urlencode "q=$1"
	gives "refused: $1" 200 '{"results":[{"statement_id":0,"error":"'"$2"'"}]}'
}
refused 'SELECT * INTO elsewhere FROM home' 'not implemented: SELECT INTO'
refused 'CREATE DATABASE d' 'not implemented: CREATE DATABASE'
refused 'CREATE RETENTION POLICY r ON d DURATION 1d REPLICATION 1' 'not implemented: CREATE RETENTION POLICY'
refused 'DROP DATABASE BUCKET_NAME' 'not implemented: DROP DATABASE'
refused 'DROP SERIES FROM home' 'not implemented: DROP SERIES'
refused 'GRANT ALL ON d TO someone' 'not implemented: GRANT'
refused 'REVOKE ALL ON d FROM someone' 'not implemented: REVOKE'
refused 'ALTER RETENTION POLICY r ON d DURATION 2d' 'not implemented: ALTER RETENTION POLICY'
refused "SET PASSWORD FOR someone = 'x'" 'not implemented: SET PASSWORD'
refused 'KILL QUERY 1' 'not implemented: KILL QUERY'
refused 'EXPLAIN SELECT * FROM home' 'not implemented: EXPLAIN'
answers 'nothing of that changed anything' 200 "$both" -- \
	--get "$url/query" --user "any:$token" --data-urlencode 'db=BUCKET_NAME' --data-urlencode 'q=SELECT * FROM home'
