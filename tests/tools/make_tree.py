#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# make_tree.py DIR - make a tree with one of everything that an ordinary user
# can make
#
# Extended attributes and ACLs are made where the file system has them.
import os
import random
import socket
import struct
import sys

KIB = 1024
MIB = 1024 * KIB


def write(path, data, mode=0o644):
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


def pieces(path, size, *parts):
    """A sparse file: data only at the (offset, length) parts."""
    with open(path, "wb") as f:
        f.truncate(size)
        for offset, length in parts:
            f.seek(offset)
            f.write(random.randbytes(length))


def acl(*entries):
    """The value of system.posix_acl_*: (tag, permissions, id) entries."""
    return struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", tag, perm, who) for tag, perm, who in entries)


def try_xattr(path, name, value, follow=True):
    try:
        os.setxattr(path, name, value, follow_symlinks=follow)
    except OSError:
        pass


def contents():
    os.mkdir("contents")
    for size in (0, 1, 4095, 4096, 4097, MIB - 1, MIB, MIB + 1, 3 * MIB + 77):
        write("contents/%d" % size, random.randbytes(size))
    write("contents/zeros", bytes(256 * KIB))


def sparse():
    os.mkdir("sparse")
    pieces("sparse/all-hole", 8 * MIB)
    pieces("sparse/hole-first", 4 * MIB, (3 * MIB, MIB))
    pieces("sparse/hole-last", 4 * MIB, (0, 5000))
    pieces("sparse/hole-between", 6 * MIB, (0, 4096), (4 * MIB, 4096),
           (6 * MIB - 10, 10))


def names():
    os.mkdir("names")
    for name in (b"\xff\xfe not UTF-8 \x80", b"with\nnewline", b"with\ttab",
                 b"-dash", b" space ", b"\\back\\slash", b"'\"quotes",
                 b"*?[glob]", b"\xf0\x9f\x90\xa7", b"n" * 255,
                 b"\xc3\xa9" * 127, b"...", b"\x1b[31mred"):
        write(b"names/" + name, name)
    os.mkdir(b"names/" + b"d" * 255)
    write(b"names/" + b"d" * 255 + b"/" + b"f" * 255, b"deep")


def modes():
    os.mkdir("modes")
    for mode in (0o400, 0o444, 0o600, 0o640, 0o666, 0o755, 0o777, 0o4755,
                 0o2755, 0o1644, 0o6711):
        write("modes/%04o" % mode, b"x", mode)
    for mode in (0o700, 0o755, 0o1777, 0o2775, 0o500, 0o555):
        os.mkdir("modes/dir-%04o" % mode)
        write("modes/dir-%04o/inside" % mode, b"y")
        os.chmod("modes/dir-%04o" % mode, mode)
    os.mkdir("modes/empty")


def links():
    os.makedirs("links/sub")
    write("links/one", b"linked")
    os.link("links/one", "links/two")
    os.link("links/one", "links/sub/three")
    os.symlink("one", "links/relative")
    os.symlink("/nowhere/at all", "links/dangling")
    os.symlink("../..", "links/up")
    os.symlink("t" * 1000, "links/long")
    os.symlink("loop", "links/loop")
    os.symlink("sub", "links/to-directory")
    os.link("links/relative", "links/relative-too", follow_symlinks=False)


def special():
    os.mkdir("special")
    os.mkfifo("special/fifo", 0o620)
    with socket.socket(socket.AF_UNIX) as s:
        s.bind("special/socket")
    os.chmod("special/socket", 0o751)


def attributes():
    os.mkdir("attributes")
    for i in range(40):
        write("attributes/many", b"z")
    for i in range(20):
        try_xattr("attributes/many", "user.key%02d" % i, b"v" * i)
    write("attributes/large", b"")
    try_xattr("attributes/large", "user.large", random.randbytes(2000))
    write("attributes/binary", b"")
    try_xattr("attributes/binary", "user.\xff.odd", bytes(range(256)))
    os.mkdir("attributes/dir")
    try_xattr("attributes/dir", "user.of-a-directory", b"yes")
    write("attributes/acl", b"acl", 0o640)
    try_xattr("attributes/acl", "system.posix_acl_access",
              acl((1, 6, 0xffffffff), (2, 7, 1234), (4, 4, 0xffffffff),
                  (8, 5, 4321), (16, 7, 0xffffffff), (32, 0, 0xffffffff)))
    os.mkdir("attributes/acl-default")
    try_xattr("attributes/acl-default", "system.posix_acl_default",
              acl((1, 7, 0xffffffff), (2, 5, 1234), (4, 5, 0xffffffff),
                  (16, 5, 0xffffffff), (32, 0, 0xffffffff)))
    # Made through the ACL's directory, yet without an ACL of its own.
    write("attributes/plain", b"p", 0o604)
    os.rename("attributes/plain", "attributes/acl-default/plain")


def deep():
    path = "deep"
    os.mkdir(path)
    for i in range(60):
        path += "/%02d" % i
        os.mkdir(path)
    write(path + "/bottom", b"bottom")


def set_times():
    """Distinct times, with nanoseconds, before 1970 and after 2038."""
    stamp = 1_000_000_000_123_456_789
    special_times = {"contents/1": -86_400_000_000_001,
                     "contents/0": 4_102_444_800_987_654_321}
    paths = []
    for top, dirs, files in os.walk("."):
        paths += [os.path.join(top, n) for n in dirs + files]
    paths.append(".")
    for path in sorted(paths, key=lambda p: -p.count("/")):
        stamp += 1_111_111_111
        when = special_times.get(path[2:], stamp)
        os.utime(path, ns=(when + 7, when), follow_symlinks=False)


def main():
    random.seed(6)
    os.umask(0o022)
    os.mkdir(sys.argv[1])
    os.chdir(sys.argv[1])
    for part in (contents, sparse, names, modes, links, special, attributes,
                 deep, set_times):
        part()


main()
