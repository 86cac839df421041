#!/usr/bin/python3 -B
"""Whole programs: four users in three groups, in all directions, by TLS beside
TCP, on two devices, of which three speak protobuf; positions, chat, notices,
latest positions at connect, and changes while connected. Who sees what is
compared with a model; strangers are sent nothing. Against SQLite and against a
PostgreSQL.

OTS_FULL=1: many more rounds."""
import os
import random
import re
import socket
import ssl
import statistics
import subprocess
import threading
import time

import e2e
from e2e import Tap, wait_for
from e2e_tls import Tls
from model import ANON, DIRECTIONS, GROUPS, Map, sees, sets

USERS = ("alice", "bob", "carol", "dave")
ROUNDS = 60 if e2e.FULL else 6
PING = ('<event version="2.0" uid="%s-ping" type="t-x-c-t" how="m-g" '
        'time="2027-01-01T00:00:00Z" start="2027-01-01T00:00:00Z" '
        'stale="2099-01-01T00:00:00Z"><point lat="0" lon="0" hae="0" ce="1" '
        'le="1"/></event>')
rng = random.Random(int(os.environ.get("SEED", "1")))


class Client(e2e.Client):
    """A device: what it is sent goes to its map and its chats."""

    def __init__(self, world, uid, user=None, proto=False):
        self.world, self.user, self.proto = world, user, proto
        self.uid, self.callsign, self.kind = uid, "C" + uid, "a-f-G-U-C"
        self.connect()

    def connect(self):
        self.read = 0
        self.pongs = 0
        self.map = Map(self.uid)
        port = self.world.tls if self.user else self.world.port
        sock = socket.create_connection(("127.0.0.1", port), timeout=20)
        if self.user:
            sock = Tls(sock, self.world.context(self.user))
        else:
            sock.settimeout(None)
        self.begin(sock)
        if self.proto:
            self.switched()

    def heard_nothing(self):
        """Not one byte but for the offer of protobuf, which whoever has a
        certificate gets."""
        return not (self.seen or self.stream.rest() or self.error) and \
            [e.type for e in self.link] in ([], ["t-x-takp-v"])

    def send(self, xml):
        try:
            super().send(xml)
        except OSError:
            self.closed = True

    def ping(self):
        self.pongs += 1
        self.send(PING % self.uid)

    def ponged(self):
        """All that it sent was read, and all that is meant for it is here."""
        return wait_for(lambda: self.closed or self.pongs <= sum(
            e.type == "t-x-c-t-r" for e in self.seen), 20)

    def leave(self):
        try:
            self.sock.shutdown() if self.user else \
                self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def took(self):
        """What it was sent since the last time."""
        with self.news:
            fresh, self.read = self.seen[self.read:], len(self.seen)
        return fresh


class World(e2e.Server):
    """The server with ots-auth, a CA and a database."""

    def __init__(self, uri):
        self.ca = os.path.join(DIR, "ca")
        self.uri = uri
        self.base = e2e.temp_dir()
        self.sock = os.path.join(self.base, "auth.sock")
        self.env = dict(e2e.program_env(), PATH=e2e.BIN + ":" +
                        os.environ["PATH"], OTS_DATABASE_URI=uri)
        for g in GROUPS:
            self.user("group", "add", g)
        self.user("add", "--no-password", *USERS)
        self.ways = {u: ["", "", ""] for u in USERS}
        with open(os.path.join(self.base, "auth.log"), "wb") as log:
            self.auth = e2e.child(
                [os.path.join(e2e.BIN, "ots-auth"), "--socket", self.sock],
                stderr=log, env=self.env)
        if not wait_for(lambda: os.path.exists(self.sock), 20):
            raise RuntimeError("ots-auth does not start")
        server = os.path.join(self.ca, "servers", "localhost")
        super().__init__({
            "ots-listen": ["--tls", "127.0.0.1:0",
                           "--cert", os.path.join(server, "cert.pem"),
                           "--key", os.path.join(server, "key.pem"),
                           "--ca", os.path.join(self.ca, "ca.pem"),
                           "--crl", os.path.join(self.ca, "crl.pem"),
                           "--auth", self.sock],
            "ots-route": ["--auth", self.sock]})
        self.port = self.port_of("tcp")
        self.tls = self.port_of("tls")
        self.clients = []
        self.faults = []
        self.chats = 0
        self.latency = []

    def port_of(self, via):
        def find():
            m = re.search(r"ev=listen via=%s addr=\S*:(\d+)" % via,
                          self.log("ots-listen"))
            return m and int(m.group(1))
        return wait_for(find, 20)

    def user(self, *args):
        got = subprocess.run(("ots-user",) + args, env=self.env,
                             capture_output=True, text=True, timeout=60)
        if got.returncode:
            raise RuntimeError("ots-user %s: %s" % (args, got.stderr))

    def context(self, user):
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        c.check_hostname = False
        c.load_verify_locations(os.path.join(self.ca, "ca.pem"))
        folder = os.path.join(self.ca, "clients", user)
        c.load_cert_chain(os.path.join(folder, "cert.pem"),
                          os.path.join(folder, "key.pem"))
        return c

    # ---- what is true ----

    def sets(self, client):
        if client.user is None:
            return {ANON}, {ANON}
        return sets(self.ways[client.user])

    def visible(self, receiver):
        return {c.uid for c in self.clients if c is not receiver and
                sees(self.sets(receiver), self.sets(c))}

    def fault(self, where, client, what):
        self.faults.append("%s: %s (%s, %s): %s" % (
            where, client.uid, client.user, self.sets(client), what))

    # ---- steps ----

    def settle(self):
        """All that was sent is delivered: whoever sends has been read, then
        one who is seen by another has been routed, then all have their own."""
        self.ping(self.clients + self.witness)
        for _ in range(2):  # newcomers are told behind a batch
            self.chats += 1
            uid = "witness%d" % self.chats
            self.witness[0].send(e2e.event(uid, "b-m-p-w",
                                           '<marti><dest callsign="CW2"/>'
                                           '</marti>'))
            if not self.witness[1].wait_uid(uid, 20):
                raise RuntimeError("the witness heard nothing:\n" +
                                   self.logs())
        self.ping(self.clients)

    @staticmethod
    def ping(clients):
        for c in clients:
            c.ping()
        for c in clients:
            c.ponged()

    def enter(self, *clients):
        self.clients += clients
        for c in clients:
            c.say()
        self.settle()
        self.look("come")

    def look(self, where):
        """Maps are as they should be. Returns {client: chats heard}, and how
        often each was told that its groups changed."""
        heard, told = {}, {}
        names = {c.uid for c in self.clients} | {"W1", "W2"}
        for c in self.clients:
            heard[c], told[c] = [], 0
            visible = self.visible(c)
            # The witnesses are in __ANON__ like others.
            if ANON in self.sets(c)[1]:
                visible |= {"W1", "W2"}
            for e in c.took():
                if e.type == "t-x-d-d":
                    c.map.gone(e.link().get("uid"))
                elif e.type == "t-x-g-c":
                    told[c] += 1
                elif e.uid in names:
                    c.map.position(e.uid, e.uid in visible)
                elif e.uid.startswith("talk"):
                    heard[c].append(int(e.uid[4:]))
                elif e.type != "t-x-c-t-r":
                    self.fault(where, c, "was sent %r" % e.raw[:200])
            for what in c.map.check(visible):
                self.fault(where, c, what)
            if c.error or c.closed:
                self.fault(where, c, "closed: %s" % c.error)
            if [e.type[-1] for e in c.link] != ["v", "r"][:1 + c.proto]:
                self.fault(where, c, "was told of protobuf: %s" %
                           [e.raw for e in c.link])
        return heard, told

    def set_way(self, user, group, way):
        if way:
            self.user("join", user, group, way)
        else:
            self.user("leave", user, group)
        self.ways[user][GROUPS.index(group)] = way

    def change(self, user, group, way):
        """One user's way in one group changes while all are connected."""
        before = sets(self.ways[user])
        self.set_way(user, group, way)
        done = time.monotonic()
        mine = [c for c in self.clients if c.user == user]
        moved = before != sets(self.ways[user])
        if moved and mine:
            got = mine[0].wait(lambda e: e.type == "t-x-g-c", 20,
                               mine[0].read)
            if not got:
                self.fault("a change", mine[0], "is not told")
            self.latency.append(time.monotonic() - done)
        return mine, moved

    def one_change(self, user, group, way):
        old = self.ways[user][GROUPS.index(group)]
        if old == way:
            return
        if old and way:
            # Two commands: the one between counts for itself.
            self.one_change(user, group, "")
        mine, moved = self.change(user, group, way)
        self.settle()
        _, told = self.look("a change of %s" % user)
        for c in self.clients:
            want = int(moved and c in mine)
            if told[c] != want:
                self.fault("a change of " + user, c,
                           "%d times t-x-g-c" % told[c])

    def talk(self):
        """Everybody to all and to each, as phones do."""
        want = {c: [] for c in self.clients}
        for s in self.clients:
            heard = [c for c in self.clients if c is not s and
                     sees(self.sets(c), self.sets(s))]
            s.say()
            self.say(s, "", heard, want)
            for r in self.clients:
                for dest in ('callsign="%s"' % r.callsign,
                             'uid="%s"' % r.uid):
                    self.say(s, '<marti><dest %s/></marti>' % dest,
                             [r] if r in heard else [], want)
        self.settle()
        heard, _ = self.look("talk")
        for c in self.clients:
            if heard[c] != want[c] and sorted(heard[c]) != want[c]:
                self.fault("talk", c, "heard %s too many, %s too few" % (
                    sorted(set(heard[c]) - set(want[c])),
                    sorted(set(want[c]) - set(heard[c]))))

    def say(self, sender, marti, heard, want):
        """A chat; one whose receiver cannot be reached comes back."""
        self.chats += 1
        sender.send(e2e.event(
            "talk%d" % self.chats, "b-t-f", '<__chat id="All Chat Rooms" '
            'chatroom="All Chat Rooms" senderCallsign="%s" '
            'parent="RootContactGroup"/><remarks>%d</remarks>%s' % (
                sender.callsign, self.chats, marti), how="h-g-i-g-o"))
        for c in heard:
            want[c].append(self.chats)
        if marti and not heard and 'callsign="%s"' % sender.callsign not in \
                marti and 'uid="%s"' % sender.uid not in marti:
            want[sender].append(self.chats)

    def restart_under_load(self, sender, receiver):
        """ots-route is asked to stop and started anew while one talks to
        another: what did the other hear?"""
        first = self.chats
        over = threading.Event()

        def talk():
            while not over.is_set():
                self.chats += 1
                sender.send(e2e.event("talk%d" % self.chats, "b-t-f-d"))
                time.sleep(0.001)
        t = threading.Thread(target=talk)
        t.start()
        for _ in range(3):
            time.sleep(0.2)
            self.proc["ots-route"].terminate()
            self.proc["ots-route"].wait(20)
            self.start("ots-route", 20)
        time.sleep(0.2)
        over.set()
        t.join()
        self.settle()
        heard, _ = self.look("restarts under load")
        return heard[receiver], list(range(first + 1, self.chats + 1 -
                                           self.fences))

    def reconnect(self, client):
        self.clients.remove(client)
        client.leave()
        wait_for(lambda: client.closed, 20)
        wait_for(lambda: len(re.findall("ev=close", self.log("ots-listen")))
                 > self.closes, 20)
        self.closes += 1
        self.settle()
        self.look("%s left" % client.uid)
        client.connect()
        self.enter(client)

    closes = 0
    fences = 2


def play(tap, name, uri):
    w = World(uri)
    w.witness = []
    w.witness = [Client(w, "W1"), Client(w, "W2")]
    for c in w.witness:
        c.say()
    w.ping(w.witness)
    devices = [("A1", "alice", False), ("A2", "alice", True),
               ("B1", "bob", False), ("C1", "carol", True),
               ("D1", "dave", False), ("T1", None, False), ("T2", None, True)]
    for uid, user, proto in devices:
        w.enter(Client(w, uid, user, proto))
    w.talk()
    tap.ok(not w.faults, name + ": users without groups meet those of TCP",
           *w.faults[:10])
    # All different, and one who only hears and one who only speaks.
    for user, ways in zip(USERS, (("both", "", ""), ("in", "both", ""),
                                  ("out", "", "both"), ("", "out", "in"))):
        for g, way in zip(GROUPS, ways):
            if way:
                w.one_change(user, g, way)
    w.talk()
    tap.ok(not w.faults, name + ": users in groups, one after the other",
           *w.faults[:10])
    for n in range(ROUNDS):
        if len(w.faults) > 20:
            break
        for user in rng.sample(USERS, 2):
            w.one_change(user, rng.choice(GROUPS), rng.choice(DIRECTIONS))
        w.talk()
        w.reconnect(rng.choice(w.clients))
    tap.ok(not w.faults, name + ": changes at random, reconnections, chat",
           *w.faults[:20])
    middle = statistics.median(w.latency)
    e2e.note("%s: %d changes, told in %.0f ms (median), %.0f ms (longest)" % (
        name, len(w.latency), 1000 * middle, 1000 * max(w.latency)))
    tap.ok(middle < 1, name + ": changes are effective within a second")
    special(tap, name, w)
    tap.equal(w.dead() + w.bad_log_lines(), [], name + ": nothing died")
    for p in list(w.proc.values()) + [w.auth]:
        p.kill()
        p.wait()


def special(tap, name, w):
    """Disabled users, unknown ones, a device's own choice, a restart."""
    w.faults = []
    dave = [c for c in w.clients if c.user == "dave"][0]
    w.clients.remove(dave)
    w.user("disable", "dave")
    tap.ok(wait_for(lambda: dave.closed, 20),
           name + ": who is disabled is put out")
    w.settle()
    w.look("dave is disabled")
    dave.connect()
    dave.say()
    tap.ok(wait_for(lambda: dave.closed, 20) and dave.heard_nothing(),
           name + ": and does not come in again, nor hear anything",
           dave.closed, *[e.raw for e in dave.seen + dave.link])
    ghost = Client(w, "G1", "ghost")
    ghost.say()
    tap.ok(wait_for(lambda: ghost.closed, 20) and ghost.heard_nothing(),
           name + ": a certificate without a user is refused",
           ghost.closed, *[e.raw for e in ghost.seen + ghost.link])
    w.settle()
    w.look("the ghost")
    w.user("enable", "dave")
    # ots-auth may take its time; then he is welcome.
    for _ in range(50):
        dave.connect()
        dave.say()
        w.ping([dave])
        w.settle()
        w.ping([dave])
        if not dave.closed:
            break
        time.sleep(0.1)
    w.clients.append(dave)
    w.settle()
    w.look("dave is back")
    w.kill("ots-route")
    for c in w.clients:
        c.say()
    w.settle()
    w.look("a restart")
    w.talk()
    tap.ok(not w.faults, name + ": none of that is seen by strangers",
           *w.faults[:10])
    w.faults = []
    w.one_change("alice", "Blue", "both")
    w.one_change("carol", "Blue", "both")
    heard, said = w.restart_under_load(
        *[[c for c in w.clients if c.user == u][0] for u in
          ("alice", "carol")])
    tap.ok(heard == said, name + ": restarts under load lose nothing",
           "%d said, %d heard" % (len(said), len(heard)),
           sorted(set(said) - set(heard))[:20])
    tap.ok(not w.faults, name + ": nor show anything to strangers",
           *w.faults[:10])


def certificates():
    env = dict(e2e.program_env(), PATH=e2e.BIN + ":" + os.environ["PATH"])
    ca = ["--ca", os.path.join(DIR, "ca")]
    for args in (["init", "--key", "p256", "--client-key", "p256",
                  "--name", "Matrix CA"], ["server", "localhost"],
                 ["client", "ghost", *USERS]):
        got = subprocess.run(["ots-certs", args[0], *ca, *args[1:]], env=env,
                             capture_output=True, text=True, timeout=120)
        if got.returncode:
            raise RuntimeError("ots-certs %s: %s" % (args, got.stderr))


def postgres():
    """A PostgreSQL of our own: (process, uri), or None."""
    t = os.path.join(e2e.HERE, "..", "t")
    p = e2e.child(["sh", "-c", '. "${0%/*}/lib.sh"; . "${0%/*}/pg.sh"; '
                   'if pg_start; then echo "$pg_uri"; else echo; fi; read -r _',
                   os.path.join(t, "x")],
                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                  env=dict(os.environ, TEST_SECONDS="1200"))
    uri = p.stdout.readline().strip()
    if uri:
        return (p, uri)
    p.stdin.close()
    p.wait(60)
    return None


tap = Tap(900 if e2e.FULL else 300)
DIR = e2e.temp_dir()
certificates()
play(tap, "SQLite", os.path.join(DIR, "ots.db"))
pg = postgres()
if pg:
    play(tap, "PostgreSQL", pg[1])
    pg[0].stdin.close()
    pg[0].wait(60)
else:
    e2e.note("no PostgreSQL here")
tap.done()
