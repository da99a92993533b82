#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tar.sh - fs2tar and tar2fs: what tar(1) packed goes into an image, what comes
# out is judged by tar(1), and the same files give the same archive
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"

check "the tools are built" command -v fs2tar tar2fs || finish

tar_make() { python3 "$tools_here/tar_make.py" "$1"; }
pack() { tar --xattrs --acls --numeric-owner --sparse --format=pax "$@"; }
unpack() { tar --xattrs --acls --numeric-owner -xp "$@"; }

# fresh DIR: an empty one, whatever was in it
fresh() {
	[ ! -e "$1" ] || chmod -R u+rwx "$1"
	rm -rf "$1"
	mkdir "$1"
}

# ---- a tree of everything, in and out, with tar(1) at both ends

check "a tree of everything can be made" make_tree src || finish
# A tar archive holds no sockets, and tar(1) reads no names that libarchive
# writes for attributes that are not ASCII; image to image they are compared below.
rm -f src/special/socket
setfattr -x $'user.\303\277.odd' src/attributes/binary 2>/dev/null
touch -d 2005-05-05 src/special src/attributes/binary
manifest src >src.list
check "tar packs it" pack -C src -cf src.tar .
make_ext4 e.img 128M
quiet "its archive goes into an image" tar2fs e.img src.tar
fsck_clean "e2fsck has nothing to say" e.img
quiet "the files come out as files" cpfromfs -i e.img / back
rmdir back/lost+found
manifest --without root src >want.list
manifest --without root back >back.list
same "and are the same" want.list back.list

cksum <e.img >before
quiet "they come out as an archive" fs2tar e.img out.tar
cksum <e.img >after
same "the image is not changed by that" before after
mkdir out
unpack -C out -f out.tar 2>tar.err
rmdir out/lost+found
touch -d "@$(stat -c %.9Y src)" out
manifest src >want.list
manifest out >out.list
same "tar unpacks the same tree" want.list out.list
contains "the root directory is in it" '^\./$' <(tar -tf out.tar 2>&1)

make_ext4 e2.img 128M
quiet "the archive goes into another image" tar2fs e2.img out.tar
quiet "and comes out again" fs2tar e2.img out2.tar
same "as the same archive" out.tar out2.tar
fsck_clean "e2fsck has nothing to say" e2.img

for fs in xfs btrfs f2fs; do
	needs "$fs: the archive goes in and out" "mkfs.$fs" || continue
	rm -f f.img
	truncate -s 400M f.img
	case $fs in
	f2fs)	mkfs.f2fs -q -f -O extra_attr,inode_crtime f.img ;;
	*)	mkfs.$fs -q -f f.img ;;
	esac >mkfs.out 2>&1
	btrfs_ok "$fs: mkfs" $? || continue
	quiet "$fs: the archive goes in" tar2fs f.img src.tar
	quiet "$fs: and comes out" fs2tar f.img f.tar
	fresh out
	unpack -C out -f f.tar 2>tar.err
	touch -d "@$(stat -c %.9Y src)" out
	manifest out >out.list
	same "$fs: the tree is the same" want.list out.list
done

# ---- what an ordinary user cannot make

tar_make root >root.tar
make_ext4 e.img 32M
quiet "an archive of what only root has goes in" tar2fs e.img root.tar
fsck_clean "e2fsck has nothing to say" e.img
debug() { debugfs -R "$1" e.img 2>/dev/null; }
debug "stat /dev/null" >stat.out
contains "a character device" 'Type: character special' stat.out
contains "with its number" 'number: 0?1:0?3' stat.out
debug "stat /dev/sdb1" >stat.out
contains "a block device" 'Type: block special' stat.out
contains "with its group" 'Group: *6\b' stat.out
debug "stat /set-user-id" >stat.out
contains "a set-user-ID program of somebody else" 'Mode: *04755' stat.out
contains "with its owner" 'User: *1000\b' stat.out
contains "and its capabilities" 'security.capability' stat.out
debug "ea_get /trusted trusted.key" >stat.out
contains "a trusted attribute" 'value' stat.out
debug "ea_get /trusted user.a=b" >stat.out
contains "an attribute with a sign in its name" 'equals' stat.out
debug "stat /hard" >stat.out
contains "a hard link" 'Links: 2\b' stat.out
debug "stat /no-parent/deep" >stat.out
contains "directories that the archive does not mention" 'Mode: *0755' stat.out
quiet "all of it comes out" fs2tar --selinux-contexts=contexts e.img out.tar
echo '/trusted system_u:object_r:etc_t:s0' >want
same "SELinux contexts are listed" want contexts
tar --numeric-owner -tvf out.tar >list 2>tar.err
contains "an owner of more than 31 bits" '^-rw-r--r-- 3000000000/4000000000 .* \./big-owner$' list
contains "a device of more than 8 bits" '^crw------- 0/0 *300,70000 .* \./dev/high$' list
contains "the root's owner and mode" '^drwxr-x--x 7/8 .* \./$' list
contains "a link's owner and target" '^lrwxrwxrwx 9/9 .* \./symlink -> /../../etc$' list
contains "a hard link, to the name that comes first" \
	'^h.* \./no-parent/deep/er/file link to \./hard$' list
contains "names are not normalised" $'cafe\u0301 and caf\u00e9' \
	<(tar --quoting-style=literal -tf out.tar 2>&1)

# ---- the same files, the same archive

tar_make order >order.tar
tar_make reversed >reversed.tar
make_ext4 e.img 32M
make_ext4 e2.img 32M -b 1024
quiet "files go in" tar2fs e.img order.tar
quiet "in another order into another image" tar2fs e2.img reversed.tar
export SOURCE_DATE_EPOCH=1000000001
quiet "with SOURCE_DATE_EPOCH, one" fs2tar e.img one.tar
quiet "and the other" fs2tar e2.img two.tar
tar --exclude=lost+found -tvf one.tar >one.list
tar --exclude=lost+found -tvf two.tar >two.list
same "have the same files in the same order" one.list two.list
debugfs -w -R 'rmdir lost+found' e.img >debug.out 2>&1
debugfs -w -R 'rmdir lost+found' e2.img >debug.out 2>&1
quiet "without lost+found, one" fs2tar e.img one.tar
quiet "and the other" fs2tar e2.img two.tar
same "are the same to the bit" one.tar two.tar
contains "nothing is newer than SOURCE_DATE_EPOCH" '2001-09-09 01:46:41 \./$' \
	<(TZ=UTC tar --full-time -tvf one.tar)
contains "what is older keeps its time" '2001-09-09 01:46:40 \./a$' \
	<(TZ=UTC tar --full-time -tvf one.tar)
for kind in gz:gzip xz:xz zst:zstd bz2:bzip2 lz4:lz4; do
	suffix=${kind%:*} program=${kind#*:}
	quiet ".$suffix: is written" fs2tar e.img "one.tar.$suffix"
	quiet ".$suffix: and again" fs2tar e.img "two.tar.$suffix"
	same ".$suffix: the same" "one.tar.$suffix" "two.tar.$suffix"
	if needs ".$suffix: is what it says" "$program"; then
		check ".$suffix: is what it says" "$program" -t "one.tar.$suffix"
	fi
	make_ext4 e2.img 32M
	quiet ".$suffix: is read" tar2fs e2.img "one.tar.$suffix"
	debugfs -w -R 'rmdir lost+found' e2.img >debug.out 2>&1
	quiet ".$suffix: and comes out" fs2tar e2.img two.tar
	same ".$suffix: as it was" one.tar two.tar
done
unset SOURCE_DATE_EPOCH

# ---- standard input and output, partitions

make_ext4 e2.img 32M
check "through a pipe" bash -o pipefail -c 'fs2tar e.img - | tar2fs e2.img -'
check "and compressed ones" bash -o pipefail -c 'gzip -c order.tar | tar2fs e2.img -'
fails "but not what comes after the pipe broke" 1 'standard input: ' \
	bash -c 'head -c 1500 order.tar | tar2fs e2.img -'
truncate -s 50M disk.img
printf 'start=2048, size=33M, type=83\ntype=83\n' | sfdisk -q disk.img >sfdisk.out 2>&1
make_ext4 part.img 32M
dd if=part.img of=disk.img bs=1M seek=1 conv=notrunc status=none
fails "a disk with partitions asks for one" 3 'disk.img|^fs2tar: ' fs2tar disk.img p.tar
quiet "into a partition" tar2fs -P 1 disk.img order.tar
quiet "and out" fs2tar -P 1 -t ext4 disk.img p.tar
contains "with the files" '^\./b/c$' <(tar -tf p.tar)

# ---- large and sparse; over what is there

truncate -s 5G large
for at in 0 2147483647 5368709110; do
	printf 'here %s' "$at" |
		dd of=large bs=1 seek=$at conv=notrunc status=none
done
truncate -s 1M hole
pack -cf large.tar large hole
make_ext4 e.img 64M
quiet "a sparse file of 5 GiB goes into 64 MiB" tar2fs e.img large.tar
quiet "and comes out" fs2tar e.img out.tar
check "small" test "$(stat -c %s out.tar)" -lt 1000000
mkdir sparse
check "tar unpacks it" tar -C sparse -xf out.tar
check "with its size" test "$(stat -c %s large)" = "$(stat -c %s sparse/large)"
for at in 0 2147483647 5368709110; do
	check "with its data at $at" cmp -n 4096 -i $((at / 4096 * 4096)) \
		large sparse/large
done
check "still sparse" test "$(stat -c %b sparse/large)" -le 2048
check "and one that is all hole" cmp hole sparse/hole
rm -rf large sparse

mkdir old
echo new >old/file
ln -s /nowhere old/link
mkdir old/dir
pack -C old -cf new.tar .
make_ext4 e.img 32M
echo old >f
ln -s f link
mkdir both
cp -P f link both
mv both/f both/dir
quiet "files of the same names go in" cptofs -i e.img both/. f /
quiet "and are replaced, a file by a directory too" tar2fs e.img new.tar
quiet "twice" tar2fs e.img new.tar
fresh back
quiet "what is there now" cpfromfs -i e.img / back
check "is the link of the archive" test "$(readlink back/link)" = /nowhere
check "is its directory" test -d back/dir
check "and what was there besides" cmp f back/f
fsck_clean "e2fsck has nothing to say" e.img

# ---- a file system that holds less

if needs "vfat: plain files" mkfs.vfat; then
	truncate -s 64M f.img
	mkfs.vfat f.img >mkfs.out 2>&1
	mkdir plain
	cp src/contents/* plain
	pack -C plain -cf plain.tar .
	check "vfat: plain files go in" tar2fs f.img plain.tar
	check "vfat: and come out" fs2tar f.img p.tar
	mkdir flat
	check "vfat: tar unpacks them" tar -C flat -xf p.tar
	check "vfat: the same" diff -r plain flat
fi

# ---- layers of a container

mkdir -p layer1/{etc/sub/deep,opt/old,var,keep} layer2/{etc,opt,var}
touch layer1/etc/{passwd,.hidden,sub/deep/x} layer1/opt/{a,b,old/c} layer1/var/{log,run} layer1/keep/k
touch layer1/etc/many-{1..900}
touch layer2/etc/{.wh.passwd,.wh.sub,.wh.nothing,shadow} layer2/opt/{.wh..wh..opq,new} layer2/var/.wh..wh.plnk
for layer in layer1 layer2; do
	tar --sort=name -C $layer -cf $layer.tar .
done
python3 - <<'PY'
import tarfile
with tarfile.open("layer3.tar", "w") as t:
    for name, kind in (("etc", tarfile.DIRTYPE), ("keep", tarfile.CHRTYPE), ("etc/.wh.sub", tarfile.REGTYPE)):
        i = tarfile.TarInfo(name)
        i.type, i.mode = kind, 0o755
        t.addfile(i)
    i = tarfile.TarInfo("opt/.wh...")
    t.addfile(i)
PY
make_ext4 e.img 32M
quiet "a layer" tar2fs --whiteouts e.img layer1.tar
quiet "one over it that takes away" tar2fs --whiteouts e.img layer2.tar
fails "one of overlayfs; and a name that means the directory above" 1 \
	'^tar2fs: e.img:opt/.wh\.\.\.: Invalid argument$' tar2fs --whiteouts e.img layer3.tar
rm -rf got && quiet "comes out" cpfromfs -i e.img / got
(cd got && find . -mindepth 1 ! -name 'many-*' ! -name lost+found | sort) >list
printf '%s\n' ./etc ./etc/.hidden ./etc/shadow ./opt ./opt/new ./var ./var/log ./var/run >want
same "what is left" want list
check "and nothing else went" test "$(find got/etc -name 'many-*' | wc -l)" = 900
make_ext4 e.img 32M
quiet "without the option they are files" tar2fs e.img layer2.tar
contains "as any other" '\./etc/\.wh\.passwd$' <(fs2tar e.img - | tar -t)
quiet "a directory of many goes as a whole" bash -c '
	mkdir l4 && touch l4/.wh.etc && tar -C l4 -cf l4.tar . &&
	tar2fs e.img layer1.tar && tar2fs --whiteouts e.img l4.tar'
check "it is gone" bash -c "! fs2tar e.img - | tar -t | grep -q etc"
fsck_clean "e2fsck has nothing to say" e.img

# ---- a socket is told, and is no failure

make_ext4 e.img 32M
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'
quiet "a socket in an image" cptofs -i e.img sock f /
fails "is left out with a word" 0 '^fs2tar: warning: e.img:/sock: a socket' \
	fs2tar e.img out.tar
contains "the rest is there" '^\./f$' <(tar -tf out.tar)
finish
