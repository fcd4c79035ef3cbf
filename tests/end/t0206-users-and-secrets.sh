#!/usr/bin/env bash
# Users with passwords: every way to send one, changes that count at once, and secrets that stay so.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server
write $'m v=1 1'
W() { "$weir" --home "$home" "$@"; }
b64() { printf %s "$1" | base64 -w 0; }
ask() { request -G "$url/query" -d db=d -d epoch=s --data-urlencode 'q=SELECT v FROM m' "$@"; }
pair() { ask -H "Authorization: Basic $(b64 "$1")"; }
no=$(v1_error unauthorized 'unauthorized access')
point=$(result '{"name":"m","columns":["time","v"],"values":[[1,1]]}')
grant="error authorizing query: not authorized to execute statement 'SELECT v FROM m', requires READ on d"

# ---- the command line
check 'a user is made, the password from a pipe' eval 'echo "first: secret-pass" | W user create ann@example.org --read d'
check 'and one for a database' W user create writer --password 'writer pass-word' --write d
is 'the list tells who may what' "$(W user list | sed '1,2d' | sed 's/  *20.*//' | tr -s ' ')" $'ann@example.org read d/autogen\nwriter write d/autogen'
is 'as JSON' "$(W user list --json | tr -d '\n' | sed 's/,"created[^}]*//g')" '[{"name":"ann@example.org","permissions":"read d/autogen"}, {"name":"writer","permissions":"write d/autogen"}]'
fails() { local want=$1; shift; is "weir $* is refused" "$("$weir" --home "$home" "$@" 2>&1 </dev/null | head -n 1)" "weir: $want"; }
fails 'user already exists' user create writer --password x
fails 'user not found' user delete nobody
fails 'bucket "nope" not found' user grant writer --read nope
fails 'user grant needs --read, --write or --all-access' user grant writer
fails 'a password was expected on standard input' user create new

# ---- ways to send it
pair 'ann@example.org:first: secret-pass'; gives 'Basic' 200 "$point"
ask -H 'Authorization: Token ann@example.org:first: secret-pass'; gives 'Token user:password' 200 "$point"
ask -H 'Authorization: Basic ann@example.org:first: secret-pass'; gives 'Basic as it stands' 200 "$point"
ask --data-urlencode u=ann@example.org --data-urlencode 'p=first: secret-pass'; gives 'u and p' 200 "$point"
request "$url/query" -d db=d -d epoch=s --data-urlencode 'q=SELECT v FROM m' --data-urlencode u=ann@example.org --data-urlencode 'p=first: secret-pass'
gives 'u and p in a form' 200 "$point"
request "$url/write?db=d&u=writer&p=writer+pass-word" --data-binary 'w v=1 1'; gives 'a user writes' 204 ''
request "$url/write?db=d&u=ann%40example.org&p=first%3A+secret-pass" --data-binary 'w v=1 1'
gives 'if granted' 403 "$(v1_error forbidden 'insufficient permissions for write')"
for secret in 'first: secret-pas' 'First: secret-pass' ' first: secret-pass' 'first: secret-pass ' 'writer pass-word' ''; do
	pair "ann@example.org:$secret"; gives "not with the password <$secret>" 401 "$no"
done
pair 'ann:first: secret-pass'; gives 'nor for another name' 401 "$no"
pair ':first: secret-pass'; gives 'nor for none' 401 "$no"
ask -H 'Authorization: Token first: secret-pass'; gives 'nor as a token' 401 "$no"
request "$url/api/v2/write?bucket=d/autogen" -H 'Authorization: Token writer:writer pass-word' --data-binary 'w v=1 1'
gives 'on v2 the whole behind Token is a token' 401 "$(v2_error unauthorized 'unauthorized access')"
pair "anybody:$token"; gives 'a token is a password of anybody, as before' 200 "$point"
pair "ann@example.org:$token"; gives 'of a user too' 200 "$point"

# ---- what is changed counts at once, in programs that knew it otherwise
W user revoke ann@example.org --read d; pair 'ann@example.org:first: secret-pass'; gives 'a grant is taken back' 403 "$(v1_error forbidden "$grant")"
W user grant ann@example.org --read d; pair 'ann@example.org:first: secret-pass'; gives 'and given again' 200 "$point"
echo 'second secret-pass' | W user password ann@example.org
pair 'ann@example.org:first: secret-pass'; gives 'the old password is refused' 401 "$no"
pair 'ann@example.org:second secret-pass'; gives 'the new one is not' 200 "$point"
W user delete ann@example.org; pair 'ann@example.org:second secret-pass'; gives 'a user that is deleted is refused' 401 "$no"
old=$(W token create --read d --description rotated)
ask -H "Authorization: Token $old"; gives 'a token is good' 200 "$point"
id=$(W token list | sed -n 's/^\([0-9a-f]*\) .* rotated$/\1/p')
W token deactivate "$id"; ask -H "Authorization: Token $old"; gives 'it is deactivated' 403 "$(v1_error forbidden 'the token is inactive')"
W token activate "$id"; ask -H "Authorization: Token $old"; gives 'and activated' 200 "$point"
fresh=$(W token create --read d)
W token delete "$id"; ask -H "Authorization: Token $old"; gives 'it is rotated: the old one is refused' 401 "$no"
ask -H "Authorization: Token $fresh"; gives 'the new one is not' 200 "$point"
soon=$(W token create --read d --expires 2s)
ask -H "Authorization: Token $soon"; gives 'a token that expires soon is good' 200 "$point"
sleep 2.1
ask -H "Authorization: Token $soon"; gives 'and expires where it was known' 401 "$no"
W bucket create gone >/dev/null; W user grant writer --write gone; W bucket delete gone; W bucket create gone >/dev/null
request "$url/write?db=gone&u=writer&p=writer+pass-word" --data-binary 'w v=1 1'
gives 'a bucket that is made again is another one' 403 "$(v1_error forbidden 'insufficient permissions for write')"

# ---- InfluxQL
post() { request "$url/query" -H "Authorization: Token $token" --data-urlencode "q=$1" -d db=d "${@:2}"; }
refused() { printf '{"results":[{"statement_id":0,"error":"%s"}]}' "$1"; }
post "CREATE USER todd WITH PASSWORD 'todds secret-pass'"; gives 'CREATE USER is refused by name' 200 "$(refused 'not implemented: CREATE USER')"
stop_server
start_server --set influxql_management=yes
post "CREATE USER todd WITH PASSWORD 'todds secret-pass'"; gives 'with management too' 200 "$(refused 'not implemented: CREATE USER')"
stop_server
start_server --set influxql_management=yes --set influxql_users=yes
post "CREATE USER todd WITH PASSWORD 'todds secret-pass'"; gives 'CREATE USER' 200 "$(result)"
post "CREATE USER todd WITH PASSWORD 'another secret-pass'"; gives 'again' 200 "$(refused 'user already exists')"
post "CREATE USER boss WITH PASSWORD 'boss secret-pass' WITH ALL PRIVILEGES; SHOW USERS"
gives 'SHOW USERS' 200 '{"results":[{"statement_id":0},{"statement_id":1,"series":[{"columns":["user","admin"],"values":[["boss",true],["todd",false],["writer",false]]}]}]}'
grants() { post "$1; SHOW GRANTS FOR todd"; gives "$1" 200 '{"results":[{"statement_id":0},{"statement_id":1,"series":[{"columns":["database","privilege"]'"$2"'}]}]}'; }
pair 'todd:todds secret-pass'; gives 'todd may nothing yet' 403 "$(v1_error forbidden "$grant")"
grants 'GRANT WRITE ON d TO todd' ',"values":[["d","WRITE"]]'
grants 'GRANT READ ON d TO todd' ',"values":[["d","READ"]]'
pair 'todd:todds secret-pass'; gives 'todd may read' 200 "$point"
grants 'GRANT ALL ON d TO todd' ',"values":[["d","ALL PRIVILEGES"]]'
grants 'REVOKE READ ON d FROM todd' ',"values":[["d","WRITE"]]'
grants 'REVOKE ALL PRIVILEGES ON d FROM todd' ''
grants 'GRANT ALL TO todd' ''
pair 'todd:todds secret-pass'; gives 'an administrator may everything' 200 "$point"
grants 'REVOKE ALL PRIVILEGES FROM todd' ''
post "SET PASSWORD FOR todd = 'new secret-pass'"; gives 'SET PASSWORD' 200 "$(result)"
pair 'todd:todds secret-pass'; gives 'counts at once' 401 "$no"
post 'GRANT READ ON nope TO todd'; gives 'GRANT on no database' 200 "$(refused 'database not found: nope')"
post 'GRANT READ ON d TO nobody'; gives 'GRANT to nobody' 200 "$(refused 'user not found')"
post 'SHOW GRANTS FOR nobody'; gives 'SHOW GRANTS for nobody' 200 "$(refused 'user not found')"
query "SET PASSWORD FOR todd = 'new secret-pass'"
gives 'a GET is warned without the password' 200 '{"results":[{"statement_id":0,"messages":[{"level":"warning","text":"deprecated use of '"'SET PASSWORD FOR todd = [REDACTED]'"' in a read only context, please use a POST request instead"}]}]}'
post "CREATE USER eve WITH PASSWORD 'her secret-pass's"; gives 'a wrong quote shows no half of it' 400 "$(v1_error invalid 'error parsing query: found [REDACTED], expected ; at line 1, char 48')"
post 'SET PASSWORD FOR todd = secret-pass'; gives 'nor do missing quotes' 400 "$(v1_error invalid 'error parsing query: found [REDACTED], expected string at line 1, char 25')"
like 'nor in a header' "$(header X-Influxdb-Error)" '^error parsing query: found \[REDACTED\]'
post "EXPLAIN SELECT v FROM m; CREATE USER eve WITH PASSWORD 'secret-pass' ALL"; gives_like 'nor behind EXPLAIN' 400 'found ALL, expected ;|REDACTED'
post 'DROP USER todd'; gives 'DROP USER' 200 "$(result)"
post 'DROP USER todd'; gives 'again' 200 "$(refused 'user not found')"

# ---- where nobody should find a secret
exec 9>"$home/weir.lock"		# so that the commands wait, and their titles can be read
flock 9
W user create shown --password "secret-of-$$" 9>&- &
W token create --all-access --token="secret-of-$$" >/dev/null 9>&- &
for i in $(seq 80); do
	sleep 0.1
	titles=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ')
	[[ $titles == *'user create shown --password xxxx'*--token=xxxx* || $titles == *--token=xxxx*'user create shown --password xxxx'* ]] && break
done
exec 9>&-
like 'there are titles to look at' "$titles" 'user create shown --password x+ .*|--token=x+ '
is 'no secret in the title of a process' "$(grep -c -e "secret-of-$$" -e "$fresh" <<<"$titles")" 0
logs=$(find "$home" -name '*.log' -type f)
like 'there is a log' "$logs" 'error\.log'
is 'no secret in the log of the programs' "$(grep -l -e secret-pass -e pass-word -e "$token" -e "$fresh" -e "$old" "$home/web/error.log")" ''
is 'no password in the store' "$(grep -rl -e secret-pass -e pass-word "$home" --include='*.db' --include='log.*' --include='journal.*' --include='__db.*' --include='weir.*')" ''
is 'no token in the store' "$(grep -rl -e "$token" -e "$fresh" "$home" --include='*.db' --include='log.*' --include='journal.*' --include='__db.*')" ''
is 'nobody else may read the store' "$(find "$home" -maxdepth 1 ! -type l -perm /077 -not -name web)" ''
is 'nor the sockets of the programs' "$(find "$home" -type s -perm /077 ! -path "$(find "$home" -type d ! -perm /077 -name web)/*")" ''
wait
