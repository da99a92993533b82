#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# info.sh - lklinfo: what it lists of each file system, that it changes nothing,
# its options and errors
# shellcheck source=tests/tools/lib.bash disable=SC2317,SC2016 # functions run by check
. "$(dirname "$0")/lib.bash"

check "lklinfo is built" command -v lklinfo || finish

# ---- usage

check "--help" lklinfo --help
contains "--help has examples" '^  lklinfo .*qcow2' check.out
for option in json no-usage format offset length sector-size key-file key-fd \
		ask enable-printk no-sandbox version help; do
	contains "--help has --$option" "--$option" check.out
done
check "--version" lklinfo --version
contains "--version says one" '^lklinfo .*[0-9]\.[0-9]' check.out
hint="^lklinfo: |^Try 'lklinfo --help'"
fails "no image" 2 "$hint" lklinfo
fails "an unknown option" 2 "$hint|option" lklinfo -z x
fails "an offset that is no number" 2 "$hint" lklinfo -O x x.img
fails "an offset that is too large" 2 "$hint" lklinfo -O 99999999T x.img
fails "an image that is not there" 3 "^lklinfo: none.img: No such file" \
	lklinfo none.img
fails "sectors of 513 bytes" 3 "512 or 4096" lklinfo --sector-size=513 none.img
if [ -e /dev/full ]; then
	truncate -s 1M x.img
	check "a full disk for the listing" sh -c \
		'lklinfo x.img >/dev/full 2>/dev/null; test $? = 1'
fi

# ---- each file system

field() { python3 -c 'import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1].split("."):
    value = value[int(name) if name.isdigit() else name]
print(value)' "$1" <info.json; }

# listed TYPE LABEL UUID FREE: x.img as lklinfo has it
listed() {
	local type=$1
	sha256sum x.img >x.sum
	if ! lklinfo --json x.img >info.json 2>info.err; then
		not_ok "$type is listed" info.err
		return
	fi
	check "$type: type" test "$(field images.0.content.type)" = "$type"
	[ -z "$2" ] || check "$type: label" \
		test "$(field images.0.content.label)" = "$2"
	[ -z "$3" ] || check "$type: uuid" \
		test "$(field images.0.content.uuid)" = "$3"
	if [ "$4" = full ]; then
		check "$type: is full" test "$(field images.0.content.space.available)" = 0
	elif [ -n "$4" ]; then
		check "$type: space" test "$(field images.0.content.space.available)" -gt 1000000
		check "$type: size" test "$(field images.0.content.space.size)" -gt 1000000
	fi
	check "$type: not changed" sha256sum -c --quiet x.sum
	lklinfo x.img >info.txt 2>&1
	contains "$type: as text" "^    ${type}" info.txt
}

# fresh SIZE: a new x.img
fresh() {
	rm -f x.img
	truncate -s "$1" x.img
}

mkdir -p src
seq 1 20000 >src/numbers
id=11112222-3333-4444-5555-666677778888
for type in ext2 ext3 ext4; do
	fresh 64M
	mkfs.$type -q -F -L "my $type" -U $id x.img
	listed $type "my $type" $id yes
done
contains "ext4: features" 'features: .*has_journal.* extent .*metadata_csum' info.txt
if needs xfs mkfs.xfs; then
	fresh 320M
	mkfs.xfs -q -L label -m uuid=$id x.img
	listed xfs label $id yes
	contains "xfs: features" 'features: .*reflink.* bigtime' info.txt
fi
# mkfs.btrfs looks at all loop devices of the host, and gives up if the file of
# one, whoever has made it, is where an ordinary user may not look.
make_btrfs() {
	mkfs.btrfs -q -f "$@" >mkfs.out 2>&1 && return
	if grep -q 'cannot check mount status' mkfs.out; then
		skip "btrfs" "$(tail -n 1 mkfs.out)"
	else
		not_ok "btrfs is made" mkfs.out
	fi
	return 1
}

if needs btrfs mkfs.btrfs && fresh 128M && make_btrfs -L label -U $id x.img; then
	listed btrfs label $id yes
	contains "btrfs: features" 'features: .*skinny_metadata' info.txt
fi
if needs f2fs mkfs.f2fs; then
	fresh 64M
	mkfs.f2fs -q -l label -O extra_attr x.img >mkfs.out
	listed f2fs label '' yes
	contains "f2fs: features" 'features: .*extra_attr' info.txt
fi
if needs vfat mkfs.vfat; then
	fresh 32M
	mkfs.vfat -n LABEL -i 1234abcd x.img >mkfs.out
	listed vfat LABEL 1234-ABCD yes
	fresh 1G
	mkfs.vfat -F 32 -n BIG -i 1234abcd x.img >mkfs.out
	listed vfat BIG 1234-ABCD yes
	contains "vfat: FAT32" 'vfat FAT32' info.txt
fi
if needs exfat mkfs.exfat; then
	fresh 64M
	mkfs.exfat -L label x.img >mkfs.out
	listed exfat label '' yes
fi
if needs ntfs mkntfs; then
	fresh 64M
	mkntfs -q -F -f -L label x.img >mkfs.out 2>&1
	listed ntfs label '' yes
fi
if needs iso9660 genisoimage; then
	genisoimage -quiet -V LABEL -R -o x.img src 2>mkfs.out
	listed iso9660 LABEL '' full
fi
if needs udf mkudffs; then
	fresh 64M
	mkudffs -l label x.img >mkfs.out
	listed udf label '' yes
fi
if needs squashfs mksquashfs; then
	rm -f x.img
	mksquashfs src x.img -quiet -no-progress >mkfs.out
	listed squashfs '' '' full
fi
if needs erofs mkfs.erofs; then
	rm -f x.img
	mkfs.erofs --quiet -U $id x.img src >mkfs.out 2>&1 ||
		mkfs.erofs -U $id x.img src >mkfs.out 2>&1
	listed erofs '' $id ''
fi
fresh 16M
mkswap -L swap -U $id x.img >mkfs.out 2>&1
lklinfo --json x.img >info.json
check "swap: type" test "$(field images.0.content.type)" = swap
check "swap: label" test "$(field images.0.content.label)" = swap

# ---- a journal that has to be replayed is not, and it says so

fresh 64M
mkfs.ext4 -q -F x.img
debugfs -w -R 'feature needs_recovery' x.img >debugfs.out 2>&1
sha256sum x.img >x.sum
lklinfo --json x.img >info.json 2>info.err
check "needs_recovery is listed" test "$(field images.0.content.needs_recovery)" = True
check "needs_recovery: not changed" sha256sum -c --quiet x.sum

# ---- RAID: named, though it cannot be mounted

# member FILE LEVEL DISKS ROLE OFFSET: a superblock of version 1 (md_p.h)
member() {
	rm -f "$1"
	truncate -s 32M "$1"
	python3 - "$@" <<'PY'
import struct, sys
name, level, disks, role, offset = sys.argv[1], *map(int, sys.argv[2:6])
sb = bytearray(struct.pack("<IIII16s32sQiIQII", 0xa92b4efc, 1, 0, 0, bytes(range(16)),
                           b"host:data", 1700000000, level, 0, 60000, 128, disks))
sb = sb.ljust(128, b"\0") + struct.pack("<QQQQIIII", 2048, 63488, offset // 512, 0, role, 0, 0, 0)
sb = sb.ljust(220, b"\0") + struct.pack("<I", disks)
sb = sb.ljust(256, b"\0") + struct.pack("<%dH" % disks, *range(disks))
total = sum(struct.unpack("<%dI" % (len(sb) // 4), sb[:len(sb) // 4 * 4]))
if len(sb) % 4:
    total += struct.unpack("<H", sb[-2:])[0]
sb[216:220] = struct.pack("<I", ((total & 0xffffffff) + (total >> 32)) & 0xffffffff)
f = open(name, "r+b")
f.seek(offset)
f.write(sb)
PY
}
member m.img 5 3 2 4096
lklinfo m.img >info.txt
contains "a member of a RAID array" \
	'^    md array member 1.2, raid5 of 3 disks, this is number 2, chunks of 64 KiB, array "host:data", label "host:data", uuid 00010203-' info.txt
lklinfo --json m.img >info.json
check "as JSON" test "$(field images.0.content.raid.level)" = raid5
check "as JSON, disks" test "$(field images.0.content.raid.disks)" = 3
member m.img 1 2 0 0
lklinfo m.img >info.txt
contains "at the beginning" 'md array member 1.1, raid1 of 2 disks, this is number 0' info.txt
member m.img 1 2 1 $(((32 << 20) - 8192))
lklinfo m.img >info.txt
contains "at the end" 'md array member 1.0, raid1 of 2 disks, this is number 1' info.txt
fails "it is not mounted" 3 'm.img: holds linux_raid_member, not a file system' \
	cpfromfs -i m.img / x

# ---- as blkid and sfdisk say

if needs "a disk with several partitions" sfdisk mkfs.vfat blkid; then
	rm -f d.img && truncate -s 100M d.img
	printf 'label: gpt\nsize=20M, name=boot, type=uefi\nsize=40M, name=root\ntype=swap\n' |
		sfdisk -q d.img >sfdisk.out 2>&1
	truncate -s 20M p1 && mkfs.vfat -n BOOT p1 >mkfs.out
	truncate -s 40M p2 && mkfs.ext4 -q -F -L root p2
	truncate -s 38M p3 && mkswap -q -L swap p3 2>mkfs.out
	dd if=p1 of=d.img bs=1M seek=1 conv=notrunc status=none
	dd if=p2 of=d.img bs=1M seek=21 conv=notrunc status=none
	dd if=p3 of=d.img bs=1M seek=61 conv=notrunc status=none
	lklinfo --json d.img >info.json
	sfdisk --json d.img >sfdisk.json
	for n in 0 1 2; do
		for tag in TYPE LABEL UUID; do
			offset=$(python3 -c "import json; print(json.load(open('sfdisk.json'))['partitiontable']['partitions'][$n]['start'] * 512)")
			check "partition $((n + 1)): $tag as of blkid" test \
				"$(field images.0.partitions.$n.content.${tag,,})" = \
				"$(blkid -p -O "$offset" -s $tag -o value d.img)"
		done
	done
	check "the rest as of sfdisk" python3 - <<'PY'
import json
ours = json.load(open("info.json"))["images"][0]
table = json.load(open("sfdisk.json"))["partitiontable"]
assert ours["partition_table"] == table["label"]
assert ours["partition_table_uuid"].lower() == table["id"].lower()
for a, b in zip(ours["partitions"], table["partitions"], strict=True):
    assert a["start"] == b["start"] * 512 and a["size"] == b["size"] * 512
    assert a["type"].lower() == b["type"].lower()
    assert a["uuid"].lower() == b["uuid"].lower()
    assert a.get("name") == b.get("name"), (a, b)
PY
fi

# ---- several devices

truncate -s 128M a.img b.img
if needs "btrfs on two images" mkfs.btrfs &&
   make_btrfs -d raid0 -m raid1 a.img b.img; then
	lklinfo --json a.img b.img >info.json
	check "btrfs on two images: size" \
		test "$(field images.1.content.space.size)" = $((256 << 20))
	lklinfo --json a.img >info.json 2>&1
	contains "one of two: why it cannot be mounted" 'cannot be mounted' info.json
	lklinfo --no-usage a.img >info.txt 2>&1
	check "--no-usage does not mount" sh -c '! grep -E "mounted|used" info.txt'
fi

# ---- what an image says cannot harm a terminal, or JSON

fresh 16M
mkfs.ext4 -q -F -L "$(printf 'a\033[31mb"\134')" x.img
lklinfo x.img >info.txt
check "a control character is not printed" sh -c \
	'! grep -q "$(printf "\033")" info.txt'
lklinfo --json x.img >info.json
check "JSON is whole" test "$(field images.0.content.type)" = ext4
printf 'a\xff\xfe\xc3\xa9' |
	dd of=x.img bs=1 seek=$((1024 + 120)) conv=notrunc status=none
lklinfo --json --no-usage x.img >info.json
check "JSON is whole, whatever the label" python3 -c \
	'import json; json.load(open("info.json", encoding="utf-8"))'

# ---- damage: random bytes, and nothing but an exit status comes of it

bad=0
for seed in $(seq 1 30); do
	fresh 16M
	case $((seed % 3)) in
	0) mkfs.ext4 -q -F x.img ;;
	1) mkfs.vfat x.img >mkfs.out ;;
	2) mkfs.f2fs -q -f x.img >mkfs.out 2>&1 || mkfs.ext4 -q -F x.img ;;
	esac
	python3 - "$seed" <<'END'
import random, sys
r = random.Random(int(sys.argv[1]))
f = open("x.img", "r+b")
for _ in range(40):
    f.seek(r.randrange(8192))
    f.write(bytes([r.randrange(256)]))
END
	timeout 60 lklinfo --json x.img >info.json 2>info.err
	status=$?
	case $status in
	0)	python3 -c 'import json; json.load(open("info.json"))' || bad=1 ;;
	3)	;;
	*)	echo "seed $seed: status $status"; cat info.err; bad=1 ;;
	esac
done
check "damaged file systems are listed or refused" test $bad = 0

finish
