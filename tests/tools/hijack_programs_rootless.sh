#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# hijack_programs_rootless.sh - Debian's programs on the library's network, as an
# ordinary user with no set-up; what is the host's is on its loopback
# shellcheck source=tests/tools/lib.bash disable=SC2034,SC2317 # used by what is sourced
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/hijack.bash
. "$tools_here/hijack.bash"

needs "programs without root" lkl-hijack python3 socat curl passt || finish

host=127.0.0.1 host6=::1
gw=10.0.2.2 gw6=fd00:6c6b:6c::2
own=10.0.2.15 own6=fd00:6c6b:6c::15
client=()
# Only slirp answers for its gateway itself, whatever the host lets its users do.
ping_options=(-i type=slirp)
# passt 0.0~git20230309 does not pass the end of a stream on to a guest that has ended
# its own direction before, and ncat waits for that.
ncat_options=(-i type=slirp)
# And what ::1 answers by UDP comes from an address that nobody has asked.
udp6_options=(-i type=slirp)
to=127.0.0.1 to6=::1 front_to=127.0.0.1 peer=$gw

# behind FORWARD NAME PORT COMMAND...: start COMMAND; a port of the host leads to PORT. One
# only: passt 0.0~git20230309 loses connections if it has several for one.
behind() {
	local forward=$1 name=$2 port=$3
	shift 3
	start "$name" lkl-hijack -p "$forward:$port" "$@"
}
serve() {
	at=$(free_port)
	behind "127.0.0.1:$at" "$@"
}
serve_udp() {
	at=$(free_port)
	behind "udp:127.0.0.1:$at" "$@"
}
serve6() {
	at=$(free_port)
	behind "[::1]:$at" "$@"
}
front() {
	front_at=$(free_port)
	behind "127.0.0.1:$front_at" "$@"
}

# shellcheck source=tests/tools/hijack_programs.bash
. "$tools_here/hijack_programs.bash"

# ---- names: the host's resolver, in a machine of the test's own

cat >resolve.sh <<-'S'
	# resolve.sh TYPE COMMAND...: COMMAND, hijacked, where 127.0.0.1 is the name server
	ip link set lo up
	echo 'nameserver 127.0.0.1' >resolv.conf
	mount --bind resolv.conf /etc/resolv.conf || exit 77
	python3 "$LKL_TOP/tests/tools/hijack_dns.py" 127.0.0.1 53 >resolve.log &
	servers=$!
	python3 -m http.server --bind 127.0.0.1 --directory www 80 >/dev/null 2>&1 &
	servers="$servers $!"
	trap 'kill $servers' EXIT
	until curl -sf -o /dev/null http://127.0.0.1/hello && grep -q ready resolve.log; do
		sleep 0.1
	done
	type=$1
	shift
	timeout 20 lkl-hijack -i "type=$type" "$@"
S
if unshare -Urmn true 2>/dev/null; then
	for type in passt slirp; do
		check "$type leads to the host's name server" \
			unshare -Urmn bash resolve.sh $type curl -sf -4 http://host.test/hello
		contains "what it says by $type is right" '^hello from the host' check.out
		unshare -Urmn bash resolve.sh $type curl -s http://nohost.test/ >/dev/null 2>&1
		check "a name that does not exist, by $type" test $? -eq 6
	done
else
	skip "the host's name server" "no user namespaces here"
fi

finish
