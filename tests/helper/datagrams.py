#!/usr/bin/python3 -B
"""A device that speaks datagrams, in hex, one a line.

usage: datagrams.py ADDR PORT [GROUP INTERFACE]

It binds ADDR:PORT (port 0: any), or joins GROUP:PORT by that interface and
sends from ADDR and any port. The first line it writes is the port it is bound
to; then each datagram that comes: its sender's address, its port, the bytes. A
line on standard input is sent: "ADDR PORT HEX", or "HEX" to the group. It ends
with its input, and so much later as the environment's LINGER says, in seconds.
"""
import errno
import os
import select
import socket
import struct
import sys
import time


def open_group(family, addr, port, group, interface):
    index = socket.if_nametoindex(interface)
    rx = socket.socket(family, socket.SOCK_DGRAM)
    tx = socket.socket(family, socket.SOCK_DGRAM)
    rx.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tx.bind((addr, 0))
    if family == socket.AF_INET6:
        rx.bind((group, port, 0, index))
        rx.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                      socket.inet_pton(family, group) + struct.pack("@I", index))
        tx.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    else:
        rx.bind((group, port))
        mreqn = (socket.inet_aton(group) + socket.inet_aton("0.0.0.0")
                 + struct.pack("@i", index))
        rx.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, mreqn)
        tx.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, mreqn)
    return rx, tx


def send(sock, data, where):
    """IPv6 takes a moment until a new interface can send."""
    for _ in range(100):
        try:
            return sock.sendto(data, where)
        except OSError as e:
            if e.errno != errno.ENETUNREACH:
                raise
        time.sleep(0.05)
    return sock.sendto(data, where)


def main():
    addr, port = sys.argv[1], int(sys.argv[2])
    family = socket.AF_INET6 if ":" in addr else socket.AF_INET
    to = None
    if len(sys.argv) > 3:
        to = (sys.argv[3], port)
        rx, tx = open_group(family, addr, port, sys.argv[3], sys.argv[4])
    else:
        rx = tx = socket.socket(family, socket.SOCK_DGRAM)
        rx.bind((addr, port))
    rx.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    own = tx.getsockname()[1]
    print(tx.getsockname()[1], flush=True)
    end = None
    lines = b""
    inputs = [rx, 0]
    while end is None or time.monotonic() < end:
        ready = select.select(inputs, [], [],
                              None if end is None else 0.05)[0]
        if rx in ready:
            bytes_, sender = rx.recvfrom(65536)
            # What it sent itself is no news.
            if to is None or sender[1] != own:
                print(sender[0], sender[1], bytes_.hex() or "-", flush=True)
        if 0 not in ready:
            continue
        got = os.read(0, 65536)
        if not got:
            inputs.remove(0)
            end = time.monotonic() + float(os.environ.get("LINGER", "0"))
        lines += got
        *whole, lines = lines.split(b"\n")
        for line in whole:
            words = line.decode().split()
            where = to if len(words) == 1 else (words[0], int(words[1]))
            send(tx, bytes.fromhex(words[-1].replace("-", "")), where)


main()
