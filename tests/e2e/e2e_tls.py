"""TLS for the end-to-end tests: certificates, the server with them, clients."""
import os
import re
import select
import socket
import ssl
import subprocess
import threading
import time

import e2e

TLSLIB = os.path.join(e2e.HERE, "..", "t", "tlslib.sh")


def certificates(*users):
    """A folder with ca.pem, crl.pem, server.pem and USER.pem, and keys."""
    d = e2e.temp_dir()
    script = '. "$1"; shift; tmp=.; make_ca && make_cert server server && ' \
        'for u; do make_cert "$u" client || exit 1; done'
    r = subprocess.run(["sh", "-c", script, "sh", TLSLIB, *users], cwd=d)
    if r.returncode != 0:
        with open(os.path.join(d, "openssl")) as f:
            raise RuntimeError("openssl: " + f.read())
    return d


class TlsServer(e2e.Server):
    """The server, for TLS as well: .tls_port."""

    def __init__(self, certs, *more):
        def path(name):
            return os.path.join(certs, name)
        self.certs = certs
        super().__init__({"ots-listen": [
            "--tls", "127.0.0.1:0", "--cert", path("server.pem"), "--key",
            path("server.key"), "--ca", path("ca.pem"), "--crl",
            path("crl.pem"), *more]})
        self.tls_port = int(re.search(r"ev=listen via=tls addr=\S*:(\d+)",
                                      self.log("ots-listen")).group(1))

    def _port(self):
        def find():
            m = re.search(r"ev=listen via=tcp addr=\S*:(\d+)",
                          self.log("ots-listen"))
            return m and int(m.group(1))
        port = e2e.wait_for(find)
        if not port:
            raise RuntimeError("ots-listen does not listen:\n" +
                               self.log("ots-listen"))
        return port


class Tls:
    """A TLS socket that one thread may read while another writes."""

    def __init__(self, sock, context):
        self.s = context.wrap_socket(sock, server_hostname="localhost")
        self.s.setblocking(False)
        self.lock = threading.Lock()

    def _do(self, fn):
        while True:
            with self.lock:
                try:
                    return fn()
                except ssl.SSLWantReadError:
                    wait = ([self.s], [])
                except ssl.SSLWantWriteError:
                    wait = ([], [self.s])
            select.select(*wait, [], 30)

    def recv(self, n):
        try:
            return self._do(lambda: self.s.recv(n))
        except (ValueError, ssl.SSLError):
            return b""

    def sendall(self, data):
        while data:
            data = data[self._do(lambda: self.s.send(data)):]

    def shutdown(self):
        self.s.shutdown(socket.SHUT_RDWR)


def load(server, user, *args):
    """ots-load over TLS, as that user."""
    files = [os.path.join(server.certs, n) for n in
             (user + ".pem", user + ".key", "ca.pem")]
    return e2e.Load(server.tls_port, "--cert", files[0], "--key", files[1],
                    "--ca", files[2], *args)


def context(certs, user):
    c = ssl.create_default_context(cafile=os.path.join(certs, "ca.pem"))
    c.check_hostname = False
    c.load_cert_chain(os.path.join(certs, user + ".pem"),
                      os.path.join(certs, user + ".key"))
    return c


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def round_trip(port, ctx):
    """Connect, shake hands, be answered a ping: milliseconds."""
    begin = time.monotonic()
    with ctx.wrap_socket(connect(port)) as s:
        s.sendall(e2e.event("me-ping", "t-x-c-t").encode())
        data = b""
        while b"t-x-c-t-r" not in data:
            got = s.recv(65536)
            if not got:
                raise RuntimeError("hung up")
            data += got
    return (time.monotonic() - begin) * 1000


def hello(ctx):
    """The first bytes of a handshake."""
    out = ssl.MemoryBIO()
    o = ctx.wrap_bio(ssl.MemoryBIO(), out)
    try:
        o.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()
