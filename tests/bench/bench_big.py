"""A large database: how soon ots-query has its first row, how long the batches
of retention take, and what they do to delivery. For tests/bench/run --only
store-5m,store-retain; --data DIR keeps the databases for the next time."""
import glob
import os
import select
import shutil
import sqlite3
import statistics
import subprocess
import time

import e2e
import e2e_store

BENCH = os.path.join(os.path.dirname(e2e.BIN), "bench")
PLANS = os.path.join(os.path.dirname(e2e.BIN), "unit", "test_query_plan")
DAYS = 60
SECOND = 1000000
# Bars: milliseconds to the first row, and to the end where there is none; p99
# beside that without deletion.
FIRST_MS, NONE_MS = 100, 500
P99_RATIO, P99_MORE_US = 1.25, 1000


# ---- databases ----

class Sqlite:
    name = "sqlite"

    def __init__(self, folder):
        self.path = os.path.join(folder, "5m.db")
        self.uri = "sqlite:" + self.path

    def query(self, sql):
        c = sqlite3.connect(self.path, timeout=20)
        try:
            return c.execute(sql).fetchall()
        finally:
            c.close()

    def empty(self):
        for f in glob.glob(self.path + "*"):
            os.unlink(f)

    def is_there(self):
        return os.path.exists(self.path)

    def tidy(self):
        """SQLite plans without statistics, and has nothing to tidy up."""

    def files(self):
        return glob.glob(self.path + "*")

    def end(self):
        pass


class Postgresql:
    """With its default settings."""
    name = "postgresql"

    def __init__(self, folder):
        self.dir = os.path.join(folder, "pg")
        self.data = os.path.join(self.dir, "data")
        self.bin = os.path.dirname(max(
            glob.glob("/usr/lib/postgresql/*/bin/initdb"),
            key=lambda p: int(p.split("/")[4].split(".")[0])))
        self.user = "postgres" if os.getuid() == 0 else None
        self.uri = "postgresql://ots@/ots?host=" + self.dir
        self.ours = False
        if not os.path.exists(self.data):
            self.create()
        if self.run("pg_ctl", "status", check=False).returncode != 0:
            self.run("pg_ctl", "-s", "-w", "-l", self.dir + "/log", "start")
            self.ours = True

    def create(self):
        os.makedirs(self.dir, exist_ok=True)
        if self.user:
            os.chmod(os.path.dirname(self.dir), 0o755)
            shutil.chown(self.dir, self.user)
        self.run("initdb", "-U", "ots", "-E", "UTF8", "--no-locale", "-N",
                 "-A", "trust")
        with open(os.path.join(self.data, "postgresql.conf"), "a") as f:
            f.write("listen_addresses = ''\n"
                    "unix_socket_directories = '%s'\n" % self.dir)

    def run(self, program, *args, check=True):
        return subprocess.run(
            [os.path.join(self.bin, program), "-D", self.data, *args],
            check=check, user=self.user, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd="/")

    def query(self, sql, database="ots"):
        out = subprocess.run(
            ["psql", "-X", "-q", "-A", "-t", "-h", self.dir, "-U", "ots",
             "-d", database, "-c", sql], check=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        return [r.split("|") for r in out.splitlines()]

    def empty(self):
        self.query("DROP DATABASE IF EXISTS ots", "postgres")
        self.query("CREATE DATABASE ots", "postgres")

    def is_there(self):
        try:
            return bool(self.query("SELECT 1 FROM ots_events LIMIT 1"))
        except subprocess.CalledProcessError:
            return False

    def tidy(self):
        """As its autovacuum does within minutes."""
        self.query("VACUUM ANALYZE")

    def files(self):
        return glob.glob(self.data + "/base/*/*")

    def end(self):
        if self.ours:
            self.run("pg_ctl", "-s", "-m", "fast", "stop")


def span(db):
    """The first and the last event, in microseconds."""
    return [int(x) for x in db.query(
        "SELECT min(id), max(id) FROM ots_events")[0]]


def filled(db, events, line, least=0.95):
    """The database has (nearly) so many events."""
    there = db.is_there()
    if there:
        first, last = span(db)
        there = last - first >= least * DAYS * 86400 * SECOND
    if not there:
        db.empty()
        out = subprocess.run(
            [os.path.join(BENCH, "ots-fill"), "-n", str(events), "-d",
             str(DAYS), db.uri], check=True, stdout=subprocess.PIPE, text=True)
        line(engine=db.name, **dict(p.split("=") for p in out.stdout.split()))
        db.tidy()


def engines(folder, line):
    for kind in (Sqlite, Postgresql):
        try:
            db = kind(folder)
        except (ValueError, OSError, KeyError,
                subprocess.CalledProcessError) as e:
            line(note="no-%s" % kind.name, why=type(e).__name__)
            continue
        yield db
        db.end()


# ---- questions ----

DEVICE = "ANDROID-%016x" % (7 * 2654435761)
AIRCRAFT = "ICAO-%06x" % (450 * 7919)
WORLD, SMALL, TOWNS = "-90,-180,90,180", "10,10,11,11", "10,10,40,40"
OLD, NEW = "-81,-162,-80,-160", "85,170,86,172"
# What there is at the beginning only, at the end only, or not at all, is what
# a search that is not by an index would look for longest.
EVENTS = """
-s 2h / -s 1d / --until {day1} / -s {day30} --until {day31} / -l 1
-u {device} / -u {aircraft} / -u old-uid / -u new-uid / -u none
-t a-f-G-U-C / -t a / -t  / -t b- / -t old-type / -t new-type / -t none
-g Group-03 / -g old-group / -g new-group / -g none
--user user-07 / --user user-01 / --user old-user / --user new-user
--user none / -b {world} / -b 0,0,60,60 / -b {small} / -b {old} / -b {new}
-b -90,-180,-85,180 / -b 70,-180,90,180 / -b 80.1,-180,90,180
-b {world} -s 1h / -t a -s 1h / --user new-user -s 1h / --user old-user -s 1d
-u {device} -t b- / -u {device} -t new-type / -u {device} -g new-group
-u {device} --user user-08 / -u {device} -b {old} / -g Group-03 --user user-09
-g Group-03 -t a-f-G / -g Group-03 --user new-user / --user user-07 -t b-a
--user user-07 -b {small} / -t a-f-G-U-C -b {towns} / -t b- -b {towns}
-g Group-03 -b {towns} / -t a-f-G-U-C -b {world} / -b {world} -u old-uid
-b -89,-180,-10,180 --user new-user / -s 1d -g Group-03 -b {towns}
-s 1d --user user-07 -t a-f / -s 1d -u {device} -l 10
"""
TRACKS = """
-s 1h / -s 1d / --until {day1} / -u {device} / -u {aircraft} / -u old-uid
-u none / -t a-f / -t new- / -t none / -g Group-03 / -g new-group
--user user-07 / --user new-user / --user none / -b {world} / -b {small}
-b {small} -s 1h / -b -90,-180,-85,180 / -b {new} / -b {old}
-b 70,-180,90,180 -s 1h / -b 0,0,60,60 / -b -60,-180,-10,180 -t new-
-b {small} -u {device}
"""
CHAT = """
-s 1d / -u {device} / -u new-uid / -u none / -g Group-03 / -g new-group
-g none / --user user-07 / --user new-user / --user none
--user user-07 -g new-group
"""
DEVICES = """
-s 1h / -u {device} / -t new- / -g Group-03 / --user new-user / --user none
-b {world} / -b {new}
"""
ALERTS = """
-s 1d / -u {device} / -t 911 / -t none / -g Group-03 / -g new-group
--user user-07 / --user none / -b {small}
"""


def questions(first):
    days = {"day%d" % n: time.strftime("%Y-%m-%d", time.gmtime(
        first / SECOND + n * 86400)) for n in (1, 30, 31)}
    for command, text in (("events", EVENTS), ("tracks", TRACKS),
                          ("chat", CHAT), ("devices", DEVICES),
                          ("alerts", ALERTS)):
        yield [command]
        for q in text.strip().replace("\n", " / ").split(" / "):
            yield [command] + [w.format(
                device=DEVICE, aircraft=AIRCRAFT, world=WORLD, small=SMALL,
                towns=TOWNS, old=OLD, new=NEW, **days) for w in q.split(" ")]


def ask(db, question, limit=2.0):
    """(milliseconds to the first row, or to the end if there is none; seconds
    to the end; rows; whether it was cut off at the limit)."""
    start = time.monotonic()
    p = subprocess.Popen(
        [os.path.join(e2e.BIN, "ots-query"), "-D", db.uri, *question, "-f",
         "json"], stdout=subprocess.PIPE, env=e2e.program_env())
    first, rows, cut = None, 0, False
    while True:
        left = start + limit - time.monotonic()
        if first is not None and (left <= 0 or not select.select(
                [p.stdout], [], [], left)[0]):
            p.kill()
            cut = True
            break
        got = os.read(p.stdout.fileno(), 1 << 20)
        if first is None:
            first = time.monotonic() - start
        if not got:
            break
        rows += got.count(b"\n")
    p.stdout.close()
    if p.wait() != 0 and not cut:
        raise RuntimeError("ots-query fails: %r" % question)
    return first * 1000, time.monotonic() - start, rows, cut


def forget_files(db):
    """The kernel's memory of the database's files."""
    for path in db.files():
        try:
            with open(path, "rb") as f:
                os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        except OSError:
            pass


def ask_all(db, line, bar):
    os.sync()
    first, none, slow = 0, 0, []
    for q in questions(span(db)[0]):
        forget_files(db)
        cold = ask(db, q)
        warm = min((ask(db, q) for _ in range(3)), key=lambda r: r[0])
        if warm[2]:
            first = max(first, warm[0])
        else:
            none = max(none, warm[0])
        if warm[0] > (FIRST_MS if warm[2] else NONE_MS):
            slow.append("+".join(q))
        line(bench="store-5m", engine=db.name,
             question="+".join(w or "''" for w in q),
             first_ms="%.0f" % warm[0], cold_ms="%.0f" % cold[0],
             whole_s="%.2f%s" % (warm[1], "+" if warm[3] else ""),
             rows=warm[2])
    bar("store-5m-%s-first-row-ms" % db.name, first, FIRST_MS)
    bar("store-5m-%s-no-row-ms" % db.name, none, NONE_MS)
    for q in slow:
        line(note="slow", question=q)


def plans(db, line, bar):
    """EXPLAIN, of all statements."""
    if not os.path.exists(PLANS):
        line(note="no-test_query_plan")
        return
    p = subprocess.run([PLANS], env=dict(e2e.program_env(),
                                         OTS_TEST_PLANS_OF=db.uri),
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True)
    bar("store-5m-%s-plans-not-by-index" % db.name, p.returncode, 0)
    if p.returncode != 0:
        print(p.stdout)


def forget(db, line, kind, batches=100):
    """Batches of retention at the end of a large table."""
    first, _ = span(db)
    age = int(time.time() - first / SECOND - DAYS * 86400 * 0.04)
    out = subprocess.run(
        [os.path.join(BENCH, "ots-forget"), "-k", kind, "-n", str(batches),
         "-v", str(age), db.uri], check=True, stdout=subprocess.PIPE,
        text=True).stdout
    for text in out.splitlines():
        line(**dict(p.split("=") for p in text.split()))


def store_5m(folder, events, line, bar):
    for db in engines(folder, line):
        filled(db, events, line)
        plans(db, line, bar)
        ask_all(db, line, bar)
        for kind in ("events", "positions"):
            forget(db, line, kind)


# ---- retention beside live traffic ----

def load_for(server, done, limit):
    """1,000 events a second until done() says so; the results."""
    load = e2e.Load(server.port, "-n", 10, "-r", 100, "-d", 0, "--wait",
                    "--drain", 10)
    load.phase("ready")
    load.go()
    load.phase("measure")
    end = time.monotonic() + limit
    while time.monotonic() < end and not done():
        time.sleep(1)
    load.stop()
    return load.finish()


def delivery(db, keep, done, limit):
    s = e2e_store.StoreServer(db.uri, "--keep", "events=" + keep)
    r = load_for(s, done, limit)
    r["caught_up_s"] = s.caught_up(300)
    s.stop()
    return r


def phase(db, what, before, seconds, line):
    """With or without deletion of what came before that: the p99."""
    age = "ever"
    if what == "deleting":
        age = "%ds" % (time.time() - before / SECOND)
    first, _ = span(db)
    end = time.monotonic() + seconds
    r = delivery(db, age, lambda: time.monotonic() > end or (
        what == "deleting" and span(db)[0] >= before), seconds)
    line(bench="store-retain", engine=db.name, what=what, sent=r.get("sent"),
         lost=r.get("lost"), p50_us=r.get("p50_us"), p99_us=r.get("p99_us"),
         max_us=r.get("max_us"), caught_up_s="%.1f" % (
             -1 if r["caught_up_s"] is None else r["caught_up_s"]),
         deleted_days="%.1f" % ((span(db)[0] - first) / SECOND / 86400),
         load=open("/proc/loadavg").read().split()[0])
    return r["p99_us"]


def store_retain(folder, events, seconds, line, bar):
    """Deleting a fifth of the events while 1,000 a second come in, in turns
    with quiet times: other work on the machine comes and goes."""
    for db in engines(folder, line):
        filled(db, events, line, 0.5)
        before = span(db)[0] + DAYS * 86400 * SECOND // 5
        got = {"quiet": [], "deleting": []}
        while span(db)[0] < before - 60 * SECOND and \
                len(got["deleting"]) < 40:
            for what, p99 in got.items():
                p99.append(phase(db, what, before, seconds, line))
        quiet, deleting = (statistics.median(x) for x in got.values())
        bar("store-retain-%s-p99-us" % db.name, deleting,
            max(quiet * P99_RATIO, quiet + P99_MORE_US))
