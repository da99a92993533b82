#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# hijack_calls.sh - liblkl-hijack.so, call by call, compared with the host
#
# hijack_calls, _waits, _unix, _paths and _files print what calls do; each is run on the
# host and under the preload library, as an ordinary user, and must print the same.
# hijack_torture checks itself. None of them needs a network device.
# shellcheck source=tests/tools/lib.bash
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib.bash"

build=$LKL_TOP/build
library=$build/liblkl-hijack.so
export LKL_HIJACK_NET_IFTYPE=none

# hijacked COMMAND...
hijacked() { LD_PRELOAD=$library timeout 60 "$@"; }

# run SIDE COMMAND...: in an empty directory; what it prints is in SIDE.out
run() {
	local side=$1
	shift
	rm -rf place
	mkdir place
	(cd place && "$@") >"$side.out" 2>"$side.err" </dev/null
	echo "status $?" >>"$side.out"
}

# compare TEXT: host.out and library.out, one result a section that differs
compare() {
	diff -U3 host.out library.out >differences
	cat library.err >>differences
	if [ "$(wc -l <host.out)" -lt 100 ]; then
		not_ok "$1: the host prints its list" host.err
	elif [ -s differences ]; then
		not_ok "$1" differences
	else
		ok "$1 ($(wc -l <host.out) lines)"
	fi
}

# same TEXT PROGRAM: on both
same() {
	run host timeout 60 "$build/tests/$2"
	run library hijacked "$build/tests/$2"
	compare "$1"
}

same "calls on sockets and descriptors do what the host's do" hijack_calls
same "poll, select and epoll say what the host's do" hijack_waits
same "unix sockets of the host do what they always do" hijack_unix

export LKL_HIJACK_UNIX=library
same "unix sockets of the library do what the host's do" hijack_unix
hijacked strace -f -o unix.trace -E LD_PRELOAD="$library" -e trace=bind,connect \
	"$build/tests/hijack_unix" >/dev/null 2>&1 </dev/null
grep -E 'AF_UNIX.*(lkl-test|/socket|relative)' unix.trace >leaks
check "none of their names is one of the host's" test ! -s leaks
unset LKL_HIJACK_UNIX

# A sysctl tells whose file it is.
ttl=$(cat /proc/sys/net/ipv4/ip_default_ttl)
mkdir top
run host timeout 60 "$build/tests/hijack_paths" "$ttl" "$PWD/top"
LKL_HIJACK_MOUNT=tmpfs LKL_HIJACK_SYSCTL=net.ipv4.ip_default_ttl=$((ttl + 1)) \
	run library hijacked "$build/tests/hijack_paths" $((ttl + 1)) /tmpfs
compare "paths name the library's files in all the ways they name the host's"

# On a tmpfs of either.
if [ -w /dev/shm ] && mkdir "/dev/shm/lkl-files.$$"; then
	run host timeout 60 "$build/tests/hijack_files" "/dev/shm/lkl-files.$$"
	rm -rf "/dev/shm/lkl-files.$$"
	LKL_HIJACK_MOUNT=tmpfs run library hijacked "$build/tests/hijack_files" /tmpfs
	compare "seldom calls, and processes that libc makes"
else
	skip "seldom calls" "no tmpfs at /dev/shm"
fi

check "descriptors of many threads never mean two things" \
	hijacked "$build/tests/hijack_torture"

# ---------------------------------------------------------------------------
# Nothing of the program's network is the host's

hijacked strace -f -o calls.trace -E LD_PRELOAD="$library" \
	-e trace=socket,connect,bind,listen,accept,accept4 \
	"$build/tests/hijack_calls" >/dev/null 2>&1 </dev/null
grep -E 'AF_(INET6?|PACKET|NETLINK)' calls.trace >leaks
check "no socket of the network is made on the host" test ! -s leaks

echo 'import socket; socket.socket(socket.AF_UNIX); print(open("/proc/self/maps").read().count("liblkl.so"))' >unix.py
check "a program without network sockets boots no kernel" \
	test "$(hijacked python3 unix.py)" = 0

# ---------------------------------------------------------------------------
# Files and names

hijacked cat /proc/net/dev >dev
check "/proc/net is the library's" grep -q '^dummy0:\|^ *lo:' dev
hijacked sh -c 'ls /sys/class/net' >class
check "/sys/class/net is the library's" test "$(grep -cx lo class)" = 1
check "other files are the host's" cmp <(hijacked cat /etc/passwd) /etc/passwd
hijacked python3 -c '
open("/proc/sys/net/ipv4/ip_default_ttl", "w").write("77")
print(open("/proc/sys/net/ipv4/ip_default_ttl").read().strip())' >ttl 2>&1
check "a sysctl of the network can be set by an ordinary user" grep -qx 77 ttl

# Programs that walk, and change where they are.
walks() { LKL_HIJACK_MOUNT=tmpfs LKL_HIJACK_SYSCTL=net.ipv4.ip_default_ttl=77 hijacked "$@"; }
walks find /proc/sys -name ip_default_ttl -exec cat {} + >walk.out 2>walk.err
check "find goes from the host's directories into the library's" grep -qx 77 walk.out
walks bash -c 'cd /proc/sys/net && cat ipv4/ip_default_ttl && cd ../kernel && cat ostype &&
	cd ../net/ipv4 && pwd -P && echo ip_default_t*' >walk.out 2>walk.err
check "a shell and its programs change to them and back" \
	cmp walk.out <(printf '77\nLinux\n/proc/sys/net/ipv4\nip_default_ttl\n')
walks python3 -c '
import glob, os, shutil
print(sum("ip_default_ttl" in files for _, _, files in os.walk("/proc/sys/net")))
os.chdir("/tmpfs")
os.makedirs("a/b")
open("a/b/c", "w").write("x")
shutil.copytree("a", "d")
shutil.move("d/b/c", "d/e")
shutil.copy("/etc/passwd", "d/passwd")
print(sorted(os.listdir("d")), os.getcwd(), os.path.realpath("d/../a"), sorted(glob.glob("*/*")))
shutil.rmtree("d")
os.chdir("/")
print(os.listdir("/tmpfs"))' >walk.out 2>walk.err
check "python makes, copies and removes trees of the library" cmp walk.out <(
	echo 1
	echo "['b', 'e', 'passwd'] /tmpfs /tmpfs/a ['a/b', 'd/b', 'd/e', 'd/passwd']"
	echo "['a']")
walks perl -MFile::Find -e '
my $n = 0;
find(sub { $n++ if $_ eq "ip_default_ttl" && -r $_ }, "/proc/sys/net");
chdir "/proc/sys/net/ipv4"; open my $f, "<", "ip_default_ttl"; print $n, " ", <$f>;' \
	>walk.out 2>walk.err
check "perl, too" grep -qx '1 77' walk.out

# ---------------------------------------------------------------------------
# Failure is loud

LKL_HIJACK_NET_IFTYPE=nonsense hijacked python3 -c '
import socket
try:
    socket.socket()
except OSError as e:
    print("failed")' >wrong.out 2>wrong.err
check "a wrong setting fails the first socket" grep -qx failed wrong.out
check "and is named on standard error" grep -q 'nonsense' wrong.err

# ---------------------------------------------------------------------------
# Programs

hijacked python3 -c '
import asyncio, subprocess, socket, threading

async def serve(reader, writer):
    writer.write((await reader.readline()).upper() * 1000)
    await writer.drain()
    writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 7007)
    reader, writer = await asyncio.open_connection("127.0.0.1", 7007)
    writer.write(b"hello\n")
    print(len(await reader.read()))
    child = await asyncio.create_subprocess_exec("echo", "child", stdout=subprocess.PIPE)
    print((await child.communicate())[0])

asyncio.run(main())' >asyncio.out 2>&1
check "python's asyncio with sockets and a child" \
	cmp asyncio.out <(printf '6000\nb%schild\\n%s\n' "'" "'")

cat >unix.py <<'P'
import asyncio, multiprocessing, multiprocessing.reduction as reduction, os, socket

async def serve(reader, writer):
    writer.write((await reader.readline()).upper() * 1000)
    await writer.drain()
    writer.close()

async def main():
    await asyncio.start_unix_server(serve, os.path.abspath("server"))
    reader, writer = await asyncio.open_unix_connection(os.path.abspath("server"))
    writer.write(b"hello\n")
    print(len(await reader.read()))

def child(pipe):
    listener = socket.socket(fileno=reduction.recv_handle(pipe))
    connection, _ = listener.accept()
    connection.send(b"from a child")
    connection.close()

asyncio.run(main())
print(os.path.exists("server"))
listener = socket.create_server(("127.0.0.1", 0))
near, far = multiprocessing.Pipe()
process = multiprocessing.Process(target=child, args=(far,))
process.start()
reduction.send_handle(near, listener.fileno(), process.pid)
print(socket.create_connection(listener.getsockname()).recv(100))
process.join()
P
hijacked python3 unix.py >unix.out 2>&1
check "python sends a listening socket to a child" cmp unix.out <(
	printf '6000\nTrue\nb%sfrom a child%s\n' "'" "'")
rm -f server
LKL_HIJACK_UNIX=library hijacked python3 unix.py >unix.out 2>&1
check "over a unix socket of the library, too" cmp unix.out <(
	printf '6000\nTrue\nb%sfrom a child%s\n' "'" "'")
check "whose name is none of the host" test ! -e server
echo 'import os, socket
near, far = socket.socketpair()
try:
    socket.send_fds(near, [b"x"], [os.open("/etc/passwd", 0)])
except OSError as e:
    print(e.errno)' >rights.py
LKL_HIJACK_UNIX=library hijacked python3 rights.py >rights.out 2>rights.err
check "a descriptor of the host is refused there" grep -qx 18 rights.out
check "and it is said" grep -q 'a descriptor of the host cannot be sent' rights.err

hijacked perl -MIO::Socket::INET -e '
my $server = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1:7008") or die;
my $client = IO::Socket::INET->new("127.0.0.1:7008") or die;
my $peer = $server->accept;
print $client "from perl\n"; $client->flush;
print scalar <$peer>;' >perl.out 2>&1
check "perl's streams on sockets" grep -qx 'from perl' perl.out

finish
