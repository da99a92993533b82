# SPDX-License-Identifier: GPL-2.0
"""mounts.py - the rows of bench.py about lklfuse, cptofs and fs2tar

The host's side is a loop mount of an equal ext4 image and does the same work by
the same program: fuse_load on the mount, tar, or cp -a for cptofs. All blocks
of both image files are allocated and in the host's page cache. Each run mounts
anew, so that what the mounted file system itself has cached begins empty; only
stat and unlink follow create on one mount.

With FUSE2FS=1 in the environment the same is done once by fuse2fs, where it is
installed; that is only told.
"""
import fcntl
import os
import shutil
import subprocess
import time

COUNT = 20000
LARGE = 512 << 20
SMALL_TREE = 5000
IMAGE_SIZE = 2 << 30
TOOL_IMAGE_SIZE = 512 << 20
# What of the kernel's source is copied by cptofs and packed by fs2tar.
SOURCES = ("fs", "include", "kernel", "lib", "mm", "net")


class Skip(Exception):
    """Why a row cannot be measured here."""


def quiet(*args, **kwargs):
    return subprocess.run(args, check=True, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, **kwargs)


def required():
    if os.geteuid():
        raise Skip("a loop mount, the host's side, takes root")
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        raise Skip("/dev/fuse cannot be used")
    for tool in "losetup", "mkfs.ext4", "fusermount3", "tar":
        if not shutil.which(tool):
            raise Skip(f"{tool} is not installed")
    if subprocess.run(["losetup", "--find"], check=False,
                      stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL).returncode:
        raise Skip("there is no loop device")


def warm(path):
    with open(path, "rb") as file:
        while file.read(1 << 20):
            pass


def wait_free(path):
    """Until the server, which is no child of ours, has let go of the image."""
    with open(path, "r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)


def size_of(top):
    return sum(os.lstat(os.path.join(path, name)).st_size
               for path, _, names in os.walk(top) for name in names)


def make_image(path, size, tree=None):
    """Every block is written, so that none is first allocated later."""
    with open(path, "wb") as file:
        for _ in range(size >> 20):
            file.write(bytes(1 << 20))
    quiet("mkfs.ext4", "-q", "-F", "-b", "4096", "-E",
          "nodiscard,lazy_itable_init=0,lazy_journal_init=0",
          *(["-d", tree] if tree else []), path)
    quiet("sync", path)


def make_tree(top):
    """What is in the images of the mounts: large, tree, stay, written."""
    data = os.urandom(1 << 20)
    for name in "tree", "stay", "written":
        os.makedirs(os.path.join(top, name))
    with open(os.path.join(top, "large"), "wb") as file:
        for _ in range(LARGE >> 20):
            file.write(data)
    for i in range(SMALL_TREE):
        where = os.path.join(top, "tree", f"{i // 100:02}")
        os.makedirs(where, exist_ok=True)
        with open(os.path.join(where, f"file{i:05}"), "wb") as file:
            file.write(data[i:i + 4096])
    for i in range(COUNT):
        open(os.path.join(top, "stay", f"file{i:06}"), "wb").close()


class Mounts:
    """An image and a mount point for each side, and the work on them."""

    def __init__(self, build, directory):
        required()
        self.build = os.path.abspath(build)
        self.load = os.path.join(self.build, "tests", "fuse_load")
        self.directory = os.path.join(directory, "fuse")
        self.point = os.path.join(self.directory, "mnt")
        self.sources = os.path.join(self.directory, "sources")
        self.server = self.loop = None
        os.makedirs(self.point)
        self.make_images()

    def path(self, name):
        return os.path.join(self.directory, name)

    def tool(self, name):
        return os.path.join(self.build, "bin", name)

    def make_images(self):
        tree = self.path("content")
        make_tree(tree)
        make_image(self.path("lkl.img"), IMAGE_SIZE, tree)
        shutil.rmtree(tree)
        for top in SOURCES:
            shutil.copytree(os.path.join(self.build, "linux-src", top),
                            os.path.join(self.sources, top), symlinks=True)
        self.bytes = size_of(self.sources)
        make_image(self.path("lkl.tar.img"), TOOL_IMAGE_SIZE, self.sources)
        make_image(self.path("lkl.cp.img"), TOOL_IMAGE_SIZE)
        for kind in "img", "tar.img", "cp.img":
            for side in "host", "fuse2fs":
                shutil.copyfile(self.path(f"lkl.{kind}"),
                                self.path(f"{side}.{kind}"))
                quiet("sync", self.path(f"{side}.{kind}"))

    def image(self, side, kind="img"):
        return self.path(f"{side}.{kind}")

    # -- mounting

    def mount(self, side, kind="img"):
        image = self.image(side, kind)
        warm(image)
        if side == "host":
            self.loop = subprocess.run(
                ["losetup", "--find", "--show", image], check=True,
                stdout=subprocess.PIPE, text=True).stdout.strip()
            quiet("mount", "-t", "ext4", self.loop, self.point)
            return
        command = {"lkl": [self.tool("lklfuse"), image, self.point, "-f"],
                   "fuse2fs": ["fuse2fs", image, self.point, "-f"]}[side]
        self.server = subprocess.Popen(command, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL)
        while not os.path.ismount(self.point):
            if self.server.poll() is not None:
                raise RuntimeError(f"{command[0]}: {self.server.returncode}")
            time.sleep(0.001)

    def unmount(self):
        """All is in the image file after it."""
        if os.path.ismount(self.point):
            quiet("umount", self.point)
        if self.server:
            if self.server.wait():
                raise RuntimeError(f"status {self.server.returncode}")
            self.server = None
        if self.loop:
            # Somebody else may have detached it.
            subprocess.run(["losetup", "-d", self.loop], check=False,
                           stderr=subprocess.DEVNULL)
            self.loop = None

    close = unmount

    # -- the work, each: figures by name

    def loaded(self, where, what, number):
        """Seconds of one run of fuse_load."""
        return float(subprocess.run(
            [self.load, os.path.join(self.point, where), what, str(number)],
            check=True, stdout=subprocess.PIPE, text=True).stdout)

    def seqread(self, side):
        self.mount(side)
        return {"fuse_seqread": LARGE / 1e6 / self.loaded("", "read", LARGE)}

    def seqwrite(self, side):
        self.mount(side)
        rate = LARGE / 1e6 / self.loaded("written", "write", LARGE)
        os.unlink(os.path.join(self.point, "written", "large"))
        return {"fuse_seqwrite": rate}

    def small(self, side):
        self.mount(side)
        return {f"fuse_{what}": COUNT / self.loaded("written", what, COUNT)
                for what in ("create", "stat", "unlink")}

    def stat_cold(self, side):
        self.mount(side)
        return {"fuse_stat_cold": COUNT / self.loaded("stay", "stat", COUNT)}

    def timed(self, *stages):
        """Seconds of a pipeline; the last stage's output goes nowhere."""
        start = time.monotonic()
        running = []
        for i, stage in enumerate(stages):
            last = i == len(stages) - 1
            running.append(subprocess.Popen(
                stage, stdin=running[-1].stdout if running else None,
                stdout=subprocess.DEVNULL if last else subprocess.PIPE))
        for process in running[:-1]:
            process.stdout.close()
        if any([process.wait() for process in running]):
            raise RuntimeError(f"{stages[0][0]} failed")
        return time.monotonic() - start

    def tar(self, side):
        # GNU tar does not read what it writes to /dev/null, hence cat.
        self.mount(side)
        tree = os.path.join(self.point, "tree")
        seconds = self.timed(["tar", "-C", tree, "-cf", "-", "."], ["cat"])
        return {"fuse_tar": SMALL_TREE / seconds}

    def ready(self, side):
        image = self.image(side)
        warm(image)
        seconds = self.timed([self.tool("lklfuse"), image, self.point])
        os.stat(os.path.join(self.point, "large"))
        quiet("umount", self.point)
        wait_free(image)
        return {"fuse_ready": seconds * 1000}

    def cptofs(self, side):
        """From nothing mounted to all in the image file, on both sides."""
        image = self.image(side, "cp.img")
        quiet("mkfs.ext4", "-q", "-F", "-b", "4096", "-E",
              "nodiscard,lazy_itable_init=0,lazy_journal_init=0", image)
        quiet("sync", image)
        if side == "lkl":
            warm(image)
            seconds = self.timed([self.tool("cptofs"), "-i", image,
                                  self.sources + "/.", "/"])
        else:
            self.mount(side, "cp.img")
            start = time.monotonic()
            quiet("cp", "-a", self.sources + "/.", self.point)
            self.unmount()
            seconds = time.monotonic() - start
        return {"cptofs_tree": self.bytes / 2**20 / seconds}

    def fs2tar(self, side):
        if side == "lkl":
            image = self.image(side, "tar.img")
            warm(image)
            command = [self.tool("fs2tar"), image, "-"]
        else:
            self.mount(side, "tar.img")
            command = ["tar", "-C", self.point, "-cf", "-", "."]
        seconds = self.timed(command, ["cat"])
        return {"fs2tar": self.bytes / 2**20 / seconds}

    @staticmethod
    def has_fuse2fs(name):
        """Is it wanted, and can it do that?"""
        return ("FUSE2FS" in os.environ and name.startswith("fuse_") and
                shutil.which("fuse2fs") is not None)

    def run(self, name, side):
        """The figures of a work; None, the reason printed, if it failed."""
        work = {"fuse_seqread": self.seqread, "fuse_seqwrite": self.seqwrite,
                "fuse_small": self.small, "fuse_stat_cold": self.stat_cold,
                "fuse_tar": self.tar, "fuse_ready": self.ready,
                "cptofs_tree": self.cptofs, "fs2tar": self.fs2tar}[name]
        try:
            try:
                return work(side)
            finally:
                self.unmount()
        except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
            print(f"  {name} on {side}: {error}")
            return None

    @staticmethod
    def explain():
        print("fuse_*, cptofs_tree, fs2tar: host is a loop mount of an equal ext4 "
              "image; both image\nfiles are in the host's page cache, each run "
              "mounts anew (its own caches empty);\nstat and unlink follow "
              "create on the same mount, stat_cold does not.\ncptofs and fs2tar "
              "count from program start, cp -a ends with umount, so that all is\n"
              "in the image file on both sides; tar on the mounted image.")
