#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# matrix_journal.sh - images that were not unmounted: read-only, no byte of them
# changes; for writing, the journal is replayed and what was synced is there
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/fuse.bash
. "$tools_here/fuse.bash"
fuse_needed

python3 -c 'import random, sys; random.seed(3)
sys.stdout.buffer.write(random.randbytes(3 << 20))' >data

# fill_and_kill: files in mnt, the last of them synced by fsync alone, then the
# worker is killed
fill_and_kill() {
	mkdir mnt/old mnt/d
	for i in $(seq 40); do echo "old $i" >"mnt/old/$i"; done
	sync -f mnt
	rm -r mnt/old
	python3 - <<'PY'
import os, shutil
shutil.copyfile("data", "mnt/d/data")
os.rename("mnt/d/data", "mnt/d/synced")
for name in "mnt/d/synced", "mnt/d", "mnt":
    fd = os.open(name, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
# A fsync that a journal can answer: btrfs commits all after some of the above.
with open("mnt/d/synced", "r+b") as f:
    f.write(open("data", "rb").read(4096))
    os.fsync(f.fileno())
shutil.copyfile("data", "mnt/d/not synced")
PY
	kill -KILL "$(pgrep -P "$fuse_pid")"
	wait "$fuse_pid"
	fuse_status=$?
	[ "$fuse_status" = 4 ]
}

# is_dirty TYPE IMAGE: there is something to be replayed
is_dirty() {
	case $1 in
	ext*)	dumpe2fs -h "$2" 2>/dev/null | grep -q needs_recovery ;;
	xfs)	xfs_repair -n -f "$2" 2>&1 |
			grep -q 'valuable metadata changes in a log' ;;
	btrfs)	btrfs inspect-internal dump-super "$2" |
			grep -qE '^log_root[[:space:]]+[1-9]' ;;
	# Not the state "unmount", and blocks after the last checkpoint.
	f2fs)	! fsck.f2fs --dry-run "$2" 2>&1 | grep -q 'checkpoint state.*unmount' ;;
	esac
}

# read_only NAME [OPTION...]: f.img can be looked at and remains what dirty.img is
read_only() {
	local name=$1
	shift
	check "$name: can be mounted" mount_image f.img "$@" || return
	check "$name: can be looked at" find mnt
	check "$name: cannot be written" sh -c '! touch mnt/new 2>/dev/null'
	fusermount3 -u mnt
	wait "$fuse_pid"
	check "$name: ends well ($?)" test $? = 0
	check "$name: not a byte of the image has changed" cmp f.img dirty.img
}

for fs in ext3 ext4 xfs f2fs btrfs; do
	needs "$fs" "mkfs.$fs" || continue
	rm -f f.img
	case $fs in xfs|btrfs) size=300M ;; *) size=64M ;; esac
	truncate -s $size f.img
	mkfs_ok $fs f.img || continue
	check "$fs: mounted" mount_image f.img -o owner=caller || continue
	check "$fs: killed while it is written" fill_and_kill
	check "$fs: there is a journal to be replayed" is_dirty $fs f.img
	cp --sparse=always f.img dirty.img

	read_only "$fs, ro" -o ro
	chmod 444 f.img
	read_only "$fs, write-protected"
	chmod 644 f.img
	if needs "$fs, overlay" qemu-img qemu-nbd; then
		rm -f over
		check "$fs, overlay: mounted" mount_image f.img -o overlay=over
		check "$fs, overlay: what was synced is there" cmp data mnt/d/synced
		check "$fs, overlay: unmounted" unmount_image
		check "$fs, overlay: the image has not changed" \
			cmp f.img dirty.img
	fi
	cpfromfs -i f.img / out >cp.out 2>&1
	lklinfo f.img >info.out 2>&1
	check "$fs: lklinfo names it" grep -q "$fs" info.out
	rm -rf out
	check "$fs: copying out and listing change nothing" cmp f.img dirty.img

	check "$fs: mounted for writing" mount_image f.img -o owner=caller
	check "$fs: what was synced is there" cmp data mnt/d/synced
	check "$fs: what was removed is not" test ! -e mnt/old
	check "$fs: it can be written again" cp data mnt/again
	check "$fs: unmounted" unmount_image
	check "$fs: its fsck has nothing to say" fsck_of $fs f.img
	check "$fs: nothing is left to be replayed" sh -c '! "$@"' sh \
		bash -c "$(declare -f is_dirty); is_dirty $fs f.img"
	# The other tool that mounts for writing.
	check "$fs: cptofs replays it too" cptofs -i dirty.img data /copied
	check "$fs: and leaves it clean" fsck_of $fs dirty.img
	cpfromfs -i dirty.img /d/synced out
	same "$fs: with what was synced" data out
	rm -rf out dirty.img
done

# ---- those without a journal say that they are dirty

for fs in vfat exfat ntfs3; do
	case $fs in ntfs3) tool=mkfs.ntfs ;; *) tool=mkfs.$fs ;; esac
	needs "$fs" $tool || continue
	rm -f f.img
	truncate -s 64M f.img
	mkfs_ok $fs f.img || continue
	check "$fs: mounted" mount_image f.img || continue
	check "$fs: killed while it is written" fill_and_kill
	cp --sparse=always f.img dirty.img
	read_only "$fs, ro" -o ro
	# The kernel wants to be sure that chkdsk was run, or to be forced.
	force=()
	if [ $fs = ntfs3 ]; then
		fails "$fs: is not written while dirty" 3 'volume is dirty' \
			lklfuse f.img mnt
		force=(-o opts=force)
	fi
	check "$fs: mounted for writing" mount_image f.img "${force[@]}"
	check "$fs: what was synced is there" cmp data mnt/d/synced
	check "$fs: unmounted" unmount_image
done
finish
