#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# tar_make.py KIND - write a tar archive to standard output that tar(1) would
# not make for an ordinary user, or not at all
#
# Kinds: root, what only root has; order, reversed: the same few files in two
# orders; acl: ACLs, one with a name that has no number; escape: paths that lead
# out of the destination.
import io
import sys
import tarfile

CAPABILITY = b"\x01\x00\x00\x02\x00\x04\x00\x00" + bytes(12)


def member(name, kind=tarfile.REGTYPE, mode=0o644, owner=(0, 0), data=b"",
           link="", device=(0, 0), pax=None):
    info = tarfile.TarInfo(name)
    info.type, info.mode = kind, mode
    info.uid, info.gid = owner
    info.size = len(data)
    info.linkname = link
    info.devmajor, info.devminor = device
    info.mtime = 1_000_000_000
    info.pax_headers = {k: v.decode("utf-8", "surrogateescape")
                        for k, v in (pax or {}).items()}
    return info, data


def root():
    yield member("./", tarfile.DIRTYPE, 0o751, (7, 8))
    yield member("dev", tarfile.DIRTYPE, 0o755)
    yield member("dev/null", tarfile.CHRTYPE, 0o666, device=(1, 3))
    yield member("dev/sdb1", tarfile.BLKTYPE, 0o660, (0, 6), device=(8, 17))
    yield member("dev/high", tarfile.CHRTYPE, 0o600, device=(300, 70000))
    yield member("big-owner", owner=(3000000000, 4000000000), data=b"o")
    yield member("set-user-id", mode=0o4755, owner=(1000, 1000), data=b"s",
                 pax={"SCHILY.xattr.security.capability": CAPABILITY})
    yield member("trusted", data=b"t", pax={
        "SCHILY.xattr.trusted.key": b"value",
        "SCHILY.xattr.user.a%3Db": b"equals",
        "SCHILY.xattr.security.selinux": b"system_u:object_r:etc_t:s0\0"})
    yield member("no-parent/deep/er/file", data=b"f", owner=(5, 6))
    yield member("hard", tarfile.LNKTYPE, link="no-parent/deep/er/file")
    yield member("long-" + "x" * 240 + "/" + "y" * 250, data=b"l")
    yield member("symlink", tarfile.SYMTYPE, 0o777, (9, 9), link="/../../etc")
    yield member("cafe\u0301 and caf\u00e9", data=b"n")


def some():
    for name in ("a", "b/c", "b/d", "e" * 200, "z"):
        yield member(name, data=name.encode() * 5)
    yield member("b", tarfile.DIRTYPE, 0o755)


def acl():
    for name, user in (("numbered", b"1234"), ("named", b"lisa")):
        yield member(name, data=b"a", pax={
            "SCHILY.acl.access": b"user::rw-,user:" + user +
                                 b":rwx,group::r--,mask::rwx,other::---"})


def escape():
    yield member("before", data=b"1")
    yield member("/absolute", data=b"bad")
    yield member("../dotdot", data=b"bad")
    yield member("a/../../dotdot", data=b"bad")
    yield member("a/..", tarfile.DIRTYPE)
    yield member("real", tarfile.DIRTYPE, 0o755)
    yield member("way", tarfile.SYMTYPE, link="real")
    yield member("way/through", data=b"bad")
    yield member("out", tarfile.SYMTYPE, link="/")
    yield member("out/through", tarfile.DIRTYPE)
    yield member("link1", tarfile.LNKTYPE, link="../../etc/passwd")
    yield member("link2", tarfile.LNKTYPE, link="/etc/passwd")
    yield member("link3", tarfile.LNKTYPE, link="way/nothing")
    yield member("link4", tarfile.LNKTYPE, link="missing")
    yield member("real", data=b"a file where a directory is")
    yield member("before/below", data=b"below a file")
    yield member("after", data=b"2")


KINDS = {
    "root": root, "acl": acl, "escape": escape, "order": some,
    "reversed": lambda: reversed(list(some())),
}
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|",
                  format=tarfile.PAX_FORMAT) as out:
    for entry, content in KINDS[sys.argv[1]]():
        out.addfile(entry, io.BytesIO(content))
