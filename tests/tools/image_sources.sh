#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# image_sources.sh - what is copied: patterns, lists of files, whole paths; and
# as whose
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"

check "the tools are built" command -v cptofs cpfromfs || finish

mkdir -p t/a/one t/a/two t/b/one t/.hidden/one
for d in a/one a/two b/one .hidden/one; do
	echo "$d" >"t/$d/file.c"
	echo "$d" >"t/$d/file.h"
	echo "$d" >"t/$d/.dot.c"
done
ln t/a/one/file.c t/b/one/linked
chmod 711 t/a/two
touch -d 2001-02-03 t/a/two t/a t/b/one/file.h
make_ext4 e.img 32M
inside() { debugfs -R "$1" e.img 2>/dev/null; }
# names DIR: what is below it, sorted
names() { (cd "$1" && find . -mindepth 1 | sort); }

# ---- patterns, in the image and on the host

quiet "a tree goes in" cptofs -i e.img t /
fresh() { rm -rf got; mkdir got; }
fresh
quiet "a pattern of directories" cpfromfs -i e.img '/t/*/one' got
names got >list
printf './one\n./one/.dot.c\n./one/file.c\n./one/file.h\n./one/linked\n' >want
same "brings all, the later over the earlier" want list
fresh
quiet "patterns in several components" cpfromfs -i e.img --parents 't/[ab]/*/f*.c' got
names got/t | grep file >list
printf './a/one/file.c\n./a/two/file.c\n./b/one/file.c\n' >want
same "with their paths" want list
fresh
quiet "several patterns and names" cpfromfs -i e.img '/t/a/*/file.?' t/b/one/linked got
names got >list
printf './file.c\n./file.h\n./linked\n' >want
same "together" want list
fresh
quiet "a leading dot is matched by a dot only" cpfromfs -i e.img --parents '/t/*/one/.dot.c' '/t/.h*/one/file.c' got
names got/t | grep 'c$' >list
printf './.hidden/one/file.c\n./a/one/.dot.c\n./b/one/.dot.c\n' >want
same "as a shell does" want list
fails "a pattern without a match is an error" 1 'e.img:/t/\*/three: No such' \
	cpfromfs -i e.img '/t/*/three' got
fails "one below a file too" 1 'e.img:/t/a/one/file.c/\*: No such' \
	cpfromfs -i e.img '/t/a/one/file.c/*' got
quiet "a pattern on the host that the shell has left alone" \
	cptofs -i e.img 't/*/one/*.c' /
check "is expanded" test "$(inside 'cat /file.c')" = b/one
echo odd >'t/[a]'
quiet "a name that looks like one is itself" cptofs -i e.img 't/[a]' /
check "is itself" test "$(inside 'cat /[a]')" = odd
fails "a pattern on the host without a match" 1 "^cptofs: t/\*.x: No such" \
	cptofs -i e.img 't/*.x' /
rm -f 't/[a]'

# ---- lists

make_ext4 e.img 32M
find t -name 'file.*' | sort >list.in
quiet "a list of files" cptofs -i e.img -T list.in /
fresh
quiet "comes out" cpfromfs -i e.img /t got/
(cd got && find t -type f | sort) >list
same "with paths, and nothing else" list.in list
contains "directories are as at the source" "Mode: *0711" \
	<(inside "stat /t/a/two")
check "with their times" test "$(stat -c %Y got/t/a/two)" = "$(stat -c %Y t/a/two)"
check "at every level" test "$(stat -c %Y got/t/a)" = "$(stat -c %Y t/a)"
check "as are files" test "$(stat -c %Y got/t/b/one/file.h)" = "$(stat -c %Y t/b/one/file.h)"
make_ext4 e.img 32M
printf 'new\nline' >"$(printf 't/new\nline')"
check "a list from a pipe, with zero bytes" sh -c \
	"find t -type f -print0 | cptofs -i e.img -0 -T - /"
fresh
quiet "comes out" cpfromfs -i e.img /t got
check "whole" diff -r t got/t
contains "hard links among what is listed stay ones" 'Links: 2\b' \
	<(inside 'stat /t/b/one/linked')
rm -f t/new*
make_ext4 e.img 32M
check "what find prints, without recursion" sh -c \
	"find t | cptofs -i e.img --no-recursion --files-from=- /"
fresh
quiet "comes out" cpfromfs -i e.img /t got
check "whole" diff -r t got/t
fsck_clean "e2fsck has nothing to say" e.img
check "out of an image, by a list" sh -c \
	"printf '/t/a/one/file.c\n\nt/b\n' | cpfromfs -i e.img -T - got"
check "has it all" test "$(cat got/t/a/one/file.c)" = a/one -a -f got/t/b/one/linked
printf 't/a/one/file.c\nno/thing\nt/../t/b\n' >list.in
fails "what is missing in a list is named" 1 \
	"^cptofs: (e.img:)?no/thing: No such|^cptofs: t/../t/b: leads out" \
	cptofs -i e.img -T list.in /
fails "no such list" 1 '^cptofs: nolist: No such file' cptofs -i e.img -T nolist /
fails "a list and a destination that is no directory" 1 \
	'e.img:/t/a/one/file.c: Not a directory' \
	cptofs -i e.img -T list.in /t/a/one/file.c
seq -f 'n/%05g' 1 3000 >many.in
mkdir n && (cd n && seq -f '%05g' 1 3000 | xargs touch)
quiet "a list of 3000 files" cptofs -i e.img -T many.in /
fresh
quiet "come out" cpfromfs -i e.img /n got
check "all of them" diff -r n got/n

# ---- owners

quiet "-o with names" cptofs -i e.img -o root:root t/a/one/file.c /o1
contains "is root's" 'User: *0 *Group: *0\b' <(inside 'stat /o1')
quiet "-o with a user only" cptofs -i e.img -o 7 t/a/one/file.c /o2
contains "has the group it had" "User: *7 *Group: *$(id -g)\b" <(inside 'stat /o2')
quiet "-o with a group only" cptofs -i e.img -o :8 t/a/one/file.c /o3
contains "has the owner it had" "User: *$(id -u) *Group: *8\b" <(inside 'stat /o3')
for wrong in '' : nobody-knows:0 0:nobody-knows 0:0:0 4294967295:0; do
	fails "-o '$wrong'" 2 "owner|Try 'cptofs" \
		cptofs -i e.img -o "$wrong" t/a/one/file.c /o4
done
finish
