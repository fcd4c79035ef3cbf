#!/usr/bin/env python3
"""Times a small query again and again while points arrive at a steady rate and are compacted.

    tests/bench/latency.py --url URL --token T [--rate 4.0] [--queries 1000] [--hosts 100]

The query is one field of one host over an hour, the host another each time. The rate is in MB of line protocol a
second, in bodies of 1000 points. Prints the median, the 99th per cent and the worst, of queries and of writes.
"""
import argparse, http.client, json, random, sys, threading, time, urllib.parse

FIELDS = [f"usage_{name}" for name in "user system idle nice iowait irq softirq steal guest guest_nice".split()]
START, STEP, LINES = 1600000000, 10, 1000


def body(number, hosts, rng):
    """Points number * LINES to (number + 1) * LINES - 1, host by host within a step of ten seconds."""
    lines = []
    for i in range(number * LINES, (number + 1) * LINES):
        values = ",".join(f"{f}={rng.uniform(0, 100):.4f}" for f in FIELDS)
        lines.append(f"cpu,hostname=host_{i % hosts},rack={i % hosts % 7},region=eu-{i % hosts % 3} {values} {START + i // hosts * STEP}\n")
    return "".join(lines).encode()


class Writer(threading.Thread):
    """Sends bodies at a rate; a body that is late is followed at once."""

    def __init__(self, address, token, bodies, rate):
        super().__init__()
        self.address, self.token, self.bodies, self.rate = address, token, bodies, rate
        self.took, self.sent, self.refused, self.stop = [], 0, 0, False

    def run(self):
        connection, due = http.client.HTTPConnection(*self.address, timeout=60), time.perf_counter()
        for raw in self.bodies:
            if self.stop:
                break
            time.sleep(max(0.0, due - time.perf_counter()))
            due = max(due, time.perf_counter() - 1) + len(raw) / self.rate
            began = time.perf_counter()
            connection.request("POST", "/write?db=latency&precision=s", raw, {"Authorization": f"Token {self.token}"})
            answer = connection.getresponse()
            answer.read()
            self.took.append(time.perf_counter() - began)
            self.sent += len(raw)
            self.refused += answer.status != 204


def show(name, took):
    took = sorted(took)
    print(f"{name}: {len(took)}, median {took[len(took) // 2] * 1e3:.2f} ms, 99 of 100 within {took[int(len(took) * .99)] * 1e3:.2f} ms, "
          f"worst {took[-1] * 1e3:.2f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--rate", type=float, default=4.0)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--hosts", type=int, default=100)
    args = parser.parse_args()
    where = urllib.parse.urlsplit(args.url)
    address, rng = (where.hostname, where.port), random.Random(5)

    first = [body(n, args.hosts, rng) for n in range(60)]       # enough for more than an hour of each host
    fill = Writer(address, args.token, first, 1e12)
    fill.run()
    writer = Writer(address, args.token, [body(n, args.hosts, rng) for n in range(60, 700)], args.rate * 1e6)
    writer.start()
    began, took, connection = time.perf_counter(), [], http.client.HTTPConnection(*address, timeout=60)
    for _ in range(args.queries):
        at = START + rng.randrange(0, 1800)
        text = (f"SELECT max(usage_user) FROM cpu WHERE hostname = 'host_{rng.randrange(args.hosts)}' AND time >= {at}s AND time < {at + 3600}s "
                "GROUP BY time(1m)")
        before = time.perf_counter()
        connection.request("GET", "/query?" + urllib.parse.urlencode({"db": "latency", "q": text}), headers={"Authorization": f"Token {args.token}"})
        answer = json.loads(connection.getresponse().read())
        took.append(time.perf_counter() - before)
        if "error" in answer or "error" in answer["results"][0] or len(answer["results"][0]["series"][0]["values"]) not in (60, 61):
            raise SystemExit(f"{text}: {answer}")
        time.sleep(0.02)
    seconds = time.perf_counter() - began
    writer.stop = True
    writer.join()
    print(f"written meanwhile: {writer.sent / seconds / 1e6:.1f} MB/s, {writer.refused} bodies refused")
    show("queries", took)
    show("writes", writer.took)
    return 1 if writer.refused or fill.refused else 0


if __name__ == "__main__":
    sys.exit(main())
