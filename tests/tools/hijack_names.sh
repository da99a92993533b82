#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# hijack_names.sh - names where nothing but a network device leads out: which servers are
# asked if the host's is on its own loopback, and what is said if there is none; preloaded,
# static and Go programs. In namespaces of this script's own, so that it has a host to change.
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/hijack.bash
. "$tools_here/hijack.bash"
own_network "names over TAP" -Urmn
needs "names" lkl-hijack python3 curl ip || finish

# ---- a host whose resolver is on its loopback; host.test is 10.0.2.2

ip link set lo up
ip address add 10.0.2.2/32 dev lo
ip tuntap add tap0 mode tap
ip address add 10.9.0.1/24 dev tap0
ip link set tap0 up
mount -t tmpfs none /run
mkdir -p /run/systemd/resolve www
# host SERVER [UPSTREAM]: what the host's files say
host() {
	printf 'nameserver %s\noptions timeout:1 attempts:1\n' "$1" >resolv.conf
	rm -f /run/systemd/resolve/resolv.conf
	[ -z "${2:-}" ] || printf 'nameserver %s\n' "$2" >/run/systemd/resolve/resolv.conf
}
host 127.0.0.53
if ! mount --bind resolv.conf /etc/resolv.conf 2>mount.err; then
	skip "names over TAP" "$(cat mount.err)"
	finish
fi
echo 'hello by name' >www/hello
start dns python3 "$tools_here/hijack_dns.py" 10.9.0.1 53
start http python3 -m http.server --bind 10.0.2.2 --directory www 80
check "the host's servers are up" eventually curl -sf -o hello http://10.0.2.2/hello
check "and the name server" eventually grep -q ready dns.log

net=(-i "type=tap,param=tap0,ip=10.9.0.2/24" --gateway 10.9.0.1)
run() { timeout 20 lkl-hijack --no-config "${net[@]}" "$@"; }
# all PREFIX: every kind of program finds host.test
all() {
	check "$1: preloaded" run -m preload curl -sf http://host.test/hello
	contains "$1: preloaded, what was asked for" '^hello by name$' check.out
	check "$1: trapped" run -m trap curl -sf http://host.test/hello
	check "$1: the file" run -m preload grep -qx "nameserver 10.9.0.1" /etc/resolv.conf
	! command -v dig >/dev/null ||
		check "$1: dig, which reads it" run -m preload dig +tries=1 host.test
	check "$1: static" run busybox nslookup host.test
	! command -v rclone >/dev/null ||
		check "$1: Go" run rclone --config '' copyurl http://host.test/hello "copied$1"
}
host 127.0.0.53 10.9.0.1
all "what resolved asks"
host 10.9.0.1
all "the host's own"
host 127.0.0.1
net+=(--nameserver 10.9.0.1)
all "one that is named"

start lease python3 "$tools_here/hijack_lease.py" serve tap0 manner dns=10.9.0.1
echo all >manner
check "the DHCP server is up" eventually grep -q ready lease.log
net=(-i "type=tap,param=tap0,ip=dhcp")
all "one by DHCP"

# ---- none

host 127.0.0.53
net=(-i "type=tap,param=tap0,ip=10.9.0.2/24" --gateway 10.9.0.1)
said='lkl-hijack: no name server can be reached: see --nameserver'
for mode in preload trap; do
	run -m $mode curl -sS http://host.test/ >none 2>&1
	check "$mode: nobody is asked" test $? = 6
	check "$mode: which is said, once" test "$(grep -cxF "$said" none)" = 1
	check "$mode: not to who needs no names" \
		test -z "$(run -m $mode curl -s -o /dev/null http://10.0.2.2/hello 2>&1)"
done

finish
