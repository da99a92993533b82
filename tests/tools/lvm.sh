#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# lvm.sh - LVM2 volume groups: linear and striped volumes, one disk or two
#
# Making a volume group takes root, so lvm_pv0.xz and lvm_pv1.xz are the first
# MiB of two disks as pvcreate, vgcreate and lvcreate have left them: group
# "tank", extents of 1 MiB, volumes "lin" (extents 0-7 of disk 0, then 20-25 of
# disk 1), "fast" (stripes of 64 KiB over extents 8-27 of disk 0 and 0-19 of
# disk 1) and "tail" (extents 28-31 of disk 0). Their data is laid out here by
# that, not by what is tested.
# shellcheck source=tests/tools/lib.bash disable=SC2317,SC2016 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/images.bash
. "$(dirname "$0")/images.bash"

needs "volume groups" xz || finish
make_source
make_disk lin.img 14M
make_disk fast.img 40M
make_ext4 tail.img 4M

for i in 0 1; do
	xz -dc "$tools_here/lvm_pv$i.xz" >pv$i.img
	truncate -s 64M pv$i.img
done
cat >lay.py <<'END'
import sys
mib = 1 << 20
pv = [open(f"pv{i}.img", "r+b") for i in (0, 1)]
def put(disk, extent, data, offset=0):
    pv[disk].seek(mib * (1 + extent) + offset)
    pv[disk].write(data)
def get(disk, extent, size, offset=0):
    pv[disk].seek(mib * (1 + extent) + offset)
    return pv[disk].read(size)
def stripes(i):
    return i % 2, (8, 0)[i % 2], i // 2 * (64 << 10)
if sys.argv[1] == "put":
    data = open("lin.img", "rb").read()
    put(0, 0, data[:8 * mib])
    put(1, 20, data[8 * mib:])
    put(0, 28, open("tail.img", "rb").read())
    data = open("fast.img", "rb").read()
    for i in range(640):
        disk, extent, offset = stripes(i)
        put(disk, extent, data[i << 16:(i + 1) << 16], offset)
else:
    open("lin.out", "wb").write(get(0, 0, 8 * mib) + get(1, 20, 6 * mib))
    open("fast.out", "wb").write(b"".join(
        get(d, e, 64 << 10, o) for d, e, o in map(stripes, range(640))))
END
python3 lay.py put
group=(pv0.img pv1.img)

holds "linear, over two disks" -r -l tank/lin "${group[@]}"
"$imgio" -r -l tank/lin "${group[@]}" -- device >got
same "linear, all of it" lin.img got
holds "striped" -r -l tank/fast "${group[@]}"
"$imgio" -r -l fast "${group[@]}" -- device >got
same "striped, all of it" fast.img got
"$imgio" -r -l tail pv0.img -- what >got
contains "a volume whose disk is there" '^4194304 ext4' got
holds "the disks in another order" -r -l lin pv1.img pv0.img

new=src/numbers
takes "linear, written" -l lin "${group[@]}"
takes "striped, written" -l fast "${group[@]}"
python3 lay.py get
fsck_clean "linear: e2fsck is content" lin.out
fsck_clean "striped: e2fsck is content" fast.out

refused "a choice has to be made" 4 \
	'tank/lin \(linear, 14 MiB\), tank/fast \(striped, 40 MiB\), tank/tail \(linear, 4.0 MiB\)' \
	"${group[@]}" -- what
refused "a volume that is not there" 4 'no logical volume none: tank/lin' \
	-l none "${group[@]}" -- what
refused "a volume of a group that is not there" 4 'no logical volume pool/lin' \
	-l pool/lin "${group[@]}" -- what
refused "a disk that is not there" 4 'name all images of the group' \
	-l lin pv0.img -- what
refused "stripes on a disk that is not there" 4 'name all images of the group' \
	-l fast pv1.img -- what

# ---- in partitions

truncate -s 160M disk.img
printf 'label: gpt\nsize=2M\nsize=64M\nsize=64M\n' | sfdisk -q disk.img
for i in 0 1; do
	dd if=pv$i.img of=disk.img bs=1M seek=$((3 + 64 * i)) conv=notrunc \
		status=none
done
holds "in partitions" -r -l lin disk.img
holds "in partitions, one of them named" -r -P 3 -l lin disk.img
if needs "in qcow2" qemu-img; then
	qemu-img convert -O qcow2 disk.img disk.qcow2
	holds "in partitions of a qcow2 image" -r -l fast disk.qcow2
fi

# ---- listed

lklinfo disk.img >info.out
contains "lklinfo: a physical volume" '^        LVM physical volume' info.out
contains "lklinfo: linear" '^logical volume tank/lin: 14 MiB, linear, uuid QRreKg-' info.out
contains "lklinfo: striped" '^logical volume tank/fast: 40 MiB, striped' info.out
contains "lklinfo: what is on it" '^    ext4 ' info.out
lklinfo -j pv0.img | python3 -c 'import json, sys
v = {x["name"]: x for x in json.load(sys.stdin)["logical_volumes"]}
assert v["lin"]["missing_disks"] and not v["tail"].get("missing_disks")
assert v["tail"]["content"]["type"] == "ext4"
assert v["fast"]["kind"] == "striped" and v["fast"]["size"] == 40 << 20'
check "lklinfo --json" test "${PIPESTATUS[1]}" = 0

# ---- damage: each sector of the metadata, overwritten

bad=0
for sector in 1 8 9 10 11 12 13 14 15 16 17 18; do
	cp --sparse=always pv0.img bad.img
	head -c 512 /dev/urandom |
		dd of=bad.img bs=512 seek=$sector conv=notrunc status=none
	timeout 60 "$imgio" -r -l tail bad.img -- what >bad.out 2>&1
	status=$?
	[ $status = 0 ] || [ $status = 4 ] || {
		echo "sector $sector: status $status"
		bad=1
	}
done
check "damaged metadata is an error, not a crash" test $bad = 0
# The newest text is at the end of the list of them; change a byte of each.
python3 - <<'END'
import shutil
shutil.copyfile("pv0.img", "bad.img")
f = open("bad.img", "r+b")
data = bytearray(f.read(1 << 20))
at = 0
while (at := data.find(b"seqno", at)) >= 0:
    data[at] ^= 1
    at += 1
f.seek(0)
f.write(data)
END
refused "a checksum that does not fit" 4 'Bad message|metadata cannot be used|no logical volume' \
	-l tail bad.img -- what
# Kinds that are not supported are named: the newest text again, with other kinds
# of the same length, and the checksums made anew.
python3 - <<'END'
import shutil, struct
def crc(data):
    c = 0xf597a6cf
    for b in data:
        c ^= b
        for _ in range(8):
            c = c >> 1 ^ (0xedb88320 if c & 1 else 0)
    return c
for i in (0, 1):
    name = "kinds%d.img" % i
    shutil.copyfile("pv%d.img" % i, name)
    f = open(name, "r+b")
    head = bytearray(f.read(1 << 20))
    mda = 4096
    offset, size = struct.unpack_from("<QQ", head, mda + 40)
    text = bytes(head[mda + offset:mda + offset + size])
    for old, kind in ((b"lin {", b'"mirror" '), (b"fast {", b'"raid1"  '), (b"tail {", b'"thin"   ')):
        at = text.index(b'"striped"', text.index(b"\n" + old))
        text = text[:at] + kind + text[at + 9:]
    head[mda + offset:mda + offset + size] = text
    struct.pack_into("<I", head, mda + 56, crc(text))
    struct.pack_into("<I", head, mda, crc(head[mda + 4:mda + 512]))
    f.seek(0)
    f.write(head)
END
lklinfo kinds0.img kinds1.img >info.out 2>&1
for kind in lin:mirror fast:raid1 tail:thin; do
	contains "a volume of type ${kind#*:} is named" \
		"^logical volume tank/${kind%:*}: .*, ${kind#*:}," info.out
	contains "and why it cannot be looked into" \
		"tank/${kind%:*}: logical volumes of type ${kind#*:} are not supported" info.out
	refused "it is refused" 4 "of type ${kind#*:} are not supported" \
		-l "${kind%:*}" kinds0.img kinds1.img -- what
done

# Both disks have the metadata; one copy will do.
holds "metadata on one of the disks only" -r -l fast bad.img pv1.img

finish
