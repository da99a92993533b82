#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tar_errors.sh - fs2tar and tar2fs when something is wrong: paths that lead
# out, broken archives and images, full disks, signals, the sandbox
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"

check "the tools are built" command -v fs2tar tar2fs || finish

tar_make() { python3 "$tools_here/tar_make.py" "$1"; }
make_ext4 e.img 32M
tar_make order >ok.tar

# ---- the command line

for tool in fs2tar tar2fs; do
	fails "$tool: no arguments" 2 "no image and archive|Try '$tool" $tool
	fails "$tool: no archive" 2 "no archive given|Try '$tool" $tool e.img
	fails "$tool: too many" 2 "too many|Try '$tool" $tool e.img ok.tar x
	fails "$tool: a wrong partition" 2 "a number expected|Try '$tool" \
		$tool -P 1x e.img ok.tar
	fails "$tool: a volume that is not there" 3 \
		'e.img: there is no logical volume x$' $tool -P x e.img ok.tar
	fails "$tool: an unknown option" 2 "option|Try '$tool" $tool --what e.img a
	fails "$tool: no such image" 3 '^[a-z0-9]*: no.img: No such file' \
		$tool no.img ok.tar
	fails "$tool: an archive that is a directory" 1 ': \.: Is a directory' \
		$tool e.img .
	fails "$tool: an archive that is the image" 1 \
		': e.img: is the image itself' $tool e.img e.img
	check "$tool: help has examples" bash -c "$tool --help | grep -q Examples"
	check "$tool: and a version" bash -c "$tool --version | grep -q '^$tool (lkl) [0-9]'"
done
fails "tar2fs takes no contexts" 2 "fs2tar only|Try 'tar2fs" \
	tar2fs -s x e.img ok.tar
SOURCE_DATE_EPOCH=now fails "a wrong SOURCE_DATE_EPOCH" 2 \
	"a number expected|Try 'fs2tar" fs2tar e.img x.tar
fails "no such archive" 1 '^tar2fs: no.tar: No such file' tar2fs e.img no.tar
fails "no such directory for an archive" 1 '^fs2tar: no/x.tar: No such file' \
	fs2tar e.img no/x.tar
cp ok.tar keep.tar
head -c 8M /dev/urandom >garbage.img
fails "an image of garbage" 3 'garbage.img: no file system found' \
	fs2tar garbage.img keep.tar
same "leaves an archive that was there" ok.tar keep.tar

# ---- paths that lead out

tar_make escape >escape.tar
tar2fs e.img escape.tar >check.out 2>err
check "an archive with paths that lead out fails" test $? = 1
for path in /absolute ../dotdot a/../../dotdot a/../; do
	contains "$path is refused" "^tar2fs: e.img:$path: leads out of" err
done
for path in way/through out/through/; do
	contains "$path is refused" "^tar2fs: e.img:$path: leads through a symbolic" err
done
contains "a link to what is outside" '^tar2fs: e.img:link1: link to ../../etc/passwd: leads out' err
contains "an absolute one" '^tar2fs: e.img:link2: link to /etc/passwd: leads out' err
contains "one through a symbolic link" '^tar2fs: e.img:link3: .* leads through' err
contains "one to nothing" '^tar2fs: e.img:link4: .* No such file' err
contains "a file over a directory" '^tar2fs: e.img:real: Is a directory' err
contains "a file below a file" '^tar2fs: e.img:before/below: Not a directory' err
check "and nothing else is said" test "$(wc -l <err)" = 12
debugfs -R 'ls -p /' e.img 2>/dev/null | cut -d/ -f6 | sort >list
printf '%s\n' '' . .. after before lost+found out real way | sort >want
same "the others are extracted, and nothing more" want list
fsck_clean "e2fsck has nothing to say" e.img

# ---- ACLs that name somebody nobody knows

make_ext4 e.img 32M
tar_make acl >acl.tar
fails "an ACL without numbers is an error" 1 \
	'^tar2fs: e.img:named: its ACL .* names users and groups without' \
	tar2fs e.img acl.tar
debugfs -R 'ea_list /numbered' e.img >list 2>/dev/null
contains "one with numbers is stored" 'system.posix_acl_access \(28\)' list
check "and both files" bash -c \
	"debugfs -R 'cat /named' e.img 2>/dev/null | grep -qx a"

# ---- archives that are broken

: >empty.tar
head -c 100000 /dev/urandom >garbage.tar
head -c 700 ok.tar >cut.tar
mkdir big && head -c 3000000 /dev/urandom >big/file && echo s >big/a
tar -C big -cf big.tar a file
head -c 2000000 big.tar >cut-data.tar
gzip -c big.tar | head -c 2000000 >cut.tar.gz
xz -0c big.tar >hurt.tar.xz
printf XXXX | dd of=hurt.tar.xz bs=1 seek=1000000 conv=notrunc status=none
for archive in empty.tar garbage.tar cut.tar cut-data.tar cut.tar.gz hurt.tar.xz; do
	make_ext4 e.img 32M
	fails "$archive is an error" 1 "^tar2fs: $archive: [A-Za-z]" \
		tar2fs e.img $archive
	fsck_clean "$archive: the image is clean" e.img
	check "$archive: no part of a file is there" bash -c \
		"! debugfs -R 'ls -p /' e.img 2>/dev/null | grep -q /file/"
done

cat >damage.py <<'PY'
import random, subprocess, sys
archive = open("big.tar", "rb").read()[:20480]
archive += open("escape.tar", "rb").read()
image = open("base.img", "rb").read()
used = [i for i in range(0, len(image), 4096) if any(image[i:i + 4096])]
def run(seed, *command):
    status = subprocess.run(command, stderr=subprocess.PIPE,
                            stdout=subprocess.DEVNULL, timeout=60).returncode
    if status not in (0, 1, 3, 4):
        sys.exit("seed %d: %s ended with %d" % (seed, command[0], status))
source = bytearray(open("escape.tar", "rb").read())
for seed in range(30):
    r = random.Random(seed)
    hurt = bytearray(source)
    for _ in range(r.choice((1, 5, 30))):
        hurt[r.randrange(len(hurt))] = r.randrange(256)
    open("damaged.tar", "wb").write(hurt)
    run(seed, "tar2fs", "whole.img", "damaged.tar")
    hurt = bytearray(image)
    for _ in range(r.choice((1, 5, 30, 200))):
        hurt[r.choice(used) + r.randrange(4096)] = r.randrange(256)
    open("damaged.img", "wb").write(hurt)
    run(seed, "fs2tar", "-t", "ext4", "damaged.img", "-")
PY
make_ext4 base.img 16M -O ^metadata_csum
mkdir few && cp -r "$tools_here" few && cptofs -i base.img few /
make_ext4 whole.img 16M
check "30 damaged archives and images end the tools as documented" \
	python3 damage.py
fsck_clean "and the image that damaged archives went into is clean" whole.img

# ---- full

make_ext4 full.img 8M -m 0
head -c 9000000 /dev/urandom >big/file
tar -C big -cf big.tar a file
fails "a full image names the file, and that is the end" 1 \
	'^tar2fs: full.img:file: No space left on device$' tar2fs full.img big.tar
check "what was extracted before is there" bash -c \
	"debugfs -R 'cat /a' full.img 2>/dev/null | grep -qx s"
check "what was not is not" bash -c \
	"! debugfs -R 'ls -p /' full.img 2>/dev/null | grep -q /file/"
fsck_clean "e2fsck has nothing to say" full.img
make_ext4 e.img 32M
quiet "files go in" tar2fs e.img big.tar
if [ -w /dev/full ]; then
	fails "a full disk is told" 1 '^fs2tar: /dev/full: No space left' \
		fs2tar e.img /dev/full
	fails "on standard output too" 1 '^fs2tar: standard output: No space left' \
		bash -c 'fs2tar e.img - >/dev/full'
fi
if needs "a file that cannot grow" mksquashfs; then
	mkdir zeros && head -c 30M /dev/zero >zeros/file
	mksquashfs zeros z.img -quiet -no-progress -no-sparse >mkfs.out 2>&1
	(ulimit -f 4000; fs2tar z.img limit.tar 2>err; echo $? >status)
	contains "a file that cannot grow is told" \
		'^fs2tar: limit.tar: File too large' err
	check "and fails" test "$(cat status)" = 1
	fails "what there is is known as a part" '[12]' 'tar: ' \
		bash -c 'tar -tf limit.tar >/dev/null'
fi

# ---- permissions, locks, journals

hold_lock() {	# hold an OFD lock on e.img until our stdin ends
	python3 -c '
import fcntl, struct, sys
f = open("e.img", "r+b")
fcntl.fcntl(f, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
print("held", flush=True)
sys.stdin.read()'
}
coproc LOCK { hold_lock; }
read -r _ <&"${LOCK[0]}"
fails "a locked image is not read" 3 'e.img: is in use by another program' \
	fs2tar e.img x.tar
fails "nor written" 3 'e.img: is in use by another program' tar2fs e.img ok.tar
held=${LOCK[1]} holder=$LOCK_PID
exec {held}>&-
wait "$holder"
chmod 444 e.img
fails "a read-only image is not written" 3 'e.img: Permission denied' \
	tar2fs e.img ok.tar
quiet "but read" fs2tar e.img x.tar
chmod 644 e.img
debugfs -w -R "feature needs_recovery" e.img >/dev/null 2>&1
cksum <e.img >before
check "an image that needs recovery is read" fs2tar -v e.img x.tar
contains "with a word" 'e.img: was not unmounted cleanly; its journal' check.out
cksum <e.img >after
same "and not changed" before after

# ---- interrupted

make_ext4 e.img 32M
mkfifo fifo
tar2fs e.img - <fifo 2>err &
pid=$!
exec 9>fifo
# More than a pipe holds: when it is written, the tool is reading.
head -c 4000000 big.tar >&9
kill -TERM $pid
wait $pid
check "a signal ends it by that signal" test $? = 143
exec 9>&-
contains "with a word" '^tar2fs: interrupted; the copy is not complete$' err
fsck_clean "the image is clean" e.img

# ---- the sandbox

check "the probe builds" "${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -Wall -shared \
	-fPIC -o probe.so "$tools_here/sandbox_probe.c" -ldl || finish
denied() { contains "$1" "^$2: (Permission denied|Operation not permitted)$" probe.out; }
export PROBE_SECRET=$PWD/ok.tar PROBE_OUTSIDE=$PWD/new PROBE_INSIDE=$PWD/new2
for tool in fs2tar tar2fs; do
	check "$tool works with the probe" sh -c \
		"LD_PRELOAD=$PWD/probe.so $tool e.img ok.tar >probe.out"
	if python3 -c '
import ctypes, sys
sys.exit(ctypes.CDLL(None).syscall(444, None, 0, 1) < 1)'; then
		denied "$tool cannot make a file" 'make a file outside'
		denied "$tool cannot change a file" 'append to a file outside'
	else
		skip "$tool cannot write files" "no Landlock on this host"
	fi
	denied "$tool cannot open a socket" 'open a socket'
	denied "$tool cannot start a program" 'start a program'
done
finish
