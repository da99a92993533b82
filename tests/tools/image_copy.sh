#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# image_copy.sh - cptofs and cpfromfs: a tree of everything into an image of
# each kind of file system and back, compared, and the image checked by its
# own fsck
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"

check "the tools are built" command -v cptofs cpfromfs || finish

check "a tree of everything can be made" make_tree src || finish
manifest src >src.list

# round_trip NAME IMAGE: src into the image's root and back into back
round_trip() {
	local fs=$1 image=$2
	chmod -R u+w back 2>/dev/null
	rm -rf back
	quiet "$fs: a tree of everything goes in" cptofs -i "$image" src/. / ||
		return
	cksum <"$image" >before
	quiet "$fs: and comes out" cpfromfs -i "$image" / back || return
	cksum <"$image" >after
	same "$fs: the image is not changed by that" before after
}

# ---- ext4: everything is kept, seen from inside the image too

make_ext4 e.img 128M
round_trip ext4 e.img
rm -rf back/lost+found
manifest --without root src >want.list
manifest --without root back >back.list
same "ext4: the tree is the same" want.list back.list
fsck_clean "ext4: e2fsck has nothing to say" e.img

debug() { debugfs -R "$1" e.img 2>/dev/null; }

debug "stat /modes/4755" >stat.out
contains "ext4: mode inside the image" 'Mode: *04755' stat.out
contains "ext4: owner inside the image" \
	"User: *$(id -u) *Group: *$(id -g)\\b" stat.out
debug "stat /sparse/all-hole" >stat.out
contains "ext4: a hole takes no block" 'Blockcount: 0$' stat.out
debug "stat /links/one" >stat.out
contains "ext4: hard links are links inside" 'Links: 3\b' stat.out
debug "stat /special/fifo" >stat.out
contains "ext4: a FIFO is one inside" 'Type: FIFO' stat.out
debug "stat /special/socket" >stat.out
contains "ext4: a socket is one inside" 'Type: socket' stat.out
debug "stat /contents/4096" >stat.out
contains "ext4: nanoseconds of the time" \
	"mtime: 0x[0-9a-f]*:$(printf '%08x' $(($(stat -c %.9Y src/contents/4096 | cut -d. -f2 | sed 's/^0*//') * 4)) | cut -c1-7)" stat.out

# ---- device nodes

quiet "device nodes go in" cptofs -i e.img /dev/null /dev/zero /special
debug "stat /special/null" >stat.out
contains "as what they are" 'character special' stat.out
contains "with their numbers" 'number: 0?1:0?3' stat.out
mkdir dev
fails "they do not come out to an ordinary user, by name" 1 \
	'cpfromfs: dev/special/(null|zero): Operation not permitted' \
	cpfromfs -i e.img /special dev
check "but everything beside them does" test -p dev/special/fifo
debugfs -w -R "mknod block b 8 17" e.img >/dev/null 2>&1
fails "neither do block devices" 1 'dev/block: Operation not permitted' \
	cpfromfs -i e.img /block dev

# ---- large, many, long

truncate -s 5G large
for at in 0 2147483647 4294967290 5368709110; do
	printf 'here %s' "$at" |
		dd of=large bs=1 seek=$at conv=notrunc status=none
done
make_ext4 e.img 64M
quiet "a sparse file of 5 GiB goes into 64 MiB" cptofs -i e.img large /
quiet "and comes out" cpfromfs -i e.img /large large2
check "still sparse" test "$(stat -c %b large2)" -le 2048
check "with its data" cmp large large2
rm -f large large2
fsck_clean "e2fsck has nothing to say" e.img

python3 - <<'PY'
import os
os.mkdir("many")
for i in range(5000):
    with open("many/file%04d" % i, "w") as f:
        f.write("%d\n" % i * (i % 50))
PY
make_ext4 e.img 128M
quiet "5000 files go in" cptofs -i e.img many /
quiet "and come out" cpfromfs -i e.img /many many2
check "the same" diff -r many many2
fsck_clean "e2fsck has nothing to say" e.img

python3 -c 'import os; os.symlink("t" * 4000, "long")'
quiet "a symbolic link of 4000 bytes goes in" cptofs -i e.img long /
quiet "and comes out" cpfromfs -i e.img /long long2
check "the same" test "$(readlink long)" = "$(readlink long2)"

python3 - <<'PY'
import os
os.mkdir("deep"); os.chdir("deep")
for i in range(300):
    os.mkdir("level with a long name"); os.chdir("level with a long name")
open("bottom", "w").write("bottom")
PY
quiet "300 levels, 6900 bytes of path, go in" cptofs -i e.img deep /
quiet "and come out" cpfromfs -i e.img /deep deep2
check "whole" test "$(find deep2 -name bottom -size 6c | wc -l)" = 1
fsck_clean "e2fsck has nothing to say" e.img

# ---- the other file systems

fsck_of() {
	case $1 in
	xfs)	xfs_repair -n -f "$2" ;;
	btrfs)	btrfs check "$2" ;;
	f2fs)	fsck.f2fs --dry-run "$2" ;;
	esac
}

for fs in ext2 ext3 xfs btrfs f2fs; do
	needs "$fs: a tree of everything" "mkfs.$fs" || continue
	rm -f f.img
	truncate -s 400M f.img
	case $fs in
	ext*)	mkfs.$fs -q -F -b 4096 f.img ;;
	xfs|btrfs) mkfs.$fs -q -f f.img ;;
	f2fs)	mkfs.f2fs -q -f -O extra_attr,inode_crtime f.img ;;
	esac >mkfs.out 2>&1
	btrfs_ok "$fs: mkfs" $? || continue
	round_trip $fs f.img || continue
	rm -rf back/lost+found
	manifest --without root src >want.list
	manifest --without root back >back.list
	same "$fs: the tree is the same" want.list back.list
	case $fs in
	ext*)	fsck_clean "$fs: its fsck has nothing to say" f.img ;;
	*)	check "$fs: its fsck has nothing to say" fsck_of $fs f.img ;;
	esac
done

# ---- vfat and exfat: files and directories, times to two seconds

mkdir -p plain/sub/empty
cp src/contents/* plain/sub
echo "a name" >"plain/Long Name with Ünïcödé 漢字.text"
touch -d '2001-02-03 04:05:06 UTC' plain/sub/1
for fs in vfat exfat; do
	needs "$fs: a plain tree" "mkfs.$fs" || continue
	chmod -R u+w back 2>/dev/null
	rm -rf f.img back
	truncate -s 64M f.img
	mkfs.$fs f.img >mkfs.out 2>&1 || { not_ok "$fs: mkfs" mkfs.out; continue; }
	check "$fs: a plain tree goes in" cptofs -i f.img plain/. /
	quiet "$fs: and comes out" cpfromfs -i f.img / back
	check "$fs: the same" diff -r plain back
	check "$fs: with its times" test \
		"$(stat -c %Y back/sub/1)" = "$(stat -c %Y plain/sub/1)"
	fails "$fs: what it cannot store is named" 1 \
		"f.img:/links/|warning: .* cannot store" \
		cptofs -i f.img src/links /
	check "$fs: its fsck has nothing to say" "fsck.$fs" -n f.img
done

# ---- found by their signature alone: the read-only ones, and the rest

make_read_only() {	# TYPE: the plain tree as r.img
	case $1 in
	squashfs) mksquashfs plain r.img -noappend -quiet -no-progress ;;
	erofs)	mkfs.erofs r.img plain ;;
	iso9660) genisoimage -quiet -R -o r.img plain ;;
	esac
}
for type in squashfs:mksquashfs erofs:mkfs.erofs iso9660:genisoimage; do
	fs=${type%:*}
	needs "$fs: read" "${type#*:}" || continue
	chmod -R u+w back 2>/dev/null
	rm -rf r.img back
	make_read_only "$fs" >mkfs.out 2>&1 || { not_ok "$fs: mkfs" mkfs.out; continue; }
	quiet "$fs: is recognised and read" cpfromfs -i r.img / back
	check "$fs: the same" diff -r plain back
	fails "$fs: is not written" '[13]' '^cptofs: .*(Read-only|read-only|cannot mount)' \
		cptofs -i r.img plain /
done
for type in udf:mkudffs ntfs:mkntfs; do
	fs=${type%:*}
	needs "$fs: written" "${type#*:}" || continue
	rm -rf r.img back
	truncate -s 64M r.img
	case $fs in
	udf)	mkudffs --blocksize=512 r.img ;;
	ntfs)	mkntfs -q -F -Q r.img ;;
	esac >mkfs.out 2>&1 || { not_ok "$fs: mkfs" mkfs.out; continue; }
	check "$fs: is recognised and written" cptofs -i r.img plain/. /
	check "$fs: and read" cpfromfs -i r.img / back
	rm -rf back/lost+found
	check "$fs: the same" diff -r plain back
done
finish
