#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# tar_repeat.sh - tar2fs --mkfs; with SOURCE_DATE_EPOCH the same archive gives
# the same image to the bit, whenever it is made
# shellcheck source=tests/tools/lib.bash disable=SC2317 # functions run by check
. "$(dirname "$0")/lib.bash"

check "the tools are built" command -v fs2tar tar2fs || finish

# A tree with what checksums depend on: directories that are indexed, files in
# many pieces, attributes that need blocks of their own, ACLs, links, devices.
python3 - <<'PY'
import io, random, tarfile
r = random.Random(7)
def add(t, name, data=b"", kind=tarfile.REGTYPE, **more):
    i = tarfile.TarInfo(name)
    i.type, i.size, i.mtime, i.mode = kind, len(data), 1700000000 + r.randrange(10 ** 6), 0o644
    for k, v in more.items():
        setattr(i, k, v)
    t.addfile(i, io.BytesIO(data))
with tarfile.open("tree.tar", "w", format=tarfile.PAX_FORMAT) as t:
    for d in range(40):
        add(t, "d%02d" % d, kind=tarfile.DIRTYPE, mode=0o755)
    for i in range(3000):
        add(t, "d00/a file with a long name, number %06d" % i, r.randbytes(r.randrange(200)))
    for i in range(2000):
        add(t, "d%02d/f%04d" % (1 + i % 39, i), r.randbytes(r.choice((0, 10, 5000, 30000))))
    add(t, "large", r.randbytes(9000000))
    for i in range(200):
        add(t, "attributes%d" % i, b"x", pax_headers={
            "SCHILY.xattr.user.long": "y" * r.choice((20, 400)),
            "SCHILY.xattr.security.selinux": "system_u:object_r:etc_t:s%d" % (i % 7),
            "SCHILY.acl.access": "user::rw-\nuser:12:r--\ngroup::r--\nmask::r--\nother::---\n"})
    add(t, "link", kind=tarfile.LNKTYPE, linkname="large")
    add(t, "long", kind=tarfile.SYMTYPE, linkname="t" * 700)
    add(t, "null", kind=tarfile.CHRTYPE, devmajor=1, devminor=3)
    add(t, "future", b"f", mtime=4000000000)
    add(t, "no/parent/at/all", b"p")
    # Replaced: what was there must leave no trace.
    add(t, "large2", r.randbytes(500000))
    add(t, "large2", b"small")
# A file in many pieces: every second block, in an order of its own.
import os
with open("pieces", "wb") as f:
    for i in range(2000):
        f.seek(i * 16384)
        f.write(b"piece %d" % i)
os.utime("pieces", (1, 1))
PY
tar --sparse --format=pax --append -f tree.tar --owner=0 --group=0 pieces 2>tar.err ||
	tar --sparse --format=pax -cf pieces.tar --owner=0 --group=0 pieces

same_twice() {	# TEXT TYPE OPTION...
	local text=$1 type=$2
	shift 2
	rm -f one.img two.img
	SOURCE_DATE_EPOCH=1500000000 check "$text: one is made" \
		tar2fs --mkfs="$type" --size=256M "$@" one.img tree.tar || return
	# Later, with another clock, and while somebody else is busy.
	sleep 1.1
	sh -c 'while :; do :; done' & local busy=$!
	SOURCE_DATE_EPOCH=1500000000 check "$text: and another" \
		tar2fs --mkfs="$type" --size=256M "$@" two.img tree.tar
	kill $busy
	wait $busy 2>/dev/null
	check "$text: they are the same to the bit" cmp one.img two.img
}

for kind in "ext4" "ext4 -b 1024" "ext4 -O ^metadata_csum" "ext4 -O ^has_journal" \
	    "ext4 -I 128" "ext4 -O ^extents,^64bit" "ext3" "ext2"; do
	read -r type options <<<"$kind"
	same_twice "$kind" "$type" ${options:+"--mkfs-options=$options"} || continue
	fsck_clean "$kind: e2fsck has nothing to say" one.img
done
same_twice "ext4" ext4 || finish
dumpe2fs -h one.img >super.out 2>/dev/null
contains "the UUID is made of the time" '^Filesystem UUID: *6c6b6c00-7461-8266-8000-000059682f00$' super.out
contains "it was never mounted, as it says" '^Mount count: *0$' super.out
debugfs -R 'stat /d01/f0000' one.img >stat.out 2>/dev/null
contains "its time of making is SOURCE_DATE_EPOCH" 'crtime: 0x59682f00:00000000' stat.out
contains "and so is its last change" ' ctime: 0x59682f00:00000000' stat.out
debugfs -R 'stat /future' one.img >stat.out 2>/dev/null
contains "nothing is later" 'mtime: 0x59682f00:00000000' stat.out
debugfs -R 'stat /pieces' one.img >stat.out 2>/dev/null
contains "what is earlier keeps its time" 'mtime: 0x00000001:00000000' stat.out
quiet "its files come out" fs2tar one.img out.tar
check "with their contents" cmp <(tar -xOf out.tar ./large) <(tar -xOf tree.tar large)
cp one.img four.img
echo more >added
quiet "it can be written like any other" cptofs -i four.img added /d00/
fsck_clean "e2fsck has nothing to say" four.img
SOURCE_DATE_EPOCH=1500000000 check "another UUID" tar2fs --mkfs=ext4 --size=256M \
	--uuid=01234567-89ab-cdef-0123-456789abcdef --label=root three.img tree.tar
check "is another image" test "$(cmp -s one.img three.img; echo $?)" = 1
check "with that UUID" test "$(blkid -p -s UUID -o value three.img)" = 01234567-89ab-cdef-0123-456789abcdef
check "and that label" test "$(blkid -p -s LABEL -o value three.img)" = root

# An empty file system that somebody else has made.
for i in 1 2; do
	rm -f m$i.img
	truncate -s 128M m$i.img
	mke2fs -q -t ext4 -U 11111111-2222-3333-4444-555555555555 \
		-E hash_seed=11111111-2222-3333-4444-555555555555,lazy_itable_init=0 \
		m$i.img
	SOURCE_DATE_EPOCH=7 quiet "filled, $i" tar2fs m$i.img tree.tar
	sleep 1.1
done
check "by mke2fs -U -E hash_seed=: the same" cmp m1.img m2.img

# A tree, copied by cptofs, whatever order the host has its files in.
mkdir -p tree1/t tree2/t
for i in $(seq 400); do head -c $((i * 37)) /dev/urandom >"tree1/t/file $i"; done
mkdir tree1/t/sub && ln "tree1/t/file 1" tree1/t/sub/one && ln -s one tree1/t/sub/link
(cd tree1/t && find . -name 'file *' | sort -R | while read -r f; do cp "$f" "../../tree2/t/$f"; done)
mkdir tree2/t/sub && ln "tree2/t/file 1" tree2/t/sub/one && ln -s one tree2/t/sub/link
for i in 1 2; do
	rm -f c$i.img
	truncate -s 64M c$i.img
	mke2fs -q -t ext4 -U 11111111-2222-3333-4444-555555555555 \
		-E hash_seed=11111111-2222-3333-4444-555555555555,lazy_itable_init=0 \
		c$i.img
	cat tree$i/t/* >/dev/null 2>&1
	SOURCE_DATE_EPOCH=1500000000 quiet "cptofs, $i" cptofs -i c$i.img -o 0:0 tree$i/t /
	sleep 1.1
done
check "cptofs: the same" cmp c1.img c2.img
fsck_clean "cptofs: e2fsck has nothing to say" c1.img
SOURCE_DATE_EPOCH=x fails "cptofs: a wrong SOURCE_DATE_EPOCH" 2 \
	"a number expected|Try 'cptofs" cptofs -i c1.img tree1 /

mkdir -p plain/sub && for i in $(seq 200); do echo "$i" >"plain/sub/$i is a long name.text"; done
tar -C plain -cf plain.tar .
# Names that are the same in short get one that depends on the time, from the
# tenth on; these are not.
if needs "vfat" mkfs.vfat; then
	for i in 1 2; do
		rm -f v$i.img
		SOURCE_DATE_EPOCH=1500000000 check "vfat, $i" \
			tar2fs --mkfs=vfat --size=40M v$i.img plain.tar
		sleep 2.1
	done
	check "vfat: the same" cmp v1.img v2.img
	check "vfat: fsck has nothing to say" fsck.vfat -n v1.img
fi

# ---- damage: whatever is wrong with the image, there is an exit status

cat >damage.py <<'PY'
import os, random, subprocess, sys
base = open("base.img", "rb").read()
used = [i for i in range(0, len(base), 1024) if any(base[i:i + 1024])]
os.environ["SOURCE_DATE_EPOCH"] = "1"
for seed in range(int(sys.argv[1])):
    r = random.Random(seed)
    image = bytearray(base)
    for _ in range(r.choice((1, 3, 10, 60))):
        at = 1024 + r.randrange(1024) if r.random() < .2 else r.choice(used) + r.randrange(1024)
        image[at] = r.choice((0, 255, r.randrange(256)))
    open("damaged.img", "wb").write(image)
    status = subprocess.run(("tar2fs", "-t", "ext4", "damaged.img", "plain.tar"),
                            stderr=subprocess.PIPE, timeout=60).returncode
    if status not in (0, 1, 3, 4):
        sys.exit("seed %d: ended with %d" % (seed, status))
PY
for features in metadata_csum ^metadata_csum ^metadata_csum,^extents,^64bit; do
	rm -f base.img
	SOURCE_DATE_EPOCH=1 check "an image to damage, $features" tar2fs --mkfs=ext4 \
		--size=16M --mkfs-options="-O $features" base.img plain.tar
	check "20 damaged images, $features" python3 damage.py 20
done

# ---- what --mkfs does and does not

for type in xfs btrfs f2fs exfat; do
	needs "--mkfs=$type" "mkfs.$type" || continue
	rm -f f.img
	case $type in
	exfat)	check "--mkfs=$type" tar2fs --mkfs=$type --size=64M f.img plain.tar ;;
	btrfs)	tar2fs --mkfs=$type --size=400M f.img tree.tar >mkfs.out 2>&1
		btrfs_ok "--mkfs=$type" $? ;;
	*)	quiet "--mkfs=$type" tar2fs --mkfs=$type --size=400M f.img tree.tar ;;
	esac || continue
	check "--mkfs=$type: is one" test "$(blkid -p -s TYPE -o value f.img)" = $type
done
SOURCE_DATE_EPOCH=1 fails "xfs cannot be the same, which is said" 0 \
	'warning: g.img: xfs cannot be made the same' \
	tar2fs --mkfs=xfs --size=400M g.img tree.tar
fails "an image that is there is not made again" 3 'one.img: File exists' \
	tar2fs --mkfs=ext4 --size=1M one.img tree.tar
check "but overwritten without --size" tar2fs --mkfs=ext2 one.img tree.tar
fails "a file system that cannot be made" 3 'mkfs.ext4|^$|filesystem|-N' \
	tar2fs --mkfs=ext4 --size=1K new.img tree.tar
check "leaves no image" test ! -e new.img
fails "no archive" 1 'none.tar: No such file' \
	tar2fs --mkfs=ext4 --size=64M new.img none.tar
check "leaves no image either" test ! -e new.img
fails "a type that nobody makes" 2 "ext2, ext3, ext4" \
	tar2fs --mkfs=zfs --size=64M new.img tree.tar
fails "--size alone" 2 "go with --mkfs|Try 'tar2fs" tar2fs --size=1M new.img tree.tar
fails "--mkfs in a partition" 2 "all of a plain file|Try 'tar2fs" \
	tar2fs --mkfs=ext4 -P 1 one.img tree.tar
fails "--mkfs with fs2tar" 2 "of tar2fs only|Try 'fs2tar" \
	fs2tar --mkfs=ext4 one.img x.tar
finish
