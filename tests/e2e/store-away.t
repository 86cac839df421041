#!/usr/bin/python3 -B
"""The database is taken away under load: locked, killed, hung. What clients
send arrives as if nothing were, and afterwards all of it is in the database
once, in order; what the spool had no room for was counted."""
import time

import e2e
from e2e import Tap, note
from e2e_store import Going, StoreServer, caught_up, engines, judge_stored, \
    stored

SECONDS = 60 if e2e.FULL else 5
LOAD = ("-n", 20, "-r", 100) if e2e.FULL else ("-n", 10, "-r", 50)

tap = Tap(20 * SECONDS + 240)


def there(server, db):
    """The same without: for the figures."""
    going = Going(tap, server, *LOAD)
    time.sleep(SECONDS)
    p99 = going.end(db.name + ", there")
    caught_up(tap, server, db.name + ", there")
    judge_stored(tap, db, going.load, db.name + ", there")
    return p99


def away(server, db, take, give, what):
    """While that is done, all goes on; the p99."""
    going = Going(tap, server, *LOAD)
    time.sleep(0.5)
    take()
    time.sleep(SECONDS)
    still = server.waiting()
    tap.ok(still, "%s: the spool keeps what comes" % what, still)
    if e2e.FULL:  # what is behind it has no part in the figures
        going.stop()
    give()
    time.sleep(0 if e2e.FULL else 0.5)
    p99 = going.end(what)
    caught_up(tap, server, what)
    judge_stored(tap, db, going.load, what)
    return p99


def full(db):
    """No room in the spool: what is not kept is counted, the rest is kept."""
    server = StoreServer(db.uri, "--spool-max", "64M")
    server.caught_up()
    going = Going(tap, server, "-n", 4, "-r", 80, "--pad", 50000)
    db.away()
    going.logged(r"^error ev=spool-full .* why=spool-max ",
                 "the spool is full: it is told")
    tap.equal(server.restart("ots-store"), 0, "it may be started anew")
    going.logged(r"\n(.*\n)*error ev=spool-full .* why=spool-max ",
                 "and tells it again")
    time.sleep(0.5)
    db.back()
    going.logged(r"^info ev=spool-room ", "there is room again: it is told")
    time.sleep(0.5)
    going.end("full spool")
    caught_up(tap, server, "full spool")
    n = sum(len([k for k, _ in marks if k in "bd"]) for marks in
            stored(db, going.load.result["run"]).values())
    missed = server.counters("ots-store").get("missed")
    sent = going.load.result["sent"]
    note("sent=%s stored=%d missed=%s" % (sent, n, missed))
    # And that each client was announced to who heard of the restart.
    tap.ok(missed and 0 <= n + missed - sent <= 3 * 4,
           "what is not in the database was counted, each",
           "sent %s, stored %d, missed %s" % (sent, n, missed))
    server.stop()


for db in engines(tap):
    server = StoreServer(db.uri)
    without = there(server, db) if e2e.FULL else 0
    p99 = [away(server, db, db.away, db.back, db.how)]
    if db.name == "postgresql":
        p99.append(away(server, db, db.freeze, db.thaw, "PostgreSQL hung"))
    if e2e.FULL:
        tap.ok(max(p99) <= 1.5 * without + 10000, "%s: p99 as without" %
               db.name, "%s us, without %d us" % (p99, without))
    tap.equal(server.dead(), [], "the programs live")
    tap.equal(server.bad_log_lines(), [], "the logs are logs")
    server.stop()
    if db.name == "sqlite":
        full(db)
tap.done()
