#!/usr/bin/python3 -B
"""Many idle connections beside 100 active clients: little memory for each,
none of them in the way, and no work at all while nothing happens."""
import os
import resource
import shutil
import subprocess
import time

import e2e
from e2e import Load, Server, Tap, judge, note

IDLE = 10000 if e2e.FULL else 2000
ACTIVE = 100
QUIET = 10 if e2e.FULL else 4
SECONDS = 30 if e2e.FULL else 6
KIB_EACH = 4.0

soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
if hard < IDLE + ACTIVE + 100:
    e2e.skip_all("not enough descriptors: ulimit -n is %d" % hard)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

tap = Tap(120 + SECONDS)
server = Server()
listen = server.pid("ots-listen")

# ---- the active ones alone, for the latency ----

load = Load(server.port, "-n", ACTIVE, "-r", 0.2, "-d", SECONDS)
load.finish()
judge(tap, load, "the active ones alone")
alone = load.result

# ---- nothing but idle ones: memory, and no work ----


def settled_rss():
    return e2e.rss_kib(listen)


before = settled_rss()
load = Load(server.port, "-n", 0, "--idle", IDLE, "--ramp", 5000, "--sources",
            4, "-d", 0, "--wait")
took = load.phase("connected")
load.phase("ready")
probe = e2e.Client(server.port, "probe", "PROBE")
tap.ok(probe.ping(10), "all accepted")
note("%d connections in %d ms" % (IDLE, took))
tap.ok(took < 10000, "connecting takes less than 10 s", "%d ms" % took)
time.sleep(0.5)
each = (settled_rss() - before) / IDLE
note("ots-listen: %d KiB before, %.2f KiB for each idle connection" %
     (before, each))
tap.ok(each <= KIB_EACH, "at most %g KiB of memory each" % KIB_EACH,
       "%.2f KiB" % each)

names = list(server.proc)
woke = {n: e2e.switches(server.pid(n)) for n in names}
used = {n: e2e.cpu_us(server.pid(n)) for n in names}
time.sleep(QUIET)
for n in names:
    tap.equal(e2e.switches(server.pid(n)) - woke[n], 0,
              "%s sleeps for %d s" % (n, QUIET))
    note("%s: %d us of processor" % (n, e2e.cpu_us(server.pid(n)) - used[n]))

if shutil.which("strace"):
    for n in names:
        # The call in which it sleeps is shown, but never comes back.
        trace = os.path.join(server.dir, n + ".strace")
        p = subprocess.run(["timeout", "-s", "INT", "2", "strace", "-o", trace,
                            "-p", str(server.pid(n))], capture_output=True,
                           text=True, timeout=20)
        if "ptrace" in p.stderr or not os.path.exists(trace):
            note("strace may not attach here: " + p.stderr.strip())
            continue
        with open(trace, errors="replace") as f:
            calls = [c for c in f.read().splitlines() if ") = " in c]
        tap.equal(calls, [], "strace sees no system call of %s" % n)
probe.close()
load.stop()
load.finish()
tap.ok(e2e.wait_for(lambda: settled_rss() < before + 1024 +
                    KIB_EACH * IDLE, 5), "and it is not lost afterwards")

# ---- both ----

load = Load(server.port, "-n", ACTIVE, "-r", 0.2, "-d", SECONDS, "--idle",
            IDLE, "--sources", 4)
load.finish()
judge(tap, load, "the active ones beside %d idle ones" % IDLE)
for k in ("p50_us", "p99_us"):
    note("%s=%s alone, %s beside %d idle ones" %
         (k, alone.get(k), load.result.get(k), IDLE))
tap.equal(load.result.get("idle_lost"), 0, "the idle ones heard everything")
tap.equal(server.dead(), [], "the three programs live")
tap.done()
