#!/usr/bin/python3 -B
"""ots-parse and ots-route are killed again and again under load: no client is
disconnected, nothing outside the moment is lost, and what was known of the
clients is known again without their doing anything."""
import threading
import time

import e2e
from e2e import Client, Load, Server, Tap, chat, judge, note, now_us

TIMES = 20 if e2e.FULL else 5
WINDOW_US = 200000

tap = Tap(TIMES * 4 * 4 + 60)
server = Server()
silent = Client(server.port, "silent", "SILENT", "a-f-G-U-C-I")
leaver = Client(server.port, "leaver", "LEAVER", "a-f-G-E-V-C")
observer = Client(server.port, "observer", "OBSERVER", proto=True)
load = Load(server.port, "-n", 50, "-r", 2, "-d", 0, "--dm", 0.1, "--verify",
            "--wait", "--proto-share", 0.5)
load.phase("ready")
load.go()
load.phase("measure")


class Prober(threading.Thread):
    """Sends an event every 10 ms that says when it was sent."""

    def __init__(self):
        super().__init__(daemon=True)
        self.client = Client(server.port, "prober", "PROBER")
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.01):
            self.client.send(e2e.event("probe", "b-m-p-s-m",
                                       '<probe t="%d"/>' % now_us()))


def probe_after(t):
    def is_it(e):
        p = e.find("probe") if e.uid == "probe" else None
        return p is not None and int(p.get("t")) >= t
    return is_it


prober = Prober()
worst = {}
slow = []
gaps = []
for i in range(TIMES):
    for name in ("ots-parse", "ots-route"):
        # Under load and whole again before the next one dies.
        time.sleep(0.7)
        n = len(observer.seen)
        killed, ready = server.kill(name)
        load.gap(killed - WINDOW_US, ready)
        gaps.append("%s killed %d ready %d" % (name, killed, ready))
        back = observer.wait(probe_after(killed), 5, n)
        took = back.at - killed if back else 10**9
        worst[name] = max(worst.get(name, 0), took)
        if took > 1000000:
            slow.append("%s, kill %d: %d us" % (name, i, took))
        after = observer.wait(probe_after(ready), 5, n)
        if not after:
            slow.append("%s, kill %d: nothing after it" % (name, i))
for name, us in worst.items():
    note("%s: service resumed after %d ms at worst" % (name, us // 1000))
tap.equal(slow, [], "service resumes within 1 s of each of %d kills"
          % (2 * TIMES))
tap.ok(not observer.closed and not silent.closed and not leaver.closed,
       "nobody was disconnected")
tap.equal([e.raw.decode() for e in
           observer.all(lambda e: e.type == "t-x-d-d")][:3], [],
          "nobody was said to have left")

# ---- what the route had to learn again, with no help of the clients ----

new = Client(server.port)
tap.ok(new.wait_uid("silent", 1),
       "a newcomer sees who sent nothing since the kills")
tap.ok(new.wait_uid("leaver", 1), "and the other one")
seen = e2e.wait_for(lambda: len(
    {e.mark()[0] for e in new.seen if e.mark()}) == 50, 1)
tap.ok(seen, "and everybody else")
tap.equal(len(new.all(lambda e: e.uid == "silent")), 1, "once")
new.send(e2e.position("new", "NEW"))
new.send(chat("new", "NEW", "silent", "SILENT", "are you there"))
got = silent.wait(lambda e: e.type == "b-t-f" and
                  b"are you there" in e.raw, 2)
tap.ok(got, "a message by callsign reaches who sent nothing since the kills")
silent.send(chat("silent", "SILENT", "new", "NEW", "I am"))
tap.ok(new.wait(lambda e: e.type == "b-t-f" and b"I am" in e.raw, 2),
       "who may answer")
leaver.close()
gone = observer.wait_gone("leaver", 1)
tap.equal(gone and gone.link(), {"uid": "leaver", "type": "a-f-G-E-V-C",
                                 "relation": "p-p"},
          "a leaver who sent nothing since is announced with its type")

# ---- those who come and go while the route is away ----

unseen, blind, twice, ghosts, announced = 0, 0, 0, 0, 0
for i in range(TIMES * 2):
    going = Client(server.port, "going-%d" % i, "GOING", "a-f-S")
    observer.wait_uid(going.uid)
    p = server.proc["ots-route"]
    killed = now_us()
    p.kill()
    p.wait()
    going.close()
    coming = Client(server.port, "coming-%d" % i, "COMING")
    time.sleep(0.05)
    server.start("ots-route")
    load.gap(killed - WINDOW_US, now_us())
    unseen += not observer.wait_uid(coming.uid, 2)
    blind += not coming.wait_uid("silent", 1)
    twice += len(coming.all(lambda e: e.uid == "silent")) > 1
    new = Client(server.port)
    new.wait_uid("silent", 1)
    ghosts += new.wait_uid(going.uid, 0.05) is not None
    announced += observer.wait_gone(going.uid, 0.05) is not None
    new.close()
    coming.close()
times = " (%d times)" % (TIMES * 2)
tap.equal(unseen, 0, "who came while ots-route was away is seen" + times)
tap.equal(blind, 0, "and sees the others" + times)
tap.equal(twice, 0, "each once" + times)
tap.equal(ghosts, 0, "who left meanwhile is not shown to newcomers" + times)
tap.equal(announced, TIMES * 2, "and is announced" + times)

prober.over.set()
prober.join()
load.stop()
load.finish()
judge(tap, load, "outside the %d gaps" % (4 * TIMES))
if load.result.get("exit") != 0:
    note("\n".join(gaps))
    note(server.logs())
note("lost within the gaps: %s" % load.result.get("lost_gap"))
# Events leave at 100 a second, to 49 others each.
tap.ok(load.result.get("lost_gap", 0) <= 0.5 * 100 * 49 * 4 * TIMES,
       "little is lost within the gaps", load.result.get("lost_gap"))
tap.ok(not any((observer.error, silent.error, new.error)), "all is whole",
       observer.error, silent.error, new.error)
tap.equal(server.dead(), [], "the three programs live")
tap.equal(server.bad_log_lines(), [], "the logs are logs")
tap.done()
