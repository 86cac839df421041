#!/usr/bin/python3 -B
"""The judge is judged: ots-load against a server that is faulty on purpose.
Each fault must be counted, exactly, and a good server must pass."""
import re
import selectors
import socket
import threading

import e2e
from e2e import Load, Tap

CLIENTS = 5
END = b"</event>"
MARK = re.compile(rb'<__load r="\d+" s="(\d+)" n="(\d+)" t="\d+" k="(\w)"')


class Faulty(threading.Thread):
    """Sends every event to all others, but one of them wrongly."""

    def __init__(self, fault):
        super().__init__(daemon=True)
        self.fault = fault
        self.late = {}
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
                    self.all.register(c, selectors.EVENT_READ, bytearray())
                else:
                    self.read(key.fileobj, key.data)

    def read(self, c, data):
        try:
            got = c.recv(65536)
        except OSError:
            got = b""
        if not got:
            self.all.unregister(c)
            c.close()
            return
        data += got
        while END in data:
            n = data.index(END) + len(END)
            self.event(c, bytes(data[:n]))
            del data[:n]

    def event(self, source, text):
        m = MARK.search(text)
        who = re.search(rb'<contact callsign="([^"]+)"', text)
        if who:
            self.names[who.group(1)] = source
        dest = re.search(rb'<marti><dest callsign="([^"]+)"/></marti>', text)
        if dest:
            text = text.replace(dest.group(0), b"")
        faulty = m and m.group(3) != b"w" and m.groups()[:2] == (b"1", b"2")
        clients = [k.fileobj for k in self.all.get_map().values()
                   if k.data is not None]
        for c in clients:
            if dest and self.names.get(dest.group(1)) is not c and not (
                    self.fault == "misdelivered" and c is not source):
                continue
            if c is not source:
                self.deliver(c, text, faulty)
            elif faulty and self.fault == "echo":
                c.sendall(text)
            elif faulty and self.fault == "disconnected":
                self.all.unregister(c)
                c.close()

    def deliver(self, c, text, faulty):
        if faulty and self.fault == "reordered":
            self.late[c] = text
            return
        if faulty and self.fault == "lost":
            return
        if faulty and self.fault == "corrupt":
            text = text.replace(b'battery="78"', b'battery="87"')
        if faulty and self.fault == "garbage":
            text = b"garbage" + text
        if faulty and self.fault == "forged":
            text += re.sub(rb'k="\w"', b'k="x"', text)
        c.sendall(text[:100])
        c.sendall(text[100:])
        if faulty and self.fault == "dup":
            c.sendall(text)
        m = MARK.search(text)
        if c in self.late and m.groups()[:2] == (b"1", b"3"):
            c.sendall(self.late.pop(c))


def run(fault, *more):
    server = Faulty(fault)
    load = Load(server.port, "-n", CLIENTS, "-r", 20, "-d", 0.4, "--verify",
                "--drain", 3, *more)
    return load, load.finish()


FAULTS = ("lost dup echo reordered misdelivered forged corrupt garbage "
          "disconnected").split()
OTHERS = CLIENTS - 1

tap = Tap(60)
load, r = run(None, "--dm", 0.3)
tap.ok(r["exit"] == 0 and r["delivered"] == r["expected"] > 0,
       "a good server passes", load.short())
tap.ok(r["sent_dm"] > 0, "with direct messages")
for fault, want in (("lost", OTHERS), ("dup", OTHERS), ("echo", 1),
                    ("reordered", OTHERS), ("corrupt", OTHERS),
                    ("forged", OTHERS), ("garbage", OTHERS * len("garbage"))):
    load, r = run(fault)
    tap.ok(r["exit"] == 1, "%s: is a failure" % fault, load.short())
    tap.equal({k: r[k] for k in FAULTS if r[k]}, {fault: want},
              "%s: is counted" % fault)
load, r = run("misdelivered", "--dm", 0.3)
tap.equal((r["exit"], r["misdelivered"]),
          (1, r["sent_dm"] * (OTHERS - 1)),
          "misdelivered direct messages are counted")
load, r = run("disconnected")
tap.equal((r["exit"], r["disconnected"]), (1, 1),
          "a disconnected client is counted")

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
