#!/usr/bin/python3 -B
"""The shell line of the manual works as written, and ends as a whole when
ots-listen is asked to stop."""
import os
import re
import signal
import subprocess

import e2e
from e2e import Client, Tap, event

LINE = ("mkfifo ring; ots-listen --tcp :8088 <ring | ots-parse | "
        "ots-route >ring")

tap = Tap(60)
here = e2e.temp_dir()
log = os.path.join(here, "log")
env = e2e.program_env()
env["PATH"] = e2e.BIN + ":" + env["PATH"]


def text():
    with open(log, errors="replace") as f:
        return f.read()


def pids_of(group):
    """{program: pid} of the process group."""
    got = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % pid) as f:
                stat = f.read()
        except OSError:
            continue
        name = stat[stat.index("(") + 1:stat.rindex(")")]
        if int(stat[stat.rindex(")") + 2:].split()[2]) == group and \
                name.startswith("ots-"):
            got[name] = int(pid)
    return got


with open(log, "wb") as f:
    shell = e2e.child(["sh", "-c", LINE.replace(":8088", ":0")], cwd=here,
                      env=env, stderr=f, stdin=subprocess.DEVNULL,
                      stdout=subprocess.DEVNULL, start_new_session=True)
m = e2e.wait_for(lambda: re.search(r"ev=listen\b.*\baddr=\S*:(\d+)", text()))
if not tap.ok(m, "ots-listen listens", text()):
    tap.done()
port = int(m.group(1))

a = Client(port, "a", "ALPHA", "a-f-G-E-V-C")
b = Client(port, "b", "BRAVO")
tap.ok(a.wait_uid("b", 5) and b.wait_uid("a", 5), "two clients see each other")
tap.ok(Client(port).wait_uid("a"), "a newcomer sees who was there")
a.send(e2e.chat("a", "ALPHA", "b", "BRAVO", "one &amp; two"))
got = b.wait(lambda e: e.type == "b-t-f")
tap.ok(got and got.find("remarks").text == "one & two", "they chat")
a.send(event("marker", "a-h-G", '<contact callsign="M"/><color argb="-1"/>'))
got = b.wait_uid("marker")
tap.ok(got and got.find("color").get("argb") == "-1", "they send markers")
tap.ok(a.ping(), "a ping is answered")
c = Client(port, "c", "CHARLIE", "a-f-S")
a.wait_uid("c")
c.close()
gone = a.wait_gone("c")
tap.equal(gone and gone.link().get("type"), "a-f-S", "who goes is announced")

# ---- the end: what was sent before it arrives, then all of it ends ----

running = pids_of(shell.pid)
tap.equal(sorted(running), ["ots-listen", "ots-parse", "ots-route"],
          "three programs run")
a.send("".join(event("last-%d" % i, "a-h-G") for i in range(500)))
b.wait_uid("last-0")
os.kill(running["ots-listen"], signal.SIGTERM)
e2e.wait_for(lambda: shell.poll() is not None, 15)
tap.equal(shell.poll(), 0, "after SIGTERM to ots-listen the whole line ends")
tap.equal(pids_of(shell.pid), {}, "nothing is left of it")
e2e.wait_for(lambda: b.closed)
tap.ok(b.closed, "the clients are disconnected")
last = [e.uid for e in b.all(lambda e: e.uid.startswith("last-"))]
e2e.note("%d of 500 events that were under way arrived" % len(last))
tap.equal(last, ["last-%d" % i for i in range(len(last))],
          "what had been read was delivered first, without a hole")
tap.ok(not a.error and not b.error, "all XML is XML", a.error, b.error)

# ---- SIGINT of the terminal goes to all of them at once ----

os.unlink(os.path.join(here, "ring"))
with open(log, "wb") as f:
    shell = e2e.child(["sh", "-c", LINE.replace(":8088", ":0")], cwd=here,
                      env=env, stderr=f, stdin=subprocess.DEVNULL,
                      stdout=subprocess.DEVNULL, start_new_session=True)
e2e.wait_for(lambda: len(pids_of(shell.pid)) == 3 and "ev=listen" in text())
os.killpg(shell.pid, signal.SIGINT)
e2e.wait_for(lambda: shell.poll() is not None, 15)
tap.ok(shell.poll() is not None and not pids_of(shell.pid),
       "an interrupt ends the whole line", pids_of(shell.pid), text())
tap.done()
