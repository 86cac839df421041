#!/usr/bin/python3 -B
"""200 healthy clients beside hostile ones of every kind (see
tests/bench/load/attacks.c): the healthy ones notice nothing."""
import e2e
from e2e import Client, Load, Server, Tap, Watch, judge, note

SECONDS = 60 if e2e.FULL else 15
ATTACKS = 25  # kinds
MEMORY_KIB = 128 * 1024 * e2e.MEMORY_FACTOR

tap = Tap(SECONDS + 60)
server = Server()
pids = dict(zip(server.proc, server.pids()))
watch = Watch(server.pids())
load = Load(server.port, "-n", 200, "-r", 1, "-d", SECONDS, "--dm", 0.05,
            "--hostile", ATTACKS, "--verify", "--proto-share", 0.5)
load.phase("measure")
load.finish()
peak = watch.end()

judge(tap, load, "200 clients beside %d hostile ones" % ATTACKS)
r = load.result
note("attacks=%s hostile_closed=%s strange=%s" %
     (r.get("attacks"), r.get("hostile_closed"), r.get("strange")))
tap.equal(r.get("forged"), 0, "no forged record was delivered")
tap.ok(r.get("attacks", 0) >= ATTACKS * 3, "there were attacks",
       r.get("attacks"))
tap.ok(r.get("strange", 0) > 0,
       "events that are odd but legal were delivered", r.get("strange"))
tap.equal(server.dead(), [], "the three programs live")
for name, pid in pids.items():
    note("%s: at most %d KiB" % (name, peak[pid]))
    tap.ok(peak[pid] < MEMORY_KIB, "the memory of %s is bounded" % name,
           "%d KiB" % peak[pid])
tap.equal(server.bad_log_lines(), [], "the logs are logs")
a = Client(server.port, "a", "A")
b = Client(server.port, "b", "B")
tap.ok(a.wait_uid("b") and b.wait_uid("a"), "and business goes on")
tap.done()
