#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# sandbox.sh - what cptofs and cpfromfs can still do to the host once an image
# is being parsed
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"

check "the tools are built" command -v cptofs cpfromfs || finish

check "the probe builds" "${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -Wall -shared \
	-fPIC -o probe.so "$tools_here/sandbox_probe.c" -ldl || finish

# landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION)
has_landlock() {
	python3 -c '
import ctypes, sys
sys.exit(ctypes.CDLL(None).syscall(444, None, 0, 1) < 1)'
}

mkdir out elsewhere
echo secret >elsewhere/secret
echo f >f
make_ext4 e.img 16M
export PROBE_SECRET=$PWD/elsewhere/secret PROBE_OUTSIDE=$PWD/elsewhere/new \
	PROBE_INSIDE=$PWD/out/new PROBE_SOURCE=$PWD/f

# denied TEXT LINE: ok if the probe's LINE ends in a refusal
denied() { contains "$1" "^$2: (Permission denied|Operation not permitted)$" probe.out; }

check "cptofs works with the probe" sh -c \
	"LD_PRELOAD=$PWD/probe.so cptofs -i e.img f / >probe.out"
if has_landlock; then
	denied "cptofs cannot make a file" 'make a file outside'
	denied "cptofs cannot change a file" 'append to a file outside'
	denied "cptofs cannot write where it does not have to" 'make a file inside'
	denied "cptofs cannot read what it does not copy" 'read a file outside'
else
	skip "cptofs cannot write files" "no Landlock on this host"
fi
contains "cptofs can read what it copies" '^read what is copied: permitted' probe.out
denied "cptofs cannot change what it copies" 'change what is copied'
denied "cptofs cannot open a socket" 'open a socket'
denied "cptofs cannot signal others" 'signal another process'
denied "cptofs cannot open a Unix socket" 'open a Unix socket'
denied "cptofs cannot make a ring of io_uring" 'make a ring'
denied "cptofs cannot trace others" 'trace another process'
denied "cptofs cannot make a process" 'make a process'
denied "cptofs cannot mount" 'mount'
denied "cptofs cannot start a program" 'start a program'

rm -f out/new elsewhere/new
check "cpfromfs works with the probe" sh -c \
	"LD_PRELOAD=$PWD/probe.so cpfromfs -i e.img /f out >probe.out"
check "and brings the file" cmp f out/f
contains "cpfromfs can write in its destination" \
	'^make a file inside: permitted' probe.out
if has_landlock; then
	denied "cpfromfs cannot read a file" 'read a file outside'
	denied "cpfromfs cannot make a file elsewhere" 'make a file outside'
	denied "cpfromfs cannot change a file elsewhere" 'append to a file outside'
else
	skip "cpfromfs stays in its destination" "no Landlock on this host"
fi
denied "cpfromfs cannot open a socket" 'open a socket'
denied "cpfromfs cannot signal others" 'signal another process'
denied "cpfromfs cannot open a Unix socket" 'open a Unix socket'
denied "cpfromfs cannot make a ring of io_uring" 'make a ring'
denied "cpfromfs cannot trace others" 'trace another process'
denied "cpfromfs cannot make a process" 'make a process'
denied "cpfromfs cannot mount" 'mount'
denied "cpfromfs cannot start a program" 'start a program'

# ---- what the tools say themselves

for tool in "cptofs -i" "cpfromfs -i" fs2tar tar2fs lklinfo; do
	check "$tool: the self-test finds nothing permitted" bash -c \
		"$tool e.img --sandbox-self-test >self.out"
	check "$tool: of all it tries" test "$(grep -c ^refused self.out)" -ge 12
done
check "--no-sandbox does without" sh -c \
	"LD_PRELOAD=$PWD/probe.so cptofs --no-sandbox -i e.img f / >probe.out"
contains "and then a socket is permitted" '^open a socket: permitted' probe.out
finish
