#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""bench.py BUILD [NAME...] - the library against the host kernel

Runs BUILD/tests/bench alternately on both sides, RUNS times (default 5, from
the environment), and prints and writes to BUILD/bench.json the medians.
"ratio" is the speed of the library divided by that of the host kernel, for the
same work in the same run. Never fails on a figure.

As root the host's side of the file-system rows is a loop mount of the same
kind of image; otherwise it is a directory of the host's own file system.
"""
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from mounts import Mounts, Skip
from servers import Servers

RUNS = max(1, int(os.environ.get("RUNS", "5")))
IMAGE_SIZE = 1280 << 20
MET = {True: "met", False: "MISSED", None: ""}

# A program run: what it needs, and its figures: name, unit, whether more is
# better, and the mark to beat (ratio if there is a host side, else the value),
# or None for what is only told.
PLAN = [
    ("syscall_getpid", "none", [("syscall_getpid", "ns", False, 8)]),
    ("read_4k_cached", "disk", [("read_4k_cached", "ns", False, 2.5)]),
    ("read_4k_64m", "disk", [("read_4k_64m", "ns", False, None)]),
    ("read_1m_cached", "disk", [("read_1m_cached", "MB/s", True, 1.2)]),
    ("read_1m_64m", "disk", [("read_1m_64m", "MB/s", True, None)]),
    ("pipe_pingpong", "none", [("pipe_pingpong", "ns", False, 1.2)]),
    ("ext4_seqread", "cold", [("ext4_seqread", "MB/s", True, 1)]),
    ("ext4_seqwrite", "disk", [("ext4_seqwrite", "MB/s", True, 0.9)]),
    ("ext4_small", "disk", [("ext4_create", "files/s", True, 2),
                            ("ext4_stat", "files/s", True, 2),
                            ("ext4_unlink", "files/s", True, 2)]),
    ("boot", "alone", [("boot", "ms", False, 12)]),
    ("rss_boot", "alone", [("rss_boot", "MiB", False, 16)]),
    ("idle", "alone", [("idle", "ms", False, 1),
                       ("idle_wakeups", "count", False, 5)]),
    ("loopback_tx", "none", [("loopback_tx", "MB/s", True, 1)]),
    ("loopback_rr", "none", [("loopback_rr", "us", False, 1)]),
    ("tcp_tx", "none", [("tcp_tx", "MB/s", True, 0.9)]),
    ("tcp_rx", "none", [("tcp_rx", "MB/s", True, 0.9)]),
    ("tcp_rr", "none", [("tcp_rr", "us", False, 0.8)]),
    ("tcp_crr", "none", [("tcp_crr", "us", False, 0.8)]),
    ("redis_get", "servers", [("redis_get", "calls/s", True, 0.8)]),
    ("nginx_rps", "servers", [("nginx_rps", "calls/s", True, 0.8)]),
    ("nginx_alone", "servers", [("nginx_alone", "calls/s", True, None)]),
    ("passt_tx", "servers", [("passt_tx", "MB/s", True, 1)]),
    ("passt_none", "servers", [("passt_none", "MB/s", True, None)]),
    ("fuse_seqread", "mounts", [("fuse_seqread", "MB/s", True, 0.9)]),
    ("fuse_seqwrite", "mounts", [("fuse_seqwrite", "MB/s", True, 0.6)]),
    ("fuse_small", "mounts", [("fuse_create", "files/s", True, 0.5),
                              ("fuse_stat", "files/s", True, 0.8),
                              ("fuse_unlink", "files/s", True, 0.5)]),
    ("fuse_stat_cold", "mounts", [("fuse_stat_cold", "files/s", True, None)]),
    ("fuse_tar", "mounts", [("fuse_tar", "files/s", True, 0.6)]),
    ("fuse_ready", "server", [("fuse_ready", "ms", False, 20)]),
    ("cptofs_tree", "mounts", [("cptofs_tree", "MiB/s", True, 1)]),
    ("fs2tar", "mounts", [("fs2tar", "MiB/s", True, 1)]),
]
# How often the sides take turns, as a multiple of RUNS, where single transfers
# may come to a standstill (see servers.py).
TURNS = {"passt_tx": 2}
# Rows of mounts.py; a server has no host side.
MOUNTED = ("mounts", "server")


def command(*args):
    subprocess.run(args, check=True, stdout=subprocess.DEVNULL)


class Disks:
    """An image for each side, and the host's way to its own."""

    def __init__(self, program, directory):
        self.program = program
        self.lkl = os.path.join(directory, "lkl.img")
        self.image = os.path.join(directory, "host.img")
        self.host = os.path.join(directory, "host")
        self.loop = None
        os.mkdir(self.host)
        self.make_image(self.lkl)
        self.make_image(self.image)
        self.looped = os.geteuid() == 0
        if self.looped:
            try:
                self.mount()
            except subprocess.CalledProcessError:
                self.looped = False
                self.close()
        for side in "lkl", "host":
            self.run("ext4_prepare", side)

    @staticmethod
    def make_image(path):
        """Every block is written, so that none is first allocated later."""
        zeros = bytes(1 << 20)
        with open(path, "wb") as file:
            for _ in range(IMAGE_SIZE >> 20):
                file.write(zeros)
        command("mkfs.ext4", "-q", "-F", "-E",
                "nodiscard,lazy_itable_init=0,lazy_journal_init=0", path)
        command("sync", path)

    def mount(self):
        self.loop = subprocess.run(
            ["losetup", "--find", "--show", self.image], check=True,
            stdout=subprocess.PIPE, text=True).stdout.strip()
        command("mount", "-t", "ext4", self.loop, self.host)

    def close(self):
        if self.looped and os.path.ismount(self.host):
            command("umount", self.host)
        if self.loop:
            # If somebody else has detached it, there is nothing to undo.
            subprocess.run(["losetup", "-d", self.loop], check=False,
                           stderr=subprocess.DEVNULL)
            self.loop = None

    def chill(self):
        """Nothing of the host's files stays in its caches but the image."""
        if self.looped:
            self.close()
            self.mount()
            return
        path = os.path.join(self.host, "large")
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    @staticmethod
    def warm(image):
        """Bring an image file into the host's page cache."""
        with open(image, "rb") as file:
            while file.read(1 << 20):
                pass

    def run(self, name, side):
        return measure(self.program, name, side,
                       self.lkl if side == "lkl" else self.host)

    def run_cold(self, name, side):
        # What ext4_seqwrite did to the file before does not matter: the run
        # that prepares it is repeated if it is not there.
        if side == "host":
            self.chill()
        self.warm(self.lkl if side == "lkl" else self.image)
        return self.run(name, side)


def measure(program, name, side, *where):
    """One process; its figures by name, or None with the reason printed."""
    try:
        done = subprocess.run([program, name, side, *where], timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
    except subprocess.TimeoutExpired:
        print(f"  {name} on {side}: no answer within 120 s", file=sys.stderr)
        return None
    if done.returncode:
        print(f"  {name} on {side}: status {done.returncode}: "
              f"{done.stderr.strip()}", file=sys.stderr)
        return None
    return {words[0]: float(words[1])
            for words in map(str.split, done.stdout.splitlines())}


def gather(program, disks, mounts, servers, name, needs):
    """{side: [figures of each run]}, the sides taking turns."""
    sides = ["lkl"] if needs in ("alone", "server") else ["lkl", "host"]
    results = {side: [] for side in sides}
    for turn in range(RUNS * TURNS.get(name, 1)):
        for side in sides if turn % 2 == 0 else reversed(sides):
            if needs == "cold":
                figures = disks.run_cold(name, side)
            elif needs == "disk":
                figures = disks.run(name, side)
            elif needs in MOUNTED:
                figures = mounts.run(name, side)
            elif needs == "servers":
                figures = servers.run(name, side)
            else:
                figures = measure(program, name, side)
            if figures is None:
                return None
            results[side].append(figures)
    if needs == "mounts" and mounts.has_fuse2fs(name):
        results["fuse2fs"] = [mounts.run(name, "fuse2fs") or {}]
    return results


def row(figure, unit, more_is_better, results):
    medians = {side: statistics.median(run[figure] for run in runs)
               for side, runs in results.items() if figure in runs[0]}
    lkl, host = medians["lkl"], medians.get("host")
    ratio = None
    if host:
        ratio = round(lkl / host if more_is_better else host / lkl, 3)
    entry = {"name": figure, "unit": unit, "lkl": lkl, "host": host,
             "ratio": ratio, "runs": len(results["lkl"])}
    if "fuse2fs" in medians:
        entry["fuse2fs"] = medians["fuse2fs"]
    return entry


def show(entry, goal, more_is_better):
    def number(value):
        return "-" if value is None else f"{value:.4g}"
    if goal is None:
        aim, met = "none", None
    elif entry["ratio"] is not None:
        aim, met = f">= {goal}", entry["ratio"] >= goal
    else:
        aim, met = f"<= {goal}", entry["lkl"] <= goal
    told = f"  fuse2fs {number(entry['fuse2fs'])}" if "fuse2fs" in entry else ""
    print(f"{entry['name']:<16}{entry['unit']:>8}{number(entry['lkl']):>11}"
          f"{number(entry['host']):>11}{number(entry['ratio']):>9}  {aim:<8}"
          f"{MET[met]}{told}", flush=True)


def prepare_mounts(build, directory):
    """The images, or why there can be none."""
    try:
        return Mounts(build, directory)
    except Skip as why:
        return why


def prepare_servers(build):
    try:
        return Servers(build)
    except Skip as why:
        return why


def skip(figures, why):
    for figure in figures:
        print(f"{figure[0]:<16}{figure[1]:>8}  skipped: {why}")
    return [{"name": name, "unit": unit, "skipped": str(why)}
            for name, unit, *_ in figures]


def explain(disks, mounts):
    print(f"Medians of {RUNS} alternating runs, each a process of its own.")
    print("ratio: speed of the library over speed of the host kernel.")
    if disks and disks.looped:
        print("ext4, host: loop mount of an equal image; both image files are "
              "in the host's\npage cache; cold is mounted anew, the loop "
              "device made anew.")
    elif disks:
        print("ext4, host: a directory of the host's file system (no loop "
              "mount without root);\ncold is after POSIX_FADV_DONTNEED, which "
              "unlike the library's side goes to the disk.")
    print("read_*_cached: from a file of 8 MiB, which fits the processor's caches; "
          "read_*_64m:\nfrom one that does not, so that memory and TLB count.")
    print("ext4: the library's memory was touched before; small files are "
          "stat'ed and\nunlinked while cached. idle: from 3 s after boot, "
          "for 5 s.")
    print("tcp_*: to the host over TAP; host: from one network namespace to "
          "another over veth.")
    print("redis_get, nginx_*: a server under lkl-hijack over TAP; host: in "
          "another namespace.\nnginx_rps: master and worker, whose calls the "
          "master's kernel serves; alone: one process.\npasst_tx: iperf3 to "
          "127.0.0.1; host: the same through pasta,\nwhich stands still now and "
          "then, so twice as many transfers; passt_none: host: without\nany, "
          "so what passt itself costs.")
    if isinstance(mounts, Mounts):
        mounts.explain()
    print()


def write(path, table, partial):
    """All rows; those of a partial run take the place of older ones."""
    if partial and os.path.exists(path):
        with open(path) as file:
            new = {entry["name"]: entry for entry in table}
            old = json.load(file)
        table = [new.pop(entry["name"], entry) for entry in old]
        table += new.values()
    with open(path, "w") as file:
        json.dump(table, file, indent=1)
        file.write("\n")


def main():
    # So that a loop mount is undone also when somebody ends us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    build, wanted = sys.argv[1], sys.argv[2:]
    program = os.path.join(os.path.abspath(build), "tests", "bench")
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    plan = [p for p in PLAN if not wanted or p[0] in wanted or
            any(f[0] in wanted for f in p[2])]
    directory = tempfile.mkdtemp(prefix="lkl-bench.")
    table, disks, mounts, servers, failed = [], None, None, None, False
    try:
        if any(needs in ("disk", "cold") for _, needs, _ in plan):
            disks = Disks(program, directory)
        if any(needs in MOUNTED for _, needs, _ in plan):
            mounts = prepare_mounts(build, directory)
        if any(needs == "servers" for _, needs, _ in plan):
            servers = prepare_servers(build)
        explain(disks, mounts)
        print(f"{'name':<16}{'unit':>8}{'lkl':>11}{'host':>11}{'ratio':>9}"
              "  aim")
        for name, needs, figures in plan:
            if needs in MOUNTED and isinstance(mounts, Skip):
                table += skip(figures, mounts)
                continue
            if needs == "servers":
                why = (servers if isinstance(servers, Skip) else
                       servers.missing(name))
                if why:
                    table += skip(figures, why)
                    continue
            results = gather(program, disks, mounts, servers, name, needs)
            if results is None:
                failed = True
                continue
            for figure, unit, more, goal in figures:
                table.append(row(figure, unit, more, results))
                show(table[-1], goal, more)
    finally:
        if disks:
            disks.close()
        if isinstance(mounts, Mounts):
            mounts.close()
        if isinstance(servers, Servers):
            servers.close()
        shutil.rmtree(directory, ignore_errors=True)
    write(os.path.join(build, "bench.json"), table, bool(wanted))
    print(f"\nwritten: {build}/bench.json")
    return 1 if failed else 0


sys.exit(main())
