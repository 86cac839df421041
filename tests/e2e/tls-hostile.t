#!/usr/bin/python3 -B
"""Silent sockets, half-done handshakes and garbage on the TLS port: a real
client comes in within a second, and the others notice nothing."""
import os
import threading

import e2e
import e2e_tls
from e2e import Tap, judge, note

SECONDS = 30 if e2e.FULL else 6
SLOW = 5 if os.environ.get("SAN") else 1

tap = Tap(4 * SECONDS + 90)
certs = e2e_tls.certificates("alice", "load")
server = e2e_tls.TlsServer(certs)
ctx = e2e_tls.context(certs, "alice")
watch = e2e.Watch([server.pid("ots-listen")])


def measure(meanwhile):
    """100 clients at one event a second, and what happens beside them."""
    load = e2e_tls.load(server, "load", "-n", 100, "-r", 1, "-d", SECONDS)
    load.phase("measure")
    took = meanwhile()
    load.finish()
    return load, took


def real():
    return [e2e_tls.round_trip(server.tls_port, ctx) for _ in range(5)]


calm, calm_took = measure(real)
judge(tap, calm, "100 TLS clients alone")

strangers = []


def silent():
    strangers.extend(e2e_tls.connect(server.tls_port) for _ in range(500))


def half_done():
    first = e2e_tls.hello(ctx)
    for _ in range(200):
        s = e2e_tls.connect(server.tls_port)
        s.sendall(first)
        strangers.append(s)


def garbage():
    for i in range(50):
        s = e2e_tls.connect(server.tls_port)
        s.sendall((b"\x16\x03\x01\x02\x00" if i % 2 else b"") +
                  os.urandom(600))
        strangers.append(s)


def attack():
    """All of them at once; real clients come while they come and after."""
    threads = [threading.Thread(target=f) for f in (silent, half_done,
                                                    garbage)]
    for t in threads:
        t.start()
    took = real()
    for t in threads:
        t.join()
    return took + real()


before = watch.peak[server.pid("ots-listen")]
storm, took = measure(attack)
tap.equal(len(strangers), 750, "500 silent, 200 half-done, 50 garbage")
judge(tap, storm, "100 TLS clients beside them")
note("a real client: %.0f ms alone, at most %.0f ms beside them" %
     (max(calm_took), max(took)))
tap.ok(max(took) < 1000 * SLOW, "a real client is in within a second", took)
p99 = [x.result["p99_us"] / 1000 for x in (calm, storm)]
note("p99 of the others: %.1f ms alone, %.1f ms beside them" % tuple(p99))
tap.ok(p99[1] <= max(3 * p99[0], p99[0] + 100), "the others keep their p99",
       p99)
count = server.counters("ots-listen")
note({k: v for k, v in count.items() if k in
      ("strangers", "handshakes", "refused", "late", "crowded", "unfinished")})
tap.ok(count["refused"] >= 50, "garbage was refused", count)
tap.ok(count["unfinished"] <= 700, "and is gone", count)
note("ots-listen: at most %d KiB before, %d KiB beside them" %
     (before, watch.end()[server.pid("ots-listen")]))

# Their time is over after ten seconds; they cost nothing any more.
gone = e2e.wait_for(
    lambda: server.counters("ots-listen")["unfinished"] == 0, 20, 0.5)
tap.ok(gone, "all of them are hung up in the end")
tap.ok(max(real()) < 1000 * SLOW, "and business goes on")
tap.equal(server.dead(), [], "the three programs live")
tap.equal(server.bad_log_lines(), [], "the logs are logs")

# ---- more than there may be: the silent ones go, the real one comes ----

e2e.cleanup()
certs = e2e_tls.certificates("alice")
server = e2e_tls.TlsServer(certs, "--unfinished-max", "150",
                           "--unfinished-per-address", "100")
ctx = e2e_tls.context(certs, "alice")
strangers = []
silent()
took = real()
tap.ok(max(took) < 1000 * SLOW, "beside more strangers than there may be, too",
       took)
count = server.counters("ots-listen")
tap.ok(count["unfinished"] <= 100 and count["crowded"] >= 400,
       "those who wait longest went", count)
tap.done()
