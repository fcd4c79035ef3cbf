#!/usr/bin/env python3
"""Many at once: 64 programs and 200 connections that write, ask, delete and drop, and nobody waits in vain.

    tests/crash/many.py [--seconds 15] [--connections 200] [--processes 32] [--build BUILD] [--seed N] [--set NAME=VALUE]

lighttpd keeps --processes of weir-write and as many of weir-query. The connections stay open; each has one thing to do:

  keep    writes points, some late, some of new series, that nobody deletes, and reads its own back;
  own     writes, overwrites, asks for and deletes its own points, and knows exactly what each answer must be;
  drop    makes a measurement, drops it and makes it again with fields of other types;
  look    asks what dashboards ask, about everybody's points: an answer sees what was acknowledged before it was asked for;
  user    makes users, grants, revokes, drops them; each step counts with the next request.

Beside them weir compact, check, stats and token run on the command line, again and again. Facts that must hold:

  - no request is under way for longer than HANG seconds, and every connection gets its share;
  - answers are right, all along; afterwards every acknowledged point is there, and what was deleted is not;
  - memory (Pss of all programs), descriptors, journal and disk stay in bounds: see bounds();
  - weir check finds nothing.

A 503 with Retry-After is waited out and counted, and so is a statement whose result says that the store is busy.

Prints "ok" and "not ok" lines, then figures on lines that begin with "#".
"""
import argparse, array, collections, json, mmap, multiprocessing, os, random, re, selectors, shutil, socket, subprocess, sys, tempfile, threading
import time, urllib.parse

from kill import TOP, local, program_pids, value

HANG = 20.0                             # lock_wait is 10 s, and what the request has to do comes behind it
TOKEN = "token-of-the-many-test"
DATABASES = ("one", "two", "three", "four")
SHARES = (("keep", 60), ("own", 60), ("look", 66), ("drop", 8), ("user", 6))      # of 200 connections
CLIENTS = 4                             # processes
BUSY = re.compile("the store has been busy|another process has been compacting|overloaded")
RETRY_AFTER = 1.0                       # of a result, which has no header

# What connections tell one another and the watchdog: a row of integers each, in memory that all processes share.
SENT, ACKNOWLEDGED, ANSWERS, SINCE, LONGEST, N_WORDS = range(6)


class Trouble(Exception):
    """A fact that does not hold, in words."""


class Request:
    def __init__(self, kind, method, path, query, body=b"", auth=f"Token {TOKEN}"):
        self.kind, self.auth = kind, auth
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
        self.database = DATABASES[number % len(DATABASES)]
        self.socket = None
        self.script = ROLES[role](self)
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

    def ask(self, *arguments, **named):
        """An answer that is no 503: that is waited out, as its Retry-After says."""
        while True:
            request = Request(*arguments, **named)
            status, headers, body = yield request
            if status != 503:
                return status, body
            self.client.refused[f"{request.kind}: {re.sub('[0-9]+', 'N', body.decode(errors='replace').strip())[:150]}"] += 1
            if not BUSY.search(body.decode(errors="replace")) or "retry-after" not in headers:
                raise Trouble(f"{request.kind}: a 503 that no document tells of: {body[:300]!r} {headers}")
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
    """One process: its share of the connections."""

    def __init__(self, port, words, seed, seconds, roles):
        self.port, self.words, self.seed, self.roles = port, words, seed, roles
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


# --- keep: points that nobody deletes ---------------------------------------------------------------------------------

def keep_line(writer, n, fresh=""):
    return f"load,w=k{writer},host=h{n % 7}{fresh} v={value(writer, n)}i,f={n % 1000 / 8} {n}"


def keep(c):
    rng, late, n = c.rng, [], 0
    while not c.stopping() or late:
        roll = rng.random()
        if late and (roll < 0.3 or c.stopping()):
            numbers = late.pop(0)
        else:
            numbers = range(n, n + rng.choice((1, 1, 5, 50, 400)))
            n = numbers[-1] + 1
            if roll > 0.9:
                late.append(numbers)
                continue
        fresh = f",fresh=f{numbers[0]}" if roll > 0.87 else ""
        c.words[SENT] += len(numbers)
        yield from c.writes("write new series" if fresh else "write", [keep_line(c.number, i, fresh) for i in numbers])
        c.words[ACKNOWLEDGED] += len(numbers)
        c.client.points += len(numbers)
        if rng.random() < 0.02:
            rows = yield from c.rows("count", f"SELECT count(v) FROM load WHERE w = 'k{c.number}'")
            if [row[1] for row in rows] != [c.words[ACKNOWLEDGED]]:
                raise Trouble(f"{c.words[ACKNOWLEDGED]} points were acknowledged, and the writer itself counts {rows}")
    c.client.models[c.number] = (c.database, n)


# --- own: points that come and go, each answer foreseen ----------------------------------------------------------------

WINDOW = 3000


def expect(got, wanted, statement):
    if got != wanted:
        at = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
        raise Trouble(f"{statement}: {len(got)} rows, {len(wanted)} are right; from {at}: {got[at:at + 3]}, right {wanted[at:at + 3]}")
    return 1


def own_write(c, there):
    first = c.rng.randrange(WINDOW)
    numbers = c.rng.sample(range(first, first + 120), c.rng.choice((1, 10, 60)))       # not in order of time
    lines = [f"own,w=o{c.number},host=h{n % 3} v={c.rng.randrange(1000)}i {n}" for n in numbers]
    yield from c.writes("write late", lines)
    there.update((int(line.rsplit(" ", 1)[1]), int(line.split("v=")[1].split("i ")[0])) for line in lines)
    c.client.points += len(lines)


def own_delete(c, there):
    host, first = c.rng.randrange(3), c.rng.randrange(WINDOW)
    last = first + c.rng.randrange(1, 800)
    if c.rng.random() < 0.15:
        statement, gone = f"DELETE FROM own WHERE w = 'o{c.number}' AND host = 'h{host}'", [n for n in there if n % 3 == host]
    else:
        statement = f"DELETE FROM own WHERE w = 'o{c.number}' AND host = 'h{host}' AND time >= {first}s AND time <= {last}s"
        gone = [n for n in there if n % 3 == host and first <= n <= last]
    yield from c.result("DELETE", statement, method="POST")
    for n in gone:
        del there[n]
    c.client.deleted += len(gone)


def own_ask(c, there):
    """(kind, statement, right rows)"""
    where, shape = f"FROM own WHERE w = 'o{c.number}'", c.rng.randrange(6)
    if shape == 0:
        rows = [[0, len(there), sum(there.values()), min(there.values()), max(there.values())]] if there else []
        return "aggregates", f"SELECT count(v), sum(v), min(v), max(v) {where}", rows
    if shape == 1:
        last = max(there, default=None)
        return "last", f"SELECT last(v) {where}", [[last, there[last]]] if there else []
    first, host = c.rng.randrange(WINDOW), c.rng.randrange(3)
    if shape == 2:
        return "raw", f"SELECT v {where} AND time >= {first}s AND time < {first + 500}s", [
            [n, there[n]] for n in sorted(there) if first <= n < first + 500]
    if shape == 3:
        return "raw", f"SELECT v {where} AND host = 'h{host}'", [[n, there[n]] for n in sorted(there) if n % 3 == host]
    if shape == 4:
        return "raw", f"SELECT v {where} ORDER BY time DESC LIMIT 20", [[n, there[n]] for n in sorted(there, reverse=True)[:20]]
    windows = {}
    for n, v in there.items():
        windows.setdefault(n // 100 * 100, []).append(v)
    return "GROUP BY time", f"SELECT count(v), sum(v) {where} AND time >= 0s AND time < {WINDOW + 200}s GROUP BY time(100s) fill(none)", [
        [t, len(windows[t]), sum(windows[t])] for t in sorted(windows)]


def own(c):
    there = {}
    while not c.stopping():
        roll = c.rng.random()
        if roll < 0.5:
            yield from own_write(c, there)
        elif roll < 0.97 or c.calm():
            kind, statement, right = own_ask(c, there)
            rows = yield from c.rows(kind, statement)
            c.client.checked += expect(rows, right, statement)
        else:
            yield from own_delete(c, there)
    c.client.models[c.number] = (c.database, there)


# --- drop: a measurement made, dropped, and made again with other fields -----------------------------------------------

def drop(c):
    name, life = f"drop{c.number}", 0
    while not c.stopping():
        life += 1
        text = (lambda n: f"{n}i", lambda n: f"{n}.5", lambda n: f'"t{n}"')[life % 3]
        for first in range(0, 60, 20):
            yield from c.writes("write", [f"{name},life=l{life} v={text(n)} {n}" for n in range(first, first + 20)])
        c.client.points += 60
        rows = yield from c.rows("count", f"SELECT count(v) FROM {name}")
        c.client.checked += expect([row[1] for row in rows], [60], f"count of {name}, life {life}")
        rows = yield from c.rows("SHOW", f"SHOW TAG VALUES FROM {name} WITH KEY = life")
        c.client.checked += expect([row[1] for row in rows], [f"l{life}"], f"SHOW TAG VALUES of {name}")
        yield from c.result("DROP MEASUREMENT", f"DROP MEASUREMENT {name}", method="POST")
        c.client.deleted += 60
        rows = yield from c.rows("SHOW", f"SHOW MEASUREMENTS WITH MEASUREMENT = {name}")
        c.client.checked += expect(rows, [], f"SHOW MEASUREMENTS of {name} when it is dropped")
        while c.calm() and not c.stopping():
            yield c.rng.uniform(0, 0.5)
    c.client.models[c.number] = (c.database, name)


# --- look: what dashboards ask -----------------------------------------------------------------------------------------

def look(c):
    keepers = [n for n, role in c.client.roles.items() if role == "keep"]
    while not c.stopping():
        writer = c.rng.choice(keepers)
        words, database = c.client.words[writer * N_WORDS:(writer + 1) * N_WORDS], DATABASES[writer % len(DATABASES)]
        least, shape = words[ACKNOWLEDGED], c.rng.randrange(8)
        if shape < 3:
            statement = (f"SELECT count(v) FROM load WHERE w = 'k{writer}'", f"SELECT count(v) FROM load WHERE w = 'k{writer}' AND time >= 0",
                         f"SELECT sum(count) FROM (SELECT count(v) FROM load WHERE w = 'k{writer}' GROUP BY host)")[shape]
            rows = yield from c.rows("count", statement, database)
            seen, most = (rows[0][1] if rows else 0), words[SENT]
            if not least <= seen <= most:
                raise Trouble(f"{statement}: {seen}, but {least} were acknowledged before, and {most} sent by now")
            c.client.checked += 1
        elif shape == 3:
            yield from c.result("GROUP BY time", "SELECT mean(f), max(v) FROM load WHERE time >= 0 AND time < 20000s GROUP BY time(500s), host fill(none)", database)
        elif shape == 4:
            yield from c.result("last", "SELECT last(f) FROM load GROUP BY host", database)
        elif shape == 5:
            yield from c.result("raw", f"SELECT * FROM load WHERE w = 'k{writer}' ORDER BY time DESC LIMIT 50", database)
        elif shape == 6:
            rows = yield from c.rows("SHOW", "SHOW TAG VALUES FROM load WITH KEY = w", database)
            if least > 0 and f"k{writer}" not in [row[1] for row in rows]:
                raise Trouble(f"SHOW TAG VALUES does not know the writer k{writer}, of whom {least} points were acknowledged")
        else:
            yield from c.result("SHOW", c.rng.choice(("SHOW MEASUREMENTS", "SHOW FIELD KEYS", "SHOW TAG KEYS FROM load", "SHOW DATABASES",
                                                      "SHOW SERIES CARDINALITY", "SHOW SERIES FROM own LIMIT 20")), database)


# --- user: who may do what, changed all the time -----------------------------------------------------------------------

def user(c):
    name, life = f"u{c.number}", 0
    yield from c.writes("write", [f"users,u={name} v=1i 1"])
    while not c.stopping():
        life += 1
        auth = f"Token {name}:password{life}"
        yield from c.result("user", f"CREATE USER {name} WITH PASSWORD 'password{life}'", method="POST")
        for grant, right in ((None, 403), (f'GRANT WRITE ON "{c.database}" TO {name}', 204), (f'REVOKE WRITE ON "{c.database}" FROM {name}', 403)):
            if grant is not None:
                yield from c.result("user", grant, method="POST")
            status, text = yield from c.write("write as user", [f"users,u={name} v={life}i {life}"], auth=auth)
            if status != right:
                raise Trouble(f"after {grant}: {status}, and {right} is right: {text[:200]!r}")
        yield from c.result("user", f"DROP USER {name}", method="POST")
        status, text = yield from c.write("write as user", [f"users,u={name} v=1i 1"], auth=auth)
        if status != 401:
            raise Trouble(f"a user that was dropped gets {status} {text[:200]!r}")
        c.client.checked += 4
        yield c.rng.uniform(0, 1)


ROLES = {"keep": keep, "own": own, "drop": drop, "look": look, "user": user}


# --- the command line beside it ----------------------------------------------------------------------------------------

class Beside:
    """weir compact, check, stats and token, one after the other, while the connections are at work."""

    def __init__(self, build, home, port):
        self.weir, self.home, self.port = os.path.join(build, "cgi-bin", "weir"), home, port
        self.stop, self.waits, self.trouble = threading.Event(), collections.defaultdict(list), []

    def run(self, *words):
        began = time.monotonic()
        try:
            said = subprocess.run([self.weir, "--home", self.home, *words], capture_output=True, text=True, timeout=6 * HANG)
        except subprocess.TimeoutExpired:
            self.trouble.append(f"weir {' '.join(words)} takes more than {6 * HANG:.0f} s")
            return None
        self.waits["weir " + words[0]].append(time.monotonic() - began)
        if said.returncode != 0 and not BUSY.search(said.stderr):
            self.trouble.append(f"weir {' '.join(words)}: {said.returncode} {(said.stdout + said.stderr)[-500:]}")
        return said

    def status(self, token):
        with socket.create_connection(("127.0.0.1", self.port), timeout=HANG) as connection:
            connection.sendall(f"GET /query?q=SHOW+DATABASES HTTP/1.0\r\nAuthorization: Token {token}\r\n\r\n".encode())
            return int(connection.makefile("rb").readline().split()[1])

    def tokens(self, life):
        token = f"token-that-comes-and-goes-{life}"
        said = self.run("token", "create", "--read", "one/autogen", "--token", token, "--json")
        if said is None or said.returncode != 0:
            return
        number = re.search('"id": ?"?([0-9a-f]+)', said.stdout).group(1)
        for verb, right in ((None, 200), ("deactivate", 403), ("activate", 200), ("delete", 401)):
            done = verb is None or (self.run("token", verb, number) or said).returncode == 0
            status = self.status(token)
            if done and status not in (right, 503):
                self.trouble.append(f"after weir token {verb}: {status}, and {right} is right")

    def go_on(self):
        life = 0
        while not self.stop.wait(0.5):
            life += 1
            for words in (("stats", "--json"), ("compact",), ("check",)):
                if not self.stop.is_set():
                    self.run(*words)
            self.tokens(life)


# --- memory, descriptors, journal and disk -------------------------------------------------------------------------------

def blocks(stat):
    return stat.st_blocks * 512


class Gauge:
    """What all programs of the home and the home take, now and then."""

    def __init__(self, build, home):
        self.build, self.home, self.samples = build, home, []

    def memory_of(self, pid):
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))

    def files_of(self, pid, deleted):
        names = os.listdir(f"/proc/{pid}/fd")
        for name in names:
            try:
                if os.readlink(f"/proc/{pid}/fd/{name}").startswith(self.home) and (stat := os.stat(f"/proc/{pid}/fd/{name}")).st_nlink == 0:
                    deleted[stat.st_ino] = blocks(stat)
            except OSError:
                pass
        return len(names)

    def take(self):
        memory, files, deleted, sizes = [], [], {}, collections.Counter()
        for pid in program_pids(self):
            try:
                memory.append(self.memory_of(pid))
                files.append(self.files_of(pid, deleted))
            except (OSError, StopIteration):
                pass
        for name in os.listdir(self.home):
            try:
                sizes[re.sub("[.]?[0-9]+$", "", name)] += blocks(os.stat(os.path.join(self.home, name)))
            except OSError:
                pass
        self.samples.append({"at": time.monotonic(), "programs": len(memory), "memory": sum(memory), "largest": max(memory, default=0),
                             "files": max(files, default=0), "journal": sizes["journal"], "log": sizes["log"],
                             "disk": sum(sizes.values()) + sum(deleted.values()), "deleted": sum(deleted.values())})


def mib(n):
    return f"{n / 1048576:.0f} MiB"


MIB = 1 << 20
COMPACT, BACKLOG, CACHE, MEMO = 1 * MIB, 8 * MIB, 16 * MIB, MIB // 4     # settings of the home
LOG_FILE, HASHING, KEPT = 16 * MIB, 19 * MIB, 32 * MIB                  # of weir: env.c, argon2id, what a busy program keeps free


def middle(some):
    return sorted(some)[len(some) // 2]


def bounds(samples, processes, points):
    """(name, good, words) of what the programs and the home may take; samples begin when all is warm."""
    part = max(1, len(samples) // 4)
    first, last = (middle([s["memory"] for s in some]) for some in (samples[:part], samples[-part:]))
    files = samples[0]["files"]
    # Pages of the cache that had not been touched, which are shared, and what each weir-write remembers of series. All else is given back.
    memory = first + CACHE * 5 // 4 + processes * MEMO
    # The cache once more in the share of one, what it keeps free, and passwords, of which it hashes one at a time.
    largest = CACHE * 5 // 4 + KEPT + HASHING
    # Past backlog_limit a write works some of it off, or waits 20 ms for who does; meanwhile each other may bring a request and a file may fill.
    journal = BACKLOG + 2 * COMPACT + processes * 2 * 65536
    # checkpoint_size is less than a file: the one that is written, the one before, and one that a checkpoint under way needs.
    log = 3 * LOG_FILE
    # 24 bytes a point with its times, series and index, and as much room that deletes and merges left free; the regions are the cache and some.
    disk = journal + log + CACHE * 5 // 4 + 12 * MIB + 16 * MIB + 48 * points
    most = {what: max(s[what] for s in samples) for what in samples[0]}
    return [("memory is steady", last <= memory and most["largest"] <= largest,
             f"from {mib(first)} to {mib(last)}, {mib(memory)} is allowed; the largest program had {mib(most['largest'])} of {mib(largest)}"),
            ("descriptors are steady", samples[-1]["files"] <= files + 4 and most["files"] <= 32,
             f"from {files} to {samples[-1]['files']} in a program, {most['files']} at most"),
            ("the journal stays in bounds", most["journal"] <= journal, f"{mib(most['journal'])} of {mib(journal)}"),
            ("log and disk stay in bounds", most["log"] <= log and most["disk"] <= disk,
             f"log {mib(most['log'])} of {mib(log)}, disk {mib(most['disk'])} of {mib(disk)}"),
            ("no program ends", min(s["programs"] for s in samples) == 2 * processes, str([s["programs"] for s in samples]))]


def stuck(pids):
    """Where programs are that do not answer, for somebody to look at."""
    lines = []
    for pid in pids:
        try:
            with open(f"/proc/{pid}/wchan") as wchan, open(f"/proc/{pid}/comm") as comm:
                lines.append(f"{pid} {comm.read().strip()} {wchan.read()}")
        except OSError:
            pass
    return collections.Counter(line.split(" ", 1)[1] for line in lines).most_common(12)


# --- all of it -----------------------------------------------------------------------------------------------------------

def roles_of(n):
    """So many of each role as their share is, mixed."""
    total, roles, given = sum(share for _, share in SHARES), {}, collections.Counter()
    for number in range(n):
        role = max(SHARES, key=lambda s: (number + 1) * s[1] / total - given[s[0]])[0]
        given[role] += 1
        roles[number] = role
    return roles


def watch(words, pipes, gauge, warm, every):
    """Takes samples until all clients have something to tell; what hangs is told at once."""
    trouble, next_sample = [], time.monotonic() + warm
    while not all(pipe.poll(0) for pipe in pipes):
        time.sleep(0.2)
        now = time.monotonic()
        hanging = [i for i in range(len(words) // N_WORDS) if (since := words[i * N_WORDS + SINCE]) and now - since / 1e6 > HANG]
        if hanging and len(trouble) < 5:
            trouble.append(f"{len(hanging)} requests are under way for more than {HANG:.0f} s: {hanging[:10]}; {stuck(program_pids(gauge))}")
        if now >= next_sample:
            gauge.take()
            next_sample = now + every
    return trouble


def ask_once(port, database, statement):
    query = urllib.parse.urlencode({"db": database or "", "epoch": "s", "q": statement})
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        connection.sendall(f"POST /query?{query} HTTP/1.0\r\nAuthorization: Token {TOKEN}\r\nContent-Length: 0\r\n\r\n".encode())
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    result = json.loads(body)["results"][0]
    if "error" in result:
        raise Trouble(f"{statement}: {result['error']}")
    return result["series"][0]["values"] if "series" in result else []


def look_back(port, roles, models):
    """(kept points, lost, wrong or back, in words)"""
    kept, lost, words = 0, 0, []
    for number, (database, model) in sorted(models.items()):
        if roles[number] == "keep":
            there = dict(map(tuple, ask_once(port, database, f"SELECT v FROM load WHERE w = 'k{number}'")))
            missing = sum(1 for n in range(model) if n not in there)
            false = sum(1 for n, v in there.items() if v != value(number, n))
            kept, lost = kept + model, lost + missing
            if false:
                words.append(f"{false} points of {number} have another value")
        elif roles[number] == "own":
            there = dict(map(tuple, ask_once(port, database, f"SELECT v FROM own WHERE w = 'o{number}'")))
            missing = sum(1 for n in model if n not in there)
            kept, lost = kept + len(model), lost + missing
            if any(n not in model for n in there):
                words.append(f"{sum(1 for n in there if n not in model)} deleted points of {number} are back")
            if any(there.get(n, v) != v for n, v in model.items()):
                words.append(f"points of {number} have another value")
        elif roles[number] == "drop" and ask_once(port, database, f"SELECT * FROM {model}"):
            words.append(f"{model} was dropped, and is back")
    return kept, lost, words


def quantile(waits, part):
    return sorted(waits)[min(len(waits) - 1, int(len(waits) * part))]


def under_load(args, seed, build, home, port):
    """What clients, watchdog, gauge and the command line have to tell."""
    for database in DATABASES:
        ask_once(port, None, f'CREATE DATABASE "{database}"')
    words = memoryview(mmap.mmap(-1, args.connections * N_WORDS * 8)).cast("q")
    roles, pipes, clients = roles_of(args.connections), [], []
    gauge, beside = Gauge(build, home), Beside(build, home, port)
    for i in range(CLIENTS):
        ours, theirs = multiprocessing.Pipe(False)
        client = Client(port, words, seed, args.seconds, roles)
        clients.append(multiprocessing.Process(target=client.run, args=(range(i, args.connections, CLIENTS), theirs)))
        pipes.append(ours)
    for client in clients:
        client.start()
    thread = threading.Thread(target=beside.go_on)
    thread.start()
    warm = min(args.seconds / 3, 60)
    trouble = watch(words, pipes, gauge, warm, max(1.0, args.seconds / 100))
    told = [pipe.recv() for pipe in pipes]
    for client in clients:
        client.join()
    beside.stop.set()
    thread.join()
    gauge.take()
    return words, roles, told, gauge, beside, trouble


def show(waits, told, gauge):
    for kind in sorted(waits):
        print(f"#   {kind:18} {len(waits[kind]):8}   median {quantile(waits[kind], 0.5) * 1000:7.0f} ms   99 % {quantile(waits[kind], 0.99) * 1000:7.0f} ms"
              f"   worst {max(waits[kind]) * 1000:7.0f} ms")
    for reason, n in sum((t[1] for t in told), collections.Counter()).most_common():
        print(f"#   {n} times refused for a while: {reason}")
    for name, sample in (("start", gauge.samples[0]), ("middle", gauge.samples[len(gauge.samples) // 2]), ("end", gauge.samples[-1])):
        print(f"#   {name:7}{sample['programs']} programs, Pss {mib(sample['memory'])}, largest {mib(sample['largest'])}, {sample['files']} descriptors at most, "
              f"journal {mib(sample['journal'])}, log {mib(sample['log'])}, disk {mib(sample['disk'])}, of it deleted {mib(sample['deleted'])}")


def run(args, seed, folder, build, home, port):
    began = time.monotonic()
    words, roles, told, gauge, beside, trouble = under_load(args, seed, build, home, port)
    seconds, waits, models = time.monotonic() - began, collections.defaultdict(list), {}
    for t in told:
        for kind, some in t[0].items():
            waits[kind].extend(some)
        models.update(t[6])
    kept, lost, wrong = look_back(port, roles, models)
    stopped = local("stop", "--build", build, "--home", home)
    checked = subprocess.run([os.path.join(build, "cgi-bin", "weir"), "--home", home, "check"], capture_output=True, text=True)
    wrong += [text for t in told for text in t[2]]
    most = {what: max(s[what] for s in gauge.samples) for what in gauge.samples[0]}
    answers = {role: sorted(words[n * N_WORDS + ANSWERS] for n in roles if roles[n] == role) for role, _ in SHARES}
    facts = [("no request hangs", not trouble, "; ".join(trouble)),
             ("every connection gets its share", all(a[0] >= max(1, a[len(a) // 2] // 10) for a in answers.values()), str(answers)),
             ("answers are right, and what was deleted is gone", not wrong, "\n#   ".join(wrong[:12])),
             ("every acknowledged point is there", lost == 0 and kept > 0, f"{lost} of {kept} are lost"),
             ("the command line works beside it", not beside.trouble, "\n#   ".join(beside.trouble[:8])),
             *bounds(gauge.samples, args.processes, kept),
             ("weir check finds nothing", checked.returncode == 0, (checked.stdout + checked.stderr)[-2000:]),
             ("the server stops", stopped.returncode == 0, stopped.stderr)]
    for name, good, text in facts:
        print(f"ok - {name}" if good else f"not ok - {name}\n#   {text}")
    print(f"# seed {seed}: {seconds:.1f} s, {sum(map(len, waits.values()))} requests on {args.connections} connections, {2 * args.processes} programs; "
          f"{sum(t[3] for t in told)} points acknowledged, {sum(t[5] for t in told)} deleted, {kept} there, {lost} lost; {sum(t[4] for t in told)} answers foreseen")
    show(waits | {kind: some for kind, some in beside.waits.items()}, told, gauge)
    print(f"#   at most: journal {mib(most['journal'])}, log {mib(most['log'])}, disk {mib(most['disk'])}, memory {mib(most['memory'])}")
    for role, some in answers.items():
        print(f"#   {role}: {len(some)} connections, {some[0]} to {some[-1]} answers each")
    good = all(fact[1] for fact in facts)
    if good:
        shutil.rmtree(folder)
    else:
        print(f"# the home is kept: {home}")
    return 0 if good else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--processes", type=int, default=32, help="of each program")
    parser.add_argument("--build", default=os.path.join(TOP, "build"))
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the home")
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 20)
    folder = os.path.realpath(tempfile.mkdtemp(prefix="weir-many."))
    build, home = os.path.realpath(args.build), os.path.join(folder, "home")
    settings = ["influxql_management=yes", "influxql_users=yes", f"compact_size={COMPACT}", f"backlog_limit={BACKLOG}", f"cache_size={CACHE}",
                f"memo_size={MEMO}", *args.set]
    started = local("start", "--build", build, "--home", home, "--token", TOKEN, "--processes", str(args.processes),
                    *(word for setting in settings for word in ("--set", setting)))
    if started.returncode != 0:
        print("not ok - the server starts\n" + started.stderr)
        return 1
    port = int(dict(line.split("=", 1) for line in started.stdout.splitlines())["url"].rsplit(":", 1)[1])
    print(f"# seed {seed}, {home}", flush=True)
    return run(args, seed, folder, build, home, port)


if __name__ == "__main__":
    sys.exit(main())
