#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# hijack_follow.sh - what a hijacked program executes is hijacked too, however it is
# executed and whatever it is
# shellcheck source=tests/tools/lib.bash disable=SC2317,SC2016 # functions run by check
. "$(dirname "$0")/lib.bash"

check "lkl-hijack is built" command -v lkl-hijack || finish
unset "${!LKL_HIJACK_@}"
needs "ip" ip || finish

# A network that the host does not have: the rootless one, by another address.
net=ip=10.77.0.5/24
hijack() { timeout 60 lkl-hijack -i "$net" "$@"; }

# covered TEXT COMMAND...: COMMAND, which shows addresses, shows those of a library
covered() {
	local text=$1
	shift
	"$@" >shown 2>&1 </dev/null
	contains "$text" '10\.77\.0\.5' shown
}

ip=$(type -P ip)
covered "the program itself" hijack ip address
covered "a child of a shell" hijack sh -c 'ip address; true'
covered "a child of a child" hijack sh -c 'sh -c "ip address; true"; true'
covered "with an empty environment" hijack env -i "$ip" address
covered "without the preload library" hijack env -u LD_PRELOAD "$ip" address
covered "with another preload library" hijack env LD_PRELOAD=libm.so.6 "$ip" address
covered "from a script that is executed" hijack sh -c \
	"printf '#!/bin/sh\nip address\n' >script; chmod +x script; exec ./script"

if needs "exec functions" python3; then
	cat >exec.py <<-'PY'
		import os, shutil, subprocess, sys
		ip = shutil.which("ip")
		args = ["ip", "address"]
		how = sys.argv[1]
		if how == "execv":
		    os.execv(ip, args)
		elif how == "execve":
		    os.execve(ip, args, {})
		elif how == "execvp":
		    os.execvp("ip", args)
		elif how == "fexecve":
		    os.execve(os.open(ip, os.O_RDONLY), args, {})
		elif how == "spawn":
		    os.waitpid(os.posix_spawn(ip, args, {}), 0)
		elif how == "spawnp":
		    os.waitpid(os.posix_spawnp("ip", args, dict(os.environ)), 0)
		elif how == "vfork":
		    subprocess.run(args, close_fds=False)
		elif how == "system":
		    os.system("ip address")
	PY
	for how in execv execve execvp fexecve spawn spawnp vfork system; do
		covered "$how" hijack python3 exec.py $how
	done
	cat >args.py <<-'PY'
		import os
		os.execve("/bin/sh", ["name", "-c", 'echo "$0|$A|$B|$1"', "zero", "1 2"], {"B": "b"})
	PY
	check "arguments and environment arrive" test \
		"$(hijack env A=1 python3 args.py)" = 'zero||b|1 2'
fi
if needs "static programs" busybox; then
	covered "static programs" hijack sh -c 'busybox ip address; true'
	covered "static programs, executed" hijack sh -c 'exec busybox ip address'
	check "their status" sh -c \
		'timeout 60 lkl-hijack sh -c "busybox sh -c \"exit 7\""; test $? = 7'
fi
# One queue of a device is for one kernel: a program that would need another is refused.
if needs "a device that is taken" busybox python3 unshare && [ -w /dev/net/tun ] &&
   unshare -cn --keep-caps true 2>unshare.err; then
	cat >taken.py <<-'PY'
		import socket, subprocess
		first = socket.socket()
		print("status", subprocess.run(["busybox", "ip", "address"]).returncode)
	PY
	cat >taken.sh <<-'SH'
		ip tuntap add tapf mode tap && ip link set tapf up
		timeout 20 lkl-hijack -i type=tap,param=tapf,ip=10.77.0.5/24 python3 taken.py
	SH
	unshare -cn --keep-caps sh taken.sh >shown 2>&1
	contains "a child that cannot have the device is refused" '^status 126$' shown
	contains "and told why" 'interface 0 \(tap\): .*tapf: Device or resource busy' shown
	cat >killed.py <<-'PY'
		import os, signal, socket, time
		first = socket.socket()
		if not os.fork():
		    time.sleep(5)
		os.kill(os.getpid(), signal.SIGKILL)
	PY
	cat >killed.sh <<-'SH'
		ip tuntap add tapf mode tap && ip link set tapf up
		timeout 20 lkl-hijack -i type=tap,param=tapf,ip=10.77.0.5/24 python3 killed.py
		timeout 20 lkl-hijack -i type=tap,param=tapf,ip=10.77.0.6/24 ip address
	SH
	unshare -cn --keep-caps sh killed.sh >killed 2>&1
	contains "a device is free when its process was killed, whoever it has forked" \
		'10\.77\.0\.6' killed
fi
covered "lkl-hijack in a hijacked program" hijack sh -c 'lkl-hijack ip address; true'
hijack sh -c 'lkl-hijack -i type=none ip address; true' >shown 2>&1
check "with settings of its own" sh -c 'grep -q 127.0.0.1 shown && ! grep -q 10.77 shown'

# What cannot be covered is refused, and said.
cp "$(type -P true)" unreadable
chmod 0111 unreadable
hijack sh -c './unreadable; echo status $?' >shown 2>&1
contains "programs that cannot be read are refused" 'status 126' shown
contains "and why is said" 'unreadable: it cannot be read' shown
hijack sh -c './nosuch; echo status $?' >shown 2>&1
contains "what is not there is not found" 'status 127' shown

finish
