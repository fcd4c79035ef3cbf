#!/usr/bin/env python3
"""Pulls the plug: only what was synced survives for sure, of all else any part; nothing acknowledged may be lost.

    tests/crash/power.py [--rounds 4] [--seconds 2] [--build BUILD] [--seed N]

Writers send batches to weir-write as plain CGI, while others compact and delete. power_shim.c, preloaded, keeps beside
the home a copy of what each sync has brought to the disk. At a random moment the power fails: from that copy and, page
by page of 4 KiB, a random choice of what the files had beyond it, a home is made as a reboot would find it, with the
mark page and shared regions of another life. Facts that must hold in it:

  - every point of a batch that was answered 204 before is there, with its value, unless it was deleted;
  - what an answered DELETE has taken away is not there;
  - weir check finds no damage in what the library keeps.

The shadow is written after the sync it tells of, so what it has is never more than what a disk would have.
"""
import argparse, fcntl, json, os, random, shutil, subprocess, sys, tempfile, threading, time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOKEN = "token-of-the-power-test"
PAGE = 4096


class Plant:
    """A home under load, and what its clients were told."""

    def __init__(self, folder, build, shim, seed):
        self.home, self.shadow, self.build = os.path.join(folder, "home"), os.path.join(folder, "shadow"), build
        self.weir = os.path.join(build, "cgi-bin", "weir")
        self.env = {"PATH": os.environ.get("PATH", ""), "LD_PRELOAD": shim, "POWER_HOME": self.home, "POWER_SHADOW": self.shadow,
                    "WEIR_HOME": self.home}
        self.seed, self.stop, self.lock = seed, threading.Event(), threading.Lock()
        self.sent = {}                  # writer -> number of the first point that is not answered yet
        self.acknowledged = {}          # writer -> numbers
        self.deleted = {}               # writer -> all below this were deleted, and so it was said
        self.asked = {}                 # writer -> and all below this perhaps
        os.mkdir(self.shadow)
        self.run("init")
        self.run("bucket", "create", "b")
        self.run("token", "create", "--all-access", "--token", TOKEN)

    def run(self, *words):
        return subprocess.run([self.weir, "--home", self.home, *words], env=self.env, capture_output=True, text=True)

    def post(self, body):
        env = dict(self.env, REQUEST_METHOD="POST", SCRIPT_NAME="", PATH_INFO="/api/v2/write", QUERY_STRING="bucket=b&precision=s",
                   SERVER_PROTOCOL="HTTP/1.1", GATEWAY_INTERFACE="CGI/1.1", CONTENT_LENGTH=str(len(body)), HTTP_AUTHORIZATION=f"Token {TOKEN}",
                   WEIR_COMPACT_SIZE="32k", WEIR_CHECKPOINT_SIZE="1M")
        said = subprocess.run([os.path.join(self.build, "fcgi", "weir-write")], env=env, input=body, capture_output=True)
        return said.stdout.startswith(b"Status: 204")

    def write(self, writer):
        rng = random.Random(self.seed * 100 + writer)
        while not self.stop.is_set():
            first = self.sent[writer]
            numbers = range(first, first + rng.randrange(1, 60))
            fresh = f",fresh=f{first}" if rng.random() < 0.2 else ""      # a new series now and then
            body = "".join(f"m{n % 3},writer=w{writer}{fresh} v={value(writer, n)}i,n={n}i {n}\n" for n in numbers).encode()
            if self.post(body):
                with self.lock:
                    self.acknowledged[writer].update(numbers)
            self.sent[writer] = numbers[-1] + 1

    def disturb(self):
        rng = random.Random(self.seed * 100 + 99)
        while not self.stop.is_set():
            time.sleep(rng.uniform(0.02, 0.2))
            if rng.random() < 0.5:
                self.run("compact")
                continue
            writer = rng.choice(list(self.sent))
            below = rng.randrange(0, max(1, self.sent[writer]))
            if below <= self.asked[writer]:
                continue
            with self.lock:
                self.asked[writer] = below
            if self.run("query", "--db", "b", f"DELETE FROM /m./ WHERE writer = 'w{writer}' AND time < {below}s").returncode == 0:
                with self.lock:
                    self.deleted[writer] = below


def value(writer, number):
    return (number * 2654435761 + writer * 40503) % 1000003


def pages_of(old, new, rng):
    """The old content, with any of the pages in which the new one differs, and its length or the other's."""
    out = bytearray(old)
    for at in range(0, len(new), PAGE):
        page = new[at:at + PAGE]
        if page != old[at:at + PAGE] and rng.random() < 0.5:
            out.extend(b"\0" * (at - len(out)))
            out[at:at + len(page)] = page
    return bytes(out)


def pull_the_plug(plant, after, rng):
    """Makes AFTER what a reboot would find; returns what was acknowledged, deleted and asked for before."""
    with plant.lock:
        told = {w: set(n) for w, n in plant.acknowledged.items()}
        deleted = dict(plant.deleted)
    lock = os.open(os.path.join(plant.shadow, ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)            # no sync is told of any more
    durable, live, inodes = {}, {}, {}
    for name in os.listdir(plant.shadow):
        if not name.startswith("."):
            durable[int(name)] = open(os.path.join(plant.shadow, name), "rb").read()
    names = dict(reversed(line.split()) for line in open(os.path.join(plant.shadow, ".names")))
    for name in os.listdir(plant.home):
        try:
            with open(os.path.join(plant.home, name), "rb") as file:
                live[name], inodes[name] = file.read(), os.fstat(file.fileno()).st_ino
        except OSError:
            pass
    os.close(lock)
    with plant.lock:
        asked = dict(plant.asked)
    os.mkdir(after, 0o700)
    for name in sorted(set(names) | set(live)):
        if name.startswith("__db.00") or name == "weir.mark":
            content = live.get(name, b"")
        else:
            was, now = int(names.get(name, 0)), inodes.get(name, 0)     # the file of that name, 0: none
            if was != now and (now == 0 or was == 0 or rng.random() < 0.5):
                now = rng.choice((was, now))                            # the directory was not synced since
            if now == 0:
                continue
            content = durable.get(now, b"")
            if now == inodes.get(name):
                content = pages_of(content, live[name], rng)
        if name == "weir.mark":
            content = content[:8] + bytes(rng.randrange(256) for _ in range(16)) + content[24:]     # of another boot
        with open(os.path.join(after, name), "wb") as out:
            out.write(content)
    return told, deleted, asked


def look(plant, after, told, deleted, asked):
    """What does not hold in the home after the reboot, in words."""
    env, wrong = dict(plant.env, WEIR_HOME=after), []
    env.pop("LD_PRELOAD")
    for writer, numbers in told.items():
        said = subprocess.run([plant.weir, "--home", after, "query", "--db", "b", "--json", "--epoch", "s",
                               f"SELECT n, v FROM /m./ WHERE writer = 'w{writer}'"], env=env, capture_output=True, text=True)
        if said.returncode != 0:
            wrong.append(f"a query fails: {said.stdout[-300:]}{said.stderr[-600:]}")
            continue
        there = {}
        for series in json.loads(said.stdout)["results"][0].get("series", []):
            there.update({row[1]: row[2] for row in series["values"]})
        lost = sorted(n for n in numbers if n >= asked[writer] and n not in there)
        back = sorted(n for n in there if n < deleted[writer])
        false = sorted(n for n, v in there.items() if v != value(writer, n))
        if lost:
            wrong.append(f"{len(lost)} of {len(numbers)} points of writer {writer} are lost, from {lost[0]} to {lost[-1]}")
        if back:
            wrong.append(f"{len(back)} points of writer {writer} that were deleted are back")
        if false:
            wrong.append(f"{len(false)} points of writer {writer} have another value")
    said = subprocess.run([plant.weir, "--home", after, "check"], env=env, capture_output=True, text=True)
    damage = [line for line in said.stdout.splitlines() if not line.startswith(("journal", "read "))]
    if said.returncode not in (0, 4) or damage:
        wrong.append(f"weir check: {said.returncode} {' '.join(damage)[:600]} {said.stderr[-300:]}")
    return wrong


def one_round(folder, build, shim, seconds, seed):
    rng, plant = random.Random(seed), Plant(folder, build, shim, seed)
    for writer in range(3):
        plant.sent[writer], plant.acknowledged[writer], plant.deleted[writer], plant.asked[writer] = 0, set(), 0, 0
    threads = [threading.Thread(target=plant.write, args=(w,)) for w in range(3)] + [threading.Thread(target=plant.disturb)]
    for thread in threads:
        thread.start()
    points, wrong = 0, []
    try:
        for plug in range(3):           # the power fails three times, each time for a copy
            time.sleep(rng.uniform(0.3, 1.0) * seconds)
            after = os.path.join(folder, f"after-{plug}")
            told, deleted, asked = pull_the_plug(plant, after, rng)
            points = sum(map(len, told.values()))
            wrong += look(plant, after, told, deleted, asked)
    finally:
        plant.stop.set()
        for thread in threads:
            thread.join()
    return points, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--build", default=os.path.join(TOP, "build"))
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.randrange(1 << 30)
    folder = tempfile.mkdtemp(prefix="weir-power.")
    shim = os.path.join(folder, "shim.so")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", shim, os.path.join(TOP, "tests", "crash", "power_shim.c")], check=True)
    total, wrong, began = 0, [], time.monotonic()
    for round_number in range(args.rounds):
        work = os.path.join(folder, str(round_number))
        os.mkdir(work)
        points, found = one_round(work, os.path.realpath(args.build), shim, args.seconds, seed + round_number)
        total += points
        wrong += found
        if not found:
            shutil.rmtree(work)
    for name, good, words in (("points were acknowledged before the power failed", total > 0, "none"),
                              ("after each power failure all is there that should be, and nothing else", not wrong, "\n#   ".join(wrong[:8]))):
        print(f"ok - {name}" if good else f"not ok - {name}\n#   {words}")
    print(f"# seed {seed}: {3 * args.rounds} power failures in {time.monotonic() - began:.1f} s, {total} points acknowledged")
    if wrong:
        print(f"# homes are kept in {folder}")
    else:
        shutil.rmtree(folder)
    return 0 if total > 0 and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
