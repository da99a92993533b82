#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# luks.sh - LUKS containers: made by others, opened here; where passphrases come
# from, and where they do not go
# shellcheck source=tests/tools/lib.bash disable=SC2317,SC2016 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/images.bash
. "$(dirname "$0")/images.bash"

needs "LUKS" cryptsetup qemu-img || finish
make_source
make_disk raw.img 32M
printf 'open sesame' >key
printf 'open sesame\n' >key.line
printf 'wrong' >key.wrong

# luks1 FILE [CIPHER BITS]: raw.img in a LUKS1 container that cryptsetup has
# made and qemu-img has filled
luks1() {
	rm -f "$1"
	truncate -s 48M "$1"
	cryptsetup luksFormat -q --type luks1 --pbkdf-force-iterations 1000 \
		-c "${2:-aes-xts-plain64}" -s "${3:-512}" "$1" key || return 1
	qemu-img convert -n --object secret,id=s,file=key --target-image-opts \
		"${source:-raw.img}" \
		"driver=luks,key-secret=s,file.driver=file,file.filename=$1"
}

# luks2 FILE SECTORS LUKS1: the data of a LUKS1 container in a LUKS2 one with
# the same key, so that nothing of ours has encrypted it
luks2() {
	local offset
	cryptsetup luksDump -q --dump-volume-key --volume-key-file vk \
		--key-file key "$3" >dump.out 2>&1 || return 1
	offset=$(cryptsetup luksDump "$3" | awk '/Payload offset/ { print $3 }')
	truncate -s 64M "$1"
	cryptsetup luksFormat -q --type luks2 --volume-key-file vk \
		--key-size 512 --cipher aes-xts-plain64 --sector-size "$2" \
		--pbkdf argon2id --pbkdf-memory 2048 --pbkdf-parallel 1 \
		--pbkdf-force-iterations 4 --offset 32768 "$1" key || return 1
	dd if="$3" of="$1" bs=512 skip="$offset" seek=32768 conv=notrunc \
		status=none
	truncate -s 48M "$1"
	rm -f vk
}

# ---- LUKS1, LUKS2

check "a LUKS1 container is made" luks1 1.img
holds "LUKS1" -r -k key 1.img
"$imgio" -r -k key 1.img -- device | head -c 32M >got
same "LUKS1, all of it" raw.img got
takes "LUKS1, written" -k key 1.img
qemu-img convert --object secret,id=s,file=key --image-opts \
	driver=luks,key-secret=s,file.filename=1.img -O raw w.img
fsck_clean "LUKS1, written: e2fsck is content with what qemu decrypts" w.img

check "a LUKS2 container is made" luks2 2.img 512 1.img
holds "LUKS2" -r -k key 2.img
takes "LUKS2, written" -k key 2.img
for cipher in 'aes-cbc-essiv:sha256 256' 'aes-xts-plain64 256' \
		'aes-cbc-plain64 256'; do
	read -r name bits <<<"$cipher"
	luks1 c.img "$name" "$bits" 2>mk.err ||
		{ skip "LUKS1, $name" "cannot be made: $(tail -1 mk.err)"; continue; }
	holds "LUKS1, $name, $bits bits" -r -k key c.img
done
# Sectors of 4 KiB: nothing else at hand writes these without root.
truncate -s 64M 4.img
cryptsetup luksFormat -q --type luks2 --sector-size 4096 --pbkdf pbkdf2 \
	--pbkdf-force-iterations 1000 4.img key
"$imgio" -k key -t ext4 4.img -- what >got
contains "LUKS2, sectors of 4096 bytes, opens" '^50331648 ext4 encrypted' got

# ---- where the passphrase comes from

"$imgio" -r -k key.line 1.img -- cat numbers >got
same "a file with a newline at its end" src/numbers got
"$imgio" -r -k - 1.img -- cat numbers <key >got
same "standard input" src/numbers got
"$imgio" -r -d 7 1.img -- cat numbers 7<key >got
same "a descriptor" src/numbers got
refused "a wrong passphrase" 4 '1.img: wrong passphrase' -k key.wrong 1.img -- what
refused "a wrong passphrase, LUKS2" 4 '2.img: wrong passphrase' \
	-k key.wrong 2.img -- what
refused "no passphrase" 4 '1.img: is encrypted .*passphrase' 1.img -- what
refused "a file that is not there" 3 'none: No such file' -k none 1.img -- what
: >key.empty
refused "a file that is empty" 3 'key.empty: .*no passphrase' \
	-k key.empty 1.img -- what
refused "a descriptor that is not open" 3 'descriptor 7: ' -d 7 1.img -- what

# ask.py: run a program at a terminal of its own, answer its questions, print
# what the terminal showed
cat >ask.py <<'END'
import os, pty, sys, termios
answers = [a.encode() for a in sys.argv[1].split(',')]
pid, fd = pty.fork()
if not pid:
    os.execvp(sys.argv[2], sys.argv[2:])
seen, shown = b'', b''
while True:
    try:
        data = os.read(fd, 1024)
    except OSError:
        break
    if not data:
        break
    seen += data
    shown += data
    if b'Passphrase for ' in seen and b': ' in seen and answers:
        if termios.tcgetattr(fd)[3] & termios.ECHO:
            shown += b'ECHO IS ON\n'
        os.write(fd, answers.pop(0))
        seen = b''
sys.stdout.buffer.write(shown)
status = os.waitpid(pid, 0)[1]
sys.exit(os.waitstatus_to_exitcode(status))
END
ask() { python3 ask.py "$@"; }
nl=$'\n'
check "asked at the terminal" ask "open sesame$nl" "$imgio" -r -a 1.img -- what
contains "asked at the terminal: opened" 'ext4 ro encrypted' check.out
check "what is typed is not shown" sh -c \
	'! grep -qE "sesame|ECHO" check.out'
check "asked again after a wrong one" ask "no$nl,open sesame$nl" \
	"$imgio" -r -a 1.img -- what
check "three times only" sh -c 'python3 ask.py "a
,b
,c
,open sesame
" "$@"; test $? = 4' sh "$imgio" -r -a 1.img -- what
check "^C at the question ends it" sh -c 'python3 ask.py "$(printf "\003")" "$@"; test $? = 4' \
	sh "$imgio" -r -a 1.img -- what

# ---- in other things

truncate -s 80M part.img
printf 'label: gpt\nsize=10M\nsize=60M\n' | sfdisk -q part.img
dd if=2.img of=part.img bs=1M seek=11 conv=notrunc status=none
holds "in a partition" -r -k key -P 2 part.img
refused "a choice has to be made" 4 'choose one of them: 1 \(.*2 \(LUKS' \
	-k key part.img -- what
qemu-img convert -O qcow2 part.img part.qcow2
holds "in a partition of a qcow2 image" -r -k key -P 2 part.qcow2
lklinfo part.img >info.out
contains "lklinfo: locked" 'LUKS 2, aes-xts-plain64, key of 512 bits, 1 key slot \(argon2id\), locked' info.out
lklinfo -k key part.img >info.out
contains "lklinfo: what is inside" '^            ext4 ' info.out
lklinfo -k key.wrong part.img >info.out 2>info.err
check "lklinfo: a wrong passphrase is an error" test $? = 3
python3 -c 'import json, sys
p = json.load(sys.stdin)["images"][0]["partitions"][1]["content"]["encryption"]
assert p["version"] == 2 and p["unlocked"] and p["content"]["type"] == "ext4"
' < <(lklinfo -j -k key part.img)
check "lklinfo --json" test $? = 0

{ xz -dc "$tools_here/lvm_pv0.xz"; head -c 39M /dev/zero; } >pv.img
source=pv.img luks1 pv.luks
refused "a volume group in a container" 4 'is also on a disk that is not there' \
	-k key -l tank/lin pv.luks -- what
"$imgio" -k key -l tank/tail -t ext4 pv.luks -- what >got
contains "a volume of it" '^4194304 ext4 encrypted' got

# ---- damage

for where in 0 8 40 74 104 208; do
	cp 1.img bad.img
	printf '\xff\xff\xff\xff' | dd of=bad.img bs=1 seek=$where \
		conv=notrunc status=none
	refused "LUKS1, damaged at $where" 4 'bad.img: ' -k key bad.img -- what
done
for where in 7 4200; do
	cp 2.img bad.img
	printf '\xff\xff\xff\xff' | dd of=bad.img bs=1 seek=$where \
		conv=notrunc status=none
	printf '\xff\xff\xff\xff' | dd of=bad.img bs=1 seek=$((16384 + where)) \
		conv=notrunc status=none
	refused "LUKS2, both headers damaged at $where" 4 'bad.img: ' \
		-k key bad.img -- what
done
head -c 1M 1.img >bad.img
refused "LUKS1, cut off" 4 'bad.img: ' -k key bad.img -- what

finish
