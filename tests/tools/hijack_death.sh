#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# hijack_death.sh - what carries a program's network dies in the midst of things: its
# calls end at once with an error, its later ones too, and it lives
# shellcheck source=tests/tools/lib.bash disable=SC2317,SC2016 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/hijack.bash
. "$tools_here/hijack.bash"

needs "the death of a network" lkl-hijack python3 curl passt || finish

# Accepts, reads the first bytes, sends something, and then nothing more.
cat >server.py <<'P'
import socket, sys, time
s = socket.create_server((sys.argv[1], int(sys.argv[2])))
all = []
while True:
    c, _ = s.accept()
    all.append(c)
    if len(sys.argv) > 3:
        c.recv(1000)
        c.send(b'HTTP/1.0 200 OK\r\nContent-Length: 1000000\r\n\r\n' + bytes(1000))
P
listens() { grep -q "$(printf ':%04X ' "$1").* 0A " /proc/net/tcp; }
port=$(free_port)
start server python3 server.py 127.0.0.1 "$port"
page=$(free_port)
start page python3 server.py 127.0.0.1 "$page" page
eventually listens "$port"
eventually listens "$page"

# passt_of FORWARD: the process that forwards it, which is nobody's child
passt_of() { pgrep -f -- "^passt .*-t $1( |\$)"; }

# ends WANTED NAME: the program NAME has ended, in 5 s, with status WANTED (a regexp)
ends() {
	local pid=${hijack_pids[$2]} status

	unset "hijack_pids[$2]"
	timeout 5 tail --pid="$pid" -s 0.02 -f /dev/null || kill -9 "$pid"
	wait "$pid"
	status=$?
	[[ $status =~ ^($1)$ ]] || { echo "status $status" >>"$2.log"; return 1; }
}

# what a call that waits ends with, where it is not the same for all
declare -A wanted

# dies TEXT NAME KIND...: each KIND of NAME.log has ended as it should
dies() {
	local text=$1 log=$2.log kind
	shift 2
	for kind; do
		contains "$text: $kind" "^$kind ${wanted[$kind]:-ECONNABORTED}\$" "$log"
	done
	contains "$text: at once" '^ended$' "$log"
	contains "$text: connecting later" '^later-connect ENETUNREACH$' "$log"
	contains "$text: sending later" '^later-send ENETUNREACH$' "$log"
	contains "$text: the program lives" '^later-socketpair 1$' "$log"
}

# says NAME WORD: it has
says() { grep -q "^$2\$" "$1.log" 2>/dev/null; }

# death NAME HOST PORT OWN KINDS OPTION...: the program under lkl-hijack with OPTIONs, in
# the background; go NAME lets it go on
death() {
	local name=$1
	mkfifo "go.$name"
	# Opened for both directions, so that it does not wait for the other side.
	start "$name" lkl-hijack "${@:6}" python3 "$tools_here/hijack_death.py" \
		"${@:2:4}" 3<>"go.$name"
}
go() { echo >"go.$1"; }

all=(read write poll epoll select connect udp udp_bound)
kinds=$(IFS=,; echo "${all[*]}")

# ---- passt is killed, with calls of every kind under way, in both tiers

for mode in preload trap; do
	# Documentation/hijack-processes.md: what is read from and written to is a pair of
	# sockets of the host's, which know of resets only.
	[ $mode = preload ] || wanted=([read]=ECONNRESET [write]="(EPIPE|ECONNRESET)")
	forward=$(free_port)
	death $mode 10.0.2.2 "$port" 10.0.2.15 "$kinds" -m $mode -i type=passt \
		-p "127.0.0.1:$forward:80"
	eventually says $mode connected
	check "$mode: passt is there" kill -STOP "$(passt_of "127.0.0.1/$forward:80")"
	go $mode
	eventually says $mode waiting
	check "$mode: passt is killed" kill -9 "$(passt_of "127.0.0.1/$forward:80")"
	go $mode
	check "$mode: the program ends as it wants to" ends 0 $mode
	dies "passt is killed, $mode" $mode "${all[@]}"
done
wanted=()

# ---- a download; curl's status for what a receive fails with is 56

forward=$(free_port)
start curl lkl-hijack -i type=passt -p "127.0.0.1:$forward:80" \
	curl -sSN -o got "http://10.0.2.2:$page/"
check "curl is in the midst of it" eventually test -s got
kill -9 "$(passt_of "127.0.0.1/$forward:80")"
check "curl ends, with its status for it" ends 56 curl
contains "and says why" 'Software caused connection abort' curl.log

# ---- a TAP device is deleted, by who made the network of a namespace

cat >tap.sh <<-'S'
	# tap.sh: where the TAP device is
	ip link set lo up
	ip tuntap add tap0 mode tap
	ip address add 10.9.0.1/24 dev tap0
	ip link set tap0 up
	python3 server.py 10.9.0.1 80 &
	server=$!
	trap 'kill $server' EXIT
	lkl-hijack -i type=tap,param=tap0,ip=10.9.0.2/24 --gateway 10.9.0.1 \
		python3 "$LKL_TOP/tests/tools/hijack_death.py" 10.9.0.1 80 10.9.0.2 \
		read,write,poll,udp 3<>go.tap &
	program=$!
	until grep -q '^connected$' tap.log; do sleep 0.05; done
	echo >go.tap
	until grep -q '^waiting$' tap.log; do sleep 0.05; done
	ip link delete tap0
	echo >go.tap
	wait $program
S
if ! unshare -cn --keep-caps true 2>/dev/null || ! [ -w /dev/net/tun ]; then
	skip "a TAP device is deleted" "no user namespaces, or no /dev/net/tun, here"
elif needs "a TAP device is deleted" ip; then
	mkfifo go.tap
	start tap timeout 20 unshare -cn --keep-caps bash tap.sh
	eventually says tap "later-socketpair 1"
	check "tap: the program ends as it wants to" ends 0 tap
	dies "a TAP device is deleted" tap read write poll udp
fi

# ---- a VDE switch ends

if needs "a VDE switch ends" vde_switch; then
	# It ends when its console does; and a socket's name must be short.
	switch=$(mktemp -d /tmp/lkl-vde.XXXXXX)
	mkfifo console
	start switch sh -c 'exec vde_switch -s "$1/switch" <console' sh "$switch"
	exec 4>console
	eventually test -S "$switch/switch/ctl"
	death vde 10.9.0.1 80 10.9.0.2 udp,udp_bound \
		-i "type=vde,param=$switch/switch,ip=10.9.0.2/24" --gateway 10.9.0.1
	eventually says vde connected
	go vde
	eventually says vde waiting
	kill -9 "${hijack_pids[switch]}"
	go vde
	check "vde: the program ends as it wants to" ends 0 vde
	dies "a VDE switch ends" vde udp udp_bound
	rm -r "$switch"
fi

finish
