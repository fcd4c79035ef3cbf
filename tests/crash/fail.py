#!/usr/bin/env python3
"""Lets the N-th call on a store's files fail, for each N, and looks at what is told, what is left and how it goes on.

    tests/crash/fail.py [--errors EIO,ENOSPC,EDQUOT] [--scenarios write,...] [--every K] [--most N] [--seed N] [--build BUILD] [--verbose]

fail_shim.c is preloaded into weir's programs, those that stay up behind lighttpd and those of the command line. A scenario is
a thing that changes the store (a write with new names, compaction, DELETE, DROP, ...). It is run with its first call failing,
then with its second, until one run meets no failure; once so that this call fails alone, once so that all from it on fail until
the cause is taken away. Facts that must hold each time:

  - the answer is success, or 503 with Retry-After and a body in the API's shape (of /query a statement's error), or exit status
    1 with words on standard error;
  - with the cause gone all that was acknowledged is there, of what was refused nothing but whole points;
  - the same is then taken at the first try, by the same processes or, where one has ended, others;
  - nobody died by a signal, and the log has few lines;
  - weir check finds nothing at the end.
"""
import argparse, http.client, json, os, random, re, shutil, subprocess, sys, tempfile, time, urllib.parse

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOKEN = "token-of-the-fail-test"
SETTINGS = ("compact_size=32k", "checkpoint_size=64k", "cache_size=1M", "disk_reserve=1M", "influxql_management=yes")


ROOM = "write,allocate,create,rename,sync"      # what fails where there is no room, and no more
WRITING = "write,allocate,truncate,sync"        # and on a disk that cannot be written
ALL = "read,open,create,map,rename,unlink," + WRITING


class Trouble(Exception):
    """A fact that does not hold, in words."""


class Plant:
    """A home behind lighttpd, whose calls fail as the plan says."""

    def __init__(self, folder, build, shim, verbose):
        self.folder, self.build, self.home = folder, build, os.path.join(folder, "home")
        self.plan = os.path.join(folder, "plan")
        self.weir = os.path.join(build, "cgi-bin", "weir")
        self.env = {"PATH": os.environ.get("PATH", ""), "LD_PRELOAD": shim, "FAIL_HOME": self.home, "FAIL_PLAN": self.plan}
        self.local("start", "--token", TOKEN, *(w for s in SETTINGS for w in ("--set", s)))
        self.log = os.path.join(self.home, "web", "error.log")
        self.verbose = verbose

    def local(self, verb, *words):
        said = subprocess.run([os.path.join(TOP, "deploy", "local"), verb, "--build", self.build, "--home", self.home, *words], env=self.env,
                              capture_output=True, text=True)
        if verb == "start":
            if said.returncode != 0:
                raise SystemExit(f"no server: {said.stdout}{said.stderr}")
            self.port = int(re.search(r"^url=http://127.0.0.1:(\d+)", said.stdout, re.M).group(1))
        return said.stdout

    # --- the plan

    def fail(self, error, first, last):
        for suffix in (".count", ".log"):
            if os.path.exists(self.plan + suffix):
                os.unlink(self.plan + suffix)
        with open(self.plan + ".new", "w") as file:
            calls = ROOM if error in ("ENOSPC", "EDQUOT") else ALL if last else WRITING
            file.write(f"{calls} {error} {first} {last} *\n")
        os.rename(self.plan + ".new", self.plan)

    def calls(self):
        try:
            return int(open(self.plan + ".count").read())
        except (OSError, ValueError):
            return 0

    def settle(self):
        """Until what is done after replies has been done."""
        before, quiet = -1, 0
        while quiet < 2:
            time.sleep(0.03)
            now = self.calls()
            before, quiet = now, quiet + 1 if now == before else 0

    def mend(self):
        if os.path.exists(self.plan):
            os.unlink(self.plan)

    def what_failed(self):
        return open(self.plan + ".log").read().splitlines() if os.path.exists(self.plan + ".log") else []

    # --- requests

    def request(self, method, path, params, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path + "?" + urllib.parse.urlencode(params), body, {"Authorization": f"Token {TOKEN}"})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def refusal(self, status, headers, body, where):
        """What an error says; it has the shape that the API promises."""
        try:
            said = json.loads(body)
        except ValueError:
            raise Trouble(f"{where}: {status} with a body that is not weir's: {body[:120]!r}")
        if status != 503 or said.get("code") != "unavailable" or "message" not in said:
            raise Trouble(f"{where}: {status} {body[:200]!r}")
        if "Retry-After" not in headers:
            raise Trouble(f"{where}: 503 without Retry-After")
        return said["message"]

    def write(self, lines, path="/write"):
        params = {"db": "d", "precision": "s"} if path == "/write" else {"bucket": "d/autogen", "precision": "s"}
        status, headers, body = self.request("POST", path, params, lines.encode())
        if status == 204:
            return True
        self.refusal(status, headers, body, "a write")
        return False

    def query(self, text, change=False):
        """The series of one statement, as {(name, tags): rows}; None when it was refused."""
        status, headers, body = self.request("POST" if change else "GET", "/query", {"db": "d", "q": text, "epoch": "s"})
        if status != 200:
            self.refusal(status, headers, body, text)
            return None
        result = json.loads(body)["results"][0]
        if "error" in result:
            return None
        return {(s.get("name", ""), *sorted(s.get("tags", {}).items())): s.get("values", []) for s in result.get("series", [])}

    def must_query(self, text):
        rows = self.query(text)
        if rows is None:
            raise Trouble(f"with the cause gone a query is refused: {text}")
        return rows

    def run(self, *words):
        said = subprocess.run([self.weir, "--home", self.home, *words], env=self.env, capture_output=True, text=True)
        if said.returncode not in (0, 1):
            raise Trouble(f"weir {words[0]}: exit status {said.returncode}: {said.stderr[-300:]}")
        if said.returncode == 1 and not said.stderr.startswith("weir: "):
            raise Trouble(f"weir {words[0]} says nothing: {said.stderr[-300:]!r}")
        return said.returncode == 0


# --- scenarios: each makes ready (nothing fails), acts (a call fails), is done again, and looks ------------------------

def lines(name, hosts, times, field="v"):
    return "".join(f"{name},host={h} {field}={t * 31 + i}i {t}\n" for i, h in enumerate(hosts) for t in times)


class Scenario:
    hosts = ("a", "b", "c")
    times = range(1, 41)

    serial = 0                          # of the run, over all scenarios

    def __init__(self, plant):
        self.plant, self.number = plant, 0

    def begin(self):
        self.number += 1
        Scenario.serial += 1
        self.name = f"{type(self).__name__.lower()}{Scenario.serial}"
        self.ready()

    def ready(self):
        pass

    def put(self, name, hosts, times, **more):
        if not self.plant.write(lines(name, hosts, times, **more)):
            raise Trouble("a write before the failure is refused")

    def whole(self, hosts, times, field="v", name=None):
        """All rows of these hosts and no others are there, with their values."""
        name = name or self.name
        there = self.plant.must_query(f'SELECT {field} FROM "{name}" GROUP BY host')
        for i, host in enumerate(hosts):
            rows = there.pop((name, ("host", host)), [])
            if rows != [[t, t * 31 + i] for t in times]:
                raise Trouble(f"{name} has {len(rows)} rows of {host}, not the {len(times)} that were acknowledged: {rows[:3]}")
        if there:
            raise Trouble(f"{name} has series that nobody wrote: {sorted(there)}")

    def after_failure(self, succeeded):
        pass


class Write(Scenario):
    """Points of a measurement that is new, and of one that is not."""

    def ready(self):
        self.put("known", self.hosts, [Scenario.serial])

    def act(self):
        return self.plant.write(lines(self.name, self.hosts, self.times) + lines("known", self.hosts, [1000000 + Scenario.serial]),
                                ("/write", "/api/v2/write")[self.number % 2])

    def after_failure(self, succeeded):
        there = self.plant.must_query(f'SELECT v FROM "{self.name}" GROUP BY host')
        for i, host in enumerate(self.hosts):
            for t, v in there.get((self.name, ("host", host)), []):
                if v != t * 31 + i:
                    raise Trouble(f"half a point: {host} {t} {v}")
        if succeeded:
            self.whole(self.hosts, self.times)

    def look(self):
        self.whole(self.hosts, self.times)


class Append(Scenario):
    """Points of series that are known: the journal alone."""

    def ready(self):
        if self.number == 1:
            self.first = self.name
            self.put(self.first, self.hosts, [0])
        self.name = self.first

    def act(self):
        return self.plant.write(lines(self.name, self.hosts, [self.number]))

    def look(self):
        self.whole(self.hosts, range(0, self.number + 1))


class Compact(Scenario):
    """The journal into chunks, by the command line."""

    def ready(self):
        self.put(self.name, self.hosts, self.times)

    def act(self):
        return self.plant.run("compact")

    def after_failure(self, succeeded):
        self.whole(self.hosts, self.times)

    def look(self):
        self.whole(self.hosts, self.times)


class Maintain(Scenario):
    """Compaction and checkpoints as they come after replies: a write long enough to seal a file."""
    times = range(1, 1601)

    def act(self):
        done = self.plant.write(lines(self.name, self.hosts, self.times))
        self.plant.settle()
        return done

    def after_failure(self, succeeded):
        if succeeded:
            self.whole(self.hosts, self.times)

    def look(self):
        self.whole(self.hosts, self.times)


class Delete(Scenario):
    def ready(self):
        self.put(self.name, self.hosts, self.times)

    def act(self):
        return self.plant.query(f"DELETE FROM \"{self.name}\" WHERE host = 'a'", True) is not None

    def after_failure(self, succeeded):
        there = self.plant.must_query(f'SELECT v FROM "{self.name}" GROUP BY host')
        if succeeded and (self.name, ("host", "a")) in there:
            raise Trouble("what was deleted is there")
        for i, host in enumerate(self.hosts[1:], 1):
            if there.get((self.name, ("host", host))) != [[t, t * 31 + i] for t in self.times]:
                raise Trouble(f"DELETE of host a took rows of {host}")

    def look(self):
        there = self.plant.must_query(f'SELECT v FROM "{self.name}" GROUP BY host')
        if sorted(k[1][1] for k in there) != ["b", "c"]:
            raise Trouble(f"after DELETE there are {sorted(there)}")


class Drop(Scenario):
    def ready(self):
        self.put(self.name, self.hosts, self.times)
        self.put(self.name + "x", self.hosts, self.times)

    def act(self):
        return self.plant.query(f'DROP MEASUREMENT "{self.name}"', True) is not None

    def after_failure(self, succeeded):
        there = self.plant.must_query(f'SELECT v FROM "{self.name}" GROUP BY host')
        if succeeded and there:
            raise Trouble("what was dropped is there")
        if there:
            self.whole(self.hosts, self.times)

    def look(self):
        if self.plant.must_query(f'SELECT v FROM "{self.name}"'):
            raise Trouble("what was dropped is there")
        self.whole(self.hosts, self.times, name=self.name + "x")


class Token(Scenario):
    """A token made, and at the end taken away."""

    def token(self):
        return f"{self.name}-and-some-more-letters"

    def works(self):
        status, headers, body = self.plant.request("GET", "/query", {"q": "SHOW DATABASES", "p": self.token()})
        if status not in (200, 401):
            raise Trouble(f"a new token is answered {status}")
        return status == 200

    def act(self):
        self.made = self.plant.run("token", "create", "--all-access", "--token", self.token())
        return self.made

    def after_failure(self, succeeded):
        if succeeded and not self.works():
            raise Trouble("a token that was made does not work")
        self.before = self.works()

    def again(self):
        return self.before or self.act()

    def look(self):
        if not self.works():
            raise Trouble("the token does not work")


class Bucket(Scenario):
    """A database that a write makes."""

    def act(self):
        status, headers, body = self.plant.request("POST", "/write", {"db": self.name, "precision": "s"}, b"m v=1i 1\n")
        if status == 204:
            return True
        self.plant.refusal(status, headers, body, "a write that makes a database")
        return False

    def look(self):
        status, headers, body = self.plant.request("GET", "/query", {"db": self.name, "q": "SELECT v FROM m"})
        if json.loads(body)["results"][0].get("series", [{}])[0].get("values") != [["1970-01-01T00:00:01Z", 1]]:
            raise Trouble(f"the new database has not its point: {body!r}")


class Open(Scenario):
    """Whoever comes first after a crash: the shared regions are gone, and the log is replayed."""

    def ready(self):
        self.put(self.name, self.hosts, self.times)
        self.plant.settle()
        with open(os.path.join(self.plant.home, "weir.mark"), "r+b") as mark:
            mark.seek(8)                # another boot
            mark.write(bytes(random.randrange(256) for _ in range(16)))

    def act(self):
        return self.plant.query(f'SELECT v FROM "{self.name}" LIMIT 1') is not None

    def look(self):
        self.whole(self.hosts, self.times)


SCENARIOS = (Write, Append, Compact, Maintain, Delete, Drop, Token, Bucket, Open)


def one_run(scenario, plant, error, first, last, counts):
    """True when the failure was met."""
    scenario.begin()
    plant.settle()
    log = os.path.getsize(plant.log)
    plant.fail(error, first, last)
    succeeded = scenario.act()
    met = plant.calls() >= first
    counts["runs"] += 1
    counts["refused"] += not succeeded
    if met and last == 0:               # while the cause lasts
        counts["reads"] += 1
        if plant.query("SELECT count(v) FROM known") is None:
            counts["reads refused"] += 1
            if plant.verbose:
                print("    no reads after", plant.what_failed()[0], flush=True)
    plant.mend()
    scenario.after_failure(succeeded)
    if not succeeded and not getattr(scenario, "again", scenario.act)():
        raise Trouble("with the cause gone it is refused again")
    if not met and not succeeded:
        raise Trouble("refused, though nothing failed")
    scenario.look()
    with open(plant.log, errors="replace") as file:
        file.seek(log)
        said = [line for line in file if "weir" in line or "child" in line]
    if any("signal" in line for line in said):
        raise Trouble("a program died: " + " ".join(said)[-300:])
    counts["lines"] = max(counts["lines"], len(said))
    counts["ended"] += sum("exited" in line for line in said)
    if len(said) > 12:
        raise Trouble(f"{len(said)} lines in the log: " + " ".join(said)[-600:])
    return met


def sweep(kind, plant, error, every, most, rng, verbose):
    counts = dict.fromkeys(("runs", "refused", "reads", "reads refused", "ended", "lines"), 0)
    scenario, wrong = kind(plant), []
    for last in ("once", "on"):
        number, met = 1, True
        for _ in range(most):
            if not met or len(wrong) == 5:
                break
            try:
                met = one_run(scenario, plant, error, number, number if last == "once" else 0, counts)
            except Trouble as trouble:
                plant.mend()
                failed = ", ".join(plant.what_failed()[:3])
                wrong.append(f"{kind.__name__}, {error} {last} from call {number} ({failed}): {trouble}")
                if verbose:
                    print("   ", wrong[-1], flush=True)
            number += 1 + rng.randrange(2 * every - 1) + number // 4
    return counts, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--errors", default="EIO,ENOSPC,EDQUOT")
    parser.add_argument("--scenarios", default=",".join(s.__name__.lower() for s in SCENARIOS))
    parser.add_argument("--every", type=int, default=1, help="about each K-th call only; far from the first one ever fewer")
    parser.add_argument("--most", type=int, default=40, help="runs of a scenario with one error")
    parser.add_argument("--build", default=os.path.join(TOP, "build"))
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.randrange(1 << 30)
    rng, began = random.Random(seed), time.monotonic()
    folder = tempfile.mkdtemp(prefix="weir-fail.")
    shim = os.path.join(folder, "shim.so")
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", shim, os.path.join(TOP, "tests", "crash", "fail_shim.c")],
                   check=True)
    bad, total = False, dict()
    plant = Plant(folder, os.path.realpath(args.build), shim, args.verbose)
    try:
        for kind in SCENARIOS:
            if kind.__name__.lower() not in args.scenarios.split(","):
                continue
            wrong, figures = [], []
            for error in args.errors.split(","):
                counts, found = sweep(kind, plant, error, args.every, args.most, rng, args.verbose)
                wrong += found
                figures.append(counts)
                for name, n in counts.items():
                    total[name] = max(total.get(name, 0), n) if name == "lines" else total.get(name, 0) + n
            if sum(c["refused"] for c in figures) == 0 and kind is not Token:
                wrong.append("nothing was ever refused: do the calls fail at all?")
            name = f"{kind.__name__.lower()}: whichever call fails, it is told, nothing is lost, and it goes on"
            print(f"ok - {name}" if not wrong else f"not ok - {name}\n#   " + "\n#   ".join(wrong[:8]), flush=True)
            bad = bad or bool(wrong)
            if args.verbose:
                print("#", {n: sum(c[n] for c in figures) for n in figures[0]}, flush=True)
    finally:
        plant.mend()
        plant.local("stop")
    said = subprocess.run([plant.weir, "--home", plant.home, "check"], capture_output=True, text=True)
    bad = bad or said.returncode != 0
    print("ok - weir check finds nothing" if said.returncode == 0 else f"not ok - weir check\n# {said.stdout[-600:]} {said.stderr[-300:]}")
    print(f"# seed {seed}: {total.get('runs')} runs in {time.monotonic() - began:.0f} s, {total.get('refused')} refused; of {total.get('reads')} "
          f"reads during a failure {total.get('reads refused')} refused; {total.get('ended')} programs ended by themselves, at most "
          f"{total.get('lines')} lines in the log for one failure")
    if bad:
        print(f"# the home is kept in {folder}")
    else:
        shutil.rmtree(folder)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
