#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# matrix_types.sh - variants of each type of file system, filled by cptofs and
# looked at and changed through lklfuse, checked by what others have for it
#
# fuse_types.sh has one of each common type; here are the others, and what mkfs
# and mount options make of them: versions, block sizes, compression, features.
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/fuse.bash
. "$tools_here/fuse.bash"
fuse_needed

# ---- three trees: with everything, with plain files, with small ones

check "a tree of everything can be made" make_tree all || finish
mkdir -p plain/sub/empty plain/names small/sub
cp all/contents/* plain/sub
for i in $(seq 120); do echo "$i" >"plain/names/file number $i.txt"; done
echo "a name" >"plain/Long Name with Ünïcödé.text"
seq 20000 >plain/numbers
cp all/contents/40* small
seq 3000 >small/sub/numbers
find plain small -exec touch -d '2001-02-03 04:05:06 UTC' {} +

listed() {
	manifest --without "root,$1" "$2" | grep -v '^[^ ]* *lost+found'
}

# compare NAME TREE WORDS: the mount has the tree; see manifest.py for WORDS
compare() {
	listed "$3" "$2" >want.list
	listed "$3" mnt >got.list
	same "$1" want.list got.list
}

# Words for what file systems without owners and links keep.
files=mode,owner,nlink,holes,xattr,ns,dirtime

# change TREE: what has been put in can be changed through the mount
change() {
	mv mnt/numbers mnt/renamed && cp "$1/numbers" mnt/second &&
	echo more >>mnt/renamed && truncate -s 5000 mnt/second &&
	rm mnt/renamed && cmp -n 5000 "$1/numbers" mnt/second &&
	mkdir mnt/new && mv mnt/second mnt/new/second && rm -r mnt/new &&
	cp -p "$1/numbers" mnt/numbers
}

# image SIZE MKFS...: f.img by MKFS f.img
image() {
	local size=$1
	shift
	rm -f f.img
	truncate -s "$size" f.img
	"$@" f.img >mkfs.out 2>&1
}

# filled NAME TREE WORDS FSCK OPTION...: f.img takes TREE by cptofs and changes
# through lklfuse with OPTION...; FSCK f.img is content
filled() {
	local name=$1 tree=$2 words=$3 fsck=$4
	shift 4
	check "$name: cptofs fills it" cptofs -i f.img "$tree/." / || return
	check "$name: mounted" mount_image f.img "$@" || return
	compare "$name: the tree is the same" "$tree" "$words"
	if [ "$tree" = plain ]; then
		check "$name: it can be changed" change plain
		compare "$name: the tree is the same again" plain "$words"
	fi
	check "$name: unmounted" unmount_image
	# shellcheck disable=SC2086 # a command and its options
	[ -z "$fsck" ] || check "$name: its fsck has nothing to say" $fsck f.img
}

# variant NAME SIZE TREE WORDS FSCK MKFS... [-- OPTION...]
variant() {
	local name=$1 size=$2 tree=$3 words=$4 fsck=$5 make=()
	shift 5
	needs "$name" "$1" || return
	while [ $# -gt 0 ] && [ "$1" != -- ]; do make+=("$1"); shift; done
	shift
	image "$size" "${make[@]}" ||
		{ skip "$name" "mkfs: $(tail -n 1 mkfs.out)"; return 1; }
	filled "$name" "$tree" "$words" "$fsck" "$@"
}

# ---- ext, xfs, btrfs, f2fs: everything is kept

ext() { variant "$1" 64M all '' 'e2fsck -fn' mkfs.ext4 -q -F "${@:2}"; }
ext "ext4, blocks of 1 KiB, large attributes" -b 1024 -O ea_inode
ext "ext4, inline data, 64 bit, bigalloc" -b 4096 \
	-O inline_data,64bit,metadata_csum,bigalloc -I 512
ext "ext4 without a journal, by metadata groups" -b 2048 \
	-O ^has_journal,^resize_inode,meta_bg,ea_inode

xfs() { variant "$1" 300M all '' 'xfs_repair -n -f' mkfs.xfs -q -f "${@:2}"; }
xfs "xfs, blocks of 1 KiB" -b size=1024
xfs "xfs, reflink, rmap, times past 2038" -m reflink=1,rmapbt=1,bigtime=1
# Times end in 2038 there.
variant "xfs, version 4" 300M plain dirtime 'xfs_repair -n -f' \
	mkfs.xfs -q -f -m crc=0

for how in zlib:crc32c lzo:xxhash zstd:sha256 zstd:blake2; do
	variant "btrfs, compressed by ${how%:*}, ${how#*:}" 128M all '' \
		'btrfs check' mkfs.btrfs -q -f --csum "${how#*:}" -- \
		-o opts=compress-force="${how%:*}"
done
variant "btrfs, mixed" 100M plain '' 'btrfs check' mkfs.btrfs -q -f --mixed

for how in lz4 zstd lzo; do
	variant "f2fs, compressed by $how" 64M all '' 'fsck.f2fs --dry-run' \
		mkfs.f2fs -q -f -O extra_attr,inode_crtime,compression -- \
		-o "opts=compress_algorithm=$how\\,compress_extension=*"
done
# The owner has to be named: for all but root, mkfs.f2fs 1.15 makes quota files
# that cannot be read.
variant "f2fs, checksums, quota" 64M all '' 'fsck.f2fs --dry-run' \
	mkfs.f2fs -q -f -R 0:0 \
	-O extra_attr,inode_crtime,inode_checksum,sb_checksum,quota

# What is written through the mount is compressed: the line is not found often.
if needs "f2fs, compressed through the mount" mkfs.f2fs; then
	image 64M mkfs.f2fs -q -f -O extra_attr,compression
	check "mounted" mount_image f.img \
		-o 'opts=compress_algorithm=lz4\,compress_extension=*'
	yes 'the same again' | head -c 6000000 >lines
	cp lines mnt
	check "unmounted" unmount_image
	check "f2fs: what is written is compressed" test \
		"$(grep -ao 'the same again' f.img | wc -l)" -lt 40000
	check "mounted" mount_image f.img -o ro
	check "f2fs: what was compressed is read" cmp lines mnt/lines
	check "unmounted" unmount_image
fi

# ---- files and directories

for bits in 12:8M 16:64M 32:300M; do
	variant "vfat, FAT${bits%:*}" "${bits#*:}" plain $files 'fsck.fat -n' \
		mkfs.vfat -F "${bits%:*}"
done
variant "vfat, clusters of 32 KiB" 300M plain $files 'fsck.fat -n' \
	mkfs.vfat -s 64
for size in 512 32K 256K; do
	variant "exfat, clusters of $size" 64M plain $files 'fsck.exfat -n' \
		mkfs.exfat -c $size
done
variant "ntfs, clusters of 512" 64M plain $files '' mkfs.ntfs -q -F -f -c 512
variant "ntfs, clusters of 64 KiB, compressed" 64M plain $files '' \
	mkfs.ntfs -q -F -f -C -c 65536
if needs "ntfs, seen by ntfs-3g" mkfs.ntfs ntfscat ntfsfix; then
	image 64M mkfs.ntfs -q -F -f
	filled "ntfs" plain $files 'ntfsfix -n'
	check "ntfs: another program reads the same" \
		sh -c 'ntfscat -f f.img sub/1048577 | cmp - plain/sub/1048577'
fi
for rev in 1.02 1.50 2.01; do
	variant "udf, revision $rev" 64M plain $files udfinfo \
		mkudffs --media-type=hd --udfrev=$rev -b 512
done
variant "udf, blocks of 2 KiB" 64M plain $files udfinfo \
	mkudffs --media-type=hd -b 2048
for version in 1 2 3; do
	variant "minix, version $version" 24M small $files 'fsck.minix -f' \
		mkfs.minix -$version
done

# Times count from 1904 and end in 2040; names have 31 characters of Mac Roman.
if needs "hfs" hformat hmount hcopy humount; then
	mkdir -p old/folder
	cp all/contents/40* old/folder
	cp plain/numbers old
	image 24M hformat -l Volume
	filled "hfs" old $files ''
	HOME=$PWD hmount f.img >hfs.out 2>&1
	HOME=$PWD hcopy -r :folder:4097 hfs.got 2>>hfs.out
	HOME=$PWD humount >>hfs.out 2>&1
	check "hfs: another program reads the same" cmp old/folder/4097 hfs.got
fi
hfsplus() { python3 -B "$tools_here/hfsplus.py" "$@"; }
variant "hfsplus" 64M plain mode,owner,nlink,holes,xattr,ns,dirtime \
	'hfsplus check' hfsplus make
if image 64M hfsplus make; then
	check "hfsplus: mounted" mount_image f.img
	ln -s numbers mnt/link
	cp plain/numbers mnt/numbers
	ln mnt/numbers mnt/linked
	chmod 600 mnt/numbers
	setfattr -n user.key -v value mnt/numbers
	check "unmounted" unmount_image
	check "hfsplus: mounted again" mount_image f.img
	check "hfsplus: symbolic links" test "$(readlink mnt/link)" = numbers
	check "hfsplus: hard links" cmp plain/numbers mnt/linked
	check "hfsplus: modes" test "$(stat -c %a mnt/numbers)" = 600
	check "hfsplus: attributes" test \
		"$(getfattr --only-values -n user.key mnt/numbers 2>&1)" = value
	check "unmounted" unmount_image
	check "hfsplus: it is sound" hfsplus check f.img
fi

# ---- those that can only be read, by mkfs

# read_only NAME TREE WORDS [OPTION...]: f.img has TREE
read_only() {
	local name=$1 tree=$2 words=$3
	shift 3
	cp f.img f.before
	check "$name: mounted" mount_image f.img "$@" || return
	compare "$name: the tree is the same" "$tree" "$words"
	check "$name: cannot be written" sh -c '! touch mnt/new 2>/dev/null'
	check "$name: unmounted" unmount_image
	check "$name: the image has not changed" cmp f.img f.before
}

# packed NAME TREE WORDS COMMAND...: which makes f.img
packed() {
	local name=$1 tree=$2 words=$3
	shift 3
	needs "$name" "$1" || return
	rm -f f.img
	"$@" >mkfs.out 2>&1 ||
		{ skip "$name" "$1: $(tail -n 1 mkfs.out)"; return 1; }
	read_only "$name" "$tree" "$words"
}

squash=(mksquashfs plain f.img -noappend -quiet -no-progress)
packed "squashfs, blocks of 4 KiB, no fragments" plain ns,nlink,holes,dirtime \
	"${squash[@]}" -b 4K -no-fragments
packed "squashfs, blocks of 1 MiB, zstd" plain ns,nlink,holes,dirtime \
	"${squash[@]}" -b 1M -comp zstd -Xcompression-level 22
packed "squashfs, nothing compressed" plain ns,nlink,holes,dirtime \
	"${squash[@]}" -noI -noD -noF -noX
packed "squashfs, xz with a filter" plain ns,nlink,holes,dirtime \
	"${squash[@]}" -comp xz -Xbcj x86
for how in lz4 lz4hc,3; do
	packed "erofs, $how, clusters of 64 KiB, packed tails" plain holes,dirtime \
		mkfs.erofs "-z$how" -C65536 -Eztailpacking f.img plain
done
# For these mkfs.erofs of Debian is not built.
mkdir flat
cp plain/numbers all/contents/{1,4095,4096} flat
{ cat flat/4095 flat/numbers; head -c 30000 plain/sub/1048577; } >flat/mixed
for how in lzma deflate zstd; do
	packed "erofs, $how" flat mode,owner,nlink,holes,xattr,mtime \
		python3 -B "$tools_here/erofs.py" $how f.img flat/*
done
packed "erofs, compressed fragments" plain holes,dirtime \
	mkfs.erofs -zlz4 -Eall-fragments,dedupe f.img plain
packed "erofs, chunks" plain holes,dirtime \
	mkfs.erofs --chunksize=4096 f.img plain
iso=(genisoimage -quiet -o f.img)
iso_words=$files
packed "iso9660, Rock Ridge and Joliet" plain $iso_words \
	"${iso[@]}" -R -J -joliet-long plain
packed "iso9660 and UDF" plain $iso_words,mtime "${iso[@]}" -udf -R plain
packed "iso9660, level 4" plain $iso_words "${iso[@]}" -iso-level 4 -l \
	-allow-multidot -relaxed-filenames -R plain
if needs "iso9660, compressed files" genisoimage mkzftree; then
	mkzftree plain z >mkfs.out 2>&1
	packed "iso9660, compressed files" plain $iso_words "${iso[@]}" -R -z z
fi
packed "cramfs" small mode,owner,nlink,holes,xattr,mtime mkfs.cramfs small f.img
packed "cramfs, blocks of 4 KiB" small mode,owner,nlink,holes,xattr,mtime \
	mkfs.cramfs -b 4096 small f.img
packed "romfs" small mode,owner,nlink,holes,xattr,mtime \
	genromfs -f f.img -d small -V VOLUME
finish
