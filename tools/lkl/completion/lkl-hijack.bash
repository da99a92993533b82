# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lkl-hijack.bash - completion for lkl-hijack
#
# Installed under its name and that of lkl-hijack.sh; bash-completion loads it when
# the first one is typed. Options are those that --help lists; after the program,
# its own completion takes over.

_lkl_hijack_keys="type= param= ip= ipv6= ifgateway= ifgateway6= masklen= masklen6=
	mac= mtu= offload= neigh= qdisc= pcap="
_lkl_hijack_types="tap macvtap raw pipe vde passt slirp user none"
_lkl_hijack_values='-@(i|p|s|c|m)|--@(interface|forward|gateway|gateway6|nameserver|unix|pcap|sysctl|mount|dump|boot-cmdline|debug|singlecpu|delay-main|config|mode)'

# Where the program stands in the command line; 0 if it is not there yet.
_lkl_hijack_program() {
	local i
	for ((i = 1; i < cword; i++)); do
		# shellcheck disable=SC2254 # a pattern is wanted
		case ${words[i]} in
		--)	echo $((i + 1)); return ;;
		$_lkl_hijack_values) i=$((i + 1)) ;;
		-*)	;;
		*)	echo "$i"; return ;;
		esac
	done
	echo 0
}

# After -i: keys and types, of which the last one is being typed.
_lkl_hijack_interface() {
	local done=${cur%"${cur##*,}"} last=${cur##*,} words=$_lkl_hijack_keys
	case $last in
	type=*)	words=type=${_lkl_hijack_types// / type=} ;;
	ip=*)	words=ip=dhcp ;;
	ipv6=*)	words=ipv6=slaac ;;
	esac
	mapfile -t COMPREPLY < <(compgen -P "$done" -W "$words" -- "$last")
	compopt -o nospace
}

# The host's sysctls of the network are about those of the library.
_lkl_hijack_sysctls() {
	local names
	names=$(cd /proc/sys 2>/dev/null && printf '%s= ' net/core/* net/ipv4/tcp_*)
	echo "${names//\//.}"
}

# The value of an option; false if $prev takes none that is known.
_lkl_hijack_value() {
	case $prev in
	-i|--interface)	_lkl_hijack_interface ;;
	-m|--mode)	mapfile -t COMPREPLY < <(compgen -W "auto preload trap" -- "$cur") ;;
	-c|--config)	_filedir json ;;
	--pcap)		_filedir ;;
	--singlecpu)	mapfile -t COMPREPLY < <(compgen -W "0 1 2" -- "$cur") ;;
	--unix)		mapfile -t COMPREPLY < <(compgen -W "host library" -- "$cur") ;;
	--delay-main|--debug) mapfile -t COMPREPLY < <(compgen -W "0 1" -- "$cur") ;;
	-s|--sysctl)	compopt -o nospace
			mapfile -t COMPREPLY < <(compgen -W "$(_lkl_hijack_sysctls)" -- "$cur") ;;
	-p|--forward|--gateway|--gateway6|--nameserver|--mount|--dump|--boot-cmdline) ;;
	*)		return 1 ;;
	esac
}

_lkl_hijack() {
	local cur prev words cword program
	_init_completion -n =, || return
	program=$(_lkl_hijack_program)
	if [ "$program" != 0 ]; then
		_command_offset "$program"
	elif ! _lkl_hijack_value; then
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$(_parse_help lkl-hijack)" -- "$cur")
		else
			mapfile -t COMPREPLY < <(compgen -c -- "$cur")
		fi
	fi
}

complete -F _lkl_hijack lkl-hijack lkl-hijack.sh
