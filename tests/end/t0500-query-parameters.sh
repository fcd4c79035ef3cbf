#!/usr/bin/env bash
# /query: where parameters may sit, epoch, pretty, chunked, several statements, compressed answers.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server

write $'f,h=a x=1 1\nf,h=a x=2 2\nf,h=b x=3 1\nf,h=b x=4 2\nf,h=b x=5 3'
gives 'points' 204 ''
all=$(result '{"name":"f","columns":["time","x"],"values":[[1,1],[1,3],[2,2],[2,4],[3,5]]}')
q='SELECT x FROM f'
auth=(-H "Authorization: Token $token")

answers 'GET' 200 "$all" -- -G "$url/query" "${auth[@]}" -d db=d -d epoch=s --data-urlencode "q=$q"
answers 'POST as a form' 200 "$all" -- "$url/query" "${auth[@]}" -d db=d -d epoch=s --data-urlencode "q=$q"
answers 'POST, the form beats the URL' 200 "$all" -- "$url/query?db=nope&epoch=h&q=junk" "${auth[@]}" -d db=d -d epoch=s --data-urlencode "q=$q"
answers 'POST, part in the URL' 200 "$all" -- "$url/query?db=d&epoch=s" "${auth[@]}" --data-urlencode "q=$q"
answers 'POST as multipart' 200 "$all" -- "$url/query" "${auth[@]}" -F db=d -F epoch=s -F "q=$q"
printf %s "$q" >"$work/q"
answers 'q as a file part' 200 "$all" -- "$url/query?epoch=s" "${auth[@]}" -F db=d -F "q=@$work/q"
answers 'the body is the query: application/vnd.influxql' 200 "$all" -- "$url/query?db=d&epoch=s" "${auth[@]}" -H 'Content-Type: application/vnd.influxql' --data-binary "$q"
answers 'the same without a type' 200 "$all" -- "$url/query?db=d&epoch=s" "${auth[@]}" -H 'Content-Type:' --data-binary "$q"
answers 'JSON as type: the URL counts and the body does not' 200 "$all" -- -X POST "$url/query?db=d&epoch=s&q=SELECT+x+FROM+f" "${auth[@]}" -H 'Content-Type: application/json' --data-binary ''
answers 'GET with a gzip header and no body' 200 "$all" -- -G "$url/query" "${auth[@]}" -H 'Content-Encoding: gzip' -d db=d -d epoch=s --data-urlencode "q=$q"
answers 'empty parameters are absent ones' 200 "$all" -- -G "$url/query" "${auth[@]}" -d db=d -d epoch=s -d rp= -d chunked= -d pretty= -d 'params=' --data-urlencode "q=$q"
answers 'node-influx sends params={}' 200 "$all" -- -G "$url/query" "${auth[@]}" -d db=d -d epoch=s -d rp= -d 'params={}' --data-urlencode "q=$q"

for missing in '' 'q=' 'q=%20%20' 'q=;' 'q=--c%0A;'; do
	answers "no statement: $missing" 400 '{"code":"invalid","message":"missing required parameter \"q\"","error":"missing required parameter \"q\""}' -- "$url/query?db=d&$missing" "${auth[@]}"
done
answers 'an unknown epoch' 400 '{"code":"invalid","message":"invalid epoch \"x\"","error":"invalid epoch \"x\""}' -- -G "$url/query" "${auth[@]}" -d epoch=x -d db=d --data-urlencode "q=$q"
for e in ns:3000000000 n:3000000000 us:3000000 u:3000000 %C2%B5:3000000 ms:3000 s:3 m:0 h:0; do
	answers_like "epoch=${e%:*}" 200 "\[\[${e#*:},5\]\]" -- -G "$url/query?epoch=${e%:*}" "${auth[@]}" -d db=d --data-urlencode "q=$q WHERE x = 5"
done
answers_like 'without epoch RFC 3339' 200 '\[\["1970-01-01T00:00:03Z",5\]\]' -- -G "$url/query" "${auth[@]}" -d db=d --data-urlencode "q=$q WHERE x = 5"
write 'frac v=1 1' ; request "$url/write?db=d&precision=ns" "${auth[@]}" -d $'frac v=2 1500000000\nfrac v=3 1000000001'
query 'SELECT v FROM frac'
gives 'fractions without the zeros at their end' 200 "$(result '{"name":"frac","columns":["time","v"],"values":[["1970-01-01T00:00:01Z",1],["1970-01-01T00:00:01.000000001Z",3],["1970-01-01T00:00:01.5Z",2]]}')"

query "$q WHERE x = 5" -d epoch=s -d pretty=true
gives 'pretty is four blanks a step' 200 '{
    "results": [
        {
            "statement_id": 0,
            "series": [
                {
                    "name": "f",
                    "columns": [
                        "time",
                        "x"
                    ],
                    "values": [
                        [
                            3,
                            5
                        ]
                    ]
                }
            ]
        }
    ]
}'

query "$q GROUP BY h" -d epoch=s -d chunked=true -d chunk_size=2
gives 'chunked: a document a line' 200 '{"results":[{"statement_id":0,"series":[{"name":"f","tags":{"h":"a"},"columns":["time","x"],"values":[[1,1],[2,2]]}],"partial":true}]}
{"results":[{"statement_id":0,"series":[{"name":"f","tags":{"h":"b"},"columns":["time","x"],"values":[[1,3],[2,4]],"partial":true}],"partial":true}]}
{"results":[{"statement_id":0,"series":[{"name":"f","tags":{"h":"b"},"columns":["time","x"],"values":[[3,5]]}]}]}'
query "$q" -d epoch=s -d chunked=true
gives 'an answer of one chunk is an ordinary one' 200 "$all"

query 'SELECT x FROM f WHERE x = 1; ; SELECT nope FROM nowhere; SELECT x FROM f WHERE x = 5;' -d epoch=s
gives 'several statements' 200 '{"results":[{"statement_id":0,"series":[{"name":"f","columns":["time","x"],"values":[[1,1]]}]},{"statement_id":1},{"statement_id":2,"series":[{"name":"f","columns":["time","x"],"values":[[3,5]]}]}]}'
query 'SELECT x FROM f WHERE x = 1; SELECT undefined(x) FROM f'
gives 'a function that is none' 200 "$body"
like '  is an error of its statement or of the query' "$status $body" 'undefined function undefined\(\)'

request -G "$url/query" "${auth[@]}" -H 'Accept-Encoding: gzip' -d db=d -d epoch=s --data-urlencode "q=$q"
is 'gzip for those who ask' "$(header Content-Encoding)" gzip
like '  and Vary' "$(header Vary)" 'Accept-Encoding'
is '  the same text' "$(gzip -dc <"$work/body")" "$all"
answers 'bound parameters' 200 "$(result '{"name":"f","columns":["time","x"],"values":[[2,4]]}')" -- -G "$url/query" "${auth[@]}" -d db=d -d epoch=s \
	--data-urlencode 'params={"host":"b","least":3,"t":"1970-01-01T00:00:02Z"}' --data-urlencode 'q=SELECT x FROM f WHERE h = $host AND x > $least AND time <= $t'
