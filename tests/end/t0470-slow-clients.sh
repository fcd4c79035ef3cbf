#!/usr/bin/env bash
# Clients that are slow on purpose hold a connection, and nothing that others need.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server
port=${url##*:}
write 'm v=1 1'
awk 'BEGIN { for (i = 0; i < 300000; i++) printf "r v=%d %d\n", i, i }' >"$work/b"
write '' --data-binary "@$work/b"; gives 'many rows' 204 ''

# slow CONNECTIONS: that many, each with a head and a body that never ends, a byte at a time
# Answers go through Apache and nginx unbuffered, so that they come at once; a slow reader there holds
# one weir-query, of which there are a few: deploy/README.md says what follows.
# And Apache has a thread for each connection, fewer at first than the others would hold.
each=30 readers=30
[ "$server" = lighttpd ] || readers=0
[ "$server" != apache ] || each=5
/usr/bin/python3 - "$port" "$token" "$each" "$readers" >"$work/ready" 2>"$work/slow" <<'END' &
import select, socket, sys, time
port, token, each, n_readers = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
def connect(text, window=None):
    s = socket.socket()
    if window:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    s.connect(("127.0.0.1", port))
    s.sendall(text.encode())
    return s
heads = [connect("POST /write?db=d&p=%s HTTP/1.1\r\nHost: x\r\nX: " % token) for i in range(each)]
bodies = [connect("POST /write?db=d&p=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nslow v=" % token) for i in range(each)]
chunks = [connect("POST /write?db=d&p=%s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\ns\r\n" % token) for i in range(each)]
forms = [connect("POST /query?db=d&p=%s HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\nq=SELECT" % token) for i in range(each)]
readers = [connect("GET /query?db=d&p=%s&q=SELECT+*+FROM+r HTTP/1.1\r\nHost: x\r\n\r\n" % token, 2048) for i in range(n_readers)]
print("ready", flush=True)
end = time.time() + 8
while time.time() < end:
    for s in heads + bodies:
        try: s.send(b"1")
        except OSError: pass
    for s in chunks:
        try: s.send(b"1\r\n1\r\n")
        except OSError: pass
    for s in readers:
        if select.select([s], [], [], 0)[0]:
            try: s.recv(1)
            except OSError: pass
    time.sleep(0.1)
END
slow=$!
for i in $(seq 100); do [ -s "$work/ready" ] && break; sleep 0.1; done
is 'slow clients are there' "$(cat "$work/ready")" ready
for i in 1 2 3 4 5; do
	sleep 0.5
	request "$url/write?db=d&p=$token&precision=s" -m 20 -d "fast v=$i $i"
	[ "$status" = 204 ] || not_ok "write $i of another client" "$status $body"
	query 'SELECT count(v) FROM fast' -d epoch=s -m 20
	gives "write $i of another client, and a query" 200 "$(result '{"name":"fast","columns":["time","count"],"values":[[0,'"$i"']]}')"
done
check 'the command line has the store too' "$weir" --home "$home" query --db d 'SELECT last(v) FROM fast'
kill -0 "$slow" 2>/dev/null && ok 'while they were there' || not_ok 'while they were there' "$(cat "$work/slow")"
wait "$slow"
query 'SELECT count(v) FROM slow'; gives 'nothing of half a body is stored' 200 "$(result)"
query 'SELECT count(v) FROM fast' -d epoch=s; gives 'afterwards all is as before' 200 "$(result '{"name":"fast","columns":["time","count"],"values":[[0,5]]}')"

# ---- the program itself, as CGI, with a body that comes slowly
{ printf 'cgi v='; sleep 2; printf '1 1\n'; } | env -i PATH="$PATH" WEIR_HOME="$home" REQUEST_METHOD=POST PATH_INFO=/write \
	QUERY_STRING="db=d&p=$token" CONTENT_LENGTH=10 "$write_program" >"$work/out" 2>/dev/null &
sleep 0.5
write 'between v=1 1'; gives 'a write in the middle of a slow one' 204 ''
wait $!
like 'the slow one is stored' "$(head -n 1 "$work/out")" '^Status: 204'
