#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fuse_types.sh - lklfuse mounts each type of file system, found by itself, and
# shows and keeps what is in it
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/fuse.bash
. "$tools_here/fuse.bash"
fuse_needed

check "a tree of everything can be made" make_tree src || finish
mkdir -p plain/sub/empty
cp src/contents/* plain/sub
echo "a name" >"plain/Long Name with Ünïcödé 漢字.text"
touch -d '2001-02-03 04:05:06 UTC' plain/sub/1
find plain -type d -exec touch -d '2001-02-03 04:05:06 UTC' {} +

# compare TEXT SOURCE [words]: the mount has the same tree
compare() {
	local text=$1 source=$2 words=root,${3:-}
	manifest --without "$words" "$source" >want.list
	manifest --without "$words" mnt | grep -v '^[^ ]* *lost+found' >got.list
	same "$text" want.list got.list
}

# ---- file systems that keep everything

for fs in ext2 ext3 ext4 xfs btrfs f2fs; do
	needs "$fs" "mkfs.$fs" || continue
	rm -f f.img
	truncate -s 400M f.img
	mkfs_ok $fs f.img || continue
	check "$fs is mounted" mount_image f.img -o owner=caller || continue
	rm -rf mnt/lost+found
	check "$fs: a tree of everything goes in" cp -a src/. mnt
	compare "$fs: it is there" src
	check "$fs: unmounted" unmount_image
	check "$fs: its fsck has nothing to say" fsck_of $fs f.img
	cksum <f.img >before
	check "$fs: mounted read-only" mount_image f.img -o ro
	compare "$fs: it is still there" src
	check "$fs: unmounted" unmount_image
	cksum <f.img >after
	same "$fs: the image is not changed by that" before after
done

# ---- those without owners, modes, links

for fs in vfat exfat ntfs3; do
	case $fs in ntfs3) tool=mkfs.ntfs ;; *) tool=mkfs.$fs ;; esac
	needs "$fs" $tool || continue
	rm -f f.img
	truncate -s 200M f.img
	mkfs_ok $fs f.img || continue
	check "$fs is mounted" mount_image f.img || continue
	check "$fs: everything is ours" test -O mnt
	check "$fs: a plain tree goes in" cp -r --preserve=timestamps plain/. mnt
	check "$fs: it is there" diff -r plain mnt
	check "$fs: unmounted" unmount_image
	check "$fs: its fsck has nothing to say" fsck_of $fs f.img
	check "$fs: mounted again" mount_image f.img
	check "$fs: it is still there" diff -r plain mnt
	check "$fs: with its times" test \
		"$(stat -c %Y mnt/sub/1)" = "$(stat -c %Y plain/sub/1)"
	echo other >mnt/OTHER
	case $fs in vfat|exfat)
		check "$fs: names in any case are the same" grep -q other mnt/other
		rm mnt/other
		check "$fs: also when removed" sh -c '! test -e mnt/OTHER' ;;
	esac
	check "$fs: unmounted" unmount_image
done

for fs in udf minix; do
	case $fs in udf) tool=mkudffs ;; *) tool=mkfs.$fs ;; esac
	needs "$fs" $tool || continue
	rm -f f.img
	truncate -s 100M f.img
	mkfs_ok $fs f.img || continue
	check "$fs is mounted" mount_image f.img || continue
	case $fs in minix) mkdir small; cp plain/sub/4* small; from=small ;;
	*) from=plain ;; esac
	check "$fs: a tree goes in" cp -r $from/. mnt
	check "$fs: it is there" diff -r $from mnt
	check "$fs: unmounted" unmount_image
	check "$fs: mounted again" mount_image f.img
	check "$fs: it is still there" diff -r $from mnt
	check "$fs: unmounted" unmount_image
done

# ---- those that can only be read

# What these formats do not have: ACLs, times before 1970, holes.
cp -a src tree
setfacl -R -b -k tree
find tree ! -newermt '1970-01-02' -exec touch -h -d '1970-01-03' {} +

# read_only NAME IMAGE TREE [words]: IMAGE has TREE in it
read_only() {
	local name=$1
	cksum <"$2" >before
	check "$name is mounted" mount_image "$2" || return
	compare "$name: the tree is the same" "$3" "${4:-}"
	check "$name: it cannot be written" sh -c '! touch mnt/new 2>/dev/null'
	check "$name: unmounted" unmount_image
	cksum <"$2" >after
	same "$name: the image is not changed" before after
}

if needs squashfs mksquashfs; then
	for comp in gzip lz4 lzo xz zstd; do
		mksquashfs tree s.img -comp $comp -noappend -quiet -no-progress \
			>mkfs.out 2>&1 ||
			{ skip "squashfs, $comp" "mksquashfs does not know it"; continue; }
		read_only "squashfs, $comp" s.img tree ns,nlink,holes,dirtime
	done
fi
if needs erofs mkfs.erofs; then
	# mkfs.erofs 1.5 (Debian 12) stumbles over the longest names.
	rm -rf tree/names
	for comp in none lz4 lz4hc lzma; do
		opts=()
		[ $comp = none ] || opts=("-z$comp")
		rm -f s.img
		mkfs.erofs "${opts[@]}" s.img tree >mkfs.out 2>&1 ||
			{ skip "erofs, $comp" "mkfs.erofs does not know it"; continue; }
		read_only "erofs, $comp" s.img tree holes,dirtime
	done
fi
if needs iso9660 genisoimage; then
	genisoimage -quiet -R -o s.img plain >mkfs.out 2>&1
	read_only "iso9660 with Rock Ridge" s.img plain ns,mode,owner,dirtime,nlink
	genisoimage -quiet -J -joliet-long -o s.img plain >mkfs.out 2>&1
	check "iso9660 with Joliet is mounted" mount_image s.img
	check "iso9660 with Joliet: the same" diff -r plain mnt
	check "unmounted" unmount_image
fi
if needs romfs genromfs; then
	mkdir rom
	cp plain/sub/4* rom
	genromfs -f s.img -d rom
	check "romfs is mounted" mount_image s.img
	check "romfs: the same" diff -r rom mnt
	check "unmounted" unmount_image
fi
finish
