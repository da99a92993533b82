#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# formats.sh - images of every format: the same bytes, whatever they are kept in
# shellcheck source=tests/tools/lib.bash disable=SC2317,SC2016 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/images.bash
. "$(dirname "$0")/images.bash"

export TMPDIR=$PWD/tmp
mkdir -p tmp
make_source
make_disk raw.img 48M
sha256sum raw.img >raw.sum

# ---- raw

holds "raw, read only" -r raw.img
same_sum() { sha256sum -c --quiet "$1"; }
check "a raw image that is read is not changed" same_sum raw.sum
"$imgio" -r raw.img -- device >got
same "raw, all of it" raw.img got
cp raw.img w.img
takes "raw, written" w.img
fsck_clean "raw, written: e2fsck is content" w.img

truncate -s 2T sparse.img
check "a sparse image of 2 TiB is made" mkfs.ext4 -q -F \
	-E lazy_itable_init=1,lazy_journal_init=1 sparse.img
takes "sparse, written" sparse.img
check "sparse, stays sparse" test "$(du -m sparse.img | cut -f1)" -lt 1024
rm -f sparse.img

# ---- offset, length, sectors

{ head -c 1536K /dev/zero; cat raw.img; head -c 300K /dev/urandom; } >off.img
holds "at an offset" -r -O 1572864 off.img
holds "at an offset, of a length" -r -O 1572864 -L 50331648 off.img
"$imgio" -r -O 1572864 -L 50331648 off.img -- device >got
same "at an offset, all of it" raw.img got
takes "at an offset, written" -O 1572864 -L 50331648 off.img
tail -c 300K off.img >tail.1
dd if=off.img bs=512 skip=3072 count=98304 status=none >w.img
fsck_clean "at an offset: e2fsck is content" w.img
refused "an offset that is no multiple of 512" 3 'multiple of 512' \
	-O 1000 off.img -- what
refused "an offset behind the end" 3 'no disk at offset' \
	-O 104857600 off.img -- what
refused "a length behind the end" 3 'no disk at offset' \
	-L 1048576000 off.img -- what
refused "sectors of 1024 bytes" 3 '512 or 4096' -S 1024 raw.img -- what
holds "sectors of 4096 bytes" -r -S 4096 raw.img
takes "sectors of 4096 bytes, written" -S 4096 w.img
lklinfo --sector-size=4096 -n raw.img >info.out
contains "lklinfo has sectors of 4096 bytes" 'sectors of 4096 bytes' info.out

# ---- the formats of QEMU

if needs "formats of QEMU" qemu-img qemu-nbd; then
	for format in qcow2 vmdk vdi vpc vhdx; do
		options=()
		# A size in heads and cylinders would be another one.
		[ $format != vpc ] || options=(-o force_size=on)
		qemu-img convert -O $format "${options[@]}" raw.img x.img
		sha256sum x.img >x.sum
		holds "$format, found by itself" -r x.img
		holds "$format, named" -r -f ${format/vpc/vhd} x.img
		"$imgio" -r x.img -- device >got
		same "$format, all of it" raw.img got
		check "$format, not changed by reading" same_sum x.sum
		lklinfo -n x.img >info.out
		contains "lklinfo says $format" ": ${format/vpc/vhd}, 48 MiB" info.out
		takes "$format, written" x.img
		# A VMDK image has no check; vpc neither.
		case $format in
		qcow2|vdi|vhdx) check "$format, qemu-img check" qemu-img check x.img ;;
		esac
		qemu-img convert -O raw x.img w.img
		fsck_clean "$format: e2fsck is content" w.img
	done
	qemu-img convert -O vpc -o subformat=fixed,force_size=on raw.img x.img
	holds "vhd of fixed size" -r x.img
	qemu-img convert -c -O qcow2 raw.img x.img
	holds "qcow2, compressed clusters" -r x.img
	refused "a format that is not known" 3 "'xxx' is not known" -f xxx x.img -- what
	refused "an image that is not of the format named" 3 'x.img: .*VDI' \
		-f vdi x.img -- what
	printf 'QFI\xfb\0\0\0\3' | dd of=bad.img conv=notrunc status=none
	truncate -s 1M bad.img
	refused "a damaged qcow2 image" 3 'bad.img: ' bad.img -- what
	check "named raw, it is just bytes" "$imgio" -f raw -r bad.img -- device

	# What an image says must not make us read another file of the host.
	qemu-img create -q -f qcow2 -F raw -b "$PWD/raw.img" back.img
	refused "an image with a backing file" 3 'refers to other files' \
		-r back.img -- what
	holds "the same, its format named" -r -f qcow2 back.img
	qemu-img convert -O qcow2 -o data_file=x.data,data_file_raw=on raw.img x.img
	refused "an image with a data file" 3 'refers to other files' \
		-r x.img -- what
	qemu-img convert -O vmdk -o subformat=monolithicFlat raw.img flat.vmdk
	refused "a VMDK descriptor" 3 'refers to other files' -r flat.vmdk -- what
	holds "the same, its format named" -r -f vmdk flat.vmdk
fi

# ---- compressed

for pair in 'gzip gz' 'zstd zst' 'bzip2 bz2' 'xz xz'; do
	read -r program suffix <<<"$pair"
	needs "$suffix" "$program" || continue
	$program -c raw.img >"x.$suffix"
	sha256sum "x.$suffix" >x.sum
	holds "$suffix" -r "x.$suffix"
	check "$suffix, not changed" same_sum x.sum
	refused "$suffix cannot be written" 3 'can only be read' "x.$suffix" -- what
	head -c 100000 "x.$suffix" >"cut.$suffix"
	refused "$suffix, cut off" 3 'cut' -r "cut.$suffix" -- what
done
if needs "xz in blocks" xz nbdkit; then
	xz -c --block-size=8MiB raw.img >x.xz
	holds "xz in blocks" -r x.xz
	"$imgio" -r x.xz -- cat random >got &
	check "xz in blocks is not unpacked" wait_for 10 helpers_of $!
	wait
fi
if needs "compressed qcow2" gzip qemu-img; then
	qemu-img convert -O qcow2 raw.img x.img
	gzip -c x.img >x.gz
	refused "a format in another" 3 'holds an image of format qcow2' \
		-r x.gz -- what
fi

# ---- overlays

if needs "overlays" qemu-img qemu-nbd; then
	for format in raw qcow2 vdi; do
		qemu-img convert -O $format raw.img base.img
		sha256sum base.img >base.sum
		rm -f over
		takes "overlay over $format" -o over base.img
		check "overlay over $format: the image is not changed" same_sum base.sum
		holds "overlay over $format, opened again" -r -o over base.img
		refused "overlay over $format: the image does not have it" 1 \
			'No such file' -r base.img -- cat new
		qemu-img convert -O raw over w.img
		fsck_clean "overlay over $format: e2fsck is content" w.img
	done
	cp base.img other.img
	refused "an overlay of another image" 3 'is an overlay of .*base.img, not of' \
		-o over other.img -- what
	refused "an overlay that is none" 3 'is not an overlay' \
		-o raw.img base.img -- what
	refused "an overlay over two images" 3 'for one image' \
		-o over base.img raw.img -- what
	refused "a new overlay, read only" 3 'No such file' \
		-r -o none base.img -- what
	gzip -c raw.img >x.gz
	refused "an overlay over a compressed image" 3 'unpack it first' \
		-o over2 x.gz -- what
	check "no overlay is left by a failure" test ! -e over2
fi

# ---- locks

busy() { "$imgio" -r raw.img -- what 2>&1 | grep -q 'in use'; }
# The kernel's threads are there once the image is open and locked.
booted() { [ "$(find "/proc/$1/task" -mindepth 1 -maxdepth 1 | wc -l)" -gt 1 ]; }
mkfifo input
"$imgio" raw.img -- put locked <input 2>locker.err &
locker=$!
exec 9>input
check "imgio has it open" wait_for 10 booted $locker
check "an image that is being written cannot be read" busy
refused "nor written" 3 'in use by another program' raw.img -- what
check "without locks it can" "$imgio" -n -r raw.img -- what
kill -9 $locker
wait $locker 2>/dev/null
check "a lock goes with its owner" "$imgio" raw.img -- what
exec 9>&-
make_disk raw.img 48M
if needs "locks of QEMU" qemu-nbd qemu-img; then
	qemu-nbd -f raw -k "$PWD/lock.sock" raw.img 2>qemu.err &
	check "qemu-nbd runs" wait_for 10 test -S lock.sock
	check "an image that qemu-nbd writes cannot be read" busy
	kill $!
	wait
	qemu-nbd -r -f raw -k "$PWD/lock.sock" raw.img 2>qemu.err &
	check "qemu-nbd runs, reading" wait_for 10 test -S lock.sock
	holds "an image that qemu-nbd reads can be read" -r raw.img
	refused "but not written" 3 'in use by another program' raw.img -- what
	kill $!
	wait
	qemu-img convert -O qcow2 raw.img x.img
	"$imgio" x.img -- put locked <input 2>locker.err &
	locker=$!
	exec 9>input
	busy() { "$imgio" -r x.img -- what 2>&1 | grep -q 'in use'; }
	check "imgio has a qcow2 image open" wait_for 10 booted $locker
	check "a qcow2 image that is being written cannot be read" busy
	exec 9>&-
	wait $locker
fi

# ---- nothing is left behind

if needs "helpers end" qemu-img qemu-nbd; then
	qemu-img convert -O qcow2 raw.img x.img
	"$imgio" x.img -- put late <input 2>/dev/null &
	victim=$!
	exec 9>input
	check "a helper serves" wait_for 10 booted $victim
	helper=$(helpers_of $victim)
	check "its socket has no name" sh -c '! find tmp /tmp -maxdepth 1 -name "lkl-image.*" -user "$(id -un)" | grep .'
	kill -9 $victim
	wait $victim 2>/dev/null
	exec 9>&-
	gone() { ! kill -0 "$helper"; }
	check "it ends when we are killed" wait_for 10 gone
	check "the image is whole" qemu-img check -q x.img
fi
check "no temporary file is left" sh -c '! find tmp -mindepth 1 | grep .'

# ---- failures of the host

refused "an image that is not there" 3 'none.img: No such file' none.img -- what
refused "an image that is a directory" 3 'src: Is a directory' -r src -- what
: >empty.img
refused "an image that is empty" 3 'is empty' -r empty.img -- what
head -c 1000 /dev/zero >odd.img
refused "an image of an odd size" 3 'no multiple of 512' -r odd.img -- what

finish
