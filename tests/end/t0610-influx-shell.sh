#!/usr/bin/env bash
# /usr/bin/influx of package influxdb-client, unchanged: SHOW, SELECT, INSERT and -import.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server
command -v influx >/dev/null || { not_ok 'the influx shell is there' 'apt-get install influxdb-client'; exit 1; }

write $'home,room=kitchen temp=72,n=3i 1641024000\nhome,room=cellar temp=12.5,n=4i 1641024060'
shell() { HOME=$work influx -host 127.0.0.1 -port "${url##*:}" -username any -password "$token" -database d -precision rfc3339 "$@" 2>&1; }
like 'SHOW DATABASES' "$(shell -execute 'SHOW DATABASES')" $'name: databases\nname\n-*\nd'
like 'SHOW MEASUREMENTS' "$(shell -execute 'SHOW MEASUREMENTS')" $'name\n-*\nhome'
like 'SHOW TAG VALUES' "$(shell -execute 'SHOW TAG VALUES FROM home WITH KEY = room')" 'room *cellar'
like 'SHOW FIELD KEYS' "$(shell -execute 'SHOW FIELD KEYS')" 'temp *float'
like 'SELECT' "$(shell -execute 'SELECT * FROM home')" $'2022-01-01T08:00:00Z 3 *kitchen *72\n2022-01-01T08:01:00Z 4 *cellar *12.5'
like 'SELECT as CSV' "$(shell -format csv -execute 'SELECT mean(temp) FROM home')" 'home,[^,]*,42.25'
like 'SELECT as JSON' "$(shell -format json -execute 'SELECT n FROM home')" '"columns":\["time","n"\]'
like 'INSERT' "$(shell -execute 'INSERT home,room=attic temp=30 1641024120000000000')" '^$'
like 'which is there' "$(shell -execute "SELECT temp FROM home WHERE room = 'attic'")" '30'
like 'an error is shown' "$(shell -execute 'SELECT FROM')" 'error parsing query'
like 'INSERT of what is no line' "$(shell -execute 'INSERT nonsense')" "ERR: .*unable to parse 'nonsense': missing fields"
printf '%s\n' '# DDL' '# DML' '# CONTEXT-DATABASE: d' '# CONTEXT-RETENTION-POLICY: autogen' \
	'imported,room=a v=1 1641024000000000000' 'imported,room=b v=2 1641024060000000000' >"$work/import"
like '-import' "$(shell -import -path "$work/import" -precision ns)" 'Processed 2 inserts'
is '  and CSV of it' "$(shell -format csv -execute 'SELECT * FROM imported')" \
	$'name,time,room,v\nimported,2022-01-01T08:00:00Z,a,1\nimported,2022-01-01T08:01:00Z,b,2'
