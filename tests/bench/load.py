#!/usr/bin/env python3
"""Loads a set like that of a monitored data centre into a weir that is up, and times a few queries.

    tests/bench/load.py --url URL --token T --home DIR [--hosts 100] [--steps 1000] [--float] [--gzip] [--check]

A point has ten fields and ten tags; a step is ten seconds. Bodies are made before the clock starts. --check reads
every point back and compares it with what was sent.
"""
import argparse, gzip, http.client, json, multiprocessing, os, random, sys, time, urllib.parse

FIELDS = [f"usage_{name}" for name in "user system idle nice iowait irq softirq steal guest guest_nice".split()]
START, STEP, LINES = 1600000000, 10, 5000


def make(hosts, steps, floats, seed=11):
    """The points as (host, step) -> values, and the lines, host by host within a step."""
    rng = random.Random(seed)
    tags = [f"cpu,arch=x{rng.choice((64, 86))},dc={rng.choice('abc')},hostname=host_{h},os=debian{rng.randrange(10, 13)},rack={rng.randrange(100)},"
            f"region=eu-{rng.randrange(5)},service={rng.randrange(20)},stage={rng.choice(('test', 'live'))},team={rng.choice('ABCD')},version={rng.randrange(2)} "
            for h in range(hosts)]
    walk = [[rng.uniform(0, 100) for _ in FIELDS] for _ in range(hosts)]
    points, lines = {}, []
    for step in range(steps):
        for host in range(hosts):
            now = walk[host]
            for i in range(len(FIELDS)):
                now[i] = min(100.0, max(0.0, now[i] + rng.gauss(0, 1)))
            texts = [f"{x:.6f}" if floats else f"{int(x)}i" for x in now]
            points[host, step] = [float(t) if floats else int(t[:-1]) for t in texts]
            lines.append(tags[host] + ",".join(f"{f}={t}" for f, t in zip(FIELDS, texts)) + f" {START + step * STEP}\n")
    return points, ["".join(lines[i:i + LINES]).encode() for i in range(0, len(lines), LINES)]


def send(address, token, bodies, packed, answers):
    connection = http.client.HTTPConnection(*address, timeout=120)
    headers = {"Authorization": f"Token {token}", **({"Content-Encoding": "gzip"} if packed else {})}
    good = 0
    for body in bodies:
        connection.request("POST", "/write?db=bench&precision=s", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status == 204:
            good += 1
        else:
            print(f"refused: {answer.status} {text[:200]!r}", file=sys.stderr)
    answers.put(good)


def fetch(address, token, text):
    connection = http.client.HTTPConnection(*address, timeout=120)
    connection.request("GET", "/query?" + urllib.parse.urlencode({"db": "bench", "epoch": "s", "q": text}), headers={"Authorization": f"Token {token}"})
    answer = connection.getresponse()
    body = answer.read()
    return body if answer.status == 200 else json.dumps({"results": [{"error": body.decode()}]})


def query(address, token, text):
    result = json.loads(fetch(address, token, text))["results"][0]
    if "error" in result:
        raise SystemExit(f"{text}: {result['error']}")
    return result.get("series", [])


def on_disk(folder):
    return sum(os.lstat(os.path.join(root, name)).st_blocks * 512 for root, _, names in os.walk(folder) for name in names)


def check(address, token, points, hosts):
    wrong = 0
    for host in range(hosts):
        rows = query(address, token, f"SELECT {','.join(FIELDS)} FROM cpu WHERE hostname = 'host_{host}'")
        got = {(host, (row[0] - START) // STEP): row[1:] for row in rows[0]["values"]}
        wrong += sum(1 for key, values in points.items() if key[0] == host and got.get(key) != values)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--home", required=True)
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=2)
    parser.add_argument("--float", action="store_true")
    parser.add_argument("--gzip", action="store_true")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    where = urllib.parse.urlsplit(args.url)
    address = where.hostname, where.port

    points, bodies = make(args.hosts, args.steps, args.float)
    size = sum(map(len, bodies))
    if args.gzip:
        bodies = [gzip.compress(body, 1) for body in bodies]
    send(address, args.token, bodies[:1], args.gzip, multiprocessing.SimpleQueue())     # the database is made here
    before = on_disk(args.home)
    answers = multiprocessing.SimpleQueue()
    clients = [multiprocessing.Process(target=send, args=(address, args.token, bodies[c::args.clients], args.gzip, answers)) for c in range(args.clients)]
    began = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    seconds = time.perf_counter() - began
    good = sum(answers.get() for _ in clients)
    n = args.hosts * args.steps
    print(f"ingest: {good} of {len(bodies)} batches, {n} points of {len(FIELDS)} {'floats' if args.float else 'integers'} in {seconds:.2f} s: "
          f"{n / seconds:,.0f} points/s, {size / seconds / 1e6:.0f} MB/s; {(on_disk(args.home) - before) / n:.1f} bytes of disk a point")
    count = query(address, args.token, "SELECT count(usage_user) FROM cpu")[0]["values"][0][1]
    print(f"count: {count}" + ("" if count == n else f", but {n} were sent"))

    time.sleep(3)       # what was written last is moved into chunks meanwhile
    last = START + args.steps * STEP
    day, hour, eight = f"time >= {START}s AND time < {last}s", f"time >= {last - 3600}s AND time < {last}s", "(" + " OR ".join(f"hostname = 'host_{h}'" for h in range(1, 16, 2)) + ")"
    def each(function, fields):
        return ", ".join(f"{function}({field})" for field in fields)
    for name, text in (
            ("hour of a host, by minute", f"SELECT max(usage_user) FROM cpu WHERE hostname = 'host_1' AND {hour} GROUP BY time(1m)"),
            ("the same, 5 fields, 8 hosts", f"SELECT {each('max', FIELDS[:5])} FROM cpu WHERE {eight} AND {hour} GROUP BY time(1m)"),
            ("mean by hour and host", f"SELECT mean(usage_user) FROM cpu WHERE {day} GROUP BY time(1h), hostname"),
            ("the same of all fields", f"SELECT {each('mean', FIELDS)} FROM cpu WHERE {day} GROUP BY time(1h), hostname"),
            ("mean of all by 10 minutes", f"SELECT mean(usage_user) FROM cpu WHERE {day} GROUP BY time(10m)"),
            ("mean of all by host", "SELECT mean(usage_user) FROM cpu GROUP BY hostname"),
            ("last five minutes", f"SELECT max(usage_user) FROM cpu WHERE time < {last}s GROUP BY time(1m) ORDER BY time DESC LIMIT 5"),
            ("last row of each host", "SELECT * FROM cpu GROUP BY hostname ORDER BY time DESC LIMIT 1"),
            ("last value of each host", "SELECT last(usage_user) FROM cpu GROUP BY hostname"),
            ("percentile by host", "SELECT percentile(usage_user, 95) FROM cpu GROUP BY hostname"),
            ("derivative by host", f"SELECT non_negative_derivative(mean(usage_user), 10s) FROM cpu WHERE {hour} GROUP BY time(5m), hostname"),
            ("maximum of means", f"SELECT max(m) FROM (SELECT mean(usage_user) AS m FROM cpu WHERE {hour} GROUP BY time(10m), hostname) GROUP BY hostname"),
            ("hour of all hosts, raw", f"SELECT usage_user, usage_system FROM cpu WHERE {hour} GROUP BY hostname"),
            ("all fields of a host", "SELECT * FROM cpu WHERE hostname = 'host_2'"),
            ("above a threshold", "SELECT usage_user FROM cpu WHERE usage_user > 99"),
            ("tag values", "SHOW TAG VALUES FROM cpu WITH KEY = hostname")):
        rows, times = sum(len(series["values"]) for series in query(address, args.token, text)), []
        for _ in range(15):
            began = time.perf_counter()
            fetch(address, args.token, text)
            times.append(time.perf_counter() - began)
        print(f"query: {name:27} {sorted(times)[7] * 1000:8.1f} ms, {rows} rows")
    if args.check:
        wrong = check(address, args.token, points, args.hosts)
        print(f"check: {wrong} of {n} points differ")
        return 1 if wrong or count != n else 0
    return 0 if good == len(bodies) and count == n else 1


if __name__ == "__main__":
    sys.exit(main())
