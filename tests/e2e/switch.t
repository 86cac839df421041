#!/usr/bin/python3 -B
"""Clients change to protobuf at random moments while others send: up to the
last byte of the answer each is sent XML, from there on frames, and not one byte
of the wrong kind; no event of anybody is lost, doubled or out of order across
the change, neither of what it hears nor of what it says.

OTS_FULL=1: 10,000 changes. SEED: other ones."""
import heapq
import os
import random
import selectors
import socket
import time

import e2e
import takp
from e2e import Client, Load, Server, Tap, event, judge, note

CHANGES = 10000 if e2e.FULL else 300
AT_ONCE = 16
SENDERS = 6
RATE = 40
LIFE = 60  # seconds, at most
rng = random.Random(int(os.environ.get("SEED", "1")))


class Loop:
    """Sockets and clocks of all clients, in one thread."""

    def __init__(self):
        self.sockets = selectors.DefaultSelector()
        self.clocks = []
        self.n = 0

    def at(self, delay, what):
        self.n += 1
        heapq.heappush(self.clocks, (time.monotonic() + delay, self.n, what))

    def turn(self):
        wait = self.clocks[0][0] - time.monotonic() if self.clocks else 1
        for key, _ in self.sockets.select(max(0, min(wait, 1))):
            key.data()
        while self.clocks and self.clocks[0][0] <= time.monotonic():
            heapq.heappop(self.clocks)[2]()


class Switcher:
    """One client: it lives by its script, and judges all that it hears."""

    def __init__(self, loop, number):
        self.loop, self.number = loop, number
        self.said = 0
        self.heard = {}
        self.events = [0, 0]
        self.offer, self.answers = None, []
        self.pings = self.pongs = 0
        self.wrong = None
        self.over = False
        self.stream = takp.Stream()
        self.begun = time.monotonic()
        self.size = rng.choice((2000, 8000, 65536))
        self.lazy = rng.random() < 0.3
        self.sock = socket.socket()
        small = rng.choice((0, 0, 16384, 65536))
        if small:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, small)
        self.sock.connect(("127.0.0.1", server.port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.script = self.live()
        self.wants = None
        self.listen()
        self.step()

    # ---- what it does ----

    def step(self):
        """Go on with the script, unless it waits for something."""
        if self.over:
            return
        if time.monotonic() - self.begun > LIFE:
            self.end("stuck in line %d: offer %s, answers %s, %d pings, %d "
                     "pongs, %s events, unread: %r" % (
                         self.script.gi_frame.f_lineno, self.offer,
                         self.answers, self.pings, self.pongs, self.events,
                         self.stream.rest()[:200]))
        while not self.over and (self.wants is None or self.wants()):
            try:
                wait = next(self.script)
            except StopIteration:
                self.end(None)
            except OSError as e:
                self.end("it was hung up: %s" % e)
            else:
                self.wants = wait if callable(wait) else lambda: False
                if not callable(wait):
                    self.loop.at(wait, self.wake)
                    return

    def wake(self):
        self.wants = None
        self.step()

    def live(self):
        yield lambda: self.offer is not None
        yield from self.put(b"".join(
            self.event().encode() for _ in range(rng.randrange(4))))
        yield rng.uniform(0, 0.15)
        if rng.random() < 0.05:
            yield from self.put(takp.request("v2", "2").encode())
            yield lambda: self.answers == [("v2", False)]
        if rng.random() < 0.05:
            yield from self.ping()
            return
        # The request, perhaps with what follows right behind it.
        follows = b"".join(self.framed() for _ in range(
            rng.choice((0, 0, 0, 1, 3))))
        yield from self.put(takp.request(self.offer).encode() +
                            rng.choice((b"", b"", b"\r\n", b"\0")) + follows)
        yield lambda: self.stream.binary
        yield from self.put(b"".join(
            self.framed() for _ in range(rng.randrange(1, 5))))
        yield from self.ping()
        yield rng.uniform(0, 0.15)

    def ping(self):
        """Until it is answered: who is behind with reading is not, at once."""
        ping = event("switcher-ping", "t-x-c-t")
        ping = takp.frame(takp.encode(ping)) if self.stream.binary \
            else ping.encode()
        while not self.pongs:
            self.pings += 1
            yield from self.put(ping)
            until = time.monotonic() + 2
            yield lambda: self.pongs or time.monotonic() > until

    def event(self):
        """Its next event: to all, or to the one who counts them."""
        self.said += 1
        text = '<said by="%d" n="%d"/>' % (self.number, self.said)
        if self.said % 2:
            text += '<marti><dest callsign="XML"/><dest callsign="PB"/>' \
                '</marti>'
        return event("said-%d-%d" % (self.number, self.said),
                     rng.choice(("b-m-p-s-m", "a-h-G", "b-t-f-d")), text)

    def framed(self):
        return takp.frame(takp.encode(self.event())) + \
            (b"\0" if self.number % 10 == 0 else b"")

    def put(self, data):
        """Write it, in pieces of all sizes."""
        cuts = [] if len(data) < 9 else sorted(
            rng.sample(range(1, len(data)), rng.choice((0, 0, 1, 3, 7))))
        for a, b in zip([0] + cuts, cuts + [len(data)]):
            self.sock.sendall(data[a:b])
            if b < len(data):
                yield rng.choice((0, 0.001, 0.005))

    # ---- what it hears ----

    def listen(self):
        if not self.over:
            self.loop.sockets.register(self.sock, selectors.EVENT_READ,
                                       self.read)

    def read(self):
        try:
            got = self.sock.recv(rng.randrange(1, self.size + 1))
            self.stream.feed(got)
            for raw, root in iter(self.stream.next, None):
                self.hear(raw, root)
        except (OSError, takp.Wrong, ValueError) as e:
            self.end("%s: %s" % (type(e).__name__, e))
            return
        if not got:
            self.end("it was hung up")
        elif self.lazy and rng.random() < 0.2:
            self.loop.sockets.unregister(self.sock)
            self.loop.at(rng.uniform(0, 0.03), self.listen)
        self.step()

    def hear(self, raw, root):
        kind = root.get("type")
        self.events[self.stream.binary] += 1
        if (raw[0] == 0xbf) != self.stream.binary:
            raise takp.Wrong("the wrong kind: %r" % raw)
        if kind == "t-x-takp-v" and takp.offers(root) and self.offer is None:
            self.offer = root.get("uid")
        elif kind == "t-x-takp-r" and self.offer is not None:
            self.answers.append((root.get("uid"), takp.grants(root)))
            self.stream.binary = takp.grants(root)
        elif kind.startswith("t-x-takp-"):
            raise takp.Wrong("of the link: %r" % raw)
        elif kind == "t-x-c-t-r":
            self.pongs += 1
        elif root.find("detail/said") is not None:
            if root.find("detail/said").get("by") == str(self.number):
                raise takp.Wrong("an echo: %r" % raw)
        else:
            self.count(root.find("detail/__load"))

    def count(self, mark):
        """The load's senders number their events."""
        if mark is None or mark.get("k") != "b":
            return
        s, n = mark.get("s"), int(mark.get("n"))
        if self.heard.get(s, n - 1) != n - 1:
            raise takp.Wrong("after event %d of sender %s comes %d" % (
                self.heard[s], s, n))
        self.heard[s] = n

    def end(self, wrong):
        self.over = True
        if not wrong and not 1 <= self.pongs <= self.pings:
            wrong = "%d pings, %d pongs" % (self.pings, self.pongs)
        if not wrong and self.stream.binary and \
                self.answers[-1] != (self.offer, True):
            wrong = "answered %s" % self.answers
        self.wrong = wrong
        if self.sock in self.loop.sockets.get_map():
            self.loop.sockets.unregister(self.sock)
        self.sock.close()


class Witness(Client):
    """Hears what the switchers say, and keeps the numbers only."""

    def begin(self, sock):
        self.came = {}
        super().begin(sock)

    def _take(self, stream):
        for e in super()._take(stream):
            said = e.find("said")
            if said is not None:
                self.came.setdefault(int(said.get("by")), []).append(
                    int(said.get("n")))
        return []

    def missing(self, switchers):
        """Those of whom it has not heard all, once each and in order."""
        return ["%s of switcher %d, who said %d" % (
            self.came.get(s.number, []), s.number, s.said) for s in switchers
            if self.came.get(s.number, []) != list(range(1, s.said + 1))]


tap = Tap(900 if e2e.FULL else 200)
server = Server()
witnesses = [Witness(server.port, "xml", "XML"),
             Witness(server.port, "pb", "PB", proto=True)]
load = Load(server.port, "-n", SENDERS, "-r", RATE, "-d", 0, "--verify",
            "--proto-share", 0.5)
load.phase("measure")
loop = Loop()
alive, done = [], []
begun = time.monotonic()
while len(done) < CHANGES and sum(bool(s.wrong) for s in done) < 20:
    while len(alive) < AT_ONCE and len(alive) + len(done) < CHANGES:
        alive.append(Switcher(loop, len(alive) + len(done)))
    loop.turn()
    for s in alive:
        s.step()
    done += [s for s in alive if s.over]
    alive = [s for s in alive if not s.over]
took = time.monotonic() - begun

changed = [s for s in done if s.stream.binary]
tap.equal(len(done), CHANGES, "all have lived")
tap.equal(["%d: %s" % (s.number, s.wrong) for s in done if s.wrong][:10], [],
          "%d changes: XML up to the answer, frames from there on, nothing "
          "lost or twice" % len(changed))
under = len([s for s in changed if len(s.heard) == SENDERS and
             all(s.events)])
note("%d clients, %d changes in %.0f s; heard %d events as XML, %d as frames"
     % (len(done), len(changed), took, sum(s.events[0] for s in done),
        sum(s.events[1] for s in done)))
tap.ok(len(changed) > 0.85 * CHANGES and under > 0.5 * CHANGES,
       "most of them in the midst of what others sent",
       "%d changed, %d heard all senders" % (len(changed), under))
for c in witnesses:
    e2e.wait_for(lambda: not c.missing(done), 20, 0.2)
    tap.equal(c.missing(done)[:10], [], "what they said arrives, once each "
              "and in order, at %s" % c.callsign)
    tap.equal((c.error, c.closed), (None, False), "which hears nothing else")
load.stop()
load.finish()
judge(tap, load, "those who sent")
tap.equal(server.dead() + server.bad_log_lines(), [], "nothing died")
count = server.counters("ots-listen")
note({k: count.get(k) for k in ("offers", "granted", "denied", "protobuf",
                                "as_protobuf", "encoded", "unencodable")})
tap.done()
