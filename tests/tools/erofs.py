#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# erofs.py lzma|deflate|zstd IMAGE FILE... - an EROFS image with compressed files
#
# For the compressors that mkfs.erofs of Debian 12 (1.5) was not built with. As
# simple as the format allows (fs/erofs/erofs_fs.h): one directory, blocks of
# 4 KiB, one block for so many of the file's as fit into it, indexes not
# compacted. A block that cannot be compressed is stored as it is.
import ctypes
import os
import struct
import subprocess
import sys
import zlib

BLOCK = 4096
MOST = 32                   # blocks of a file in one of the image
META = 1                    # the block where inodes begin
SLOT = 32
ZERO_PADDING, COMPR_CFGS = 1, 2
COMPRESSED_FULL = 1 << 1    # i_format: layout
PLAIN, HEAD, NONHEAD = 0, 1, 2
DICTIONARY = 1 << 20

# Number of the algorithm, and its configuration.
ALGORITHMS = {
    "lzma": (1, struct.pack("<IH8x", DICTIONARY, 0)),
    "deflate": (2, struct.pack("<B5x", 15)),
    "zstd": (3, struct.pack("<BB4x", 0, 10)),
}


class Stream(ctypes.Structure):
    """lzma_stream of <lzma/base.h>."""
    _fields_ = [("next_in", ctypes.c_char_p), ("avail_in", ctypes.c_size_t),
                ("total_in", ctypes.c_uint64), ("next_out", ctypes.c_void_p),
                ("avail_out", ctypes.c_size_t), ("total_out", ctypes.c_uint64),
                ("rest", ctypes.c_uint64 * 16)]


def lzma(data):
    """MicroLZMA, which Python's lzma does not have; it stops at a full block."""
    library = ctypes.CDLL("liblzma.so.5")
    options = (ctypes.c_uint32 * 128)()
    library.lzma_lzma_preset(options, 6)
    options[0] = DICTIONARY
    out = ctypes.create_string_buffer(BLOCK)
    stream = Stream(next_in=data, avail_in=len(data), avail_out=BLOCK,
                    next_out=ctypes.addressof(out))
    if library.lzma_microlzma_encoder(ctypes.byref(stream), options):
        sys.exit("liblzma has no MicroLZMA")
    library.lzma_code(ctypes.byref(stream), 3)      # LZMA_FINISH
    library.lzma_end(ctypes.byref(stream))
    whole = stream.total_in == len(data)
    return out.raw[:stream.total_out] if whole else bytes(BLOCK + 1)


def deflate(data):
    encoder = zlib.compressobj(9, zlib.DEFLATED, -15)
    return encoder.compress(data) + encoder.flush()


def zstd(data):
    # With its size given, what is needed to unpack it is no larger.
    return subprocess.run(["zstd", "-qc", "--no-check", "--single-thread",
                           f"--stream-size={len(data)}"], input=data,
                          stdout=subprocess.PIPE, check=True).stdout


def pieces(data, compress):
    """(blocks of the file, block of the image or None if stored as it is)"""
    at = 0
    while at < len(data):
        count = min(MOST, -(-(len(data) - at) // BLOCK))
        while count > 1:
            packed = compress(data[at:at + count * BLOCK])
            if len(packed) <= BLOCK:
                break
            count = count * 3 // 4
        if count > 1:
            yield count, packed.rjust(BLOCK, b"\0")
        else:
            yield 1, data[at:at + BLOCK].ljust(BLOCK, b"\0")
        at += count * BLOCK


def inode(layout, mode, links, size, block, number):
    return struct.pack("<HHHHIIIIHHI", layout, 0, mode, links, size, 0, block,
                       number, 0, 0, 0)


def compressed(data, algorithm, compress, first, number):
    """(inode with its indexes, contents), @first being where these will be"""
    index, blocks = b"", []
    for count, block in pieces(data, compress):
        kind = HEAD if count > 1 else PLAIN
        index += struct.pack("<HHI", kind, 0, first + len(blocks))
        for i in range(1, count):
            index += struct.pack("<HHHH", NONHEAD, 0, i, count - i)
        blocks.append(block)
    header = struct.pack("<IHBB", 0, 0, algorithm, 0)
    return (inode(COMPRESSED_FULL, 0o100644, 1, len(data), len(blocks), number) +
            header + bytes(8) + index), blocks


def directory(entries):
    at, records, names = 12 * len(entries), b"", b""
    for name, nid, kind in sorted(entries):
        records += struct.pack("<QHBB", nid, at + len(names), kind, 0)
        names += name
    return records + names


def main():
    algorithm, config = ALGORITHMS[sys.argv[1]]
    compress = globals()[sys.argv[1]]
    contents = [open(name, "rb").read() for name in sys.argv[3:]]
    room = sum(len(data) // BLOCK * 8 + 128 for data in contents)
    first = META + 1 + -(-room // BLOCK)        # inodes, then the directory
    meta, blocks = bytes(SLOT), []              # the root's, filled in below
    entries = [(b".", 0, 2), (b"..", 0, 2)]
    for number, data in enumerate(contents, 2):
        name = os.path.basename(sys.argv[number + 1])
        entries.append((name.encode(), len(meta) // SLOT, 1))
        record, more = compressed(data, algorithm, compress,
                                  first + len(blocks), number)
        meta += record + bytes(-len(record) % SLOT)
        blocks += more
    root = directory(entries)
    meta = inode(0, 0o40755, 2, len(root), first - 1, 1) + meta[SLOT:]
    superblock = struct.pack(
        "<IIIBBHQQIIII16s16sIHHHBBIQ24x", 0xE0F5E1E2, 0, 0, 12, 0, 0,
        len(entries) - 1, 1_000_000_000, 0, first + len(blocks), META, 0,
        bytes(16), b"compressed", ZERO_PADDING | COMPR_CFGS, 1 << algorithm, 0,
        0, 0, 0, 0, 0) + struct.pack("<H", len(config)) + config
    with open(sys.argv[2], "wb") as image:
        for block, data in ((0, bytes(1024) + superblock), (META, meta),
                            (first - 1, root), (first, b"".join(blocks))):
            image.seek(block * BLOCK)
            image.write(data)


main()
