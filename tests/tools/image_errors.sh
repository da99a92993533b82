#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# image_errors.sh - cptofs and cpfromfs when something is wrong: full, broken,
# locked, read-only, interrupted
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"

check "the tools are built" command -v cptofs cpfromfs || finish

echo f >f

# ---- the image

fails "no such image" 3 '^cptofs: no.img: No such file' cptofs -i no.img f /
mkdir dir
fails "a directory as image" 3 'dir: Is a directory' cptofs -i dir f /
fails "and for reading" 3 'dir: Is a directory' cpfromfs -i dir / x
mkfifo fifo
fails "a FIFO as image" 3 'fifo: is neither a regular file nor a block' \
	cptofs -i fifo f /
fails "a character device as image" 3 \
	'/dev/null: is neither a regular file nor a block' cpfromfs -i /dev/null / x
: >empty.img
fails "an empty image" 3 'empty.img: is empty' cptofs -i empty.img f /
truncate -s 1000001 odd.img
fails "an image of an odd size" 3 'odd.img: its size of 1000001 bytes' \
	cptofs -i odd.img f /
truncate -s 512 tiny.img
fails "an image of one sector" 3 'tiny.img: no file system found' \
	cptofs -i tiny.img f /
truncate -s 8M zero.img
fails "an image of zeros" 3 'zero.img: no file system found' \
	cptofs -i zero.img f /
fails "an image of zeros as ext4" 3 'zero.img: cannot mount as ext4' \
	cptofs -i zero.img -t ext4 f /
head -c 8M /dev/urandom >garbage.img
fails "an image of garbage" 3 'garbage.img: no file system found' \
	cptofs -i garbage.img f /
for fs in ext4 xfs btrfs f2fs vfat; do
	fails "an image of garbage as $fs" 3 "garbage.img: cannot mount as $fs" \
		cpfromfs -i garbage.img -t $fs / x
done
make_ext4 e.img 32M
head -c 20M e.img >cut.img
fails "a truncated image" 3 'cut.img: cannot mount as ext4.*' \
	cptofs -i cut.img f /
cp e.img hurt.img
dd if=/dev/urandom of=hurt.img bs=4k seek=1 count=300 conv=notrunc status=none
fails "an image whose metadata is garbage" '[13]' '^cpfromfs: hurt.img:' \
	cpfromfs -i hurt.img / hurt
make_ext4 l.img 16M
printf 'LUKS\xba\xbe' | dd of=l.img conv=notrunc status=none
fails "a LUKS container that is none" 3 'l.img: is a LUKS container|l.img: .*LUKS' \
	cptofs -i l.img f /

# Damage at random: whatever becomes of it, the tools end by themselves.
make_ext4 base.img 16M -O ^metadata_csum
mkdir -p few && cp -r "$tools_here" few/ && cptofs -i base.img few /
cat >damage.py <<'PY'
import random, subprocess, sys
base = open("base.img", "rb").read()
used = [i for i in range(0, len(base), 4096) if any(base[i:i + 4096])]
for seed in range(40):
    r = random.Random(seed)
    image = bytearray(base)
    for _ in range(r.choice((1, 5, 30, 200))):
        image[r.choice(used) + r.randrange(4096)] = r.randrange(256)
    for command in (["cpfromfs", "-i", "damaged.img", "-t", "ext4", "/", "damaged"],
                    ["cptofs", "-i", "damaged.img", "-t", "ext4", "few", "/new"]):
        open("damaged.img", "wb").write(image)
        status = subprocess.run(command, stderr=subprocess.PIPE, timeout=60).returncode
        if status not in (0, 1, 3, 4):
            sys.exit("seed %d: %s ended with %d" % (seed, command[0], status))
    subprocess.run("chmod -R u+rwx damaged; rm -rf damaged", shell=True,
                   stderr=subprocess.DEVNULL)
PY
check "40 damaged images end the tools in no other way than documented" \
	python3 damage.py

# ---- names that would lead out of the destination

make_ext4 evil.img 32M -O ^metadata_csum,^dir_index
mkdir -p evil/sub && echo good >evil/good && echo bad >evil/AAAA-evil
echo bad >evil/sub/BBBB-evil
quiet "files go in" cptofs -i evil.img evil /
python3 - <<'PY'
data = open("evil.img", "rb").read()
assert data.count(b"AAAA-evil") and data.count(b"BBBB-evil")
data = data.replace(b"AAAA-evil", b"../../oop").replace(b"BBBB-evil", b"/tmp/oops")
open("evil.img", "wb").write(data)
PY
mkdir -p jail/inner
cpfromfs -i evil.img / jail/inner/out >check.all 2>&1
check "a name with slashes is an error" test $? = 1
contains "of the directory it is in" 'evil.img:/evil' check.all
check "and leads nowhere" test ! -e jail/oop -a ! -e jail/inner/oop -a ! -e /tmp/oops

# ---- permissions and locks

chmod 444 e.img
fails "a read-only image is not written" 3 'e.img: Permission denied' \
	cptofs -i e.img f /
quiet "but read" cpfromfs -i e.img / ro
chmod 644 e.img
chmod 000 e.img
fails "an unreadable image" 3 'e.img: Permission denied' cpfromfs -i e.img / x
chmod 644 e.img

hold_lock() {	# TYPE: hold an OFD lock on e.img until our stdin ends
	python3 -c '
import fcntl, struct, sys
f = open("e.img", "r+b")
kind = fcntl.F_WRLCK if sys.argv[1] == "write" else fcntl.F_RDLCK
fcntl.fcntl(f, 37, struct.pack("hhqqi4x", kind, 0, 0, 100 if kind == fcntl.F_RDLCK else 0, 0))
print("held", flush=True)
sys.stdin.read()' "$1"
}
for kind in write read; do
	coproc LOCK { hold_lock $kind; }
	read -r _ <&"${LOCK[0]}"
	fails "an image locked to $kind is not written" 3 \
		'e.img: is in use by another program' cptofs -i e.img f /
	rm -rf x
	if [ $kind = write ]; then
		fails "an image locked to write is not read" 3 \
			'e.img: is in use by another program' \
			cpfromfs -i e.img / x
	else
		quiet "an image locked to read is read" cpfromfs -i e.img / x
	fi
	held=${LOCK[1]} holder=$LOCK_PID
	exec {held}>&-
	wait "$holder"
done
quiet "an image that was unlocked is written" cptofs -i e.img f /

# ---- full

make_ext4 full.img 16M -m 0
head -c 40000000 /dev/urandom >big
fails "a full image names the file" 1 \
	'^cptofs: full.img:/big: No space left on device$' \
	cptofs -i full.img f big /
quiet "what was copied before is there" cpfromfs -i full.img /f f2
check "whole" cmp f f2
fails "what was not is not" 1 'full.img:/big: No such file' \
	cpfromfs -i full.img /big big2
fsck_clean "e2fsck has nothing to say" full.img
mkdir thousands
python3 -c '
for i in range(9000):
    open("thousands/%d" % i, "w").close()'
fails "an image without inodes names the file, once" 1 \
	'^cptofs: full.img:/thousands/[0-9]*: No space left on device$' \
	cptofs -i full.img thousands /
check "one message is enough" test "$(wc -l <check.err)" = 1
fsck_clean "e2fsck has nothing to say" full.img

make_ext4 e.img 64M
truncate -s 200M long && echo end >>long
quiet "a long file goes in" cptofs -i e.img long f /
mkdir out
(ulimit -f 100000; cpfromfs -i e.img /f /long out 2>err; echo $? >status)
contains "a full host names the file" '^cpfromfs: out/long: File too large$' err
check "and fails" test "$(cat status)" = 1
check "no part of the file is left" test ! -e out/long
check "what was copied before is there" cmp f out/f
if [ -w /dev/full ]; then
	fails "a device as destination is no directory" 1 \
		'/dev/full/f|/dev/full: Not a directory' \
		cpfromfs -i e.img /f /big /dev/full
fi

# The image itself cannot grow: writing back fails after the copy "succeeded".
make_ext4 sparse.img 64M
cp sparse.img limit.img
(ulimit -f 20000; cptofs -i limit.img big / 2>err; echo $? >status)
check "an image that cannot grow is an error" test "$(cat status)" -ge 1
contains "that names the image" 'limit.img' err

# ---- a journal that was not closed: replayed, but not in the image

make_ext4 j.img 32M
printf 'before %.0s' {1..500} >old
printf 'after  %.0s' {1..500} >new
truncate -s 4096 old new
cp old jf
quiet "a file goes in" cptofs -i j.img jf /
block=$(debugfs -R 'bmap /jf 0' j.img 2>/dev/null)
printf '%s\n' jo "jw -b $block new" jc | debugfs -w -f - j.img >debug.out 2>&1
contains "its next contents are in the journal only" needs_recovery \
	<(dumpe2fs -h j.img 2>&1)
cksum <j.img >before
quiet "an image that needs recovery is read" cpfromfs -i j.img /jf jf2
same "as if it had been recovered" new jf2
check "its archive too" bash -c 'fs2tar j.img - | tar -xf - ./jf'
same "as if it had been recovered, the archive" new jf
check "lklinfo looks at it" lklinfo j.img
cksum <j.img >after
same "and not changed" before after
quiet "when written it is recovered for good" cptofs -i j.img f /
fsck_clean "and clean" j.img
quiet "with the contents" cpfromfs -i j.img /jf jf3
same "of the journal" new jf3

# ---- interrupted

make_tree_of() {	# DIR FILES: files of 64 KiB
	python3 -c '
import os, sys
os.mkdir(sys.argv[1])
data = os.urandom(65536)
for i in range(int(sys.argv[2])):
    open("%s/%05d" % (sys.argv[1], i), "wb").write(data)' "$1" "$2"
}
make_tree_of load 3000

# start_copy IMAGE: cptofs in the background, until it has written something
start_copy() {
	make_ext4 "$1" 256M
	local blocks
	blocks=$(stat -c %b "$1")
	# The shell has background jobs ignore SIGINT; undo that.
	python3 -c '
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' cptofs -i "$1" load / 2>err &
	pid=$!
	while kill -0 $pid 2>/dev/null && [ "$(stat -c %b "$1")" = "$blocks" ]; do
		:
	done
}

start_copy k.img
if [ -r /proc/$pid/status ]; then
	cp /proc/$pid/status status
	contains "no new privileges while an image is open" 'NoNewPrivs:.*1' status
	contains "and system calls are filtered" 'Seccomp:.*2' status
else
	skip "sandboxed while an image is open" "the copy was faster"
fi
kill -KILL $pid 2>/dev/null
wait $pid 2>/dev/null
status=$?
if [ $status = 137 ]; then
	e2fsck -p k.img >fsck.out 2>&1
	check "killed midway, e2fsck -p repairs the image" test $? -le 1
	fsck_clean "after which it is clean" k.img
	quiet "and can be used" cptofs -i k.img f /
else
	skip "killed midway" "the copy was faster"
fi

for signal in INT TERM HUP; do
	start_copy k.img
	kill -$signal $pid 2>/dev/null
	wait $pid 2>/dev/null
	status=$?
	if [ $status = $((128 + $(kill -l $signal))) ]; then
		contains "after SIG$signal it says so" \
			'interrupted; the copy is not complete' err
		fsck_clean "and leaves a clean image" k.img
	elif [ $status = 0 ]; then
		skip "SIG$signal" "the copy was faster"
	else
		not_ok "after SIG$signal it ends with $status" err
	fi
done
finish
