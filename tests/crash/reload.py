#!/usr/bin/env python3
"""Reloads the web server and replaces weir's programs under load: old and new processes side by side.

    tests/crash/reload.py [--server lighttpd|apache|nginx] [--spawn server|socket] [--reloads 6] [--build BUILD]
                          [--other BUILD] [--seed N]

While writers and readers (load.py) work, over HTTP and as CGI processes of their own, the web server is told to reload
as an operator does it (lighttpd and Apache SIGUSR1, nginx SIGHUP). Each time the programs on disk have been replaced
before, by those of the --other build and back again, as an upgrade does it (without --other: by copies of themselves).
Where programs stay up on sockets of spawn-fcgi, which no web server ends, they get SIGTERM, one after the other.
Facts that must hold:

  - every point of a batch that was answered 204 is there; a query sees what was acknowledged before it;
  - no request fails, neither by the reload nor by the programs' end; but with mod_fcgid some may: at a reload Apache ends
    the process that starts programs, and requests that wait for one in an old Apache process are cut or wait for ever;
  - after each reload the old programs end, and new ones serve;
  - weir check finds no damage.
"""
import argparse, os, random, shutil, signal, sys, tempfile, time

from load import HANG, NO_HANG, TOP, Load, Server, tell

SIGNALS = {"lighttpd": signal.SIGUSR1, "apache": signal.SIGUSR1, "nginx": signal.SIGHUP}


def replace_programs(place, build):
    """As packages do it: a new file, renamed over the old one, which those that run it keep."""
    for folder, name in (("fcgi", "weir-write"), ("fcgi", "weir-query"), ("cgi-bin", "weir")):
        os.makedirs(os.path.join(place, folder), exist_ok=True)
        path = os.path.join(place, folder, name)
        shutil.copy(os.path.join(build, folder, name), path + ".new")
        os.rename(path + ".new", path)


def server_pid(server):
    with open(os.path.join(server.home, "web", "server.pid"), encoding="ascii") as file:
        return int(file.read())


def long_running(server):
    """Programs that the web server or multiwatch keeps; CGI processes of this script are our children."""
    found = set()
    for pid in server.program_pids():
        try:
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                if f"PPid:\t{os.getpid()}\n" not in status.read():
                    found.add(pid)
        except OSError:
            pass
    return found


def reload(server, name, by_socket):
    """Returns (old and new ones were up at once, all old ones have ended and new ones are there)."""
    old, together = long_running(server), False
    to_end = sorted(old) if by_socket else []
    os.kill(server_pid(server), SIGNALS[name])
    until = time.monotonic() + HANG
    while time.monotonic() < until:
        if to_end:
            os.kill(to_end.pop(), signal.SIGTERM)
            time.sleep(0.1)
        now = long_running(server)
        together = together or (bool(now & old) and bool(now - old))
        if now and not now & old:
            return together, True
    return together, False


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--server", choices=sorted(SIGNALS), default="lighttpd")
    parser.add_argument("--spawn", choices=("server", "socket"), default=None)
    parser.add_argument("--reloads", type=int, default=6)
    parser.add_argument("--build", default=os.path.join(TOP, "build"))
    parser.add_argument("--other", default=None, help="a build of another version with the same store format")
    parser.add_argument("--seed", type=int, default=None)
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else random.SystemRandom().randrange(1 << 32)
    spawn = args.spawn or ("socket" if args.server == "nginx" else "server")
    folder = os.path.realpath(tempfile.mkdtemp(prefix="weir-reload."))
    os.chmod(folder, 0o755)
    builds = [os.path.realpath(args.build), os.path.realpath(args.other or args.build)]
    place = os.path.join(folder, "programs")
    replace_programs(place, builds[0])
    server = Server(place, os.path.join(folder, "home"), "token-of-the-reload-test", ("--server", args.server, "--spawn", spawn))
    load = Load(server, [server.by_http, server.by_http, server.by_cgi], [server.by_http, server.by_cgi], seed)
    load.start()
    together = ended = 0
    try:
        for number in range(args.reloads):
            time.sleep(1.0)
            replace_programs(place, builds[(number + 1) % 2])
            time.sleep(0.5)             # CGI processes are new ones already
            beside, gone = reload(server, args.server, spawn == "socket")
            together, ended = together + beside, ended + gone
        time.sleep(1.5)
    finally:
        load.stop()
    failed = sum(load.statuses.values())
    facts = load.facts()
    if (args.server, spawn) == ("apache", "server"):
        facts = [fact for fact in facts if fact[0] != NO_HANG]
    else:
        facts.append(("no request fails", failed == 0, f"{failed} did: {dict(load.statuses)}"))
    facts.append(("after each reload new programs serve", ended == args.reloads, f"after {ended} of {args.reloads}"))
    figures = (f"{args.server}, {spawn}, seed {seed}: {args.reloads} reloads in {load.seconds:.0f} s, old and new side by side in {together}; "
               f"{failed} requests failed {dict(load.statuses)}; {load.figures()}")
    return tell(facts, figures, folder)


if __name__ == "__main__":
    sys.exit(main())
