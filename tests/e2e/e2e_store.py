"""The server with ots-store in the ring, and databases that can be taken away
and given back. Every engine has: .uri; .away(), .back(); .query(sql), rows of
texts."""
import glob
import os
import pwd
import re
import shutil
import signal
import sqlite3
import subprocess
import threading
import time

import e2e

MARK = re.compile(r"<__load ([^>]*)/>")
WORD = re.compile(r'(\w)="([^"]*)"')


# ---- the server ----

class StoreServer(e2e.Server):
    """Four programs: ots-store between ots-parse and ots-route."""

    wires = {"ots-listen": ("ring", "frames"),
             "ots-parse": ("frames", "events"),
             "ots-store": ("events", "stored"),
             "ots-route": ("stored", "ring")}

    def __init__(self, uri, *store_options):
        self.spool = os.path.join(e2e.temp_dir(), "spool")
        super().__init__({"ots-store": ["--spool", self.spool, "-D", uri,
                                        *store_options]})

    def restart(self, name):
        """As by s6-svc -r: its exit status."""
        p = self.proc[name]
        p.terminate()
        status = p.wait()
        self.start(name, 20)
        return status

    def stop(self):
        """All of it, without a word."""
        for p in self.proc.values():
            p.kill()
        for p in self.proc.values():
            p.wait()

    def writer(self):
        """The pid of ots-store's writer, or None."""
        pid = self.pid("ots-store")
        try:
            with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
                return int(f.read().split()[0])
        except (OSError, IndexError):
            return None

    def waiting(self):
        """Bytes that the database does not have yet; None: no answer."""
        return self.counters("ots-store").get("waiting-bytes")

    def caught_up(self, limit=60.0):
        """All is in the database: after so many seconds, or None."""
        began = time.monotonic()
        if e2e.wait_for(lambda: self.waiting() == 0, limit, 0.1) is None:
            return None
        return time.monotonic() - began

    def logged(self, pattern, since=0, limit=10.0):
        """A line of ots-store's log behind that many bytes."""
        return e2e.wait_for(lambda: re.search(
            pattern, self.log("ots-store")[since:], re.M), limit, 0.05)


# ---- what is in the database ----

def stored(db, run):
    """The marks of one run of ots-load in the order of the database: lists of
    (kind, number) for each sender."""
    senders = {}
    for (xml,) in db.query("SELECT xml FROM ots_events ORDER BY id"):
        m = MARK.search(xml)
        a = dict(WORD.findall(m.group(1))) if m else {}
        if a.get("r") == str(run):
            senders.setdefault(int(a["s"]), []).append((a["k"], int(a["n"])))
    return senders


def judge_stored(tap, db, load, what):
    """Each event that ots-load has sent is there once, in the order of its
    sender."""
    r = load.result
    faults, n = [], 0
    for s, marks in sorted(stored(db, r["run"]).items()):
        got = [i for kind, i in marks if kind in "bd"]
        n += len(got)
        if got != list(range(len(got))):
            first = next(i for i, v in enumerate(got) if i != v)
            faults.append("sender %d: %d rows, at %d: %s" %
                          (s, len(got), first, got[first - 2:first + 4]))
        warm = [i for kind, i in marks if kind == "w"]
        if len(warm) != len(set(warm)):
            faults.append("sender %d: twice among %s" % (s, warm))
    e2e.note("stored=%d sent=%s" % (n, r.get("sent")))
    tap.ok(not faults and n == r.get("sent") and n > 0,
           "%s: the database has each event once, in order" % what,
           "%d rows, %s sent" % (n, r.get("sent")), *faults[:5])


class Going:
    """Load in the background, until it is ended."""

    def __init__(self, tap, server, *args):
        self.tap, self.server = tap, server
        self.load = e2e.Load(server.port, "-d", 0, "--wait", *args)
        self.load.phase("ready")
        self.load.go()
        self.load.phase("measure")
        self.log_at = len(server.log("ots-store"))

    def stop(self):
        """Once is enough."""
        if not self.load.result:
            self.load.stop()
            self.load.finish()
        return self.load.result

    def end(self, what):
        """What the clients have seen is right; the p99 in microseconds."""
        self.stop()
        e2e.judge(self.tap, self.load, what)
        return self.figures(what)

    def figures(self, what):
        r = self.load.result
        e2e.note("%s: p50=%d us p99=%d us max=%d us" % (
            what, r.get("p50_us", 0), r.get("p99_us", 0), r.get("max_us", 0)))
        return r.get("p99_us", 10**9)

    def logged(self, pattern, name, limit=60.0):
        """Since it began."""
        self.tap.ok(self.server.logged(pattern, self.log_at, limit), name,
                    self.server.log("ots-store")[-1000:])


def caught_up(tap, server, what):
    took = server.caught_up(120)
    tap.ok(took is not None, "%s: the database catches up" % what,
           server.log("ots-store")[-1000:])
    e2e.note("%s: behind for %.1f s more" % (what, took or 0))


# ---- SQLite ----

class Sqlite:
    name, how = "sqlite", "SQLite locked"

    def __init__(self):
        self.path = os.path.join(e2e.temp_dir(), "ots.db")
        self.uri = "sqlite:" + self.path
        self.lock = None

    def away(self):
        """Locked: nobody else may read or write."""
        self.lock = sqlite3.connect(self.path, isolation_level=None,
                                    timeout=20, check_same_thread=False)
        self.lock.execute("BEGIN EXCLUSIVE")

    def back(self):
        self.lock.execute("ROLLBACK")
        self.lock.close()

    def copy(self):
        """Of what is there now: its path."""
        path = self.path + ".copy"
        c, to = sqlite3.connect(self.path), sqlite3.connect(path)
        c.backup(to)
        c.close()
        to.close()
        return path

    def remove(self):
        for tail in ("", "-wal", "-shm"):
            if os.path.exists(self.path + tail):
                os.unlink(self.path + tail)

    def query(self, sql):
        c = sqlite3.connect(self.path, timeout=20)
        try:
            return c.execute(sql).fetchall()
        finally:
            c.close()


# ---- PostgreSQL ----

def _postgres():
    """The folder of its programs and the user to run it, None: as we are; or
    why there is none."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"),
                   key=lambda p: int(p.split("/")[4].split(".")[0]))
    if not found:
        raise FileNotFoundError("no PostgreSQL")
    user = None
    if os.getuid() == 0:
        try:
            user = pwd.getpwnam("postgres")
        except KeyError:
            user = pwd.getpwnam("nobody")
    return os.path.dirname(found[-1]), user


class Postgres:
    """A server of the test's own, on a socket in its folder. Raises OSError or
    subprocess.SubprocessError if there can be none here."""
    name, how = "postgresql", "PostgreSQL killed"

    def __init__(self):
        self.bin, user = _postgres()
        self.as_user = {"cwd": "/", "env": e2e.program_env()}
        self.dir = e2e.temp_dir()
        if user:
            os.chown(self.dir, user.pw_uid, user.pw_gid)
            os.chmod(self.dir, 0o711)
            self.as_user.update(user=user.pw_uid, group=user.pw_gid,
                                extra_groups=[])
        self.data = os.path.join(self.dir, "data")
        self.uri = "postgresql://ots@/ots?host=" + self.dir
        self.create()

    def _run(self, *argv):
        return subprocess.run(argv, check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              **self.as_user).stdout

    def create(self):
        """New, empty data; and start."""
        self._run(self.bin + "/initdb", "-D", self.data, "-U", "ots", "-E",
                  "UTF8", "--no-locale", "-N", "-A", "trust")
        with open(os.path.join(self.data, "postgresql.conf"), "a") as f:
            f.write("listen_addresses = ''\nfsync = off\n"
                    "unix_socket_directories = '%s'\n"
                    "max_connections = 20\nshared_buffers = 16MB\n" % self.dir)
        self.start()
        self.query("CREATE DATABASE ots", "postgres")

    def start(self):
        """Again, after kill(): what served a connection may live a moment
        longer."""
        for _ in range(100):
            self.proc = e2e.child(
                [self.bin + "/postgres", "-D", self.data],
                stdout=subprocess.DEVNULL, stderr=self._log(), **self.as_user)
            if e2e.wait_for(self._answers, 60, 0.05) == "yes":
                return
            self.proc.wait()
        raise RuntimeError("PostgreSQL does not start:\n" + self.log())

    def _log(self):
        self.log_file = open(os.path.join(self.dir, "log"), "ab")
        return self.log_file

    def log(self):
        with open(os.path.join(self.dir, "log"), errors="replace") as f:
            return "\n".join(f.read().splitlines()[-10:])

    def _answers(self):
        if self.proc.poll() is not None:
            return "dead"
        try:
            self.query("SELECT 1", "postgres")
            return "yes"
        except subprocess.SubprocessError:
            return None

    def kill(self):
        """kill -9 of the first process: the others see that and end."""
        self.proc.kill()
        self.proc.wait()

    away, back = kill, start

    def _all(self):
        """The first one last, so that it cannot start others in between."""
        pid = self.proc.pid
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [pid] + [int(p) for p in f.read().split()]

    def freeze(self):
        """It hangs: connections are taken by the kernel, nothing answers."""
        for pid in self._all():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in self._all():
            os.kill(pid, signal.SIGCONT)

    def empty(self):
        """Killed, and started with other data: there is nothing."""
        self.kill()
        shutil.rmtree(self.data)
        self.create()

    def query(self, sql, database="ots"):
        out = self._run("psql", "-X", "-q", "-A", "-t", "-0", "-F", "\x1f",
                        "-v", "ON_ERROR_STOP=1", "-h", self.dir, "-U", "ots",
                        "-d", database, "-c", sql)
        return [tuple(r.split("\x1f")) for r in out.split("\0")[:-1]]


def engines(tap):
    """Each database that there is."""
    yield Sqlite()
    try:
        yield Postgres()
    except (OSError, KeyError, subprocess.SubprocessError) as e:
        tap.ok(True, "# SKIP no PostgreSQL: %s" % e)
