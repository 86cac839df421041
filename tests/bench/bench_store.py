"""What ots-store writes a second, beside what its database takes of the same
rows without it. For tests/bench/run --only store."""
import glob
import mmap
import os
import re
import resource
import shutil
import statistics
import struct
import subprocess
import time

import e2e

BARE = os.path.join(os.path.dirname(e2e.BIN), "bench", "ots-store-bare")
TIMES = 'time="%s" start="%s" stale="%s"' % (
    "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z",
    "2026-01-01T00:06:15.000Z")
EVENT = ('<event version="2.0" uid="%s" type="%s" how="%s" ' + TIMES +
         '><point lat="%.7f" lon="%.7f" hae="57.1" ce="4.9" '
         'le="9999999.0"/><detail>%s</detail></event>')
POSITION = ('<takv os="34" version="5.5.0.7 (1a2b3c4d).1714979289-CIV" '
            'device="GOOGLE PIXEL 8" platform="ATAK-CIV"/><contact '
            'endpoint="*:-1:stcp" callsign="CALL-%d"/><uid Droid="CALL-%d"/>'
            '<precisionlocation altsrc="GPS" geopointsrc="GPS"/><__group '
            'role="Team Member" name="Cyan"/><status battery="87"/><track '
            'course="%.2f" speed="1.37"/>')
CHAT = ('<__chat parent="RootContactGroup" groupOwner="false" messageId="%s" '
        'chatroom="%s" id="%s" senderCallsign="CALL-%d"><chatgrp uid0="%s" '
        'uid1="%s" id="%s"/></__chat><link uid="%s" type="a-f-G-U-C" '
        'relation="p-p"/><remarks source="BAO.F.ATAK.%s" to="%s" '
        'time="2026-01-01T00:00:00.000Z">On my way, %d minutes, two '
        'vehicles, will call when there.</remarks>%s')
MARKER = ('<status readiness="true"/><archive/><link uid="%s" '
          'production_time="2026-01-01T00:00:00.000Z" type="a-f-G-U-C" '
          'parent_callsign="CALL-%d" relation="p-p"/><contact '
          'callsign="M.%d"/><remarks>Seen from the road</remarks><color '
          'argb="-1"/><precisionlocation altsrc="???"/><usericon '
          'iconsetpath="COT_MAPPING_2525B/a-h/a-h-G"/>')


# ---- the records ----

def uid(n):
    return "ANDROID-%016x" % (n * 2654435761)


def chat(n, who, devices):
    """Every third one is to one device, the others are to all."""
    message = "%08x-0000-4000-8000-%012x" % (n, who)
    room, dest = "All Chat Rooms", ""
    if n % 3 == 0:
        other = (who * 7 + n) % devices
        room, dest = uid(other), ('<marti><dest callsign="CALL-%d"/></marti>'
                                  % other)
    return EVENT % ("GeoChat.%s.%s.%s" % (uid(who), room, message), "b-t-f",
                    "h-g-i-g-o", 51.5, -0.1, CHAT % (
                        message, room, room, who, uid(who), room, room,
                        uid(who), uid(who), room, n % 60, dest))


def document(n, devices):
    """In a thousand: 10 chats, 15 markers, 5 statistics, else positions."""
    who, kind = n % devices, (n + n // devices * 7) * 389 % 1000
    lat, lon = 51 + n * 7919 % 10000000 / 1e7, -n * 104729 % 10000000 / 1e7
    if kind < 10:
        return chat(n, who, devices)
    if kind < 25:
        mark = (n * 7 + n // 1000) % 3000
        return EVENT % ("marker-%d" % mark, "a-h-G", "h-g-i-g-o", lat, lon,
                        MARKER % (uid(who), who, mark))
    if kind < 30:
        return EVENT % (uid(who) + "-stats", "t-x-c-m", "m-g", 0, 0,
                        '<stats battery="50" battery_temp="28" '
                        'heap_used_size="34" storage_free_size="1288"/>')
    return EVENT % (uid(who), "a-f-G-U-C", "m-g", lat, lon,
                    POSITION % (who, who, n % 360))


def frames(out, events, devices):
    t = time.time_ns() // 1000 - events * 100
    for n in range(devices):
        out.write("ev:open\tconn:local.%d.7\tuser:user-%d\tvia:tls\t"
                  "peer:192.0.2.7:%d\tserial:%X\tt:%d\n"
                  % (n, n, n, n + 4096, t))
    for n in range(events):
        out.write("ev:frame\tconn:local.%d.7\tuser:user-%d\tvia:tls\tt:%d\t"
                  "xml:%s\n" % (n % devices, n % devices, t + n * 100,
                                document(n, devices)))


def records(path, events, devices):
    """As ots-parse makes them of what clients send."""
    with open(path, "wb") as out:
        p = subprocess.Popen(
            [os.path.join(e2e.BIN, "ots-parse"), "--input", "record"],
            stdin=subprocess.PIPE, stdout=out, stderr=subprocess.DEVNULL,
            text=True, env=e2e.program_env())
        frames(p.stdin, events, devices)
        p.stdin.close()
        if p.wait() != 0:
            raise RuntimeError("ots-parse fails")


# ---- databases ----

def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        return f.read().split()



class Sqlite:
    name = "sqlite"
    pid = None

    def __init__(self):
        self.dir = e2e.temp_dir()

    def fresh(self, what):
        path = os.path.join(self.dir, what)
        for f in glob.glob(path + "*"):
            os.unlink(f)
        return "sqlite:" + path

    def cpu_us(self):
        return 0

    ended_cpu_us = cpu_us

    def end(self):
        pass


class Postgresql:
    """A server of our own, with its defaults but for a larger cache."""

    name = "postgresql"

    def __init__(self):
        self.bin = max(glob.glob("/usr/lib/postgresql/*/bin"),
                       key=lambda p: int(p.split("/")[4]))
        self.dir = e2e.temp_dir()
        self.user = None
        if os.getuid() == 0:
            self.user = "postgres"
            shutil.chown(self.dir, self.user)
        data = os.path.join(self.dir, "data")
        self.run("initdb", "-D", data, "-U", "ots", "-E", "UTF8",
                 "--no-locale", "-A", "trust")
        with open(os.path.join(data, "postgresql.conf"), "a") as f:
            f.write("listen_addresses = ''\nunix_socket_directories = '%s'\n"
                    "shared_buffers = 256MB\nmax_wal_size = 4GB\n" % self.dir)
        self.run("pg_ctl", "-s", "-w", "-D", data, "-l",
                 os.path.join(self.dir, "log"), "start")
        with open(os.path.join(data, "postmaster.pid")) as f:
            self.pid = int(f.readline())
        self.data = data
        time.sleep(0.1)
        self.own = len(children(self.pid))

    def run(self, program, *args):
        subprocess.run([os.path.join(self.bin, program), *args], check=True,
                       user=self.user, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, cwd="/")

    def fresh(self, what):
        name = "ots_" + re.sub(r"\W", "_", what)
        for how in ("DROP DATABASE IF EXISTS ", "CREATE DATABASE "):
            subprocess.run(["psql", "-X", "-q", "-h", self.dir, "-U", "ots",
                            "-d", "postgres", "-c", how + name], check=True,
                           stderr=subprocess.DEVNULL)
        return "postgresql://ots@/%s?host=%s" % (name, self.dir)

    def cpu_us(self):
        """Of the connections that have ended, and of tidying up."""
        with open("/proc/%d/stat" % self.pid) as f:
            v = f.read().rsplit(") ", 1)[1].split()
        return sum(int(x) for x in v[13:15]) * 1000000 // os.sysconf(
            "SC_CLK_TCK")

    def ended_cpu_us(self):
        """When the connections of a program have ended."""
        e2e.wait_for(lambda: len(children(self.pid)) <= self.own, 2)
        return self.cpu_us()

    def end(self):
        self.run("pg_ctl", "-s", "-D", self.data, "-m", "immediate", "stop")


# ---- measuring ----

def ots_store(uri, spool, stdin):
    return subprocess.Popen(
        [os.path.join(e2e.BIN, "ots-store"), "-w", "--spool", spool,
         "--mailbox", "direct"], stdin=stdin, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(e2e.program_env(), OTS_DATABASE_URI=uri))


def counters(spool):
    with open(os.path.join(spool, "status")) as f:
        text = f.readline()
    return {k: int(v) for k, v in re.findall(r"([a-z-]+):(\d+)", text)}


def places(spool, ended):
    """When the database had how much of the spool: (seconds, bytes). The
    number is `released` of cmd/ots-store/spool_own.h."""
    got = []
    with open(os.path.join(spool, "state"), "rb") as f, mmap.mmap(
            f.fileno(), 4096, prot=mmap.PROT_READ) as m:
        while True:
            last = ended()
            place = struct.unpack_from("=Q", m, 192)[0]
            if not got or got[-1][1] != place:
                got.append((time.monotonic(), place))
            if last:
                return got
            time.sleep(0.001)


def rate_of(got, events, size):
    """Events a second from the end of the first batch to that of the last: not
    the start of the program, nor what it does at its end."""
    got = [x for x in got if x[1] > 0]
    if not got or got[-1][1] != size:
        raise RuntimeError("not all was stored: %r of %d" % (got[-1:], size))
    (t0, first), (t1, last) = got[0], got[-1]
    return events * (last - first) / size / (t1 - t0)


def store(db, path):
    """All of the recording into an empty database, whose schema is there."""
    uri, spool = db.fresh("store"), os.path.join(e2e.temp_dir(), "spool")
    if ots_store(uri, spool, subprocess.DEVNULL).wait() != 0:
        raise RuntimeError("ots-store fails")
    before = db.cpu_us()
    cpu = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(path) as f:
        p = ots_store(uri, spool, f)
        got = places(spool, lambda: p.poll() is not None)
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    c = counters(spool)
    shutil.rmtree(os.path.dirname(spool))
    if p.returncode != 0 or c["refused"] or c["bad-records"]:
        raise RuntimeError("ots-store fails: %r" % c)
    n = c["events"]
    return uri, {"rate": rate_of(got, n, os.path.getsize(path)),
                 "batches": c["batches"], "events": n,
                 "cpu": (use.ru_utime + use.ru_stime - cpu.ru_utime -
                         cpu.ru_stime) * 1e6 / n,
                 "server": (db.ended_cpu_us() - before) / n}


def bare(db, uri, batches):
    to = db.fresh("bare")
    out = subprocess.run([BARE, "-b", str(batches), uri, to], check=True,
                         stdout=subprocess.PIPE, text=True,
                         env=e2e.program_env()).stdout
    r = {k: float(v) for k, v in re.findall(r"(\w+)=(\S+)", out)}
    return {"rate": r["events_per_s"], "cpu": r["cpu_us_per_event"],
            "rows": r["rows"]}


def compare(db, path, devices, rounds, line, bar):
    got = []
    for _ in range(rounds):
        uri, s = store(db, path)
        b = bare(db, uri, s["batches"])
        got.append((s, b))
        line(bench="store", engine=db.name, devices=devices,
             events=s["events"], rows="%d" % b["rows"],
             batches=s["batches"], store_per_s="%.0f" % s["rate"],
             bare_per_s="%.0f" % b["rate"],
             ratio="%.3f" % (s["rate"] / b["rate"]),
             store_cpu_us="%.2f" % s["cpu"],
             bare_cpu_us="%.2f" % b["cpu"],
             server_cpu_us="%.2f" % s["server"])
    bar("store-%s-%d-of-bare" % (db.name, devices),
        statistics.median(s["rate"] / b["rate"] for s, b in got), 0.6,
        over=True)


def run(line, bar):
    events, rounds = (400000, 5) if e2e.FULL else (100000, 3)
    folder = e2e.temp_dir()
    paths = {}
    for devices in (1000, 5000):
        paths[devices] = os.path.join(folder, "%d.rec" % devices)
        records(paths[devices], events, devices)
    for engine in (Sqlite, Postgresql):
        try:
            db = engine()
        except (ValueError, OSError, subprocess.CalledProcessError) as e:
            line(note="no-" + engine.name)
            continue
        try:
            for devices, path in paths.items():
                compare(db, path, devices, rounds, line, bar)
        finally:
            db.end()
