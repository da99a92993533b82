#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# mkhfsplus.py IMAGE MIB - make an empty HFS+ volume
#
# Debian 12 has no mkfs.hfsplus. This writes the few structures of an empty
# volume as Apple's Technical Note TN1150 ("HFS Plus Volume Format") has them.
import struct
import sys

BLOCK = 4096
NODE = 4096
EXTENTS_BLOCKS = 16
CATALOG_BLOCKS = 256
DATE = 0xd0000000           # seconds since 1904
ROOT_PARENT, ROOT_ID, FIRST_USER_ID = 1, 2, 16
NAME = "volume".encode("utf-16-be")


def fork(size, start, blocks):
    """HFSPlusForkData with one extent."""
    return struct.pack(">QII", size, BLOCK, blocks) + \
        struct.pack(">II", start, blocks) + bytes(56)


def node(kind, height, records):
    """A node: descriptor, records, and their offsets from the end."""
    body = struct.pack(">IIbBHH", 0, 0, kind, height, len(records), 0)
    offsets = []
    for record in records:
        offsets.append(len(body))
        body += record
    offsets.append(len(body))
    tail = b"".join(struct.pack(">H", o) for o in reversed(offsets))
    return body + bytes(NODE - len(body) - len(tail)) + tail


def header_node(nodes, used, depth, records, key_length, attributes):
    root = 1 if depth else 0
    header = struct.pack(">HIIIIHHIIHIBBI", depth, root, records, root, root,
                         NODE, key_length, nodes, nodes - used, 0, BLOCK, 0, 0,
                         attributes) + bytes(64)
    in_use = bytearray(NODE - 14 - 106 - 128 - 8)
    for i in range(used):
        in_use[i // 8] |= 0x80 >> i % 8
    return node(1, 0, [header, bytes(128), bytes(in_use)])


def catalog_leaf():
    key = struct.pack(">HIH", 6 + len(NAME), ROOT_PARENT, len(NAME) // 2) + NAME
    folder = struct.pack(">HHII5I", 1, 0, 0, ROOT_ID, DATE, DATE, DATE, DATE, 0)
    folder += struct.pack(">IIBBHI", 0, 0, 0, 0, 0o40755, 0)
    folder += bytes(32) + struct.pack(">II", 0, 0)
    thread_key = struct.pack(">HIH", 6, ROOT_ID, 0)
    thread = struct.pack(">HHIH", 3, 0, ROOT_PARENT, len(NAME) // 2) + NAME
    return node(-1, 1, [key + folder, thread_key + thread])


def bitmap(blocks, used):
    bits = bytearray(-(-blocks // 8))
    for i in used:
        bits[i // 8] |= 0x80 >> i % 8
    return bytes(bits)


def main(path, mib):
    blocks = mib * 1048576 // BLOCK
    map_blocks = -(-blocks // 8 // BLOCK) or 1
    extents = 1 + map_blocks
    catalog = extents + EXTENTS_BLOCKS
    first_free = catalog + CATALOG_BLOCKS
    used = list(range(first_free)) + [blocks - 1]

    header = struct.pack(">2sHI4sI4I", b"H+", 4, 0x100, b"10.0", 0, DATE, DATE,
                         0, DATE)
    header += struct.pack(">IIIIIIIIIIQ", 0, 0, BLOCK, blocks,
                          blocks - len(used), first_free, BLOCK, BLOCK,
                          FIRST_USER_ID, 0, 1)
    header += bytes(32)
    header += fork(map_blocks * BLOCK, 1, map_blocks)
    header += fork(EXTENTS_BLOCKS * BLOCK, extents, EXTENTS_BLOCKS)
    header += fork(CATALOG_BLOCKS * BLOCK, catalog, CATALOG_BLOCKS)
    header += bytes(160)
    assert len(header) == 512

    with open(path, "wb") as f:
        f.truncate(blocks * BLOCK)
        for where in (1024, blocks * BLOCK - 1024):
            f.seek(where)
            f.write(header)
        f.seek(BLOCK)
        f.write(bitmap(blocks, used))
        f.seek(extents * BLOCK)
        f.write(header_node(EXTENTS_BLOCKS, 1, 0, 0, 10, 2))
        f.seek(catalog * BLOCK)
        f.write(header_node(CATALOG_BLOCKS, 2, 1, 2, 516, 6))
        f.write(catalog_leaf())


main(sys.argv[1], int(sys.argv[2]))
