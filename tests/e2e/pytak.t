#!/usr/bin/python3 -B
"""Two PyTAK clients, the real package, one over TLS, exchange events through the
server. PYTAK_PYTHON is a python that has PyTAK."""
import os
import subprocess

import e2e
from e2e import Client, Tap
from e2e_tls import TlsServer, certificates

python = os.environ.get("PYTAK_PYTHON")
if not python or not os.access(python, os.X_OK):
    e2e.skip_all("no PyTAK: PYTAK_PYTHON is not set")
if subprocess.run([python, "-c", "import pytak"],
                  capture_output=True).returncode != 0:
    e2e.skip_all("no PyTAK: %s cannot import it" % python)

tap = Tap(90)
certs = certificates("phone")
server = TlsServer(certs)
url = {"one": ["tcp://127.0.0.1:%d" % server.port],
       "two": ["tls://127.0.0.1:%d" % server.tls_port]}
watcher = Client(server.port, "watcher", "WATCHER")
identity = {"one": [], "two": [
    os.path.join(certs, n) for n in ("phone.pem", "phone.key", "ca.pem")]}
out = {}
proc = {}
for uid in ("one", "two"):
    out[uid] = os.path.join(server.dir, uid + ".out")
    with open(out[uid], "wb") as f, open(out[uid] + ".err", "wb") as err:
        proc[uid] = e2e.child(
            [python, "-B", os.path.join(e2e.HERE, "pytak_client.py"),
             *url[uid], "pytak-" + uid, *identity[uid]],
            stdin=subprocess.PIPE, stdout=f, stderr=err)


def said(uid):
    with open(out[uid], encoding="utf-8") as f:
        return f.read().splitlines()


def why(uid):
    with open(out[uid] + ".err", errors="replace") as f:
        return f.read()[-2000:]


for uid, other in (("one", "two"), ("two", "one")):
    line = "got pytak-%s a-f-G-U-C cs-\u00e9-pytak-%s" % (other, other)
    tap.ok(e2e.wait_for(lambda: line in said(uid), 20),
           "PyTAK client %s hears client %s" % (uid, other),
           said(uid), why(uid), server.logs())
    tap.ok(e2e.wait_for(lambda: [s for s in said(uid)
                                 if s.startswith("got watcher ")]),
           "and the one who came first", said(uid))
    tap.ok(not [s for s in said(uid)
                if s.startswith("got pytak-%s " % uid)], "and not itself")
    tap.ok(watcher.wait_uid("pytak-" + uid), "others hear it")

# PyTAK's greeting is a t-x-d-d without a link: never an error.
tap.ok(not watcher.closed and not server.dead(), "its greeting harms nobody")
watcher.send(e2e.event("to-all", "b-m-p-s-m",
                       '<contact callsign="two words"/>'))
for uid in proc:
    tap.ok(e2e.wait_for(
        lambda: "got to-all b-m-p-s-m two words" in said(uid)),
        "client %s hears a marker" % uid, said(uid))
for p in proc.values():
    p.stdin.close()
tap.ok(e2e.wait_for(lambda: all(p.poll() is not None
                                for p in proc.values()), 10),
       "they leave")
tap.ok(Client(server.port, "after", "AFTER").wait_uid("watcher"),
       "and business goes on")
tap.done()
