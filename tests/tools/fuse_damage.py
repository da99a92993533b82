#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# fuse_damage.py IMAGE MOUNTPOINT COUNT SEED - mount damaged copies of an image
#
# Of each variant a few bytes differ, in blocks that are not empty, by a fixed
# seed: so variant N of a seed is always the same (--only N tries just that
# one). What has to hold: lklfuse ends, with an exit status and not by a signal,
# whoever looks at the mount gets answers or errors, and no mount is left.
# Prints a line for each variant that went wrong, and keeps it in the directory
# that FUSE_DAMAGE_KEEP names; fails if there is one.
import argparse
import os
import random
import subprocess
import sys
import time

LIMIT = 60  # seconds; nothing here should take one
BLOCK = 4096


def used_blocks(path):
    """Numbers of the blocks that are not all zeros, holes skipped."""
    blocks = []
    with open(path, "rb") as f:
        size = os.fstat(f.fileno()).st_size
        pos = 0
        while pos < size:
            try:
                pos = os.lseek(f.fileno(), pos, os.SEEK_DATA)
            except OSError:
                break
            end = os.lseek(f.fileno(), pos, os.SEEK_HOLE)
            for block in range(pos // BLOCK, -(-end // BLOCK)):
                if os.pread(f.fileno(), BLOCK, block * BLOCK).strip(b"\0"):
                    blocks.append(block)
            pos = end
    return blocks


def damage(path, blocks, rnd):
    """Change some bytes; a few blocks, since one error often hides the next."""
    with open(path, "r+b") as f:
        for _ in range(rnd.choice((1, 1, 2, 4, 16))):
            at = rnd.choice(blocks) * BLOCK
            old = os.pread(f.fileno(), BLOCK, at)
            used = [i for i, b in enumerate(old) if b]
            where = rnd.choice(used) if used and rnd.random() < 0.8 \
                else rnd.randrange(BLOCK)
            how = rnd.randrange(4)
            if how == 0:
                new = bytes([old[where] ^ 1 << rnd.randrange(8)])
            elif how == 1:
                new = bytes([rnd.randrange(256)])
            elif how == 2:
                new = rnd.randbytes(4)
            else:
                new = bytes(rnd.choice((4, 8, 64))) if rnd.random() < 0.5 \
                    else b"\xff" * rnd.choice((2, 4, 8))
            os.pwrite(f.fileno(), new, at + where)


WALK = r"""
import os, sys
def attempt(function, *args):
    try:
        return function(*args)
    except OSError:
        return None
seen = 0
top = sys.argv[1]
for directory, names, files in os.walk(top):
    for name in names + files:
        path = os.path.join(directory, name)
        seen += 1
        if seen > 500:
            sys.exit(0)
        st = attempt(os.lstat, path)
        for key in attempt(os.listxattr, path) or ():
            attempt(os.getxattr, path, key)
        attempt(os.readlink, path)
        if st and st.st_mode & 0o170000 == 0o100000:
            fd = attempt(os.open, path, os.O_RDONLY)
            if fd is not None:
                attempt(os.pread, fd, 1 << 20, 0)
                os.close(fd)
            if seen % 5 == 0:
                attempt(os.truncate, path, 5000)
            if seen % 7 == 0:
                attempt(os.unlink, path)
def make(i):
    with open("%s/new%d" % (top, i), "wb") as f:
        f.write(b"n" * 20000 * i)
        f.flush()
        os.fsync(f.fileno())
for i in range(5):
    attempt(make, i)
    attempt(os.mkdir, "%s/newdir%d" % (top, i))
attempt(os.rename, top + "/new1", top + "/newdir1/x")
attempt(os.statvfs, top)
"""


def wait_mounted(process, mountpoint):
    """True once it is mounted; False if the process ends before."""
    device = os.lstat(os.path.dirname(os.path.abspath(mountpoint))).st_dev
    end = time.time() + LIMIT
    while time.time() < end:
        try:
            if os.lstat(mountpoint).st_dev != device:
                return True
        except OSError:
            pass
        if process.poll() is not None:
            return False
        time.sleep(0.005)
    return False


def unmount(mountpoint):
    if subprocess.run(["fusermount3", "-uq", mountpoint],
                      stderr=subprocess.DEVNULL).returncode:
        subprocess.run(["fusermount3", "-uqz", mountpoint],
                       stderr=subprocess.DEVNULL)


def attempt(image, mountpoint, options):
    """What is wrong with this variant, or None."""
    process = subprocess.Popen(
        ["lklfuse", image, mountpoint, "-f", *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    problem = None
    if wait_mounted(process, mountpoint):
        try:
            subprocess.run([sys.executable, "-c", WALK, mountpoint],
                           timeout=LIMIT, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            problem = "who looked at it got no answer"
        unmount(mountpoint)
    try:
        _, err = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        subprocess.run(["pkill", "-KILL", "-P", str(process.pid)])
        process.kill()
        process.communicate()
        unmount(mountpoint)
        return problem or "it did not end"
    if process.returncode not in (0, 1, 3, 4):
        problem = "status %d" % process.returncode
    elif b"by signal" in err:
        problem = err.decode(errors="replace").strip().split("\n")[-1]
    elif process.returncode and not err.startswith(b"lklfuse: "):
        problem = "status %d without a message" % process.returncode
    if os.path.ismount(mountpoint):
        problem = problem or "a mount was left"
        unmount(mountpoint)
    return problem, process.returncode


def keep(image, name):
    """The image a failure is to be looked into with."""
    where = os.environ.get("FUSE_DAMAGE_KEEP")
    if where:
        subprocess.run(["cp", "--sparse=always", image,
                        "%s/damaged.%s.img" % (where, name)])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("image")
    parser.add_argument("mountpoint")
    parser.add_argument("count", type=int)
    parser.add_argument("seed")
    parser.add_argument("--only", type=int)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("options", nargs="*")
    args = parser.parse_args()
    blocks = used_blocks(args.image)
    failed = 0
    statuses = {}
    start = time.time()
    done = 0
    for n in range(args.count):
        if args.only is not None and n != args.only:
            continue
        if time.time() - start > args.seconds:
            break
        copy = "damaged.img"
        subprocess.run(["cp", "--sparse=always", args.image, copy], check=True)
        damage(copy, blocks, random.Random("%s/%d" % (args.seed, n)))
        result = attempt(copy, args.mountpoint, args.options)
        problem, status = result if isinstance(result, tuple) else (result, -1)
        statuses[status] = statuses.get(status, 0) + 1
        done += 1
        if problem:
            failed = 1
            print("variant %d: %s" % (n, problem), flush=True)
            keep(copy, "%s.%d" % (args.seed, n))
    print("%d variants, by exit status: %s" % (
        done, ", ".join("%d: %d" % s for s in sorted(statuses.items()))))
    return failed


if __name__ == "__main__":
    sys.exit(main())
