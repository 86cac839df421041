#!/usr/bin/python3 -B
"""All TLS clients come back at once: all are let in, none is starved, and those
who stayed notice little. By full handshakes and by tickets."""
import os

import e2e
import e2e_tls
from e2e import Tap, judge, note

CLIENTS = 1000 if e2e.FULL else 300
SECONDS = 20 if e2e.FULL else 8
SLOW = 5 if os.environ.get("SAN") else 1

tap = Tap(4 * SECONDS + 150)
certs = e2e_tls.certificates("load", "storm")
server = e2e_tls.TlsServer(certs)


def run(*storm):
    """20 clients at two events a second, and the storm beside them."""
    load = e2e_tls.load(server, "load", "-n", 20, "-r", 2, "-d", SECONDS)
    load.phase("measure")
    other = None
    if storm:
        other = e2e_tls.load(
            server, "storm", "-n", 0, "--idle", CLIENTS, "-d", 0.1, "--pids",
            server.pid("ots-listen"), *storm)
        other.finish()
    load.finish()
    return load, other


calm, _ = run()
judge(tap, calm, "20 TLS clients alone")
p99 = calm.result["p99_us"] / 1000
opens = server.counters("ots-listen")["handshakes"]
for name, more in (("full handshakes", []), ("tickets", ["--resume"])):
    load, storm = run("--again", 1, *more)
    r = storm.result
    judge(tap, load, "those who stay, %s" % name)
    tap.equal(r.get("exit"), 0, "%s: %d clients come back at once, all" %
              (name, CLIENTS))
    note("%s: all in %s ms, the slowest %s ms, %s us of CPU for each" %
         (name, r.get("again_ms"), r.get("again_longest_ms"),
          r.get("again_cpu_us")))
    tap.ok(r.get("again_longest_ms", 1e9) < 10000 * SLOW, "none is starved", r)
    tap.equal(r.get("resumed"), CLIENTS if more else 0,
              "%s it was" % name)
    count = server.counters("ots-listen")
    tap.equal(count["handshakes"] - opens - 20, 2 * CLIENTS,
              "the server has counted them")
    opens = count["handshakes"]
    tap.equal(count["refused"], 0, "nobody was refused")
    now = load.result["p99_us"] / 1000
    note("p99 of those who stay: %.1f ms alone, %.1f ms" % (p99, now))
    tap.ok(now <= p99 * 5 + 250, "those who stay go on", now)
tap.equal(server.dead(), [], "the three programs live")
tap.equal(server.bad_log_lines(), [], "the logs are logs")
tap.done()
