#!/usr/bin/env bash
# SIGTERM and SIGUSR1 end a program after the request in hand; SIGPIPE and clients that leave do not.
. "${BASH_SOURCE[0]%/*}/lib.sh"
[ "$server-$mode" = lighttpd-fcgi ] || { ok 'skipped: no web server is in it'; exit 0; }
make_store

# A FastCGI program on a socket of our own, spoken to record by record.
cat >"$work/fcgi.py" <<'END'
import os, signal, socket, struct, subprocess, sys, time

program, home, token, folder = sys.argv[1:5]

def check(name, good, got=""):
    print(("ok - " if good else "not ok - ") + name + ("" if good else f"\n#   got {got!r}"))

def record(kind, data, request=1):
    return struct.pack(">BBHHBx", 1, kind, request, len(data), 0) + data

def pair(name, value):
    name, value = name.encode(), value.encode()
    size = lambda n: struct.pack(">B", n) if n < 128 else struct.pack(">I", n | 0x80000000)
    return size(len(name)) + size(len(value)) + name + value

def begin(s, method, path, query, length=""):
    env = {"REQUEST_METHOD": method, "SCRIPT_NAME": path, "QUERY_STRING": query, "CONTENT_LENGTH": str(length),
           "SERVER_PROTOCOL": "HTTP/1.1", "GATEWAY_INTERFACE": "CGI/1.1"}
    s.sendall(record(1, struct.pack(">HB5x", 1, 0)) + record(4, b"".join(pair(k, v) for k, v in env.items())) + record(4, b""))

def finish(s, seconds=20):
    s.settimeout(seconds)
    got = b""
    try:
        while True:
            piece = s.recv(65536)
            if not piece:
                break
            got += piece
    except socket.timeout:
        return None
    except ConnectionError:
        pass
    out, at = b"", 0
    while at + 8 <= len(got):
        kind, size, pad = got[at + 1], *struct.unpack(">HB", got[at + 4:at + 7])
        if kind == 6:
            out += got[at + 8:at + 8 + size]
        at += 8 + size + pad
    return out

class Program:
    def __init__(self, number):
        self.path = f"{folder}/s{number}"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.listen(8)
        env = dict(os.environ, WEIR_HOME=home)
        self.process = subprocess.Popen([program], stdin=listener.fileno(), env=env, stderr=subprocess.DEVNULL)
        self.listener = listener
    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        s.connect(self.path)
        return s
    def ping(self):
        s = self.connect()
        begin(s, "GET", "/ping", "")
        s.sendall(record(5, b""))
        return finish(s)
    def ended(self, seconds=10):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "still there"

for number, sign in enumerate((signal.SIGTERM, signal.SIGUSR1)):
    name = sign.name
    p = Program(number)
    check(f"{name}: the program answers", b"Status: 204" in (p.ping() or b""))
    s = p.connect()
    body = b"sig,by=%s v=1 1\n" % name.encode()
    begin(s, "POST", "/write", f"db=d&p={token}&precision=s", len(body))
    s.sendall(record(5, body[:5]))
    time.sleep(0.3)
    p.process.send_signal(sign)
    time.sleep(0.3)
    check(f"{name}: a request in hand is not cut", p.process.poll() is None)
    s.sendall(record(5, body[5:]) + record(5, b""))
    got = finish(s)
    check(f"{name}: it has its answer", got is not None and got.startswith(b"Status: 204"), got)
    ended = p.ended()
    check(f"{name}: then the program ends, with status 0", ended == 0, ended)
    p = Program(number + 10)
    p.ping()
    p.process.send_signal(sign)
    check(f"{name}: an idle program ends at once", p.ended(5) == 0)

p = Program(20)
for i in range(20):
    s = p.connect()
    begin(s, "POST", "/write", f"db=d&p={token}", 100000)
    s.sendall(record(5, b"gone v=1 1\n"))
    s.close()
    s = p.connect()
    begin(s, "GET", "/query", f"db=d&p={token}&q=SHOW+DATABASES")
    s.sendall(record(5, b""))
    s.close()
s = p.connect()
s.sendall(b"\x01\x09\xff\xff\xff\xff\xff\x00garbage" * 3)
s.close()
check("clients that leave, and one that speaks no FastCGI, end nothing", p.ping() is not None and p.process.poll() is None)
p.process.terminate()
check("it still ends when told", p.ended() == 0)
END
/usr/bin/python3 "$work/fcgi.py" "$write_program" "$home" "$token" "$work" >"$work/said" 2>&1
failed=$?
cat "$work/said"
n_failed=$(grep -c '^not ok' "$work/said")
[ "$failed" -eq 0 ] || not_ok 'the test runs to its end'

cgi "$query_program" GET /query "db=d&p=$token&epoch=s&q=SELECT+v+FROM+sig+GROUP+BY+%22by%22" </dev/null
gives 'what was answered with 204 is there' 200 "$(result '{"name":"sig","tags":{"by":"SIGTERM"},"columns":["time","v"],"values":[[1,1]]}' '{"name":"sig","tags":{"by":"SIGUSR1"},"columns":["time","v"],"values":[[1,1]]}')"
