#!/usr/bin/env bash
# From db, rp and bucket to the place where points land, and what is said when there is none.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server

long=$(printf 'x%.0s' {1..65})
post() { request "$url/$1" -H "Authorization: Token $token" --data-binary 'm v=1 1'; }
length='namespace name length must be between 1 and 64 characters'

post 'write'; gives 'no db' 400 "$(v1_error invalid "$length")"
post 'write?db='; gives 'an empty db' 400 "$(v1_error invalid "$length")"
post "write?db=$long"; gives_like 'a db of 65 bytes' 400 "$length"
post "write?db=${long%x}"; gives 'one of 64 that a write would have to add /autogen to' 400 "$body"
like 'is refused by its length' "$status $body" "^400 .*$length"
post 'write?db=a%2Bb'; gives_like 'a character that no name may have' 400 "namespace name 'a\+b(/autogen)?' contains invalid character, character number 1 is not allowed"
post 'api/v2/write?bucket=nope'; gives 'an unknown bucket' 404 '{"code":"not found","message":"bucket \"nope\" not found"}'
post 'api/v2/write?org=o'; gives 'no bucket' 400 "$(v2_error invalid 'missing bucket value')"

check 'bucket plain' "$weir" --home "$home" bucket create plain
check 'bucket two/week' "$weir" --home "$home" bucket create two/week
check 'bucket target' "$weir" --home "$home" bucket create target
check 'a mapping' "$weir" --home "$home" dbrp create --db mapped --rp short --bucket target --default

# finds NAME DB RP MEASUREMENT: a query there sees the point
finds() {
	request -G "$url/query" -H "Authorization: Token $token" -d "db=$2" -d "rp=$3" -d epoch=s --data-urlencode "q=SELECT v FROM $4"
	gives "$1" 200 "$(result '{"name":"'"$4"'","columns":["time","v"],"values":[[1,1]]}')"
}
put() { request "$url/$1&precision=s" -H "Authorization: Token $token" --data-binary "$2 v=1 1"; gives "$1 $2" 204 ''; }
put 'write?db=plain' a;			finds 'a bucket is a database by its name' plain '' a
					finds 'with policy autogen' plain autogen a
					finds 'or default, in any case' plain DEFAULT a
put 'write?db=two&rp=week' b;		finds 'db/rp is a bucket of that name' two week b
					finds 'and the only one of db without rp' two '' b
put 'write?db=mapped&rp=short' c;	finds 'a mapping is followed' mapped short c
					finds 'by default too' mapped '' c
					finds 'to the very bucket' target '' c
put 'api/v2/write?bucket=two/week' d;	finds 'v2 takes a name with a slash' two week d
put 'api/v2/write?bucket=two%2Fweek' e;	finds 'encoded as well' two week e
put 'write?db=new' f;			finds 'a new database by an all-access token' new '' f
put 'write?db=new&rp=other' g;		finds 'another policy of it' new other g
request -G "$url/query" -H "Authorization: Token $token" --data-urlencode 'q=SELECT v FROM "new"."other"."g"' -d epoch=s
gives 'database and policy in the text' 200 "$(result '{"name":"g","columns":["time","v"],"values":[[1,1]]}')"

narrow=$("$weir" --home "$home" token create --write plain)
request "$url/write?db=fresh" -H "Authorization: Token $narrow" --data-binary 'm v=1 1'
gives 'only an all-access token makes a database' 403 "$(v1_error forbidden 'insufficient permissions for write')"
check 'a mapping of another name than buckets have' "$weir" --home "$home" dbrp create --db 'b+cher' --rp autogen --bucket target
for db in b%2Bcher b%2Bcker; do
	request "$url/write?db=$db" -H "Authorization: Token $narrow" --data-binary 'm v=1 1'
	printf '%s\n' "$status ${body//b+c?er/NAME}"
	request -G "$url/query?db=$db" -X POST -H "Authorization: Token $narrow" --data-urlencode 'q=DELETE FROM m'
	printf '%s\n' "$status ${body//b+c?er/NAME}"
done >"$work/told"
is 'one that may not be used is answered as one that is not there' "$(sed -n 1,2p "$work/told")" "$(sed -n 3,4p "$work/told")"
"$weir" --home "$home" dbrp delete --db 'b+cher' --rp autogen
post 'write?db=broken'; status=; request "$url/write?db=bad" -H "Authorization: Token $token" --data-binary 'no line at all'
is 'a body without a good line' "$status" 400
request -G "$url/query" -H "Authorization: Token $token" --data-urlencode 'q=SHOW DATABASES'
gives 'makes no database' 200 "$(result '{"name":"databases","columns":["name"],"values":[["broken"],["mapped"],["new"],["plain"],["target"],["two"]]}')"
request -G "$url/query" -H "Authorization: Token $token" -d db=new --data-urlencode 'q=SHOW RETENTION POLICIES'
gives_like 'the policies of a database' 200 '"columns":\["name","duration","shardGroupDuration","replicaN","default"\],"values":\[\["autogen","0s","[^"]*",1,true\],\["other","0s","[^"]*",1,false\]\]'
