#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# image_options.sh - cptofs and cpfromfs: every option, what sources and
# destinations mean, partitions
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"

check "the tools are built" command -v cptofs cpfromfs || finish

inside() { debugfs -R "$1" "${2:-e.img}" 2>/dev/null; }

# ---- usage

for tool in cptofs cpfromfs; do
	check "$tool --help" $tool --help
	contains "$tool --help has examples" "^  $tool -i .*img" check.out
	for option in filesystem-image filesystem-type partition enable-printk \
			selinux owner mode version help; do
		contains "$tool --help has --$option" "-[a-zA-Z], --$option" check.out
	done
	check "$tool -h" $tool -h
	check "$tool --version" $tool --version
	contains "$tool says its version" "^$tool .*[0-9]\\.[0-9]" check.out
	check "$tool -V" $tool -V
	hint="^$tool: |^Try '$tool --help'"
	fails "$tool without arguments" 2 "$hint" $tool
	fails "$tool without an image" 2 "$hint" $tool a b
	fails "$tool without a destination" 2 "$hint" $tool -i e.img a
	fails "$tool with an unknown option" 2 "$hint" $tool -i e.img -z a b
	fails "$tool with a bad owner" 2 "$hint" $tool -i e.img -o me a b
	fails "$tool with half an owner" 2 "$hint" $tool -i e.img -o 1: a b
	fails "$tool with a huge owner" 2 "$hint" $tool -i e.img -o 1:4294967295 a b
	fails "$tool with a bad mode" 2 "$hint" $tool -i e.img -m 9 a b
	fails "$tool with a bad partition" 2 "$hint" $tool -i e.img -P 1x a b
	fails "$tool with a negative partition" 2 "$hint" $tool -i e.img -P -1 a b
	fails "$tool with an empty argument" 2 "$hint" $tool -i e.img '' b
	if [ -e /dev/full ]; then
		check "$tool --help to a full disk fails" sh -c \
			"! $tool --help >/dev/full"
	fi
done

# ---- options

make_ext4 e.img 64M
mkdir -p s/d && echo f >s/f && echo g >s/d/g
chmod 751 s/d
chmod 640 s/f
quiet "-i -t" cptofs -i e.img -t ext4 s /a
check "copies" test "$(inside 'cat /a/f')" = f
quiet "the long options" cptofs --filesystem-image=e.img \
	--filesystem-type ext4 --owner=12:34 --mode 604 s /b
inside "stat /b/f" >stat.out
contains "--owner" 'User: *12 *Group: *34\b' stat.out
contains "--mode" 'Mode: *0604' stat.out
inside "stat /b/d" >stat.out
contains "--owner, directories" 'User: *12 *Group: *34\b' stat.out
contains "--mode, directories" 'Mode: *0705' stat.out
quiet "-o, large" cptofs -i e.img -o 100000:4294967294 s/f /large
inside "stat /large" >stat.out
contains "-o, large ids arrive" 'User: *100000 *Group: *(-2|4294967294)\b' stat.out
quiet "-m in letters" cptofs -i e.img -m g=rX,o= s /c
inside "stat /c/d" >stat.out
contains "-m in letters, directories" 'Mode: *0750' stat.out
quiet "-s" cptofs -i e.img -s system_u:object_r:etc_t:s0 s /se
inside "ea_get /se/f security.selinux" >stat.out
contains "-s, files" 'system_u:object_r:etc_t:s0' stat.out
inside "ea_get /se/d security.selinux" >stat.out
contains "-s, directories" 'system_u:object_r:etc_t:s0' stat.out
check "-p" cptofs -p -i e.img s/f /p
contains "-p shows the kernel's messages" 'EXT4-fs.*mounted' check.out
quiet "no -t finds the type" cptofs -i e.img s/f /notype
fails "a type the kernel does not know" 3 "type 'nofs' is not known" \
	cptofs -i e.img -t nofs s /
fails "a type that it is not" 3 'e.img: cannot mount as xfs' \
	cptofs -i e.img -t xfs s /
quiet "-o on the way out, as it is anyway" cpfromfs -i e.img \
	-o "$(id -u):$(id -g)" -m 600 /b out1
check "-m on the way out" test "$(stat -c %a out1/f out1/d)" = $'600\n700'
fails "-o on the way out, not permitted" 1 'out2.*: Operation not permitted' \
	cpfromfs -i e.img -o 0:0 /a/f out2

quiet "a set-user-ID file of root goes in" cptofs -i e.img -o 0:0 -m 6755 s/f /suid
quiet "and comes out without a word" cpfromfs -i e.img /suid suid
check "as one's own, and not set-user-ID" test \
	"$(stat -c '%a %u' suid)" = "755 $(id -u)"

# ---- sources and destinations

mkdir w && cd w || exit 1
quiet "a pattern as source" cpfromfs -i ../e.img '/a/?' .
check "brings what matches" test -f f -a -d d
fails "a pattern that matches nothing" 1 'e.img:/a/x\*: No such file' \
	cpfromfs -i ../e.img '/a/x*' .
echo star >'*' && cptofs -i ../e.img '*' /a/
mkdir x
quiet "a name that looks like a pattern is itself first" \
	cpfromfs -i ../e.img '/a/*' x
check "only that one came" test "$(ls x)" = '*'
quiet "/ as source" cpfromfs -i ../e.img / all
check "gives the contents" test -f all/a/f -a -d all/lost+found
mkdir into
quiet "/ into a directory" cpfromfs -i ../e.img / into
check "gives the contents" test -f into/a/f
quiet ". as source" cpfromfs -i ../e.img /a/. dot
check "gives the contents" test -f dot/f
quiet "a source without a slash" cpfromfs -i ../e.img a/f rel
check "is relative to the root" cmp rel ../s/f
quiet "several sources" cpfromfs -i ../e.img /a/f /b /c into
check "go into the directory" test -f into/f -a -d into/b -a -d into/c
fails "several sources and no directory" 1 'nothere/x: No such' \
	cpfromfs -i ../e.img /a/f /b nothere/x
cd .. || exit 1
fails "a missing source in the image" 1 'cpfromfs: e.img:/no: No such file' \
	cpfromfs -i e.img /no .
fails "a missing source on the host" 1 'cptofs: no: No such file' \
	cptofs -i e.img no /
fails "a missing destination in the image" 1 'e.img:/no/no: No such file' \
	cptofs -i e.img s /no/no
quiet "the current directory as source" sh -c 'cd s && cptofs -i ../e.img . /cwd'
check "gives its contents" test "$(inside 'cat /cwd/f')" = f
quiet "a destination without a slash" cptofs -i e.img s/f rel
check "is relative to the root" test "$(inside 'cat /rel')" = f
quiet "a new name" cptofs -i e.img s/f /d-new-name
quiet "replacing a file" cptofs -i e.img s/d/g /d-new-name
check "has the new contents" test "$(inside 'cat /d-new-name')" = g
quiet "the image among the sources" sh -c \
	'mkdir self && cp e.img self/i.img && echo 1 >self/1 &&
	 cd self && { cptofs -i i.img . /self 2>../self.err || cat ../self.err; }'
contains "is left out, with a word" 'i.img: is the image itself' self.err
fails "the image as destination" 1 'self/i.img: Text file busy' sh -c \
	'cptofs -i self/i.img self/1 /i.img; cpfromfs -i self/i.img /i.img self'

# symbolic links inside the image stay inside
ln -s /a abs && ln -s ../../../../a dots
quiet "links go in" cptofs -i e.img abs dots /
quiet "an absolute link inside the image, as source" cpfromfs -i e.img /abs/f l1
check "is relative to the image" cmp l1 s/f
quiet "and one that climbs" cpfromfs -i e.img /dots/f l2
check "ends at the image's root" cmp l2 s/f
quiet "as destination" cptofs -i e.img s/d/g /abs/through
check "too" test "$(inside 'cat /a/through')" = g
quiet ".. as source stays inside" cpfromfs -i e.img /../../a/f l3
check "and finds the file" cmp l3 s/f

# a directory that an existing link would lead out of the destination
mkdir -p tree/out && echo x >tree/out/x && mkdir host elsewhere
cptofs -i e.img tree/. / && ln -s "$PWD/elsewhere" host/out
fails "a link on the host in the way of a directory is not followed" 1 \
	'host/out: Not a directory' cpfromfs -i e.img /out host
check "nothing was written behind it" test -z "$(ls elsewhere)"
fsck_clean "e2fsck has nothing to say" e.img

# ---- partitions

make_part() {	# FILE LABEL
	rm -f "$1"
	truncate -s 140M "$1"
	printf 'label: %s\nstart=2048, size=64M\nsize=64M\n' "$2" |
		sfdisk -q "$1" >/dev/null
	make_ext4 part 64M
	dd if=part of="$1" bs=1M seek=65 conv=notrunc status=none
	rm -f part
	truncate -s 64M part
	mkfs.vfat part >/dev/null
	dd if=part of="$1" bs=1M seek=1 conv=notrunc status=none
}

for label in dos gpt; do
	needs "$label partitions" sfdisk mkfs.vfat || continue
	make_part p.img $label
	fails "$label: without -P the partitions are named" 3 \
		'has partitions, choose one of them: 1 \(vfat, 64 MiB\), 2 \(ext4, 64 MiB\)$' \
		cptofs -i p.img s /
	fails "$label: a partition that is not there" 3 \
		'has no partition 3: 1 \(vfat' cptofs -i p.img -P 3 s /
	quiet "$label: -P 2" cptofs -i p.img -P 2 s /
	quiet "$label: --partition" cpfromfs -i p.img --partition=2 /s "back-$label"
	check "$label: the tree is back" diff -r s "back-$label"
	check "$label: -P 1 is another" cptofs -i p.img -P 1 -t vfat s/f /
	quiet "$label: and has it" cpfromfs -i p.img -P 1 /f "f-$label"
	check "$label: the same" cmp s/f "f-$label"
	dd if=p.img of=part bs=1M skip=65 count=64 status=none
	fsck_clean "$label: e2fsck has nothing to say" part
done
fails "a partition of a disk that has none" 3 \
	'has no partition 1: there is no partition table' cptofs -i e.img -P 1 s /
quiet "partition 0 is the whole disk" cptofs -i e.img -P 0 s/f /zero

# ---- terminal

if needs "progress on a terminal" script; then
	head -c 1200000000 /dev/zero >big
	make_ext4 e.img 2G
	LKL_PROGRESS_INTERVAL=0 TERM=xterm \
		script -qec 'cptofs -i e.img big /' typed >/dev/null 2>&1
	tr '\r' '\n' <typed >lines
	contains "a terminal shows bytes, files, rate and the time left" \
		'cptofs: [0-9.]+ [MG]iB of 1.1 GiB, 1 of 1 files, [0-9.]+ [KMG]iB/s, 0:0[0-9] left' \
		lines
	TERM=dumb script -qec 'cptofs -i e.img big /' typed >/dev/null 2>&1
	tr '\r' '\n' <typed >lines
	check "a dumb terminal shows nothing" test -z "$(grep -a MiB lines)"
	quiet "nor does what is no terminal" cptofs -i e.img big /
	rm -f big
fi
finish
