#!/usr/bin/python3 -B
"""One room of all kinds: PyTAK, the real package, with frames that nobody
agreed upon (TAK_PROTO=1), an XML client, and clients that have changed to
protobuf, by TCP and by TLS. Positions, chat and markers in all directions: each
receiver is told in its own way exactly what was said. PYTAK_PYTHON is a python
that has PyTAK and takproto; without it the others are alone."""
import os
import subprocess
import time

import e2e
import takp
from e2e import Client, Tap, event
from e2e_tls import Tls, TlsServer, certificates, connect, context

DATA = os.path.join(e2e.HERE, "..", "data", "cot")
LIMIT = 20
# What takproto loses of an element that has other attributes than its own.
LOSSY = ("marti", "contact", "status", "precisionlocation")


class PyTak:
    """The real one: what it hears is in .seen, as that of a Client."""

    uid, callsign, framed = "pytak", "PYTAK", False

    def __init__(self, python, port):
        self.out = os.path.join(server.dir, "pytak")
        with open(self.out, "wb") as f, open(self.out + ".err", "wb") as err:
            self.proc = e2e.child(
                [python, "-B", os.path.join(e2e.HERE, "pytak_proto.py"),
                 "tcp://127.0.0.1:%d" % port, self.uid],
                stdin=subprocess.PIPE, stdout=f, stderr=err)

    def send(self, xml):
        self.proc.stdin.write(xml.encode() + b"\n")
        self.proc.stdin.flush()

    def all(self, what):
        with open(self.out, encoding="ascii") as f:
            lines = f.read().split("\n")[:-1]
        seen = [e2e.Seen(0, b"<", takp.decode(bytes.fromhex(line)))
                for line in lines]
        return [e for e in seen if what(e)]

    def wait(self, what, limit=LIMIT):
        got = e2e.wait_for(lambda: self.all(what), limit, 0.05)
        return got[0] if got else None

    def why(self):
        with open(self.out + ".err", errors="replace") as f:
            return f.read()[-2000:]


class Room(Client):
    def __init__(self, uid, **kw):
        self.framed = kw.get("proto", False)
        super().__init__(server.port, uid, uid.upper(), **kw)

    def why(self):
        return [self.error] + [e.raw for e in self.seen[-5:]]


def position(c):
    return event(c.uid, "a-f-G-U-C", (
        '<takv device="PIXEL" platform="ATAK-CIV" os="34" version="5.5.0"/>'
        '<contact endpoint="*:-1:stcp" callsign="%s"/><uid Droid="%s"/>'
        '<precisionlocation geopointsrc="GPS" altsrc="DTED0"/>'
        '<__group name="Cyan" role="Team Member"/><status battery="87"/>'
        '<track speed="1.5" course="270.25"/>') % (c.callsign, c.callsign))


def marker(c):
    return event("marker-" + c.uid, "b-m-p-s-m", (
        '<archive/><color argb="-1"/>'
        '<usericon iconsetpath="COT_MAPPING_SPOTMAP/b-m-p-s-m/-1"/>'
        '<link uid="%s" type="a-f-G-U-C" relation="p-p" '
        'parent_callsign="%s"/><remarks>a &lt; b &amp; \u00e9\u20ac</remarks>'
        '<ce_human_input>true</ce_human_input>') % (c.uid, c.callsign),
        how="h-g-i-g-o")


def odd(c):
    """Elements of which protobuf holds a part: they stay whole."""
    return event("odd-" + c.uid, "a-u-G", (
        '<contact callsign="ODD" phone="5551"/>'
        '<status battery="50" readiness="true"/>'
        '<precisionlocation altsrc="???"/><track speed="0.0" course="0.0"/>'
        '<link uid="a" relation="c"/><link uid="b" relation="c"/>'
        '<shape><polyline closed="true"><vertex lat="1" lon="2"/>'
        '<vertex lat="3" lon="4"/></polyline></shape>'))


def chat(c, to=None):
    room = to.callsign if to else "All Chat Rooms"
    return event(
        "GeoChat.%s.%s.%d" % (c.uid, to.uid if to else room, e2e.now_us()),
        "b-t-f", (
            '<__chat id="%s" chatroom="%s" senderCallsign="%s" '
            'parent="RootContactGroup" groupOwner="false"><chatgrp id="%s" '
            'uid0="%s" uid1="%s"/></__chat><link uid="%s" type="a-f-G-U-C" '
            'relation="p-p"/><remarks source="BAO.F.ATAK.%s" to="%s" '
            'time="2024-05-06T07:08:09.123Z">from %s &amp; to '
            '\u00ab%s\u00bb</remarks>%s') % (
                to.uid if to else room, room, c.callsign,
                to.uid if to else room, c.uid, to.uid if to else room, c.uid,
                c.uid, to.uid if to else room, c.callsign, room,
                '<marti><dest callsign="%s"/></marti>' % room if to else ""),
        how="h-g-i-g-o", stale=86400)


def is_that(e, want):
    return e.uid == want["uid"] and \
        takp.ms_of(e.root.get("time")) == want["time"]


def told(receiver, xml):
    """Was it told that, once, in its own way? A text that says how not."""
    want = takp.meaning(xml)
    got = receiver.wait(lambda e: is_that(e, want), LIMIT)
    if not got:
        return "%s hears nothing of %s" % (receiver.uid, want["uid"])
    if got.framed != receiver.framed:
        return "%s is told in the other encoding: %r" % (receiver.uid,
                                                         got.raw)
    lossy = LOSSY if receiver is pytak and "odd-" in want["uid"] else \
        ("marti",)
    want, have = (takp.meaning(e, lossy) for e in (xml, got.root))
    if got.find("marti") is not None:
        return "%s is told of marti" % receiver.uid
    return "" if have == want else "%s is told\n%s\nof\n%s" % (
        receiver.uid, have, want)


def broadcast(name, make, senders):
    wrong = []
    for s in senders:
        xml = make(s)
        s.send(xml)
        said.append((s, None, xml))
        wrong += [told(r, xml) for r in room if r is not s]
    tap.equal([w for w in wrong if w], [], name + ", in all directions")


tap = Tap(180)

# ---- the tests' own coder, against the vectors ----

for n in range(1, 8):
    with open(os.path.join(DATA, "v%d.pb" % n), "rb") as f:
        frame = f.read()
    with open(os.path.join(DATA, "v%d.cot" % n)) as f:
        cot = f.read().replace(" />", "/>")
    stream = takp.Stream()
    stream.binary = True
    stream.feed(frame)
    tap.ok(takp.frame(takp.encode(cot)) == frame and
           takp.meaning(stream.next()[1], ()) == takp.meaning(cot, ()),
           "the tests know vector %d" % n)

# ---- the room ----

certs = certificates("phone")
server = TlsServer(certs)
python = os.environ.get("PYTAK_PYTHON")
has = python and os.access(python, os.X_OK) and subprocess.run(
    [python, "-c", "import pytak, takproto"], capture_output=True,
    check=False).returncode == 0
if not has:
    e2e.note("no PyTAK in the room: PYTAK_PYTHON is not set, or lacks it")
pytak = PyTak(python, server.port) if has else None
xml = Room("xml")
pb = Room("pb", proto=True)
tls = Room("tls", proto=True, sock=Tls(connect(server.tls_port),
                                       context(certs, "phone")))
room = [xml, pb, tls] + ([pytak] if has else [])
others = [xml, pb, tls]
said = []
if has:
    # It is there when others have heard of it.
    pytak.send(position(pytak))
    tap.ok(xml.wait_uid("pytak", LIMIT), "PyTAK speaks", pytak.why())
else:
    e2e.note("no PyTAK with takproto: the others are alone")
tap.equal([c.link[0].type for c in others], ["t-x-takp-v"] * 3,
          "all were offered protobuf")
tap.equal([len(c.link) for c in others], [1, 2, 2], "who asked was answered")
tap.equal([c.link[0].uid == c.link[1].uid for c in (pb, tls)], [True] * 2,
          "by the uid of the offer")

broadcast("positions", position, room)
broadcast("markers", marker, room)
broadcast("what protobuf holds in part only", odd, others)
broadcast("chat to all rooms", chat, room)
wrong = []
for s in room:
    for r in room:
        if r is not s:
            time.sleep(0.001)
            text = chat(s, r)
            s.send(text)
            said.append((s, r, text))
            wrong.append(told(r, text))
tap.equal([w for w in wrong if w], [], "direct chat, in all directions")
for c in others:
    tap.ok(c.ping(LIMIT), "%s: a ping is answered" % c.uid)
tap.equal([{e.framed for e in c.all(lambda e: e.type == "t-x-c-t-r")}
           for c in others], [{c.framed} for c in others],
          "in its own framing")

# ---- nothing twice, no echo, nothing to whom it was not said ----

faults = []
for s, r, text in said:
    want = takp.meaning(text)
    for c in room:
        got = len(c.all(lambda e: is_that(e, want)))
        if got != (c is not s and r in (None, c)):
            faults.append("%s has %s %d times" % (c.uid, want["uid"], got))
tap.equal(faults, [], "each once, to those that it was said to")

# ---- coming and going ----

for proto in (False, True):
    for away in ("xml", "pb"):
        uid = "goes-%s-%d" % (away, proto)
        c = Client(server.port, uid, uid.upper(), "a-f-S",
                   proto=away == "pb")
        for r in room:
            if not r.wait(lambda e: e.uid == uid, LIMIT):
                tap.ok(False, "%s sees %s" % (r.uid, uid), r.why())
        c.close()
        gone = [r.wait(lambda e: e.type == "t-x-d-d" and
                       e.link().get("uid") == uid, LIMIT) for r in room]
        tap.equal([g and (g.link(), g.framed) for g in gone],
                  [({"uid": uid, "type": "a-f-S", "relation": "p-p"},
                    r.framed) for r in room],
                  "that %s has gone is told to all in their way" % uid)
late = Client(server.port, "late", "LATE", proto=True)
tap.ok(all(late.wait_uid(c.uid) for c in room), "a newcomer sees all")
tap.equal([c.error for c in others + [late]], [None] * 4,
          "not a byte but whole events, in the right framing")
tap.equal(server.dead() + server.bad_log_lines(), [], "nothing died")
if has:
    pytak.proc.stdin.close()
    tap.ok(e2e.wait_for(lambda: pytak.proc.poll() is not None, 10) and
           late.wait_gone("pytak", LIMIT), "PyTAK leaves")
tap.done()
