# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# fuse.bash - for the scripts that test lklfuse, after lib.bash

# fuse_needed: ends the script, with a skip, where an ordinary user cannot mount
fuse_needed() {
	check "lklfuse is built" command -v lklfuse || finish
	if ! [ -r /dev/fuse ] || ! [ -w /dev/fuse ]; then
		skip "everything that mounts" "/dev/fuse cannot be used by $(id -un)"
		finish
	fi
	needs "everything that mounts" fusermount3 || finish
	mkdir -p mnt
	trap 'fuse_cleanup' EXIT
}

fuse_cleanup() {
	fusermount3 -uzq mnt
	[ -z "${tools_work:-}" ] || { chmod -R u+rwx "$tools_work"; rm -rf "$tools_work"; }
}

# mount_image IMAGE [OPTION...]: in the foreground of a job; true when it can be
# used, with its process in $fuse_pid and its messages in fuse.err
mount_image() {
	local image=$1
	shift
	lklfuse "$image" mnt -f "$@" >fuse.out 2>fuse.err &
	fuse_pid=$!
	local i
	for ((i = 0; i < 600; i++)); do
		# What was served before may still be there for a moment.
		if mountpoint -q mnt; then
			stat mnt/. >/dev/null 2>&1 && return 0
		fi
		kill -0 $fuse_pid 2>/dev/null || break
		sleep 0.05
	done
	wait $fuse_pid
	fuse_status=$?
	cat fuse.err
	return 1
}

# unmount_image: true if it ends well and without a word
unmount_image() {
	fusermount3 -u mnt || { sleep 1; fusermount3 -u mnt; }
	wait $fuse_pid
	fuse_status=$?
	cat fuse.err
	[ $fuse_status = 0 ] && [ ! -s fuse.err ]
}

# wait_free IMAGE: until no other process has it locked
wait_free() {
	python3 - "$1" <<'PY'
import fcntl, struct, sys, time
with open(sys.argv[1], "r+b") as f:
    lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)
    for _ in range(600):
        try:
            fcntl.fcntl(f, 37, lock)    # F_OFD_SETLK
            sys.exit(0)
        except OSError:
            time.sleep(0.05)
sys.exit(1)
PY
}

# fsck_of TYPE IMAGE: the file system's own check finds nothing
fsck_of() {
	case $1 in
	ext*)	e2fsck -fn "$2" ;;
	xfs)	xfs_repair -n -f "$2" ;;
	btrfs)	btrfs check "$2" ;;
	f2fs)	fsck.f2fs --dry-run "$2" ;;
	vfat)	fsck.fat -n "$2" ;;
	exfat)	fsck.exfat -n "$2" ;;
	*)	return 0 ;;
	esac
}

# mkfs_of TYPE IMAGE: an empty file system in an image that has its size
mkfs_of() {
	case $1 in
	ext*)	"mkfs.$1" -q -F -b 4096 "$2" ;;
	xfs|btrfs) "mkfs.$1" -q -f "$2" ;;
	f2fs)	mkfs.f2fs -q -f -O extra_attr,inode_crtime "$2" ;;
	vfat|exfat) "mkfs.$1" "$2" ;;
	ntfs3)	mkfs.ntfs -q -F -f "$2" ;;
	udf)	mkudffs "$2" ;;
	minix)	mkfs.minix -3 "$2" ;;
	esac
}

# mkfs_ok TYPE IMAGE: mkfs_of, or says why not, as btrfs_ok does
mkfs_ok() {
	local status
	mkfs_of "$@" >mkfs.out 2>&1
	status=$?
	[ $status = 0 ] || btrfs_ok "$1: an image is made" $status
}
