#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# hijack_fork.sh - forked children of a hijacked program keep its network
#
# Dynamic programs, whose kernel is in the process that opened the first socket;
# children are served by it. Each probe prints here what it prints on the host.
# shellcheck source=tests/tools/lib.bash
. "$(dirname "$0")/lib.bash"

tests=${LKL_BUILD:-$LKL_TOP/build}/tests
run=(timeout -k 1 60 lkl-hijack --no-config -m preload -i type=none)
probe=$tests/netprobe-dynamic

for p in fork prefork killed fork_signals fork_broken_pipe fork_mixed fork_threads \
	 fork_nested fork_many fork_own fork_own_reset fork_inherited exec passing; do
	timeout -k 1 60 "$probe" $p >host.out 2>&1 </dev/null
	"${run[@]}" "$probe" $p >hijack.out 2>&1 </dev/null
	same "$p: as on the host" host.out hijack.out
done

# What programs see in the process that has the kernel, they see in a child.
child_first() {
	LD_PRELOAD="$LKL_TOP/build/liblkl-hijack.so $tests/forkfirst.so" \
		LKL_HIJACK_NET_IFTYPE=none timeout -k 1 100 "$@"
}
# And in a program that was exec'ed with a socket of its parent's.
cat >inherit.py <<'P'
import socket, subprocess, sys
s = socket.socket()
s.set_inheritable(True)
sys.exit(subprocess.run(sys.argv[1:], close_fds=False).returncode)
P
for p in hijack_calls hijack_waits netprobe-dynamic; do
	timeout -k 1 100 "$tests/$p" >host.out 2>host.err </dev/null
	child_first "$tests/$p" >hijack.out 2>child.err </dev/null
	same "$p in a child: as on the host" host.out hijack.out
	"${run[@]}" python3 inherit.py "$tests/$p" >hijack.out 2>child.err </dev/null
	same "$p exec'ed in a child: as on the host" host.out hijack.out
	check "$p printed its list" test "$(wc -l <host.out)" -gt 100
done
check "descriptors of a child's many threads never mean two things" \
	child_first "$tests/hijack_torture"

# The parent may reap a child and find its port free, every time.
for _ in 1 2 3 4 5; do
	"${run[@]}" "$probe" prefork
done >reaped.out 2>&1 </dev/null
check "what a reaped child had is closed" \
	test "$(grep -c 'closed -ECONNREFUSED' reaped.out)" = 5

# --- the owner ends first ---

"${run[@]}" "$tests/daemonprobe" daemon served >daemon.out 2>&1 </dev/null
status=$?
check "the launcher ends with the first process's status" test $status = 3
for ((i = 0; i < 200; i++)); do
	[ ! -s served ] || break
	sleep 0.05
done
check "and the kernel lives on for its children" grep -q '^served$' served

# A shell between them waits for the process that serves, and has the last word.
"${run[@]}" sh -c '"$0" daemon served2 >daemon2.out; exit 9' "$tests/daemonprobe" 2>&1 </dev/null
check "but not with that of one that the program waits for" test $? = 9

(timeout -k 1 60 lkl-hijack --no-config -m preload -i type=none \
	"$tests/daemonprobe" orphan >orphan.out 2>orphan.err) 2>/dev/null
for ((i = 0; i < 200; i++)); do
	! grep -q socket orphan.out || break
	sleep 0.05
done
check "calls fail by ENOLINK once the owner was killed" \
	grep -qx 'listen 67' orphan.out
check "never on the host's network" grep -qx 'socket 67' orphan.out
check "and it is said once" \
	test "$(grep -c 'the process that served the library kernel is gone' orphan.err)" = 1

finish
