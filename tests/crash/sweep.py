#!/usr/bin/env python3
"""Kills a program at each of its system calls in turn, and looks what the others make of it.

    tests/crash/sweep.py [--scenario NAME]... [--every N] [--build BUILD] [--seed N] [--list]

A scenario is a store and one thing that a program does to it: a write with new names, a compaction, a DELETE, a
recovery and so on. stop_at runs that program up to its N-th system call that others can notice, and, every second time,
some random number of instructions further. There it stands still, perhaps with locks in hand, while a weir-write and a
weir-query that have the store open (the survivors) are asked to write and to answer. Then it gets SIGKILL. This is done
for every N, or every --every-th. Facts that must hold each time:

  - the survivors answer, a write with 204 and a query with 200, within BACK seconds of the kill;
  - what was acknowledged is there; what was not is done as a whole or not at all, or, of what says so below, in part;
  - survivors and a program that was started afterwards see the same;
  - weir check finds nothing;
  - the same thing done again succeeds, and leaves what it leaves when nothing is killed, and no file beside.
"""
import argparse, dataclasses, json, os, random, re, shutil, socket, subprocess, sys, tempfile, threading, time, typing, urllib.parse

from ask import cgi_answer, cgi_environment, over_cgi, over_fcgi, program_of, start_fcgi

BACK = 2.0
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOKEN, SECOND = "token-of-the-sweep", "second-token-of-the-sweep"
HOUR = 3600 * 10**9
FILES = re.compile(r"(catalogue|series|chunks)\.db|(journal|log|damaged\.journal)\.\d{10}|__db\.00\d|weir\.(lock|compact|sync|journal|passwords|queries|mark|conf)")


# --- a home, and what can be done to it ------------------------------------------------------------------------------

class Plant:
    """One home in a folder of its own, and the two survivors."""

    def __init__(self, folder, build):
        self.folder, self.build, self.home = folder, build, os.path.join(folder, "home")
        self.weir = os.path.join(build, "cgi-bin", "weir")
        self.token, self.survivors = TOKEN, []

    def run(self, *words, check=True):
        said = subprocess.run([self.weir, "--home", self.home, *words], capture_output=True, text=True)
        if check and said.returncode != 0:
            raise SystemExit(f"not ok - weir {' '.join(words)}: {said.stdout}{said.stderr}")
        return said

    def restore(self, template):
        for name in os.listdir(self.folder):
            path = os.path.join(self.folder, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        if template is not None:
            subprocess.run(["cp", "-a", "--sparse=always", template + "/.", self.folder], check=True)

    def save(self, template):
        subprocess.run(["cp", "-a", "--sparse=always", self.folder, template], check=True)

    def by_cgi(self, *request):
        return over_cgi(self.build, self.home, self.token, *request)

    def by_survivor(self, *request):
        return over_fcgi(os.path.join(self.folder, request[1][1:]), self.token, *request)

    def start_survivors(self):
        self.survivors = [start_fcgi(self.build, "/" + name, self.home, os.path.join(self.folder, name)) for name in ("write", "query")]

    def end_survivors(self):
        for process in self.survivors:
            process.kill()
            process.wait()
        self.survivors = []


def query(text, db="b"):
    return "POST" if text.startswith("D") else "GET", "/query", urllib.parse.urlencode({"db": db, "epoch": "ns", "q": text})


def lines(measurement, series, rows, first=0):
    """Rows of every series, some with a string."""
    return "".join(f"{measurement},host=h{s},rack=r{s % 3} v={n * 7 + s}i" + (f',s="text {n % 11}"' if n % 3 == 0 else "") + f" {HOUR + n}\n"
                   for n in range(first, first + rows) for s in range(series)).encode()


PROBE = "POST", "/write", "db=b", b"probe v=1 1"
ALIVE = query("SELECT v FROM m LIMIT 1")


def make_base(plant):
    """Chunks of two measurements, rows of one in the journal, and a bucket whose rows have expired."""
    plant.run("init", "--token", TOKEN)
    with open(os.path.join(plant.home, "weir.conf"), "w") as conf:
        conf.write("cache_size = 1M\ninfluxql_management = yes\n")
    for name in ("b", "old"):
        plant.run("bucket", "create", name)
    for db, body in (("b", lines("m", 5, 60)), ("b", lines("gone", 4, 30)), ("old", lines("m", 20, 10))):
        if plant.by_cgi("POST", "/write", f"db={db}&precision=ns", body)[0] != 204:
            raise SystemExit("not ok - the first rows")
    plant.run("compact")
    plant.run("bucket", "update", "old", "--retention", "30d")
    plant.by_cgi("POST", "/write", "db=b&precision=ns", lines("m", 5, 20, 60))


def rows_of(send):
    """Every value of the databases that deeds are about, as a set; or the error."""
    found = set()
    for db in ("b", "made"):
        status, text = send(*query("SELECT * FROM /.*/ GROUP BY *", db))
        result = json.loads(text)["results"][0] if status == 200 else {"error": f"{status} {text[:300]!r}"}
        if result.get("error") == "database not found: made":
            continue
        if "error" in result:
            return result["error"]
        found |= {(series["name"], tuple(sorted(series["tags"].items())) if "tags" in series else (), column, row[0], value)
                  for series in result.get("series", []) if series["name"] != "probe"
                  for row in series["values"] for column, value in zip(series["columns"][1:], row[1:]) if value is not None}
    return found


def names_of(plant):
    """Buckets, users and tokens, without ids and times."""
    found = set()
    for noun, field in (("bucket", "name"), ("user", "name"), ("token", "description")):
        found |= {(noun, item[field]) for item in json.loads(plant.run(noun, "list", "--json").stdout)}
    return found


# --- what is killed --------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Deed:
    """A program to be run: as CGI, or weir with some words."""
    words: tuple = ()
    request: tuple = ()
    settings: dict = dataclasses.field(default_factory=dict)
    program: str = ""                   # another than that of the build
    good: tuple = (0,)                  # exit statuses

    def command(self, plant):
        if self.words:
            return [plant.weir, "--home", plant.home, *self.words], {"PATH": os.environ.get("PATH", "")}, b""
        body = self.request[3] if len(self.request) > 3 else b""
        env = cgi_environment(plant.home, plant.token, *self.request[:3], body) | self.settings
        if self.program:
            env.pop("WEIR_HOME")
            return [os.path.join(plant.folder, self.program)], env, body
        return [program_of(plant.build, self.request[1])], env, body

    def acknowledged(self, output):
        """Was it told that all is done?"""
        if self.words:
            return output != b""
        status, text = cgi_answer(output)
        return status == 204 or (status == 200 and text.endswith(b"]}\n"))

    def do(self, plant):
        command, env, body = self.command(plant)
        said = subprocess.run(command, env=env, input=body, capture_output=True)
        good = said.returncode in self.good and (self.words or self.acknowledged(said.stdout)) and b'"error"' not in said.stdout
        return "" if good else f"{said.returncode} {said.stdout[-300:]!r} {said.stderr[-300:]!r}"


class Stopped:
    """A deed that goes up to one of its calls."""

    def __init__(self, plant, stop_at, deed, call, steps):
        command, env, body = deed.command(plant)
        self.ours, theirs = socket.socketpair()
        with theirs, tempfile.TemporaryFile() as stdin:
            stdin.write(body)
            stdin.seek(0)
            self.process = subprocess.Popen([stop_at, str(theirs.fileno()), str(call), str(steps), *command], env=env, stdin=stdin,
                                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        self.lines = self.ours.makefile()
        self.calls = [] if call == 0 else None
        while True:
            self.said = self.lines.readline().split()
            if self.said[0] != "call":
                break
            self.calls.append(self.said[1])

    def is_there(self):
        return self.said[0] == "at"

    def kill(self):
        """Returns what it has written to its standard output."""
        self.ours.shutdown(socket.SHUT_WR)
        output, _ = self.process.communicate()
        self.lines.close()
        self.ours.close()
        return output


@dataclasses.dataclass
class Scenario:
    name: str
    deed: Deed
    changes: bool = True                # else what one sees stays as it is
    whole: bool = True                  # else a part of it may have been done
    prepare: typing.Callable = None     # what comes on top of the base
    cold: bool = False                  # survivors have not opened the store before
    twice: bool = False                 # after the kill another one is killed at the same thing
    damaged: bool = False               # before the deed the store cannot be read
    empty: bool = False                 # there is no store before
    names: bool = False                 # it is about names, not rows
    leaves: tuple = ()                  # files beside the store's


def more_rows(plant):
    """Journal files for a compaction in several steps, with rows that chunks have and rows that they do not."""
    for n in range(3):
        body = lines("m", 20, 60, 40 * n) + lines(f"m{n}", 5, 30)
        env = dict(os.environ, WEIR_HOME=plant.home, WEIR_COMPACT_SIZE="4k")
        subprocess.run([plant.weir, "write", "--db", "b", "--precision", "ns", "-"], env=env, input=body, check=True, capture_output=True)


def holes(plant):
    """Chunks at the file's end that are gone: it has something to give back."""
    plant.by_cgi("POST", "/write", "db=b&precision=ns", lines("wide", 600, 10))
    plant.run("compact")
    plant.by_cgi(*query("DROP MEASUREMENT wide"))


def die_inside(plant):
    """A write is killed with its log half written."""
    deed = Deed(request=("POST", "/write", "db=b&precision=ns", lines("fresh", 30, 2)))
    plant.save(plant.folder + ".before")
    calls = Stopped(plant, plant.stop_at, deed, 0, 0)
    at = calls.calls.index("pwrite") + 1
    calls.kill()
    plant.restore(plant.folder + ".before")
    shutil.rmtree(plant.folder + ".before")
    Stopped(plant, plant.stop_at, deed, at, 200).kill()


def reboot(plant):
    """The mark is of another boot; regions and their cache are as they were left."""
    more_rows(plant)
    with open(os.path.join(plant.home, "weir.mark"), "r+b") as mark:
        mark.seek(8)
        mark.write(os.urandom(16))


def damage(plant):
    """A bit is flipped in a chunk, of which no cache has the page any more, and one in a journal record."""
    plant.by_cgi("POST", "/write", "db=b", b'torn s="a text that can be found again" 5')
    plant.run("compact")
    lose_regions(plant)
    plant.run("stats")                  # recovery brings the log into the databases
    lose_regions(plant)
    flip(plant, "chunks.db", b"can be found again")
    plant.run("stats")
    plant.by_cgi("POST", "/write", "db=b", b'also,host=h1 s="a text in the journal" 5')
    flip(plant, "journal.", b"text in the journal")


def lose_regions(plant):
    for name in os.listdir(plant.home):
        if name.startswith("__db.") or name == "weir.mark":
            os.unlink(os.path.join(plant.home, name))


def flip(plant, file_name, text):
    """One bit of every place where a text stands in files whose names begin so."""
    flipped = 0
    for name in os.listdir(plant.home):
        if name.startswith(file_name):
            with open(os.path.join(plant.home, name), "r+b") as file:
                for found in re.finditer(re.escape(text), content := file.read()):
                    file.seek(found.start())
                    file.write(bytes((content[found.start()] ^ 1,)))
                    flipped += 1
    if flipped == 0:
        raise SystemExit(f"not ok - {text} stands in {file_name}")


def upload(plant):
    """A web space: the program, its weir.conf and the file of a first token."""
    folder = os.path.join(plant.folder, "cgi-bin")
    os.mkdir(folder)
    shutil.copy(program_of(plant.build, "/write"), folder)
    with open(os.path.join(folder, "weir.conf"), "w") as conf:
        conf.write(f"home = {plant.home}\ncache_size = 1M\n")
    made = subprocess.run([plant.weir, "token", "first", os.path.join(folder, "weir-first-token")], check=True, capture_output=True, text=True)
    plant.token = made.stdout.split()[-1]


def writes(*request, **settings):
    return Deed(request=("POST", "/write", *request), settings={f"WEIR_{name.upper()}": text for name, text in settings.items()})


SCENARIOS = [
    Scenario("a write", writes("db=b&precision=ns", lines("m", 5, 50, 80))),
    Scenario("a write with new names", writes("db=b&precision=ns", lines("fresh", 50, 3) + b"m,host=h1,rack=r1 another=2 99\n")),
    Scenario("many new series, then a checkpoint", writes("db=b&precision=ns", lines("fresh", 1500, 1), checkpoint_size="64k")),
    Scenario("a write that makes its database", writes("db=made&precision=ns", lines("there", 3, 5))),
    Scenario("a write that seals, then compaction", writes("db=b&precision=ns", lines("m", 5, 50, 400), compact_size="4k"), prepare=more_rows),
    Scenario("compaction", Deed(words=("compact",)), prepare=more_rows, changes=False),
    Scenario("compaction that gives disk back", Deed(words=("compact",)), prepare=holes, changes=False),
    Scenario("purging what has expired", Deed(words=("compact",)), changes=False),
    Scenario("DELETE by time", Deed(request=query(f"DELETE FROM m WHERE time < {HOUR + 30}")), whole=False),
    Scenario("DELETE by tag", Deed(request=query("DELETE FROM m WHERE host = 'h1' OR host = 'h3'")), whole=False),
    Scenario("DROP SERIES", Deed(request=query("DROP SERIES FROM m WHERE rack = 'r1'")), whole=False),
    Scenario("DROP MEASUREMENT", Deed(request=query("DROP MEASUREMENT gone"))),
    Scenario("a bucket deleted", Deed(words=("bucket", "delete", "old")), names=True),
    Scenario("a bucket made", Deed(words=("bucket", "create", "further")), names=True),
    Scenario("a token made", Deed(words=("token", "create", "--all-access", "--token", SECOND, "--description", "second")), names=True),
    Scenario("a user made", Deed(words=("user", "create", "ann", "--password", "sesame", "--read", "b")), names=True),
    Scenario("recovery", Deed(request=ALIVE), prepare=die_inside, cold=True, changes=False),
    Scenario("recovery, killed again", Deed(request=ALIVE), prepare=die_inside, cold=True, twice=True, changes=False),
    Scenario("the first opening after a reboot", Deed(request=ALIVE), prepare=reboot, cold=True, changes=False),
    Scenario("the first opening after a reboot, killed again", Deed(request=ALIVE), prepare=reboot, cold=True, twice=True, changes=False),
    Scenario("weir check --repair", Deed(words=("check", "--repair"), good=(0, 4)), prepare=damage, cold=True, damaged=True),
    Scenario("weir init", Deed(words=("init",)), empty=True),
    Scenario("a first token by file", Deed(request=("POST", "/write", "db=b", b"m v=1 1"), program="cgi-bin/weir-write"), empty=True, prepare=upload,
             leaves=(".htaccess",)),
]


# --- a sweep ---------------------------------------------------------------------------------------------------------

class Sweep:
    def __init__(self, plant, scenario, templates, rng):
        self.plant, self.scenario, self.rng = plant, scenario, rng
        self.template = os.path.join(templates, re.sub(r"\W+", "-", scenario.name))
        self.wrong, self.kills, self.slowest = [], 0, 0.0
        plant.token = TOKEN
        plant.restore(None if scenario.empty else os.path.join(templates, "base"))
        if scenario.prepare is not None:
            scenario.prepare(plant)
        plant.save(self.template)
        self.before = None if scenario.damaged or scenario.empty else self.state(plant.by_cgi)
        plant.restore(self.template)
        dry = Stopped(plant, plant.stop_at, scenario.deed, 0, 0)
        self.calls = dry.calls
        dry.kill()
        self.after = self.state(plant.by_cgi)
        if isinstance(self.after, str) or (self.before == self.after) == scenario.changes:
            raise SystemExit(f"not ok - {scenario.name} does what it should: {shown(self.before)}, {shown(self.after)}")

    def state(self, send):
        rows = rows_of(send) if not self.scenario.empty else set()
        if isinstance(rows, set) and (self.scenario.names or self.scenario.empty):
            rows |= names_of(self.plant)
        return rows

    def fails(self, where, words):
        self.wrong.append(f"killed {where}: {words}")

    def may_be(self, state, acknowledged):
        """Is it what the deed leaves, or what was before, or, where that is allowed, between them?"""
        if state == self.after or acknowledged:
            return state == self.after
        if self.scenario.whole or isinstance(state, str):
            return state == self.before
        return self.after <= state <= self.before

    def wait_for_survivors(self, request, wanted, since, took):
        """Until one of them has answered after the kill; `since` is a list that gets its time."""
        while True:
            status, text = self.plant.by_survivor(*request)
            now = time.monotonic()
            if status == wanted and since and b'"error"' not in text:
                took.append(now - since[0])
                return
            if since and now - since[0] > 2 * BACK:
                took.append(now - since[0])
                return

    def kill_beside_survivors(self, stopped, where):
        """Returns what the killed one had said."""
        since, took = [], []
        threads = [threading.Thread(target=self.wait_for_survivors, args=(request, wanted, since, took))
                   for request, wanted in ((PROBE, 204), (ALIVE, 200))]
        for thread in threads:
            thread.start()
        time.sleep(0.005)
        since.append(time.monotonic())
        output = stopped.kill()
        for thread in threads:
            thread.join()
        self.slowest = max(self.slowest, *took)
        if max(took) > BACK:
            self.fails(where, f"survivors answered after {max(took):.1f} s")
        return output

    def look(self, where, acknowledged):
        """What is there now, and what is there when it is done again?"""
        plant, scenario = self.plant, self.scenario
        if not (scenario.damaged or scenario.empty):
            state, seen = self.state(plant.by_cgi), self.state(plant.by_survivor)
            if state != seen:
                self.fails(where, f"a survivor sees another store than a fresh program: {shown(state)}, {shown(seen)}")
            if not self.may_be(state, acknowledged):
                self.fails(where, f"neither before nor after{', though acknowledged' if acknowledged else ''}: {shown(state)}, "
                           f"not {shown(self.before)} or {shown(self.after)}")
            self.check(where)
        words = self.do_again(acknowledged)
        if words:
            self.fails(where, f"done again: {words}")
        if self.state(plant.by_cgi) != self.after:
            self.fails(where, f"done again it leaves {shown(self.state(plant.by_cgi))}, not {shown(self.after)}")
        if scenario.damaged or scenario.empty or self.kills % 4 == 0:
            self.check(where)
        for name in os.listdir(plant.home):
            if not FILES.fullmatch(name) and name not in scenario.leaves:
                self.fails(where, f"a file is left behind: {name}")
        for name in scenario.leaves:
            if not os.path.exists(path := os.path.join(plant.home, name)) or os.path.getsize(path) == 0:
                self.fails(where, f"{name} is missing or empty")

    def do_again(self, acknowledged):
        """Making a name twice is refused, and deleting one that is gone: then the first time was whole."""
        words = self.scenario.deed.do(self.plant)
        if words and self.scenario.names and self.state(self.plant.by_cgi) == self.after:
            return ""
        return words

    def check(self, where):
        said = self.plant.run("check", check=False)
        if said.returncode != 0:
            self.fails(where, f"weir check: {said.stdout[-500:]} {said.stderr[-300:]}")

    def kill_at(self, call, steps):
        plant, scenario = self.plant, self.scenario
        plant.restore(self.template)
        plant.start_survivors()
        try:
            if not (scenario.cold or scenario.empty) and (plant.by_survivor(*PROBE)[0], plant.by_survivor(*ALIVE)[0]) != (204, 200):
                raise SystemExit("not ok - the survivors come up")
            stopped = Stopped(plant, plant.stop_at, scenario.deed, call, steps)
            where = f"at call {call} of {len(self.calls)}, {' '.join(stopped.said)} + {steps}"
            if not stopped.is_there():
                stopped.kill()
                return
            if scenario.twice:
                stopped.kill()
                stopped = Stopped(plant, plant.stop_at, scenario.deed, again := self.rng.randrange(1, len(self.calls) + 1), 0)
                where += f", and again at {again}"
            self.kills += 1
            output = stopped.kill() if scenario.empty or scenario.damaged else self.kill_beside_survivors(stopped, where)
            self.look(where, scenario.deed.acknowledged(output))
        finally:
            plant.end_survivors()

    def chosen(self, every):
        """Calls to be killed at; of a long row of writes, as recovery fills a log file with zeros, the ends and a few between."""
        row, picked = 0, []
        for at, name in enumerate(self.calls, 1):
            row = row + 1 if name == "write" else 0
            ends = at == len(self.calls) or self.calls[at] != "write"
            if row < 4 or ends or self.rng.random() < 0.002:
                picked.append(at)
        return picked[self.rng.randrange(every)::every]

    def run(self, every):
        for call in self.chosen(every):
            self.kill_at(call, 0 if self.rng.random() < 0.5 else int(10 ** self.rng.uniform(0, 4)))
            if len(self.wrong) > 20:
                break


def shown(state):
    return f"{len(state)} values" if isinstance(state, set) else str(state)[:300]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--scenario", action="append", default=[], help="one of --list; all unless given")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only one in N calls")
    parser.add_argument("--build", default=os.path.join(TOP, "build"))
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--list", action="store_true", help="print the scenarios' names")
    args = parser.parse_args()
    if args.list:
        print("\n".join(scenario.name for scenario in SCENARIOS))
        return 0
    unknown = set(args.scenario) - {scenario.name for scenario in SCENARIOS}
    if unknown:
        parser.error(f"there is no scenario {', '.join(sorted(unknown))}; --list tells which there are")
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 32)
    rng = random.Random(seed)

    work = tempfile.mkdtemp(prefix="weir-sweep.")
    plant = Plant(os.path.join(work, "plant"), os.path.realpath(args.build))
    plant.stop_at = os.path.join(work, "stop_at")
    subprocess.run(["cc", "-O1", "-o", plant.stop_at, os.path.join(TOP, "tests", "crash", "stop_at.c")], check=True)
    os.mkdir(plant.folder)
    make_base(plant)
    templates = os.path.join(work, "templates")
    os.mkdir(templates)
    plant.save(os.path.join(templates, "base"))
    kills, calls, slowest, bad, began = 0, 0, 0.0, 0, time.monotonic()
    for scenario in SCENARIOS:
        if args.scenario and scenario.name not in args.scenario:
            continue
        sweep = Sweep(plant, scenario, templates, rng)
        sweep.run(args.every)
        good = not sweep.wrong and sweep.kills > 0
        bad += not good
        kills, calls, slowest = kills + sweep.kills, calls + len(sweep.chosen(1)), max(slowest, sweep.slowest)
        print(f"{'ok' if good else 'not ok'} - {scenario.name}: {sweep.kills} kills at {len(sweep.chosen(1))} calls", flush=True)
        for words in sweep.wrong[:5]:
            print(f"#   {words}")
    print(f"# seed {seed}: {kills} kills in {time.monotonic() - began:.0f} s at {calls} system calls; survivors answered within {slowest:.2f} s")
    shutil.rmtree(work)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
