#!/usr/bin/python3 -B
"""100 clients at one event a second: everything arrives once and in order, a
newcomer sees the others at once, a leaver is announced."""
import time

import e2e
from e2e import Client, Load, Server, Tap, judge, note, position

CLIENTS = 100
SECONDS = 60 if e2e.FULL else 10

tap = Tap(SECONDS + 60)
server = Server()
watcher = Client(server.port, "watcher", "WATCHER")
load = Load(server.port, "-n", CLIENTS, "-r", 1, "-d", SECONDS, "--dm", 0.1,
            "--verify", "--wait")
load.phase("ready")

# ---- a newcomer while all are silent: only what is replayed can come ----


def senders(events):
    return {e.mark()[0] for e in events if e.mark()}


def sees_all(client):
    return e2e.wait_for(lambda: len(senders(client.all(
        lambda e: e.type == "a-f-G-U-C"))) == CLIENTS, 3)


new = Client(server.port)
tap.ok(sees_all(new), "a newcomer that said nothing sees all 100",
       "%d" % len(senders(new.seen)))
tap.ok(new.wait_uid("watcher", 1), "and the other one")
marks = [e for e in new.seen if e.mark()]
took = max(e.at for e in marks) - new.opened if marks else 10**9
note("newcomer: %d positions in %d us" % (len(marks), took))
tap.ok(took <= 1000000, "within 1 s", "%d us" % took)
tap.equal(len(marks), CLIENTS, "each once")
newest = [e.mark()[1] for e in marks if e.mark()[0] in (0, 1)]
tap.ok(newest and min(newest) >= 1, "and its latest (the probes, not the hello)",
       newest)

load.go()
load.phase("measure")

# ---- under load: another newcomer, and leavers ----

late = Client(server.port, "late", "LATE")
tap.ok(sees_all(late), "a newcomer under load sees all 100")
tap.ok(watcher.wait_uid("late"), "the others see the newcomer's position")
tap.ok(new.wait_uid("late"), "those who said nothing too")

leaver = Client(server.port, "leaver", "LEAVER", "a-f-G-E-V-C")
tap.ok(watcher.wait_uid("leaver"), "a leaver is there")
leaver.close()
gone = watcher.wait_gone("leaver", 1)
if tap.ok(gone, "its leaving is announced within 1 s"):
    tap.equal(gone.link(), {"uid": "leaver", "type": "a-f-G-E-V-C",
                            "relation": "p-p"}, "with its uid and type")
    tap.equal(gone.root.get("how"), "h-g-i-g-o", "how it is known")
    t = [time.mktime(time.strptime(gone.root.get(k)[:19],
                                   "%Y-%m-%dT%H:%M:%S"))
         for k in ("time", "stale")]
    tap.equal(t[1] - t[0], 20, "stale 20 s later")
    point = dict(gone.root.find("point").attrib)
    tap.ok(float(point["lat"]) == 0 and point["ce"].startswith("9999999"),
           "at no place", point)
tap.ok(late.wait_gone("leaver", 1), "to everybody")

changed = Client(server.port, "changed", "CHANGED", "a-f-G")
changed.send(position("changed", "CHANGED", "a-f-A-C-F"))
watcher.wait(lambda e: e.uid == "changed" and e.type == "a-f-A-C-F")
changed.close()
gone = watcher.wait_gone("changed", 1)
tap.equal(gone and gone.link().get("type"), "a-f-A-C-F",
          "the type is that of its last position")

twin = [Client(server.port, "twin", "TWIN") for _ in (1, 2)]
third = Client(server.port, "third", "THIRD")
watcher.wait_uid("third")
e2e.wait_for(lambda: len(watcher.all(lambda e: e.uid == "twin")) == 2)
n = len(watcher.seen)
twin[0].close()
third.close()
watcher.wait_gone("third", 2)
tap.ok(not watcher.wait_gone("twin", 0.5, n),
       "one of two connections of a device goes: nothing is announced")
twin[1].close()
tap.ok(watcher.wait_gone("twin", 1, n), "the second one goes: announced")

nobody = Client(server.port)
nobody.wait_uid("late", 1)
n = len(watcher.seen)
nobody.close()
tap.ok(not watcher.wait(lambda e: e.type == "t-x-d-d", 0.5, n),
       "who never said a name leaves without a word")

# ---- chat by hand, beside the counted one ----

late.send(e2e.chat("late", "LATE", "watcher", "WATCHER", "hello you"))
got = watcher.wait(lambda e: e.type == "b-t-f", 2)
tap.ok(got is not None and "hello you" in got.raw.decode(),
       "a chat message arrives")
tap.ok(got is not None and b"<marti" not in got.raw, "without its marti")
tap.ok(not new.all(lambda e: e.type == "b-t-f"), "and at nobody else")

load.finish()
judge(tap, load, "%d clients for %d s" % (CLIENTS, SECONDS))
tap.ok(load.result.get("delivered_dm", 0) > 0,
       "direct messages reached their addressees, and nobody else")
tap.ok(not watcher.all(lambda e: e.uid == "watcher"), "no echo")
order = {}
for e in late.all(lambda e: e.mark()):
    order.setdefault(e.mark()[0], []).append(
        (e.mark()[2] == "b", e.mark()[1]))
tap.ok(all(o == sorted(set(o)) for o in order.values()),
       "the newcomer under load: replay, then live, in order, nothing twice",
       [(k, o) for k, o in order.items() if o != sorted(set(o))][:3])
tap.equal(len(watcher.all(lambda e: e.type == "t-x-d-d" and
                          e.link().get("uid") == "leaver")), 1,
          "one notice for one leaver")
e2e.wait_for(lambda: len(watcher.all(
    lambda e: e.type == "t-x-d-d" and "load-" in
    e.link().get("uid", ""))) == CLIENTS)
gone = [e.link()["uid"] for e in watcher.all(
    lambda e: e.type == "t-x-d-d" and e.link()["uid"].startswith("load-"))]
tap.ok(len(gone) == CLIENTS and len(set(gone)) == CLIENTS,
       "all %d leavers are announced, once" % CLIENTS,
       "%d of %d" % (len(set(gone)), len(gone)))
tap.ok(not any((watcher.error, late.error, new.error)), "all XML is XML",
       watcher.error, late.error, new.error)
tap.equal(server.dead(), [], "the three programs live")
tap.equal(server.bad_log_lines(), [], "the logs are logs")
tap.done()
