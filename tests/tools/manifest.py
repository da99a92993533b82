#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# manifest.py [--without WORD,...] DIR - one line for every file below DIR, with
# all that a copy has to keep
#
# Two trees are the same if their manifests are. Words for --without: owner,
# mode, mtime (of everything), dirtime, linktime (of symbolic links), ns,
# xattr, nlink, holes, root (the line of DIR itself).
import base64
import hashlib
import os
import stat
import sys


def digest(path):
    h = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(1 << 20):
            h.update(block)
    return h.hexdigest()[:24]


def holes(path, size):
    """Which quarter-MiB pieces of a file are entirely hole, as a count."""
    step = 1 << 18
    count = 0
    with open(path, "rb") as f:
        pos = 0
        while pos < size:
            try:
                data = os.lseek(f.fileno(), pos, os.SEEK_DATA)
            except OSError:
                data = size
            count += data // step - -(-pos // step) if data > pos else 0
            if data >= size:
                break
            pos = os.lseek(f.fileno(), data, os.SEEK_HOLE)
    return count


def xattrs(path):
    try:
        names = sorted(os.listxattr(path, follow_symlinks=False))
    except OSError:
        return ""
    # Labels that the host's security modules put on every file.
    own = [n for n in names if n != "security.selinux"]
    return ",".join(
        n + "=" + base64.b64encode(
            os.getxattr(path, n, follow_symlinks=False)).decode()
        for n in own)


def describe(path, shown, without, links):
    st = os.lstat(path)
    kind = stat.S_IFMT(st.st_mode) >> 12
    out = ["%02o" % kind]
    if "mode" not in without and not stat.S_ISLNK(st.st_mode):
        out.append("%04o" % stat.S_IMODE(st.st_mode))
    if "owner" not in without:
        out.append("%d:%d" % (st.st_uid, st.st_gid))
    is_dir = stat.S_ISDIR(st.st_mode)
    if not ("mtime" in without or (is_dir and "dirtime" in without) or
            (stat.S_ISLNK(st.st_mode) and "linktime" in without)):
        out.append("%d" % (st.st_mtime_ns // 10**9) if "ns" in without
                   else "%d" % st.st_mtime_ns)
    if stat.S_ISREG(st.st_mode):
        out += [str(st.st_size), digest(path)]
        if "holes" not in without:
            out.append("holes=%d" % holes(path, st.st_size))
    if stat.S_ISLNK(st.st_mode):
        out.append("-> %r" % os.readlink(path))
    if stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
        out.append("%d,%d" % (os.major(st.st_rdev), os.minor(st.st_rdev)))
    if not is_dir and "nlink" not in without:
        first = links.setdefault((st.st_dev, st.st_ino), shown)
        out += [str(st.st_nlink), "" if first == shown else "= %r" % first]
    if "xattr" not in without:
        out.append(xattrs(path))
    return " ".join(out)


def main(args):
    without = set()
    if args[0] == "--without":
        without = set(args[1].split(","))
        args = args[2:]
    top = os.fsencode(args[0])
    links = {}
    lines = []
    pending = [b""]
    while pending:
        rel = pending.pop()
        path = os.path.join(top, rel) if rel else top
        if rel or "root" not in without:
            lines.append("%r %s" % (rel, describe(path, rel, without, links)))
        if stat.S_ISDIR(os.lstat(path).st_mode):
            for name in sorted(os.listdir(path), reverse=True):
                pending.append(os.path.join(rel, name))
    print("\n".join(lines))


main(sys.argv[1:])
