#!/usr/bin/python3 -B
"""Every way in which two users can be in three groups, in all directions, and
every change from one to another while they are connected: ots-route alone,
with records on its standard input and a table of users on a socket. What each
client is sent is compared with a model; strangers get nothing."""
import itertools
import os
import queue
import re
import socket
import subprocess
import threading

import e2e
from e2e import Tap
from model import ANON, Map, all_directions, sees, sets

USERS = ("alice", "bob", "carol", "dave")
LATE = "2099-01-01T00:00:00.000Z"
here = e2e.temp_dir()


class Auth:
    """The side of ots-auth that tells tables."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen(1)
        self.revision = 0

    def serve(self):
        """Wait for a watcher."""
        self.client, _ = self.socket.accept()
        said = b""
        while b"ev:watch\n" not in said:
            said += self.client.recv(4096)

    def table(self, users):
        """users: {name: (IN, OUT)}"""
        self.revision += 1
        lines = ["ev:users\trevision:%d" % self.revision]
        for name, (into, out) in users.items():
            lines.append("\t".join(
                ["ev:user", "name:" + name] +
                ["in:" + g for g in sorted(into)] +
                ["out:" + g for g in sorted(out)]))
        lines.append("ev:users-end\trevision:%d\tcount:%d" % (
            self.revision, len(users)))
        self.client.sendall(("\n".join(lines) + "\n").encode())


class Route:
    """ots-route, and the part of ots-listen that hands out its records."""

    def __init__(self):
        path = os.path.join(here, "auth.sock")
        self.auth = Auth(path)
        with open(os.path.join(here, "log"), "wb") as log:
            self.proc = e2e.child(
                [os.path.join(e2e.BIN, "ots-route"), "--auth", path],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        self.auth.serve()
        self.lines = queue.Queue()
        self.keys = {}
        self.sent = {}
        self.fences = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.proc.stdout:
            self.lines.put(line.decode())
        self.lines.put(None)

    def put(self, **labels):
        fields = ["%s:%s" % (k.replace("_", "-"), v)
                  for k, v in labels.items()]
        self.proc.stdin.write(("\t".join(fields) + "\n").encode())

    def table(self, users):
        """A table, in force when this returns."""
        self.fences += 1
        tick = "tick%d" % self.fences
        self.auth.table(dict(users, tick=(set(), {tick})))
        self._until(lambda r: r["ev"] == ["bind"] and
                    r["key"] == ["group:" + tick])
        self.fence()

    def fence(self):
        """All that was put before has been routed. What newcomers are told
        comes when a batch of input ends: so there are two."""
        for _ in range(2):
            self.fences += 1
            uid = "fence%d" % self.fences
            self.put(ev="cot", group="__fence__", uid=uid, type="u-d",
                     xml="x")
            self.proc.stdin.flush()
            self._until(lambda r: r.get("uid") == [uid])

    def _until(self, done):
        while True:
            line = self.lines.get(timeout=30)
            if line is None:
                raise RuntimeError("ots-route has ended")
            record = {}
            for field in line.rstrip("\n").split("\t"):
                label, _, value = field.partition(":")
                record.setdefault(label, []).append(value)
            self._take(record)
            if done(record):
                return

    def _take(self, r):
        kind = r.get("ev", [""])[0]
        if kind == "bind":
            self.keys.setdefault(r["conn"][0], set()).update(r["key"])
        elif kind == "unbind":
            self.keys[r["conn"][0]] -= set(r["key"])
        elif kind == "send":
            for conn, keys in self.keys.items():
                if conn not in r.get("not", []) and \
                        (keys | {"conn:" + conn}) & set(r["to"]) and \
                        ("only" not in r or keys & set(r["only"])):
                    self.sent.setdefault(conn, []).append(r)

    def take(self, conn):
        """What the client was sent since the last time."""
        return self.sent.pop(conn, [])


class Client:
    def __init__(self, route, conn, uid, user=None):
        self.route, self.conn, self.uid = route, conn, uid
        self.user = user
        self.map = Map(uid)
        self.chats = []
        self.told = 0
        self.other = []

    def open(self):
        self.route.keys[self.conn] = set()
        if self.user:
            self.route.put(ev="open", conn=self.conn, via="tls",
                           peer="192.0.2.1:5", user=self.user)
        else:
            self.route.put(ev="open", conn=self.conn, via="tcp",
                           peer="192.0.2.1:5")
        self.route.put(ev="cot", conn=self.conn, uid=self.uid, type="a-f-G",
                       how="m-g", callsign="C" + self.uid, endpoint="",
                       stale=LATE, xml="<%s/>" % self.uid)

    def close(self):
        self.route.put(ev="close", conn=self.conn)
        del self.route.keys[self.conn]
        self.route.take(self.conn)
        self.map = Map(self.uid)
        self.conn = self.conn[:-1] + chr(ord(self.conn[-1]) + 1)

    def say(self, n, **dest):
        self.route.put(ev="cot", conn=self.conn, uid="chat%d" % n,
                       type="b-t-f-d", user="alice", xml="x", **dest)

    def take(self, may_see):
        for r in self.route.take(self.conn):
            uid, xml = r["uid"][0], r["xml"][0]
            link = re.search(r'type="t-x-d-d".*<link [^>]*uid="(\w+)"', xml)
            if link:
                self.map.gone(link.group(1))
            elif uid.startswith("chat"):
                self.chats.append(int(uid[4:]))
            elif "t-x-g-c" in xml:
                self.told += 1
            elif r["class"] == ["position"]:
                self.map.position(uid, may_see(self, uid))
            else:
                self.other.append(uid)


def blocks():
    """Rounds of four, in which each pair of ways comes up."""
    ways = all_directions()
    two = [ways[i:i + 2] for i in range(0, len(ways), 2)]
    for a, b in itertools.combinations(two, 2):
        yield a + b
    for a in two:
        yield [a[0], a[0], a[1], a[1]]


class Matrix:
    def __init__(self):
        self.route = Route()
        self.now = {u: sets(("", "", "")) for u in USERS}
        self.pairs = set()
        self.faults = []
        self.chats = 0
        self.route.auth.table(dict(self.now, tick=(set(), {"tick"})))
        self.route.keys["n.9.1"] = set()
        self.route.put(ev="open", conn="n.9.1", via="tls", user="tick")
        self.clients = [Client(self.route, "n.%d.1" % i, "U%d" % i, u)
                        for i, u in enumerate(USERS + ("alice", None, None))]
        for c in self.clients:
            c.open()
        self.route.fence()
        self.look("at first")

    def sets(self, client):
        return self.now.get(client.user, ({ANON}, {ANON}))

    def visible(self, receiver):
        return {c.uid for c in self.clients if c is not receiver and
                sees(self.sets(receiver), self.sets(c))}

    def fault(self, where, client, what):
        self.faults.append("%s: %s (%s, %s): %s" % (
            where, client.uid, client.user, self.sets(client), what))

    def look(self, where):
        """All maps are as they should be; nobody was sent anything else."""
        for c in self.clients:
            c.take(lambda me, uid: uid in self.visible(me))
            for what in c.map.check(self.visible(c)):
                self.fault(where, c, what)
            if c.other:
                self.fault(where, c, "was sent %s" % c.other)
            c.other = []

    def change(self, ways):
        before = dict(self.now)
        self.now = {u: sets(w) for u, w in zip(USERS, ways)}
        self.route.table(self.now)
        self.look("a change")
        for c in self.clients:
            want = int(c.user is not None and
                       before[c.user] != self.now[c.user])
            if c.told != want:
                self.fault("a change", c, "%d times t-x-g-c" % c.told)
            c.told = 0

    def talk(self):
        """Everybody to all, and to each by uid and by callsign."""
        want = {c: [] for c in self.clients}
        for s in self.clients:
            heard = [c for c in self.clients if c is not s and
                     sees(self.sets(c), self.sets(s))]
            self.chats += 1
            s.say(self.chats)
            for c in heard:
                want[c].append(self.chats)
            for r in self.clients:
                for dest in ({"dest_uid": r.uid},
                             {"dest_callsign": "C" + r.uid}):
                    self.chats += 1
                    s.say(self.chats, **dest)
                    if r in heard:
                        want[r].append(self.chats)
        self.route.fence()
        self.look("chat")
        for c in self.clients:
            if c.chats != want[c]:
                self.fault("chat", c, "heard %s, not %s" % (
                    sorted(set(c.chats) - set(want[c])),
                    sorted(set(want[c]) - set(c.chats))))
            c.chats = []

    def reconnect(self, i):
        c = self.clients.pop(i)
        c.close()
        self.route.fence()
        self.look("one has gone")
        self.clients.insert(i, c)
        c.open()
        self.route.fence()
        self.look("one has come")


tap = Tap(300)
matrix = Matrix()
tap.ok(not matrix.faults, "all see each other in __ANON__",
       *matrix.faults[:10])
for n, ways in enumerate(blocks()):
    matrix.change(ways)
    matrix.talk()
    if n % 4 == 0:
        matrix.reconnect(n // 4 % len(matrix.clients))
    for a, b in itertools.permutations(ways, 2):
        matrix.pairs.add((a, b))
    if len(matrix.faults) > 20:
        break
tap.equal(len(matrix.pairs), 64 * 64, "every pair of ways was there")
tap.ok(not matrix.faults, "everybody sees, and is sent, what he may",
       *matrix.faults[:20])
matrix.route.proc.stdin.close()
tap.equal(matrix.route.proc.wait(20), 0, "ots-route ends well")
tap.done()
