#!/usr/bin/env python3
"""Kills weir's programs at random moments under load, and looks whether anything acknowledged is lost.

    tests/crash/kill.py [--mode fcgi|cgi|both] [--kills N] [--seconds S] [--writers 2] [--build BUILD] [--seed N]
                        [--server NAME] [--spawn WHO] [--set NAME=VALUE]

Writers and readers (load.py) work on one home at once, while random ones of weir's processes, and no others, get
SIGKILL, several a second. With --mode fcgi the programs stay up behind a web server, with cgi it starts one for each
request, with both (the default) this script starts plain CGI processes beside a server with programs that stay up.
N kills (200 unless --seconds is given), or as many as take place in S seconds. Facts that must hold:

  - every point of a batch that was answered 204 is there, with its value;
  - a query that is answered sees what was acknowledged before it was sent;
  - after each kill a write is answered with 204 and a query with 200 within BACK seconds;
  - every request ends, with whatever answer, within HANG seconds;
  - weir check finds no damage.

A small compact_size (--set compact_size=64k) makes most kills fall into compaction.

Prints "ok" and "not ok" lines, then figures on lines that begin with "#".
"""
import argparse, os, random, signal, sys, tempfile, time

from load import TOP, Load, Server, tell

BACK = 2.0


def kill_at_random(server, wanted, seconds, seed):
    """Kills, in order: when, and how many at once."""
    rng, kills, end = random.Random(seed), [], time.monotonic() + seconds
    while sum(n for _, n in kills) < wanted and time.monotonic() < end:
        time.sleep(rng.expovariate(1 / 0.12))
        victims = server.program_pids()
        rng.shuffle(victims)
        dead = 0
        for pid in victims[:rng.choice((1, 1, 1, 2, len(victims)))]:
            try:
                os.kill(pid, signal.SIGKILL)
                dead += 1
            except ProcessLookupError:
                pass
        if dead > 0:
            kills.append((time.monotonic(), dead))
    return kills


def times_until_back(load, kills):
    """After each kill; the load goes on until all are known."""
    while any(probe.back_after(kills[-1][0]) is None for probe in load.probes) and time.monotonic() < kills[-1][0] + 10 * BACK:
        time.sleep(0.01)
    return sorted(max(probe.back_after(when) or float("inf") for probe in load.probes) for when, _ in kills)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mode", choices=("fcgi", "cgi", "both"), default="both")
    parser.add_argument("--kills", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=None)
    parser.add_argument("--build", default=os.path.join(TOP, "build"))
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--writers", type=int, default=2, help="for each way to send requests")
    parser.add_argument("--server", default="lighttpd")
    parser.add_argument("--spawn", default=None, help="who starts the programs, as for deploy/local")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the home")
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 32)
    wanted = args.kills if args.kills is not None else 200 if args.seconds is None else sys.maxsize
    if not os.path.exists("/proc/self/exe"):
        print("ok - skipped: no /proc here, so the programs of one server cannot be told from others")
        return 0

    folder = tempfile.mkdtemp(prefix="weir-crash.")
    options = ["--server", args.server, "--mode", "cgi" if args.mode == "cgi" else "fcgi"]
    options += ["--spawn", args.spawn] if args.spawn else []
    options += [word for setting in args.set for word in ("--set", setting)]
    server = Server(args.build, os.path.join(os.path.realpath(folder), "home"), "token-of-the-kill-test", options)
    ways = [server.by_http] if args.mode != "both" else [server.by_http, server.by_cgi]
    load = Load(server, [way for way in ways for _ in range(args.writers)], [ways[0], ways[-1]], seed)
    load.start()
    try:
        kills = kill_at_random(server, wanted, args.seconds or 600, seed + 1000)
        back = times_until_back(load, kills) if kills else []
    finally:
        load.stop()
    n = sum(dead for _, dead in kills)
    facts = load.facts()
    facts.insert(0, ("the kills took place", 0 < n and (args.kills is None or n >= args.kills), f"{n} in {load.seconds:.0f} s"))
    facts.append(("service is back in time after each kill", bool(back) and back[-1] <= BACK,
                  f"{sum(t > BACK for t in back)} of {len(back)} took longer than {BACK} s: " + ", ".join(f"{t:.2f}" for t in back[-5:])))
    figures = (f"{args.mode}, seed {seed}: {n} kills at {len(kills)} moments in {load.seconds:.0f} s; {load.figures()}; back after "
               + (f"{back[len(back) // 2]:.3f} s (median), {back[len(back) * 95 // 100]:.2f} s (95 %), {back[-1]:.2f} s (longest)" if back else "never"))
    return tell(facts, figures, folder)


if __name__ == "__main__":
    sys.exit(main())
