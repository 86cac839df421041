#!/usr/bin/python3 -B
"""ots-store is killed again and again under load, also while the database is
away; its writer alone, too; and it is restarted as by s6. Each event arrives,
and is in the database once, in order."""
import os
import signal
import time

import e2e
from e2e import Client, Tap, chat, note
from e2e_store import Going, StoreServer, caught_up, engines, judge_stored

TIMES = 20 if e2e.FULL else 6
PAUSE = 3 if e2e.FULL else 1
LOAD = ("-n", 20, "-r", 100) if e2e.FULL else \
    ("-n", 10, "-r", 50, "--verify")
# What had just been written may come twice: 16 KiB, in records of 700 or more.
TWICE = 24

tap = Tap(TIMES * PAUSE * 4 + 240)


def nothing_lost(going, what, kills):
    """As judge(), but that some may have come twice."""
    r, n = going.stop(), going.load
    note(n.short())
    faults = {k: r.get(k) for k in (
        "lost", "echo", "reordered", "misdelivered", "forged", "corrupt",
        "garbage", "disconnected", "connect_failed", "deaf") if r.get(k) != 0}
    tap.ok(not faults and r.get("delivered", 0) > 0,
           "%s: everything arrives, in order" % what, faults, n.complaints())
    tap.ok(r["dup"] <= kills * TWICE * r["clients"],
           "%s: next to nothing twice" % what, r["dup"])
    return going.figures(what)


def killed(server, db):
    """kill -9, with the database away for some of the time."""
    going = Going(tap, server, *LOAD)
    gone = []
    for i in range(TIMES):
        time.sleep(PAUSE)
        if not e2e.FULL and i == 2:
            db.away()
        t, ready = server.kill("ots-store")
        gone.append((ready - t) // 1000)
        if not e2e.FULL and i == 4:
            db.back()
    time.sleep(PAUSE)
    p99 = nothing_lost(going, db.name + ", killed", TIMES)
    note("killed %d times: away for %s ms" % (TIMES, gone))
    caught_up(tap, server, db.name + ", killed")
    judge_stored(tap, db, going.load, db.name + ", killed")
    return p99


def writer_killed(server, db):
    going = Going(tap, server, *LOAD)
    for i in range(2):
        writer = e2e.wait_for(server.writer, 20)
        os.kill(writer, signal.SIGKILL)
        e2e.wait_for(lambda: server.writer() not in (writer, None), 20)
        time.sleep(0.2)
    going.end(db.name + ", its writer killed")
    going.logged(r"^error ev=child what=writer why=Killed",
                 "the death of the writer is told")
    caught_up(tap, server, db.name + ", its writer killed")
    judge_stored(tap, db, going.load, db.name + ", its writer killed")


def restarted(server, db):
    going = Going(tap, server, *LOAD)
    codes = []
    for i in range(TIMES):
        time.sleep(0.2)
        codes.append(server.restart("ots-store"))
    tap.equal(codes, [0] * TIMES, "each end is a good one")
    going.end(db.name + ", restarted")
    caught_up(tap, server, db.name + ", restarted")
    judge_stored(tap, db, going.load, db.name + ", restarted")


def is_chat(event):
    return event.type == "b-t-f"


def mail(server):
    """Killed and restarted while it hands over what was kept for somebody."""
    n = 400
    sender = Client(server.port, "sender", "SENDER")
    away = Client(server.port, "away", "AWAY")
    sender.wait_uid("away")
    away.close()
    sender.wait_gone("away")
    for i in range(n):
        sender.send(chat("sender", "SENDER", "away", "AWAY", "x" * 8000))
    sender.ping()
    server.caught_up()
    back = Client(server.port, "away", "AWAY")
    so_far = []
    for kill in (server.kill, server.restart):
        have = len(back.all(is_chat))
        e2e.wait_for(lambda: len(back.all(is_chat)) > have, 20, 0.0005)
        kill("ots-store")
        so_far.append(len(back.all(is_chat)))
    e2e.wait_for(lambda: len(back.all(is_chat)) >= n, 20)
    time.sleep(0.3)
    uids = [e.uid for e in back.all(is_chat)]
    note("mail: %s had arrived when ots-store was killed, restarted" % so_far)
    tap.ok(not back.error, "what was cut off is no mail", back.error)
    tap.equal(len(set(uids)), n, "all mail arrives at its first connection")
    tap.ok(len(uids) <= n + TWICE, "next to nothing twice", len(uids))


def there(server, db):
    going = Going(tap, server, *LOAD)
    time.sleep(60)
    return going.end(db.name + ", not killed")


for db in engines(tap):
    server = StoreServer(db.uri)
    without = there(server, db) if e2e.FULL else 0
    p99 = killed(server, db)
    if e2e.FULL:
        tap.ok(p99 <= 1.5 * without + 10000, "%s: p99 as without" % db.name,
               "%d us, without %d us" % (p99, without))
    if db.name == "sqlite":
        writer_killed(server, db)
        mail(server)
    if db.name == "sqlite" or e2e.FULL:
        restarted(server, db)
    tap.equal(server.dead(), [], "the programs live")
    tap.equal(server.bad_log_lines(), [], "the logs are logs")
    server.stop()
tap.done()
