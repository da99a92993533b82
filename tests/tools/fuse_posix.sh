#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fuse_posix.sh - a mount of lklfuse behaves as a local file system does
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/fuse.bash
. "$tools_here/fuse.bash"
fuse_needed

# behave HOW PATTERN: the suite's results, each with HOW before it
behave() {
	local how=$1
	mkdir mnt/t
	python3 -B "$tools_here/fuse_posix.py" mnt/t "$2" >posix.out 2>&1
	sed -E "s/^(ok|not ok|skip) - /&$how: /" posix.out
	grep -q '^not ok' posix.out && tools_failed=1
	rm -rf mnt/t
}

make_ext4 e.img 1G -E root_owner="$(id -u):$(id -g)"
check "ext4 is mounted" mount_image e.img || finish
behave ext4 '*'
check "and unmounted" unmount_image
fsck_clean "e2fsck has nothing to say" e.img

# ---- permissions checked by the host

check "with default_permissions" mount_image e.img -o default_permissions ||
	finish
behave default_permissions '[!l]*'
mkdir mnt/closed
chmod 0 mnt/closed
fails "a directory that is closed to us is closed" 2 'Permission denied' \
	ls mnt/closed
chmod 700 mnt/closed
echo x >mnt/f
chmod 0 mnt/f
fails "so is a file" 1 'Permission denied' cat mnt/f
chmod 600 mnt/f
setfacl -m "u:$(id -u):r,g::-,m::r" mnt/f
check "an ACL is obeyed" cat mnt/f
fails "a file cannot be given away" 1 'Operation not permitted' \
	chown 12345 mnt/f
check "and unmounted" unmount_image
fsck_clean "e2fsck has nothing to say" e.img

# ---- other file systems that can do all this

for fs in xfs btrfs f2fs; do
	needs "$fs behaves" "mkfs.$fs" || continue
	rm -f f.img
	truncate -s 1G f.img
	mkfs_ok $fs f.img || continue
	opts=()
	[ $fs != btrfs ] || opts=(-o opts=commit=1)
	check "$fs is mounted" mount_image f.img "${opts[@]}" || continue
	behave $fs '[!l]*'
	check "$fs is unmounted" unmount_image
	check "$fs: its fsck has nothing to say" fsck_of $fs f.img
done
finish
