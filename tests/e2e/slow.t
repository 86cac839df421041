#!/usr/bin/python3 -B
"""Some clients stop reading: the others lose nothing, memory stays bounded and
what the stopped ones miss is counted."""
import re
import socket

import e2e
from e2e import Client, Load, Server, Tap, Watch, judge, note

SECONDS = 60 if e2e.FULL else 8
CLIENTS = 202
RATE = 5
MEMORY_KIB = 96 * 1024 * e2e.MEMORY_FACTOR
# A queue small enough to be full in the time that the test has.
SMALL = {"ots-listen": ["--queue-max", "256K", "--queue-burst", "256K"]}

tap = Tap(3 * SECONDS + 90)


def run(share, options=None, *more):
    server = Server(options)
    watch = Watch(server.pids())
    load = Load(server.port, "-d", SECONDS, "--stop", share, "--pids",
                ",".join(map(str, server.pids())), *more)
    load.finish()
    return server, load, watch.end()


base, load, peak = run(0, None, "-n", CLIENTS - 2, "-r", RATE)
judge(tap, load, "all read")
p99 = load.result.get("p99_us", 0)
before = peak[base.pid("ots-listen")]
e2e.cleanup()

server, load, peak = run(0.01, SMALL, "-n", CLIENTS, "-r", RATE)
judge(tap, load, "1 % do not read: the others")
note("p99_us=%d without, p99_us=%d with stopped clients" %
     (p99, load.result.get("p99_us", 0)))
tap.equal(load.result.get("stopped"), 2, "two did not read")
pid = server.pid("ots-listen")
note("ots-listen: at most %d KiB without, %d KiB with stopped clients" %
     (before, peak[pid]))
for name in server.proc:
    tap.ok(peak[server.pid(name)] < MEMORY_KIB,
           "the memory of %s is bounded" % name,
           "%d KiB" % peak[server.pid(name)])
note("stopped_received=%s stopped_gone=%s" %
     (load.result.get("stopped_received"), load.result.get("stopped_gone")))
slow = re.findall(r"^warn ev=slow .*$", server.log("ots-listen"), re.M)
tap.ok(slow, "that they are slow was logged")
count = server.counters("ots-listen")
missed = {k: v for k, v in count.items()
          if re.search("drop|replace|slow", k) and v > 0}
note("counted: %s" % missed)
tap.ok(missed, "what they missed is counted", count)
tap.equal(server.dead(), [], "the three programs live")
e2e.cleanup()

# They read again: what was kept is delivered, in order, nothing twice.
server, load, peak = run(0.04, SMALL, "-n", 50, "-r", 12, "--pad", 1500,
                         "--stop-for", SECONDS / 2, "--verify",
                         "--proto-share", 0.5)
judge(tap, load, "two pause and read again")
tap.equal(load.result.get("stopped_gone"), 0,
          "positions alone disconnect nobody")
tap.ok(load.result.get("stopped_received", 0) > 0,
       "they receive again", load.result.get("stopped_received"))
tap.ok(re.search(r"ev=slow-end", server.log("ots-listen")),
       "and that is logged")
e2e.cleanup()

# ---- the policy, one class after the other ----

server = Server(SMALL)
talker = Client(server.port, "talker", "TALKER")


def sleeper(name):
    """A client that says who it is, and does not read."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    s.connect(("127.0.0.1", server.port))
    s.sendall(e2e.position(name, name.upper()).encode())
    talker.wait_uid(name)
    return s


def drained(s):
    """What it reads now, up to a second of silence."""
    s.settimeout(1)
    data = b""
    try:
        while True:
            got = s.recv(1 << 20)
            if not got:
                break
            data += got
    except OSError:
        pass
    return data


# More positions of different devices than the queue holds.
s = sleeper("sleeper")
pad = "<remarks>%s</remarks>" % ("x" * 1000)
for i in range(80):
    talker.send("".join(e2e.event("many-%d" % (i * 100 + k), "a-n-G", pad)
                        for k in range(100)))
talker.ping()
end = e2e.wait_for(lambda: server.counters("ots-listen").get("dropped"))
tap.ok(end, "positions are dropped when they are too many", end)
tap.ok(not talker.closed, "the sender is served")
got = [int(n) for n in re.findall(rb'uid="many-([0-9]+)"', drained(s))]
note("%d of 8000 positions arrived" % len(got))
tap.ok(got and len(got) < 8000 and got == sorted(got),
       "who sleeps gets some of them, in order", got[:5])
tap.equal(got and got[-1], 7999, "the newest was kept")
s.close()

# Chat is never dropped: a client that cannot take it goes.
s = sleeper("chatter")
text = "long " * 10000
for i in range(250):
    talker.send(e2e.chat("talker", "TALKER", "chatter", "CHATTER", text))
tap.ok(talker.wait_gone("chatter", 5),
       "who does not take its chat is disconnected")
tap.ok(server.counters("ots-listen").get("overrun", 0) > 0, "and counted")
got = [len(e) for e in re.findall(
    rb'<remarks>((?:long )+)</remarks>', drained(s))]
tap.ok(all(n == len(text) for n in got),
       "what it had got until then was whole", got[-3:])
s.close()
tap.ok(not talker.closed and talker.ping(), "the sender is served")
tap.equal(server.dead(), [], "the three programs live")
tap.done()
