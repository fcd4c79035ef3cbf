"""Writers and readers on a server of deploy/local, who remember what they were told, and what must hold afterwards.

Writers write each point once: a batch is sent until it is acknowledged, now and then given up, which must do no harm.
Readers count one writer's points, and must see at least what was acknowledged before they asked. One more client deletes
what it has written, the oldest first. Two probes send the
smallest write and a query, one after the other, and remember when each was sent and answered: they tell how long the
service was away after some event.
"""
import bisect, collections, json, os, random, shutil, subprocess, threading, time, urllib.parse

from ask import over_cgi, over_http

HANG = 30.0
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NO_HANG = "no request hangs, none is refused as bad"
WINDOW = 100_000                        # points that are read back at a time


def local(*arguments):
    return subprocess.run([os.path.join(TOP, "deploy", "local"), *arguments], capture_output=True, text=True)


def value(writer, n):
    return (n * 2654435761 + writer) % 1000003


class Server:
    """A home, with the web server that deploy/local starts on it."""

    def __init__(self, build, home, token, options=()):
        self.build, self.home, self.token = os.path.realpath(build), home, token
        started = local("start", "--build", self.build, "--home", home, "--token", token, *options)
        if started.returncode != 0:
            raise SystemExit(f"not ok - the server starts\n{started.stderr}")
        self.port = int(dict(line.split("=", 1) for line in started.stdout.splitlines())["url"].rsplit(":", 1)[1])

    def by_http(self, *request):
        return over_http(self.port, self.token, *request, timeout=HANG + 5)

    def by_cgi(self, *request):
        return over_cgi(self.build, self.home, self.token, *request, timeout=HANG + 5)

    def stop(self):
        return local("stop", "--build", self.build, "--home", self.home)

    def program_pids(self):
        """The processes of weir's programs that serve this home."""
        mark, found = f"WEIR_HOME={self.home}".encode(), []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.path.basename(os.readlink(f"/proc/{name}/exe")).split()[0] in ("weir-write", "weir-query"):
                    with open(f"/proc/{name}/environ", "rb") as env:
                        if mark in env.read().split(b"\0"):
                            found.append(int(name))
            except OSError:
                pass
        return found


class Probe:
    """One small request after the other; which were answered as they should."""

    def __init__(self, send, request, wanted):
        self.send, self.request, self.wanted = send, request, wanted
        self.sent, self.answered = [], []

    def once(self):
        now = time.monotonic()
        status, text = self.send(*self.request)
        if status == self.wanted and b'"error"' not in text:
            self.sent.append(now)
            self.answered.append(time.monotonic())

    def back_after(self, moment):
        """Seconds from a moment to the answer of the first good request that was sent after it; None: there was none."""
        at = bisect.bisect_left(self.sent, moment)
        return self.answered[at] - moment if at < len(self.sent) else None


class Deleter:
    """One more writer, whose points are deleted again, the oldest first."""

    def __init__(self, send, fails):
        self.send, self.fails = send, fails
        self.sent, self.acknowledged = 0, []
        self.asked = self.deleted = 0   # all below was perhaps deleted, was deleted, and so it was said
        self.n_deletes = 0

    def query(self, method, text):
        status, body = self.send(method, "/query", urllib.parse.urlencode({"db": "crash", "epoch": "s", "q": text}))
        if status != 200 or b'"error"' in body:
            return None
        return json.loads(body)["results"][0].get("series", [])

    def once(self, rng):
        numbers = range(self.sent, self.sent + rng.choice((1, 20, 200)))
        self.sent = numbers.stop
        body = "".join(f"short,host=h{n % 5} v={value(0, n)}i {n}\n" for n in numbers).encode()
        if self.send("POST", "/write", "db=crash&precision=s", body)[0] == 204:
            self.acknowledged += numbers
        if rng.random() < 0.5:
            self.asked = below = rng.randrange(self.asked, self.sent + 1)
            if self.query("POST", f"DELETE FROM short WHERE time < {below}s") is not None:
                self.deleted, self.n_deletes = below, self.n_deletes + 1
        back = self.query("GET", f"SELECT count(v) FROM short WHERE time < {self.deleted}s")
        if back:
            self.fails(f"{back[0]['values'][0][1]} points that were deleted are back")

    def judge(self):
        """What does not hold at the end, in words."""
        series = self.query("GET", "SELECT v FROM short")
        there = dict(map(tuple, series[0]["values"])) if series else {}
        lost = [n for n in self.acknowledged if n >= self.asked and there.get(n) != value(0, n)]
        back = [n for n in there if n < self.deleted]
        return ([f"{len(lost)} points beside a DELETE are lost or wrong"] if lost else []) + (
            [f"{len(back)} points that were deleted are back"] if back else [])


class Load:
    def __init__(self, server, writers, readers, seed):
        """Writers and readers are ways to send a request, one for each."""
        self.server, self.seed = server, seed
        self.stop_now, self.lock = threading.Event(), threading.Lock()
        self.acknowledged = [[] for _ in writers]       # writer -> ranges of numbers that were acknowledged
        self.counts = [0 for _ in writers]
        self.batches = self.refused = self.reads = self.refused_reads = 0
        self.slowest = 0.0
        self.statuses = collections.Counter()           # of requests that failed
        self.trouble = []               # facts that do not hold, in words
        self.probes = [Probe(self.timed(writers[0]), ("POST", "/write", "db=crash&precision=s", b"probe v=1i 1"), 204),
                       Probe(self.timed(readers[0]), ("GET", "/query", urllib.parse.urlencode({"db": "crash", "q": "SELECT v FROM probe"})), 200)]
        self.threads = [threading.Thread(target=self.write_batches, args=(w, self.timed(send))) for w, send in enumerate(writers)]
        self.threads += [threading.Thread(target=self.read_counts, args=(i, self.timed(send))) for i, send in enumerate(readers)]
        self.deleter = Deleter(self.timed(readers[-1]), self.fails)
        self.threads += [threading.Thread(target=self.go_on_deleting)]
        self.threads += [threading.Thread(target=self.go_on_probing, args=(probe,)) for probe in self.probes]

    def fails(self, words):
        with self.lock:
            self.trouble.append(words)

    def timed(self, send):
        def timed_send(*request):
            began = time.monotonic()
            answer = send(*request)
            seconds = time.monotonic() - began
            with self.lock:
                self.slowest = max(self.slowest, seconds)
                if answer[0] not in (200, 204):
                    self.statuses[answer[0]] += 1
                if seconds > HANG:
                    self.trouble.append(f"a request took {seconds:.1f} s")
            return answer
        return timed_send

    def start(self):
        self.began = time.monotonic()
        for thread in self.threads:
            thread.start()

    def stop(self):
        self.stop_now.set()
        for thread in self.threads:
            thread.join()
        self.seconds = time.monotonic() - self.began

    def go_on_probing(self, probe):
        while not self.stop_now.is_set():
            probe.once()
            time.sleep(0.005)

    def go_on_deleting(self):
        rng = random.Random(self.seed + 200)
        while not self.stop_now.is_set():
            self.deleter.once(rng)

    def write_batches(self, writer, send):
        rng, n = random.Random(self.seed + writer), 0
        while not self.stop_now.is_set():
            size = rng.choice((1, 5, 50, 400))
            body = "".join(f"load,w={writer},host=h{i % 7} v={value(writer, i)}i {i}\n" for i in range(n, n + size)).encode()
            for _ in range(rng.choice((1, 3, 10))):
                status, text = send("POST", "/write", "db=crash&precision=s", body)
                if status == 204:
                    with self.lock:
                        self.batches += 1
                        self.acknowledged[writer].append((n, n + size))
                        self.counts[writer] += size
                    break
                with self.lock:
                    self.refused += 1
                if 400 <= status < 500:
                    self.fails(f"writer {writer}: {status} {text[:200]!r}")
                if self.stop_now.is_set():
                    break
            n += size

    def read_counts(self, number, send):
        rng = random.Random(self.seed + 100 + number)
        while not self.stop_now.is_set():
            writer = rng.randrange(len(self.counts))
            with self.lock:
                least = self.counts[writer]
            query = urllib.parse.urlencode({"db": "crash", "epoch": "s", "q": f"SELECT count(v) FROM load WHERE w = '{writer}'"})
            status, text = send("GET", "/query", query)
            if status == 200:
                self.judge_count(writer, least, text)
                continue
            with self.lock:
                self.refused_reads += 1
            if 400 <= status < 500 and not (status == 404 and least == 0):
                self.fails(f"reader: {status} {text[:200]!r}")

    def judge_count(self, writer, least, text):
        try:
            result = json.loads(text)["results"][0]
        except (ValueError, KeyError, IndexError):
            return self.fails(f"reader: no JSON: {text[:200]!r}")
        if "error" in result:
            if least > 0 and not any(w in result["error"] for w in ("overloaded", "unavailable")):
                self.fails(f"reader: {result['error'][:200]}")
            return None
        seen = result["series"][0]["values"][0][1] if "series" in result else 0
        if seen < least:
            self.fails(f"reader: writer {writer} had {least} points acknowledged, a later query saw {seen}")
        with self.lock:
            self.reads += 1
        return None

    # --- afterwards --------------------------------------------------------------------------------------------------

    def points_there(self, writer, first, end):
        query = urllib.parse.urlencode({"db": "crash", "epoch": "s",
                                        "q": f"SELECT v FROM load WHERE w = '{writer}' AND time >= {first}s AND time < {end}s"})
        for _ in range(20):
            status, text = self.server.by_http("GET", "/query", query)
            if status == 200:
                result = json.loads(text)["results"][0]
                if "error" in result:
                    raise SystemExit(f"not ok - reading back: {result['error']}")
                return dict(map(tuple, result["series"][0]["values"])) if "series" in result else {}
            time.sleep(0.5)
        raise SystemExit(f"not ok - reading back: {status} {text[:300]!r}")

    def read_back(self):
        """All points: how many were acknowledged, are lost, are wrong."""
        total = lost = wrong = 0
        for writer, ranges in enumerate(self.acknowledged):
            numbers = {n // WINDOW: [] for first, end in ranges for n in (first, end)}
            for first, end in ranges:
                for n in range(first, end):
                    numbers[n // WINDOW].append(n)
            for window, wanted in sorted(numbers.items()):
                there = self.points_there(writer, window * WINDOW, (window + 1) * WINDOW)
                total += len(wanted)
                lost += sum(1 for n in wanted if n not in there)
                wrong += sum(1 for n, v in there.items() if v != value(writer, n))
        return total, lost, wrong

    def facts(self):
        """(what holds, does it, words) for all that must hold after any load; the server is stopped for it."""
        try:
            self.total, self.lost, wrong = self.read_back()
            unwanted = self.deleter.judge()
        finally:
            said = self.server.stop()
        checked = subprocess.run([os.path.join(self.server.build, "cgi-bin", "weir"), "--home", self.server.home, "check"],
                                 capture_output=True, text=True)
        return [("points were acknowledged meanwhile", self.total > 0, "none"),
                ("every acknowledged point is there", self.lost == 0, f"{self.lost} of {self.total} are lost"),
                ("with its value", wrong == 0, f"{wrong} are wrong"),
                ("what was deleted is gone, and nothing else", not unwanted and self.deleter.n_deletes > 0,
                 "; ".join(unwanted) or "no DELETE was answered"),
                ("weir check finds nothing", checked.returncode == 0, (checked.stdout + checked.stderr)[-2000:]),
                (NO_HANG, not self.trouble, "; ".join(self.trouble[:5])),
                ("the server stops", said.returncode == 0, said.stderr)]

    def figures(self):
        return (f"{self.batches} batches with {self.total} points acknowledged, {self.lost} lost; {self.refused} of "
                f"{self.batches + self.refused} writes and {self.refused_reads} of {self.reads + self.refused_reads} queries were refused or cut; "
                f"{self.deleter.n_deletes} DELETEs; slowest request {self.slowest:.2f} s")


def tell(facts, figures, folder):
    """Prints facts and figures, and keeps the folder where something is wrong; the exit status."""
    for name, good, words in facts:
        print(f"ok - {name}" if good else f"not ok - {name}\n#   {words}")
    print(f"# {figures}")
    if all(fact[1] for fact in facts):
        shutil.rmtree(folder)
        return 0
    print(f"# the home is kept in {folder}")
    return 1
