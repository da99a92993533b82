#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# matrix_stack.sh - lklfuse on what a file system can lie in: large sectors,
# several images, dm-verity, LUKS, LVM, formats, servers, and those in each other
#
# How each layer is read is tested by formats*.sh, luks.sh, lvm.sh, partitions.sh;
# here it is mounted, written, unmounted, and looked at by another program.
# shellcheck source=tests/tools/lib.bash disable=SC2317,SC2016 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/fuse.bash
. "$tools_here/fuse.bash"
# shellcheck source=tests/tools/images.bash
. "$tools_here/images.bash"
fuse_needed

make_source
export TMPDIR=$PWD/tmp
mkdir -p tmp

# filled TEXT IMAGE [OPTION...]: it is mounted, takes src, has it when mounted again
filled() {
	local text=$1 image=$2
	shift 2
	check "$text: mounted" mount_image "$image" "$@" || return
	check "$text: src goes in" cp -r src mnt/
	check "$text: unmounted" unmount_image
	looked_at "$text" "$image" "$@"
}

# looked_at TEXT IMAGE [OPTION...]: src is in it
looked_at() {
	local text=$1 image=$2
	shift 2
	check "$text: mounted" mount_image "$image" -o ro "$@" || return
	check "$text: src is there" diff -r src mnt/src
	check "$text: unmounted" unmount_image
}

# unchanged TEXT COPY IMAGE
unchanged() { check "$1: the image has not changed" cmp "$2" "$3"; }

# ---- sectors of 4096 bytes

# sectors TYPE SIZE MKFS...
sectors() {
	local type=$1 size=$2
	shift 2
	needs "$type, sectors of 4096 bytes" "$1" || return
	rm -f f.img
	truncate -s "$size" f.img
	"$@" f.img >mkfs.out 2>&1 ||
		{ skip "$type, sectors of 4096 bytes" "$(tail -n 1 mkfs.out)"; return; }
	filled "$type, sectors of 4096 bytes" f.img -o sector=4096
	check "$type: its fsck has nothing to say" fsck_of "$type" f.img
}
sectors ext4 64M mkfs.ext4 -q -F -b 4096
sectors xfs 300M mkfs.xfs -q -f -s size=4096
sectors btrfs 128M mkfs.btrfs -q -f
sectors f2fs 128M mkfs.f2fs -q -f -w 4096
sectors vfat 300M mkfs.vfat -S 4096
sectors udf 64M mkudffs --media-type=hd -b 4096
rm -f f.img
truncate -s 300M f.img
if mkfs.xfs -q -f -s size=4096 f.img >mkfs.out 2>&1; then
	check "xfs of 4096 on sectors of 512 is mounted too" mount_image f.img
	check "unmounted" unmount_image
fi
mkfs.xfs -q -f -s size=512 f.img >mkfs.out 2>&1
fails "xfs of 512 on sectors of 4096 is not" 3 'cannot mount as xfs' \
	lklfuse f.img mnt -o sector=4096

# ---- btrfs on several images

# several TEXT MKFS-OPTION... -- IMAGE...
several() {
	local text=$1 made=() devices='' i
	shift
	while [ "$1" != -- ]; do made+=("$1"); shift; done
	shift
	rm -f "$@"
	truncate -s 150M "$@"
	mkfs.btrfs -q -f "${made[@]}" "$@" >mkfs.out 2>&1 ||
		{ skip "$text" "$(tail -n 1 mkfs.out)"; return 1; }
	for i in "${@:2}"; do devices+=",device=$i"; done
	filled "$text" "$1" -o "owner=caller$devices"
	# btrfs check knows no devices but those in /dev; this reads all trees.
	check "$text: its trees are sound" \
		btrfs inspect-internal dump-tree "$@"
	looked_at "$text, the last one first" "${!#}" -o "device=$1$devices"
}
if needs "btrfs on several images" mkfs.btrfs; then
	several "btrfs, striped over three" -d raid0 -m raid1 -- a.img b.img c.img
	several "btrfs, parity over three" -d raid5 -m raid1c3 -- a.img b.img c.img
	if several "btrfs, mirrored on two" -d raid1 -m raid1 -- a.img b.img; then
		fails "one of two is not enough" 3 'a.img: cannot mount as btrfs' \
			lklfuse a.img mnt
		cp --sparse=always a.img a.copy
		looked_at "but it is to look at" a.img -o opts=degraded
		unchanged "one of two" a.img a.copy
		# What one of them has lost the other one has.
		python3 - <<'PY'
mark = open("src/random", "rb").read(4096)
with open("a.img", "r+b") as f:
    at = f.read().find(mark)
    assert at > 0
    f.seek(at)
    f.write(bytes(65536))
PY
		looked_at "a mirror mends what the other has lost" \
			a.img -o device=b.img
	fi
fi

# ---- dm-verity

root_hash() { sed -n 's/^Root hash:[[:space:]]*//p' verity.out; }
if needs "dm-verity" veritysetup mksquashfs; then
	mksquashfs src v.img -noappend -quiet -no-progress -noD -noF >mkfs.out 2>&1
	truncate -s %4096 v.img
	veritysetup format v.img hash.img >verity.out 2>&1
	hash=$(root_hash)
	in_two=verity_root=$hash,device=hash.img,verity_hashes=image=1
	check "dm-verity: mounted" mount_image v.img -o "$in_two"
	check "dm-verity: the tree is there" diff -r src mnt
	check "dm-verity: it cannot be written" sh -c '! touch mnt/x 2>/dev/null'
	check "dm-verity: unmounted" unmount_image
	fails "dm-verity: another root hash" 3 'lklfuse: ' \
		lklfuse v.img mnt -o "${in_two/${hash:0:4}/0000}"
	fails "dm-verity: where the hashes are has to be said" 3 \
		'where the hashes' lklfuse v.img mnt -o verity_root="$hash"
	cp v.img bad.img
	python3 - <<'PY'
mark = open("src/random", "rb").read()[2000000:2000064]
with open("bad.img", "r+b") as f:
    f.seek(f.read().find(mark))
    f.write(b"X")
PY
	check "dm-verity: a changed block does not keep it from being mounted" \
		mount_image bad.img -o "$in_two"
	check "dm-verity: what is not changed is read" cmp src/numbers mnt/numbers
	fails "dm-verity: what is changed is not" '[12]' 'Input/output error' \
		cmp src/random mnt/random
	fusermount3 -u mnt
	wait "$fuse_pid"
	fails "dm-verity: cpfromfs says what is changed" 1 \
		'random: Input/output error' cpfromfs -i bad.img \
		--device=hash.img --verity-root="$hash" --verity-hashes=image=1 \
		/ out
	check "dm-verity: cpfromfs leaves no half of it" test ! -e out/random
	size=$(stat -c %s v.img)
	cp v.img behind.img
	veritysetup format --hash-offset="$size" --data-blocks=$((size / 4096)) \
		behind.img behind.img >verity.out 2>&1
	check "dm-verity, hashes behind the data: mounted" mount_image behind.img \
		-o "verity_root=$(root_hash),verity_hashes=offset=$size"
	check "dm-verity, hashes behind the data: the tree is there" diff -r src mnt
	check "unmounted" unmount_image
	truncate -s 64M disk.img
	printf 'label: gpt\nstart=2048, size=40960\nstart=43008, size=4096\n' |
		sfdisk -q disk.img
	dd if=v.img of=disk.img bs=1M seek=1 conv=notrunc status=none
	dd if=hash.img of=disk.img bs=1M seek=21 conv=notrunc status=none
	check "dm-verity, hashes in another partition: mounted" \
		mount_image disk.img \
		-o "part=1,verity_root=$hash,verity_hashes=part=2"
	check "dm-verity, hashes in another partition: the tree is there" \
		diff -r src mnt
	check "unmounted" unmount_image
fi

# ---- LUKS, volume groups, and those in each other

printf 'open sesame' >key
if needs "LUKS" cryptsetup qemu-img; then
	make_disk plain.img 32M
	rm -f l.img
	truncate -s 48M l.img
	cryptsetup luksFormat -q --type luks1 --pbkdf-force-iterations 1000 \
		l.img key
	qemu-img convert -n --object secret,id=s,file=key --target-image-opts \
		plain.img driver=luks,key-secret=s,file.driver=file,file.filename=l.img
	rm -f disk.img
	truncate -s 60M disk.img
	printf 'label: gpt\nstart=2048, size=48M\n' | sfdisk -q disk.img
	dd if=l.img of=disk.img bs=1M seek=1 conv=notrunc,sparse status=none
	for where in l.img disk.img; do
		filled "LUKS1 in $where" $where -o key_file=key
	done
	check "LUKS1 by a descriptor: mounted" mount_image l.img \
		-o key_fd=8 8<key
	check "unmounted" unmount_image
	# shellcheck disable=SC2009 # it is all of the line that is looked at
	check "LUKS1: the passphrase is on no command line" sh -c \
		'! ps -ef | grep -v grep | grep "open [s]esame"'
	qemu-img convert --object secret,id=s,file=key --image-opts \
		driver=luks,key-secret=s,file.filename=l.img -O raw w.img
	fsck_clean "LUKS1: e2fsck is content with what qemu decrypts" w.img
	check "LUKS1: another program reads the same" sh -c \
		'debugfs -R "cat /src/numbers" w.img 2>/dev/null | cmp - src/numbers'
	qemu-img convert -O qcow2 disk.img disk.qcow2
	looked_at "LUKS1 in a partition of a qcow2 image" disk.qcow2 -o key_file=key
	fails "LUKS1: a wrong passphrase" 3 'wrong passphrase' \
		lklfuse l.img mnt -o key_file=src/numbers
	fails "LUKS1: no passphrase" 3 'is encrypted' lklfuse l.img mnt
fi
if needs "a volume group" xz; then
	for i in 0 1; do
		xz -dc "$tools_here/lvm_pv$i.xz" >pv$i.img
		truncate -s 64M pv$i.img
	done
	# Stripes of 64 KiB from extent 8 of the first, 0 of the second.
	make_ext4 fast.img 40M
	python3 - <<'PY'
pv = [open(f"pv{i}.img", "r+b") for i in (0, 1)]
data = open("fast.img", "rb").read()
for i in range(640):
    pv[i % 2].seek((1 + (8, 0)[i % 2] << 20) + (i // 2 << 16))
    pv[i % 2].write(data[i << 16:(i + 1) << 16])
PY
	filled "striped volume" pv0.img -o volume=tank/fast,device=pv1.img
	"$imgio" -r -l fast pv0.img pv1.img -- device >w.img
	fsck_clean "striped volume: e2fsck is content" w.img
	fails "striped volume, one disk of two" 3 'name all images' \
		lklfuse pv0.img mnt -o volume=fast
fi

# ---- formats and servers

if needs "formats of QEMU" qemu-img qemu-nbd; then
	make_ext4 plain.img 48M
	for format in qcow2 vmdk vdi vpc vhdx; do
		options=()
		[ $format != vpc ] || options=(-o force_size=on)
		qemu-img convert -O $format "${options[@]}" plain.img x.img
		filled "$format" x.img
		qemu-img convert -O raw x.img w.img
		fsck_clean "$format: e2fsck is content" w.img
	done
	cp plain.img under.img
	rm -f over
	filled "overlay" under.img -o overlay=over
	unchanged "overlay" under.img plain.img
	qemu-img convert -O raw over w.img
	fsck_clean "overlay: e2fsck is content" w.img
fi
make_ext4 plain.img 48M
filled "raw" plain.img
for pair in 'gzip gz' 'zstd zst' 'xz xz'; do
	read -r program suffix <<<"$pair"
	needs "$suffix" "$program" nbdkit || continue
	$program -qc plain.img >"x.$suffix"
	looked_at "$suffix" "x.$suffix"
done
if needs "a server" nbdkit; then
	make_ext4 plain.img 48M
	nbdkit -f -P nbd.pid -U nbd.sock file plain.img 2>nbd.err &
	server=$!
	check "a server runs" wait_for 10 test -s nbd.pid
	filled "a server" "nbd+unix:///?socket=$PWD/nbd.sock"
	kill $server
	wait $server 2>/dev/null
	fsck_clean "a server: e2fsck is content" plain.img
fi
{ head -c 1M /dev/urandom; cat plain.img; head -c 100K /dev/urandom; } >off.img
looked_at "at an offset" off.img -o offset=1M,sizelimit=48M
check "no temporary file is left" sh -c '! find tmp -mindepth 1 | grep .'
finish
