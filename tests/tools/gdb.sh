#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
#
# gdb.sh - the debugger sees kernel contexts: lkl-gdb.py on a stopped program
#
# A tool is stopped where it halts its kernel; by then the kernel has its usual
# tasks, each suspended somewhere, and one adopted thread.

# shellcheck source=tests/tools/lib.bash
. "$(dirname "${BASH_SOURCE[0]}")/lib.bash"

truncate -s 16M disk.img
mkfs.ext4 -q disk.img

cat >commands <<-GDB
	set pagination off
	set confirm off
	set debuginfod enabled off
	set breakpoint pending on
	handle SIGSEGV nostop noprint pass
	break lkl_sys_halt
	run
	source $LKL_TOP/tools/lkl/gdb/lkl-gdb.py
	lkl-symbols $LKL_TOP/build/vmlinux
	lkl-vcpus
	lkl-ps
	lkl-bt 2
GDB
gdb -batch -nx -x commands --args cpfromfs -i disk.img -t ext4 /lost+found . \
	>out 2>&1 </dev/null

# shellcheck disable=SC2317
says() { grep -qE "$1" out || { cat out; false; }; }

check "symbols are loaded where the instance is" says '^kernel symbols from'
check "a vCPU is shown" says '^vCPU 0: '
check "kernel threads are listed with what they wait in" \
	says ' 2 +2 S +0 +kthreadd +kthreadd$'
check "the adopted thread belongs to process 1" says '^ +[0-9]+ +1 .* init '
check "a suspended context has a stack, out to its start" \
	says '^#[0-9]+ .*lkl_context_start'
check "the frames are named" says '^#[0-9]+ .* kthreadd \+'

finish
