"""What the end-to-end tests share: TAP, a supervised server, clients, load.

Every test is one process with a time limit. The server runs as under s6: three
programs with FIFOs between them that this process holds open, so that each
program may be killed and started again while the others go on.

Environment: BIN, the folder of the programs; LOAD, the load generator (beside
BIN by default); OTS_FULL=1, the durations of the acceptance list; SAN, set when
the programs were built for a checker.
"""

import atexit
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET

import takp

HERE = os.path.dirname(os.path.abspath(__file__))
BIN = os.path.abspath(os.environ.get(
    "BIN", os.path.join(HERE, "..", "..", "build", "bin")))
LOAD = os.environ.get("LOAD", os.path.join(os.path.dirname(BIN), "bench",
                                           "ots-load"))
FULL = os.environ.get("OTS_FULL") == "1"
# Programs built for a checker need several times the memory.
MEMORY_FACTOR = 4 if os.environ.get("SAN") else 1

_children = []
_dirs = []


def now_us():
    """The monotonic clock, as ots-load has it."""
    return time.monotonic_ns() // 1000


def program_env():
    """The caller's environment without settings of the server."""
    return {k: v for k, v in os.environ.items()
            if not k.startswith("OTS_")}


# ---- TAP ----

class Tap:
    """Prints the results; exit status 1 when one failed."""

    def __init__(self, limit):
        self.n = 0
        self.failed = 0
        signal.signal(signal.SIGALRM, self._late)
        signal.signal(signal.SIGTERM, lambda *a: sys.exit(1))
        signal.alarm(limit)

    def _late(self, *_):
        print("Bail out! the time limit has passed", flush=True)
        cleanup()
        os._exit(1)

    def ok(self, good, name, *why):
        self.n += 1
        print("%s %d - %s" % ("ok" if good else "not ok", self.n, name))
        if not good:
            self.failed += 1
            for w in why:
                note(w)
        sys.stdout.flush()
        return bool(good)

    def equal(self, got, want, name):
        return self.ok(got == want, name, "got %r, want %r" % (got, want))

    def done(self):
        print("1..%d" % self.n, flush=True)
        signal.alarm(0)
        sys.exit(1 if self.failed else 0)


def note(text):
    for line in str(text).splitlines():
        print("# " + line)
    sys.stdout.flush()


def skip_all(why):
    print("1..0 # SKIP " + why)
    sys.exit(0)


def wait_for(what, limit=5.0, step=0.01):
    """What `what()` returns once it is true, or None after the limit."""
    end = time.monotonic() + limit
    while True:
        got = what()
        if got:
            return got
        if time.monotonic() > end:
            return None
        time.sleep(step)


def cleanup():
    for p in _children:
        if p.poll() is None:
            p.kill()
    for p in _children:
        try:
            p.wait(timeout=5)
        except subprocess.TimeoutExpired:
            pass
    for d in _dirs:
        shutil.rmtree(d, ignore_errors=True)


atexit.register(cleanup)


def temp_dir():
    d = tempfile.mkdtemp(prefix="ots-e2e.")
    _dirs.append(d)
    return d


def child(argv, **kw):
    p = subprocess.Popen(argv, **kw)
    _children.append(p)
    return p


# ---- /proc ----

def rss_kib(pid):
    try:
        with open("/proc/%d/status" % pid) as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))
    except (OSError, AttributeError):
        return 0


def switches(pid):
    """How often the process slept and woke up so far."""
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)",
                             f.read()).group(1))


def cpu_us(pid):
    with open("/proc/%d/schedstat" % pid) as f:
        return int(f.read().split()[0]) // 1000


class Watch(threading.Thread):
    """Samples the memory of processes; .peak[pid] in KiB."""

    def __init__(self, pids):
        super().__init__(daemon=True)
        self.peak = {p: rss_kib(p) for p in pids}
        self.over = threading.Event()
        self.start()

    def run(self):
        while not self.over.wait(0.05):
            for p in self.peak:
                self.peak[p] = max(self.peak[p], rss_kib(p))

    def end(self):
        self.over.set()
        self.join()
        return self.peak


# ---- the server ----

class Server:
    """ots-listen, ots-parse and ots-route, and the FIFOs between them."""

    wires = {"ots-listen": ("ring", "frames"),
             "ots-parse": ("frames", "events"),
             "ots-route": ("events", "ring")}

    def __init__(self, options=None):
        self.dir = temp_dir()
        self.options = options or {}
        self.proc = {}
        self.hold = []
        for name in {w for pair in self.wires.values() for w in pair}:
            path = os.path.join(self.dir, name)
            os.mkfifo(path)
            self.hold.append(os.open(path, os.O_RDWR | os.O_CLOEXEC))
        for name in self.wires:
            self.start(name)
        self.port = self._port()

    def _port(self):
        def find():
            m = re.search(r"ev=listen\b[^\n]*\baddr=\S*:(\d+)",
                          self.log("ots-listen"))
            return m and int(m.group(1))
        port = wait_for(find)
        if not port:
            raise RuntimeError("ots-listen does not listen:\n" +
                               self.log("ots-listen"))
        return port

    def start(self, name, limit=5.0):
        """Start the program; returns when it says that it is ready."""
        source, sink = (os.path.join(self.dir, w) for w in self.wires[name])
        fd_in = os.open(source, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        os.set_blocking(fd_in, True)
        fd_out = os.open(sink, os.O_WRONLY | os.O_CLOEXEC)
        r, w = os.pipe()
        argv = [os.path.join(BIN, name), "-d", str(w)]
        if name == "ots-listen":
            argv += ["--tcp", "127.0.0.1:0"]
        argv += self.options.get(name, [])
        with open(self.log_path(name), "ab") as log:
            self.proc[name] = child(argv, stdin=fd_in, stdout=fd_out,
                                    stderr=log, pass_fds=(w,),
                                    env=program_env())
        for fd in (fd_in, fd_out, w):
            os.close(fd)
        os.set_blocking(r, False)
        said = wait_for(lambda: self._ready(r), limit, 0.001)
        os.close(r)
        if not said:
            raise RuntimeError("%s is not ready:\n%s" %
                               (name, self.log(name)))

    @staticmethod
    def _ready(fd):
        try:
            return os.read(fd, 1) == b"\n"
        except BlockingIOError:
            return False

    def kill(self, name):
        """kill -9 and start again: (when killed, when ready again)."""
        p = self.proc[name]
        t = now_us()
        p.kill()
        p.wait()
        _children.remove(p)
        self.start(name)
        return t, now_us()

    def log_path(self, name):
        return os.path.join(self.dir, name + ".log")

    def log(self, name):
        try:
            with open(self.log_path(name), errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def pid(self, name):
        return self.proc[name].pid

    def pids(self):
        return [p.pid for p in self.proc.values()]

    def dead(self):
        return ["%s: %s" % (n, p.returncode) for n, p in self.proc.items()
                if p.poll() is not None]

    def counters(self, name, limit=5.0):
        """The counters that the program logs when asked: {key: value}."""
        pattern = r"^info ev=counters\b(.*)$"
        before = len(re.findall(pattern, self.log(name), re.M))
        self.proc[name].send_signal(signal.SIGUSR1)
        lines = wait_for(
            lambda: re.findall(pattern, self.log(name), re.M)[before:], limit)
        return {k: int(v) for k, v in
                re.findall(r"(\S+)=(\d+)(?=\s|$)", (lines or [""])[0])}

    def bad_log_lines(self):
        """Lines that no program can have meant: a stranger's text got out."""
        form = re.compile(r"^(debug|info|warn|error) ev=[a-z-]+( [a-z0-9_-]+="
                          r'("[\x20-\x7e]*"|[^\s"=]*))*$|^ots-[a-z]+: ')
        return [line for n in self.wires
                for line in self.log(n).splitlines() if not form.match(line)]

    def logs(self):
        return "\n".join("%s: %s" % (n, line) for n in self.wires
                         for line in self.log(n).splitlines()[-8:])


# ---- clients ----

def stamp(offset=0.0):
    t = time.time() + offset
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(t)) + \
        ".%03dZ" % (int(t * 1000) % 1000)


def event(uid, kind, detail="", how="m-g", stale=75):
    return ('<event version="2.0" uid="%s" type="%s" how="%s" time="%s" '
            'start="%s" stale="%s"><point lat="48.5" lon="-122.25" '
            'hae="30.0" ce="5.0" le="9999999.0"/><detail>%s</detail></event>'
            % (uid, kind, how, stamp(), stamp(), stamp(stale), detail))


def position(uid, callsign, kind="a-f-G-U-C", extra=""):
    return event(uid, kind, '<contact callsign="%s" endpoint="*:-1:stcp"/>'
                 '<__group name="Cyan" role="Team Member"/>%s'
                 % (callsign, extra))


def chat(uid, callsign, to_uid, to_callsign, text):
    return event(
        "GeoChat.%s.%s.%d" % (uid, to_uid, now_us()), "b-t-f",
        '<__chat id="%s" chatroom="%s" senderCallsign="%s" '
        'parent="RootContactGroup"/><link uid="%s" type="a-f-G-U-C" '
        'relation="p-p"/><remarks>%s</remarks>'
        '<marti><dest callsign="%s"/></marti>'
        % (to_uid, to_callsign, callsign, uid, text, to_callsign),
        how="h-g-i-g-o", stale=86400)


class Seen:
    """One event received, in whichever encoding, and when (microseconds)."""

    def __init__(self, at, raw, root):
        self.at = at
        self.raw = raw
        self.root = root
        self.framed = raw[0] == 0xbf
        self.uid = self.root.get("uid")
        self.type = self.root.get("type")

    def find(self, path):
        return self.root.find("detail/" + path)

    def link(self):
        e = self.find("link")
        return {} if e is None else dict(e.attrib)

    def mark(self):
        """The marker of ots-load, or None: (sender, number, kind)."""
        e = self.find("__load")
        return None if e is None else \
            (int(e.get("s")), int(e.get("n")), e.get("k"))


class Client:
    """A client with a thread that reads. .seen grows, but for the events of the
    link itself (t-x-takp-*), which are in .link; .closed when over; .error: the
    bytes that must not have come. With proto it asks for protobuf, and is
    spoken to, and speaks, in frames only once it is answered."""

    def __init__(self, port, uid=None, callsign=None, kind="a-f-G-U-C",
                 proto=False, sock=None):
        self.uid, self.callsign, self.kind = uid, callsign, kind
        self.proto = proto
        if sock is None:
            sock = socket.create_connection(("127.0.0.1", port), timeout=10)
            sock.settimeout(None)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.begin(sock)
        if proto and not self.switched():
            raise RuntimeError("no protobuf: %s" % (self.error or self.link))
        if uid:
            self.say()

    def begin(self, sock):
        """Take what a connection brings."""
        self.sock = sock
        self.seen, self.link = [], []
        self.news = threading.Condition()
        self.closed, self.error = False, None
        self.opened = now_us()
        self.stream = takp.Stream()
        threading.Thread(target=self._read, daemon=True).start()

    def switched(self, limit=10.0):
        with self.news:
            self.news.wait_for(lambda: self.stream.binary or self.closed,
                               limit)
        return self.stream.binary

    def say(self):
        """Send the position."""
        self.send(position(self.uid, self.callsign, self.kind))

    def send(self, xml):
        """One event (or, as XML, any number of them, or any bytes)."""
        if self.stream.binary and isinstance(xml, str):
            xml = takp.frame(takp.encode(xml))
        self.sock.sendall(xml.encode() if isinstance(xml, str) else xml)

    def _linked(self, stream, e):
        """An event of the link: the offer is taken, the answer obeyed."""
        self.link.append(e)
        if e.type == "t-x-takp-v" and self.proto:
            self.sock.sendall(takp.request(e.uid).encode())
        elif e.type == "t-x-takp-r":
            stream.binary = takp.grants(e.root)

    def _take(self, stream):
        """The events that are whole by now."""
        at, fresh = now_us(), []
        for raw, root in iter(stream.next, None):
            e = Seen(at, raw, root)
            if e.type.startswith("t-x-takp-"):
                self._linked(stream, e)
            else:
                fresh.append(e)
        return fresh

    def _read(self):
        sock, stream, got = self.sock, self.stream, b"x"
        while got:
            fresh = []
            try:
                got = sock.recv(262144)
                stream.feed(got)
                fresh = self._take(stream)
            except OSError:
                got = b""
            except (takp.Wrong, ET.ParseError, ValueError) as e:
                self.error, got = str(e), b""
            if stream is not self.stream:
                return
            with self.news:
                self.seen += fresh
                self.closed = not got
                self.news.notify_all()

    def wait(self, what, limit=2.0, since=0):
        """The first event that what() accepts, or None after the limit."""
        end = time.monotonic() + limit
        i = since
        with self.news:
            while True:
                while i < len(self.seen):
                    if what(self.seen[i]):
                        return self.seen[i]
                    i += 1
                left = end - time.monotonic()
                if left <= 0 or self.closed:
                    return None
                self.news.wait(left)

    def wait_uid(self, uid, limit=2.0, since=0):
        return self.wait(lambda e: e.uid == uid, limit, since)

    def wait_gone(self, uid, limit=2.0, since=0):
        """The notice that uid has left."""
        return self.wait(lambda e: e.type == "t-x-d-d" and
                         e.link().get("uid") == uid, limit, since)

    def all(self, what):
        with self.news:
            return [e for e in self.seen if what(e)]

    def ping(self, limit=5.0):
        """Through ots-listen and back: what came before it was handled."""
        n = len(self.seen)
        self.send(event((self.uid or "nobody") + "-ping", "t-x-c-t"))
        return self.wait(lambda e: e.type == "t-x-c-t-r", limit, n)

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()


# ---- load ----

class Load:
    """ots-load, told what to do over its standard input."""

    def __init__(self, port, *args):
        self.argv = [LOAD, "--control", "-v"] + [str(a) for a in args] + \
            ["127.0.0.1:%d" % port]
        self.told = tempfile.TemporaryFile("w+")
        self.proc = child(self.argv, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=self.told, text=True)
        self.result = {}

    def phase(self, name):
        """Wait for this phase: its milliseconds since the start."""
        while True:
            line = self.proc.stdout.readline()
            if not line:
                raise RuntimeError("ots-load ended before phase " + name)
            m = re.match(r"phase=(\S+) ms=(\d+)", line)
            if m and m.group(1) == name:
                return int(m.group(2))

    def command(self, text):
        self.proc.stdin.write(text + "\n")
        self.proc.stdin.flush()

    def go(self):
        self.command("go")

    def stop(self):
        self.command("stop")

    def gap(self, start, end):
        self.command("gap %d %d" % (start, end))

    def finish(self):
        """The results: numbers as int or float, the rest as text."""
        out = self.proc.stdout.read()
        self.proc.wait()
        self.result["exit"] = self.proc.returncode
        for k, v in re.findall(r"^(\w+)=(.*)$", out, re.M):
            try:
                self.result[k] = int(v)
            except ValueError:
                try:
                    self.result[k] = float(v)
                except ValueError:
                    self.result[k] = v
        return self.result

    def complaints(self):
        """What it wrote to standard error: the first of each fault."""
        self.told.seek(0)
        return self.told.read()

    def short(self):
        keys = ("sent sent_dm expected delivered lost dup echo reordered "
                "misdelivered forged corrupt garbage disconnected deaf "
                "lost_gap p50_us p99_us max_us").split()
        return " ".join("%s=%s" % (k, self.result.get(k)) for k in keys)


def judge(tap, load, what):
    """One result for all that ots-load checks."""
    r = load.result
    note(load.short())
    tap.ok(r.get("exit") == 0 and r.get("delivered", 0) > 0,
           "%s: once each, in order, whole, no echo, nothing lost" % what,
           "exit %s" % r.get("exit"), load.complaints())
