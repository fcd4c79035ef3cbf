#!/usr/bin/env bash
# Debian's python3-influxdb, unchanged: writes with and without gzip, reads back.
. "${BASH_SOURCE[0]%/*}/lib.sh"
start_server
/usr/bin/python3 -c 'import influxdb' 2>/dev/null || { not_ok 'python3-influxdb is there' 'apt-get install python3-influxdb'; exit 1; }

cat >"$work/client.py" <<'END'
import sys
from influxdb import InfluxDBClient
from influxdb.exceptions import InfluxDBClientError

port, token = int(sys.argv[1]), sys.argv[2]

def check(name, good):
    print(("ok - " if good else "not ok - ") + name)

for gz in (False, True):
    how = "gzip" if gz else "plain"
    client = InfluxDBClient("127.0.0.1", port, "any", token, "py", gzip=gz, timeout=30, retries=1)
    check(f"{how}: ping", client.ping()[0].isdigit())
    points = [{"measurement": how, "tags": {"host": f"h{i % 3}"}, "time": 1600000000 + i,
               "fields": {"value": i * 0.5, "n": i, "on": i % 2 == 0, "note": f"say \"{i}\""}} for i in range(5000)]
    check(f"{how}: write_points", client.write_points(points, time_precision="s", batch_size=1000))
    got = list(client.query(f"SELECT * FROM {how} ORDER BY time", epoch="s").get_points())
    check(f"{how}: all come back", len(got) == len(points))
    check(f"{how}: as they went in", all(
        g["time"] == p["time"] and g["host"] == p["tags"]["host"] and
        all(g[k] == v and type(g[k]) is type(v) for k, v in p["fields"].items() if k != "value") and
        g["value"] == p["fields"]["value"] for g, p in zip(got, points)))
    rows = list(client.query(f"SELECT mean(value) FROM {how} GROUP BY host").items())
    check(f"{how}: groups", sorted(key[1]["host"] for key, _ in rows) == ["h0", "h1", "h2"])
    check(f"{how}: POST", len(list(client.query(f"SELECT n FROM {how} LIMIT 7", method="POST").get_points())) == 7)
    check(f"{how}: without epoch", next(client.query(f"SELECT n FROM {how} LIMIT 1").get_points())["time"].startswith("2020-09-13T12:26:40"))
    check(f"{how}: bind_params", len(list(client.query(f"SELECT n FROM {how} WHERE host = $h LIMIT 5", bind_params={"h": "h1"}).get_points())) == 5)
    check(f"{how}: get_list_database", client.get_list_database() == [{"name": "py"}])
    check(f"{how}: get_list_measurements", {"name": how} in client.get_list_measurements())
    try:
        client.write(["bad"], {"db": "py"}, protocol="line")
        check(f"{how}: a bad line raises", False)
    except InfluxDBClientError as error:
        check(f"{how}: a bad line raises", error.code == 400 and "unable to parse" in str(error))
    stranger = InfluxDBClient("127.0.0.1", port, database="py", gzip=gz)
    try:
        stranger.query("SHOW DATABASES")
        check(f"{how}: root:root is unknown", False)
    except InfluxDBClientError as error:
        check(f"{how}: root:root is unknown", error.code == 401)
END
/usr/bin/python3 "$work/client.py" "${url##*:}" "$token" >"$work/said" 2>&1
failed=$?
grep -E '^(ok|not ok) ' "$work/said"
n_failed=$(grep -c '^not ok' "$work/said")
[ "$failed" -eq 0 ] || not_ok 'the client runs to its end' "$(tail -n 6 "$work/said")"
