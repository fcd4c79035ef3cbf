#!/usr/bin/env python3
"""Kills weir's programs at random moments under load, and looks whether anything acknowledged is lost.

    tests/crash/kill.py [--kills 200] [--build BUILD] [--seed N] [--writers 2] [--seconds MOST] [--set NAME=VALUE]

Writers and readers work on one home at once: over HTTP, on programs that stay up behind lighttpd, and as plain CGI
processes that this script starts itself. Meanwhile random ones of these processes, and no others, get SIGKILL.
Then everything is read back. Facts that must hold:

  - every point of a batch that was answered 204 is there, with its value;
  - a query that is answered sees what was acknowledged before it was sent;
  - every request ends, with whatever answer, within HANG seconds;
  - weir check finds no damage.

A small compact_size (--set compact_size=64k) makes most kills fall into compaction.

Prints "ok" and "not ok" lines, then figures on lines that begin with "#".
"""
import argparse, http.client, json, os, random, shutil, signal, subprocess, sys, tempfile, threading, time, urllib.parse

HANG = 30.0
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOKEN = "token-of-the-kill-test"


class Shared:
    """What the threads tell one another."""

    def __init__(self, build, home, port):
        self.build, self.home, self.port = build, home, port
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.acknowledged = {}          # writer -> number of points, all below it acknowledged or skipped
        self.points = {}                # writer -> set of acknowledged sequence numbers
        self.batches = self.refused = self.reads = self.refused_reads = 0
        self.slowest = 0.0
        self.last_success = time.monotonic()
        self.longest_gap = 0.0
        self.trouble = []               # facts that do not hold, in words

    def took(self, seconds):
        with self.lock:
            self.slowest = max(self.slowest, seconds)
            if seconds > HANG:
                self.trouble.append(f"a request took {seconds:.1f} s")

    def succeeded(self):
        now = time.monotonic()
        with self.lock:
            self.longest_gap = max(self.longest_gap, now - self.last_success)
            self.last_success = now

    def fails(self, words):
        with self.lock:
            self.trouble.append(words)


# --- requests: (status, body); status 0 when there was no answer -----------------------------------------------------

def over_http(shared, method, path, query, body=b""):
    began = time.monotonic()
    try:
        connection = http.client.HTTPConnection("127.0.0.1", shared.port, timeout=HANG + 5)
        connection.request(method, f"{path}?{query}", body or None, {"Authorization": f"Token {TOKEN}"})
        answer = connection.getresponse()
        got = answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        got = 0, b""
    finally:
        connection.close()
        shared.took(time.monotonic() - began)
    return got


def over_cgi(shared, method, path, query, body=b""):
    program = os.path.join(shared.build, "fcgi", "weir-write" if path == "/write" else "weir-query")
    env = {"PATH": os.environ.get("PATH", ""), "WEIR_HOME": shared.home, "REQUEST_METHOD": method, "PATH_INFO": path,
           "QUERY_STRING": query, "CONTENT_LENGTH": str(len(body)), "HTTP_AUTHORIZATION": f"Token {TOKEN}",
           "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1"}
    began = time.monotonic()
    with subprocess.Popen([program], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            text, _ = process.communicate(body, timeout=HANG + 5)
        except subprocess.TimeoutExpired:
            process.kill()
            text, _ = process.communicate()
    shared.took(time.monotonic() - began)
    if process.returncode != 0:         # killed: its answer may be cut, a web server would say 500
        return 0, b""
    head, _, rest = text.partition(b"\r\n\r\n")
    status = [line.split()[1] for line in head.split(b"\r\n") if line.lower().startswith(b"status:")]
    return int(status[0]) if status else 200, rest


# --- load ------------------------------------------------------------------------------------------------------------

def value(writer, n):
    return (n * 2654435761 + writer) % 1000003


def write_batches(shared, writer, send, seed):
    """Each point once: a batch is sent until it is acknowledged, now and then given up, which must do no harm."""
    rng = random.Random(seed)
    n = 0
    while not shared.stop.is_set():
        size = rng.choice((1, 5, 50, 400))
        body = "".join(f"load,w={writer},host=h{i % 7} v={value(writer, i)}i {i}\n" for i in range(n, n + size)).encode()
        for _ in range(rng.choice((1, 3, 10))):
            status, text = send(shared, "POST", "/write", "db=crash&precision=s", body)
            if status == 204:
                with shared.lock:
                    shared.batches += 1
                    shared.points[writer].update(range(n, n + size))
                    shared.acknowledged[writer] += size
                shared.succeeded()
                break
            with shared.lock:
                shared.refused += 1
            if 400 <= status < 500:
                shared.fails(f"writer {writer}: {status} {text[:200]!r}")
            if shared.stop.is_set():
                break
        n += size


def read_counts(shared, send, writers, seed):
    rng = random.Random(seed)
    while not shared.stop.is_set():
        writer = rng.randrange(writers)
        with shared.lock:
            least = shared.acknowledged[writer]
        query = urllib.parse.urlencode({"db": "crash", "epoch": "s", "q": f"SELECT count(v) FROM load WHERE w = '{writer}'"})
        status, text = send(shared, "GET", "/query", query)
        if status != 200:
            with shared.lock:
                shared.refused_reads += 1
            if 400 <= status < 500 and not (status == 404 and least == 0):
                shared.fails(f"reader: {status} {text[:200]!r}")
            continue
        try:
            result = json.loads(text)["results"][0]
        except (ValueError, KeyError, IndexError):
            shared.fails(f"reader: no JSON: {text[:200]!r}")
            continue
        if "error" in result:
            if least > 0 and not any(w in result["error"] for w in ("overloaded", "unavailable")):
                shared.fails(f"reader: {result['error'][:200]}")
            continue
        seen = result["series"][0]["values"][0][1] if "series" in result else 0
        if seen < least:
            shared.fails(f"reader: writer {writer} had {least} points acknowledged, a later query saw {seen}")
        with shared.lock:
            shared.reads += 1


def program_pids(shared):
    """The processes of weir's programs that serve this home."""
    programs = {os.path.join(shared.build, "fcgi", name) for name in ("weir-write", "weir-query")}
    mark = f"WEIR_HOME={shared.home}".encode()
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            if os.readlink(f"/proc/{name}/exe") in programs:
                with open(f"/proc/{name}/environ", "rb") as env:
                    if mark in env.read().split(b"\0"):
                        found.append(int(name))
        except OSError:
            pass
    return found


def kill_at_random(shared, wanted, seed, most_seconds):
    rng = random.Random(seed)
    kills, end = 0, time.monotonic() + most_seconds
    while kills < wanted and time.monotonic() < end:
        time.sleep(rng.expovariate(1 / 0.12))
        victims = program_pids(shared)
        rng.shuffle(victims)
        for pid in victims[:rng.choice((1, 1, 1, 2, len(victims)))]:
            try:
                os.kill(pid, signal.SIGKILL)
                kills += 1
            except ProcessLookupError:
                pass
    return kills


# --- afterwards ------------------------------------------------------------------------------------------------------

def points_there(shared, writer):
    query = urllib.parse.urlencode({"db": "crash", "epoch": "s", "q": f"SELECT v FROM load WHERE w = '{writer}'"})
    for _ in range(20):
        status, text = over_http(shared, "GET", "/query", query)
        if status == 200:
            result = json.loads(text)["results"][0]
            if "error" in result:
                raise SystemExit(f"not ok - reading back: {result['error']}")
            return dict(map(tuple, result["series"][0]["values"])) if "series" in result else {}
        time.sleep(0.5)
    raise SystemExit(f"not ok - reading back: {status} {text[:300]!r}")


def local(*arguments):
    return subprocess.run([os.path.join(TOP, "deploy", "local"), *arguments], capture_output=True, text=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--build", default=os.path.join(TOP, "build"))
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--writers", type=int, default=2, help="over HTTP, and as many as plain CGI")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the home")
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 32)
    if not os.path.exists("/proc/self/exe"):
        print("ok - skipped: no /proc here, so the programs of one server cannot be told from others")
        return 0

    folder = tempfile.mkdtemp(prefix="weir-crash.")
    build, home = os.path.realpath(args.build), os.path.join(os.path.realpath(folder), "home")
    started = local("start", "--build", build, "--home", home, "--token", TOKEN, *(word for setting in args.set for word in ("--set", setting)))
    if started.returncode != 0:
        print("not ok - the server starts\n" + started.stderr)
        return 1
    url = dict(line.split("=", 1) for line in started.stdout.splitlines())["url"]
    shared = Shared(build, home, int(url.rsplit(":", 1)[1]))
    writers = 2 * args.writers
    for writer in range(writers):
        shared.acknowledged[writer], shared.points[writer] = 0, set()
    threads = [threading.Thread(target=write_batches, args=(shared, w, over_http if w < args.writers else over_cgi, seed + w))
               for w in range(writers)]
    threads += [threading.Thread(target=read_counts, args=(shared, send, writers, seed + 100 + i))
                for i, send in enumerate((over_http, over_cgi))]
    shared.last_success = began = time.monotonic()
    try:
        for thread in threads:
            thread.start()
        kills = kill_at_random(shared, args.kills, seed + 1000, args.seconds)
    finally:
        shared.stop.set()
        for thread in threads:
            thread.join()
    seconds = time.monotonic() - began

    lost = wrong = total = 0
    try:
        for writer in range(writers):
            there = points_there(shared, writer)
            total += len(shared.points[writer])
            lost += sum(1 for n in shared.points[writer] if n not in there)
            wrong += sum(1 for n, v in there.items() if v != value(writer, n))
    finally:
        said = local("stop", "--build", build, "--home", home)
    checked = subprocess.run([os.path.join(build, "cgi-bin", "weir"), "--home", home, "check"], capture_output=True, text=True)
    facts = [("all kills took place", kills >= args.kills, f"{kills} of {args.kills} in {seconds:.0f} s"),
             ("points were acknowledged meanwhile", total > 0, "none"),
             ("every acknowledged point is there", lost == 0, f"{lost} of {total} are lost"),
             ("with its value", wrong == 0, f"{wrong} are wrong"),
             ("weir check finds nothing", checked.returncode == 0, (checked.stdout + checked.stderr)[-2000:]),
             ("no request hangs, none fails but for a kill", not shared.trouble, "; ".join(shared.trouble[:5])),
             ("the server stops", said.returncode == 0, said.stderr)]
    for name, good, words in facts:
        print(f"ok - {name}" if good else f"not ok - {name}\n#   {words}")
    print(f"# seed {seed}: {kills} kills in {seconds:.1f} s; {shared.batches} batches with {total} points acknowledged, {lost} lost; "
          f"{shared.refused} writes and {shared.refused_reads} of {shared.reads + shared.refused_reads} queries were refused or cut; "
          f"longest gap {shared.longest_gap:.2f} s, slowest request {shared.slowest:.2f} s")
    good = all(fact[1] for fact in facts)
    if good:
        shutil.rmtree(folder)
    else:
        print(f"# the home is kept: {home}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
