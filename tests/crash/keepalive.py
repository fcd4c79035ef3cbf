"""A process that drives many connections at once: each stays open, and a script says what goes over it.

A script is a generator. It yields a Request and gets (status, headers, body), or seconds to sleep; Connection has what most of
them ask for. Answers are waited for by all at once, so that the clients are not what is measured.
"""
import array, collections, json, random, re, selectors, socket, time, urllib.parse

HANG = 20.0                             # lock_wait is 10 s, and what the request has to do comes behind it
BUSY = re.compile("the store has been busy|another process has been compacting|overloaded")
RETRY_AFTER = 1.0                       # of a result, which has no header

# What connections tell one another and a watchdog: a row of integers each, in memory that all processes share.
SENT, ACKNOWLEDGED, ANSWERS, SINCE, LONGEST, N_WORDS = range(6)


class Trouble(Exception):
    """A fact that does not hold, in words."""


class Request:
    def __init__(self, auth, kind, method, path, query, body=b""):
        self.kind = kind
        form = urllib.parse.urlencode(query)
        if method == "POST" and path == "/query":
            body, form = form.encode(), ""
        self.bytes = (f"{method} {path}?{form} HTTP/1.1\r\nHost: many\r\nAuthorization: {auth}\r\nContent-Length: {len(body)}\r\n"
                      "Content-Type: application/x-www-form-urlencoded\r\n\r\n").encode() + body


# --- a client process: an event loop, and connections that stay open --------------------------------------------------

class Connection:
    """A connection and the generator that uses it: it yields a Request and gets (status, headers, body), or seconds to sleep."""

    def __init__(self, client, number, role):
        self.client, self.number, self.role = client, number, role
        self.words = client.words[number * N_WORDS:(number + 1) * N_WORDS]
        self.rng = random.Random(client.seed * 1000 + number)
        self.database = client.databases[number % len(client.databases)]
        self.socket = None
        self.script = client.scripts[role](self)
        self.request = None
        self.used = 0.0

    def open(self):
        self.socket = socket.create_connection(("127.0.0.1", self.client.port), timeout=HANG)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.client.selector.register(self.socket, selectors.EVENT_READ, self)

    def close(self):
        if self.socket is not None:
            self.client.selector.unregister(self.socket)
            self.socket.close()
        self.socket = None

    def send(self, request):
        now = time.monotonic()
        if self.socket is not None and now - self.used > 3:     # the server closes what is idle for 5 s
            self.close()
        if self.socket is None:
            self.open()
        self.request, self.began, self.got, self.rest = request, now, bytearray(), request.bytes
        self.words[SINCE] = int(now * 1e6)
        self.push()

    def push(self):
        try:
            self.rest = self.rest[self.socket.send(self.rest):]
        except BlockingIOError:
            pass
        self.client.selector.modify(self.socket, selectors.EVENT_READ | (selectors.EVENT_WRITE if self.rest else 0), self)

    def ready(self, mask):
        if mask & selectors.EVENT_WRITE:
            self.push()
        if not mask & selectors.EVENT_READ:
            return
        try:
            piece = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError as error:
            raise Trouble(f"{self.request.kind}: {error}")
        if self.request is None:                                # it was closed while it was idle
            self.close()
            return
        if not piece:
            raise Trouble(f"{self.request.kind}: the connection was closed behind {bytes(self.got)[:300]!r}")
        self.got += piece
        answer = whole_answer(self.got)
        if answer is not None:
            self.answered(answer)

    def answered(self, answer):
        now, request = time.monotonic(), self.request
        took = now - self.began
        self.client.waits[request.kind].append(took)
        self.words[SINCE] = 0
        self.words[ANSWERS] += 1
        self.words[LONGEST] = max(self.words[LONGEST], int(took * 1e6))
        self.request, self.used = None, now
        if answer[1].get("connection") == "close":
            self.close()
        self.step(answer)

    def step(self, answer=None):
        """Goes on with the script until it waits for something."""
        try:
            wanted = self.script.send(answer)
            if isinstance(wanted, Request):
                self.send(wanted)
            else:
                self.client.sleepers.append((time.monotonic() + wanted, self))
        except StopIteration:
            self.close()
            self.client.left -= 1
        except Trouble as trouble:
            self.fails(trouble)

    def fails(self, trouble):
        self.client.trouble.append(f"{self.role} {self.number}: {trouble}")
        self.words[SINCE] = 0
        self.close()
        self.client.left -= 1

    # --- what scripts ask for ---

    def stopping(self):
        return time.monotonic() > self.client.end

    def calm(self):
        """Every other while nobody deletes, so that the journal grows."""
        return int((self.client.end - time.monotonic()) / self.client.calm) % 2 == 1

    def ask(self, kind, *arguments, auth=None):
        """An answer that is no 503: that is waited out, as its Retry-After says."""
        while True:
            status, headers, body = yield Request(auth or self.client.auth, kind, *arguments)
            if status != 503:
                return status, body
            self.client.refused[f"{kind}: {re.sub('[0-9]+', 'N', body.decode(errors='replace').strip())[:150]}"] += 1
            if not BUSY.search(body.decode(errors="replace")) or "retry-after" not in headers:
                raise Trouble(f"{kind}: a 503 that no document tells of: {body[:300]!r} {headers}")
            yield float(headers["retry-after"])

    def write(self, kind, lines, **named):
        body = "\n".join(lines).encode()
        status, text = yield from self.ask(kind, "POST", "/write", {"db": self.database, "precision": "s"}, body, **named)
        return status, text

    def writes(self, kind, lines):
        status, text = yield from self.write(kind, lines)
        if status != 204:
            raise Trouble(f"{kind}: {status} {text[:300]!r}")

    def result(self, kind, statement, database=None, method="GET", **named):
        """The result of one statement; one that was not done since the store was busy is asked for again."""
        while True:
            status, text = yield from self.ask(kind, method, "/query", {"db": database or self.database, "epoch": "s", "q": statement}, **named)
            if status != 200:
                raise Trouble(f"{kind}: {status} {text[:300]!r} for {statement}")
            result = json.loads(text)["results"][0]
            error = result.get("error")
            if error is None:
                return result.get("series", [])
            self.client.refused[f"{kind}: {re.sub('[0-9]+', 'N', error)[:150]}"] += 1
            if not BUSY.search(error):
                raise Trouble(f"{kind}: {error[:300]} for {statement}")
            yield RETRY_AFTER

    def rows(self, kind, statement, database=None):
        series = yield from self.result(kind, statement, database)
        return series[0]["values"] if series else []


def whole_answer(got):
    """(status, headers, body) once all of it is there."""
    end = got.find(b"\r\n\r\n")
    if end < 0:
        return None
    first, *lines = bytes(got[:end]).decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): text.strip() for name, _, text in (line.partition(":") for line in lines)}
    at, status = end + 4, int(first.split()[1])
    if headers.get("transfer-encoding") == "chunked":
        if not got.endswith(b"0\r\n\r\n"):
            return None
        body = bytearray()
        while True:
            line = got.find(b"\r\n", at)
            if line < 0:
                return None
            size = int(got[at:line], 16)
            if size == 0:
                return (status, headers, bytes(body)) if got[line:line + 4] == b"\r\n\r\n" else None
            if line + 2 + size + 2 > len(got):
                return None
            body += got[line + 2:line + 2 + size]
            at = line + 2 + size + 2
    size = 0 if status == 204 else int(headers.get("content-length", 0))
    return (status, headers, bytes(got[at:at + size])) if len(got) >= at + size else None


class Client:
    """One process: its share of the connections. Roles are names of scripts, by number of the connection."""

    def __init__(self, port, auth, words, scripts, databases, roles, seed, seconds):
        self.port, self.auth, self.words, self.seed = port, auth, words, seed
        self.scripts, self.databases, self.roles = scripts, databases, roles
        self.waits, self.refused, self.trouble = collections.defaultdict(lambda: array.array("f")), collections.Counter(), []
        self.points, self.checked, self.deleted, self.models = 0, 0, 0, {}
        self.end, self.calm = time.monotonic() + seconds, max(seconds / 12, 3)

    def run(self, numbers, to):
        self.selector, self.sleepers = selectors.DefaultSelector(), []
        connections = [Connection(self, n, self.roles[n]) for n in numbers]
        self.left = len(connections)
        for connection in connections:
            connection.step()
        while self.left > 0 and time.monotonic() < self.end + 2 * HANG:
            for key, mask in self.selector.select(0.02 if self.sleepers else 0.5):
                try:
                    key.data.ready(mask)
                except Trouble as trouble:
                    key.data.fails(trouble)
            self.wake()
        to.send((dict(self.waits), self.refused, self.trouble, self.points, self.checked, self.deleted, self.models))

    def wake(self):
        now = time.monotonic()
        due = [s for s in self.sleepers if s[0] <= now]
        if due:
            self.sleepers = [s for s in self.sleepers if s[0] > now]
            for _, connection in due:
                connection.step()
