#!/usr/bin/env bash
# A body of nearly 250 MB after gunzip is taken in windows: the process that stores it stays small.
. "${BASH_SOURCE[0]%/*}/lib.sh"
[ -r /proc/self/status ] || { ok 'skipped: no /proc here'; exit 0; }
start_server --set spool_dir="$work"

# 2.85 million points of 40 series, 86 bytes a line.
awk 'BEGIN {
	for (i = 0; i < 2850000; i++)
		printf "memory,host=host%02d,region=eu-central-1 used_percent=%02d.%04d,free=%08di %d\n",
		    i % 40, i % 97, i % 9973, i % 99999989, 1600000000 + i
}' | gzip -1 >"$work/b"
size=$(gzip -dc "$work/b" | wc -c)
like 'the body inflates to some 245 MB' "$size" '^24[0-9]{7}$'

# The most that any weir-write has held, in KiB.
peak() {
	local pid most=0 kib
	for pid in $(program_pids); do
		[ "$(cat "/proc/$pid/comm")" = weir-write ] || continue
		kib=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
		[ "${kib:-0}" -gt "$most" ] && most=$kib
	done
	echo "$most"
}

if [ "$mode" = fcgi ]; then
	before=$(peak)
	request "$url/write?db=d&p=$token&precision=s" -m 240 -H 'Content-Encoding: gzip' --data-binary "@$work/b"
	gives 'it is taken' 204 ''
	after=$(peak)
else
	before=0
	WEIR_HOME="$home" PATH_INFO=/write REQUEST_METHOD=POST QUERY_STRING="db=d&p=$token&precision=s" \
		HTTP_CONTENT_ENCODING=gzip CONTENT_LENGTH="$(wc -c <"$work/b")" /usr/bin/python3 - "$write_program" "$work/b" >"$work/said" <<'END'
import resource, subprocess, sys
answer = subprocess.run([sys.argv[1]], stdin=open(sys.argv[2], "rb"), capture_output=True).stdout
print(answer.split(b"\r\n")[0].decode(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
END
	like 'it is taken' "$(cat "$work/said")" '^Status: 204'
	after=$(awk '{ print $NF }' "$work/said")
fi
echo "# peak of weir-write: $before KiB before, $after KiB after"
check 'with a peak under 128 MiB' test "$after" -gt 0 -a "$after" -lt 131072
query 'SELECT count(free) FROM memory' -d epoch=s
gives 'and every point is there' 200 "$(result '{"name":"memory","columns":["time","count"],"values":[[0,2850000]]}')"
