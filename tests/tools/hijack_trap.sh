#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# hijack_trap.sh - programs that cannot be preloaded, on the library's network
#
# netprobe, a static program, prints what sockets do; what it prints on the host is
# what it has to print here. Then static and Go programs from Debian.
# shellcheck source=tests/tools/lib.bash
. "$(dirname "$0")/lib.bash"

run=${LKL_BUILD:-$LKL_TOP/build}/tests/traprun
probe=${LKL_BUILD:-$LKL_TOP/build}/tests/netprobe

# status TEXT WANTED COMMAND...: ok if COMMAND ends with status WANTED
status() {
	local text=$1 wanted=$2 got
	shift 2
	"$@" >status.out 2>&1 </dev/null
	got=$?
	if [ "$got" = "$wanted" ]; then
		ok "$text"
	else
		echo "    status $got, wanted $wanted" >>status.out
		not_ok "$text" status.out
	fi
}

# --- the same as on the host ---

# Which error of a reset is told first is the pair's, not TCP's.
probes=$(sed -n -e '/"fork_own_reset"/d' -e 's/^\t{ "\([a-z_]*\)", probe_.*/\1/p' \
	"$LKL_TOP/tests/tools/netprobe.c")
for p in $probes; do
	timeout -k 1 60 "$probe" "$p" >host.out 2>&1 </dev/null
	timeout -k 1 60 "$run" "$probe" "$p" >trap.out 2>&1 </dev/null
	same "$p: as on the host" host.out trap.out
done
# shellcheck disable=SC2086 # names
timeout -k 1 60 "$probe" $probes >host.out 2>&1 </dev/null
# shellcheck disable=SC2086
timeout -k 1 60 "$run" "$probe" $probes >trap.out 2>&1 </dev/null
same "all in one process: as on the host" host.out trap.out

# --- how it ends ---

status "the program's exit status" 7 "$run" sh -c 'exit 7'
status "a signal that ends it" 143 "$run" sh -c 'kill -TERM $$'
status "no such program" 127 "$run" ./nothing
status "not executable" 126 "$run" /etc/passwd

# descendants PID: the process that serves, and the program, by what runs it
descendants() { server=$(pgrep -P "$1") && program=$(pgrep -P "$server"); }
"$run" sleep 60 2>died.err &
run_pid=$!
for ((i = 0; i < 100; i++)); do
	! descendants $run_pid || break
	sleep 0.05
done
# Not before the program runs.
until [ "$(cat /proc/"$program"/comm)" = sleep ]; do sleep 0.05; done
kill -KILL "$server"
wait $run_pid
check "the end of the process that serves is told" test $? = 125
contains "and why" 'the process that served the network has died' died.err
check "the program ends with it" timeout 5 tail --pid="$program" -s 0.05 -f /dev/null

# --- what cannot be covered is refused, with the reason ---

cat >thirtytwo.s <<'END'
.globl _start
_start:	movl $1, %eax
	movl $5, %ebx
	int $0x80
END
if gcc -m32 -nostdlib -static -o thirtytwo thirtytwo.s 2>/dev/null &&
   { ./thirtytwo; [ $? = 5 ]; }; then
	status "a 32-bit program is killed" 137 "$run" ./thirtytwo
	contains "and it is said why" 'is a 32-bit program' status.out
else
	skip "a 32-bit program" "the host runs none"
fi
cat >uring.c <<'END'
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) { return syscall(SYS_io_uring_setup, 1, 0) == -1 && errno == ENOSYS; }
END
gcc -static -o uring uring.c
status "io_uring is not there" 1 "$run" ./uring

# --- nothing of the host's network ---

if needs "files of the network" busybox; then
	status "the library's interfaces" 0 "$run" busybox sh -c 'grep -q dummy0 /proc/net/dev'
	# shellcheck disable=SC2016
	status "and its sysctls" 0 "$run" busybox sh -c \
		'read -r c </proc/sys/net/ipv4/tcp_congestion_control && [ "$c" = cubic ]'
	status "which are not written by way of the host" 1 "$run" busybox sh -c \
		'echo 7 2>/dev/null >/proc/sys/net/ipv4/tcp_syn_retries'
fi

if needs "isolation" python3; then
	python3 - >port.out <<-'END' &
	import socket
	s = socket.create_server(("127.0.0.1", 0))
	print(s.getsockname()[1], flush=True)
	s.settimeout(20)
	try:
	    s.accept()
	    print("reached", flush=True)
	except TimeoutError:
	    pass
	END
	server=$!
	until [ -s port.out ]; do sleep 0.05; done
	status "a port of the host is not reached" 1 "$run" busybox nc -w 2 127.0.0.1 "$(cat port.out)"
	kill $server
	wait $server 2>/dev/null
	check "and saw nobody" sh -c '! grep -q reached port.out'
fi

# --- Debian's programs ---

if needs "static busybox" busybox; then
	head -c 3000000 /dev/urandom >big
	cat >busybox.sh <<-'END'
	busybox httpd -f -p 127.0.0.1:8080 -h . & httpd=$!
	until busybox wget -q -O /dev/null http://127.0.0.1:8080/busybox.sh 2>/dev/null; do
		busybox usleep 10000
	done
	busybox wget -q -O big.out http://127.0.0.1:8080/big
	busybox wget -q -O none.out http://127.0.0.1:8081/big 2>/dev/null && exit 1
	kill $httpd
	cmp big big.out
	END
	status "busybox httpd and wget" 0 timeout -k 1 60 "$run" busybox sh busybox.sh
fi

if needs "Go" rclone; then
	mkdir -p served && cp /usr/share/common-licenses/GPL-2 served/
	cat >go.sh <<-'END'
	rclone serve http --config /dev/null --addr 127.0.0.1:8090 served 2>rclone.log & server=$!
	until busybox wget -q -O /dev/null http://127.0.0.1:8090/ 2>/dev/null; do
		busybox usleep 10000
	done
	rclone copyurl --config /dev/null http://127.0.0.1:8090/GPL-2 copy
	kill $server
	cmp served/GPL-2 copy
	END
	status "rclone, a server and a client" 0 timeout -k 1 60 "$run" sh go.sh
fi

finish
