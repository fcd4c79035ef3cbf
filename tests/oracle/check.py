#!/usr/bin/env python3
"""Compare a server with the recorded answers, and the differences with the list of accepted ones.

    check.py --url URL --token T --run default|management [CASES...]

Prints `ok` or `not ok` for every query. A query is ok when it is answered as InfluxDB 1.6.7 answers
it and is not listed in differences.txt, or is answered otherwise and is listed there. So the list
holds what differs, all of it, and nothing else. With --run management databases are made by CREATE
DATABASE, as on a server whose setting influxql_management is yes. Exit status 1 when one is not ok.
"""
import argparse
import os
import re
import sys

import oracle

HERE = os.path.dirname(os.path.abspath(__file__))
ENTRY = re.compile(r"(both|default|management) (\w+:\d+) (.+)$")


def read_differences(path, run):
    """The accepted differences of a run: {(suite:line, query): reason}. See the file's head."""
    listed, reason, in_reason = {}, "", False
    with open(path, encoding="utf-8") as source:
        for number, line in enumerate(source, 1):
            line = line.rstrip("\n")
            if not line or line.startswith("#"):
                in_reason = False
                continue
            entry = ENTRY.match(line)
            if entry is None:
                reason = reason + " " + line if in_reason else line
                in_reason = True
                continue
            in_reason = False
            if not reason:
                raise SystemExit("%s:%d: an entry without a reason" % (path, number))
            if entry.group(1) in ("both", run):
                listed[entry.group(2, 3)] = reason
    return listed


def shown(step):
    return step[2].replace("\n", " ") if step[0] == "query" else "@write"


def judge(name, query, found, reason):
    """One line, and for what is not ok what there is to know; True when it is ok."""
    if (found is None) == (reason is None):
        print("ok - %s %s%s" % (name, query, "" if reason is None else " (differs: %s)" % reason))
        return True
    print("not ok - %s %s" % (name, query))
    if found is None:
        print("  passes, but differences.txt has it: %s" % reason)
    else:
        print("  at   %s" % (found[0] or "."))
        print("  want %s" % oracle.brief(found[1]))
        print("  got  %s" % oracle.brief(found[2]))
    return False


def check_case(server, case, listed):
    """One suite: how many are as recorded, how many differ as listed, how many are not ok."""
    suite = os.path.splitext(os.path.basename(case))[0]
    steps = oracle.read_case(case)
    wanted = oracle.read_expected(case, steps)
    same = differ = bad = 0
    for (step, *want), (_, *got) in zip(wanted, oracle.run_case(server, case, steps)):
        found, _ = oracle.compare(step, tuple(want), tuple(got))
        key = ("%s:%d" % (suite, step[3]), shown(step))
        reason = listed.pop(key, None)
        if step[0] == "write" and found is None and reason is None:
            continue
        if not judge(*key, found, reason):
            bad += 1
        elif found is None:
            same += 1
        else:
            differ += 1
    return suite, same, differ, bad


def main():
    parser = argparse.ArgumentParser(description="Compare a server with the recorded answers.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--token")
    parser.add_argument("--run", required=True, choices=("default", "management"))
    parser.add_argument("--differences", default=os.path.join(HERE, "differences.txt"))
    parser.add_argument("cases", nargs="*")
    args = parser.parse_args()
    cases = os.path.join(HERE, "cases")
    chosen = oracle.find_cases(args.cases or [cases, os.path.join(cases, "optional")])
    listed = read_differences(args.differences, args.run)
    server = oracle.Server(args.url, args.token, create=args.run == "management")
    totals = [0, 0, 0]
    for case in chosen:
        suite, *figures = check_case(server, case, listed)
        totals = [a + b for a, b in zip(totals, figures)]
        print("# %-10s %-28s %4d as InfluxDB, %3d differ as listed, %3d not ok" % (args.run, suite, *figures))
    if not args.cases:
        for name, query in listed:
            totals[2] += 1
            print("not ok - %s %s\n  differences.txt has it, and no suite" % (name, query))
    print("# %s: %d as InfluxDB, %d differ as listed, %d not ok" % (args.run, *totals))
    return 1 if totals[2] else 0


if __name__ == "__main__":
    sys.exit(main())
