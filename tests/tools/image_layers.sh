#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# image_layers.sh - the copy tools and images that are not just a file system:
# formats, overlays, offsets, servers, encryption, logical volumes, several disks
# shellcheck source=tests/tools/lib.bash disable=SC2317,SC2016 # functions run by check
. "$(dirname "$0")/lib.bash"

check "the tools are built" command -v cptofs cpfromfs fs2tar tar2fs || finish

mkdir -p src/sub
seq 1 30000 >src/numbers
head -c 2M /dev/urandom >src/sub/random
tar -C src -cf src.tar .
make_ext4 plain.img 32M

# round TEXT IMAGE OPTION...: src goes in by cptofs, comes out by cpfromfs, its
# archive goes in by tar2fs and comes out by fs2tar
round() {
	local text=$1 image=$2
	shift 2
	rm -rf back out.tar
	quiet "$text: cptofs" cptofs -i "$image" "$@" src / || return
	quiet "$text: cpfromfs" cpfromfs -i "$image" "$@" /src back || return
	check "$text: the same" diff -r src back
	quiet "$text: tar2fs" tar2fs "$@" "$image" src.tar
	quiet "$text: fs2tar" fs2tar "$@" "$image" out.tar
	check "$text: the same archive" cmp <(tar -xOf out.tar ./sub/random) \
		src/sub/random
}

# ---- formats

if needs "image formats" qemu-img qemu-nbd; then
	for format in qcow2 vdi vmdk vpc vhdx; do
		qemu-img convert -O $format plain.img "d.$format" >qemu.out 2>&1
		round "$format" "d.$format"
	done
	rm -f d.*
	qemu-img convert -O qcow2 plain.img d.qcow2
	fails "a format that it is not" 3 '^cptofs: d.qcow2: ' \
		cptofs -f vdi -i d.qcow2 src /
	sha256sum d.qcow2 >sum
	quiet "an overlay takes what is written" \
		cptofs -i d.qcow2 --overlay=o.qcow2 src /
	check "and the image stays as it is" sha256sum -c --quiet sum
	fails "without it nothing is there" 1 'd.qcow2:/src: No such' \
		cpfromfs -i d.qcow2 /src back2
	quiet "with it everything is" \
		cpfromfs -i d.qcow2 --overlay=o.qcow2 /src back2
	check "the same" diff -r src back2
	qemu-img convert -O raw d.qcow2 e.img
	fsck_clean "e2fsck has nothing to say" e.img
	exec 3>&1
	qemu-nbd -f raw -t -k "$PWD/nbd.sock" plain.img &
	server=$!
	for _ in $(seq 100); do [ ! -S nbd.sock ] || break; sleep 0.05; done
	round "an NBD server" "nbd+unix:///?socket=$PWD/nbd.sock"
	kill "$server"
	wait "$server"
fi
for format in xz:xz gz:gzip zst:zstd; do
	needs ".${format%:*}" "${format#*:}" || continue
	rm -rf back
	cp plain.img c.img && cptofs -i c.img src / && "${format#*:}" -c c.img >"c.${format%:*}"
	quiet ".${format%:*} is read" cpfromfs -i "c.${format%:*}" /src back
	check ".${format%:*}: the same" diff -r src back
	fails ".${format%:*} is not written" 3 '^cptofs: c\.' \
		cptofs -i "c.${format%:*}" src /
done

if needs "progress while unpacking" script gzip; then
	head -c 60M /dev/urandom >noise && { cat plain.img noise; } | gzip -1 >c.gz
	LKL_PROGRESS_INTERVAL=0 TERM=xterm script -qec 'cpfromfs -i c.gz / unpacked' \
		typed >/dev/null 2>&1
	tr '\r' '\n' <typed >lines
	contains "a terminal shows how far unpacking is" \
		'cpfromfs: [0-9.]+ [KMG]iB of [0-9.]+ [KMG]iB, [0-9.]+ [KMG]iB/s, 0:0[0-9] left' lines
	TERM=xterm NO_COLOR=1 lklinfo --no-usage plain.img >lines 2>&1
	check "and lklinfo no escape sequence" sh -c '! grep -q "$(printf "\033")" lines'
	rm -f noise c.gz
fi

# ---- a part of a file

{ head -c 1M /dev/zero; cat plain.img; head -c 512 /dev/zero; } >part.img
round "at an offset" part.img -O 1M --length=32M
dd if=part.img of=p.img bs=1M skip=1 count=32 status=none
fsck_clean "at an offset: e2fsck has nothing to say" p.img
fails "at another one there is nothing" 3 'no file system found' \
	cpfromfs -i part.img -O 512K --length=32M / x

# ---- encryption

if needs "LUKS" cryptsetup qemu-img; then
	truncate -s 48M l.img
	printf secret >key
	cryptsetup luksFormat -q --type luks1 --pbkdf-force-iterations 1000 \
		l.img key >luks.out 2>&1
	fails "a container and no passphrase" 3 \
		'l.img: is encrypted \(LUKS\); a passphrase is needed$' \
		cptofs -i l.img src /
	printf wrong >wrong
	fails "the wrong passphrase" 3 'l.img: wrong passphrase$' \
		cptofs -i l.img -k wrong src /
	check "qemu-img fills it" qemu-img convert -n \
		--object secret,id=s,file=key --target-image-opts plain.img \
		driver=luks,key-secret=s,file.driver=file,file.filename=l.img
	round "LUKS, a file" l.img -k key
	exec 5<key
	quiet "LUKS, a descriptor" cpfromfs -i l.img --key-fd=5 /src back3
	check "LUKS, standard input" sh -c \
		'cpfromfs -i l.img -k - /src back4 <key'
	fails "standard input cannot be two things" 2 'both list and passphrase' \
		cptofs -i l.img -k - -T - /
fi

# ---- logical volumes, several disks

# The volume group of lvm.sh, which has "lin" on extents 0 to 7 of one disk and
# 20 to 25 of the other; an extent is 1 MiB, and the first is at 1 MiB.
for i in 0 1; do
	xz -dc "$tools_here/lvm_pv$i.xz" >pv$i.img
	truncate -s 64M pv$i.img
done
make_ext4 lin.img 14M
dd if=lin.img of=pv0.img bs=1M count=8 seek=1 conv=notrunc status=none
dd if=lin.img of=pv1.img bs=1M skip=8 seek=21 conv=notrunc status=none
fails "logical volumes are named" 3 'choose one of the logical volumes: .*tank/lin' \
	cpfromfs -i pv0.img -D pv1.img / x
fails "one that is not there" 3 'there is no logical volume tank/nothing: ' \
	cpfromfs -i pv0.img -i pv1.img -P tank/nothing / x
round "a logical volume" pv0.img -D pv1.img -P tank/lin
round "a logical volume by its own name" pv0.img -D pv1.img -L lin
dd if=pv0.img of=lin.img bs=1M skip=1 count=8 conv=notrunc status=none
dd if=pv1.img of=lin.img bs=1M skip=21 seek=8 count=6 conv=notrunc status=none
fsck_clean "a logical volume: e2fsck has nothing to say" lin.img
if needs "btrfs on two disks" mkfs.btrfs; then
	truncate -s 150M a.img b.img
	mkfs.btrfs -q -f -d raid0 -m raid1 a.img b.img >mkfs.out 2>&1
	if btrfs_ok "btrfs on two disks is made" $?; then
		round "btrfs on two disks" a.img -D b.img
		fails "btrfs, one of its disks" 3 'a.img: cannot mount as btrfs' \
			cpfromfs -i a.img / x
	fi
fi

# ---- what concerns the kernel

quiet "mount options" cptofs -i plain.img --mount-options=data=journal src /j
fails "wrong ones are an error" 3 'cannot mount as ext4: Invalid argument' \
	cptofs -i plain.img --mount-options=nonsense src /j
quiet "little memory" cptofs -i plain.img --memory=48 src /m
check "-v" cptofs -v -i plain.img src /v
contains "-v tells what was found" '^cptofs: plain.img: ext4 on /dev/vda' check.out
check "-d" cptofs -d -i plain.img src /d
contains "-d names each file" '^cptofs: src/sub/random$' check.out
finish
