#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# host_copy.sh - the copy engine of cptofs and cpfromfs between two directories
# of the host, built with ASan and UBSan; no kernel is involved
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"

engine=(run copy entry contents meta links mode diag parents progress tree_host)
cp=$LKL_TOP/tools/lkl/cp

build_engine() {
	local sources=() f
	for f in "${engine[@]}"; do
		sources+=("$cp/$f.c")
	done
	"${CC:-gcc}" -std=gnu11 -D_GNU_SOURCE -Wall -g -O1 \
		-fsanitize=address,undefined -fno-sanitize-recover=all \
		-I"$cp" -o hostcp "$tools_here/hostcp.c" "${sources[@]}"
}

check "the engine builds with ASan and UBSan" build_engine || finish
hostcp=$PWD/hostcp

# everything: a tree of all kinds of files
check "a tree of everything can be made" make_tree src || finish
quiet "a tree of everything is copied" "$hostcp" src dst
manifest src >src.list
manifest dst >dst.list
same "modes, times, links, holes, attributes, ACLs are kept" src.list dst.list
quiet "an existing directory is gone into" "$hostcp" src dst
manifest dst/src >dst.list
same "the copy inside it is the same" src.list dst.list
chmod -R u+w dst/src && rm -rf dst/src
chmod u+w dst/modes/dir-*
quiet "copying over an earlier copy" "$hostcp" src/. dst
manifest dst >dst.list
same "gives the same tree again" src.list dst.list

# what a source means
mkdir -p a/b && echo 1 >a/b/f && echo 2 >a/g
mkdir c1 c2 c3
quiet "a source with a trailing slash keeps its name" "$hostcp" a/ c1
check "as cp -a has it" test -f c1/a/b/f
quiet "a source that ends in . gives its contents" "$hostcp" a/. c2
check "without its name" test -f c2/b/f
quiet "a source that ends in .. gives its contents" "$hostcp" a/b/.. c3
check "without the name" test -f c3/b/f
quiet "several sources go into a directory" "$hostcp" a/g a/b c1
check "each under its name" test -f c1/g -a -f c1/b/f
quiet "one source may get a new name" "$hostcp" a c4
check "and its contents are there" cmp a/b/f c4/b/f
quiet "a file may get a new name" "$hostcp" a/g c4/new
check "and has its contents" cmp a/g c4/new
ln -s a link
quiet "a symbolic link is copied as one" "$hostcp" link c1
check "and not followed" test -L c1/link

# errors
fails "several sources need a directory" 1 'c4/new: Not a directory' \
	"$hostcp" a/g a/b c4/new
fails "a missing source is named" 1 'hostcp: nofile: No such file' \
	"$hostcp" nofile c1
fails "and the others are copied" 1 'hostcp: nofile: No such file' \
	"$hostcp" nofile a/g c2
check "they are there" cmp a/g c2/g
fails "a missing destination directory is named" 1 \
	'hostcp: no/where: No such file' "$hostcp" a/g no/where
fails "a file as destination directory is named" 1 'a/g/x: Not a directory' \
	"$hostcp" a/b a/g/x
mkdir -p d/g
fails "a directory in the way of a file is named" 1 'd/g: Is a directory' \
	"$hostcp" a/g d
echo file >d/b
fails "a file in the way of a directory is named" 1 'd/b: Not a directory' \
	"$hostcp" a/b d
check "and left alone" grep -q file d/b
mkdir u && echo secret >u/secret && echo plain >u/plain && chmod 0 u/secret
fails "an unreadable file is named" 1 'hostcp: u/secret: Permission denied' \
	"$hostcp" u u2
check "the readable one beside it is copied" test -f u2/plain
mkdir u/dir && chmod 0 u/dir
fails "an unreadable directory is named" 1 \
	'hostcp: u/(secret|dir): Permission denied' "$hostcp" u u3
chmod 700 u/dir

# file size limit: the destination is full
mkdir full
head -c 3000000 /dev/urandom >big
(trap '' XFSZ; ulimit -f 1000; "$hostcp" a/g big full/ 2>err)
contains "a write that fails is named" 'hostcp: full/big: File too large' err
check "no part of that file stays" test ! -e full/big
check "the file before it stays" cmp a/g full/g

# names and links that are out to get us
mkdir trap && ln -s "$PWD/outside" trap/a && mkdir outside
fails "a symbolic link in the way of a directory is not followed" 1 \
	'trap/a: (Not a directory|Too many levels)' "$hostcp" a trap
check "nothing was written behind it" test -z "$(ls -A outside)"
echo keep >outside/victim && ln -s "$PWD/outside/victim" trap/g
quiet "a symbolic link in the way of a file is replaced" "$hostcp" a/g trap
check "not written through" grep -q keep outside/victim
ln outside/victim trap/hard && cp a/g hard
quiet "a hard link in the way of a file is replaced" "$hostcp" hard trap
check "not written through" grep -q keep outside/victim

# links over several sources
mkdir l && echo l >l/one && ln l/one l/two && mkdir ldst
quiet "hard links among several sources" "$hostcp" l/one l/two ldst
check "stay links" test ldst/one -ef ldst/two
quiet "and when they are copied again" "$hostcp" l/one l/two ldst
check "too" test ldst/one -ef ldst/two

# default ACLs of the destination
if has_acls; then
	mkdir acl && setfacl -d -m u:1:rwx acl
	quiet "into a directory with a default ACL" "$hostcp" src/modes acl
	manifest src/modes >src.list
	manifest acl/modes >dst.list
	same "no ACL is inherited" src.list dst.list
else
	skip "default ACLs" "no ACLs on $PWD"
fi

# modes
mkdir m && echo f >m/f && echo x >m/x && chmod 600 m/f && chmod 700 m/x m
quiet "an octal mode" "$hostcp" -m 644 m m1
check "is that of files" test "$(stat -c %a m1/f m1/x)" = $'644\n644'
check "and lets directories be searched" test "$(stat -c %a m1)" = 755
quiet "a mode in letters" "$hostcp" -m u=rwX,go=rX m m2
check "is that of files" test "$(stat -c %a m2/f m2/x m2)" = $'644\n755\n755'
quiet "a mode that adds and removes" "$hostcp" -m g+w,o-r,u+s m/x m3
check "changes what it says" test "$(stat -c %a m3)" = 4720
for bad in 8 77777 u u+q '=r,' rw; do
	fails "the mode '$bad' is refused" 2 . sh -c \
		"'$hostcp' -m '$bad' m m4 || { s=\$?; echo refused >&2; exit \$s; }"
done

# deep: more levels than a path has room for
deep=$(python3 - <<'PY'
import os
os.mkdir("deepdir"); os.chdir("deepdir")
for i in range(1500):
    os.mkdir("levels"); os.chdir("levels")
open("bottom", "w").write("bottom"); os.link("bottom", "link")
print("made")
PY
)
if [ "$deep" = made ] && [ "$(ulimit -Hn)" -gt 4000 ]; then
	quiet "1500 levels of directories" "$hostcp" deepdir deepcopy
	check "arrive whole" test \
		"$(find deepcopy -type d | wc -l)" = 1501
	check "hard links at the bottom too" test \
		"$(find deepcopy -name link -links 2 | wc -l)" = 1
else
	skip "1500 levels of directories" "not enough descriptors"
fi

# many
python3 - <<'PY'
import os
os.mkdir("many")
for i in range(5000):
    open("many/file%04d" % i, "w").write("%d\n" % i)
PY
quiet "5000 files in a directory" "$hostcp" many many2
check "arrive" diff -r many many2
finish
