#!/usr/bin/python3 -B
"""What clients send to hurt, through a whole server with a database: it is
delivered and kept, each byte of it, or refused by ots-parse and neither; and
ots-query writes what any reader of its formats understands."""
import csv
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree as ET

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "e2e")]
import e2e
import e2e_store
import e2e_tls
import storegen
import takp
from e2e import Client, Tap

LIMIT = 60
EVIL = "x'); DROP TABLE ots_users; --\\ \"$1\" %s = \\N"
SQL = "x'); DROP TABLE ots_events; --\\\"$1 %s\\N 💣"
CONTACT = '<contact callsign="%s" endpoint="*:-1:stcp"/>'
MILLION = "".join("%s,%s " % (i % 90, i % 180) for i in range(170000))

tap = Tap(400)
csv.field_size_limit(1 << 24)


def sh(script, *args, cwd=None):
    r = subprocess.run(["sh", "-c", script, "sh", *args], cwd=cwd,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True)
    if r.returncode:
        raise RuntimeError(r.stdout)


def certificates():
    """alice, whose name is SQL, mallory, and who watches."""
    certs = e2e_tls.certificates("mallory", "watcher")
    sh('. "$1"; tmp=.; make_cert alice client "$2"', e2e_tls.TLSLIB,
       "/CN=" + re.sub(r'([\\/+])', r'\\\1', EVIL), cwd=certs)
    return certs


class Server(e2e_store.StoreServer):
    """All four programs, TLS and TCP."""
    _port = e2e_tls.TlsServer._port

    def __init__(self, uri, certs, max_send):
        def path(name):
            return os.path.join(certs, name)
        self.spool = os.path.join(e2e.temp_dir(), "spool")
        self.certs = certs
        e2e.Server.__init__(self, {
            "ots-store": ["--spool", self.spool, "-D", uri],
            "ots-listen": [
                "--tls", "127.0.0.1:0", "--cert", path("server.pem"), "--key",
                path("server.key"), "--ca", path("ca.pem"), "--crl",
                path("crl.pem"), "--max-event", "4M", "--max-send", max_send],
            "ots-parse": ["--max-event", "4M"]})
        self.tls_port = int(re.search(r"ev=listen via=tls addr=\S*:(\d+)",
                                      self.log("ots-listen")).group(1))

    def client(self, user, uid, callsign, **more):
        sock = e2e_tls.Tls(e2e_tls.connect(self.tls_port),
                           e2e_tls.context(self.certs, user))
        return Client(self.tls_port, uid, callsign, sock=sock, **more)


# ---- what is sent ----

def event(uid, detail="", kind="a-f-G-U-C", times=storegen.TIMES,
          point=storegen.POINT):
    return storegen.event(uid, detail, kind, times, point)


def point(lat="1", lon="2", hae="3", ce="4", le="5"):
    return '<point lat="%s" lon="%s" hae="%s" ce="%s" le="%s"/>' % (
        lat, lon, hae, ce, le)


def times(**at):
    return " ".join('%s="%s"' % (k, at.get(k, "2024-05-06T07:08:09Z"))
                    for k in ("time", "start", "stale"))


def said(text):
    """As an attribute: what XML has references for, as such."""
    for a, b in (("&", "&amp;"), ("<", "&lt;"), ('"', "&quot;"),
                 ("\t", "&#9;"), ("\n", "&#10;"), ("\r", "&#13;")):
        text = text.replace(a, b)
    return text


# Each callsign is kept as it is.
CALLSIGNS = [
    "a\\tb\\N\\\\", "tab\there", "line\nfeed\r\n", "\\.", "\U0010ffff💣é",
    "\u202egpj.exe", "\x85\x9b31m\u2028", "=1+1", '=HYPERLINK("http://x","y")',
    "+1", "-1", "@SUM(A1)", "\t=1", "|cmd", "]]><script>alert(1)</script>",
    "&lt;b&gt;&amp;", "</name></Placemark>", "' OR '1'='1", "$1 ${x} `x`",
    "%s%n%d", "NULL", "\ufeffbom", " blanks ", ",\",;", "\ufffd", "n" * 1024,
    "💣" * 256]

GROUPS = ["x'); DROP TABLE ots_groups; --", "a\\tb\\\\N\\", "a", "b\\", "%s ${1}",
          "\U0010ffff💣é"]

# What nobody gets.
REFUSED = {
    "nul": event("r", CONTACT % "&#0;"),
    "hexadecimal nul": event("r", CONTACT % "&#x0;"),
    "escape": event("r", CONTACT % "&#27;[31m"),
    "lone surrogate": event("r", CONTACT % "&#xD800;"),
    "no character": event("r", CONTACT % "&#xFFFE;"),
    "beyond Unicode": event("r", CONTACT % "&#x110000;"),
    "entity": event("r", CONTACT % "&evil;"),
    "not UTF-8": event("r", CONTACT % "X").replace("X", "\udcff\udcfe"),
    "surrogate as UTF-8": event("r", CONTACT % "X").replace(
        "X", "\udced\udca0\udc80"),
    "overlong": event("r", CONTACT % "X").replace("X", "\udcc0\udcaf"),
    "raw nul": event("r", CONTACT % "\0"),
    "raw escape": event("r", CONTACT % "\x1b[31m"),
    "lat 91": event("r", point=point("91")),
    "lat -91": event("r", point=point("-90.0000001")),
    "lon 181": event("r", point=point(lon="180.5")),
    "lat 1e999": event("r", point=point("1e999")),
    "lat NaN": event("r", point=point("NaN")),
    "lat Infinity": event("r", point=point("-INF")),
    "lat in words": event("r", point=point("north")),
    "no lat": event("r", point=point("")),
    "hexadecimal lat": event("r", point=point("0x1p3")),
    "no point": event("r", point=""),
    "two points": event("r", point=point() + point()),
    "no time": event("r", times=""),
    "time in words": event("r", times=times(time="yesterday")),
    "the year 0": event("r", times=times(stale="0000-01-01T00:00:00Z")),
    "the year -1": event("r", times=times(stale="-0001-01-01T00:00:00Z")),
    "the year 10000": event("r", times=times(stale="10000-01-01T00:00:00Z")),
    "negative stale": event("r", times=times(stale="-1")),
    "an offset of days": event("r", times=times(
        time="2024-05-06T07:08:09+99:00")),
    "the 31st of February": event("r", times=times(
        start="2024-02-31T00:00:00Z")),
    "no uid": event(""),
    "uid of 1,025 bytes": event("r" + "u" * 1024),
    "callsign of 1,025 bytes": event("r", CONTACT % ("c" * 1025)),
    "10,000 destinations": event("r", "<marti>%s</marti>" % (
        '<dest callsign="x"/>' * 10000)),
    "DOCTYPE": '<!DOCTYPE event [<!ENTITY a "b">]>' + event(
        "r", CONTACT % "&a;"),
    "CDATA that ends": event("r", "<a><![CDATA[]]>]]></a>"),
    "65 levels": event("r", "<a>" * 65 + "</a>" * 65),
    "200 attributes": event("r", "<a %s/>" % " ".join(
        'a%d=""' % i for i in range(200))),
}

# uid: event, and what the database then says: (query, rows).
ODD = {
    "chat": (storegen.chat("chat", "x" * 300000), "SELECT length(text) FROM "
             "ots_chats WHERE uid = 'chat'", [300000]),
    "drawing": (event("drawing", "<remarks>%s</remarks>" % MILLION, "u-d-f"),
                "SELECT length(remarks) FROM ots_items WHERE uid = 'drawing'",
                [len(MILLION)]),
    "links": (event("links", '<link uid="l" point="1,2"/>' * 20000, "u-d-f"),
              "SELECT kind FROM ots_items WHERE uid = 'links'", ["drawing"]),
    "team": (event("team", CONTACT % "T" + '<__group name="Plaid" '
                   'role="Jester"/>'), "SELECT team, role FROM ots_devices "
             "WHERE uid = 'team'", ["Plaid", "Jester"]),
    "foreign": (event("foreign", times=times(
        time="2024-05-06T09:08:09.123456789+02:00",
        start="2024-05-05T19:38:09.999999999999-11:30")),
        "SELECT time, start FROM ots_events WHERE uid = 'foreign'",
        [1714979289123000, 1714979289999000]),
    "late": (event("late", times=times(stale="9999-12-31T23:59:59Z")),
             "SELECT stale FROM ots_events WHERE uid = 'late'",
             [4294967295999000]),
    "early": (event("early", times=times(
        time="1900-01-01T00:00:00Z", stale="1969-12-31T23:59:59Z")),
        "SELECT time, stale FROM ots_events WHERE uid = 'early'", [0, 0]),
    "backwards": (event("backwards", times=times(
        stale="2020-01-01T00:00:00Z")), "SELECT stale < start FROM ots_events "
        "WHERE uid = 'backwards'", ["t"]),
    "heights": (event("heights", '<track speed="1e999" course="NaN"/>'
                      '<status battery="1e999"/>',
                      point=point(hae="1e999", ce="NaN", le="-INF")),
                "SELECT e.hae, e.ce, e.le, p.speed, p.course, p.battery "
                "FROM ots_events e JOIN ots_positions p ON p.id = e.id "
                "WHERE e.uid = 'heights'", [9999999, 9999999, 9999999, "", "",
                                            ""]),
    "corner": (event("corner", point=point("-90", "-180", "1.7e308", "-0",
                                           "4.9e-324")),
               "SELECT lat, lon, hae, ce, cell FROM ots_events WHERE "
               "uid = 'corner'", [-90, -180, 1.7e308, 0, 0]),
    "other corner": (event("other corner", point=point("+90.0", "1.8e2")),
                     "SELECT lat, lon, cell FROM ots_events WHERE "
                     "uid = 'other corner'", [90, 180, 64799]),
    "u" * 1024: (event("u" * 1024, CONTACT % "U"), "SELECT length(uid) FROM "
                 "ots_devices WHERE uid LIKE 'uuu%'", [1024]),
    "💣" * 256: (event("💣" * 256, CONTACT % "V"), "SELECT callsign FROM "
                "ots_devices WHERE uid LIKE '💣%'", ["V"]),
    "destinations": (event("destinations", "<marti>%s</marti>" % (
        '<dest callsign="watcher"/>' * 100)), "SELECT count(*) FROM "
        "ots_events WHERE uid = 'destinations'", [1]),
    "room": (storegen.chat("room", "&#10;%s&#9;\\" % storegen.SQL,
                           "\\t%s" % storegen.SQL),
             "SELECT text, room FROM ots_chats WHERE uid = 'room'",
             ["\n%s\t\\" % SQL, "\\t" + SQL]),
    "long room": (storegen.chat("long room", "x", "r" * 1024), "SELECT "
                  "length(room) FROM ots_chats WHERE uid = 'long room'",
                  [1024]),
    "delete": (event("delete", '<link uid="%s"/><link uid="room"/>'
                     % storegen.SQL, "t-x-d-d"), "SELECT count(*) FROM "
               "ots_deletions d JOIN ots_events e ON e.id = d.id "
               "WHERE e.uid = 'delete'", [2]),
    "deep": (event("deep", "<a>" * 61 + "</a>" * 61), "SELECT count(*) FROM "
             "ots_events WHERE uid = 'deep'", [1]),
}


# ---- how it went ----

def canonical(e):
    """The event as text, as far as it must not change on its way."""
    return e.raw.decode().split("?>\n")[-1].strip()


def wrong(what, name, got, want):
    """Nothing, or a complaint."""
    return [] if got == want else ["%s: %s: got %.200r, want %.200r" % (
        name, what, got, want)]


def value(v):
    """What the engines tell in their own ways."""
    if v in ("true", "t"):
        v = 1
    try:
        return float(v)
    except (TypeError, ValueError):
        return "" if v is None else v


class Run:
    def __init__(self, db, certs, max_send="8M"):
        self.db = db
        self.user("add", "mallory")
        for name in GROUPS:
            self.user("group", "add", name)
            self.user("join", "mallory", name)
        self.server = Server(db.uri, certs, max_send)
        self.watch = self.server.client("watcher", "watcher", "watcher")
        self.alice = self.server.client("alice", "ALICE", "alice")
        self.mallory = self.server.client("mallory", "MALLORY", "mallory")
        self.watch.wait_uid("MALLORY", LIMIT)
        self.sent = 0

    def ok(self, name, faults):
        tap.ok(not faults, "%s: %s" % (self.db.name, name), *faults[:5])

    def send(self, client, doc):
        client.send(doc.encode("utf-8", "surrogateescape"))

    def seen(self, uid):
        """What the watcher has got of it."""
        return self.watch.all(lambda e: e.uid == uid)

    def settle(self, client):
        """All that it has sent has been handled."""
        self.sent += 1
        uid = "settle-%d" % self.sent
        client.send(event(uid, kind="b-m-p"))
        return self.watch.wait_uid(uid, LIMIT)

    def kept(self):
        """All is in the database."""
        return e2e.wait_for(lambda: self.db.query(
            "SELECT count(*) FROM ots_events WHERE uid = 'settle-%d'" %
            self.sent)[0][0] in (1, "1"), LIMIT, 0.1)

    def program(self, name, *args):
        r = subprocess.run([os.path.join(e2e.BIN, name), "--database",
                            self.db.uri, *args], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, env=e2e.program_env(),
                           timeout=LIMIT)
        if r.returncode:
            raise RuntimeError("%s %r: %s" % (name, args, r.stderr.decode()))
        return r.stdout.decode()

    def user(self, *args):
        self.program("ots-user", *args)

    def ask(self, *args):
        return self.program("ots-query", *args)

    def json(self, *args):
        return [json.loads(line) for line in
                self.ask(*args, "-f", "json").split("\n")[:-1]]

    def csv(self, *args):
        return list(csv.DictReader(io.StringIO(
            self.ask(*args, "-f", "csv"), newline=""), strict=True))

    # ---- the tests ----

    def refused(self):
        """Each from a client of its own: it may be hung up."""
        faults = []
        for name, doc in REFUSED.items():
            c = Client(self.server.port)
            self.send(c, doc)
            self.send(c, event("after " + name, kind="b-m-p"))
            if not e2e.wait_for(lambda: c.closed or
                                self.seen("after " + name), LIMIT):
                faults.append(name + ": what follows is lost")
            c.close()
        self.settle(self.alice)
        self.ok("what is refused is not delivered",
                ["%r" % e.raw[:300] for e in self.watch.all(
                    lambda e: e.uid.startswith("r"))])
        self.ok("and costs its sender this at most", faults)

    def protobuf(self):
        """Texts that XML could not say."""
        c = Client(self.server.port, "PB", "PB", proto=True)
        good = takp.encode(event("proto", CONTACT % "CALLSIGN" +
                                 "<remarks>REMARKS</remarks>"))
        for bad in (b"CALL\0IGN", b"CALL\x1bIGN", b"CALLSI\xff\xfe",
                    b"CAL\xed\xa0\x80GN"):
            c.sock.sendall(takp.frame(good.replace(b"CALLSIGN", bad)))
        c.sock.sendall(takp.frame(good.replace(b"REMARKS", b"REM\0RKS")))
        c.sock.sendall(takp.frame(good.replace(b"REMARKS", b"REM\x1bRKS")))
        c.sock.sendall(takp.frame(good.replace(b"<remarks>", b"<remarks\0")))
        c.sock.sendall(takp.frame(good.replace(b"CALLSIGN", b"\\N\t\n\r\\.x")))
        got = self.watch.wait_uid("proto", LIMIT)
        self.ok("of protobuf, only what XML can say", wrong(
            "events", "proto", [e.find("contact").get("callsign")
                                for e in self.seen("proto")],
            ["\\N\t\n\r\\.x"]) if got else ["not delivered"])
        c.close()

    def odd(self):
        for i, callsign in enumerate(CALLSIGNS):
            self.send(self.alice, event("c-%d" % i, CONTACT % said(callsign)))
        for doc, _, _ in ODD.values():
            self.send(self.alice, doc)
        for conn, doc in storegen.hostile_docs():
            self.send(self.alice if conn == "n.50.1" else self.mallory, doc)
        self.send(self.mallory, event("c-0", CONTACT % "stolen"))
        self.ok("all business goes on", [] if self.settle(self.alice) and
                self.settle(self.mallory) else
                ["lost: " + self.server.logs()])
        uids = ["c-%d" % i for i in range(len(CALLSIGNS))] + list(ODD)
        self.ok("all that is odd is delivered once", [
            "%.80s: %d times" % (u, len(self.seen(u))) for u in uids
            if len(self.seen(u)) != (2 if u == "c-0" else 1)])
        self.ok("callsigns as they are", [f for i, c in enumerate(CALLSIGNS)
                for f in wrong("callsign", "c-%d" % i, [
                    e.find("contact").get("callsign")
                    for e in self.seen("c-%d" % i)][:1], [c])])

    def stored(self):
        self.ok("the database has all", [] if self.kept() else
                [self.server.log("ots-store")])
        seen = {}
        # Not what the server itself says of who has left.
        for e in self.watch.all(lambda e: not re.match("[0-9a-f]{8}-", e.uid)):
            seen.setdefault(e.uid, []).append(canonical(e))
        kept = {}
        for line in self.ask("events", "-f", "cot").split("\n")[:-1]:
            kept.setdefault(ET.fromstring(line).get("uid"), []).append(line)
        # Its own, statistics for the server, and what loses its destinations.
        for uid in ("watcher", "hostile-13", "destinations"):
            kept.pop(uid, None)
            seen.pop(uid, None)
        self.ok("and of each just what was delivered", [
            "%.80s: delivered %.200s, kept %.200s" % (
                u, seen.get(u), kept.get(u))
            for u in sorted(set(seen) | set(kept))
            if sorted(seen.get(u, [])) != sorted(kept.get(u, []))])
        for uid, (_, query, want) in ODD.items():
            rows = self.db.query(query)
            self.ok("%.20s is kept as stated" % uid, wrong(
                query, "row", [value(v) for v in rows[0]] if rows else None,
                [value(v) for v in want]))
        self.ok("nothing was left out", re.findall(
            "ev=not-stored.*", self.server.log("ots-store")))
        self.ok("nor said that is no log", self.server.bad_log_lines())

    def users(self):
        self.ok("a name is a name", wrong("user", "ALICE", self.db.query(
            "SELECT username FROM ots_devices WHERE uid = 'ALICE'"),
            [(EVIL,)]))
        self.ok("a group is a group", wrong("groups", "mallory", [
            r["groups"] for r in self.json("events", "--uid", "MALLORY")],
            [sorted(GROUPS, key=str.encode)]))
        for name in GROUPS:
            self.ok("and can be asked for: %s" % name, wrong(
                "events", name, {r["user"] for r in self.json(
                    "events", "--group", name)}, {"mallory"}))
        self.ok("two users may claim a uid: both are kept", wrong(
            "users", "c-0", sorted((r["user"], r["callsign"]) for r in
                                   self.json("events", "--uid", "c-0")),
            sorted([(EVIL, CALLSIGNS[0]), ("mallory", "stolen")])))
        self.ok("and the device is the last one's", wrong(
            "device", "c-0", [(r["user"], r["callsign"]) for r in
                              self.json("devices", "--uid", "c-0")],
            [("mallory", "stolen")]))
        self.ok("a callsign of two is theirs", wrong("devices", "A or B", len(
            [r for r in self.json("devices") if r["callsign"] in "AB" and
             r["uid"].startswith("hostile")]), 2))
        self.ok("who asks may be hostile, too", wrong("rows", "none", [
            self.ask(what, "--user", u, "--group", u, "-f", "json")
            for what in ("events", "tracks", "chat", "devices", "alerts")
            for u in ("' OR '1'='1", "\\", "%", SQL)], [""] * 20))

    def formats(self):
        calls = {"c-%d" % i: c for i, c in enumerate(CALLSIGNS) if i}
        self.ok("JSON has each callsign", wrong("devices", "json", {
            r["uid"]: r["callsign"] for r in self.json("devices")
            if r["uid"] in calls}, calls))
        self.ok("so has CSV", wrong("devices", "csv", {
            r["uid"]: r["callsign"] for r in self.csv("devices")
            if r["uid"] in calls}, calls))
        for what in ("events", "tracks", "chat", "alerts"):
            rows, other = self.json(what), self.csv(what)
            self.ok("%s are the same as JSON and as CSV" % what, wrong(
                "rows", what, [r.get("callsign", "") for r in rows],
                [r["callsign"] for r in other]) + (
                    [] if rows else ["no rows"]))
        self.ok("a chat of 300,000 characters is one", wrong(
            "text", "chat", [len(r["text"]) for r in self.csv("chat")
                             if r["uid"] == "chat"], [300000]))
        for f, name in (("gpx", "{http://www.topografix.com/GPX/1/1}name"),
                        ("kml", "{http://www.opengis.net/kml/2.2}name")):
            # A reader of XML makes one LF of CR LF only where it is not
            # written as a reference.
            names = [e.text for e in ET.fromstring(
                self.ask("tracks", "-f", f)).iter(name)]
            self.ok("%s has each callsign" % f.upper(), [
                "%r is not there" % c for c in calls.values()
                if c not in names])
        self.records()

    def records(self):
        """ots-parse reads them, and the CoT is the same again."""
        r = subprocess.run([os.path.join(e2e.BIN, "ots-parse"), "-f", "xml",
                            "--max-event", "8M"],
                           input=self.ask("events").encode(),
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.ok("records are records", wrong(
            "events", "records", r.stdout.decode().split("\n"),
            self.ask("events", "-f", "cot").split("\n")))

    def planted(self):
        """What no client can send, but who writes to the database."""
        text = "\x1b[2J\x07\x7f\r\n\t\x01\x9b1m\ufffe\uffff]]>&<\"\\"
        for table in ("events", "devices", "alerts"):
            self.change("UPDATE ots_%s SET callsign = '%s'" % (table, text))
        self.change("UPDATE ots_chats SET text = '%s'" % text)
        for what, column in (("tracks", "callsign"), ("chat", "text"),
                             ("devices", "callsign"), ("alerts", "callsign")):
            self.ok("%s as JSON and CSV, whatever the database has" % what,
                    wrong(column, what, {
                        r[column] for r in self.json(what) + self.csv(what)},
                        {text}))
            table = self.ask(what, "-f", "table")
            self.ok("%s as a table: nothing commands a terminal" % what,
                    re.findall(".{,20}[\0-\x09\x0b-\x1f\x7f-\x9f].{,20}",
                               table) +
                    wrong("text", what, r"\x1b[2J\x07\x7f" in table, True))
        for f in "gpx", "kml":
            faults = []
            try:
                ET.fromstring(self.ask("tracks", "-f", f))
            except ET.ParseError as e:
                faults = [str(e)]
            self.ok("%s is XML" % f.upper(), faults)

    def change(self, sql):
        if self.db.name != "sqlite":
            self.db.query(sql)
            return
        c = sqlite3.connect(self.db.path, timeout=LIMIT)
        c.execute(sql)
        c.commit()
        c.close()


def too_long(certs):
    """What ots-listen does not deliver without being told to, because ATAK
    throws it away."""
    db = e2e_store.Sqlite()
    run = Run(db, certs, "64K")
    run.send(run.alice, ODD["chat"][0])
    run.send(run.alice, event("short"))
    run.settle(run.alice)
    run.ok("over --max-send: not delivered, but kept and counted", wrong(
        "delivered, kept, counted", "chat", [
            len(run.seen("chat")), len(run.seen("short")), run.kept() and
            db.query("SELECT length(text) FROM ots_chats")[0][0],
            run.server.counters("ots-listen")["too_big"]], [0, 1, 300000, 1]))
    run.server.stop()


certificate_folder = certificates()
for engine in e2e_store.engines(tap):
    run = Run(engine, certificate_folder)
    run.refused()
    run.protobuf()
    run.odd()
    run.stored()
    run.users()
    run.formats()
    run.planted()
    run.server.stop()
too_long(certificate_folder)
tap.done()
