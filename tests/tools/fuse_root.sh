#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fuse_root.sh - lklfuse as root has it: mount(8), /etc/fstab, other users,
# device nodes and what else only root can make
#
# tests/run lets root run it as root, because of its name. Mounts are made in
# a mount namespace of its own.
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
LKL_TEST_AS_ROOT=1
. "$(dirname "$0")/lib.bash"
if [ "$(id -u)" != 0 ]; then
	skip "what only root can do" "we are $(id -un)"
	finish
fi
if [ "${1:-}" != --unshared ]; then
	if ! unshare -m true 2>/dev/null || ! [ -w /dev/fuse ]; then
		skip "what only root can do" "this root may not mount"
		finish
	fi
	unshare -m bash "$tools_here/fuse_root.sh" --unshared
	exit
fi
# shellcheck source=tests/tools/fuse.bash
. "$tools_here/fuse.bash"
fuse_needed
chmod 755 .

as_other() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

make_ext4 e.img 1G

# ---- the suite of what a file system does, with what only root may

check "ext4 is mounted by root" mount_image e.img || finish
mkdir mnt/t
python3 -B "$tools_here/fuse_posix.py" mnt/t '[!l]*' >posix.out 2>&1
sed -E 's/^(ok|not ok|skip) - /&root: /' posix.out
grep -q '^not ok' posix.out && tools_failed=1
fails "another user has no access" 2 'Permission denied' as_other ls mnt
ahead="/sys/class/bdi/$(mountpoint -d mnt)/read_ahead_kb"
if [ -w "$ahead" ]; then
	check "the host reads further ahead than 128 KiB" \
		test "$(cat "$ahead")" = 1024
else
	skip "how far the host reads ahead" "it cannot be set here"
fi
check "unmounted" unmount_image
fsck_clean "the image is clean" e.img

# ---- other users

check "with allow_other" mount_image e.img -o allow_other
umask 022
echo secret >mnt/private
chmod 600 mnt/private
check "another user may look" as_other ls mnt
check "at everything, if nobody checks" as_other cat mnt/private
as_other touch mnt/theirs
check "what they make is theirs" test "$(stat -c %u mnt/theirs)" = 65534
check "unmounted" unmount_image

check "with allow_other and default_permissions" mount_image e.img \
	-o allow_other,default_permissions
fails "another user sees what they may" 1 'Permission denied' \
	as_other cat mnt/private
fails "and makes files where they may" 1 'Permission denied' \
	as_other touch mnt/new
check "which they do with their own" as_other chmod 600 mnt/theirs
fails "but not with those of others" 1 'not permitted' \
	as_other chmod 600 mnt/private
mkdir -m 1777 mnt/tmp
as_other touch mnt/tmp/f
check "their files are theirs" test "$(stat -c %u mnt/tmp/f)" = 65534
chmod 4755 mnt/tmp/f
check "unmounted" unmount_image

# ---- mount(8) and fstab

if needs "mount(8)" mount.fuse3; then
	# It has a PATH of its own; in this namespace, lklfuse is installed.
	ln -s "$(command -v lklfuse)" lklfuse
	mount -t tmpfs installed /usr/local/bin
	cp -d lklfuse /usr/local/bin
	check "mount -t fuse.lklfuse" mount -t fuse.lklfuse \
		-o 'type=ext4,ro,allow_other,default_permissions' \
		"$PWD/e.img" "$PWD/mnt"
	check "mounts" as_other test -f mnt/theirs
	check "read-only" sh -c '! touch mnt/new 2>/dev/null'
	check "umount" umount mnt
	check "frees the image" wait_free e.img
	printf '%s %s fuse.lklfuse noauto,mb=64,log=%s,%s 0 0\n' \
		"$PWD/e.img" "$PWD/mnt" "$PWD/k.log" \
		'opts=data\=journal\,commit\=3' >fstab
	check "mount by fstab" mount -T fstab "$PWD/mnt"
	findmnt -n -o SOURCE,FSTYPE mnt >findmnt.out
	contains "with the options of the file system" \
		'mounted filesystem .* with journalled data mode' k.log
	contains "mounts what is in it" "^$PWD/e.img +fuse.lklfuse" findmnt.out
	check "for writing" cp /etc/services mnt/services
	check "umount" umount mnt
	check "frees the image" wait_free e.img
	fsck_clean "which is clean" e.img
	fails "mount -t fuse.lklfuse of what is no image" '[0-9]+' \
		'lklfuse: ' mount -t fuse.lklfuse /dev/null "$PWD/mnt"
fi

# ---- a block device

loop=$(losetup --find --show e.img 2>losetup.err)
if [ -n "$loop" ]; then
	check "a block device is mounted" mount_image "$loop"
	check "and read" test -d mnt/t
	fails "it is locked" 3 'in use|busy' lklfuse "$loop" mnt
	check "and written" touch mnt/by-device
	check "unmounted" unmount_image
	losetup -d "$loop"
	fsck_clean "the image behind it is clean" e.img
else
	skip "a block device is mounted" "$(cat losetup.err)"
fi

# ---- set-user-ID and devices on the mount

check "mounted without nosuid" mount_image e.img -o suid,dev,allow_other
findmnt -n -o OPTIONS mnt >findmnt.out
check "root may say that set-user-ID counts" sh -c '! grep -q nosuid findmnt.out'
mknod mnt/zero c 1 5
check "and that devices work" sh -c \
	'head -c 4 mnt/zero | od -An -tx1 | grep -q "00 00 00 00"'
check "unmounted" unmount_image
check "mounted with nodev" mount_image e.img -o nodev
fails "devices do not work" 1 'Permission denied' head -c 4 mnt/zero
check "unmounted" unmount_image
fsck_clean "the image is clean" e.img
finish
