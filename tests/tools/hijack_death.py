#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""hijack_death.py HOST PORT OWN KINDS - calls that wait when the network dies

Runs hijacked. There is a thread for each of KINDS. They connect to HOST:PORT, where
nothing more happens; OWN is this side's address. Then "connected" is said, and a byte
read from descriptor 3. Each waits in its call now; "waiting" is said, a byte read, and
"KIND RESULT" said as each call ends; then what later attempts give.
"""
import errno
import os
import select
import socket
import sys
import threading
import time

host, port, own = sys.argv[1], int(sys.argv[2]), sys.argv[3]
kinds = sys.argv[4].split(',')
lock = threading.Lock()
connected = threading.Barrier(len(kinds) + 1)
stopped = threading.Barrier(len(kinds) + 1)


def say(*words):
    with lock:
        print(*words, flush=True)


def connection():
    return socket.create_connection((host, port))


def wait_read(s):
    return len(s.recv(10))


def wait_write(s):
    while True:
        s.send(bytes(100000))


def wait_poll(s):
    poll = select.poll()
    poll.register(s, select.POLLIN)
    poll.poll()
    raise OSError(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), '')


def wait_epoll(s):
    poll = select.epoll()
    poll.register(s, select.EPOLLIN | select.EPOLLET)
    poll.poll()
    raise OSError(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), '')


def wait_select(s):
    # With a descriptor of the host's, which never has anything to say.
    select.select([s, os.pipe()[0]], [], [s])
    raise OSError(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), '')


def wait_connect(_):
    # Nobody answers: the script has stopped who would.
    socket.socket().connect((host, port))


def wait_udp(_):
    s = socket.socket(type=socket.SOCK_DGRAM)
    s.connect((host, port))
    return len(s.recv(10))


def wait_udp_bound(_):
    s = socket.socket(type=socket.SOCK_DGRAM)
    s.bind((own, 5555))
    return len(s.recv(10))


def result(call, *args):
    try:
        return call(*args)
    except OSError as e:
        return errno.errorcode.get(e.errno, e.errno)


def waiter(kind):
    needs_connection = kind in ('read', 'write', 'poll', 'epoll', 'select')
    s = connection() if needs_connection else None
    connected.wait()
    stopped.wait()
    said = result(globals()['wait_' + kind], s)
    say(kind, said)


def later():
    s = socket.socket(type=socket.SOCK_DGRAM)
    say('later-connect', result(connection))
    say('later-send', result(s.sendto, b'x', (host, port)))
    a, b = socket.socketpair()
    a.send(b'x')
    say('later-socketpair', len(b.recv(10)))


threads = [threading.Thread(target=waiter, args=(k,), daemon=True) for k in kinds]
for t in threads:
    t.start()
connected.wait()
say('connected')
os.read(3, 1)
stopped.wait()
# Until they wait. One that did not would find the network dead and fail the test.
time.sleep(0.5)
say('waiting')
os.read(3, 1)
begun = time.monotonic()
for t in threads:
    t.join(20)
say('ended' if time.monotonic() - begun < 3 else 'late')
later()
os._exit(0)
