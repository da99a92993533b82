#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# fuse_kill.py IMAGE MOUNTPOINT SECONDS SEED CHECK... - kill lklfuse as it writes
#
# Again and again the image is mounted, several threads change files and sync
# them, and at a random moment lklfuse is killed: sometimes the process that
# serves the image, sometimes the other one too. Then the image is mounted
# anew. What has to hold: what was synced is there, what was being changed is as
# before or as after, and the command CHECK, with the image after it, finds
# the file system sound. SEED decides what is done and when it is killed.
# Prints what went wrong; fails if anything did.
import argparse
import fcntl
import os
import random
import select
import signal
import struct
import subprocess
import sys
import threading
import time

LIMIT = 60      # seconds; nothing here should take one
THREADS = 3
BLOCK = 4096
F_OFD_SETLKW = 38


class Directory:
    """A directory that one thread works in, and what is known of it."""

    def __init__(self, path, rnd):
        self.path = path
        self.rnd = rnd
        self.known = {}         # name: contents, synced
        self.pending = None     # name, contents allowed besides the known ones
        self.synced = 0

    def sync(self):
        fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def contents(self):
        return self.rnd.randbytes(self.rnd.choice(
            (1, 100, 4096, 20000, 200000)) + self.rnd.randrange(1000))

    def settle(self, name, data):
        if data is None:
            self.known.pop(name, None)
        else:
            self.known[name] = data
        self.pending = None
        self.synced += 1

    def replace(self, name):
        """Written under another name, synced, renamed, synced."""
        data = self.contents()
        self.pending = name, [data]
        with open(self.path + "/new", "wb") as f:
            f.write(data)
            f.flush()
            os.fsync(f.fileno())
        os.rename(self.path + "/new", self.path + "/" + name)
        self.sync()
        self.settle(name, data)

    def append(self, name):
        """Appended to; what is appended may be there in part, until synced."""
        old = self.known[name]
        data = old + self.contents()
        self.pending = name, [data, "prefix"]
        with open(self.path + "/" + name, "ab") as f:
            f.write(data[len(old):])
            f.flush()
            os.fsync(f.fileno())
        self.settle(name, data)

    def overwrite(self, name):
        """A block is overwritten in place."""
        old = self.known[name]
        if len(old) < BLOCK:
            return
        at = self.rnd.randrange(len(old) // BLOCK) * BLOCK
        data = old[:at] + self.rnd.randbytes(BLOCK) + old[at + BLOCK:]
        self.pending = name, [data, "anything"]
        fd = os.open(self.path + "/" + name, os.O_WRONLY)
        try:
            os.pwrite(fd, data[at:at + BLOCK], at)
            os.fdatasync(fd)
        finally:
            os.close(fd)
        self.settle(name, data)

    def remove(self, name):
        self.pending = name, [None]
        os.unlink(self.path + "/" + name)
        self.sync()
        self.settle(name, None)

    def step(self):
        if self.known and self.rnd.random() < 0.6:
            what = self.rnd.choice((self.append, self.overwrite, self.remove))
            what(self.rnd.choice(sorted(self.known)))
        else:
            self.replace("f%d" % self.rnd.randrange(30))

    def work(self):
        """Until it fails, since lklfuse was killed."""
        try:
            os.mkdir(self.path)
            fd = os.open(os.path.dirname(self.path), os.O_RDONLY)
            os.fsync(fd)
            os.close(fd)
            while True:
                self.step()
        except OSError:
            pass

    def is_allowed(self, name, data):
        if data == self.known.get(name):
            return True
        if not self.pending or name != self.pending[0]:
            return False
        allowed = self.pending[1]
        if data == allowed[0] or "anything" in allowed:
            return True
        return "prefix" in allowed and data is not None and \
            data.startswith(self.known[name])

    def problems(self):
        """What is not as it has to be, after it was mounted anew."""
        if not self.synced:
            return
        names = set(self.known)
        if self.pending:
            names.add(self.pending[0])
        there = set(os.listdir(self.path)) - {"new"}
        for name in sorted(names | there):
            try:
                with open(self.path + "/" + name, "rb") as f:
                    data = f.read()
            except FileNotFoundError:
                data = None
            except OSError as e:
                yield "%s/%s: %s" % (self.path, name, e)
                continue
            if not self.is_allowed(name, data):
                yield "%s/%s: %s bytes, known %s" % (
                    self.path, name, "no" if data is None else len(data),
                    len(self.known[name]) if name in self.known else "none")


class Mount:
    def __init__(self, image, point, options):
        self.point = point
        self.process = subprocess.Popen(
            ["lklfuse", image, point, "-f", *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        end = time.time() + LIMIT
        while not os.path.ismount(point):
            if self.process.poll() is not None or time.time() > end:
                raise RuntimeError("not mounted: %s" % self.end()[1])
            time.sleep(0.002)
        os.stat(point + "/.")

    def worker(self):
        path = "/proc/%d/task/%d/children" % ((self.process.pid,) * 2)
        with open(path) as f:
            return int(f.read().split()[0])

    def kill(self, both):
        """Returns when both are gone."""
        worker = os.pidfd_open(self.worker())
        if both:
            self.process.kill()
        signal.pidfd_send_signal(worker, signal.SIGKILL)
        select.select([worker], [], [])
        os.close(worker)

    def end(self):
        try:
            _, err = self.process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None, "it did not end"
        return self.process.returncode, err.decode(errors="replace").strip()

    def unmount(self):
        subprocess.run(["fusermount3", "-u", self.point], check=True)
        status, err = self.end()
        if status or err:
            raise RuntimeError("unmounted with status %s: %s" % (status, err))


def wait_free(image):
    """The host may be at the killed process's last writes, and keep its lock."""
    lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    with open(image, "r+b") as f:
        fcntl.fcntl(f, F_OFD_SETLKW, lock)


def attempt(args, number, rnd):
    mount = Mount(args.image, args.mountpoint, args.option)
    directories = [
        Directory("%s/r%d.%d" % (args.mountpoint, number, i),
                  random.Random("%s/%d/%d" % (args.seed, number, i)))
        for i in range(THREADS)]
    threads = [threading.Thread(target=d.work) for d in directories]
    for t in threads:
        t.start()
    time.sleep(rnd.choice((0.02, 0.1, 0.3, 1)) * (0.5 + rnd.random()))
    both = rnd.random() < 0.3
    mount.kill(both)
    status, _ = mount.end()
    if both:
        subprocess.run(["fusermount3", "-uqz", args.mountpoint], check=True)
    for t in threads:
        t.join()
    wait_free(args.image)
    if not both and status != 4:
        yield "status %s after it was killed" % status
    again = Mount(args.image, args.mountpoint, args.option)
    for d in directories:
        yield from d.problems()
        args.synced += d.synced
        subprocess.run(["rm", "-rf", d.path])
    again.unmount()
    check = subprocess.run([*args.check, args.image], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if check.returncode:
        yield "it is damaged: " + check.stdout


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--option", action="append", default=[])
    parser.add_argument("image")
    parser.add_argument("mountpoint")
    parser.add_argument("seconds", type=float)
    parser.add_argument("seed")
    parser.add_argument("check", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    args.synced = 0
    failed = False
    rounds = 0
    end = time.time() + args.seconds
    while time.time() < end and not failed:
        rnd = random.Random("%s/%d" % (args.seed, rounds))
        try:
            for problem in attempt(args, rounds, rnd):
                print("round %d: %s" % (rounds, problem))
                failed = True
        except (RuntimeError, OSError) as e:
            print("round %d: %s" % (rounds, e))
            failed = True
        rounds += 1
    print("%d times killed, %d changes synced" % (rounds, args.synced))
    return failed or not args.synced


if __name__ == "__main__":
    sys.exit(main())
