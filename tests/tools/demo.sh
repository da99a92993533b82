#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# demo.sh [BUILD] - what `make demo` shows, and `make check` checks
#
# As an ordinary user: a 256 MiB ext4 image made by e2fsprogs; a real source
# tree copied into it with cptofs, listed, copied back with cpfromfs and
# compared; then the image mounted by lklfuse where FUSE is to be had, read through
# the mount, and written; and e2fsck's opinion of the image. No privilege and no
# loop device is used. Started as root, it becomes an ordinary user first.
#
# LKL_BUILD or the argument is the build directory, LKL_TOP the sources.
set -euo pipefail

top=${LKL_TOP:-$PWD}
build=$(realpath "${1:-${LKL_BUILD:-$top/build}}")
nobody=65534

# A part of the kernel's source into a directory, if it is unpacked.
take_kernel() {
	[ ! -d "$build/linux-src/fs/ext4" ] ||
		(cd "$build/linux-src" &&
		 cp -a --parents fs/ext4 lib Documentation "$1/")
}

# A copy of what is needed, where everybody may read it.
lend_to_others() {
	mkdir -p "$work/build/bin" "$work/build/linux-src" "$work/top"
	cp -a "$build"/liblkl.so* "$work/build/"
	cp -a "$build"/bin/{cptofs,cpfromfs,lklfuse,lklinfo} "$work/build/bin/"
	cp -a "$top"/{arch,drivers,host,tests,tools,Documentation} "$work/top/"
	take_kernel "$work/build/linux-src"
	chmod -R a+rX "$work"
	chown $nobody:$nobody "$work"
}

work=$(mktemp -d "${TMPDIR:-/tmp}/lkl-demo.XXXXXX")

clean_up() {
	! mountpoint -q "$work/mnt" || fusermount3 -u -z "$work/mnt"
	chmod -R u+rwX "$work"
	rm -rf "$work"
}
trap clean_up EXIT
if [ "$(id -u)" = 0 ]; then
	lend_to_others
	cp "$0" "$work/demo.sh"
	cd "$work"
	setpriv --reuid=$nobody --regid=$nobody --clear-groups --inh-caps=-all \
		env TMPDIR="$work" HOME="$work" LKL_TOP="$work/top" \
		bash "$work/demo.sh" "$work/build"
	exit
fi

export PATH="$build/bin:$PATH:/usr/sbin:/sbin"
cd "$work"
bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\033[1m' plain=$'\033[0m'
fi

# step WHAT COMMAND...: say it, show the command, run it, and tell the time
step() {
	local start end word line=
	for word in "${@:2}"; do
		case $word in *' '*) word=\'$word\' ;; esac
		line+=" $word"
	done
	printf '\n%s%s%s\n  $%s\n' "$bold" "$1" "$plain" "$line"
	start=$(date +%s%N)
	"${@:2}" 2>&1 | sed 's/^/    /'
	end=$(date +%s%N)
	printf '  (%d.%03d s)\n' $(((end - start) / 1000000000)) \
		$(((end - start) / 1000000 % 1000))
}

# The source tree: this project, and a part of the kernel if it is unpacked.
mkdir -p source/lkl source/linux
cp -a "$top"/{arch,drivers,host,tests,tools,Documentation} source/lkl/
take_kernel "$work/source/linux"
files=$(find source -type f | wc -l)
size=$(du -sh --apparent-size source | cut -f1)

echo "Linux in a process: files into a disk image and back"
echo "User $(id -u), no mount, no loop device, no privilege;" \
	"$files files, $size."

truncate -s 256M disk.img
step "An empty ext4 image of 256 MiB, made by e2fsprogs" \
	mkfs.ext4 -q -F disk.img
step "Copy the tree into it" cptofs -i disk.img source /
step "What is in it now, as e2fsprogs sees it" \
	debugfs -R 'ls -l /source/lkl' disk.img
step "Copy the tree back" cpfromfs -i disk.img /source back
step "Compare the two" diff -r --no-dereference source back
echo "    all $files files are the same"
step "Check the image" e2fsck -fn disk.img

# What a FUSE mount takes, besides the tools.
why_not_fuse() {
	if [ ! -w /dev/fuse ]; then
		echo "/dev/fuse is not for us"
	elif ! command -v fusermount3 >/dev/null; then
		echo "fusermount3 is not installed"
	fi
}

# sums DIR: checksums of all files in it
sums() { (cd "$1" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }
compare_sums() { cmp <(sums "$1") <(sums "$2"); }
# It goes on in the background, where it must not hold what shows its output.
mounted() {
	lklfuse disk.img mnt -o type=ext4 >mount.log 2>&1
	cat mount.log
	mountpoint mnt
}
# The image is written and free when its lock is.
unmounted() {
	fusermount3 -u mnt
	python3 - <<-'PY'
		import fcntl
		with open("disk.img", "r+b") as f:
		    fcntl.lockf(f, fcntl.LOCK_EX)
	PY
}

mounted=''
why=$(why_not_fuse)
if [ -z "$why" ]; then
	mkdir mnt
	step "Mount the same image, as the same user: lklfuse disk.img mnt" mounted
	step "What is in it" ls -l mnt/source/lkl
	step "Compare checksums through the mount" compare_sums source mnt/source
	step "Write through the mount" cp -a source/lkl/tools mnt/written
	step "Unmount: fusermount3 -u mnt" unmounted
	step "Check the image again" e2fsck -fn disk.img
	step "What was written is in it" cpfromfs -i disk.img /written written
	step "And is the same" diff -r --no-dereference source/lkl/tools written
	mounted=", and through a mount"
else
	echo
	echo "No FUSE mount is shown: $why"
fi
echo
echo "ok - $files files went into an ext4 image and came back the same$mounted"
