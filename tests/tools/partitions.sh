#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# partitions.sh - partition tables of all kinds
# shellcheck source=tests/tools/lib.bash disable=SC2317,SC2016 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/images.bash
. "$(dirname "$0")/images.bash"

make_source
make_disk fs.img 16M

# place SECTOR: fs.img at that sector of disk.img
place() {
	dd if=fs.img of=disk.img bs=512 seek="$1" conv=notrunc status=none
}

# table LABEL: disk.img of 64 MiB by what sfdisk reads on standard input
table() {
	rm -f disk.img
	truncate -s 64M disk.img
	{ echo "label: $1"; cat; } | sfdisk -q disk.img >sfdisk.out 2>&1
}

# found TEXT NUMBER [PATTERN]: fs.img is partition NUMBER; listed as PATTERN
found() {
	holds "$1, partition $2" -r -P "$2" disk.img
	lklinfo disk.img >info.out 2>&1
	contains "$1: lklinfo lists it" "partition $2: 16 MiB ${3:-}" info.out
}

# ---- MBR

table dos <<<'start=2048, size=4096, type=c
start=8192, size=32768, type=83, bootable'
place 8192
found MBR 2 'at 4 MiB, type 0x83'
refused "MBR, a choice has to be made" 4 'choose one of them: 1 \(unknown, 2.0 MiB\), 2 \(ext4, 16 MiB\)' \
	disk.img -- what
refused "MBR, a partition that is not there" 4 'has no partition 3: 1 ' \
	-P 3 disk.img -- what
contains "MBR: the table" 'dos partition table' info.out
takes "MBR, written" -P 2 disk.img
sfdisk -d disk.img >sfdisk.out 2>&1
contains "MBR: the table is as it was" 'start= *8192, size= *32768' sfdisk.out

table dos <<<'start=2048, size=4096, type=83
start=8192, size=110592, type=5
start=10240, size=4096, type=83
start=20480, size=4096, type=82
start=40960, size=32768, type=83'
place 40960
found "MBR, extended" 7 'at 20 MiB, type 0x83'
contains "MBR, extended: a logical one" 'partition 6: 2 MiB at 10 MiB, type 0x82' info.out

table dos <<<'start=2048, size=32768, type=83'
place 2048
holds "one partition needs no choice" -r disk.img
table dos <<<''
refused "an empty table" 4 'no file system found' disk.img -- what
refused "an empty table has no partition" 4 'no partition 1: there is no' \
	-P 1 disk.img -- what

# A loop of extended partitions must end.
table dos <<<'start=2048, size=100000, type=5
start=4096, size=4096, type=83'
python3 - <<'END'
f = open("disk.img", "r+b")
f.seek(2048 * 512 + 446 + 16)
f.write(bytes([0, 0, 0, 0, 5, 0, 0, 0]) + (0).to_bytes(4, "little") +
        (100000).to_bytes(4, "little"))
END
check "a loop of extended partitions ends" timeout 60 lklinfo disk.img

# ---- GPT

table gpt <<<'start=2048, size=4096, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name="EFI system"
start=8192, size=32768, name="root"'
place 8192
found GPT 2 'at 4 MiB, "root", type 0fc63daf-8483-4772-8e79-3d69d8477de4'
contains "GPT: a name" 'partition 1: .*"EFI system", type c12a7328' info.out
cp disk.img gpt.img
{ for i in $(seq 1 100); do echo "start=$((2048 + 64 * i)), size=64"; done
  echo 'start=20480, size=16M, name="last"'; } >many
table gpt <many
place 20480
found "GPT, 101 partitions" 101

# Hybrid: GPT, and some of its partitions in the MBR too.
cp gpt.img disk.img
if needs "hybrid" sgdisk; then
	sgdisk -h 2 disk.img >sgdisk.out 2>&1
	found "hybrid GPT and MBR" 2 'at 4 MiB, "root"'
fi
if needs "a hybrid disc" genisoimage; then
	genisoimage -quiet -o disk.img -R -J -V DISC src 2>iso.err
	printf 'start=64, size=2048, type=17\n' |
		sfdisk -q -X dos disk.img >sfdisk.out 2>&1
	check "a disc with a partition table is a disc" sh -c \
		'"$1" -r disk.img -- what | grep iso9660' sh "$imgio"
	"$imgio" -r disk.img -- cat numbers >got
	same "a disc with a partition table, read" src/numbers got
fi

# 4096-byte sectors
if needs "GPT with sectors of 4096 bytes" python3; then
	python3 - <<'END'
import struct, uuid, zlib
S, size = 4096, 64 << 20
n = size // S
first, last = 1024, 1024 + (16 << 20) // S - 1
entries = bytearray(128 * 128)
entries[0:128] = (uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4").bytes_le +
                  uuid.UUID(int=7).bytes_le + struct.pack("<QQQ", first, last, 0) +
                  "four".encode("utf-16-le").ljust(72, b"\0"))
def header(me, other, table):
    h = bytearray(struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0,
        me, other, 6, n - 7, uuid.UUID(int=9).bytes_le, table, 128, 128,
        zlib.crc32(entries)))
    h[16:20] = struct.pack("<I", zlib.crc32(h))
    return bytes(h)
with open("disk.img", "wb") as f:
    f.truncate(size)
    f.seek(446)
    f.write(struct.pack("<B3sB3sII", 0, b"\0\0\0", 0xee, b"\xff\xff\xff", 1, n - 1))
    f.seek(510)
    f.write(b"\x55\xaa")
    f.seek(S)
    f.write(header(1, n - 1, 2))
    f.seek(2 * S)
    f.write(entries)
    f.seek((n - 5) * S)
    f.write(entries)
    f.seek((n - 1) * S)
    f.write(header(n - 1, 1, n - 5))
    f.seek(first * S)
    f.write(open("fs.img", "rb").read())
END
	holds "GPT with sectors of 4096 bytes" -r -S 4096 -P 1 disk.img
	takes "GPT with sectors of 4096 bytes, written" -S 4096 -P 1 disk.img
	lklinfo --sector-size=4096 disk.img >info.out
	contains "GPT with sectors of 4096 bytes: lklinfo" \
		'partition 1: 16 MiB at 4 MiB, "four"' info.out
	refused "it is none with sectors of 512" 4 'disk.img: ' -P 1 disk.img -- what
fi

# ---- others

# BSD: a disklabel in an MBR partition of type a5; the kernel numbers its
# partitions from 5 on.
table dos <<<'start=2048, size=100000, type=a5'
python3 - <<'END'
import struct
# The third, which is the whole slice, says that places are those of the disk.
parts = [(8192, 32768, 4096, 7), (2048, 4096, 4096, 1), (2048, 100000, 0, 0)]
label = bytearray(struct.pack("<IHH16s16s", 0x82564557, 0, 0, b"disk", b"pack"))
label += struct.pack("<IIIIII", 512, 63, 255, 8, 63 * 255, 131072)
label = label.ljust(132, b"\0")
label += struct.pack("<IHHII", 0x82564557, 0, len(parts), 8192, 8192)
for start, size, fsize, kind in parts:
    label += struct.pack("<IIIBBH", size, start, fsize, kind, 8, 16)
f = open("disk.img", "r+b")
f.seek((2048 + 1) * 512)
f.write(label)
END
place 8192
found BSD 5 'at 4 MiB'

# Apple: a driver descriptor, then one block an entry, the map itself first.
python3 - <<'END'
import struct
entries = [(1, 63, "Apple", "Apple_partition_map"),
           (8192, 32768, "Linux", "Apple_UNIX_SVR2"),
           (64, 1024, "Extra", "Apple_Free")]
with open("disk.img", "wb") as f:
    f.truncate(64 << 20)
    f.write(struct.pack(">2sHI", b"ER", 512, 131072))
    for i, (start, size, name, kind) in enumerate(entries):
        f.seek(512 * (i + 1))
        f.write(struct.pack(">2sHIII32s32sIII", b"PM", 0, len(entries), start,
                            size, name.encode(), kind.encode(), 0, size, 0x33))
END
place 8192
found Apple 2 'at 4 MiB, "Linux", type Apple_UNIX_SVR2'

for label in sun sgi; do
	table $label <<<'start=16065, size=16065
start=48195, size=33000' || { skip "$label" "sfdisk cannot"; continue; }
	start=$(sfdisk -d disk.img 2>/dev/null | sed -n 's/^disk.img2 : start= *\([0-9]*\),.*/\1/p')
	place "${start:-0}"
	holds "$label, partition 2" -r -P 2 disk.img
done

# ---- a disk without a table, and what only looks like one

holds "a file system on the whole disk" -r fs.img
holds "the whole disk, named" -r -P 0 fs.img
refused "it has no partitions" 4 'fs.img: has no partition 1: there is no' \
	-P 1 fs.img -- what
if needs "FAT without a table" mkfs.vfat; then
	rm -f fat.img
	truncate -s 16M fat.img
	mkfs.vfat -n STICK fat.img >mkfs.out 2>&1
	"$imgio" -r fat.img -- what >got
	contains "a boot sector is no partition table" 'vfat' got
	lklinfo fat.img >info.out
	contains "lklinfo: a label" 'vfat FAT16.*label "STICK"' info.out
	check "lklinfo: no partitions" sh -c '! grep partition info.out'
fi

# ---- damage: random bytes in the tables never crash anything

cp gpt.img base.img
bad=0
for seed in $(seq 1 25); do
	cp --sparse=always base.img disk.img
	python3 - "$seed" <<'END'
import random, sys
r = random.Random(int(sys.argv[1]))
f = open("disk.img", "r+b")
for _ in range(12):
    f.seek(r.choice([446 + r.randrange(66), 512 + r.randrange(92),
                     1024 + r.randrange(512)]))
    f.write(bytes([r.randrange(256)]))
END
	timeout 60 lklinfo disk.img >out 2>&1
	status=$?
	[ $status = 0 ] || [ $status = 3 ] || { bad=1; cat out; echo "seed $seed: $status"; }
done
check "damaged tables are listed or refused" test $bad = 0

finish
