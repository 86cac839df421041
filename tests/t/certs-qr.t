#!/bin/sh
# ots-certs qr: what the codes say, and that a reader can read them.
. "${0%/*}/lib.sh"
ca=$tmp/none
qr()
{
	timeout --foreground -k 5 30 ots-certs --ca "$ca" qr "$@"
}
printf 'a b&c=d%%\n' >"$tmp/token"
enroll='tak://com.atakmap.app/enroll?host=tak.example.org&username=a%40b&token=a%20b%26c%3Dd%25'

is "the link for ATAK" "$(qr --host tak.example.org --token-fd 3 \
	--format text a@b 3<"$tmp/token")" "$enroll"
is "the line for iTAK" "$(qr --host tak.example.org --itak --format text)" \
	"tak.example.org,tak.example.org,8089,SSL"
is "with another port and a description" \
	"$(qr --host TAK.example.org:8090 --itak --description 'Our Server' \
	--format text)" "Our Server,tak.example.org,8090,SSL"
is "the link to a package" "$(qr --import 'https://h.example.org/a?b=c' \
	--format text)" \
	"tak://com.atakmap.app/import?url=https%3A%2F%2Fh.example.org%2Fa%3Fb%3Dc"
ots-certs --ca "$tmp/ca" init --single --key p256 --client-key p256 >/dev/null
ots-certs --ca "$tmp/ca" server srv.example.org >/dev/null
is "a CA knows its server" "$(ca=$tmp/ca && qr --itak --format text)" \
	"srv.example.org,srv.example.org,8089,SSL"

# decode.py: the modules of a drawing on standard input as lines of 0 and 1,
# without the quiet zone, which has to be there.
cat >"$tmp/decode.py" <<'END'
import re, struct, sys, zlib
import xml.etree.ElementTree as ET
kind, data = sys.argv[1], sys.stdin.buffer.read()

def terminal(text, colours):
    rows = []
    for line in text.splitlines():
        if colours:
            m = re.fullmatch("\033\\[38;5;16;48;5;231m([ ▀▄█]+)\033\\[0m", line)
            line = m.group(1)
        bits = [" ▄▀█".index(c) for c in line]
        if not colours:
            bits = [3 - b for b in bits]
        rows.append([b >> 1 for b in bits])
        rows.append([b & 1 for b in bits])
    return rows[:len(rows[0])]

def svg(text):
    root = ET.fromstring(text)
    n = int(root.get("viewBox").split()[2])
    rows = [[0] * n for _ in range(n)]
    white, black = root
    assert white.get("fill") == "#fff" and black.get("fill") == "#000"
    assert white.get("d") == "M0 0h%dv%dh-%dz" % (n, n, n)
    d = black.get("d")
    run = r"M(\d+) (\d+)h(\d+)v1h-\3z"
    assert re.fullmatch("(%s)+" % run.replace("\\3", "\\4"), d)
    for x, y, w in re.findall(run, d):
        for i in range(int(w)):
            rows[int(y)][int(x) + i] = 1
    return rows

def png(data):
    at, got = 8, {}
    while at < len(data):
        n, name = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + n]
        crc, = struct.unpack(">I", data[at + 8 + n:at + 12 + n])
        assert zlib.crc32(name + body) == crc
        got[name] = body
        at += 12 + n
    side, height, depth, colour = struct.unpack(">IIBB", got[b"IHDR"][:10])
    assert (side, depth, colour) == (height, 1, 0)
    raw, step = zlib.decompress(got[b"IDAT"]), (side + 7) // 8 + 1
    assert len(raw) == step * side
    return [[1 - (raw[y * step + 1 + x // 8] >> (7 - x % 8) & 1)
             for x in range(4, side, 8)] for y in range(4, side, 8)]

rows = {"plain": lambda: terminal(data.decode(), False),
        "tty": lambda: terminal(data.decode().replace("\r", ""), True),
        "svg": lambda: svg(data.decode()),
        "png": lambda: png(data)}[kind]()
n = len(rows)
assert all(len(r) == n for r in rows), "not a square"
for y, row in enumerate(rows):
    for x, bit in enumerate(row):
        inside = 4 <= x < n - 4 and 4 <= y < n - 4
        assert inside or not bit, "no quiet zone"
for row in rows[4:-4]:
    print("".join(map(str, row[4:-4])))
END
decode()
{
	python3 "$tmp/decode.py" "$1"
}
code()
{
	qr --host tak.example.org --token-fd 3 "$@" a@b 3<"$tmp/token"
}
code --out "$tmp/q.png"
is "a PNG by the name of the file" "$(od -An -c -N 8 "$tmp/q.png" |
	tr -d ' ')" '211PNG\r\n032\n'
is "it is its owner's alone" "$(stat -c %a "$tmp/q.png")" 600
decode png <"$tmp/q.png" >"$tmp/png"
ok "it holds modules" test -s "$tmp/png"
if command -v zbarimg >/dev/null; then
	is "a reader reads it" "$(zbarimg -q --raw "$tmp/q.png" 2>/dev/null)" \
		"$enroll"
	qr --host tak.example.org --itak --out "$tmp/i.png"
	is "and the other one" "$(zbarimg -q --raw "$tmp/i.png" 2>/dev/null)" \
		"tak.example.org,tak.example.org,8089,SSL"
else
	skip 2 "no zbarimg"
fi
code --format svg | decode svg >"$tmp/svg"
is "the SVG is the same code" "$(cat "$tmp/svg")" "$(cat "$tmp/png")"
code | decode plain >"$tmp/plain"
is "so are the half blocks" "$(cat "$tmp/plain")" "$(cat "$tmp/png")"
script -qec "ots-certs qr --host tak.example.org --token-fd 3 a@b \
	3<'$tmp/token'" /dev/null </dev/null | decode tty >"$tmp/tty"
is "and on a terminal, black on white" "$(cat "$tmp/tty")" "$(cat "$tmp/png")"

refused()
{
	name=$1
	want=$2
	shift 2
	out=$(qr "$@" 2>&1)
	is "$name: refused" $? 100
	like "$name: why" "$out" "$want"
}
refused "ATAK without a token" 'ots-user passwd.*--token-fd' \
	--host h.example.org alice
refused "ATAK without a user" 'USER' --host h.example.org
refused "no host and no CA" "$tmp/none" --itak
refused "a link that is not https" 'https://' --import http://h/
refused "a description with a comma" 'without commas' --itak \
	--host h.example.org --description 'a,b'
refused "a format that there is not" 'terminal, svg, png or text' --itak \
	--host h.example.org --format gif
refused "both kinds" 'one of them' --itak --import https://h/
refused "a bad user" 'no user name' --host h.example.org --token-fd 3 ../x \
	3<"$tmp/token"
head -c 1000 /dev/zero | tr '\0' '%' >"$tmp/long"
out=$(code --format text 3<"$tmp/token" | wc -c)
is "a link ends in one line feed" "$out" $((${#enroll} + 1))
out=$(qr --host h.example.org --token-fd 3 alice 3<"$tmp/long" 2>&1)
is "more than a code holds: refused" $? 100
unlike "and the token is not told" "$out" '%%%%'
done_testing
