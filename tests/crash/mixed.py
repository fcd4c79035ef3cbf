"""What the connections of many.py do, a script for each kind: write, ask, delete, drop, and let in and out.

A script knows what it has written and deleted, and so what each answer must be.
"""
from keepalive import ACKNOWLEDGED, N_WORDS, SENT, Trouble
from load import value

DATABASES = ("one", "two", "three", "four")


# --- keep: points that nobody deletes ---------------------------------------------------------------------------------

def keep_line(writer, n, fresh=""):
    return f"load,w=k{writer},host=h{n % 7}{fresh} v={value(writer, n)}i,f={n % 1000 / 8} {n}"


def keep(c):
    rng, late, n = c.rng, [], 0
    while not c.stopping() or late:
        roll = rng.random()
        if late and (roll < 0.3 or c.stopping()):
            numbers = late.pop(0)
        else:
            numbers = range(n, n + rng.choice((1, 1, 5, 50, 400)))
            n = numbers[-1] + 1
            if roll > 0.9:
                late.append(numbers)
                continue
        fresh = f",fresh=f{numbers[0]}" if roll > 0.87 else ""
        c.words[SENT] += len(numbers)
        yield from c.writes("write new series" if fresh else "write", [keep_line(c.number, i, fresh) for i in numbers])
        c.words[ACKNOWLEDGED] += len(numbers)
        c.client.points += len(numbers)
        if rng.random() < 0.02:
            rows = yield from c.rows("count", f"SELECT count(v) FROM load WHERE w = 'k{c.number}'")
            if [row[1] for row in rows] != [c.words[ACKNOWLEDGED]]:
                raise Trouble(f"{c.words[ACKNOWLEDGED]} points were acknowledged, and the writer itself counts {rows}")
    c.client.models[c.number] = (c.database, n)


# --- own: points that come and go, each answer foreseen ----------------------------------------------------------------

WINDOW = 3000


def expect(got, wanted, statement):
    if got != wanted:
        at = next((i for i, (a, b) in enumerate(zip(got, wanted)) if a != b), min(len(got), len(wanted)))
        raise Trouble(f"{statement}: {len(got)} rows, {len(wanted)} are right; from {at}: {got[at:at + 3]}, right {wanted[at:at + 3]}")
    return 1


def own_write(c, there):
    first = c.rng.randrange(WINDOW)
    numbers = c.rng.sample(range(first, first + 120), c.rng.choice((1, 10, 60)))       # not in order of time
    lines = [f"own,w=o{c.number},host=h{n % 3} v={c.rng.randrange(1000)}i {n}" for n in numbers]
    yield from c.writes("write late", lines)
    there.update((int(line.rsplit(" ", 1)[1]), int(line.split("v=")[1].split("i ")[0])) for line in lines)
    c.client.points += len(lines)


def own_delete(c, there):
    host, first = c.rng.randrange(3), c.rng.randrange(WINDOW)
    last = first + c.rng.randrange(1, 800)
    if c.rng.random() < 0.15:
        statement, gone = f"DELETE FROM own WHERE w = 'o{c.number}' AND host = 'h{host}'", [n for n in there if n % 3 == host]
    else:
        statement = f"DELETE FROM own WHERE w = 'o{c.number}' AND host = 'h{host}' AND time >= {first}s AND time <= {last}s"
        gone = [n for n in there if n % 3 == host and first <= n <= last]
    yield from c.result("DELETE", statement, method="POST")
    for n in gone:
        del there[n]
    c.client.deleted += len(gone)


def own_ask(c, there):
    """(kind, statement, right rows)"""
    where, shape = f"FROM own WHERE w = 'o{c.number}'", c.rng.randrange(6)
    if shape == 0:
        rows = [[0, len(there), sum(there.values()), min(there.values()), max(there.values())]] if there else []
        return "aggregates", f"SELECT count(v), sum(v), min(v), max(v) {where}", rows
    if shape == 1:
        last = max(there, default=None)
        return "last", f"SELECT last(v) {where}", [[last, there[last]]] if there else []
    first, host = c.rng.randrange(WINDOW), c.rng.randrange(3)
    if shape == 2:
        return "raw", f"SELECT v {where} AND time >= {first}s AND time < {first + 500}s", [
            [n, there[n]] for n in sorted(there) if first <= n < first + 500]
    if shape == 3:
        return "raw", f"SELECT v {where} AND host = 'h{host}'", [[n, there[n]] for n in sorted(there) if n % 3 == host]
    if shape == 4:
        return "raw", f"SELECT v {where} ORDER BY time DESC LIMIT 20", [[n, there[n]] for n in sorted(there, reverse=True)[:20]]
    windows = {}
    for n, v in there.items():
        windows.setdefault(n // 100 * 100, []).append(v)
    return "GROUP BY time", f"SELECT count(v), sum(v) {where} AND time >= 0s AND time < {WINDOW + 200}s GROUP BY time(100s) fill(none)", [
        [t, len(windows[t]), sum(windows[t])] for t in sorted(windows)]


def own(c):
    there = {}
    while not c.stopping():
        roll = c.rng.random()
        if roll < 0.5:
            yield from own_write(c, there)
        elif roll < 0.97 or c.calm():
            kind, statement, right = own_ask(c, there)
            rows = yield from c.rows(kind, statement)
            c.client.checked += expect(rows, right, statement)
        else:
            yield from own_delete(c, there)
    c.client.models[c.number] = (c.database, there)


# --- drop: a measurement made, dropped, and made again with other fields -----------------------------------------------

def drop(c):
    name, life = f"drop{c.number}", 0
    while not c.stopping():
        life += 1
        text = (lambda n: f"{n}i", lambda n: f"{n}.5", lambda n: f'"t{n}"')[life % 3]
        for first in range(0, 60, 20):
            yield from c.writes("write", [f"{name},life=l{life} v={text(n)} {n}" for n in range(first, first + 20)])
        c.client.points += 60
        rows = yield from c.rows("count", f"SELECT count(v) FROM {name}")
        c.client.checked += expect([row[1] for row in rows], [60], f"count of {name}, life {life}")
        rows = yield from c.rows("SHOW", f"SHOW TAG VALUES FROM {name} WITH KEY = life")
        c.client.checked += expect([row[1] for row in rows], [f"l{life}"], f"SHOW TAG VALUES of {name}")
        yield from c.result("DROP MEASUREMENT", f"DROP MEASUREMENT {name}", method="POST")
        c.client.deleted += 60
        rows = yield from c.rows("SHOW", f"SHOW MEASUREMENTS WITH MEASUREMENT = {name}")
        c.client.checked += expect(rows, [], f"SHOW MEASUREMENTS of {name} when it is dropped")
        while c.calm() and not c.stopping():
            yield c.rng.uniform(0, 0.5)
    c.client.models[c.number] = (c.database, name)


# --- look: what dashboards ask -----------------------------------------------------------------------------------------

def look(c):
    keepers = [n for n, role in c.client.roles.items() if role == "keep"]
    while not c.stopping():
        writer = c.rng.choice(keepers)
        words, database = c.client.words[writer * N_WORDS:(writer + 1) * N_WORDS], DATABASES[writer % len(DATABASES)]
        least, shape = words[ACKNOWLEDGED], c.rng.randrange(8)
        if shape < 3:
            statement = (f"SELECT count(v) FROM load WHERE w = 'k{writer}'", f"SELECT count(v) FROM load WHERE w = 'k{writer}' AND time >= 0",
                         f"SELECT sum(count) FROM (SELECT count(v) FROM load WHERE w = 'k{writer}' GROUP BY host)")[shape]
            rows = yield from c.rows("count", statement, database)
            seen, most = (rows[0][1] if rows else 0), words[SENT]
            if not least <= seen <= most:
                raise Trouble(f"{statement}: {seen}, but {least} were acknowledged before, and {most} sent by now")
            c.client.checked += 1
        elif shape == 3:
            yield from c.result("GROUP BY time", "SELECT mean(f), max(v) FROM load WHERE time >= 0 AND time < 20000s GROUP BY time(500s), host fill(none)", database)
        elif shape == 4:
            yield from c.result("last", "SELECT last(f) FROM load GROUP BY host", database)
        elif shape == 5:
            yield from c.result("raw", f"SELECT * FROM load WHERE w = 'k{writer}' ORDER BY time DESC LIMIT 50", database)
        elif shape == 6:
            rows = yield from c.rows("SHOW", "SHOW TAG VALUES FROM load WITH KEY = w", database)
            if least > 0 and f"k{writer}" not in [row[1] for row in rows]:
                raise Trouble(f"SHOW TAG VALUES does not know the writer k{writer}, of whom {least} points were acknowledged")
        else:
            yield from c.result("SHOW", c.rng.choice(("SHOW MEASUREMENTS", "SHOW FIELD KEYS", "SHOW TAG KEYS FROM load", "SHOW DATABASES",
                                                      "SHOW SERIES CARDINALITY", "SHOW SERIES FROM own LIMIT 20")), database)


# --- user: who may do what, changed all the time -----------------------------------------------------------------------

def user(c):
    name, life = f"u{c.number}", 0
    yield from c.writes("write", [f"users,u={name} v=1i 1"])
    while not c.stopping():
        life += 1
        auth = f"Token {name}:password{life}"
        yield from c.result("user", f"CREATE USER {name} WITH PASSWORD 'password{life}'", method="POST")
        for grant, right in ((None, 403), (f'GRANT WRITE ON "{c.database}" TO {name}', 204), (f'REVOKE WRITE ON "{c.database}" FROM {name}', 403)):
            if grant is not None:
                yield from c.result("user", grant, method="POST")
            status, text = yield from c.write("write as user", [f"users,u={name} v={life}i {life}"], auth=auth)
            if status != right:
                raise Trouble(f"after {grant}: {status}, and {right} is right: {text[:200]!r}")
        yield from c.result("user", f"DROP USER {name}", method="POST")
        status, text = yield from c.write("write as user", [f"users,u={name} v=1i 1"], auth=auth)
        if status != 401:
            raise Trouble(f"a user that was dropped gets {status} {text[:200]!r}")
        c.client.checked += 4
        yield c.rng.uniform(0, 1)


SCRIPTS = {"keep": keep, "own": own, "drop": drop, "look": look, "user": user}
