# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# lib.bash - for the scripts of tests/tools: results, file trees, images
#
# A script sources this first and calls finish last. It runs in an empty
# directory of its own, as an ordinary user, with the tools in PATH and LKL_TOP
# set (tests/run sees to that); started by hand as
#
#	LKL_TOP=$PWD PATH=$PWD/build/bin:$PATH:/usr/sbin tests/tools/X.sh
#
# it makes a directory and, for root, becomes an ordinary user itself.
#
# Results are lines "ok - text", "not ok - text", "skip - text: why".

set -u
export LC_ALL=C.UTF-8

: "${LKL_TOP:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
export LKL_TOP
tools_here=$LKL_TOP/tests/tools
tools_failed=0

if [ "$(id -u)" = 0 ] && [ "${LKL_TEST_AS_ROOT:-}" != 1 ]; then
	work=$(mktemp -d "${TMPDIR:-/tmp}/lkl-tools.XXXXXX")
	chown 65534:65534 "$work"
	cd "$work" || exit 1
	TMPDIR=$work HOME=$work setpriv --reuid=65534 --regid=65534 \
		--clear-groups --inh-caps=-all bash "$(realpath -e "$OLDPWD/$0" 2>/dev/null || realpath -e "$0")" "$@"
	status=$?
	chmod -R u+rwx "$work"
	rm -rf "$work"
	exit $status
fi
if [ -n "$(ls -A .)" ]; then
	tools_work=$(mktemp -d "${TMPDIR:-/tmp}/lkl-tools.XXXXXX")
	trap 'chmod -R u+rwx "$tools_work"; rm -rf "$tools_work"' EXIT
	cd "$tools_work" || exit 1
fi

ok() { echo "ok - $1"; }

# not_ok TEXT [FILE]: a failure, with the first lines of FILE to explain it
not_ok() {
	echo "not ok - $1"
	[ -z "${2:-}" ] || head -n 30 "$2" | sed 's/^/    /'
	tools_failed=1
}

skip() { echo "skip - $1: $2"; }

# check TEXT COMMAND...: ok if COMMAND succeeds
check() {
	local text=$1
	shift
	if "$@" >check.out 2>&1; then
		ok "$text"
	else
		echo "    status $?: $*" >>check.out
		not_ok "$text" check.out
		return 1
	fi
}

# quiet TEXT COMMAND...: ok if COMMAND succeeds and says nothing
quiet() {
	local text=$1 status
	shift
	"$@" >check.out 2>&1
	status=$?
	if [ $status -eq 0 ] && [ ! -s check.out ]; then
		ok "$text"
	else
		echo "    status $status: $*" >>check.out
		not_ok "$text" check.out
		return 1
	fi
}

# fails TEXT STATUS PATTERN COMMAND...: ok if COMMAND ends with STATUS (may be a
# regexp), prints nothing to stdout, and each line on stderr matches the extended
# regexp PATTERN
fails() {
	local text=$1 wanted=$2 pattern=$3 status
	shift 3
	"$@" >check.out 2>check.err
	status=$?
	if [[ $status =~ ^$wanted$ ]] && [ ! -s check.out ] &&
	   [ -s check.err ] && ! grep -qvE -- "$pattern" check.err; then
		ok "$text"
	else
		{ cat check.out check.err
		  echo "    status $status, wanted $wanted with '$pattern': $*"
		} >check.all
		not_ok "$text" check.all
		return 1
	fi
}

# same TEXT FILE FILE: ok if both are equal
same() {
	if cmp -s "$2" "$3"; then
		ok "$1"
	else
		diff -a "$2" "$3" >check.out 2>&1
		not_ok "$1" check.out
		return 1
	fi
}

# contains TEXT PATTERN FILE: ok if a line of FILE matches
contains() {
	if grep -qaE -- "$2" "$3"; then
		ok "$1"
	else
		{ echo "no line matches '$2' in:"; cat "$3"; } >check.all
		not_ok "$1" check.all
		return 1
	fi
}

# needs TEXT COMMAND...: false, with a skip, if a command is missing
needs() {
	local text=$1 c
	shift
	for c; do
		command -v "$c" >/dev/null && continue
		skip "$text" "$c is not installed"
		return 1
	done
}

manifest() { python3 "$tools_here/manifest.py" "$@"; }

# make_tree DIR: one of everything an ordinary user can make
make_tree() { python3 "$tools_here/make_tree.py" "$1"; }

# has_xattrs, has_acls: what the directory we are in can store
has_xattrs() {
	touch probe.x && setfattr -n user.probe -v 1 probe.x 2>/dev/null
}
has_acls() {
	touch probe.a && setfacl -m u:1:r probe.a 2>/dev/null
}

# make_ext4 FILE SIZE [mkfs options]: with blocks of 4 KiB, as large ones have
make_ext4() {
	local file=$1 size=$2
	shift 2
	rm -f "$file"
	truncate -s "$size" "$file"
	mkfs.ext4 -q -F -b 4096 "$@" "$file"
}

# fsck_clean TEXT FILE: e2fsck finds nothing to say
fsck_clean() { check "$1" e2fsck -fn "$2"; }

# btrfs_ok TEXT STATUS: ok if mkfs.btrfs has ended with 0. It looks at all loop
# devices of the host, and gives up if the file of one, whoever has made it, is
# where an ordinary user may not look: then mkfs.out says so, and it is a skip.
btrfs_ok() {
	if [ "$2" = 0 ]; then
		ok "$1"
		return
	fi
	if grep -q 'cannot check mount status' mkfs.out; then
		skip "$1" "$(grep -m 1 'cannot check' mkfs.out)"
	else
		not_ok "$1" mkfs.out
	fi
	return 1
}

finish() { exit $tools_failed; }
