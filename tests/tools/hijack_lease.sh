#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# hijack_lease.sh - addresses and name servers that servers give for a time: DHCP, router
# advertisements, DHCPv6; over TAP devices in a network namespace of this script's own
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/hijack.bash
. "$tools_here/hijack.bash"
own_network "leases"
needs "leases" lkl-hijack python3 ip || finish
lease=$tools_here/hijack_lease.py

# net NAME OPTION...: a device with a server on it; NAME.log is what it hears
ip link set lo up
net() {
	local name=$1
	shift
	ip tuntap add "$name" mode tap
	ip address add 10.9.0.1/24 dev "$name"
	ip address add fe80::1/64 dev "$name" nodad
	ip link set "$name" up
	echo all >"$name.manner"
	start "$name" python3 "$lease" serve "$name" "$name.manner" "$@"
	check "$name: the server is up" eventually grep -q ready "$name.log"
}
heard() { grep -qx "$2" "$1.log"; }

# ---- a lease's life, in the owner's process and beside a trapped program; all at once

net life4 seconds=3
net life6 seconds=3 flags=m
net trap4 seconds=3
net trap6 seconds=3 flags=mo rapid=1
watch() {
	local name=$1 family=$2 mode=$3 set=$4
	timeout 60 lkl-hijack --no-config -m "$mode" -i "type=tap,param=$name,$set" \
		python3 "$lease" watch "$family" "$name.manner" "$name.log" >"$name.watched" 2>&1
	echo "status $?" >>"$name.watched"
}
watch life4 4 preload ip=dhcp &
watchers=($!)
watch life6 6 preload ipv6=slaac &
watchers+=($!)
watch trap4 4 trap ip=dhcp &
watchers+=($!)
watch trap6 6 trap ipv6=slaac &
watchers+=($!)
wait "${watchers[@]}"
for name in life4 life6 trap4 trap6; do
	{
		echo renewed
		echo kept longer than a lease
		echo still there
		echo rebound
		echo still there
		[[ $name = *6 ]] || echo another address
		echo lost
		echo not before its time
		echo found again
		echo status 0
	} >wanted
	same "$name: renewed, rebound, lost, found again" wanted "$name.watched"
done
check "DHCP: asked for what was offered" heard life4 'request 10.9.0.50'
check "DHCP: renewed at the server" heard life4 'renew 10.9.0.50'
check "DHCP: rebound at all servers" heard life4 'rebind 10.9.0.50'
check "DHCPv6: solicited and requested" heard life6 request6
check "DHCPv6: nothing is requested after a rapid commit" \
	sh -c '! grep -q request6 trap6.log'
for name in life4 trap4; do
	check "$name: given back at the end" heard $name 'release 10.9.0.5[01]'
done
for name in life6 trap6; do
	check "$name: given back at the end" heard $name release6
done

# ---- what becomes of it in the kernel

trial() { timeout 20 lkl-hijack --no-config "$@" --check >kernel 2>kernel.err || cat kernel.err; }
shown() { contains "$1" "$2" kernel; }
files=/etc/resolv.conf,/proc/net/route,/proc/net/if_inet6,/proc/net/ipv6_route
net plain4
trial -i type=tap,param=plain4,ip=dhcp --dump $files
shown "DHCP: the network" '^eth0.0000090A.00000000'
shown "DHCP: the gateway" '^eth0.00000000.0100090A'
shown "DHCP: the name server" '^nameserver 10\.9\.0\.53$'
trial -i type=tap,param=plain4,ip=dhcp --nameserver 10.9.0.54 --dump $files
shown "a name server that is named wins" '^nameserver 10\.9\.0\.54$'
check "over that of DHCP" sh -c '! grep -q 10.9.0.53 kernel'
net plain6 flags=ao
trial -i type=tap,param=plain6,ipv6=slaac --dump $files
shown "SLAAC: an address" '^fd0900010000.* 40 00 .*eth0'
shown "the router's name server" '^nameserver fd09:1::53$'
shown "one on the link is named with it" '^nameserver fe80::1%eth0$'
shown "and those of DHCPv6" '^nameserver fd09:2::53$'
check "which was asked for nothing else" heard plain6 information6
check "no address was asked for" sh -c '! grep -q solicit6 plain6.log'
net both flags=am
trial -i type=tap,param=both,ip=dhcp,ipv6=slaac --dump $files
shown "all three: DHCP" '^eth0.0000090A.00000000'
shown "all three: SLAAC" '^fd0900010000.* 40 00 .*eth0'
shown "all three: DHCPv6" '^fd090002000000000000000000000050 .. 80 .*eth0'

finish
