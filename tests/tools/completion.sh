#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# completion.sh - the shell completes the arguments of the tools
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"

check "the tools are built" command -v cptofs lklinfo lklfuse || finish
if [ ! -f /usr/share/bash-completion/bash_completion ]; then
	skip "completion" "bash-completion is not installed"
	finish
fi
check "bash reads the file" bash -n "$LKL_TOP/tools/lkl/completion/lkl.bash"

cat >complete.bash <<'EOS'
# complete.bash WORD...: what bash offers for the last one
. /usr/share/bash-completion/bash_completion
. "$LKL_TOP/tools/lkl/completion/lkl.bash"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
compopt() { :; }
_lkl "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
EOS

# offers TEXT PATTERN WORD...: one of what is offered matches PATTERN
offers() {
	local text=$1 pattern=$2
	shift 2
	bash complete.bash "$@" >offered 2>&1
	contains "$text" "^($pattern)$" offered
}
# only TEXT WORDS WORD...: just these are offered
only() {
	local text=$1
	printf '%s\n' "$2" | tr ' ' '\n' | sort >wanted
	shift 2
	bash complete.bash "$@" 2>&1 | sort >offered
	same "$text" wanted offered
}

truncate -s 40M disk.img
printf 'size=10M\nsize=10M\n' | sfdisk -q disk.img >sfdisk.out 2>&1
mkdir folder
for tool in cptofs cpfromfs fs2tar tar2fs lklinfo lklfuse; do
	offers "$tool: --help" --help $tool --he
	offers "$tool: files" disk.img $tool di
done
offers "options that take a value" --filesystem-image= cptofs --filesystem-i
only "types of file systems" "ext2 ext3 ext4" cptofs -i disk.img -t ext
only "formats" "vhd vhdx" fs2tar --format vhd
only "file systems that can be made" "exfat" tar2fs --mkfs exf
only "partitions of the image" "1 2" cptofs -i disk.img -P ''
only "partitions of the image of fs2tar" "1 2" fs2tar disk.img -P ''
only "mount options of lklfuse" "default_permissions device=" lklfuse disk.img folder -o de
only "the next of several" "ro,sector=" lklfuse disk.img folder -o ro,sec
only "their values" "ro,type=xfs" lklfuse disk.img folder -o ro,type=x
offers "files after an option" disk.img cptofs -i di
finish
