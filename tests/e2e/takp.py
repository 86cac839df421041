"""TAK protocol version 1 for the tests: protobuf by hand, by the tables of
cot-streaming 4 and 5 and nothing of the server's code, so that each checks the
other. An event is an ElementTree element here, whatever it was on the wire."""
import calendar
import math
import re
import struct
import time
import xml.etree.ElementTree as ET

END = b"</event>"
FRAME_MAX = 65536

# TakMessage.cotEvent: field, attribute of event, kind.
EVENT = ((1, "type", "s"), (2, "access", "s"), (3, "qos", "s"),
         (4, "opex", "s"), (5, "uid", "s"), (6, "time", "t"),
         (7, "start", "t"), (8, "stale", "t"), (9, "how", "s"),
         (16, "caveat", "s"), (17, "releasableTo", "s"))
POINT = ((10, "lat", "d"), (11, "lon", "d"), (12, "hae", "d"), (13, "ce", "d"),
         (14, "le", "d"))
# Detail: field, element, and its fields; a "?" may be absent.
TYPED = ((2, "contact", ((1, "endpoint", "s?"), (2, "callsign", "s"),
                         (3, "altendpoints", "s?"))),
         (3, "__group", ((1, "name", "s"), (2, "role", "s"))),
         (4, "precisionlocation", ((1, "geopointsrc", "s"),
                                   (2, "altsrc", "s"))),
         (5, "status", ((1, "battery", "u"),)),
         (6, "takv", ((1, "device", "s"), (2, "platform", "s"),
                      (3, "os", "s"), (4, "version", "s"))),
         (7, "track", ((1, "speed", "d"), (2, "course", "d"))))


class Wrong(Exception):
    """Bytes that must not be there."""


# ---- protobuf ----

def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def read_varint(data, at):
    """(value, behind it), or None when more bytes are needed."""
    value = shift = 0
    while at < len(data):
        value |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise Wrong("an endless varint")
    return None


def put(number, kind, value):
    """One field; what is zero or empty is not written."""
    if kind == "d":
        raw = struct.pack("<d", value)
        return b"" if raw == bytes(8) else varint(number << 3 | 1) + raw
    if kind in "ut":
        return varint(number << 3) + varint(value) if value else b""
    raw = value.encode() if kind == "s" else value
    if not raw and kind == "s":
        return b""
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def fields(data):
    """{number: [values]}; strict."""
    out, at = {}, 0

    def number():
        nonlocal at
        got = read_varint(data, at)
        if got is None:
            raise Wrong("a message ends in a varint: %r" % data)
        at = got[1]
        return got[0]
    while at < len(data):
        key = number()
        if key & 7 == 0:
            value = number()
        else:
            n = number() if key & 7 == 2 else {1: 8, 5: 4}.get(key & 7)
            if n is None or at + n > len(data):
                raise Wrong("a message is cut, or of another format: %r" %
                            data)
            value, at = data[at:at + n], at + n
        out.setdefault(key >> 3, []).append(value)
    return out


def get(got, number, kind):
    """The last value of a field; zero or empty when it is absent."""
    if number not in got:
        return {"d": 0.0, "u": 0, "t": 0}.get(kind, "")
    value = got[number][-1]
    if kind == "d":
        return struct.unpack("<d", value)[0]
    return value if kind in "ut" else value.decode()


# ---- events ----

def ms_of(text):
    """Milliseconds of a time."""
    m = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z", text)
    if not m:
        raise Wrong("no time: %r" % text)
    return calendar.timegm(time.strptime(m.group(1), "%Y-%m-%dT%H:%M:%S")) * \
        1000 + int(((m.group(2) or "") + "000")[:3])


def text_of(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + \
        ".%03dZ" % (ms % 1000)


def _number(kind, text):
    """The value for that field, or None: the element stays XML."""
    if kind == "u":
        ok = re.fullmatch(r"\d+", text) and int(text) < 1 << 31
        return int(text) if ok else None
    try:
        value = float(text)
    except ValueError:
        return None
    return None if math.isinf(value) else value


def _typed(e, spec):
    """The sub-message of an element, or None: cot-streaming 5.2, rule 3."""
    if len(e) or e.text:
        return None
    out, left = b"", dict(e.attrib)
    for number, name, kind in spec:
        value = left.pop(name, None)
        if value is None:
            if kind == "s?":
                continue
            return None
        if kind == "s?" and not value:
            return None
        if kind[0] != "s":
            value = _number(kind, value)
            if value is None:
                return None
        out += put(number, kind[0], value)
    return None if left else out


def encode(root):
    """The TakMessage of an event: text or an element."""
    if not isinstance(root, ET.Element):
        root = ET.fromstring(root)
    point, detail = root.find("point"), root.find("detail")
    out = b"".join(
        put(n, k, ms_of(root.get(a)) if k == "t" else root.get(a, ""))
        for n, a, k in EVENT[:-2])
    out += b"".join(put(n, k, float(point.get(a))) for n, a, k in POINT)
    if detail is not None:
        names = [c.tag for c in detail]
        rest, typed = detail.text or "", b""
        found = {}
        for n, tag, spec in TYPED:
            m = _typed(detail.find(tag), spec) if names.count(tag) == 1 \
                else None
            if m is not None:
                found[tag] = m
                typed += put(n, "m", m)
        for c in detail:
            rest += c.tail or "" if c.tag in found else \
                ET.tostring(c, "unicode").replace(" />", "/>")
        if rest or found:
            out += put(15, "m", put(1, "s", rest) + typed)
    out += b"".join(put(n, k, root.get(a, "")) for n, a, k in EVENT[-2:])
    return put(2, "m", out)


def frame(message):
    """As it goes over a stream."""
    return b"\xbf" + varint(len(message)) + message


def decode(message):
    """The event of a TakMessage as an element; None when it has none."""
    got = fields(message)
    if 2 not in got:
        return None
    got = fields(got[2][-1])
    attrs = {a: get(got, n, k) for n, a, k in EVENT}
    root = ET.Element("event", {
        a: text_of(v) if a in ("time", "start", "stale") else v
        for a, v in attrs.items() if v != ""}, version="2.0")
    root.attrib.setdefault("access", "Undefined")
    ET.SubElement(root, "point", {
        a: repr(get(got, n, k)) for n, a, k in POINT})
    if 15 not in got:
        ET.SubElement(root, "detail")
        return root
    got = fields(got[15][-1])
    detail = ET.fromstring("<detail>%s</detail>" % get(got, 1, "s"))
    for n, tag, spec in TYPED:
        if n not in got or detail.find(tag) is not None:
            continue
        sub = fields(got[n][-1])
        ET.SubElement(detail, tag, {
            a: str(get(sub, f, k[0])) for f, a, k in spec
            if k != "s?" or f in sub})
    root.append(detail)
    return root


def _plain(text):
    """A number is the same in whatever way it is written."""
    try:
        return "%r" % float(text)
    except ValueError:
        return text


def _tree(e):
    numbers = e.tag in ("track", "status")
    return (e.tag, tuple(sorted((k, _plain(v) if numbers else v)
                                for k, v in e.attrib.items())),
            (e.text or "").strip(), tuple(_tree(c) for c in e))


def meaning(event, without=("marti",)):
    """What an event says: equal for all ways to write it. The order of the
    children of detail says nothing (cot-streaming 5.3)."""
    if not isinstance(event, ET.Element):
        event = ET.fromstring(event)
    out = {k: v for k, v in event.attrib.items() if k != "version"}
    out.setdefault("access", "Undefined")
    for k in ("time", "start", "stale"):
        out[k] = ms_of(out[k])
    out["point"] = {k: float(v) for k, v in event.find("point").items()}
    detail = event.find("detail")
    out["detail"] = sorted(_tree(c) for c in (
        [] if detail is None else detail) if c.tag not in without)
    return out


# ---- streams ----

def request(uid, version="1"):
    now = int(time.time() * 1000)
    return ('<event version="2.0" uid="%s" type="t-x-takp-q" '
            'access="Undefined" time="%s" start="%s" stale="%s" how="m-g">'
            '<point lat="0.00000000" lon="0.00000000" hae="0.00000000" '
            'ce="9999999" le="9999999"/><detail><TakControl>'
            '<TakRequest version="%s"/></TakControl></detail></event>' % (
                uid, text_of(now), text_of(now), text_of(now + 60000),
                version))


def offers(root):
    """Is it the offer of version 1?"""
    return root.get("type") == "t-x-takp-v" and "1" in [
        e.get("version") for e in
        root.findall("detail/TakControl/TakProtocolSupport")]


def grants(root):
    """The status of the server's answer."""
    e = root.find("detail/TakControl/TakResponse")
    return e is not None and e.get("status") == "true"


class Stream:
    """Cuts what a server sends: XML up to the answer, then frames, and not one
    byte of anything else."""

    def __init__(self):
        self.data = b""
        self.at = 0
        self.binary = False

    def feed(self, data):
        self.data = self.data[self.at:] + data
        self.at = 0

    def next(self):
        """(the bytes of one event, the event); None: more is needed."""
        return self._frame() if self.binary else self._document()

    def _document(self):
        end = self.data.find(END, self.at)
        if end < 0:
            return None
        raw = self.data[self.at:end + len(END)]
        self.at += len(raw)
        if not raw.startswith((b"<event ", b"<?xml ")):
            raise Wrong("between events: %r" % raw[:300])
        try:
            return raw, ET.fromstring(raw)
        except ET.ParseError as e:
            raise Wrong("%s in %r" % (e, raw[:300])) from e

    def _frame(self):
        if self.at == len(self.data):
            return None
        if self.data[self.at] != 0xbf:
            raise Wrong("no frame: %r" % self.data[self.at:self.at + 100])
        got = read_varint(self.data, self.at + 1)
        if got is None:
            return None
        n, at = got
        if n > FRAME_MAX:
            raise Wrong("a frame of %d bytes" % n)
        if at + n > len(self.data):
            return None
        raw, self.at = self.data[self.at:at + n], at + n
        root = decode(self.data[at:at + n])
        if root is None:
            raise Wrong("a frame without an event: %r" % raw)
        return raw, root

    def rest(self):
        """What is left, of something unfinished."""
        return self.data[self.at:]
