#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fuse_safety.sh - lklfuse and what can go wrong: a hostile image, a panic, a
# process that is killed, a host disk that is full
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/fuse.bash
. "$tools_here/fuse.bash"
fuse_needed

# ---- the sandbox

make_ext4 e.img 64M
check "the sandbox refuses everything that is tried" \
	sh -c 'lklfuse e.img mnt -f --sandbox-self-test >test.out'
contains "among it to open a file" '^refused: open a file .* reading' test.out
contains "and to write one" '^refused: open a file .* writing' test.out
contains "and to execute a program" '^refused: execute a program' test.out
contains "and to make a socket" '^refused: make a socket' test.out
contains "and to make a ring of io_uring" '^refused: make a ring' test.out
check "all attempts are made" test "$(grep -c ^refused test.out)" -ge 13
lklfuse e.img mnt -f --sandbox-self-test --no-sandbox >test.out 2>&1
contains "without a sandbox the same attempts succeed" \
	'^NOT REFUSED: open a file .* reading' test.out
rm -f /tmp/lkl-escaped

# What an image could do that has the kernel in its hands when it is mounted.
check "the probe builds" "${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -Wall -shared \
	-fPIC -o probe.so "$tools_here/sandbox_probe.c" -ldl
echo secret >secret
LD_PRELOAD=$PWD/probe.so PROBE_SECRET=$PWD/secret PROBE_OUTSIDE=$PWD/new \
	check "mounted with the probe" mount_image e.img
check "unmounted" unmount_image
check "whatever the probe tries is refused" \
	sh -c '! grep -vE ": (Permission denied|Operation not permitted)$" fuse.out'
check "and it tries everything" test "$(wc -l <fuse.out)" -ge 11

worker() { pgrep -P $fuse_pid; }
check "mounted" mount_image e.img || finish
w=$(worker)
contains "the process that reads the image has a filter" \
	'^Seccomp:[[:space:]]*2$' "/proc/$w/status"
contains "and no new privileges" '^NoNewPrivs:[[:space:]]*1$' "/proc/$w/status"
find "/proc/$w/fd" -mindepth 1 -printf '%l\n' 2>/dev/null |
	grep -vE "^(/dev/fuse|/dev/null|$PWD/(e\.img|fuse\.(out|err))|(pipe|socket|anon_inode):.*|/memfd:.*)$" >fds.out
check "and nothing open but the image and /dev/fuse" test ! -s fds.out

# ---- an oops or a panic inside

check "unmounted" unmount_image
check "mounted to panic at an error" mount_image e.img -o opts=errors=panic
mkdir mnt/d
for i in $(seq 50); do echo "$i" >"mnt/d/f$i"; done
check "unmounted" unmount_image
# A directory entry that points to nowhere.
block=$(debugfs -R 'bmap /d 0' e.img 2>/dev/null)
dd if=/dev/urandom of=e.img bs=4096 seek="$block" count=1 conv=notrunc \
	status=none
cp e.img broken.img
check "the damaged image is mounted" mount_image e.img -o opts=errors=panic
fails "what meets the damage gets an error" 2 'Input/output error' ls mnt/d
fails "and so does all that follows" '[12]' 'Input/output error' \
	stat mnt/never-seen
fusermount3 -u mnt
wait $fuse_pid
check "it ends with status 4 ($?)" test $? = 4
contains "and says that the kernel has panicked" \
	'lklfuse: .*kernel.* has panicked: .*EXT4-fs' fuse.err
check "by default, the damaged image becomes read-only" mount_image broken.img
fails "what meets the damage gets an error" 2 'error|Bad message|Structure' ls mnt/d
fails "what would be written too" 1 'Read-only|error' touch mnt/new
fusermount3 -u mnt
wait $fuse_pid

# ---- killed; what is in the image then is for fuse_kill.sh

check "mounted" mount_image broken.img -o ro
kill -KILL "$(worker)"
wait $fuse_pid
check "when the worker is killed, the status is 4 ($?)" test $? = 4
contains "it is said" 'was ended by signal 9' fuse.err
check "and no dead mount is left" sh -c '! mountpoint -q mnt'

check "mounted" mount_image broken.img -o ro
w=$(worker)
kill -KILL $fuse_pid "$w"
wait $fuse_pid
check "when both are killed, the image is free" wait_free broken.img
fails "the dead mount stays" 1 'not connected' df mnt
fails "which is said to who mounts there" 2 'fusermount3 -u mnt takes|Try' \
	lklfuse broken.img mnt -o ro
check "and can be taken away" fusermount3 -u mnt

# ---- the image goes away

make_ext4 e.img 64M
check "mounted" mount_image e.img
head -c 20M /dev/urandom >mnt/data
check "unmounted" unmount_image
check "mounted" mount_image e.img
truncate -s 1M e.img
fails "of an image that was cut off, files cannot be read" 2 \
	'Input/output error|Bad message' cmp mnt/data /dev/null
fails "nor written and synced" 1 'dd: .*(error|Bad message|Read-only)' \
	dd if=/dev/zero of=mnt/data bs=4k count=1 conv=notrunc,fsync status=none
fusermount3 -u mnt
wait $fuse_pid
check "it ends with status 4 ($?)" test $? = 4
contains "and says so" '^lklfuse: e?.*e.img: .*damaged' fuse.err

make_ext4 e.img 64M
check "mounted" mount_image e.img
rm e.img
check "an image that was removed can still be used" sh -c \
	'echo x >mnt/new && grep -q x mnt/new'
fusermount3 -u mnt
wait $fuse_pid
check "but then it ends with status 4 ($?)" test $? = 4
contains "and says that it is lost" 'e.img: was removed while' fuse.err

# ---- little memory

make_ext4 m.img 400M -N 40000
check "mounted with the least memory" mount_image m.img -o mb=64
head -c 200M /dev/zero >zeros
check "a file several times as large is written" sh -c \
	'cat zeros >mnt/large && cmp zeros mnt/large'
rm zeros
check "as are 20000 files" sh -c \
	'mkdir mnt/many && cd mnt/many && seq 20000 | xargs touch'
check "which are all there" sh -c 'test $(ls -l mnt/many | wc -l) = 20001'
check "and can be removed" rm -r mnt/many
check "unmounted" unmount_image
fsck_clean "the image is clean" m.img
rm m.img

# xfs remembers most of a file. What it remembers is given up, so that not all
# of the memory inside is ever in use.
if needs "xfs with the least memory" mkfs.xfs; then
	truncate -s 1G x.img
	mkfs.xfs -q -f x.img
	check "xfs mounted with the least memory" mount_image x.img -o mb=64
	check "50000 files are written" sh -c \
		'mkdir mnt/many && cd mnt/many && seq 50000 | xargs touch'
	peak=$(awk '/VmHWM/ { print $2 }' "/proc/$(worker)/status")
	check "memory is left ($peak KiB are taken)" test "$peak" -lt 65536
	check "unmounted" unmount_image
	check "the image is clean" fsck_of xfs x.img
	rm x.img
fi

# ---- a full host disk

# In a user namespace, where we may mount a small file system.
cat >full.sh <<'SH'
mount -t tmpfs -o size=24m none small || exit 77
truncate -s 64M small/e.img
mkfs.ext4 -q -F small/e.img
lklfuse small/e.img mnt -f >fuse.out 2>fuse.err &
pid=$!
for i in $(seq 200); do mountpoint -q mnt && break; sleep 0.05; done
dd if=/dev/urandom of=mnt/large bs=1M count=40 conv=fsync >dd.out 2>&1
echo $? >dd.status
umount mnt
wait $pid
echo $? >status
SH
mkdir -p small
unshare -Urm true 2>/dev/null && unshare -Urm bash full.sh
if [ ! -s status ]; then
	skip "a full host disk" "no user namespaces here"
else
	check "when the host cannot store more, a write fails" \
		test "$(cat dd.status)" != 0
	contains "with an error" 'error|Read-only|No space' dd.out
	check "and the status says so ($(cat status))" test "$(cat status)" = 4
	contains "with a message" '^lklfuse: ' fuse.err
fi
finish
