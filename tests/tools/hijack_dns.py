#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# hijack_dns.py ADDRESS PORT - a name server that knows host.test
#
# Answers A and AAAA questions by UDP and TCP with the address of the gateway that
# leads back here, anything else with NXDOMAIN (RFC 1035, section 4).
import socket
import struct
import sys
import threading

RECORDS = {
    1: socket.inet_aton('10.0.2.2'),
    28: socket.inet_pton(socket.AF_INET6, 'fd00:6c6b:6c::2'),
}


def answer(query):
    ident, flags, count = struct.unpack('>HHH', query[:6])
    end = query.index(b'\0', 12) + 5
    name, kind = query[12:end - 4], struct.unpack('>H', query[end - 4:end - 2])[0]
    known = name.lower() == b'\x04host\x04test\0'
    data = RECORDS.get(kind) if known else None
    head = struct.pack('>HHHHHH', ident, 0x8180 | (0 if known else 3), 1,
                       1 if data else 0, 0, 0)
    body = query[12:end]
    if data:
        body += struct.pack('>HHHIH', 0xc00c, kind, 1, 60, len(data)) + data
    return head + body


def serve_tcp(server):
    while True:
        conn, _ = server.accept()
        with conn, conn.makefile('rwb') as stream:
            size = stream.read(2)
            if len(size) == 2:
                reply = answer(stream.read(struct.unpack('>H', size)[0]))
                stream.write(struct.pack('>H', len(reply)) + reply)


def main():
    where = (sys.argv[1], int(sys.argv[2]))
    tcp = socket.create_server(where)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(where)
    threading.Thread(target=serve_tcp, args=(tcp,), daemon=True).start()
    print('ready', flush=True)
    while True:
        query, peer = udp.recvfrom(4096)
        udp.sendto(answer(query), peer)


main()
