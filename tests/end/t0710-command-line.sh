#!/usr/bin/env bash
# weir, the command line: every command, what it prints for people and for machines, how it ends.
. "${BASH_SOURCE[0]%/*}/lib.sh"

# run WANT-STATUS ARGUMENT... : said and errs are what it printed
run() {
	local want=$1 got
	shift
	"$weir" --home "$home" "$@" >"$work/said" 2>"$work/errs" <"${input:-/dev/null}"
	got=$?
	said=$(cat "$work/said")
	errs=$(cat "$work/errs")
	is "weir $* ends with $want" "$got" "$want"
}
run 1 bucket list
like '  since there is no store, and how to make one is told' "$errs" 'weir --home .* init'
run 0 init
run 0 init
like '  a second time it changes nothing' "$said" 'already'
is 'the home is for its owner alone' "$(stat -c %a "$home")" 700

run 0 bucket create one --retention 30d --description 'the first'
run 1 bucket create one
like '  which exists' "$errs" 'bucket with name one already exists'
run 1 bucket create ''
run 0 bucket list --json
like '  as JSON' "$said" '^\[\{"id":"[0-9a-f]{16}","name":"one","retention":"30d",.*"description":"the first"\}\]$'
run 0 bucket update one --name two --retention 0
run 0 bucket list
like '  as a table' "$said" $'name +retention.*\n.*two +'
run 0 bucket create gone
run 0 bucket delete gone
run 1 bucket delete gone

run 0 dbrp create --db legacy --rp weekly --bucket two
run 0 dbrp list
like '  it is the default, as the first one' "$said" 'legacy +weekly +true +false'
run 1 dbrp create --db legacy --rp weekly --bucket two
run 0 dbrp delete --db legacy --rp weekly
run 1 dbrp delete --db legacy --rp weekly

run 0 token create --all-access --token a-token-for-this-test
is '  prints the token alone' "$said" a-token-for-this-test
run 0 token create --read two --write two --description 'both ways' --json
like '  or all there is to say' "$said" '"token":"[A-Za-z0-9_-]{40,}".*"description":"both ways"'
secret=$(sed -n 's/.*"token":"\([^"]*\)".*/\1/p' <<<"$said")
id=$(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' <<<"$said")
run 0 token list
like '  lists it' "$said" "$id"
check '  without its text' test "${said/$secret/}" = "$said"
check 'and the text is nowhere on disk' sh -c '! grep -rqF -- "$1" "$2"' - "$secret" "$home"
run 2 token create
run 1 token create --read nope
run 2 token create --read ''
like '  a variable that is not set is not every bucket' "$errs" '--read: found "", expected a BUCKET'
run 2 token create --all-access --expires=
run 2 bucket update two --retention ''
run 0 token deactivate "$id"
cgi "$write_program" POST /write 'db=two' HTTP_AUTHORIZATION="Token $secret" <<<'m v=1'
is 'an inactive token is refused with 403' "$status" 403
run 0 token activate "$id"
cgi "$write_program" POST /write 'db=two&precision=s' HTTP_AUTHORIZATION="Token $secret" <<<'m,t=a v=1 1'
is 'and let in again' "$status" 204
run 0 token delete "$id"
cgi "$write_program" POST /write 'db=two' HTTP_AUTHORIZATION="Token $secret" <<<'m v=1'
is 'a deleted one is unknown' "$status" 401

printf 'm,t=b v=2 2\nm,t=b v=3 3\n' >"$work/a.lp"
printf 'm v=4 4\nbad\nm v=5 5\n' >"$work/b.lp"
run 0 write --bucket two --precision s "$work/a.lp"
run 3 write --bucket two --precision s "$work/a.lp" "$work/b.lp"
like '  the bad line is named' "$errs" 'error parsing line 2 .*missing fields'
input=$work/a.lp
run 0 write --db fresh --precision s -
input=
run 1 write --bucket nope "$work/a.lp"
run 1 write --bucket two "$work/none.lp"
run 2 write --bucket two

run 0 query --db two --epoch s --csv 'SELECT v FROM m'
is '  as CSV' "$said" $'name,tags,time,v\nm,,1,1\nm,,2,2\nm,,3,3\nm,,4,4\nm,,5,5'
run 0 query --db two --epoch s --json 'SELECT sum(v) FROM m'
is '  as JSON' "$said" "$(result '{"name":"m","columns":["time","sum"],"values":[[0,15]]}')"
run 0 query --db two 'SELECT v FROM m WHERE v > 3'
like '  as a table' "$said" $'time +v.*\n.*1970-01-01T00:00:04Z +4'
run 0 query --db fresh 'SHOW MEASUREMENTS'
run 1 query --db two 'SELECT'
like '  a syntax error' "$errs" 'error parsing query'
"$weir" --home "$home" query --db two --csv 'SELECT v FROM m' >/dev/full 2>"$work/errs"
is 'an answer that nobody took is a failure' "$? $(cat "$work/errs")" '1 weir: standard output cannot be written'
"$weir" --home "$home" bucket list <&- >&- 2>&-
is 'so is one with nowhere to go' $? 1
is '  and it goes into no file of the store' "$(cat "$home/weir.lock")" ''
like 'input that is closed is told' "$("$weir" --home "$home" write --db two - 2>&1 <&-)" 'standard input: Bad file descriptor'
run 3 query --db two 'SHOW USERS; SHOW MEASUREMENTS'
like '  the other statement is answered' "$said" 'm'

GATEWAY_INTERFACE=CGI/1.1 "$weir" --home "$home" token create --all-access --token of-a-visitor >"$work/said" 2>/dev/null
is 'a web server cannot run it' "$? $(head -n 1 "$work/said" | tr -d '\r')" '1 Status: 403 Forbidden'
run 2 frob
run 2 bucket
run 2 bucket list --frob
run 0 settings
like '  names each setting' "$said" 'body_limit'
cp "$work/said" "$home/weir.conf"
run 0 settings
is '  and is a weir.conf' "$(cat "$work/said")" "$(cat "$home/weir.conf")"
run 0 --version
for command in '' init settings 'bucket create' 'dbrp create' 'token create' write query; do
	"$weir" $command --help >"$work/said" 2>&1
	is "weir $command --help" "$? $(head -c 5 "$work/said")" '0 usage'
done
echo 'no_such_setting = 1' >"$home/weir.conf"
run 1 bucket list
like '  a setting that is none is told with its place' "$errs" 'weir.conf:1: '
