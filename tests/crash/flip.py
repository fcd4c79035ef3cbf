#!/usr/bin/env python3
"""Flips bits in a store's files, and looks whether anybody is told wrong numbers.

    tests/crash/flip.py [--flips 60] [--build BUILD] [--seed N] [--only PATTERN] [--bytes N] [--each STEP] [--keep]

A store is built that has something of everything: buckets, mappings, tokens, users, numbers, strings, booleans, many
series, chunks over several pages, sealed journal files and an open one. For each flip a copy of it gets one changed bit
in one file, as a disk would do it while nobody looks; what is only memory (regions, mark) is not there, as after a
reboot. Facts that must hold each time:

  - weir check ends with 4 and names the place, or with 0, and then all answers are those of the whole store;
  - queries answer as the whole store does, or with an error in words; no program crashes or hangs;
  - weir check --repair leaves a store that weir check finds well;
  - then what was not told as dropped is there, and nothing else is; and a write works.

Of a frame of the journal that more than a bit is wrong of, only the first reader is told: compaction then sets the file
aside (damaged.journal.*), which weir check mentions.

--bytes N writes N bytes at random in place of a bit, as a disk that loses a sector; --only takes files whose names
match; --each STEP flips a bit of every STEP-th byte of them, from the first to the last. --keep leaves the copies that
failed. Prints "ok" and "not ok" lines, then figures on lines that begin with "#".
"""
import argparse, collections, fcntl, fnmatch, json, os, random, shutil, subprocess, sys, tempfile, urllib.parse

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOKEN = "token-of-the-flip-test"
HANG = 60
MEMORY = ("__db.*", "weir.mark")

SELECTS = [("one", q) for q in (
    "SELECT count(usage), sum(n), min(usage), max(n) FROM cpu GROUP BY dc",
    "SELECT usage, n, note, up FROM cpu WHERE host = 'h3' LIMIT 400",
    "SELECT sum(n) FROM cpu WHERE time >= 1600000500s AND time < 1600001500s GROUP BY time(100s)",
    "SELECT last(note) FROM cpu GROUP BY host",
    "SELECT count(*) FROM late",
    "SELECT v FROM late",
    "SELECT count(v), sum(v) FROM wide",
    "SELECT v FROM wide WHERE b = '3' AND a = '5'",
    "SHOW TAG VALUES FROM wide WITH KEY = c",
    "SHOW SERIES FROM cpu",
    "SHOW FIELD KEYS",
    "SHOW MEASUREMENTS",
)] + [("two", q) for q in (
    "SELECT text FROM words",
    "SELECT count(x), sum(x) FROM jour",
    "SELECT x FROM jour WHERE k = '1'",
    "SHOW SERIES",
)]
NAMES = ("cpu", "late", "wide", "words", "jour")


class Trouble(Exception):
    pass


def measurement_of(query):
    """Whose answers it has; None: of several."""
    words = query.split()
    return words[words.index("FROM") + 1] if "FROM" in words else None


class Programs:
    def __init__(self, build):
        self.weir = os.path.join(build, "cgi-bin", "weir")
        self.query_program = os.path.join(build, "fcgi", "weir-query")
        self.write_program = os.path.join(build, "fcgi", "weir-write")

    def run(self, command, what, **more):
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=HANG, **more)
        except subprocess.TimeoutExpired:
            raise Trouble(f"{what} hangs")
        if done.returncode < 0 or b"Sanitizer" in done.stderr or b"runtime error" in done.stderr:
            raise Trouble(f"{what} crashes ({done.returncode}): {done.stderr.decode(errors='replace')[-3000:]}")
        return done

    def cli(self, home, *args, body=b""):
        return self.run([self.weir, "--home", home, *args], f"weir {args[0]}", input=body)

    def cgi(self, program, home, method, path, query, body=b""):
        env = {"PATH": os.environ.get("PATH", ""), "WEIR_HOME": home, "REQUEST_METHOD": method, "PATH_INFO": path,
               "QUERY_STRING": query, "CONTENT_LENGTH": str(len(body)), "HTTP_AUTHORIZATION": f"Token {TOKEN}",
               "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1"}
        done = self.run([program], os.path.basename(program), env=env, input=body)
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        status = [int(line.split()[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"status:")]
        return (status or [200])[0], rest

    def answers(self, home):
        """One per statement: its series, or {"error": words}."""
        out = []
        for bucket in ("one", "two"):
            mine = [q for b, q in SELECTS if b == bucket]
            query = urllib.parse.urlencode({"db": bucket, "epoch": "s", "q": "; ".join(mine)})
            status, text = self.cgi(self.query_program, home, "GET", "/query", query)
            try:
                answer = json.loads(text)
            except ValueError:
                raise Trouble(f"no JSON: {status} {text[:200]!r}")
            if "results" not in answer:
                words = answer.get("error") or answer.get("message")
                if not words or status < 400:
                    raise Trouble(f"an answer without results or words: {status} {text[:200]!r}")
                out += [{"error": words}] * len(mine)
                continue
            results = {r["statement_id"]: r for r in answer["results"]}
            failed = [r["error"] for r in answer["results"] if "error" in r]
            for i in range(len(mine)):
                # a statement that fails ends the others
                r = results.get(i)
                if r is None and not failed:
                    raise Trouble(f"statement {i} of {bucket} has no answer")
                if r is None or "error" in r:
                    out.append({"error": failed[0]})
                else:
                    out.append({"series": r.get("series", [])})
        return out

    def check(self, home, *args):
        """(status, list of damages)"""
        done = self.cli(home, "check", "--json", *args)
        damages = []
        for line in done.stdout.decode(errors="replace").splitlines():
            try:
                damages.append(json.loads(line))
            except ValueError:
                raise Trouble(f"weir check prints no JSON: {line[:200]}")
        return done.returncode, damages, done.stderr.decode(errors="replace")

    def lists(self, home):
        return [self.cli(home, *words, "list").stdout for words in (("bucket",), ("dbrp",), ("token",), ("user",))]


# --- the store -------------------------------------------------------------------------------------------------------

def settle(programs, home):
    """As after a reboot, with all of the log in the databases."""
    for _ in range(3):
        forget_memory(home)
        if programs.cli(home, "stats").returncode != 0:
            raise SystemExit("not ok - the store cannot be built")
    forget_memory(home)


def forget_memory(home):
    for name in os.listdir(home):
        if any(fnmatch.fnmatch(name, pattern) for pattern in MEMORY):
            os.unlink(os.path.join(home, name))


def build_store(programs, home):
    def weir(*args, body=""):
        done = programs.cli(home, *args, body=body.encode())
        if done.returncode != 0:
            raise SystemExit(f"not ok - weir {' '.join(args)}: {done.stderr.decode()}")

    def write(bucket, lines):
        weir("write", "--bucket", bucket, "--precision", "s", "-", body="\n".join(lines) + "\n")

    rng = random.Random(1)
    weir("init", "--token", TOKEN)
    for bucket in ("one", "two", "three"):
        weir("bucket", "create", bucket, "--description", f"bucket {bucket} of the test")
    weir("dbrp", "create", "--db", "other", "--rp", "autogen", "--bucket", "three")
    weir("token", "create", "--read", "one", "--description", "reader of one")
    weir("user", "create", "anna", "--password", "correct horse")
    weir("user", "grant", "anna", "--read", "two")
    write("one", [f'cpu,dc=d{h % 3},host=h{h} usage={rng.random() * 100:.4f},n={i * h}i,note="note {i % 7} of {h}",'
                  f'up={"true" if i % 3 else "false"} {1600000000 + i * 5}' for h in range(12) for i in range(400)])
    write("one", [f'late v={i * 3}i,u={i}u {1600000000 + i * 60}' for i in range(100)])
    write("one", [f'wide,a={i % 40},b={i // 40},c=c{i % 11} v={i}i {1600000000 + i}' for i in range(1200)])
    write("two", [f'words text="{"".join(rng.choice("abcdefghij ") for _ in range(3000))}" {1600000000 + i}'
                  for i in range(20)])
    weir("compact")
    write("one", [f'late v={i * 3}i,u={i}u {1600000030 + i * 60}' for i in range(50)])
    weir("compact")
    with open(os.path.join(home, "weir.conf"), "w") as conf:
        conf.write("compact_size = 4k\n")
    compact = open(os.path.join(home, "weir.compact"))
    fcntl.flock(compact, fcntl.LOCK_EX)         # so that sealed files stay
    for part in range(3):
        write("two", [f'jour,k={i % 5} x={i * 7 + part}i {1600000000 + i * 3 + part}' for i in range(400)])
    write("one", [f'late v={i * 5}i,u={i}u {1600000010 + i * 60}' for i in range(70)])
    compact.close()
    os.unlink(os.path.join(home, "weir.conf"))
    settle(programs, home)


def files_to_flip(home, only):
    names = []
    for name in sorted(os.listdir(home)):
        path = os.path.join(home, name)
        # of weir.format nobody reads the bytes
        if name != "weir.format" and os.path.isfile(path) and os.path.getsize(path) > 0 and fnmatch.fnmatch(name, only):
            names.append(name)
    return names


def used_bytes(path):
    """Behind the last byte that is not 0: what follows has never been written."""
    with open(path, "rb") as f:
        return len(f.read().rstrip(b"\0")) or 1


# --- one flip --------------------------------------------------------------------------------------------------------

def spoil(path, at, bit, random_bytes, rng):
    with open(path, "r+b") as f:
        f.seek(at)
        old = f.read(max(random_bytes, 1))
        f.seek(at)
        f.write(rng.randbytes(len(old)) if random_bytes else bytes([old[0] ^ 1 << bit]))


def touched(damages):
    """Measurements of which something may be gone; None among them: nobody knows whose it was."""
    return {d["measurement"] for d in damages if d["dropped"]}


def rows(answer):
    return sum(len(s["values"]) for s in answer["series"])


def is_aside(home):
    return any(name.startswith("damaged.journal.") for name in os.listdir(home))


def compare_queries(whole, now, exit_zero):
    for (bucket, query), right, answer in zip(SELECTS, whole, now):
        if "error" in answer:
            if exit_zero:
                raise Trouble(f"check finds the store well, and {query!r} fails: {answer['error']}")
        elif answer != right:
            raise Trouble(f"a wrong answer to {query!r}: {json.dumps(answer)[:300]} in place of {json.dumps(right)[:300]}")


def compare_repaired(whole, now, damages):
    gone = touched(damages)
    fewer = 0
    for (bucket, query), right, answer in zip(SELECTS, whole, now):
        if "error" in answer:
            of = measurement_of(query)
            if gone and (of is None or of in gone or None in gone):
                fewer += 1          # a field or measurement that is all gone
                continue
            raise Trouble(f"after the repair {query!r} fails: {answer['error']}")
        if answer == right:
            continue
        fewer += 1
        of = measurement_of(query)
        if not gone:
            raise Trouble(f"after a repair that dropped nothing {query!r} has another answer: "
                          f"{json.dumps(answer)[:300]} in place of {json.dumps(right)[:300]}")
        if of is not None and of not in gone and None not in gone:
            raise Trouble(f"after a repair that dropped of {sorted(map(str, gone))} {query!r} has another answer")
    return fewer > 0


def one_flip(programs, base, home, name, at, bit, random_bytes, rng, whole, lists, counts):
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(base, home)
    spoil(os.path.join(home, name), at, bit, random_bytes, rng)
    shutil.copytree(home, home + ".asked")
    try:
        now = programs.answers(home + ".asked")
        aside = is_aside(home + ".asked")
    finally:
        shutil.rmtree(home + ".asked")
    status, damages, said = programs.check(home)
    if status not in (0, 4) or (status == 4 and not damages):
        raise Trouble(f"weir check ends with {status}: {said[:500]}")
    for d in damages:
        if not d["where"] or not d["what"]:
            raise Trouble(f"weir check does not say where: {d}")
    if not aside:
        compare_queries(whole, now, status == 0)
    counts["answered with an error"] += sum("error" in a for a in now)
    counts["answered right"] += sum("error" not in a for a in now)
    again = programs.answers(home)
    if aside and status != 4:
        raise Trouble("a file of the journal was set aside, and weir check does not tell")
    if not is_aside(home):
        compare_queries(whole, again, status == 0)
    if status == 0 and not random_bytes and programs.lists(home) != lists:
        raise Trouble("check finds the store well, and its buckets, tokens or users are others")
    status_repair, dropped, said = programs.check(home, "--repair")
    if status_repair not in (0, 4):
        raise Trouble(f"weir check --repair ends with {status_repair}: {said[:500]}")
    after, left, said = programs.check(home)
    if after != 0:
        raise Trouble(f"after a repair weir check ends with {after}: {left} {said[:300]}; the repair said {dropped}")
    damages += dropped
    if is_aside(home):
        damages.append({"measurement": None, "dropped": True})
    lost = compare_repaired(whole, programs.answers(home), damages)
    body = b"after,k=1 x=42i 1700000000000000000\ncpu,dc=d1,host=h3 n=1i 1700000000000000000\n"
    status_write, text = programs.cgi(programs.write_program, home, "POST", "/write", "db=one", body)
    gone = touched(damages)
    if status_write != 204 and not gone:
        raise Trouble(f"a write after the repair is answered {status_write}: {text[:300]!r}")
    if status_write == 204:
        if programs.cli(home, "compact").returncode != 0:
            raise Trouble("after the repair the store cannot be compacted")
        status_query, text = programs.cgi(programs.query_program, home, "GET", "/query", urllib.parse.urlencode(
            {"db": "one", "q": "SELECT x FROM after"}))
        if b"42" not in text:
            raise Trouble(f"what was written after the repair is not there: {status_query} {text[:300]!r}")
        after, left, said = programs.check(home)
        if after != 0:
            raise Trouble(f"after a write and a compaction weir check ends with {after}: {left} {said[:300]}")
    counts["found" if status == 4 else "mended unseen" if status_repair == 4 else "harmless"] += 1
    counts["something lost"] += lost
    counts["refused the write"] += status_write != 204


def places(args, base, names, rng):
    if args.each:
        for name in names:
            for at in range(0, used_bytes(os.path.join(base, name)), args.each):
                yield name, at, rng.randrange(8)
        return
    sizes = {name: used_bytes(os.path.join(base, name)) for name in names}
    for i in range(args.flips):
        name = names[i % len(names)]
        yield name, rng.randrange(sizes[name]), rng.randrange(8)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--flips", type=int, default=60)
    parser.add_argument("--build", default=os.path.join(TOP, "build"))
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--only", default="*")
    parser.add_argument("--bytes", type=int, default=0)
    parser.add_argument("--each", type=int, default=0)
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    work = tempfile.mkdtemp(prefix="weir-flip-")
    programs = Programs(os.path.abspath(args.build))
    rng = random.Random(args.seed)
    counts, troubles = collections.Counter(), 0
    try:
        base, home = os.path.join(work, "base"), os.path.join(work, "home")
        build_store(programs, base)
        asked = os.path.join(work, "asked")
        shutil.copytree(base, asked)
        whole, lists = programs.answers(asked), programs.lists(asked)
        if any("error" in a or not a["series"] for a in whole) or programs.check(asked)[0] != 0:
            print("not ok - the store is well before anything is flipped")
            print(whole, programs.check(asked))
            return 1
        print("ok - the store is well before anything is flipped")
        names = files_to_flip(base, args.only)
        by_file = collections.Counter()
        for i, (name, at, bit) in enumerate(places(args, base, names, rng)):
            counts["flips"] += 1
            by_file[name] += 1
            try:
                one_flip(programs, base, home, name, at, bit, args.bytes, random.Random(args.seed + i), whole, lists,
                         counts)
            except Trouble as trouble:
                troubles += 1
                print(f"not ok - {name}, byte {at}, bit {bit}{f', {args.bytes} bytes' if args.bytes else ''}: {trouble}",
                      flush=True)
                if args.keep:
                    kept = f"{work}-{i}"
                    shutil.rmtree(kept, ignore_errors=True)
                    shutil.copytree(base, kept)
                    spoil(os.path.join(kept, name), at, bit, args.bytes, random.Random(args.seed + i))
                    print(f"# the copy is {kept}")
        if troubles == 0:
            print(f"ok - {counts['flips']} flips: nobody was told a wrong number, and all was mended")
        print(f"# seed {args.seed}; " + ", ".join(f"{n} {what}" for what, n in counts.items()))
        print("# files: " + ", ".join(f"{name} {n}" for name, n in by_file.items()))
        return 1 if troubles else 0
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
