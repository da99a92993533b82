#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# hijack_resolve.sh - the resolver, compared with libc's
#
# hijack_resolve is a program and the name servers that it asks, all in one. What it
# prints under the preload library must be what it prints on the host, where libc asks the
# same servers: answers of all kinds, none, wrong ones, ones that are cut short, servers
# that fail, and the options of resolv.conf(5). Then replies that nobody should send.
# In namespaces of this script's own, so that it has a host with port 53 and files to change.
# shellcheck source=tests/tools/lib.bash
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/lib.bash"

if [ -z "${resolve_namespace:-}" ]; then
	if ! unshare -Urmn true 2>/dev/null; then
		skip "the resolver" "no user namespaces for ordinary users here"
		finish
	fi
	LKL_TEST_AS_ROOT=1 resolve_namespace=1 exec unshare -Urmn bash "$0" "$@"
fi
program=$LKL_TOP/build/tests/hijack_resolve
unset "${!LKL_HIJACK_@}"
ip link set lo up
{
	printf 'search one.test two.test\noptions timeout:1 attempts:1\n'
	printf 'nameserver 127.0.0.1\nnameserver 127.0.0.2\n'
} >resolv.conf
printf 'hosts: files dns\n' >nsswitch.conf
if ! mount --bind resolv.conf /etc/resolv.conf 2>mount.err ||
   ! mount --bind nsswitch.conf /etc/nsswitch.conf 2>mount.err; then
	skip "the resolver" "$(cat mount.err)"
	finish
fi

hijacked() {
	LKL_HIJACK_NET_IFTYPE=none LKL_HIJACK_NAMESERVER=127.0.0.1,127.0.0.2 \
		LD_PRELOAD=$LKL_TOP/build/liblkl-hijack.so "$@"
}

# lists: every list that the program has, each in a process with its options
lists() {
	local list

	for list in rows RES_OPTIONS=rotate RES_OPTIONS=use-vc:tcp RES_OPTIONS=no-aaaa:no_v6 \
			RES_OPTIONS=ndots:3:dots RES_OPTIONS=single-request:single \
			LOCALDOMAIN=two.test:domain RES_OPTIONS=attempts:2:patience; do
		case $list in
		*:*)	env "${list%:*}" timeout 60 "$program" "${list##*:}" ;;
		*=*)	env "$list" timeout 60 "$program" "${list#*=}" ;;
		*)	timeout 60 "$program" "$list" ;;
		esac
		echo "status $?"
	done
}

lists >host.out 2>host.err &
host=$!
hijacked lists >library.out 2>library.err
wait "$host"
if [ "$(wc -l <host.out)" -lt 140 ] || grep -q 'status [^0]' host.out; then
	cat host.out >>host.err
	not_ok "the host prints its lists" host.err
elif diff -U3 host.out library.out >differences; then
	ok "names are found as libc finds them ($(wc -l <host.out) lines)"
else
	cat library.err >>differences
	not_ok "names are found as libc finds them" differences
fi

check "replies that nobody should send: the program lives" \
	hijacked timeout 60 "$program" fuzz 1000
contains "and finds what it can" '^4000 lookups, good ones [0-9]{4}$' check.out

finish
