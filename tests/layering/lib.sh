# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# lib.sh - result lines for the scripts of tests/layering

layering_failed=0

# empty TEXT FILE: ok if FILE is empty; else its lines say what is wrong
empty() {
	if [ ! -s "$2" ]; then
		echo "ok - $1"
	else
		echo "not ok - $1"
		head -n 40 "$2" | sed 's/^/    /'
		layering_failed=1
	fi
}

# same TEXT WANTED GOT: ok if two files are equal
same() {
	diff -u "$2" "$3" >diff.out 2>&1
	empty "$1" diff.out
}

# check TEXT COMMAND...: ok if COMMAND succeeds
check() {
	local text=$1
	shift
	if "$@" >check.out 2>&1; then
		echo "ok - $text"
	else
		echo "not ok - $text"
		head -n 40 check.out | sed 's/^/    /'
		layering_failed=1
	fi
}

skip() { echo "skip - $1: $2"; }

# missing TEXT FILE...: a test cannot run for want of a file, which is a failure
have() {
	local text=$1 f
	shift
	for f; do
		[ -e "$f" ] && continue
		echo "not ok - $text"
		echo "    $f does not exist"
		layering_failed=1
		return 1
	done
}
