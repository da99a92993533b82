#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fuse_kill.sh - lklfuse is killed while files are written: what was synced is
# in the image
#
# FUSE_KILL is how many seconds each file system gets: some in make check, many
# in make soak.
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/fuse.bash
. "$tools_here/fuse.bash"
fuse_needed

# killed TYPE SIZE CHECK...: an image of it, killed again and again
killed() {
	local fs=$1
	needs "$fs" "mkfs.$fs" || return
	rm -f k.img
	truncate -s "$2" k.img
	shift 2
	mkfs_ok "$fs" k.img || return
	if python3 -B "$tools_here/fuse_kill.py" k.img mnt "${FUSE_KILL:-9}" \
	   "${FUSE_KILL_SEED:-7}" "$@" >kill.out 2>&1; then
		ok "$fs: $(tail -n 1 kill.out)"
	else
		not_ok "$fs: $(tail -n 1 kill.out)" kill.out
		fusermount3 -uzq mnt
	fi
}

killed ext4 256M e2fsck -fn
killed xfs 400M xfs_repair -n -f
killed btrfs 400M btrfs check
killed f2fs 256M fsck.f2fs --dry-run
finish
