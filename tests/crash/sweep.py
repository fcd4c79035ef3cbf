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
import argparse, os, random, re, shutil, subprocess, sys, tempfile, threading, time

from plant import ALIVE, PROBE, TOKEN, Plant, Stopped, make_base, names_of, rows_of
from scenarios import SCENARIOS

BACK = 2.0
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FILES = re.compile(r"(catalogue|series|chunks)\.db|(journal|log|damaged\.journal)\.\d{10}|__db\.00\d|weir\.(format|lock|compact|sync|journal|passwords|queries|mark|conf)")


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
        dry = Stopped(plant, scenario.deed, 0, 0)
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
        """Until a request that was sent after the kill is answered; `since` is a list that gets its time."""
        while True:
            sent = time.monotonic()
            status, text = self.plant.by_survivor(*request)
            now = time.monotonic()
            good = status == wanted and b'"error"' not in text
            if since and ((good and sent >= since[0]) or now - since[0] > 2 * BACK):
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
        words = self.do_again()
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

    def do_again(self):
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
            stopped = Stopped(plant, scenario.deed, call, steps)
            where = f"at call {call} of {len(self.calls)}, {' '.join(stopped.said)} + {steps}"
            if not stopped.is_there():
                stopped.kill()
                return
            if scenario.twice:
                stopped.kill()
                stopped = Stopped(plant, scenario.deed, again := self.rng.choice(self.chosen(1)), 0)
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
    plant = Plant(os.path.join(work, "plant"), os.path.realpath(args.build), os.path.join(work, "stop_at"))
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
