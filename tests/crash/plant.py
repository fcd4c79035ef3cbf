"""A store in a folder of its own, what can be done to it, and what one sees in it then.

A Deed is a program to be run on it; Stopped runs one up to some system call, by stop_at.
"""
import dataclasses, json, os, shutil, socket, subprocess, tempfile, urllib.parse

from ask import cgi_answer, cgi_environment, over_cgi, over_fcgi, program_of, start_fcgi

TOKEN = "token-of-the-sweep"
HOUR = 3600 * 10**9


class Plant:
    """One home in a folder of its own, and the two survivors."""

    def __init__(self, folder, build, stop_at):
        self.folder, self.build, self.stop_at, self.home = folder, build, stop_at, os.path.join(folder, "home")
        self.weir = os.path.join(build, "cgi-bin", "weir")
        self.token, self.survivors = TOKEN, []

    def run(self, *words, check=True):
        said = subprocess.run([self.weir, "--home", self.home, *words], capture_output=True, text=True)
        if check and said.returncode != 0:
            raise SystemExit(f"not ok - weir {' '.join(words)}: {said.stdout}{said.stderr}")
        return said

    def restore(self, template):
        for name in os.listdir(self.folder):
            path = os.path.join(self.folder, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        if template is not None:
            subprocess.run(["cp", "-a", "--sparse=always", template + "/.", self.folder], check=True)

    def save(self, template):
        subprocess.run(["cp", "-a", "--sparse=always", self.folder, template], check=True)

    def by_cgi(self, *request):
        return over_cgi(self.build, self.home, self.token, *request)

    def by_survivor(self, *request):
        return over_fcgi(os.path.join(self.folder, request[1][1:]), self.token, *request)

    def start_survivors(self):
        self.survivors = [start_fcgi(self.build, "/" + name, self.home, os.path.join(self.folder, name)) for name in ("write", "query")]

    def end_survivors(self):
        for process in self.survivors:
            process.kill()
            process.wait()
        self.survivors = []


def query(text, db="b"):
    return "POST" if text.startswith("D") else "GET", "/query", urllib.parse.urlencode({"db": db, "epoch": "ns", "q": text})


def lines(measurement, series, rows, first=0):
    """Rows of every series, some with a string."""
    return "".join(f"{measurement},host=h{s},rack=r{s % 3} v={n * 7 + s}i" + (f',s="text {n % 11}"' if n % 3 == 0 else "") + f" {HOUR + n}\n"
                   for n in range(first, first + rows) for s in range(series)).encode()


PROBE = "POST", "/write", "db=b", b"probe v=1 1"
ALIVE = query("SELECT v FROM m LIMIT 1")


def make_base(plant):
    """Chunks of two measurements, rows of one in the journal, and a bucket whose rows have expired."""
    plant.run("init", "--token", TOKEN)
    with open(os.path.join(plant.home, "weir.conf"), "w") as conf:
        conf.write("cache_size = 1M\ninfluxql_management = yes\n")
    for name in ("b", "old"):
        plant.run("bucket", "create", name)
    for db, body in (("b", lines("m", 5, 60)), ("b", lines("gone", 4, 30)), ("old", lines("m", 20, 10))):
        if plant.by_cgi("POST", "/write", f"db={db}&precision=ns", body)[0] != 204:
            raise SystemExit("not ok - the first rows")
    plant.run("compact")
    plant.run("bucket", "update", "old", "--retention", "30d")
    plant.by_cgi("POST", "/write", "db=b&precision=ns", lines("m", 5, 20, 60))


def rows_of(send):
    """Every value of the databases that deeds are about, as a set; or the error."""
    found = set()
    for db in ("b", "made"):
        status, text = send(*query("SELECT * FROM /.*/ GROUP BY *", db))
        result = json.loads(text)["results"][0] if status == 200 else {"error": f"{status} {text[:300]!r}"}
        if result.get("error") == "database not found: made":
            continue
        if "error" in result:
            return result["error"]
        found |= {(series["name"], tuple(sorted(series["tags"].items())) if "tags" in series else (), column, row[0], value)
                  for series in result.get("series", []) if series["name"] != "probe"
                  for row in series["values"] for column, value in zip(series["columns"][1:], row[1:]) if value is not None}
    return found


def names_of(plant):
    """Buckets, users and tokens, without ids and times."""
    found = set()
    for noun, field in (("bucket", "name"), ("user", "name"), ("token", "description")):
        found |= {(noun, item[field]) for item in json.loads(plant.run(noun, "list", "--json").stdout)}
    return found


# --- what is killed --------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Deed:
    """A program to be run: as CGI, or weir with some words."""
    words: tuple = ()
    request: tuple = ()
    settings: dict = dataclasses.field(default_factory=dict)
    program: str = ""                   # another than that of the build
    good: tuple = (0,)                  # exit statuses

    def command(self, plant):
        if self.words:
            return [plant.weir, "--home", plant.home, *self.words], {"PATH": os.environ.get("PATH", "")}, b""
        body = self.request[3] if len(self.request) > 3 else b""
        env = cgi_environment(plant.home, plant.token, *self.request[:3], body) | self.settings
        if self.program:
            env.pop("WEIR_HOME")
            return [os.path.join(plant.folder, self.program)], env, body
        return [program_of(plant.build, self.request[1])], env, body

    def acknowledged(self, output):
        """Was it told that all is done?"""
        if self.words:
            return output != b""
        status, text = cgi_answer(output)
        return status == 204 or (status == 200 and text.endswith(b"]}\n"))

    def do(self, plant):
        command, env, body = self.command(plant)
        said = subprocess.run(command, env=env, input=body, capture_output=True)
        good = said.returncode in self.good and (self.words or self.acknowledged(said.stdout)) and b'"error"' not in said.stdout
        return "" if good else f"{said.returncode} {said.stdout[-300:]!r} {said.stderr[-300:]!r}"


class Stopped:
    """A deed that goes up to one of its calls."""

    def __init__(self, plant, deed, call, steps):
        command, env, body = deed.command(plant)
        self.ours, theirs = socket.socketpair()
        with theirs, tempfile.TemporaryFile() as stdin:
            stdin.write(body)
            stdin.seek(0)
            self.process = subprocess.Popen([plant.stop_at, str(theirs.fileno()), str(call), str(steps), *command], env=env, stdin=stdin,
                                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        self.lines = self.ours.makefile()
        self.calls = [] if call == 0 else None
        while True:
            self.said = self.lines.readline().split()
            if self.said[0] != "call":
                break
            self.calls.append(self.said[1])

    def is_there(self):
        return self.said[0] == "at"

    def kill(self):
        """Returns what it has written to its standard output."""
        self.ours.shutdown(socket.SHUT_WR)
        output, _ = self.process.communicate()
        self.lines.close()
        self.ours.close()
        return output
