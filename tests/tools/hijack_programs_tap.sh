#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# hijack_programs_tap.sh - Debian's programs on the library's network, over TAP
# devices in a network namespace that only this script has; it is "the host" then
# shellcheck source=tests/tools/lib.bash disable=SC2034,SC2317 # used by what is sourced
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/hijack.bash
. "$tools_here/hijack.bash"
own_network "programs over TAP"

needs "programs over TAP" lkl-hijack python3 socat curl ip || finish

# One device for a server, one for a client; the host forwards between them.
ip link set lo up
for n in 0 1; do
	ip tuntap add "tap$n" mode tap
	ip address add "10.9.$n.1/24" dev "tap$n"
	ip address add "fd09:$n::1/64" dev "tap$n" nodad
	ip link set "tap$n" up
done
echo 1 >/proc/sys/net/ipv4/ip_forward

host=10.9.1.1 host6=fd09:1::1
gw=$host gw6=$host6
own=10.9.1.2 own6=fd09:1::2
client=(-i "type=tap,param=tap1,ip=$own/24,ipv6=$own6/64" --gateway "$gw" --gateway6 "$gw6")
ping_options=() ncat_options=() udp6_options=()
to=10.9.0.2 to6=fd09:0::2 front_to=$own peer=$to

serve() {
	local name=$1
	at=$2
	shift 2
	start "$name" lkl-hijack -i "type=tap,param=tap0,ip=$to/24,ipv6=$to6/64" \
		--gateway 10.9.0.1 --gateway6 fd09:0::1 "$@"
}
serve_udp() { serve "$@"; }
serve6() { serve "$@"; }
front() {
	local name=$1
	front_at=$2
	shift 2
	start "$name" lkl-hijack "${client[@]}" "$@"
}

# shellcheck source=tests/tools/hijack_programs.bash
. "$tools_here/hijack_programs.bash"

finish
