#!/usr/bin/python3 -B
"""The judge is judged: ots-load against a server that is faulty on purpose.
Each fault must be counted, exactly, and a good server must pass; by XML, by
protobuf, and where one is sent the other's."""
import copy
import selectors
import socket
import threading
import xml.etree.ElementTree as ET

import e2e
import takp
from e2e import Load, Tap

CLIENTS = 5


class Peer:
    """One client of the faulty server."""

    def __init__(self, sock):
        self.sock = sock
        self.data = b""
        self.framed = False
        self.late = None

    def events(self, data):
        """What it has sent, in whichever way."""
        self.data += data
        while self.data:
            if self.data[0] == 0xbf:
                got = takp.read_varint(self.data, 1)
                if not got or sum(got) > len(self.data):
                    return
                raw = self.data[got[1]:sum(got)]
                self.data = self.data[sum(got):]
                yield takp.decode(raw)
            else:
                n = self.data.find(takp.END) + len(takp.END)
                if n < len(takp.END):
                    return
                raw, self.data = self.data[:n], self.data[n:]
                yield ET.fromstring(raw)

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            pass  # it has had enough

    @staticmethod
    def write(root, framed):
        return takp.frame(takp.encode(root)) if framed else ET.tostring(root)


class Faulty(threading.Thread):
    """Sends every event to all others, but one of them wrongly."""

    def __init__(self, fault):
        super().__init__(daemon=True)
        self.fault = fault
        self.names = {}
        self.all = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.all.register(self.listener, selectors.EVENT_READ)
        self.start()

    def run(self):
        while True:
            for key, _ in self.all.select():
                if key.fileobj is self.listener:
                    c, _ = self.listener.accept()
                    self.all.register(c, selectors.EVENT_READ, Peer(c))
                    c.sendall(self.control("v", "<TakProtocolSupport "
                                           'version="1"/>'))
                else:
                    self.read(key.data)

    @staticmethod
    def control(kind, what):
        return e2e.event("n-1", "t-x-takp-" + kind,
                         "<TakControl>%s</TakControl>" % what).encode()

    def read(self, peer):
        try:
            got = peer.sock.recv(65536)
        except OSError:
            got = b""
        if not got:
            self.all.unregister(peer.sock)
            peer.sock.close()
            return
        for root in peer.events(got):
            if root.get("type") == "t-x-takp-q":
                peer.send(self.control("r", '<TakResponse status="true"/>'))
                peer.framed = True
            else:
                self.event(peer, root)

    def event(self, source, root):
        mark = root.find("detail/__load")
        mark = (mark.get("s"), mark.get("n"), mark.get("k"))
        who = root.find("detail/contact")
        if who is not None:
            self.names[who.get("callsign")] = source
        marti = root.find("detail/marti")
        dest = None
        if marti is not None:
            dest = self.names.get(marti.find("dest").get("callsign"))
            root.find("detail").remove(marti)
        faulty = mark[2] != "w" and mark[:2] == ("1", "2")
        for peer in [k.data for k in self.all.get_map().values() if k.data]:
            if marti is not None and dest is not peer and not (
                    self.fault == "misdelivered" and peer is not source):
                continue
            if peer is not source:
                self.deliver(peer, root, mark, faulty)
            elif faulty and self.fault == "echo":
                peer.send(peer.write(root, peer.framed))
            elif faulty and self.fault == "disconnected":
                self.all.unregister(peer.sock)
                peer.sock.close()

    def deliver(self, peer, root, mark, faulty):
        fault = self.fault if faulty else None
        if fault == "reordered":
            peer.late = root
            return
        if fault == "lost":
            return
        if fault == "corrupt":
            root = copy.deepcopy(root)
            root.find("detail/status").set("battery", "87")
        data = peer.write(root, peer.framed != (fault == "other"))
        if fault == "garbage":
            data = b"garbage" + data
        if fault == "forged":
            root = copy.deepcopy(root)
            root.find("detail/__load").set("k", "x")
            data += peer.write(root, peer.framed)
        peer.send(data[:100])
        peer.send(data[100:])
        if fault == "dup":
            peer.send(data)
        if peer.late is not None and mark[:2] == ("1", "3"):
            peer.send(peer.write(peer.late, peer.framed))
            peer.late = None


def start(fault, *more):
    return Load(Faulty(fault).port, "-n", CLIENTS, "-r", 20, "-d", 0.4,
                "--verify", "--drain", 3, *more)


FAULTS = ("lost dup echo reordered misdelivered forged corrupt garbage "
          "disconnected").split()
OTHERS = CLIENTS - 1

COUNTED = (("lost", OTHERS), ("dup", OTHERS), ("echo", 1),
           ("reordered", OTHERS), ("corrupt", OTHERS), ("forged", OTHERS),
           ("garbage", OTHERS * len("garbage")))

tap = Tap(100)
for kind, how in (("XML", []), ("protobuf", ["--proto"]),
                  ("both", ["--proto-share", 0.5])):
    loads = {fault: start(fault, *how) for fault, _ in COUNTED}
    loads.update({fault: start(fault, *how)
                  for fault in ("other", "disconnected")})
    loads.update({fault: start(fault, "--dm", 0.3, *how)
                  for fault in (None, "misdelivered")})
    for load in loads.values():
        load.finish()
    load = loads[None]
    r = load.result
    tap.ok(r["exit"] == 0 and r["delivered"] == r["expected"] > 0,
           kind + ": a good server passes", load.short(), load.complaints())
    tap.ok(r["sent_dm"] > 0, "with direct messages")
    for fault, want in COUNTED:
        r = loads[fault].result
        tap.ok(r["exit"] == 1, "%s, %s: is a failure" % (kind, fault),
               loads[fault].short())
        tap.equal({k: r[k] for k in FAULTS if r[k]}, {fault: want},
                  "%s, %s: is counted" % (kind, fault))
    r = loads["other"].result
    tap.ok(r["exit"] == 1 and r["garbage"] > 0 and r["lost"] > 0,
           "%s: what is of the other kind is garbage" % kind,
           loads["other"].short())
    r = loads["misdelivered"].result
    tap.equal((r["exit"], r["misdelivered"]),
              (1, r["sent_dm"] * (OTHERS - 1)),
              "%s: misdelivered direct messages are counted" % kind)
    r = loads["disconnected"].result
    tap.equal((r["exit"], r["disconnected"]), (1, 1),
              "%s: a disconnected client is counted" % kind)

# ---- events lost in a gap that was told are no failure ----

server = Faulty("lost")
load = Load(server.port, "-n", CLIENTS, "-r", 20, "-d", 0.4, "--verify",
            "--drain", 3, "--wait")
load.phase("ready")
load.gap(e2e.now_us(), e2e.now_us() + 2000000)
load.go()
r = load.finish()
tap.equal((r["exit"], r["lost"], r["lost_gap"]), (0, 0, OTHERS),
          "what is lost in a gap is counted apart")
tap.done()
