#!/usr/bin/python3 -B
"""Two networks, each with a device on the multicast group 239.2.3.1:6969,
bridged by a server: each event arrives once on the other side, none comes back,
and none circulates when a second server bridges the same two. Each network is
a namespace of its own, and the servers stand in a third."""
import os
import re
import shutil
import subprocess
import sys
import time

import e2e
import takp
from e2e import BIN, Client, Server, Tap, child, event, note, skip_all

GROUP, PORT = "239.2.3.1", 6969
GROUP6 = "ff15::4242"
N = 2000 if e2e.FULL else 400
HELPER = os.path.join(e2e.HERE, "..", "helper", "datagrams.py")


def enter():
    """Go on in a namespace without any network, or skip."""
    if os.environ.get("MESH_INSIDE"):
        return
    for tool in ("unshare", "nsenter", "ip"):
        if not shutil.which(tool):
            skip_all("there is no " + tool)
    unshare = ["unshare", "-n"] if os.getuid() == 0 else ["unshare", "-rn"]
    try_it = "ip link add otsT0 type veth peer name otsT1"
    r = subprocess.run(unshare + ["sh", "-c", try_it], text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       check=False)
    if r.returncode:
        skip_all("no network namespaces here: " + r.stdout.strip())
    os.environ["MESH_INSIDE"] = "1"
    os.execvp("unshare", unshare + [sys.executable, "-B",
                                    os.path.abspath(__file__)])


def run(*argv):
    subprocess.run([str(a) for a in argv], check=True,
                   stdout=subprocess.DEVNULL)


class Network:
    """A namespace joined to ours by a pair of interfaces."""

    def __init__(self, number):
        self.number = number
        self.interface = "mesh%d" % number
        self.host = child(["unshare", "-n", "sleep", "1000"])
        ours = os.readlink("/proc/self/ns/net")
        path = "/proc/%d/ns/net" % self.host.pid
        if not e2e.wait_for(lambda: os.readlink(path) != ours):
            raise RuntimeError("no namespace")
        self.plug()

    def inside(self, *argv):
        return ["nsenter", "-t", str(self.host.pid), "-n"] + \
            [str(a) for a in argv]

    def plug(self):
        run("ip", "link", "add", self.interface, "type", "veth", "peer",
            "name", "radio", "netns", self.host.pid)
        for where, name, last in ((lambda *a: a, self.interface, 1),
                                  (self.inside, "radio", 2)):
            for addr in ("10.86.%d.%d/24" % (self.number, last),
                         "fd86:%d::%d/64" % (self.number, last)):
                run(*where("ip", "addr", "add", addr, "dev", name,
                           *(["nodad"] if ":" in addr else [])))
            run(*where("ip", "link", "set", name, "up"))
        show = ["ip", "link", "show", "dev", self.interface]
        if not e2e.wait_for(lambda: b"state UP" in subprocess.run(
                show, stdout=subprocess.PIPE, check=True).stdout):
            raise RuntimeError("%s does not come up" % self.interface)

    def unplug(self):
        run("ip", "link", "del", self.interface)


class Device:
    """On the group of a network; .came: (sender, bytes) of each datagram."""

    def __init__(self, network, group=GROUP):
        addr = "10.86.%d.2" if "." in group else "fd86:%d::2"
        self.proc = child(network.inside(
            HELPER, addr % network.number, PORT, group, "radio"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.proc.stdout.readline()
        self.came = []
        e2e.threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.proc.stdout:
            addr, port, data = line.split()
            self.came.append(((addr, port), bytes.fromhex(
                data.decode().replace("-", ""))))

    def send(self, data):
        data = data.encode() if isinstance(data, str) else data
        self.proc.stdin.write(data.hex().encode() + b"\n")
        self.proc.stdin.flush()

    def counts(self, uids):
        """How often each of these came."""
        found = dict.fromkeys(uids, 0)
        for _, data in list(self.came):
            uid = re.search(rb"[A-Z]-[0-9]{4}", data)
            if uid and uid.group().decode() in found:
                found[uid.group().decode()] += 1
        return found

    def heard(self, uids, times=1):
        return all(n >= times for n in self.counts(uids).values())

    def events(self):
        """Datagrams that are more than a TakControl."""
        return len([d for _, d in list(self.came) if len(d) > 60])

    def close(self):
        self.proc.stdin.close()
        self.proc.wait()


def uids(letter, n=N):
    return ["%s-%04d" % (letter, i) for i in range(n)]


def marker(uid):
    return event(uid, "b-m-p-s-m", '<contact callsign="%s"/>' % uid[0],
                 how="h-e")


def both_say(a, b, write, letters, n=N):
    """Both devices talk at once."""
    for x, y in zip(uids(letters[0], n), uids(letters[1], n)):
        a.send(write(x))
        b.send(write(y))
        time.sleep(0.001)


def mesh_message(uid):
    return b"\xbf\x01\xbf\x0a\x00" + takp.encode(marker(uid))


def quiet(*devices):
    """No datagram has come for a while, longer than any is gathered."""
    n, since = -1, time.monotonic()
    while time.monotonic() - since < 1.5:
        now = sum(len(d.came) for d in devices)
        if now != n:
            n, since = now, time.monotonic()
        time.sleep(0.05)


def other(counts, want):
    """What is not as it should be, shortened."""
    return dict(list({u: n for u, n in counts.items() if n != want}.items())[:5])


def server(name, groups):
    args = ["--node", name]
    for net in nets:
        for group in groups:
            args += ["--mcast", "%s:%d%%%s" % (group, PORT, net.interface)]
    return Server({"ots-listen": args, "ots-parse": ["--flow-tag", name]})


def end(*servers):
    for s in servers:
        s.proc["ots-listen"].terminate()
        s.proc["ots-listen"].wait()


enter()
tap = Tap(120)
run("ip", "link", "set", "lo", "up")
nets = [Network(1), Network(2)]
first = server("first", [GROUP, "[%s]" % GROUP6])
a, b = (Device(n) for n in nets)
client = Client(first.port, "client", "CLIENT")

# ---- XML ----

both_say(a, b, marker, "AB")
e2e.wait_for(lambda: b.heard(uids("A")) and a.heard(uids("B")), 10)
e2e.wait_for(lambda: len(client.seen) >= 2 * N, 10)
quiet(a, b)
tap.equal(other(b.counts(uids("A")), 1), {},
          "each of %d events arrives once on the other side" % N)
tap.equal(other(a.counts(uids("B")), 1), {}, "and in the other direction")
tap.equal(other(a.counts(uids("A")), 0), {}, "none comes back")
tap.equal(other(b.counts(uids("B")), 0), {}, "to neither")
seen = [e.uid for e in client.seen]
tap.equal(sorted(u for u in seen if u[1:3] == "-0"),
          sorted(uids("A") + uids("B")), "a client of the server sees each once")
tap.equal([u for u in seen if u in set(uids("A"))], uids("A"),
          "in the order in which they were said")
n = first.counters("ots-listen")
tap.ok(n["mesh_own"] >= 2 * N and n["mesh_bad"] == 0 and n["mesh_lost"] == 0,
       "what the server sent itself it has left out", n)
tap.equal(n["messages"], 2 * N + 1, "one datagram is one event of one socket")
client.send(marker("C-0000"))
tap.ok(e2e.wait_for(lambda: a.heard(["C-0000"]) and b.heard(["C-0000"])),
       "both networks see a client")

# ---- IPv6, another group: the interface decides which network it is ----

a6, b6 = (Device(n, GROUP6) for n in nets)
both_say(a6, b6, marker, "DE", 50)
e2e.wait_for(lambda: b6.heard(uids("D", 50)) and a6.heard(uids("E", 50)), 10)
quiet(a, b, a6, b6)
tap.equal(other(b6.counts(uids("D", 50)), 1), {}, "IPv6: each arrives once")
tap.equal(other(a6.counts(uids("D", 50)), 0), {}, "none comes back")
tap.equal(other(a.counts(uids("D", 50)), 1), {}, "the groups are bridged, too")
a6.close()
b6.close()

# ---- protobuf ----

end(first)
fresh = server("fresh", [GROUP])
both_say(a, b, mesh_message, "FG", 100)
e2e.wait_for(lambda: b.heard(uids("F", 100)) and a.heard(uids("G", 100)), 10)
quiet(a, b)
tap.equal(other(b.counts(uids("F", 100)), 1), {},
          "devices that speak protobuf: each arrives once")
tap.equal(other(a.counts(uids("F", 100)), 0), {}, "none comes back")
forms = {d[:5] for _, d in b.came if b"F-00" in d}
tap.ok(b"\xbf\x01\xbf\x0a\x00" in forms, "as protobuf, where all read it",
       forms)

# ---- a second server between the same two ----

second = server("second", [GROUP])
before = [a.events(), b.events()]
both_say(a, b, marker, "HI", 100)
e2e.wait_for(lambda: b.heard(uids("H", 100), 2) and
             a.heard(uids("I", 100), 2), 10)
quiet(a, b)
for device, mine, theirs in ((a, "H", "I"), (b, "I", "H")):
    came = device.counts(uids(theirs, 100))
    back = device.counts(uids(mine, 100))
    tap.ok(all(1 <= n <= 2 for n in came.values()),
           "two servers: an event arrives at most once by each", came)
    tap.ok(all(n <= 2 for n in back.values()),
           "what comes back by the other does not circulate", back)
total = [a.events() - before[0], b.events() - before[1]]
tap.ok(all(n <= 400 for n in total), "200 events: that is all there is", total)
time.sleep(1)
tap.equal([a.events() - before[0], b.events() - before[1]], total,
          "and there is no more of it")
tap.ok(all(s.counters("ots-parse").get("dropped-loop", 0) >= 100
           for s in (fresh, second)),
       "the flow tags have ended it", fresh.counters("ots-parse"))
end(second)

# ---- a network that goes, and comes back ----

run("ip", "link", "set", nets[1].interface, "down")
a.send(marker("J-0000"))
tap.ok(e2e.wait_for(lambda: fresh.counters("ots-listen")["mesh_unsent"] > 0),
       "what cannot be sent is counted")
tap.ok("ev=unsent peer=%s:%d%%mesh2 error=" % (GROUP, PORT)
       in fresh.log("ots-listen"), "and logged", fresh.logs())
run("ip", "link", "set", nets[1].interface, "up")


def arrives(uid):
    a.send(marker(uid))
    time.sleep(0.1)
    return b.heard([uid])


tap.ok(e2e.wait_for(lambda: arrives("K-0000"), 20),
       "when the interface is up again, all goes on")
nets[1].unplug()
b.close()
a.send(marker("L-0000"))
time.sleep(1.2)
nets[1].plug()
b = Device(nets[1])
tap.ok(e2e.wait_for(lambda: arrives("M-0000"), 20),
       "and when it was unplugged and is another one now")


def comes():
    b.send(marker("N-0000"))
    time.sleep(0.1)
    return a.heard(["N-0000"])


tap.ok(e2e.wait_for(comes, 20), "in the other direction, too")
tap.equal(fresh.counters("ots-listen")["closed"], 0,
          "no connection was closed for it")
tap.equal(fresh.dead(), [], "the three programs live")

# ---- a network that comes later than the server ----

end(fresh)
nets[1].unplug()
b.close()
fresh = server("later", [GROUP])
nets[1].plug()
b = Device(nets[1])
tap.ok(e2e.wait_for(lambda: arrives("P-0000"), 20),
       "a network that was not there at the start is joined when it comes")
tap.equal(fresh.bad_log_lines(), [], "the logs are logs")
tap.done()
