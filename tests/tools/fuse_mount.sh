#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fuse_mount.sh - lklfuse: options, owners, how it begins and how it ends
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/fuse.bash
. "$tools_here/fuse.bash"
fuse_needed

# ---- what is said about mistakes

make_ext4 e.img 64M
p='lklfuse: |Try'
fails "no argument" 2 "$p" lklfuse
fails "no mount point" 2 "$p" lklfuse e.img
fails "too many arguments" 2 "$p" lklfuse e.img mnt mnt
fails "a mount point that is not there" 2 "$p" lklfuse e.img nowhere
fails "an unknown option" 2 'unknown option.*nonsense' \
	lklfuse e.img mnt -o nonsense
fails "a bad number" 2 "$p" lklfuse e.img mnt -o part=two
fails "no memory" 2 "$p" lklfuse e.img mnt -o mb=0
fails "a bad map" 2 "$p" lklfuse e.img mnt -o uidmap=1:2
fails "a bad owner" 2 "$p" lklfuse e.img mnt -o owner=somebody
fails "an image that is not there" 3 'No such file' lklfuse no.img mnt
fails "an empty image" 3 'lklfuse: ' lklfuse /dev/null mnt
fails "a wrong type" 3 'cannot mount as xfs' lklfuse e.img mnt -o type=xfs
fails "an unknown type" 3 "type 'nofs' is not known" \
	lklfuse e.img mnt -o type=nofs
fails "a partition that is not there" 3 'no partition 2' \
	lklfuse e.img mnt -o part=2
fails "a mount point that is not ours" 3 'fusermount3: ' lklfuse e.img /etc
fails "allow_other is for root to permit" 3 'fusermount3: .*user_allow_other' \
	sh -c 'grep -qs ^user_allow_other /etc/fuse.conf &&
		{ echo fusermount3: user_allow_other is set >&2; exit 3; }
		lklfuse e.img mnt -o allow_other'
fails "a wrong option of the file system" 3 'cannot mount as ext4' \
	lklfuse e.img mnt -o opts=nonsense
check "after all of them nothing is mounted" sh -c '! mountpoint -q mnt'
fsck_clean "and the image is as it was" e.img
lklfuse --help >help.out
contains "--help has examples" '^Examples:' help.out
check "--version" lklfuse --version

# ---- into the background and back

check "it returns when the mount can be used" lklfuse e.img mnt
check "which it can" touch mnt/f
fails "the image is locked" 3 'locked|in use' lklfuse e.img mnt
fails "also against copy tools" 3 'locked|in use' cptofs -i e.img e.img /
check "fusermount3 -u ends it" fusermount3 -u mnt
check "then the image is free" wait_free e.img
fsck_clean "and clean" e.img

for signal in TERM INT HUP; do
	check "mounted" mount_image e.img || finish
	dd if=/dev/urandom of=data bs=1M count=20 status=none
	cp data mnt/data
	kill -$signal $fuse_pid
	wait $fuse_pid
	check "SIG$signal ends it with status 0 ($?)" test $? = 0
	check "and unmounts" sh -c '! mountpoint -q mnt'
	fsck_clean "the image is clean" e.img
	check "mounted again" mount_image e.img -o ro
	check "what was not synced is there" cmp data mnt/data
	check "unmounted" unmount_image
done

check "mounted" mount_image e.img
exec 7>mnt/held
echo before >&7
kill -TERM $fuse_pid
wait $fuse_pid
check "SIGTERM ends it though a file is open ($?)" test $? = 0
contains "with a warning" 'is in use' fuse.err
exec 7>&-
check "what was written is there" sh -c \
	'cpfromfs -i e.img /held . && grep -q before held'
fsck_clean "the image is clean" e.img

check "mounted" mount_image e.img
(cd mnt && fusermount3 -uz ../mnt)
wait $fuse_pid
check "it ends after a lazy unmount ($?)" test $? = 0

# The process that has mounted before is still about, and its device's number
# is free again. Other work makes it late.
mounts_stay() {
	local i tries=0
	for i in $(seq 30); do
		# As soon as the image is not locked any more.
		until lklfuse e.img mnt; do [ $((tries += 1)) -lt 5000 ] || return 1; done
		test -d mnt/lost+found || return 1
		fusermount3 -u mnt || return 1
	done
}

for i in 1 2 3; do
	sh -c 'while :; do :; done' &
	busy[i]=$!
done
check "a mount made at once after an unmount stays" mounts_stay
check "the last one ends too" wait_free e.img
kill "${busy[@]}"
wait "${busy[@]}" 2>/dev/null

# ---- as mount.fuse calls it

check "with the options that mount.fuse3 passes" mount_image e.img \
	-o rw,nosuid,nodev,noatime,dev,suid,exec,lock
check "unmounted" unmount_image
if [ -x /sbin/mount.fuse3 ]; then
	check "by mount.fuse3" /sbin/mount.fuse3 "lklfuse#$PWD/e.img" "$PWD/mnt" \
		-o 'ro,opts=errors=continue\,nodelalloc'
	check "which mounts" test -f mnt/data
	check "read-only" sh -c '! touch mnt/g 2>/dev/null'
	findmnt -n -o SOURCE,FSTYPE,OPTIONS mnt >findmnt.out
	contains "the table of mounts says what is mounted" \
		"^$PWD/e.img +fuse.lklfuse +ro" findmnt.out
	fusermount3 -u mnt
	check "the image is free" wait_free e.img
else
	skip "by mount.fuse3" "it is not installed"
fi

check "options of the file system, with commas and equals signs" mount_image \
	e.img -v -o 'opts=data=journal\,commit\=7'
check "unmounted" sh -c "fusermount3 -u mnt; wait"
wait $fuse_pid
contains "reach it" 'mounted filesystem .* with journalled data mode' fuse.err

lklfuse e.img mnt -d >debug.out 2>&1 &
fuse_pid=$!
for _ in $(seq 600); do mountpoint -q mnt && break; sleep 0.05; done
stat mnt/no-such-name >/dev/null 2>&1
check "-d stays in the foreground" kill -0 $fuse_pid
fusermount3 -u mnt
wait $fuse_pid
contains "it shows requests" 'LOOKUP' debug.out
contains "and the kernel's log" 'EXT4-fs .* mounted' debug.out

check "with a log" mount_image e.img -o log=kernel.log
check "unmounted" unmount_image
contains "the kernel's log is in it" 'EXT4-fs .* mounted' kernel.log

# ---- read-only

check "mounted for writing" mount_image e.img
echo journal >mnt/journal
sync -f mnt
fsync_file() { python3 -c 'import os,sys; os.fsync(os.open(sys.argv[1], 0))' "$1"; }
fsync_file mnt/journal
worker=$(pgrep -P $fuse_pid)
kill -KILL "$worker"
wait $fuse_pid
check "killed, it ends with status 4 ($?)" test $? = 4
contains "and says so" 'ended by signal 9' fuse.err
check "and the dead mount is gone" sh -c '! mountpoint -q mnt'
dumpe2fs -h e.img 2>/dev/null >dump.out
contains "the image has a journal to be replayed" needs_recovery dump.out
cksum <e.img >before
check "read-only, it can be mounted" mount_image e.img -o ro
cat mnt/* >/dev/null 2>&1
fusermount3 -u mnt
wait $fuse_pid
cksum <e.img >after
same "and is not changed by a byte" before after
chmod 444 e.img
check "an image that may not be written is mounted read-only" \
	mount_image e.img
check "really" sh -c '! touch mnt/g 2>/dev/null'
fusermount3 -u mnt
wait $fuse_pid
contains "with a warning" 'write-protected' fuse.err
cksum <e.img >after
same "and is not changed by a byte" before after
fails "unless rw insists" 3 'Permission denied' lklfuse e.img mnt -o rw
chmod 644 e.img
check "for writing, the journal is replayed" mount_image e.img
contains "and what was synced is there" journal mnt/journal
check "unmounted" unmount_image
fsck_clean "the image is clean" e.img

# ---- owners

me=$(id -u):$(id -g)
inside() { debugfs -R "stat $1" e.img 2>/dev/null | sed -n 's/^User: *\([0-9]*\) *Group: *\([0-9]*\).*/\1:\2/p'; }
make_ext4 e.img 64M -E root_owner=0:0
debugfs -w -R 'set_inode_field / uid 0' e.img 2>/dev/null

debugfs -w -R 'mknod device c 4 65' e.img 2>/dev/null
check "owners as stored" mount_image e.img
check "device nodes are shown, also to who could not make them" test \
	"$(stat -c '%F %t:%T' mnt/device)" = 'character special file 4:41'
touch mnt/stored
check "show what is stored" test "$(stat -c %u:%g mnt)" = 0:0
check "new files are ours" test "$(stat -c %u:%g mnt/stored)" = "$me"
chown 1234:4321 mnt/stored
check "and can be given away" test "$(stat -c %u:%g mnt/stored)" = 1234:4321
check "unmounted" unmount_image
check "inside it is the same" test "$(inside /stored)" = 1234:4321

check "owner=root" mount_image e.img -o owner=root
check "shows root's as ours" test "$(stat -c %u:%g mnt)" = "$me"
touch mnt/root
mkdir mnt/root.d
check "new files too" test "$(stat -c %u:%g mnt/root)" = "$me"
check "others as they are" test "$(stat -c %u:%g mnt/stored)" = 1234:4321
check "unmounted" unmount_image
check "inside they are root's" test "$(inside /root)$(inside /root.d)" = 0:00:0

check "owner=root with default_permissions" mount_image e.img \
	-o owner=root,default_permissions
check "we may write where root may" touch mnt/perm
check "unmounted" unmount_image

check "owner=caller" mount_image e.img -o owner=caller
check "shows everything as ours" test \
	"$(stat -c %u:%g mnt/root)$(stat -c %u:%g mnt/stored)" = "$me$me"
touch mnt/caller
check "unmounted" unmount_image
check "inside new files are ours" test "$(inside /caller)" = "$me"

check "uid=, gid=" mount_image e.img -o uid=77,gid=88
check "show everything as that" test \
	"$(stat -c %u:%g mnt/root)$(stat -c %u:%g mnt/stored)" = 77:8877:88
touch mnt/uid
check "unmounted" unmount_image
check "inside new files are root's" test "$(inside /uid)" = 0:0

check "maps" mount_image e.img -o \
	"uidmap=0:$(id -u):1+1234:5000:10,gidmap=0:$(id -g):1+4321:6000:1"
check "show what they cover" test \
	"$(stat -c %u:%g mnt/root)$(stat -c %u:%g mnt/stored)" = "${me}5000:6000"
check "and the rest as nobody" test "$(stat -c %u:%g mnt/caller)" = 65534:65534
chown 5003 mnt/root
fails "an owner that they do not cover cannot be stored" 1 \
	'Value too large' chown 99999 mnt/root
check "unmounted" unmount_image
check "inside it is the mapped one" test "$(inside /root)" = 1237:0
fsck_clean "the image is clean" e.img

# ---- partitions and offsets

needs "partitions" sfdisk || finish
rm -f p.img
truncate -s 200M p.img
printf 'label: gpt\nstart=2048,size=100M\nsize=80M\n' | sfdisk -q p.img
make_ext4 part1 100M
make_ext4 part2 80M
debugfs -w -R 'mkdir second' part2 2>/dev/null
dd if=part1 of=p.img bs=1M seek=1 conv=notrunc,sparse status=none
dd if=part2 of=p.img bs=1M seek=101 conv=notrunc,sparse status=none
fails "of several partitions one has to be chosen" 3 \
	'has partitions.*1 \(ext4.*2 \(ext4' lklfuse p.img mnt
check "partition 2" mount_image p.img -o part=2
check "is the second" test -d mnt/second
check "unmounted" unmount_image
check "by its offset too" mount_image p.img -o offset=101M,sizelimit=80M
check "is the second" test -d mnt/second
check "unmounted" unmount_image
finish
