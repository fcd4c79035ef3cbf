#!/usr/bin/env python3
"""Many at once: 64 programs and 200 connections that write, ask, delete and drop, and nobody waits in vain.

    tests/crash/many.py [--seconds 15] [--connections 200] [--processes 32] [--spawn server|socket] [--build BUILD] [--seed N]
                        [--set NAME=VALUE]

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
import argparse, collections, json, mmap, multiprocessing, os, random, re, socket, subprocess, sys, tempfile, threading, time, urllib.parse

from keepalive import ANSWERS, BUSY, HANG, N_WORDS, SINCE, Client, Trouble
from load import TOP, Server, tell, value
from mixed import DATABASES, SCRIPTS

TOKEN = "token-of-the-many-test"
SHARES = (("keep", 60), ("own", 60), ("look", 66), ("drop", 8), ("user", 6))      # of 200 connections
CLIENTS = 4                             # processes
REST = 3.0                              # who is idle for a second gives memory back


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

    def __init__(self, server):
        self.server, self.home, self.samples = server, server.home, []

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
        for pid in self.server.program_pids():
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
COMPACT, BACKLOG, CACHE, MEMO = MIB, 8 * MIB, 16 * MIB, MIB // 4        # settings of the home
LOG_FILE, HASHING = 16 * MIB, 19 * MIB                                  # of weir: lib/store/env.c, argon2id
BUSY_KEEP, IDLE_KEEP = 32 * MIB, 4 * MIB                                # free memory of a program: lib/program/program.c
AHEAD = 65536                                                           # zeros in front of the journal: lib/store/journal.c


def middle(some):
    return sorted(some)[len(some) // 2]


def bounds(fresh, samples, rested, processes, points):
    """(name, good, words) of what programs and home may take: fresh is from before the load, rested from behind it."""
    most = {what: max(s[what] for s in samples) for what in fresh}
    cache = CACHE * 5 // 4
    # The cache, which all share and which was not touched when programs were fresh; what a weir-write remembers of series; and what each
    # program keeps of free memory for the next request, which it comes to have as large requests come by.
    memory = fresh["memory"] + cache + processes * MEMO + 2 * processes * IDLE_KEEP
    # A part of the cache, a file of the journal or an answer and what was free before, a password that is hashed.
    largest = cache + BUSY_KEEP + HASHING
    # When that much is there no more comes: the third and the last quarter of a long time are alike.
    third, last = (middle([s["memory"] for s in samples[len(samples) * i // 4:len(samples) * (i + 1) // 4] or samples]) for i in (2, 3))
    # Past backlog_limit a write works some of it off, or waits 20 ms for who does; each other may have brought a request meanwhile.
    journal = BACKLOG + COMPACT + (processes + 1) * AHEAD
    # checkpoint_size is less than a file: the one that is written, the one before, and one that a checkpoint under way needs.
    log = 3 * LOG_FILE
    # The regions, which are the cache and 12 MiB; 16 MiB of names and series; and 48 bytes a point, three times what it takes when packed
    # alone, since chunks are small when they are new and deleted ones leave room that the next ones use.
    disk = journal + log + cache + 12 * MIB + 16 * MIB + 48 * points
    return [("memory is given back, and stays in bounds", rested["memory"] <= memory and most["largest"] <= largest,
             f"{mib(fresh['memory'])} when fresh, {mib(rested['memory'])} at rest, {mib(memory)} is allowed; the largest had {mib(most['largest'])} of {mib(largest)}"),
            ("it grows no more", last <= third * 1.15 + cache or len(samples) < 80, f"from {mib(third)} to {mib(last)}"),
            ("descriptors stay in bounds", rested["files"] <= fresh["files"] + 8 and most["files"] <= 32,
             f"{fresh['files']} in a program when fresh, {rested['files']} at rest, {most['files']} at most"),
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


def watch(words, pipes, gauge, every):
    """Takes samples until all clients have something to tell; what hangs is told at once."""
    trouble, next_sample = [], time.monotonic() + every
    while not all(pipe.poll(0) for pipe in pipes):
        time.sleep(0.2)
        now = time.monotonic()
        hanging = [i for i in range(len(words) // N_WORDS) if (since := words[i * N_WORDS + SINCE]) and now - since / 1e6 > HANG]
        if hanging and len(trouble) < 5:
            trouble.append(f"{len(hanging)} requests are under way for more than {HANG:.0f} s: {hanging[:10]}; {stuck(gauge.server.program_pids())}")
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


def under_load(args, seed, server):
    """What clients, watchdog, gauge and the command line have to tell."""
    port = server.port
    for database in DATABASES:
        ask_once(port, None, f'CREATE DATABASE "{database}"')
    words = memoryview(mmap.mmap(-1, args.connections * N_WORDS * 8)).cast("q")
    roles, pipes, clients = roles_of(args.connections), [], []
    gauge, beside = Gauge(server), Beside(server.build, server.home, port)
    gauge.take()
    for i in range(CLIENTS):
        ours, theirs = multiprocessing.Pipe(False)
        client = Client(port, f"Token {TOKEN}", words, SCRIPTS, DATABASES, roles, seed, args.seconds)
        clients.append(multiprocessing.Process(target=client.run, args=(range(i, args.connections, CLIENTS), theirs)))
        pipes.append(ours)
    for client in clients:
        client.start()
    thread = threading.Thread(target=beside.go_on)
    thread.start()
    trouble = watch(words, pipes, gauge, max(1.0, args.seconds / 100))
    told = [pipe.recv() for pipe in pipes]
    for client in clients:
        client.join()
    beside.stop.set()
    thread.join()
    time.sleep(REST)
    gauge.take()
    return words, roles, told, gauge, beside, trouble


def show(waits, told, gauge):
    for kind in sorted(waits):
        print(f"#   {kind:18} {len(waits[kind]):8}   median {quantile(waits[kind], 0.5) * 1000:7.0f} ms   99 % {quantile(waits[kind], 0.99) * 1000:7.0f} ms"
              f"   worst {max(waits[kind]) * 1000:7.0f} ms")
    for reason, n in sum((t[1] for t in told), collections.Counter()).most_common():
        print(f"#   {n} times refused for a while: {reason}")
    n = len(gauge.samples)
    for name, i in (("fresh", 0), ("a tenth", n // 10 + 1), ("half", n // 2), ("all", n - 2), ("at rest", n - 1)):
        sample = gauge.samples[i]
        print(f"#   {name:8}{sample['programs']} programs, Pss {mib(sample['memory'])}, largest {mib(sample['largest'])}, {sample['files']} descriptors at most, "
              f"journal {mib(sample['journal'])}, log {mib(sample['log'])}, disk {mib(sample['disk'])}, of it deleted {mib(sample['deleted'])}")


def run(args, seed, folder, server):
    began = time.monotonic()
    words, roles, told, gauge, beside, trouble = under_load(args, seed, server)
    seconds, waits, models = time.monotonic() - began, collections.defaultdict(list), {}
    for t in told:
        for kind, some in t[0].items():
            waits[kind].extend(some)
        models.update(t[6])
    kept, lost, wrong = look_back(server.port, roles, models)
    stopped = server.stop()
    checked = subprocess.run([os.path.join(server.build, "cgi-bin", "weir"), "--home", server.home, "check"], capture_output=True, text=True)
    wrong += [text for t in told for text in t[2]]
    most = {what: max(s[what] for s in gauge.samples) for what in gauge.samples[0]}
    answers = {role: sorted(words[n * N_WORDS + ANSWERS] for n in roles if roles[n] == role) for role, _ in SHARES}
    facts = [("no request hangs", not trouble, "; ".join(trouble)),
             ("every connection gets its share", all(a[0] >= max(1, a[len(a) // 2] // 10) for a in answers.values()), str(answers)),
             ("answers are right, and what was deleted is gone", not wrong, "\n#   ".join(wrong[:12])),
             ("every acknowledged point is there", lost == 0 and kept > 0, f"{lost} of {kept} are lost"),
             ("the command line works beside it", not beside.trouble, "\n#   ".join(beside.trouble[:8])),
             *bounds(gauge.samples[0], gauge.samples[1:-1], gauge.samples[-1], args.processes, kept),
             ("weir check finds nothing", checked.returncode == 0, (checked.stdout + checked.stderr)[-2000:]),
             ("the server stops", stopped.returncode == 0, stopped.stderr)]
    figures = (f"seed {seed}: {seconds:.1f} s, {sum(map(len, waits.values()))} requests on {args.connections} connections, {2 * args.processes} programs; "
               f"{sum(t[3] for t in told)} points acknowledged, {sum(t[5] for t in told)} deleted, {kept} there, {lost} lost; {sum(t[4] for t in told)} answers foreseen")
    show(waits | {kind: some for kind, some in beside.waits.items()}, told, gauge)
    print(f"#   at most: journal {mib(most['journal'])}, log {mib(most['log'])}, disk {mib(most['disk'])}, memory {mib(most['memory'])}")
    for role, some in answers.items():
        print(f"#   {role}: {len(some)} connections, {some[0]} to {some[-1]} answers each")
    return tell(facts, figures, folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--processes", type=int, default=32, help="of each program")
    parser.add_argument("--spawn", default="server", help="who starts them, as deploy/local has it")
    parser.add_argument("--build", default=os.path.join(TOP, "build"))
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the home")
    args = parser.parse_args()
    if args.connections < 2 * len(SHARES) * CLIENTS:
        parser.error(f"--connections {args.connections}: {2 * len(SHARES) * CLIENTS} at least, so that there are some of each kind")
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 20)
    folder = os.path.realpath(tempfile.mkdtemp(prefix="weir-many."))
    build, home = os.path.realpath(args.build), os.path.join(folder, "home")
    settings = ["influxql_management=yes", "influxql_users=yes", f"compact_size={COMPACT}", f"backlog_limit={BACKLOG}", f"cache_size={CACHE}",
                f"memo_size={MEMO}", *args.set]
    server = Server(build, home, TOKEN, ["--processes", str(args.processes), "--spawn", args.spawn,
                                         *(word for setting in settings for word in ("--set", setting))])
    print(f"# seed {seed}, {home}", flush=True)
    try:
        return run(args, seed, folder, server)
    finally:
        server.stop()                   # if run could not


if __name__ == "__main__":
    sys.exit(main())
