#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# hfsplus.py make|check IMAGE - an empty HFS+ volume; what can be told about one
# without reading its trees
#
# Debian 12 has neither mkfs nor fsck for it. By Apple's Technical Note TN1150:
# all is big-endian, times are seconds since 1904.
import struct
import sys

BLOCK = 4096
NODE = 4096
HEADER_AT = 1024
EPOCH = 3_600_000_000       # some time in 2018
UNMOUNTED = 0x100
ROOT_PARENT, ROOT = 1, 2
# Byte offsets in the volume header.
ATTRIBUTES, TOTAL_BLOCKS, FREE_BLOCKS, ALLOCATION_FORK = 4, 44, 48, 112


def fork(start, blocks):
    """A fork of one extent."""
    return struct.pack(">QIIII", blocks * BLOCK, BLOCK, blocks, start,
                       blocks) + bytes(56)


def node(kind, height, records):
    body = b"".join(records)
    at, offsets = 14, []
    for record in records:
        offsets.append(at)
        at += len(record)
    offsets.append(at)
    table = b"".join(struct.pack(">H", o) for o in reversed(offsets))
    return (struct.pack(">IIbBHH", 0, 0, kind, height, len(records), 0) +
            body).ljust(NODE - len(table), b"\0") + table


def tree(nodes, depth, leaf_records, max_key, attributes):
    """The header node of a B-tree with at most a root, which is node 1."""
    header = struct.pack(">HIIIIHHIIHIBBI", depth, depth, leaf_records, depth,
                         depth, NODE, max_key, nodes, nodes - 1 - depth, 0,
                         NODE, 0, 0xCF, attributes) + bytes(64)
    used = bytes([0xC0 if depth else 0x80])
    bitmap = used.ljust(NODE - 14 - len(header) - 128 - 8, b"\0")
    return node(1, 0, [header, bytes(128), bitmap])


def key(parent, name):
    text = name.encode("utf-16-be")
    return struct.pack(">HIH", 6 + len(text), parent, len(name)) + text


def root_folder(name):
    """Its record and its thread, the two of an empty catalog."""
    folder = struct.pack(">HHIIIIIIIIIIII", 1, 0, 0, ROOT, EPOCH, EPOCH, EPOCH,
                         EPOCH, 0, 0, 0, 0o40755, 1, 0) + bytes(36)
    thread = struct.pack(">HHI", 3, 0, ROOT_PARENT) + key(0, name)[6:]
    return [key(ROOT_PARENT, name) + folder, key(ROOT, "") + thread]


def make(image):
    image.seek(0, 2)
    blocks = image.tell() // BLOCK
    bitmap_blocks = -(-blocks // (8 * BLOCK))
    extents_at, extents = 1 + bitmap_blocks, 16
    catalog_at, catalog = extents_at + extents, 128
    used = catalog_at + catalog
    volume = struct.pack(">2sHI4sIIIIIIIIIIIIIIIQ32s", b"H+", 4, UNMOUNTED,
                         b"10.0", 0, EPOCH, EPOCH, 0, EPOCH, 0, 0, BLOCK,
                         blocks, blocks - used - 1, used, BLOCK, BLOCK, 16, 0,
                         1, bytes(32))
    volume += (fork(1, bitmap_blocks) + fork(extents_at, extents) +
               fork(catalog_at, catalog) + fork(0, 0) + fork(0, 0))
    bitmap = bytearray(bitmap_blocks * BLOCK)
    for block in [*range(used), blocks - 1]:
        bitmap[block // 8] |= 0x80 >> block % 8
    catalog_root = node(-1, 1, root_folder("Volume"))
    for at, data in ((HEADER_AT, volume), (BLOCK, bitmap),
                     (extents_at * BLOCK, tree(extents, 0, 0, 10, 2)),
                     (catalog_at * BLOCK, tree(catalog, 1, 2, 516, 6)),
                     (catalog_at * BLOCK + NODE, catalog_root),
                     (blocks * BLOCK - HEADER_AT, volume)):
        image.seek(at)
        image.write(data)


def check(image):
    data = image.read()
    volume = data[HEADER_AT:HEADER_AT + 512]

    def word(at):
        return struct.unpack(">I", volume[at:at + 4])[0]
    start = struct.unpack(">I", volume[ALLOCATION_FORK + 16:][:4])[0]
    blocks = word(TOTAL_BLOCKS)
    bitmap = data[start * BLOCK:start * BLOCK + -(-blocks // 8)]
    free = blocks - sum(byte.bit_count() for byte in bitmap)
    faults = []
    if volume[:2] != b"H+":
        faults.append("no volume header")
    if not word(ATTRIBUTES) & UNMOUNTED:
        faults.append("was not unmounted")
    if free != word(FREE_BLOCKS):
        faults.append(f"{free} blocks are free, said are {word(FREE_BLOCKS)}")
    if data[-HEADER_AT:-512][:2] != b"H+":
        faults.append("no second volume header")
    return faults


with open(sys.argv[2], "r+b") as f:
    if sys.argv[1] == "make":
        make(f)
    else:
        sys.exit("\n".join(check(f)) or 0)
