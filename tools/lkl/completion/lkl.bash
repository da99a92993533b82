# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# lkl.bash - completion for cptofs, cpfromfs, fs2tar, tar2fs, lklinfo and lklfuse
#
# Installed under the name of each; bash-completion loads it when the first one
# is typed. Options are those that --help lists.

_lkl_types=(ext4 ext3 ext2 xfs btrfs f2fs vfat exfat ntfs3 iso9660 udf squashfs
	erofs hfsplus hfs minix romfs)
_lkl_formats=(raw qcow2 qcow qed vmdk vdi vhd vhdx parallels dmg xz gz zst bz2)
_lkl_mkfs="ext4 ext3 ext2 xfs btrfs f2fs vfat exfat"
_lkl_mount="type= part= volume= ro rw opts= device= format= overlay= offset=
	sizelimit= sector= ask key_file= key_fd= verity_root= verity_hashes= mb=
	log= owner=stored owner=root owner=caller uid= gid= uidmap= gidmap=
	default_permissions allow_other write_back cpus= threads= no_sandbox
	nosuid nodev noexec noatime"

# _lkl_words WORDS: those that begin with what is typed
_lkl_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur"); }

# The image that the command line names so far.
_lkl_image() {
	local i
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		-i|--filesystem-image)	echo "${words[i + 1]}"; return ;;
		--filesystem-image=*)	echo "${words[i]#*=}"; return ;;
		esac
	done
	for ((i = 1; i < cword; i++)); do
		[[ ${words[i]} == -* || ! -f ${words[i]} ]] || echo "${words[i]}"
	done | head -n 1
}

# Its partitions and logical volumes, if it can be looked at at once.
_lkl_partitions() {
	local image
	image=$(_lkl_image)
	[ -f "$image" ] || return
	lklinfo --no-usage -- "$image" 2>/dev/null </dev/null |
		sed -n 's/^ *partition \([0-9]*\):.*/\1/p
			s/^logical volume \([^:]*\):.*/\1/p'
}

# After -o of lklfuse: a list, of which the last one is being typed.
_lkl_mount_options() {
	local done=${cur%"${cur##*,}"} last=${cur##*,} word
	COMPREPLY=()
	case $last in
	type=*)		word=$(printf "type=%s " "${_lkl_types[@]}") ;;
	format=*)	word=$(printf "format=%s " "${_lkl_formats[@]}") ;;
	part=*)		word=$(_lkl_partitions | sed 's/^/part=/') ;;
	*)		word=$_lkl_mount ;;
	esac
	mapfile -t COMPREPLY < <(compgen -P "$done" -W "$word" -- "$last")
	compopt -o nospace
}

# The value of an option; false if $prev takes none that is known.
_lkl_value() {
	case $prev in
	-t|--filesystem-type)	_lkl_words "${_lkl_types[*]}" ;;
	-f|--format)		[ "$1" != lklfuse ] || return 1
				_lkl_words "${_lkl_formats[*]}" ;;
	-P|--partition|-L|--volume) _lkl_words "$(_lkl_partitions)" ;;
	--mkfs)			_lkl_words "$_lkl_mkfs" ;;
	--sector-size)		_lkl_words "512 4096" ;;
	-i|--filesystem-image|-D|--device|-k|--key-file|-T|--files-from|--overlay)
				_filedir ;;
	-s|--selinux-contexts)	[ "$1" = fs2tar ] && _filedir ;;
	-o)			if [ "$1" = lklfuse ]; then
					_lkl_mount_options
				else
					_usergroup
				fi ;;
	--owner)		_usergroup ;;
	-m|--mode|-O|--offset|--length|--size|--label|--uuid|--memory|--key-fd)
				COMPREPLY=() ;;
	--verity-root|--verity-hashes|--mount-options|--mkfs-options|--selinux)
				COMPREPLY=() ;;
	*)			return 1 ;;
	esac
	return 0
}

_lkl() {
	# shellcheck disable=SC2034 # set by _init_completion
	local cur prev words cword split
	_init_completion -s -n : || return
	_lkl_value "${1##*/}" && return
	if [[ $cur == -* ]]; then
		_lkl_words "$("$1" --help 2>/dev/null |
			grep -oE -- '(^|[ ,])--?[A-Za-z0-9][-A-Za-z0-9]*=?' |
			tr -d ' ,' | sort -u)"
		[[ ${COMPREPLY-} != *= ]] || compopt -o nospace
		return
	fi
	_filedir
}

complete -F _lkl cptofs cpfromfs fs2tar tar2fs lklinfo lklfuse
