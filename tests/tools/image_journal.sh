#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# image_journal.sh - file systems that were not unmounted: read as if they had
# been recovered, without a byte of the image being written
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"

check "the tools are built" command -v cptofs cpfromfs fs2tar lklinfo || finish
check "what ends them midway is built" "${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE \
	-Wall -shared -fPIC -o crash.so "$tools_here/crash.c" -ldl || finish

mkdir tree
seq 1 20000 >tree/safe
head -c 3M /dev/urandom >tree/other

# crashed FILE: into x.img, with a power failure right after FILE is synchronised
crashed() {
	{ CRASH_FILE=$1 LD_PRELOAD=$PWD/crash.so cptofs --no-sandbox \
		-i x.img tree /; } >crash.out 2>&1
	check "$fs: it ended midway" test $? = 137
}

make_image() {
	rm -f x.img
	truncate -s 320M x.img
	case $fs in
	ext4)	mkfs.ext4 -q -F x.img ;;
	ext3)	mkfs.ext3 -q -F x.img ;;
	f2fs)	mkfs.f2fs -q -f -O extra_attr,inode_crtime x.img ;;
	*)	"mkfs.$fs" -q -f x.img ;;
	esac >mkfs.out 2>&1
}

for fs in ext4 ext3 xfs btrfs f2fs; do
	needs "$fs: not unmounted" "mkfs.$fs" || continue
	make_image
	btrfs_ok "$fs: an image" $? || continue
	crashed /tree/safe || continue
	cp --sparse=always x.img y.img
	sha256sum x.img >x.sum
	rm -rf out out.tar
	check "$fs: is read by cpfromfs" cpfromfs -v -i x.img /tree/safe out
	grep -q 'its journal is replayed in memory' check.out &&
		echo "$fs needed it" >>replayed
	same "$fs: what was synchronised is there" tree/safe out
	check "$fs: is read by fs2tar" fs2tar x.img out.tar
	tar -xOf out.tar ./tree/safe >out
	same "$fs: what was synchronised is in the archive" tree/safe out
	check "$fs: is looked at by lklinfo" lklinfo x.img
	check "$fs: no byte was written by all that" sha256sum -c --quiet x.sum
	echo new >new
	quiet "$fs: is written, and recovered by that" cptofs -i y.img new /
	quiet "$fs: and has" cpfromfs -i y.img /tree/safe out2
	same "$fs: the same" tree/safe out2
	rm -f out2
done
check "several of them have needed recovery" test "$(wc -l <replayed)" -ge 2

# What cannot be replayed is read as it is, and that is said.
fs=ext4
make_image
if crashed /tree/safe; then
	block=$(debugfs -R 'bmap <8> 0' x.img 2>/dev/null)
	size=$(dumpe2fs -h x.img 2>/dev/null | sed -n 's/^Block size: *//p')
	dd if=/dev/urandom of=x.img bs="$size" count=1 seek="$block" \
		conv=notrunc status=none
	sha256sum x.img >x.sum
	rm -rf out
	cpfromfs -i x.img / out >word.out 2>&1; status=$?
	check "a damaged journal: a status" test $status -le 1
	contains "and a word" \
		'^cpfromfs: warning: x.img: was not unmounted cleanly; its last changes may be missing$' \
		word.out
	check "no byte was written by that" sha256sum -c --quiet x.sum
fi
finish
