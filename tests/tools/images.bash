# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# images.bash - for the scripts that test tools/lkl/image, after lib.bash
#
# What the library makes of an image is looked at through imgio, a small program
# over it, and through lklinfo.

imgio=${LKL_BUILD:-$LKL_TOP/build}/tests/imgio
check "imgio is built" test -x "$imgio" || finish
check "lklinfo is built" command -v lklinfo || finish

# make_source: src/numbers (text) and src/random (5 MiB)
make_source() {
	mkdir -p src
	seq 1 50000 >src/numbers
	python3 -c 'import random, sys; random.seed(1)
sys.stdout.buffer.write(random.randbytes(5 << 20))' >src/random
}

# make_disk FILE SIZE: an ext4 image with src in it, blocks of 4 KiB
make_disk() { make_ext4 "$1" "$2" -d src; }

# holds TEXT ARGUMENT...: both files of src are in what imgio opens
holds() {
	local text=$1 f
	shift
	for f in numbers random; do
		if ! "$imgio" "$@" -- cat $f >got 2>check.err ||
		   ! cmp src/$f got >>check.err 2>&1; then
			not_ok "$text: $f" check.err
			return 1
		fi
	done
	ok "$text"
}

# takes TEXT ARGUMENT...: a file can be written, $new or src/random, and is there
# afterwards
takes() {
	local text=$1
	shift
	if "$imgio" "$@" -- put new <"${new:-src/random}" >check.err 2>&1 &&
	   "$imgio" "$@" -- cat new >got 2>>check.err &&
	   cmp "${new:-src/random}" got >>check.err 2>&1; then
		ok "$text"
	else
		not_ok "$text" check.err
		return 1
	fi
}

# refused TEXT STATUS PATTERN ARGUMENT...: imgio ends so, see fails
refused() {
	local text=$1 status=$2 pattern=$3
	shift 3
	fails "$text" "$status" "$pattern" "$imgio" "$@"
}

# wait_for SECONDS COMMAND...: until it succeeds; fails if it never does
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >wait.out 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# helpers_of PID: the helpers a process has started that are still there
helpers_of() { pgrep -P "$1" -x 'qemu-nbd|nbdkit'; }
