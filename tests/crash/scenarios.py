"""What sweep.py kills programs at: a store, and one thing that is done to it."""
import dataclasses, os, re, shutil, subprocess, typing

from ask import program_of
from plant import ALIVE, HOUR, Deed, Stopped, lines, query


@dataclasses.dataclass
class Scenario:
    name: str
    deed: Deed
    changes: bool = True                # else what one sees stays as it is
    whole: bool = True                  # else a part of it may have been done
    prepare: typing.Callable = None     # what comes on top of the base
    cold: bool = False                  # survivors have not opened the store before
    twice: bool = False                 # after the kill another one is killed at the same thing
    damaged: bool = False               # before the deed the store cannot be read
    empty: bool = False                 # there is no store before
    names: bool = False                 # it is about names, not rows
    leaves: tuple = ()                  # files beside the store's


def more_rows(plant):
    """Journal files for a compaction in several steps, with rows that chunks have and rows that they do not."""
    for n in range(3):
        body = lines("m", 20, 60, 40 * n) + lines(f"m{n}", 5, 30)
        env = dict(os.environ, WEIR_HOME=plant.home, WEIR_COMPACT_SIZE="4k")
        subprocess.run([plant.weir, "write", "--db", "b", "--precision", "ns", "-"], env=env, input=body, check=True, capture_output=True)


def holes(plant):
    """Chunks at the file's end that are gone: it has something to give back."""
    plant.by_cgi("POST", "/write", "db=b&precision=ns", lines("wide", 600, 10))
    plant.run("compact")
    plant.by_cgi(*query("DROP MEASUREMENT wide"))


def die_inside(plant):
    """A write is killed with its log half written."""
    deed = Deed(request=("POST", "/write", "db=b&precision=ns", lines("fresh", 30, 2)))
    plant.save(plant.folder + ".before")
    calls = Stopped(plant, deed, 0, 0)
    at = calls.calls.index("pwrite") + 1
    calls.kill()
    plant.restore(plant.folder + ".before")
    shutil.rmtree(plant.folder + ".before")
    Stopped(plant, deed, at, 200).kill()


def reboot(plant):
    """The mark is of another boot; regions and their cache are as they were left."""
    more_rows(plant)
    with open(os.path.join(plant.home, "weir.mark"), "r+b") as mark:
        mark.seek(8)
        mark.write(os.urandom(16))


def damage_records(plant):
    """The same where pages have no checksums: the records' own tell of it."""
    os.unlink(os.path.join(plant.home, "weir.format"))
    damage(plant)


def damage(plant):
    """Bits are flipped in a chunk, of which no cache has the page any more, and in a journal record."""
    plant.by_cgi("POST", "/write", "db=b", b'torn s="a text that can be found again" 5')
    plant.run("compact")
    lose_regions(plant)
    plant.run("stats")                  # recovery brings the log into the databases
    lose_regions(plant)
    flip(plant, "chunks.db", b"can be found again")
    plant.run("stats", check=False)     # what it says of a damaged page is another test's matter
    plant.by_cgi("POST", "/write", "db=b", b'also,host=h1 s="a text in the journal" 5')
    flip(plant, "journal.", b"text in the journal")


def lose_regions(plant):
    for name in os.listdir(plant.home):
        if name.startswith("__db.") or name == "weir.mark":
            os.unlink(os.path.join(plant.home, name))


def flip(plant, file_name, text):
    """One bit of every place where a text stands in files whose names begin so."""
    flipped = 0
    for name in os.listdir(plant.home):
        if name.startswith(file_name):
            with open(os.path.join(plant.home, name), "r+b") as file:
                for found in re.finditer(re.escape(text), content := file.read()):
                    file.seek(found.start())
                    file.write(bytes((content[found.start()] ^ 1,)))
                    flipped += 1
    if flipped == 0:
        raise SystemExit(f"not ok - {text} stands in {file_name}")


def upload(plant):
    """A web space: the program, its weir.conf and the file of a first token."""
    folder = os.path.join(plant.folder, "cgi-bin")
    os.mkdir(folder)
    shutil.copy(program_of(plant.build, "/write"), folder)
    with open(os.path.join(folder, "weir.conf"), "w") as conf:
        conf.write(f"home = {plant.home}\ncache_size = 1M\n")
    made = subprocess.run([plant.weir, "token", "first", os.path.join(folder, "weir-first-token")], check=True, capture_output=True, text=True)
    plant.token = made.stdout.split()[-1]


def writes(*request, **settings):
    return Deed(request=("POST", "/write", *request), settings={f"WEIR_{name.upper()}": text for name, text in settings.items()})


SCENARIOS = [
    Scenario("a write", writes("db=b&precision=ns", lines("m", 5, 50, 80))),
    Scenario("a write with new names", writes("db=b&precision=ns", lines("fresh", 50, 3) + b"m,host=h1,rack=r1 another=2 99\n")),
    Scenario("many new series, then a checkpoint", writes("db=b&precision=ns", lines("fresh", 1500, 1), checkpoint_size="64k")),
    Scenario("a write that makes its database", writes("db=made&precision=ns", lines("there", 3, 5))),
    Scenario("a write that seals, then compaction", writes("db=b&precision=ns", lines("m", 5, 50, 400), compact_size="4k"), prepare=more_rows),
    Scenario("compaction", Deed(words=("compact",)), prepare=more_rows, changes=False),
    Scenario("compaction that gives disk back", Deed(words=("compact",)), prepare=holes, changes=False),
    Scenario("purging what has expired", Deed(words=("compact",)), changes=False),
    Scenario("DELETE by time", Deed(request=query(f"DELETE FROM m WHERE time < {HOUR + 30}")), whole=False),
    Scenario("DELETE by tag", Deed(request=query("DELETE FROM m WHERE host = 'h1' OR host = 'h3'")), whole=False),
    Scenario("DROP SERIES", Deed(request=query("DROP SERIES FROM m WHERE rack = 'r1'")), whole=False),
    Scenario("DROP MEASUREMENT", Deed(request=query("DROP MEASUREMENT gone"))),
    Scenario("a bucket deleted", Deed(words=("bucket", "delete", "old")), names=True),
    Scenario("a bucket made", Deed(words=("bucket", "create", "further")), names=True),
    Scenario("a token made", Deed(words=("token", "create", "--all-access", "--token", "second-token-of-the-sweep", "--description", "second")), names=True),
    Scenario("a user made", Deed(words=("user", "create", "ann", "--password", "sesame", "--read", "b")), names=True),
    Scenario("recovery", Deed(request=ALIVE), prepare=die_inside, cold=True, changes=False),
    Scenario("recovery, killed again", Deed(request=ALIVE), prepare=die_inside, cold=True, twice=True, changes=False),
    Scenario("the first opening after a reboot", Deed(request=ALIVE), prepare=reboot, cold=True, changes=False),
    Scenario("the first opening after a reboot, killed again", Deed(request=ALIVE), prepare=reboot, cold=True, twice=True, changes=False),
    Scenario("weir check --repair of a record", Deed(words=("check", "--repair"), good=(0, 4)), prepare=damage_records, cold=True, damaged=True),
    Scenario("weir check --repair of a page", Deed(words=("check", "--repair"), good=(0, 4)), prepare=damage, cold=True, damaged=True),
    Scenario("weir init", Deed(words=("init",)), empty=True),
    Scenario("a first token by file", Deed(request=("POST", "/write", "db=b", b"m v=1 1"), program="cgi-bin/weir-write"), empty=True, prepare=upload,
             leaves=(".htaccess",)),
]
