#!/usr/bin/env python3
"""tests/clients/telegraf.py - what Telegraf's InfluxDB outputs send, and how they take the answer

    telegraf.py v1 --url URL --database D --username U --password P [OPTION]... BUFFER
    telegraf.py v2 --url URL --bucket B --organization O --token T [OPTION]... BUFFER
    telegraf.py tables

    --batch N                   metrics of a request (1000)
    --content-encoding WORD     gzip (as Telegraf by default) or identity
    --retention-policy R        v1
    --skip-database-creation    v1: no CREATE DATABASE

BUFFER is a file of line protocol: the metrics that wait. One run is one flush: batch after batch is
sent in chunked transfer, and its fate is what the plugins make of the answer. Metrics that were
written or dropped leave the file; those that Telegraf would keep stay for the next run, and end
this one. The last line says what became of them, as "written 3, dropped 0, kept 2", with
", wait 30" where the plugin would send nothing for so many seconds; lines before it are the log.

`tables` holds the two decisions against a server that answers as it is told, a row a fact.
"""
import argparse
import base64
import gzip
import http.client
import http.server
import io
import json
import sys
import threading
import urllib.parse

AGENT = "Telegraf/1.30.0 Go/1.22.1"
TIMEOUT = 5.0       # seconds, the default of both
PIECE = 32 * 1024   # what Go's io.Copy hands on at once, so a piece of the chunked body


def log(text):
    print(text)


def pieces(text, encoding):
    """The body as it goes out: compressed while it is sent, so its length is not known before."""
    if encoding != "gzip":
        for at in range(0, len(text), PIECE):
            yield text[at:at + PIECE]
        return
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb") as squeezer:
        for at in range(0, len(text), PIECE):
            squeezer.write(text[at:at + PIECE])
            squeezer.flush()
            yield from drain(out)
    yield from drain(out)


def drain(out):
    if out.tell() > 0:
        yield out.getvalue()
        out.seek(0)
        out.truncate()


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()
        if self.headers.get("Content-Encoding") == "gzip":  # as Go does it, unasked
            self.body = gzip.decompress(self.body)

    def json(self):
        """The body as an object; None where it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


class Output:
    def __init__(self, options):
        self.options = options
        self.url = urllib.parse.urlsplit(options.url)
        self.wait = 0

    def request(self, path, body, headers, chunked):
        connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=TIMEOUT)
        try:
            connection.request("POST", self.url.path.rstrip("/") + path, body=body,
                               headers={"User-Agent": AGENT, "Accept-Encoding": "gzip", **headers},
                               encode_chunked=chunked)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def send(self, lines, path, headers):
        headers = {"Content-Type": "text/plain; charset=utf-8", "Transfer-Encoding": "chunked", **headers}
        if self.options.content_encoding == "gzip":
            headers["Content-Encoding"] = "gzip"
        body = pieces("".join(lines).encode(), self.options.content_encoding)
        return self.request(path, body, headers, True)

    def write(self, lines):
        """(written, dropped): how many; what is in neither is kept."""
        try:
            return self.judge(lines)
        except (OSError, http.client.HTTPException) as error:
            log(f"E! no answer: {type(error).__name__}")
            return 0, 0


class V1(Output):
    """outputs.influxdb"""

    DROPPED = ("retention policy not found", "hinted handoff queue not empty",
               "points beyond retention policy", "partial write", "unable to parse")

    def basic(self):
        words = f"{self.options.username}:{self.options.password}".encode()
        return {"Authorization": "Basic " + base64.b64encode(words).decode()}

    def connect(self):
        if not self.options.skip_database_creation:
            self.create_database()

    def create_database(self):
        name = self.options.database.replace("\\", "\\\\").replace('"', '\\"')
        form = urllib.parse.urlencode({"q": f'CREATE DATABASE "{name}"'})
        headers = {"Content-Type": "application/x-www-form-urlencoded", **self.basic()}
        try:
            answer = self.request("/query", form, headers, False)
        except (OSError, http.client.HTTPException) as error:
            log(f"W! the database was not made: {type(error).__name__}")
            return False
        found = answer.json() or {}
        results = found.get("results") or [{}]
        if answer.status == 200 and not results[0].get("error"):
            return True
        log(f"W! the database was not made: {results[0].get('error') or found.get('error') or answer.status}")
        return False

    def judge(self, lines, again=True):
        query = {"db": self.options.database}
        if self.options.retention_policy:
            query["rp"] = self.options.retention_policy
        answer = self.send(lines, "/write?" + urllib.parse.urlencode(query), self.basic())
        if answer.status == 204:
            return len(lines), 0
        if answer.body.strip() and answer.json() is None:
            log(f"E! {answer.status} with a body that is not JSON: {answer.body[:60]!r}")
            return 0, 0
        error = str((answer.json() or {}).get("error", ""))
        if "database not found" in error:
            if not self.options.skip_database_creation and self.create_database() and again:
                return self.judge(lines, False)
            log(f"E! dropped: {error}")
            return 0, len(lines)
        if 400 <= answer.status < 500 or any(words in error for words in self.DROPPED):
            log(f"E! dropped: {answer.status} {error}")
            return 0, len(lines)
        log(f"E! kept: {answer.status} {error}")
        return 0, 0


class V2(Output):
    """outputs.influxdb_v2"""

    def __init__(self, options):
        super().__init__(options)
        self.retries = options.retries

    def connect(self):
        pass

    def judge(self, lines):
        query = urllib.parse.urlencode({"bucket": self.options.bucket, "org": self.options.organization})
        answer = self.send(lines, "/api/v2/write?" + query, {"Authorization": f"Token {self.options.token}"})
        if answer.status in (200, 201, 202, 204, 206, 207, 208):
            return len(lines), 0
        found = answer.json() or {}
        words = f"{found.get('code', '')}: {found.get('message') or answer.headers.get('X-Influx-Error', '')}"
        if answer.status == 413 and len(lines) > 1:
            return self.split(lines)
        if answer.status in (401, 403):
            log(f"E! kept: {answer.status} {words}")
        elif answer.status in (429, 502, 503, 504):
            self.wait = self.pause(answer.headers.get("Retry-After"))
            log(f"E! kept: {answer.status} {words}")
        elif 400 <= answer.status < 500:
            log(f"E! dropped: {answer.status} {words}")
            return 0, len(lines)
        else:
            log(f"E! kept: {answer.status} {words}")
        return 0, 0

    def split(self, lines):
        written = dropped = 0
        half = len(lines) // 2
        for part in lines[:half], lines[half:]:
            done, gone = self.judge(part)
            written, dropped = written + done, dropped + gone
            if done + gone < len(part):
                break       # metrics leave the buffer in order: what follows is kept too
        return written, dropped

    def pause(self, retry_after):
        self.retries += 1
        growing = min(self.retries * self.retries / 40, 60)
        if retry_after is None:
            return growing
        try:
            asked = float(int(retry_after))
        except ValueError:
            asked = 10.0
        return max(asked, growing)


def flush(output, lines, batch):
    """Batch after batch until one is kept: the lines left, and how many were written, dropped."""
    written = dropped = 0
    while lines:
        done, gone = output.write(lines[:batch])
        written, dropped, lines = written + done, dropped + gone, lines[done + gone:]
        if done + gone == 0:
            break
    return lines, written, dropped


# ---- the two tables, row by row, against a server that answers as it is told -------------------

class Told(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers = []        # (status, headers, body) a write, in order; the last one stays
    created = (200, '{"results":[{"statement_id":0}]}')
    seen = []

    def do_POST(self):
        body = self.read_body()
        path = self.path.partition("?")[0]
        self.seen.append((path, dict(self.headers), body))
        if path == "/query":
            status, headers, text = self.created[0], {}, self.created[1]
        else:
            status, headers, text = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if callable(status):
                status = status(body)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if status != 204:
            self.wfile.write(text.encode())

    def read_body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while True:
            n = int(self.rfile.readline(), 16)
            body += self.rfile.read(n)
            self.rfile.readline()
            if n == 0:
                return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def log_message(self, *_):
        pass


def error(text):
    return json.dumps({"error": text})


GONE, KEPT, DONE = (0, 3), (0, 0), (3, 0)       # of three metrics: (written, dropped)

V1_ROWS = (
    ("204", [(204, {}, "")], DONE),
    ("a body that is not JSON, whatever the status", [(400, {}, "<html>bad</html>")], KEPT),
    ("database not found", [(404, {}, error('database not found: "d"')), (204, {}, "")], DONE),
    ("database not found after it was made", [(404, {}, error('database not found: "d"'))], GONE),
    ("400", [(400, {}, error("no"))], GONE),
    ("401", [(401, {}, error("unauthorized access"))], GONE),
    ("403", [(403, {}, error("no"))], GONE),
    ("413", [(413, {}, error("too large"))], GONE),
    ("429", [(429, {}, error("slowly"))], GONE),
    ("500, a partial write", [(500, {}, error("partial write: x"))], GONE),
    ("500, unable to parse", [(500, {}, error("unable to parse 'x'"))], GONE),
    ("500", [(500, {}, error("something else"))], KEPT),
    ("503", [(503, {}, error("busy"))], KEPT),
    ("503 without a body", [(503, {}, "")], KEPT),
    ("200", [(200, {}, "{}")], KEPT),
)

V2_ROWS = (
    *((f"{status}", [(status, {}, "")], DONE) for status in (200, 201, 202, 204, 206, 207, 208)),
    ("413 above one metric", [(lambda body: 413 if body.count(b"\n") > 1 else 204, {}, "")], DONE),
    ("413 for each", [(413, {}, "")], GONE),
    *((f"{status}", [(status, {}, "")], GONE) for status in (400, 404, 406, 422)),
    *((f"{status}", [(status, {}, "")], KEPT) for status in (401, 403, 429, 500, 502, 503, 504)),
)

WAITS = (("a number", "30", 0, 30), ("unreadable", "soon", 0, 10), ("none", None, 0, 1 / 40),
         ("growing", "1", 19, 10), ("growing no more", "1", 99, 60), ("more than that", "90", 99, 90))


def tables():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Told)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = ["--url", f"http://127.0.0.1:{server.server_address[1]}"]
    one = [*base, "--database", "d", "--username", "u", "--password", "p", "buffer"]
    two = [*base, "--bucket", "b", "--organization", "o", "--token", "t", "buffer"]
    lines = ["m v=1 1\n", "m v=2 2\n", "m v=3 3\n"]
    n_failed = 0

    def fact(name, got, want):
        nonlocal n_failed
        n_failed += got != want
        print(f"{'ok' if got == want else 'not ok'} - {name}" + ("" if got == want else f"\n#   got  {got}\n#   want {want}"))

    for version, rows, arguments in (("v1", V1_ROWS, one), ("v2", V2_ROWS, two)):
        for name, answers, want in rows:
            Told.answers, Told.seen[:] = list(answers), []
            with Silence():
                got = options_of([version, *arguments]).make().write(lines)
            fact(f"{version}: {name}", got, want)
    for name, header, retries, want in WAITS:
        output = options_of(["v2", *two]).make()
        output.retries = retries
        fact(f"v2: Retry-After, {name}", output.pause(header), want)
    Told.answers, Told.seen[:] = [(204, {}, "")], []
    options_of(["v1", *one]).make().write(lines)
    path, headers, body = Told.seen[0]
    fact("what is sent", (path, body, headers.get("Transfer-Encoding"), headers.get("Content-Encoding"),
                          headers.get("Content-Length")), ("/write", "".join(lines).encode(), "chunked", "gzip", None))
    server.shutdown()
    return 1 if n_failed else 0


class Silence:
    def __enter__(self):
        self.kept, sys.stdout = sys.stdout, io.StringIO()

    def __exit__(self, *_):
        sys.stdout = self.kept


# ---- the command line --------------------------------------------------------------------------

def options_of(arguments):
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("tables")
    v1, v2 = verbs.add_parser("v1"), verbs.add_parser("v2")
    v1.set_defaults(output=V1)
    v2.set_defaults(output=V2, retries=0)
    for verb, names in (v1, ("database", "username", "password")), (v2, ("bucket", "organization", "token")):
        for name in ("url", *names):
            verb.add_argument(f"--{name}", required=True)
        verb.add_argument("--batch", type=int, default=1000)
        verb.add_argument("--content-encoding", choices=("gzip", "identity"), default="gzip")
        verb.add_argument("buffer")
    v1.add_argument("--retention-policy")
    v1.add_argument("--skip-database-creation", action="store_true")
    options = parser.parse_args(arguments)
    options.make = lambda: options.output(options)
    return options


def main():
    options = options_of(sys.argv[1:])
    if options.verb == "tables":
        return tables()
    output = options.make()
    with open(options.buffer, encoding="utf-8") as file:
        lines = file.readlines()
    output.connect()
    lines, written, dropped = flush(output, lines, options.batch)
    with open(options.buffer, "w", encoding="utf-8") as file:
        file.writelines(lines)
    wait = f", wait {output.wait:g}" if output.wait else ""
    print(f"written {written}, dropped {dropped}, kept {len(lines)}{wait}")
    return 0


sys.exit(main())
