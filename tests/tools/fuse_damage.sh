#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fuse_damage.sh - damaged images of each type do lklfuse no harm
#
# FUSE_DAMAGE is how many variants of each type there are, FUSE_DAMAGE_SECONDS
# how long each type may take. Some of them in each run of make check; thousands
# by hand: FUSE_DAMAGE=2000 FUSE_DAMAGE_SECONDS=100000 tests/tools/fuse_damage.sh
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/fuse.bash
. "$tools_here/fuse.bash"
fuse_needed

mkdir -p small/sub/deeper small/many
for i in 1 2 3; do
	head -c $((i * 3000)) /dev/urandom >"small/sub/file$i"
	ln -s "../file$i" "small/sub/deeper/link$i"
done
for i in $(seq 60); do echo "$i" >"small/many/entry with a longer name $i"; done
mkfifo small/fifo
setfattr -n user.key -v value small/sub/file1 2>/dev/null
echo secret >bystander
cksum bystander >before

# damaged TYPE IMAGE: variants of it, within their time
damaged() {
	if python3 -B "$tools_here/fuse_damage.py" --seconds \
	   "${FUSE_DAMAGE_SECONDS:-15}" "$2" mnt "${FUSE_DAMAGE:-40}" \
	   "${FUSE_DAMAGE_SEED:-20}" >damage.out 2>&1; then
		ok "$1: $(tail -n 1 damage.out)"
	else
		not_ok "$1: $(tail -n 1 damage.out)" damage.out
	fi
}

# empty TYPE SIZE: a file system in base.img
empty() {
	rm -f base.img
	truncate -s "$2" base.img
	mkfs_ok "$1" base.img
}

# fill IMAGE: the tree goes into it
fill() {
	mount_image "$1" -o owner=caller || return
	cp -r small/. mnt 2>/dev/null
	unmount_image
}

for fs in ext2 ext4 xfs btrfs f2fs vfat exfat ntfs3 minix; do
	case $fs in ntfs3) tool=mkfs.ntfs ;; *) tool=mkfs.$fs ;; esac
	needs "$fs" $tool || continue
	case $fs in xfs) size=300M ;; btrfs) size=120M ;; f2fs) size=64M ;;
	*) size=16M ;; esac
	empty $fs $size || continue
	check "$fs: an image" fill base.img || continue
	damaged $fs base.img
done
if needs udf mkudffs; then
	empty udf 16M && check "udf: an image" fill base.img &&
		damaged udf base.img
fi
if needs squashfs mksquashfs; then
	mksquashfs small base.img -noappend -quiet -no-progress >mkfs.out 2>&1
	damaged squashfs base.img
fi
if needs erofs mkfs.erofs; then
	rm -f base.img
	mkfs.erofs -zlz4 base.img small >mkfs.out 2>&1
	damaged erofs base.img
fi
if needs iso9660 genisoimage; then
	genisoimage -quiet -R -J -o base.img small >mkfs.out 2>&1
	damaged iso9660 base.img
fi
cksum bystander >after
same "nothing else of the host has changed" before after
finish
