#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# gen-names.sh - write lkl_names.h: LKL_X for every constant X, lkl_x for every
# struct x of the host's headers
#
# Layer: build. Called by the Makefile; writes to standard output.
#
#	gen-names.sh <compiler> <our own public headers>...
#
# Programs written for LKL say LKL_O_RDWR and struct lkl_timespec. The ABI of
# the library is the host processor's own, so these are the host's O_RDWR and
# struct timespec. Constants are written as numbers, so that they do not depend
# on which headers a program includes and with which feature macros; structs
# and function-like macros are aliases and need their usual header.

set -eu

[ $# -ge 1 ] || { echo "usage: $0 COMPILER HEADER..." >&2; exit 2; }
cc=$1
shift

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cat > "$tmp/headers.c" <<'HEADERS'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/aio_abi.h>
#include <linux/capability.h>
#include <linux/falloc.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/io_uring.h>
#include <linux/kdev_t.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/nbd.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/pkt_sched.h>
#include <linux/quota.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/stat.h>
#include <linux/udp.h>
#include <linux/unistd.h>
#include <linux/virtio_ids.h>
HEADERS

# Some hosts lack some of them; what is left still has to make sense.
grep '^#include' "$tmp/headers.c" | while read -r line; do
	if echo "$line" | $cc -E -x c - -o /dev/null 2> /dev/null; then
		echo "$line"
	fi
done > "$tmp/present"
{ echo '#define _GNU_SOURCE'; cat "$tmp/present"; } > "$tmp/all.c"

$cc -E -dM "$tmp/all.c" > "$tmp/macros"
$cc -E -P "$tmp/all.c" > "$tmp/text"
$cc -E -dM -x c /dev/null | awk '{ print $2 }' | sed 's/(.*//' > "$tmp/builtin"

# Constants: macros without arguments, and enumerators.
awk '
NR == FNR { builtin[$1] = 1; next }
$2 ~ /^[A-Z][A-Z0-9_]*$/ && NF > 2 && !($2 in builtin) { print $2 }
' "$tmp/builtin" "$tmp/macros" > "$tmp/candidates"
tr '\n' ' ' < "$tmp/text" | sed 's/enum/\nenum/g' |
awk '
match($0, /^enum[ \t]*[A-Za-z0-9_]*[ \t]*\{[^}]*\}/) {
	body = substr($0, RSTART, RLENGTH)
	sub(/^[^{]*\{/, "", body)
	sub(/\}$/, "", body)
	n = split(body, item, ",")
	for (i = 1; i <= n; i++) {
		sub(/=.*/, "", item[i])
		gsub(/[ \t]/, "", item[i])
		if (item[i] ~ /^[A-Z][A-Z0-9_]*$/)
			print item[i]
	}
}' >> "$tmp/candidates"
LC_ALL=C sort -u "$tmp/candidates" > "$tmp/names"

# Ask the compiler which of them are integer constants: those whose line gives
# no error. An error can hide others, so repeat until there is none.
probe()
{
	cat "$tmp/all.c"
	awk '{ printf "enum { lkl_probe_%s = ((%s) | 0) != 0 };\n", $1, $1 }' "$tmp/names"
}
skip=$(wc -l < "$tmp/all.c")
while :; do
	probe > "$tmp/probe.c"
	if $cc -fsyntax-only -w -fmax-errors=0 "$tmp/probe.c" 2> "$tmp/errors"
	then
		break
	fi
	sed -n 's/^[^:]*probe\.c:\([0-9]*\):[0-9]*: .*error:.*/\1/p' \
		"$tmp/errors" | sort -un > "$tmp/lines"
	[ -s "$tmp/lines" ] || { cat "$tmp/errors" >&2; exit 1; }
	awk -v skip="$skip" '
	NR == FNR { bad[$1 - skip] = 1; next }
	!(FNR in bad)' "$tmp/lines" "$tmp/names" > "$tmp/left"
	mv "$tmp/left" "$tmp/names"
done

# Their values, by way of assembly, so that nothing has to be run: sign, upper
# and lower half, each plus one because zeros are not written as numbers.
{
	cat "$tmp/all.c"
	awk '{ printf "const unsigned long lkl_value_%s[3] = { ((%s) < 0) + 1UL, " \
		"((unsigned long)(%s) >> 32) + 1UL, " \
		"((unsigned long)(%s) & 0xffffffffUL) + 1UL };\n", \
		$1, $1, $1, $1 }' "$tmp/names"
} > "$tmp/values.c"
$cc -S -w -O0 -o "$tmp/values.s" "$tmp/values.c"

constants()
{
	awk '
	/^lkl_value_/ { name = substr($1, 11); sub(/:$/, "", name); n = 0 }
	name != "" && $1 ~ /^\.(quad|xword|dword|8byte)$/ {
		half[++n] = $2 - 1
		if (n < 3)
			next
		if (half[1] && half[2] == 4294967295)
			printf "#define LKL_%s (-%d)\n", name, 4294967296 - half[3]
		else if (half[1])
			;	# smallest of all numbers: no way to write it
		else if (half[2])
			printf "#define LKL_%s 0x%x%08xUL\n", name, half[2], half[3]
		else if (half[3] > 65535)
			printf "#define LKL_%s 0x%x\n", name, half[3]
		else
			printf "#define LKL_%s %d\n", name, half[3]
		name = ""
	}' "$tmp/values.s"
}

# Own names must not be covered by an alias.
cat "$@" /dev/null > "$tmp/headers"
{
	grep -oE '(__)?lkl_[a-z0-9_]*' "$tmp/headers"
	sed -n 's/^#define \(LKL_[A-Z0-9_]*\).*/\1/p' "$tmp/headers"
} | LC_ALL=C sort -u > "$tmp/own"

structs()
{
	tr '\n' ' ' < "$tmp/text" |
	grep -oE '(struct|union)[ ]+(__attribute__[ ]*\(\([^)]*\)\)[ ]*)?[a-z_][A-Za-z0-9_]*[ ]*\{' |
	sed 's/[ ]*{$//; s/.* //' | LC_ALL=C sort -u |
	awk '
	FILENAME != "-" { own[$1] = 1; next }
	{
		alias = $1
		if (sub(/^__(kernel|user)_/, "", alias))
			alias = "__lkl" substr($1, 2)
		else if (alias !~ /^_/)
			alias = "lkl_" alias
		else
			next
		if (!(alias in own))
			printf "#define %s %s\n", alias, $1
	}' "$tmp/own" -
}

functions()
{
	sed -n 's/^#define \([A-Z][A-Z0-9_]*\)(.*/\1/p' "$tmp/macros" |
	LC_ALL=C sort -u |
	awk 'FILENAME != "-" { skip[$1] = 1; next }
	!($1 in skip) && !("LKL_" $1 in skip) {
		printf "#define LKL_%s %s\n", $1, $1
	}' "$tmp/builtin" "$tmp/own" -
}

# Members of structs that are macros: ifr_name for ifr_ifrn.ifrn_name.
members()
{
	awk '$2 ~ /^[a-z][a-z0-9]*_[a-z0-9_]*$/ && NF > 2 { print $2 }' \
		"$tmp/macros" | LC_ALL=C sort -u |
	awk 'FILENAME != "-" { skip[$1] = 1; next }
	!($1 in skip) && !("lkl_" $1 in skip) {
		printf "#define lkl_%s %s\n", $1, $1
	}' "$tmp/builtin" "$tmp/own" -
}

cat <<'TOP'
/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lkl_names.h - the host's constants and structs by their LKL names
 *
 * Generated by gen-names.sh; do not edit. Included by lkl.h.
 */
#ifndef LKL_NAMES_H
#define LKL_NAMES_H

/* Constants. */
TOP
constants
echo
echo '/* Macros with arguments; they need their own header. */'
functions
echo
echo '/* Members that are macros; they need their own header. */'
members
echo
echo '/* Structs and unions; they need their own header to be complete. */'
structs
echo
echo '#endif /* LKL_NAMES_H */'
