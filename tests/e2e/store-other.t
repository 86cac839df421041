#!/usr/bin/python3 -B
"""The database becomes another one while the server runs: its file is removed,
an older copy is put in its place, PostgreSQL comes back with no data. What
clients send arrives, the log tells, and from then on all of it is kept."""
import os
import subprocess
import time

import e2e
from e2e import Tap, note
from e2e_store import Going, StoreServer, caught_up, engines, stored

LOAD = ("-n", 10, "-r", 50)

tap = Tap(240)


def judge_tail(db, load, what):
    """What came last is there, each once, in order, without a hole."""
    faults, sent, n = [], 0, 0
    for s, marks in sorted(stored(db, load.result["run"]).items()):
        got = [i for kind, i in marks if kind == "b"]
        n += len(got)
        sent += got[-1] + 1 if got else 0
        if not got or got != list(range(got[0], got[-1] + 1)):
            faults.append("sender %d: %d rows, %s" % (s, len(got), got[:3]))
    note("%s: %d of %d are in it" % (what, n, sent))
    tap.ok(not faults and sent == load.result["sent"] > 0,
           "%s: all that came since is in it, once, in order" % what,
           "the last ones: %d, sent %s" % (sent, load.result["sent"]), *faults)
    tap.ok(n < sent, "%s: it is another one" % what)


def used(db):
    """Events come into it."""
    def has():
        try:
            return db.query("SELECT id FROM ots_events LIMIT 1")
        except subprocess.SubprocessError:  # no tables yet
            return None
    return e2e.wait_for(has, 30, 0.2)


def removed(server, db):
    what = "SQLite replaced"
    server.caught_up()
    copy = db.copy()
    going = Going(tap, server, *LOAD)
    time.sleep(1)
    db.remove()
    going.logged(r'^warn ev=database-away why="its file was removed',
                 "its file is removed: it is told")
    time.sleep(0.5)
    tap.ok(not os.path.exists(db.path) and server.waiting(),
           "no new one is made: the spool keeps what comes")
    os.rename(copy, db.path)
    going.logged(r'^warn ev=database-away why="another file is there',
                 "a copy is put in its place: it is told")
    tap.ok(used(db), "and it is used")
    going.end(what)
    caught_up(tap, server, what)
    judge_tail(db, going.load, what)


def emptied(server, db):
    what = "PostgreSQL emptied"
    going = Going(tap, server, *LOAD)
    time.sleep(1)
    db.empty()
    going.logged(r'^warn ev=database-away why="postgresql: ',
                 "PostgreSQL comes back without data: it is told")
    tap.ok(used(db), "and it is used")
    going.end(what)
    caught_up(tap, server, what)
    judge_tail(db, going.load, what)


for db in engines(tap):
    server = StoreServer(db.uri)
    (removed if db.name == "sqlite" else emptied)(server, db)
    tap.equal(server.dead(), [], "the programs live")
    tap.equal(server.bad_log_lines(), [], "the logs are logs")
    server.stop()
tap.done()
