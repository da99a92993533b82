# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
#
# hijack.bash - for the scripts that run programs under lkl-hijack: servers in
# the background, ports, waiting
#
# Sourced after lib.bash. Whatever was started and not stopped is killed at the end.

unset "${!LKL_HIJACK_@}"

declare -A hijack_pids

hijack_end() {
	local pid

	[ $BASHPID = $$ ] || return
	for pid in "${hijack_pids[@]}"; do
		kill "$pid" 2>/dev/null
	done
	[ -z "${tools_work:-}" ] || { chmod -R u+rwx "$tools_work"; rm -rf "$tools_work"; }
}
trap hijack_end EXIT

# own_network TEXT OPTION...: go on in namespaces that only this script has, made by unshare
# with these options; without, -cn --keep-caps: as ourselves, with privileges in them alone,
# since some servers are not for root. Where that cannot be, TEXT is skipped.
own_network() {
	local text=$1

	shift
	[ $# -gt 0 ] || set -- -cn --keep-caps
	[ -z "${hijack_namespace:-}" ] || return 0
	if ! unshare "$@" true 2>/dev/null; then
		skip "$text" "no user namespaces here"
		finish
	fi
	if ! [ -w /dev/net/tun ]; then
		skip "$text" "/dev/net/tun is not for ordinary users here"
		finish
	fi
	LKL_TEST_AS_ROOT=1 hijack_namespace=1 exec unshare "$@" bash "$0"
}

# free_port: a port that nobody has just now, for TCP and UDP on 127.0.0.1 and ::1;
# not one of those that connections from here are given (ip_local_port_range)
free_port() {
	python3 - <<-'P'
		import random, socket
		while True:
		    port = random.randrange(10000, 32000)
		    try:
		        for family, address in (socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1'):
		            for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
		                socket.socket(family, kind).bind((address, port))
		    except OSError:
		        continue
		    print(port)
		    break
	P
}

# start NAME COMMAND...: run it in the background; what it says is in NAME.log
start() {
	local name=$1
	shift
	"$@" >"$name.log" 2>&1 </dev/null &
	hijack_pids[$name]=$!
}

# stop TEXT NAME [STATUS]: end it by SIGTERM; ok if it ends with STATUS (a regexp)
stop() {
	local pid=${hijack_pids[$2]} status

	unset "hijack_pids[$2]"
	kill "$pid" 2>/dev/null
	timeout 10 tail --pid="$pid" -s 0.05 -f /dev/null || kill -9 "$pid"
	wait "$pid"
	status=$?
	if [[ $status =~ ^(${3:-0|143})$ ]]; then
		ok "$1"
	else
		echo "    status $status" >>"$2.log"
		not_ok "$1" "$2.log"
	fi
}

# eventually COMMAND...: until it succeeds, for 10 s
eventually() {
	local end=$((SECONDS + 10))

	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}

# hijack COMMAND...: under lkl-hijack as a client, not for ever
hijack() {
	timeout --kill-after=5 30 lkl-hijack "${client[@]}" "$@"
}
