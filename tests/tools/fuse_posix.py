#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# fuse_posix.py - does a directory behave as one of a Linux file system does?
#
# Usage: fuse_posix.py DIRECTORY [PATTERN]
#
# Each function named test_* works in an empty directory of its own below
# DIRECTORY and pins what its first line says. Prints "ok - text", "not ok -
# text" or "skip - text: why" for each. Knows nothing of what is tested: run on
# a local ext4 of the host it says whether the test itself is right.
import array
import contextlib
import ctypes
import errno
import fcntl
import fnmatch
import mmap
import os
import random
import shutil
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
import traceback

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100
AT_EMPTY_PATH = 0x1000
RENAME_NOREPLACE, RENAME_EXCHANGE = 1, 2
KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE = 1, 2, 0x10
COLLAPSE_RANGE, INSERT_RANGE = 8, 0x20
FS_IOC_GETFLAGS, FS_IOC_SETFLAGS = 0x80086601, 0x40086602
FS_NODUMP, FS_NOATIME = 0x40, 0x80
OFD_SETLK = 37
O_TMPFILE = getattr(os, "O_TMPFILE", 0o20200000)


class Skip(Exception):
    pass


def call(name, *args):
    """A function of libc by name; raises OSError."""
    result = getattr(libc, name)(*args)
    if result < 0:
        err = ctypes.get_errno()
        raise OSError(err, "%s: %s" % (name, os.strerror(err)))
    return result


@contextlib.contextmanager
def fails(*numbers):
    """What is inside has to fail with one of these errors."""
    try:
        yield
    except OSError as e:
        assert e.errno in numbers, "failed with %s, expected %s" % (
            errno.errorcode.get(e.errno, e.errno),
            [errno.errorcode[n] for n in numbers])
    else:
        raise AssertionError("succeeded, expected %s" %
                             [errno.errorcode[n] for n in numbers])


def write(path, data=b"", flags=0):
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o644)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view):]
    finally:
        os.close(fd)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def renameat2(old, new, flags):
    call("renameat2", AT_FDCWD, os.fsencode(old), AT_FDCWD, os.fsencode(new),
         flags)


def fallocate(fd, mode, offset, length):
    call("fallocate", fd, mode, ctypes.c_long(offset), ctypes.c_long(length))


@contextlib.contextmanager
def opened(path, flags=os.O_RDWR, mode=0o644):
    fd = os.open(path, flags, mode)
    try:
        yield fd
    finally:
        os.close(fd)


# ---- names

def test_create_exclusive():
    """O_EXCL refuses a file that exists, O_CREAT alone opens it"""
    write("a", b"1")
    with fails(errno.EEXIST):
        os.open("a", os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    with opened("a", os.O_CREAT | os.O_RDONLY) as fd:
        assert os.read(fd, 9) == b"1"


def test_create_read_only():
    """who makes a file that cannot be written may write it, once"""
    for mode in (0o444, 0):
        with opened("f%o" % mode, os.O_WRONLY | os.O_CREAT | os.O_EXCL,
                    mode) as fd:
            os.write(fd, b"written")
        assert stat.S_IMODE(os.stat("f%o" % mode).st_mode) == mode
    assert read("f444") == b"written"
    os.chmod("f0", 0o600)
    assert read("f0") == b"written"
    with opened("r", os.O_RDONLY | os.O_CREAT, 0o222) as fd:
        assert os.read(fd, 1) == b""


def test_missing():
    """a name that is not there gives ENOENT, again and again, until it is"""
    for _ in range(3):
        with fails(errno.ENOENT):
            os.stat("a")
    write("a")
    os.stat("a")
    os.unlink("a")
    with fails(errno.ENOENT):
        os.stat("a")


def test_mode_and_umask():
    """the umask applies to files, directories and FIFOs"""
    old = os.umask(0o027)
    try:
        os.close(os.open("f", os.O_CREAT | os.O_WRONLY, 0o666))
        os.mkdir("d", 0o777)
        os.mkfifo("p", 0o666)
    finally:
        os.umask(old)
    assert stat.S_IMODE(os.stat("f").st_mode) == 0o640
    assert stat.S_IMODE(os.stat("d").st_mode) == 0o750
    assert stat.S_IMODE(os.stat("p").st_mode) == 0o640


def test_types():
    """FIFOs, sockets and symbolic links are what they are"""
    os.mkfifo("p")
    s = socket.socket(socket.AF_UNIX)
    s.bind("s")
    os.symlink("nowhere", "l")
    assert stat.S_ISFIFO(os.lstat("p").st_mode)
    assert stat.S_ISSOCK(os.lstat("s").st_mode)
    assert stat.S_ISLNK(os.lstat("l").st_mode)
    assert os.readlink("l") == "nowhere"
    s.listen()
    c = socket.socket(socket.AF_UNIX)
    c.connect("s")
    a, _ = s.accept()
    c.send(b"x")
    assert a.recv(1) == b"x"


def test_fifo():
    """data goes through a FIFO"""
    os.mkfifo("p")
    t = threading.Thread(target=lambda: write("p", b"through"))
    t.start()
    assert read("p") == b"through"
    t.join()


def test_symlink_long():
    """a symbolic link of 1000 bytes, and one that dangles"""
    os.symlink("t" * 1000, "l")
    assert os.readlink("l") == "t" * 1000
    assert os.lstat("l").st_size == 1000
    with fails(errno.ENAMETOOLONG, errno.ENOENT):
        os.stat("l")


def test_symlink_loop():
    """symbolic links in a circle give ELOOP"""
    os.symlink("b", "a")
    os.symlink("a", "b")
    with fails(errno.ELOOP):
        os.stat("a")


def test_hard_links():
    """hard links share inode, contents and count"""
    write("a", b"one")
    os.link("a", "b")
    os.mkdir("d")
    os.link("b", "d/c")
    assert os.stat("a").st_ino == os.stat("d/c").st_ino
    assert os.stat("a").st_nlink == 3
    write("b", b"two")
    assert read("d/c") == b"two"
    os.unlink("a")
    assert os.stat("b").st_nlink == 2
    os.rename("d/c", "e")
    os.chmod("e", 0o600)
    assert stat.S_IMODE(os.stat("b").st_mode) == 0o600
    with fails(errno.EPERM):
        os.link("d", "d2")


def test_link_of_symlink():
    """a symbolic link can have several names itself"""
    os.symlink("x", "a")
    os.link("a", "b", follow_symlinks=False)
    assert os.readlink("b") == "x" and os.lstat("a").st_nlink == 2


def test_rename():
    """rename replaces files and empty directories, and nothing else"""
    write("a", b"a")
    write("b", b"b")
    os.rename("a", "b")
    assert read("b") == b"a" and not os.path.exists("a")
    os.mkdir("d")
    os.mkdir("e")
    os.rename("d", "e")
    assert os.listdir("e") == []
    write("e/f")
    os.mkdir("g")
    with fails(errno.ENOTEMPTY, errno.EEXIST):
        os.rename("g", "e")
    with fails(errno.EISDIR):
        os.rename("b", "g")
    with fails(errno.ENOTDIR):
        os.rename("g", "b")
    with fails(errno.EINVAL):
        os.rename("e", "e/below")


def test_rename_flags():
    """renameat2: NOREPLACE and EXCHANGE"""
    write("a", b"a")
    write("b", b"b")
    with fails(errno.EEXIST):
        renameat2("a", "b", RENAME_NOREPLACE)
    renameat2("a", "c", RENAME_NOREPLACE)
    assert read("c") == b"a"
    renameat2("b", "c", RENAME_EXCHANGE)
    assert read("b") == b"a" and read("c") == b"b"
    os.mkdir("d")
    write("d/x")
    renameat2("d", "b", RENAME_EXCHANGE)
    assert os.path.isdir("b") and read("d") == b"a" and os.listdir("b") == ["x"]


def test_rename_open():
    """an open file, and one in an open directory, survive renames above them"""
    os.makedirs("a/b")
    with opened("a/b/f", os.O_RDWR | os.O_CREAT) as fd:
        dirfd = os.open("a/b", os.O_RDONLY)
        os.rename("a", "z")
        os.write(fd, b"x" * 10000)
        os.rename("z/b", "y")
        os.mkdir("a")
        os.fsync(fd)
        assert os.fstat(fd).st_size == 10000
        assert os.stat("f", dir_fd=dirfd).st_size == 10000
        write("y/f2", b"new")
        assert sorted(os.listdir(dirfd)) == ["f", "f2"]
        with opened("y/f", os.O_RDONLY) as fd2:
            assert os.read(fd2, 20000) == b"x" * 10000
        os.close(dirfd)


def test_unlinked_open():
    """an open file without a name can be read, written and cut"""
    with opened("f", os.O_RDWR | os.O_CREAT) as fd:
        os.write(fd, b"before")
        os.unlink("f")
        assert os.fstat(fd).st_nlink == 0
        os.write(fd, b" after")
        os.fsync(fd)
        assert os.pread(fd, 99, 0) == b"before after"
        os.ftruncate(fd, 3)
        assert os.pread(fd, 99, 0) == b"bef" and os.fstat(fd).st_size == 3
        os.fchmod(fd, 0o600)
        assert stat.S_IMODE(os.fstat(fd).st_mode) == 0o600
        write("f", b"another")
        assert os.pread(fd, 99, 0) == b"bef"
    assert read("f") == b"another"


def test_replaced_open():
    """an open file that a rename has replaced lives on"""
    write("f", b"old")
    with opened("f", os.O_RDONLY) as fd:
        write("g", b"new")
        os.rename("g", "f")
        assert os.read(fd, 9) == b"old" and read("f") == b"new"
        assert os.fstat(fd).st_nlink == 0


def test_removed_directory():
    """a directory that is gone, but somebody's, is empty and takes no files"""
    os.mkdir("d")
    fd = os.open("d", os.O_RDONLY | os.O_DIRECTORY)
    os.rmdir("d")
    assert os.listdir(fd) == []
    with fails(errno.ENOENT):
        os.open("x", os.O_CREAT | os.O_WRONLY, dir_fd=fd)
    assert os.fstat(fd).st_nlink in (0, 1, 2)
    os.close(fd)


def test_rmdir():
    """only empty directories can be removed, and files not as directories"""
    os.mkdir("d")
    write("d/f")
    with fails(errno.ENOTEMPTY):
        os.rmdir("d")
    with fails(errno.ENOTDIR):
        os.rmdir("d/f")
    with fails(errno.EISDIR):
        os.unlink("d")
    os.unlink("d/f")
    os.rmdir("d")


def test_directory_links():
    """directories count their subdirectories"""
    os.mkdir("d")
    before = os.stat("d").st_nlink
    os.mkdir("d/a")
    os.mkdir("d/b")
    if before == 1:
        raise Skip("this file system does not count")
    assert os.stat("d").st_nlink == before + 2
    os.rmdir("d/a")
    assert os.stat("d").st_nlink == before + 1


def test_names():
    """names that are not UTF-8, with newlines, and of 255 bytes"""
    names = [b"\xff\xfe\x80", b"new\nline", b"-rf *", b"\xe4\xf6\xfc", b" ",
             "漢字".encode(), b"n" * 255, b"back\\slash", b"\x01\x7f"]
    for n in names:
        write(n, n)
    assert sorted(os.listdir(b".")) == sorted(names)
    for n in names:
        assert read(n) == n
    with fails(errno.ENAMETOOLONG):
        write(b"n" * 256)


def test_deep():
    """100 levels of directories, and back"""
    for _ in range(100):
        os.mkdir("level")
        os.chdir("level")
    write("bottom", b"x")
    for _ in range(100):
        os.chdir("..")
    assert read("level/" * 100 + "bottom") == b"x"


def test_large_directory():
    """100 000 entries are there, each once, and go"""
    os.mkdir("d")
    fd = os.open("d", os.O_RDONLY)
    want = set()
    for i in range(100000):
        name = "entry%06d" % i
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY, 0o644, dir_fd=fd)) \
            if i % 100 == 0 else os.link("entry%06d" % (i - i % 100), name,
                                         src_dir_fd=fd, dst_dir_fd=fd)
        want.add(name)
    got = os.listdir("d")
    assert len(got) == 100000 and set(got) == want
    for i in range(0, 100000, 2):
        os.unlink("entry%06d" % i, dir_fd=fd)
    assert len(os.listdir("d")) == 50000
    for e in os.scandir("d"):
        assert e.stat(follow_symlinks=False).st_nlink == 50
    for n in os.listdir("d"):
        os.unlink(n, dir_fd=fd)
    os.close(fd)
    os.rmdir("d")


def test_readdir_while_changing():
    """entries that stay are seen exactly once while others come and go"""
    os.mkdir("d")
    for i in range(2000):
        write("d/stays%d" % i)
    seen = []
    with os.scandir("d") as it:
        for n, e in enumerate(it):
            if e.name.startswith("stays"):
                seen.append(e.name)
            if n % 10 == 0:
                write("d/new%d" % n)
                if n > 10:
                    os.unlink("d/new%d" % (n - 10)) \
                        if os.path.exists("d/new%d" % (n - 10)) else None
            if n > 20000:
                break
    assert len(seen) == len(set(seen)) == 2000


def test_seekdir():
    """telldir, seekdir and rewinddir"""
    for i in range(500):
        write("f%d" % i)
    libc.opendir.restype = ctypes.c_void_p
    libc.readdir.restype = ctypes.c_void_p
    libc.telldir.restype = ctypes.c_long
    d = ctypes.c_void_p(libc.opendir(b"."))

    def entry():
        p = libc.readdir(d)
        return ctypes.string_at(p + 19) if p else None
    for _ in range(100):
        entry()
    at = libc.telldir(d)
    rest = [entry() for _ in range(50)]
    libc.seekdir(d, ctypes.c_long(at))
    assert [entry() for _ in range(50)] == rest
    write("later")
    libc.rewinddir(d)
    names = []
    while True:
        n = entry()
        if n is None:
            break
        names.append(n)
    assert b"later" in names and len(names) == 503
    libc.closedir(d)


def test_readdir_types():
    """entries carry inode numbers and types"""
    write("f")
    os.mkdir("d")
    os.symlink("f", "l")
    os.mkfifo("p")
    for e in os.scandir("."):
        st = os.lstat(e.name)
        assert e.inode() == st.st_ino
        assert e.is_dir(follow_symlinks=False) == stat.S_ISDIR(st.st_mode)
        assert e.is_symlink() == stat.S_ISLNK(st.st_mode)


def test_readdirplus():
    """what a listing has told of files is what they are"""
    for i in range(300):
        write("f%d" % i, b"x" * i)
        os.chmod("f%d" % i, 0o400 + i % 0o100)
        os.utime("f%d" % i, ns=(10**18 + i, 10**18 + 2 * i))
    os.mkdir("d")
    os.symlink("f1", "l")
    os.mkfifo("p")
    os.link("f299", "second")
    # In another process's order: list, ask for all, list again by ls.
    for e in os.scandir("."):
        st = e.stat(follow_symlinks=False)
        if e.name.startswith("f"):
            i = int(e.name[1:])
            assert st.st_size == i and st.st_mtime_ns == 10**18 + 2 * i
            assert stat.S_IMODE(st.st_mode) == 0o400 + i % 0o100
            assert st.st_nlink == 1 + (i == 299)
    out = subprocess.run(["ls", "-lA"], capture_output=True, text=True,
                         check=True).stdout.splitlines()
    assert len(out) == 1 + 304
    kinds = [line[0] for line in out[1:]]
    assert (kinds.count("d"), kinds.count("l"), kinds.count("p")) == (1, 1, 1)


def test_many_files():
    """6000 files, more than are kept open inside, are found again"""
    for i in range(6000):
        write("f%d" % i, b"%d" % i)
    os.rename("f17", "renamed")
    for i in range(5999, -1, -1):
        name = "renamed" if i == 17 else "f%d" % i
        assert read(name) == b"%d" % i
        os.chmod(name, 0o600)
    write("f3", b"new")
    assert read("f3") == b"new" and len(os.listdir(".")) == 6000


# ---- contents

def test_contents_sizes():
    """what is written is read, in sizes around all limits"""
    rnd = random.Random(1)
    for size in (0, 1, 4095, 4096, 4097, 65537, 131072, 1048575, 1048577,
                 5 << 20):
        data = rnd.randbytes(size)
        write("f", data, os.O_TRUNC)
        assert read("f") == data and os.stat("f").st_size == size


def test_contents_random():
    """random writes, cuts and reads agree with a model"""
    rnd = random.Random(2)
    model = bytearray()
    with opened("f", os.O_RDWR | os.O_CREAT) as fd:
        for i in range(600):
            what = rnd.randrange(10)
            at = rnd.randrange(1 << 20)
            if what < 5:
                data = rnd.randbytes(rnd.randrange(1, 100000))
                os.pwrite(fd, data, at)
                if at > len(model):
                    model.extend(bytes(at - len(model)))
                model[at:at + len(data)] = data
            elif what < 8:
                n = rnd.randrange(1, 200000)
                assert os.pread(fd, n, at) == model[at:at + n], i
            elif what == 8:
                os.ftruncate(fd, at)
                if at < len(model):
                    del model[at:]
                else:
                    model.extend(bytes(at - len(model)))
            elif rnd.randrange(4) == 0:
                os.fsync(fd)
        os.fsync(fd)
    assert read("f") == model


class Model:
    """A file, and what has to be in it, whatever way it is changed."""

    SIZE = 2 << 20

    def __init__(self, fd, direct, rnd):
        self.fd, self.direct, self.rnd = fd, direct, rnd
        self.data = bytearray()
        self.page = mmap.mmap(-1, self.SIZE)

    def grow(self, size):
        self.data.extend(bytes(max(0, size - len(self.data))))

    def put(self, at, data):
        self.grow(at + len(data))
        self.data[at:at + len(data)] = data

    def span(self, unit=1):
        at = self.rnd.randrange(self.SIZE // unit) * unit
        size = self.rnd.choice((100, 4096, 70000, 300000))
        size = self.rnd.randrange(1, min(size, self.SIZE - at) + 1)
        return at, -(-size // unit) * unit

    def write(self):
        at, size = self.span()
        data = self.rnd.randbytes(size)
        os.pwrite(self.fd, data, at)
        self.put(at, data)

    def write_direct(self):
        at, size = self.span(4096)
        data = self.rnd.randbytes(size)
        self.page[:size] = data
        assert os.pwritev(self.direct, [memoryview(self.page)[:size]],
                          at) == size
        self.put(at, data)

    def read(self):
        at, size = self.span()
        assert os.pread(self.fd, size, at) == self.data[at:at + size]

    def read_direct(self):
        at, size = self.span(4096)
        n = os.preadv(self.direct, [memoryview(self.page)[:size]], at)
        assert self.page[:n] == self.data[at:at + size]

    def map(self):
        at, size = self.span()
        if at + size > len(self.data):
            return
        with mmap.mmap(self.fd, len(self.data)) as m:
            assert m[at:at + size] == self.data[at:at + size]
            if self.rnd.randrange(2):
                data = self.rnd.randbytes(size)
                m[at:at + size] = data
                self.put(at, data)
                if self.rnd.randrange(2):
                    m.flush()

    def cut(self):
        size = self.rnd.randrange(self.SIZE)
        os.ftruncate(self.fd, size)
        del self.data[size:]
        self.grow(size)

    def punch(self):
        at, size = self.span()
        fallocate(self.fd, PUNCH_HOLE | KEEP_SIZE, at, size)
        size = min(size, len(self.data) - at)
        if size > 0:
            self.data[at:at + size] = bytes(size)

    def allocate(self):
        at, size = self.span()
        fallocate(self.fd, 0, at, size)
        self.grow(at + size)

    def copy(self):
        at, size = self.span()
        to = self.rnd.randrange(self.SIZE - size)
        if abs(at - to) < size or at + size > len(self.data):
            return
        done = os.copy_file_range(self.fd, self.fd, size, at, to)
        self.put(to, self.data[at:at + done])

    def drop(self):
        os.fsync(self.fd)
        os.posix_fadvise(self.fd, 0, 0, os.POSIX_FADV_DONTNEED)

    def step(self):
        self.rnd.choice((
            self.write, self.write, self.write_direct, self.read, self.read,
            self.read_direct, self.map, self.map, self.cut, self.punch,
            self.allocate, self.copy, self.drop))()
        assert os.fstat(self.fd).st_size == len(self.data)


def test_contents_all_ways():
    """1200 changes by write, mmap, O_DIRECT, fallocate, copies agree with a model"""
    rnd = random.Random(5)
    with opened("f", os.O_RDWR | os.O_CREAT) as fd, \
            opened("f", os.O_RDWR | os.O_DIRECT) as direct:
        model = Model(fd, direct, rnd)
        for i in range(1200):
            try:
                model.step()
            except AssertionError as e:
                raise AssertionError("step %d: %s" % (i, e)) from e
        model.drop()
        assert os.pread(fd, Model.SIZE * 2, 0) == model.data


def test_direct_io():
    """O_DIRECT and the page cache see the same"""
    buf = mmap.mmap(-1, 1 << 20)
    buf.write(random.Random(3).randbytes(1 << 20))
    with opened("f", os.O_RDWR | os.O_CREAT | os.O_DIRECT) as fd:
        assert os.writev(fd, [buf]) == 1 << 20
        write("f", b"cached")
        back = mmap.mmap(-1, 1 << 20)
        assert os.preadv(fd, [back], 0) == 1 << 20
    assert back[:6] == b"cached" and back[6:] == buf[6:]
    assert read("f") == back[:]


def test_append():
    """O_APPEND: writers of one file do not overwrite each other"""
    def append(c):
        with opened("f", os.O_WRONLY | os.O_APPEND | os.O_CREAT) as fd:
            for _ in range(500):
                os.write(fd, c * 37)
    threads = [threading.Thread(target=append, args=(bytes([65 + i]),))
               for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    data = read("f")
    assert len(data) == 4 * 500 * 37
    for i in range(0, len(data), 37):
        assert data[i:i + 37] == data[i:i + 1] * 37


def test_truncate():
    """O_TRUNC, truncate and ftruncate; what comes back is zeros"""
    write("f", b"x" * 10000)
    os.truncate("f", 100)
    os.truncate("f", 5000)
    assert read("f") == b"x" * 100 + bytes(4900)
    with opened("f", os.O_RDWR | os.O_TRUNC) as fd:
        assert os.fstat(fd).st_size == 0
        os.ftruncate(fd, 10)
        assert os.read(fd, 99) == bytes(10)
    with fails(errno.EISDIR):
        os.truncate(".", 0)
    with fails(errno.EINVAL):
        os.truncate("f", -1)


def test_large_file():
    """data beyond 4 GiB stays where it is, and holes take no space"""
    at = (5 << 30) + 12345
    with opened("f", os.O_RDWR | os.O_CREAT) as fd:
        os.pwrite(fd, b"far", at)
        os.pwrite(fd, b"middle", (4 << 30) - 3)
        os.fsync(fd)
        assert os.fstat(fd).st_size == at + 3
        assert os.pread(fd, 10, at) == b"far"
        assert os.pread(fd, 6, (4 << 30) - 3) == b"middle"
        assert os.pread(fd, 6, 1 << 30) == bytes(6)
        assert os.fstat(fd).st_blocks * 512 < 1 << 20


def test_sparse_seek():
    """SEEK_DATA and SEEK_HOLE, of what was written a moment ago too"""
    with opened("f", os.O_RDWR | os.O_CREAT) as fd:
        os.ftruncate(fd, 1 << 20)
        with fails(errno.ENXIO):
            os.lseek(fd, 0, os.SEEK_DATA)
        os.pwrite(fd, b"x" * 4096, 65536)
        assert os.lseek(fd, 0, os.SEEK_DATA) == 65536
        assert os.lseek(fd, 65536, os.SEEK_HOLE) == 65536 + 4096
        assert os.lseek(fd, 0, os.SEEK_HOLE) == 0
        os.fsync(fd)
        assert os.lseek(fd, 0, os.SEEK_DATA) == 65536
        with fails(errno.ENXIO):
            os.lseek(fd, 1 << 20, os.SEEK_DATA)
        assert os.lseek(fd, -1, os.SEEK_END) == (1 << 20) - 1
        assert os.pread(fd, 4096, 65536) == b"x" * 4096


def test_fallocate():
    """fallocate: space ahead, with and without a new size"""
    with opened("f", os.O_RDWR | os.O_CREAT) as fd:
        fallocate(fd, 0, 0, 1 << 20)
        assert os.fstat(fd).st_size == 1 << 20
        assert os.fstat(fd).st_blocks * 512 >= 1 << 20
        fallocate(fd, KEEP_SIZE, 1 << 20, 1 << 20)
        assert os.fstat(fd).st_size == 1 << 20
        assert os.fstat(fd).st_blocks * 512 >= 2 << 20
        assert os.pread(fd, 4096, 0) == bytes(4096)


def test_punch_hole():
    """fallocate: PUNCH_HOLE and ZERO_RANGE"""
    with opened("f", os.O_RDWR | os.O_CREAT) as fd:
        os.write(fd, b"x" * (1 << 20))
        fallocate(fd, PUNCH_HOLE | KEEP_SIZE, 100000, 500000)
        assert os.pread(fd, 1 << 20, 0) == (b"x" * 100000 + bytes(500000) +
                                            b"x" * ((1 << 20) - 600000))
        os.fsync(fd)
        assert os.fstat(fd).st_blocks * 512 < 700000
        try:
            fallocate(fd, ZERO_RANGE, 0, 50000)
        except OSError as e:
            if e.errno != errno.EOPNOTSUPP:
                raise
        else:
            assert os.pread(fd, 50001, 0) == bytes(50000) + b"x"


def test_fallocate_ranges():
    """fallocate: COLLAPSE_RANGE and INSERT_RANGE are done, or refused"""
    for mode in (COLLAPSE_RANGE, INSERT_RANGE):
        with opened("f", os.O_RDWR | os.O_CREAT | os.O_TRUNC) as fd:
            os.write(fd, b"a" * 65536 + b"b" * 65536)
            want = b"b" * 65536 if mode == COLLAPSE_RANGE else \
                bytes(65536) + b"a" * 65536 + b"b" * 65536
            try:
                fallocate(fd, mode, 0, 65536)
            except OSError as e:
                assert e.errno == errno.EOPNOTSUPP
                want = b"a" * 65536 + b"b" * 65536
            assert os.pread(fd, 1 << 20, 0) == want
    with opened("f") as fd:
        with fails(errno.EINVAL):
            fallocate(fd, 0, 0, 0)
        with fails(errno.EFBIG, errno.EINVAL):
            fallocate(fd, 0, 1 << 62, 1 << 62)


def test_copy_file_range():
    """copy_file_range, of data that was not synced"""
    data = random.Random(4).randbytes(3 << 20)
    write("a", data)
    with opened("a", os.O_RDONLY) as a, \
            opened("b", os.O_RDWR | os.O_CREAT) as b:
        done = 0
        while done < len(data) - 1000:
            n = os.copy_file_range(a, b, len(data) - 1000 - done,
                                   1000 + done, done)
            assert n > 0
            done += n
    assert read("b") == data[1000:]


def test_mmap():
    """a shared mapping and write() see each other, and it reaches the file"""
    write("f", bytes(65536))
    with opened("f") as fd:
        m = mmap.mmap(fd, 65536)
        m[100:105] = b"mmap!"
        os.pwrite(fd, b"write", 5000)
        assert m[5000:5005] == b"write"
        assert os.pread(fd, 5, 100) == b"mmap!"
        m.flush()
        m.close()
    assert read("f")[100:105] == b"mmap!"


def test_fsync():
    """fsync and fdatasync of files and directories"""
    with opened("f", os.O_RDWR | os.O_CREAT) as fd:
        os.write(fd, b"x" * 100000)
        os.fsync(fd)
        os.write(fd, b"y")
        os.fdatasync(fd)
    fd = os.open(".", os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
    with opened("s", os.O_WRONLY | os.O_CREAT | os.O_SYNC) as fd:
        os.write(fd, b"synchronous")
    assert read("s") == b"synchronous"


def test_tmpfile():
    """O_TMPFILE: a file without a name, and then with one"""
    try:
        fd = os.open(".", O_TMPFILE | os.O_RDWR, 0o640)
    except OSError as e:
        if e.errno in (errno.EOPNOTSUPP, errno.EISDIR):
            raise Skip("not supported here")
        raise
    os.write(fd, b"temporary")
    assert os.fstat(fd).st_nlink == 0 and os.listdir(".") == []
    call("linkat", AT_FDCWD, b"/proc/self/fd/%d" % fd, AT_FDCWD, b"named",
         0x400)
    assert os.fstat(fd).st_nlink == 1
    os.close(fd)
    assert read("named") == b"temporary"


# ---- attributes

def test_chmod():
    """chmod, fchmod, set-user-ID, sticky; not by the way of a symbolic link"""
    write("f")
    for mode in (0o644, 0o4755, 0o1777, 0, 0o600):
        os.chmod("f", mode)
        assert stat.S_IMODE(os.stat("f").st_mode) == mode
    os.symlink("f", "l")
    os.chmod("l", 0o640)
    assert stat.S_IMODE(os.stat("f").st_mode) == 0o640


def test_setuid_dropped():
    """a write by an ordinary user takes set-user-ID away"""
    if os.getuid() == 0:
        raise Skip("we are root")
    write("f", b"program")
    os.chmod("f", 0o6755)
    assert stat.S_IMODE(os.stat("f").st_mode) == 0o6755
    with opened("f", os.O_WRONLY) as fd:
        os.write(fd, b"x")
    assert stat.S_IMODE(os.stat("f").st_mode) == 0o755
    os.chmod("f", 0o6755)
    os.truncate("f", 0)
    assert stat.S_IMODE(os.stat("f").st_mode) == 0o755


def test_sgid_directory():
    """a set-group-ID directory hands it on"""
    os.mkdir("d")
    os.chmod("d", 0o2775)
    os.mkdir("d/e")
    assert os.stat("d/e").st_mode & stat.S_ISGID
    write("d/f")
    assert os.stat("d/f").st_gid == os.stat("d").st_gid


def test_utimens():
    """times in nanoseconds, before 1970 and after 2038, of links too"""
    write("f")
    os.symlink("f", "l")
    for ns in (1, 999999999, 1234567890123456789, 4102444800000000007,
               -1000000001):
        os.utime("f", ns=(ns, ns + 2))
        st = os.stat("f")
        assert (st.st_atime_ns, st.st_mtime_ns) == (ns, ns + 2)
    os.utime("l", ns=(5, 6), follow_symlinks=False)
    assert os.lstat("l").st_mtime_ns == 6 and os.stat("f").st_mtime_ns != 6
    os.utime("f")
    assert abs(os.stat("f").st_mtime - time.time()) < 5


def test_times_move():
    """writes move mtime and ctime, new names those of the directory"""
    write("f", b"1")
    os.utime("f", ns=(1000, 1000))
    os.mkdir("d")
    os.utime("d", ns=(1000, 1000))
    write("f", b"2")
    assert os.stat("f").st_mtime_ns > 1000
    write("d/x")
    assert os.stat("d").st_mtime_ns > 1000
    os.utime("d", ns=(1000, 1000))
    os.unlink("d/x")
    assert os.stat("d").st_mtime_ns > 1000
    before = os.stat("f").st_ctime_ns
    time.sleep(0.02)
    os.chmod("f", 0o600)
    assert os.stat("f").st_ctime_ns > before


def test_mtime_kept():
    """a time that is set stays, though data is written back afterwards"""
    with opened("f", os.O_RDWR | os.O_CREAT) as fd:
        os.write(fd, b"x" * 100000)
        os.utime(fd, ns=(10**18, 10**18 + 1))
        os.fsync(fd)
        assert os.fstat(fd).st_mtime_ns == 10**18 + 1
    assert os.stat("f").st_mtime_ns == 10**18 + 1


def test_statx():
    """statx tells when a file was made"""
    now = time.time()
    write("f")
    out = subprocess.run(["stat", "-c", "%W", "f"], capture_output=True,
                         check=True).stdout
    if out.strip() in (b"0", b"-", b""):
        raise Skip("no birth time here")
    assert abs(int(out) - now) < 5


def test_statfs():
    """statfs: sizes that make sense, and that change"""
    a = os.statvfs(".")
    assert 0 < a.f_bavail <= a.f_bfree <= a.f_blocks and a.f_namemax == 255
    # btrfs counts when it commits, and then what was freed before, too.
    with opened("f", os.O_WRONLY | os.O_CREAT) as fd:
        for _ in range(40):
            os.write(fd, os.urandom(4 << 20))
            os.fsync(fd)
            b = os.statvfs(".")
            if (a.f_bfree - b.f_bfree) * b.f_frsize >= 3 << 20:
                return
            time.sleep(0.1)
    raise AssertionError("nothing was taken away")


def test_xattr():
    """user attributes: set, create, replace, list, remove, large"""
    write("f")
    try:
        os.setxattr("f", "user.a", b"1")
    except OSError as e:
        if e.errno == errno.EOPNOTSUPP:
            raise Skip("not supported here")
        raise
    os.setxattr("f", "user.b", b"\x00\xff" * 500)
    os.setxattr("f", "user.empty", b"")
    assert os.getxattr("f", "user.a") == b"1"
    assert os.getxattr("f", "user.b") == b"\x00\xff" * 500
    assert os.getxattr("f", "user.empty") == b""
    assert sorted(n for n in os.listxattr("f") if n.startswith("user.")) == [
        "user.a", "user.b", "user.empty"]
    with fails(errno.EEXIST):
        os.setxattr("f", "user.a", b"2", os.XATTR_CREATE)
    with fails(errno.ENODATA):
        os.setxattr("f", "user.c", b"2", os.XATTR_REPLACE)
    os.setxattr("f", "user.a", b"2", os.XATTR_REPLACE)
    assert os.getxattr("f", "user.a") == b"2"
    os.removexattr("f", "user.a")
    with fails(errno.ENODATA):
        os.getxattr("f", "user.a")
    with fails(errno.ENODATA):
        os.removexattr("f", "user.a")
    os.mkdir("d")
    os.setxattr("d", "user.d", b"dir")
    assert os.getxattr("d", "user.d") == b"dir"
    with fails(errno.EOPNOTSUPP):
        os.getxattr("f", "nonsense")


def test_xattr_privileged():
    """trusted and security attributes, of links too"""
    if os.getuid() != 0:
        raise Skip("only for root")
    write("f")
    os.symlink("f", "l")
    os.setxattr("f", "trusted.t", b"t")
    os.setxattr("l", "trusted.t", b"link", follow_symlinks=False)
    os.setxattr("f", "security.s", b"s")
    assert os.getxattr("f", "trusted.t") == b"t"
    assert os.getxattr("l", "trusted.t", follow_symlinks=False) == b"link"
    assert "trusted.t" in os.listxattr("f")
    caps = struct.pack("<IIIII", 0x02000000, 1 << 10, 0, 0, 0)
    os.setxattr("f", "security.capability", caps)
    with opened("f", os.O_WRONLY) as fd:
        os.write(fd, b"x")
    with fails(errno.ENODATA):
        os.getxattr("f", "security.capability")


def test_device_nodes():
    """device nodes are what was asked for"""
    if os.getuid() != 0:
        raise Skip("only for root")
    for kind, major, minor in ((stat.S_IFCHR, 1, 3), (stat.S_IFBLK, 259, 70000),
                               (stat.S_IFCHR, 4095, 1048575)):
        name = "n%d.%d" % (major, minor)
        os.mknod(name, kind | 0o640, os.makedev(major, minor))
        st = os.lstat(name)
        assert stat.S_IFMT(st.st_mode) == kind
        assert (os.major(st.st_rdev), os.minor(st.st_rdev)) == (major, minor)


def test_chown():
    """chown, also of a link, and to ids beyond 16 bits"""
    write("f")
    os.symlink("f", "l")
    try:
        os.chown("f", 70000, 123456789)
    except PermissionError:
        raise Skip("not allowed to us")
    st = os.stat("f")
    assert (st.st_uid, st.st_gid) == (70000, 123456789)
    os.chown("f", -1, 5)
    assert (os.stat("f").st_uid, os.stat("f").st_gid) == (70000, 5)
    os.chown("l", 7, 8, follow_symlinks=False)
    assert os.lstat("l").st_uid == 7 and os.stat("f").st_uid == 70000


def test_chattr():
    """file attributes by ioctl"""
    write("f")
    with opened("f", os.O_RDONLY) as fd:
        buf = array.array("i", [0, 0])
        try:
            fcntl.ioctl(fd, FS_IOC_GETFLAGS, buf)
            fcntl.ioctl(fd, FS_IOC_SETFLAGS,
                        array.array("i", [buf[0] | FS_NODUMP | FS_NOATIME, 0]))
        except OSError as e:
            if e.errno in (errno.ENOTTY, errno.EOPNOTSUPP):
                raise Skip("not supported here")
            raise
        fcntl.ioctl(fd, FS_IOC_GETFLAGS, buf)
        assert buf[0] & (FS_NODUMP | FS_NOATIME) == FS_NODUMP | FS_NOATIME
    os.mkdir("d")
    subprocess.run(["chattr", "+d", "d"], check=True)
    out = subprocess.run(["lsattr", "-d", "d"], check=True,
                         capture_output=True, text=True).stdout
    assert "d" in out.split()[0]


def test_chattr_append():
    """an append-only file takes appends and nothing else"""
    if os.getuid() != 0:
        raise Skip("only for root")
    write("f", b"1")
    subprocess.run(["chattr", "+a", "f"], check=True)
    try:
        with fails(errno.EPERM):
            with opened("f", os.O_WRONLY) as fd:
                os.write(fd, b"x")
        with opened("f", os.O_WRONLY | os.O_APPEND) as fd:
            os.write(fd, b"2")
            os.write(fd, b"3")
        with fails(errno.EPERM):
            os.unlink("f")
        assert read("f") == b"123"
    finally:
        subprocess.run(["chattr", "-a", "f"], check=True)


def test_chattr_immutable():
    """an immutable file cannot be changed in any way, until it is not"""
    if os.getuid() != 0:
        raise Skip("only for root")
    write("f", b"1")
    subprocess.run(["chattr", "+i", "f"], check=True)
    try:
        for attempt in (lambda: write("f", b"2"), lambda: os.unlink("f"),
                        lambda: os.rename("f", "g"),
                        lambda: os.link("f", "g"), lambda: os.chmod("f", 0),
                        lambda: os.truncate("f", 0)):
            with fails(errno.EPERM):
                attempt()
        assert read("f") == b"1"
    finally:
        subprocess.run(["chattr", "-i", "f"], check=True)
    write("f", b"2")
    assert read("f") == b"2"


def test_acl():
    """POSIX ACLs are kept, change the mode, and are inherited"""
    write("f")
    if subprocess.run(["setfacl", "-m", "u:7:rwx,m::rw", "f"],
                      capture_output=True).returncode:
        raise Skip("not supported here")
    out = subprocess.run(["getfacl", "-cn", "f"], check=True, text=True,
                         capture_output=True).stdout
    assert "user:7:rwx" in out and "mask::rw-" in out
    assert stat.S_IMODE(os.stat("f").st_mode) == 0o664
    os.mkdir("d")
    subprocess.run(["setfacl", "-d", "-m", "u:8:rw,g::-,o::-", "d"], check=True)
    write("d/f")
    os.mkdir("d/d")
    out = subprocess.run(["getfacl", "-cn", "d/f"], check=True, text=True,
                         capture_output=True).stdout
    assert "user:8:rw" in out and "other::---" in out
    out = subprocess.run(["getfacl", "-cn", "d/d"], check=True, text=True,
                         capture_output=True).stdout
    assert "default:user:8:rw" in out
    subprocess.run(["setfacl", "-b", "f"], check=True)
    assert not any("acl" in n for n in os.listxattr("f"))


def test_access():
    """access() says what open() does"""
    write("f")
    os.chmod("f", 0o644)
    assert os.access("f", os.R_OK | os.W_OK) and not os.access("f", os.X_OK)
    assert not os.access("g", os.F_OK)
    os.chmod("f", 0o755)
    assert os.access("f", os.X_OK)


def test_execute():
    """programs and scripts can be executed"""
    write("s", b"#!/bin/sh\necho it ran\n")
    os.chmod("s", 0o755)
    assert subprocess.run(["./s"], capture_output=True).stdout == b"it ran\n"
    shutil.copy("/bin/true", "t")
    os.chmod("t", 0o755)
    assert subprocess.run(["./t"]).returncode == 0
    os.chmod("t", 0o644)
    with fails(errno.EACCES):
        subprocess.run(["./t"])


# ---- locks

def in_child(function):
    """Result of a function in another process."""
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(1 if function() else 0)
        except BaseException:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def can_lock(function, *args):
    def attempt():
        with opened("f") as fd:
            try:
                function(fd, *args)
            except OSError as e:
                assert e.errno in (errno.EAGAIN, errno.EACCES)
                return False
            return True
    return in_child(attempt)


def test_flock():
    """flock excludes other processes, and goes with the descriptor"""
    write("f")
    fd = os.open("f", os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX)
    assert can_lock(fcntl.flock, fcntl.LOCK_SH | fcntl.LOCK_NB) == 0
    fcntl.flock(fd, fcntl.LOCK_SH)
    assert can_lock(fcntl.flock, fcntl.LOCK_SH | fcntl.LOCK_NB) == 1
    os.close(fd)
    assert can_lock(fcntl.flock, fcntl.LOCK_EX | fcntl.LOCK_NB) == 1


def test_posix_locks():
    """record locks exclude by range, and go with the process's close()"""
    write("f", bytes(100))
    fd = os.open("f", os.O_RDWR)
    fcntl.lockf(fd, fcntl.LOCK_EX, 10, 20)
    assert can_lock(fcntl.lockf, fcntl.LOCK_EX | fcntl.LOCK_NB, 10, 0) == 1
    assert can_lock(fcntl.lockf, fcntl.LOCK_EX | fcntl.LOCK_NB, 10, 25) == 0
    os.close(os.open("f", os.O_RDONLY))
    assert can_lock(fcntl.lockf, fcntl.LOCK_EX | fcntl.LOCK_NB, 10, 25) == 1
    os.close(fd)


def test_ofd_locks():
    """locks of open file descriptions"""
    write("f", bytes(100))
    lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    a = os.open("f", os.O_RDWR)
    b = os.open("f", os.O_RDWR)
    fcntl.fcntl(a, OFD_SETLK, lock)
    with fails(errno.EAGAIN):
        fcntl.fcntl(b, OFD_SETLK, lock)
    os.close(a)
    fcntl.fcntl(b, OFD_SETLK, lock)
    os.close(b)


def test_lock_waits():
    """who waits for a record lock gets it when the other process ends"""
    write("f", bytes(100))
    ready, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        fd = os.open("f", os.O_RDWR)
        fcntl.lockf(fd, fcntl.LOCK_EX, 50, 0)
        os.write(go, b"x")
        time.sleep(0.2)
        os._exit(0)
    os.read(ready, 1)
    with opened("f") as fd:
        with fails(errno.EAGAIN, errno.EACCES):
            fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 49)
        fcntl.lockf(fd, fcntl.LOCK_EX, 1, 49)
    os.waitpid(pid, 0)
    os.close(ready)
    os.close(go)


# ---- many at once

def test_parallel():
    """eight threads make, write, rename, read and remove files"""
    errors = []

    def work(n):
        try:
            rnd = random.Random(n)
            os.mkdir("t%d" % n)
            for i in range(150):
                name = "t%d/f%d" % (n, i)
                data = rnd.randbytes(rnd.randrange(50000))
                write(name, data)
                os.rename(name, name + ".new")
                if read(name + ".new") != data:
                    raise AssertionError("contents differ")
                os.link(name + ".new", "shared%d.%d" % (n, i))
                os.unlink(name + ".new")
                if i % 3:
                    os.unlink("shared%d.%d" % (n, i))
            os.rmdir("t%d" % n)
        except BaseException as e:
            errors.append(e)
    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors, errors
    assert len(os.listdir(".")) == 8 * 50


def main():
    top = os.path.abspath(sys.argv[1])
    pattern = sys.argv[2] if len(sys.argv) > 2 else "*"
    failed = 0
    for name, function in list(globals().items()):
        if not name.startswith("test_") or not fnmatch.fnmatch(name[5:],
                                                              pattern):
            continue
        text = "%s: %s" % (name[5:], function.__doc__)
        where = os.path.join(top, name)
        os.mkdir(where)
        os.chdir(where)
        try:
            function()
        except Skip as e:
            print("skip - %s: %s" % (text, e), flush=True)
        except BaseException:
            failed = 1
            print("not ok - %s" % text)
            print("".join("    " + l + "\n" for l in
                          traceback.format_exc().splitlines()[-6:]),
                  end="", flush=True)
        else:
            print("ok - %s" % text, flush=True)
        os.chdir(top)
        subprocess.run(["rm", "-rf", where])
    return failed


if __name__ == "__main__":
    sys.exit(main())
