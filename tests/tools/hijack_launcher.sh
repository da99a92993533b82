#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# hijack_launcher.sh - lkl-hijack itself: settings of every source, what it refuses
# and how, which way programs are covered, statuses and signals; and the kernel
# that settings make, looked at from inside
# shellcheck source=tests/tools/lib.bash disable=SC2317,SC2016 # functions run by check
. "$(dirname "$0")/lib.bash"

check "lkl-hijack is built" command -v lkl-hijack || finish
hijack=$(command -v lkl-hijack)
check "lkl-hijack.sh is the same program" \
	test "$(realpath "$(command -v lkl-hijack.sh)")" = "$(realpath "$hijack")"
unset "${!LKL_HIJACK_@}"

# ---- usage

check "--help" lkl-hijack --help
contains "--help has examples" '^  lkl-hijack curl' check.out
for option in interface forward gateway gateway6 nameserver unix pcap sysctl mount dump \
		boot-cmdline debug singlecpu delay-main config no-config print-config \
		check mode verbose help version; do
	contains "--help has --$option" "--$option" check.out
done
check "--version" lkl-hijack --version
contains "--version says one" '^lkl-hijack .*[0-9]\.[0-9]' check.out
hint="^lkl-hijack: |^Try 'lkl-hijack --help'"
fails "no program" 125 "$hint" lkl-hijack
fails "an unknown option" 125 "$hint|option" lkl-hijack --nosuch true
fails "a wrong mode" 125 'expected auto, preload or trap' lkl-hijack -m none true

# ---- completion

if [ -f /usr/share/bash-completion/bash_completion ]; then
	completion=$LKL_TOP/tools/lkl/completion/lkl-hijack.bash
	cat >complete.bash <<-'EOS'
		# complete.bash FILE WORD...: what bash offers for the last one
		. /usr/share/bash-completion/bash_completion
		. "$1"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*"
		COMP_POINT=${#COMP_LINE}
		compopt() { :; }
		_lkl_hijack "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf '%s\n' "${COMPREPLY[@]}"
	EOS
	# offers TEXT WANTED WORD...: WANTED is offered
	offers() {
		bash complete.bash "$completion" "${@:3}" >offered 2>&1
		contains "$1" "^$2\$" offered
	}
	offers "options are completed" --gateway6= lkl-hijack --gate
	offers "keys of interfaces" ifgateway= lkl-hijack -i ifg
	offers "the next key" type=tap,masklen= lkl-hijack -i type=tap,masklen
	offers "types of interfaces" type=passt lkl-hijack -i type=p
	offers "modes" preload lkl-hijack -m pre
	offers "sysctls" net.ipv4.tcp_rmem= lkl-hijack -s net.ipv4.tcp_rm
	offers "programs" true lkl-hijack -v tru
	touch argument
	offers "their arguments" argument lkl-hijack -m auto ls argu
else
	skip "completion" "bash-completion is not installed"
fi

# ---- settings: named when wrong, before anything runs

no() { fails "$1" 125 "^lkl-hijack: $2" lkl-hijack "${@:3}" touch ran; }
no "a wrong option is named" '--gateway: "x": expected an IPv4 address' --gateway x
no "a wrong key of an interface" '--interface: "nam": no such key' -i nam=1
no "a wrong value of an interface" '--interface ip: "1": expected an IPv4' -i ip=1
no "a missing parameter" 'interface 0: type tap wants a param' -i type=tap
no "forwards without a rootless interface" 'forward: only passt and slirp' \
	-i type=none -p 80
no "a file that is not there" 'missing.json: No such file' -c missing.json
no "a wrong sysctl" '--sysctl: "x": expected name=value' -s x
echo '{"gatway": "10.0.0.1"}' >wrong.json
no "a wrong key of a file" 'wrong.json:1: gatway: no such key' --config=wrong.json
export LKL_HIJACK_NET_MTU=x
no "a wrong variable" 'environment: LKL_HIJACK_NET_MTU: "x": expected a number'
unset LKL_HIJACK_NET_MTU
check "no program has run" test ! -e ran

# ---- settings: precedence

field() { python3 -c 'import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1].split("."):
    value = value[int(name) if name.isdigit() else name]
print(value)' "$1" <settings.json; }
settings() { lkl-hijack "$@" --print-config >settings.json; }

cat >lkl-hijack.json <<'JSON'
{
	"gateway": "10.0.0.1", "gateway6": "fd00::1", "sysctl": ["a=1"],
	"interfaces": [ { "type": "tap", "param": "tap1", "ip": "10.0.0.2", "masklen": 24,
			  "ipv6": "fd00::2", "masklen6": "64" } ]
}
JSON
check "a file in the working directory" settings
check "the file's gateway" test "$(field gateway)" = 10.0.0.1
export LKL_HIJACK_NET_GATEWAY=10.0.0.9 LKL_HIJACK_NET_IP=10.0.0.3 LKL_HIJACK_SYSCTL=b=2
check "file and environment" settings
check "the environment wins" test "$(field gateway)" = 10.0.0.9
check "in an interface too" test "$(field interfaces.0.ip)" = 10.0.0.3
check "and leaves the rest" test "$(field interfaces.0.param)" = tap1
check "lists grow" test "$(field sysctl)" = 'a=1;b=2'
check "all three" settings --gateway 10.0.0.8 -s c=3 -i type=none
check "options win" test "$(field gateway)" = 10.0.0.8
check "lists grow further" test "$(field sysctl)" = 'a=1;b=2;c=3'
check "interfaces are those of the options" test "$(field interfaces)" = "[{'type': 'none'}]"
unset "${!LKL_HIJACK_@}"
check "no file" settings --no-config
check "the rootless network" test "$(field interfaces.0.type)" = user
echo '{"mount": "tmpfs"}' >other.json
LKL_HIJACK_CONFIG_FILE=other.json check "a file of the environment" settings
check "is read instead" test "$(field mount)" = tmpfs
rm lkl-hijack.json

# ---- which way programs are covered

fails "a program that is not there" 127 'nosuch: No such file' lkl-hijack nosuch
fails "a path that is not there" 127 'No such file' lkl-hijack ./nosuch
fails "a directory" 126 'Permission denied' lkl-hijack /
touch plain
fails "a file that is not executable" 126 'Permission denied' lkl-hijack ./plain
printf '#!/nosuch\n' >script
chmod +x script
fails "a script without an interpreter" 127 'No such file' lkl-hijack ./script
printf '#!./script2\n' >loop
chmod +x loop
fails "an interpreter that is no path" 126 'Exec format' lkl-hijack ./loop
printf '#!%s/again\n' "$PWD" >again
chmod +x again
fails "a script that interprets itself" 126 'Too many levels' lkl-hijack ./again
if needs "a program of another processor" python3; then
	python3 - <<'PY'
elf = bytearray(open("/bin/true", "rb").read())
elf[18:20] = b"\x08\x00"	# e_machine: MIPS
open("foreign", "wb").write(elf)
open("short", "wb").write(elf[:20])
PY
	chmod +x foreign short
	fails "a program of another processor" 126 'another processor' lkl-hijack ./foreign
	fails "a program that is cut off" 126 'another processor|Exec format' \
		lkl-hijack ./short
fi
cp /bin/true unreadable
chmod 0111 unreadable
fails "a program that cannot be read" 126 'cannot be read' lkl-hijack ./unreadable

way() { contains "$1" "$2" verbose; }
lkl-hijack -v true 2>verbose
way "dynamic programs are preloaded" 'true: preload: it is dynamically linked'
printf '#!/bin/sh\nexit 3\n' >script
lkl-hijack -v ./script 2>verbose
check "a script's status" test $? = 3
way "scripts as their interpreter" 'script: preload: it is dynamically linked'
if needs "static programs cannot be preloaded" busybox; then
	fails "static programs cannot be preloaded" 126 'cannot be preloaded' \
		lkl-hijack -m preload busybox true
	fails "nor have unix sockets of the library" 126 'unix: "library"' \
		lkl-hijack --unix library busybox true
fi
if needs "setuid programs keep the library" su; then
	lkl-hijack -v "$(type -P su)" --version >out 2>verbose
	way "setuid programs run without their privileges" 'runs without its privileges'
fi

# ---- what the host does not have is told before the program runs

no "a TAP device that is not there" 'interface 0: (nosuch: no such TAP|/dev/net/tun)' \
	-i type=tap,param=nosuch
# /sys stays that of the namespace outside; capabilities are given up.
if needs "a TAP device of a namespace" unshare ip setpriv && [ -w /dev/net/tun ] &&
   unshare -Urn true 2>unshare.err; then
	cat >own.sh <<-'EOS'
		ip tuntap add tapown mode tap && ip link set tapown up
		exec setpriv --inh-caps=-all --bounding-set=-net_admin \
			lkl-hijack --no-config -i type=tap,param=tapown "$@"
	EOS
	status=0
	unshare -Urn bash own.sh ip address >shown 2>&1 || status=$?
	check "a TAP device of a namespace is found" test $status = 0
	contains "and becomes an interface" '^[0-9]: eth0' shown
fi
no "an interface of the host that is not there" 'interface 0: nosuch: the host has no' \
	-i type=raw,param=nosuch
no "a macvtap device that is not there" 'interface 0: /dev/tap4711: No such file' \
	-i type=macvtap,param=/dev/tap4711
no "pipes that are not there" 'interface 0: ./nosuch: No such file' -i 'type=pipe,param=./nosuch|x'
if needs "a port that is taken" python3; then
	python3 -c 'import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
time.sleep(60)' >port &
	until [ -s port ]; do sleep 0.05; done
	no "a port that is taken" 'forward: 127.0.0.1:[0-9]*:80: Address already in use' \
		-p "127.0.0.1:$(cat port):80"
	kill $!
fi
no "a port that only root can have" 'forward: 127.0.0.1:1:80: ' -p 127.0.0.1:1:80
check "no program has run" test ! -e ran

# ---- what the program sees

check "arguments" test "$(lkl-hijack -- printf '%s|' a 'b c' -x)" = 'a|b c|-x|'
check "options end at the program" test "$(lkl-hijack echo -v)" = -v
check "standard input" test "$(echo text | lkl-hijack cat)" = text
check "nothing is said on its standard error" \
	test -z "$(lkl-hijack true 2>&1)"
LD_PRELOAD=$(lkl-hijack sh -c 'echo $LD_PRELOAD')
check "the library is preloaded" test "${LD_PRELOAD##*/}" = liblkl-hijack.so
library=$LD_PRELOAD
unset LD_PRELOAD
libc=$(ldd "$(type -P true)" | awk '/libc\.so/ { print $3 }')
check "after what was preloaded" \
	test "$(LD_PRELOAD=$libc lkl-hijack sh -c 'echo $LD_PRELOAD')" = "$libc:$library"
check "the settings" sh -c 'lkl-hijack --mount tmpfs sh -c "echo \$LKL_HIJACK_SETTINGS" |
	grep -q "\"mount\":\"tmpfs\""'
check "no new privileges" sh -c "lkl-hijack grep -q 'NoNewPrivs:.1' /proc/self/status"
check "signals are as they were" test \
	"$(lkl-hijack grep SigBlk /proc/self/status)" = "$(grep SigBlk /proc/self/status)"

# ---- statuses and signals

status() {
	local text=$1 wanted=$2 got
	shift 2
	"$@" >out 2>err
	got=$?
	check "$text" test "$got" = "$wanted"
}
status "status 0" 0 lkl-hijack true
status "status 1" 1 lkl-hijack false
status "status 255" 255 lkl-hijack sh -c 'exit 255'
status "the end by a signal" 143 lkl-hijack sh -c 'kill -TERM $$'
status "a crash" 139 lkl-hijack sh -c 'kill -SEGV $$'

# passed SIGNAL: what is sent to lkl-hijack arrives at the program
passed() {
	rm -f ready got
	lkl-hijack sh -c "trap 'echo $1 >got; exit 42' $1; : >ready
		while :; do sleep 0.1; done" &
	until [ -e ready ]; do sleep 0.05; done
	kill "-$1" $!
	wait $!
	[ $? = 42 ] && [ "$(cat got)" = "$1" ]
}
for signal in TERM HUP USR1 USR2 WINCH; do
	check "SIG$signal is passed on" passed $signal
done

# ---- what it inherits is the program's to close

# closed MODE REDIRECTION: who reads a pipe that the program closes does not wait for more
closed() {
	local pid

	rm -f ended pipe
	mkfifo pipe
	sh -c 'cat <pipe >/dev/null; : >ended' &
	eval "lkl-hijack --no-config -i type=none -m $1 sh -c 'exec $2>&-; exec sleep 20' $2>pipe" &
	pid=$!
	for _ in $(seq 100); do
		[ ! -e ended ] || break
		sleep 0.05
	done
	kill $pid
	wait
	[ -e ended ]
}
for mode in preload trap; do
	check "$mode: a pipe that the program closes" closed $mode 3
	check "$mode: its standard output" closed $mode 1
done

# The launcher stops with the program and goes on with it.
stops() {
	lkl-hijack sh -c 'kill -STOP $$; exit 5' &
	local pid=$! _
	for _ in $(seq 100); do
		[ "$(awk '{ print $3 }' "/proc/$pid/stat")" = T ] && break
		sleep 0.05
	done
	[ "$(awk '{ print $3 }' "/proc/$pid/stat")" = T ] || return 1
	kill -CONT "$pid"
	wait "$pid"
	[ $? = 5 ]
}
check "it stops and goes on with the program" stops

# A program whose kernel goes on tells its status, and stays.
check "a program may tell its end before it ends" sh -c \
	'timeout 5 lkl-hijack python3 -c "
import os, struct, time
os.write(int(os.environ[\"LKL_HIJACK__STATUS_FD\"]), struct.pack(\"ii\", os.getpid(), 7 << 8))
time.sleep(20)" >out 2>err; test $? = 7'

# ---- the kernel that the settings make

trial() { lkl-hijack "$@" --check >kernel 2>kernel.err || { cat kernel.err; false; }; }
# shown TEXT PATTERN
shown() { contains "$1" "$2" kernel; }

check "no interface" trial -i type=none --dump /proc/net/dev,/sys/class/net/lo/flags,/none
shown "loopback is there" '^ *lo:'
shown "loopback is up" '^0x9$'
shown "a file that is not there is told" '^No such file'
check "a sysctl" trial -i type=none -s net.ipv4.tcp_congestion_control=bbr \
	--dump /proc/sys/net/ipv4/tcp_congestion_control
shown "has its value" '^bbr$'
check "a mount" trial -i type=none --mount tmpfs --dump /proc/mounts
shown "is there" '^tmpfs /tmpfs tmpfs'
check "the kernel's command line" trial -i type=none --boot-cmdline mem=100M \
	--dump /proc/cmdline,/proc/meminfo
shown "has what was added" 'mem=100M'
shown "and has an effect" 'MemTotal: *10[0-9]{4} kB'
fails "a sysctl there is none of" 125 'sysctl: net.nosuch=1: No such file' \
	lkl-hijack -i type=none -s net.nosuch=1 --check
fails "a file system there is none of" 125 'mount: nosuch: No such device' \
	lkl-hijack -i type=none --mount nosuch --check
fails "a device there is none of" 125 '^lkl-hijack: interface 0 \(pipe\): ' \
	lkl-hijack -i 'type=pipe,param=/nosuch|/nosuch' --check
check "messages of the kernel" sh -c \
	'lkl-hijack -i type=none --debug 1 --boot-cmdline loglevel=7 --check 2>&1 | grep -q "Linux version"'
check "are not shown otherwise" sh -c 'test -z "$(lkl-hijack -i type=none --check 2>&1)"'
for mode in 1 2; do
	check "singlecpu $mode" trial -i type=none --singlecpu $mode
done

# An interface without anybody on its other side: a pair of pipes.
mkfifo rx tx
pipe='type=pipe,param=rx|tx'
files=/proc/net/if_inet6,/proc/net/route,/proc/net/arp,/etc/resolv.conf,/sys/class/net/eth0/mtu
files+=,/sys/class/net/eth0/address,/proc/net/ipv6_route
exec 8<>rx 9<>tx
check "an interface with everything" trial -i "$pipe,ip=10.5.0.2/24,ipv6=fd05::2/64,mtu=1400,mac=02:00:00:00:00:05,qdisc=root|fq,neigh=10.5.0.9|02:00:00:00:00:09,ifgateway=10.5.0.1,ifgateway6=fd05::1" \
	--gateway 10.5.0.1 --gateway6 fd05::1 --nameserver 10.5.0.3,fd05::3 --dump "$files"
shown "its IPv6 address, without delay" '^fd050000000000000000000000000002 .* 40 00 80 +eth0'
shown "its IPv4 network" '^eth0.0000050A.00000000'
shown "the gateway" '^eth0.00000000.0100050A'
shown "the gateway for IPv6" '^0{32} 00 0{32} 00 fd050000000000000000000000000001'
shown "the neighbour" '^10.5.0.9 +0x1 +0x6 +02:00:00:00:00:09'
shown "the MTU" '^1400$'
shown "the address of the device" '^02:00:00:00:00:05$'
shown "the name servers" '^nameserver fd05::3$'
fails "a gateway that cannot be reached" 125 'gateway: ' \
	lkl-hijack -i "$pipe,ip=10.5.0.2/24" --gateway 10.6.0.1 --check
fails "a queueing discipline there is none of" 125 'interface 0: qdisc: .*unknown' \
	lkl-hijack -i "$pipe,qdisc=root|nosuch" --check
fails "nobody answers by DHCP" 125 'no DHCP server' \
	timeout 60 lkl-hijack -i "$pipe,ip=dhcp" --check
check "no router sends an address" trial -i "$pipe,ipv6=slaac"
exec 8>&- 9>&-

# ---- the rootless networks

rootless() {
	check "$1: its own addresses" trial -i type="$1" --dump "$files"
	shown "$1: IPv4" '^eth0.0002000A.00000000'
	shown "$1: IPv6" '^fd006c6b006c00000000000000000015'
	shown "$1: the gateway" '^eth0.00000000.0202000A'
	shown "$1: the name server" '^nameserver 10.0.2.3$'
	check "$1: other addresses" trial -i "type=$1,ip=10.7.0.5/24" --dump "$files"
	shown "$1: the gateway follows" '^eth0.00000000.0200070A'
	check "$1: DHCP" trial -i "type=$1,ip=dhcp" --dump "$files"
	shown "$1: DHCP gives the network" '^eth0.0002000A.00000000'
	shown "$1: DHCP gives the gateway" '^eth0.00000000.0202000A'
	shown "$1: DHCP gives a name server" '^nameserver [0-9]'
}
rto=/proc/sys/net/ipv4/tcp_rto_min_us
passt_resends() {
	check "passt: what it drops is sent again soon" trial -i type=passt --dump $rto
	shown "passt: after 20 ms" '^20000$'
	check "unless the user wants it otherwise" trial -i type=passt --dump $rto \
		-s net.ipv4.tcp_rto_min_us=150000
	shown "and says how long" '^150000$'
	check "what others drop is not" trial -i type=slirp --dump $rto
	shown "but when the kernel does" '^200000$'
}
if needs "passt" passt; then
	rootless passt
	passt_resends
fi
if [ -e /usr/lib/x86_64-linux-gnu/libslirp.so.0 ]; then
	rootless slirp
	check "slirp: SLAAC" trial -i type=slirp,ipv6=slaac --delay-main 1 --dump "$files"
	shown "slirp: SLAAC gives an address" '^fd006c6b006c0000.* 40 00 00 +eth0'
else
	skip "slirp" "libslirp is not installed"
fi

finish
