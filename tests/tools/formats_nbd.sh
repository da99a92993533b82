#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# formats_nbd.sh - images behind NBD servers: what is read and written, requests
# in flight together, servers that fail or go away
# shellcheck source=tests/tools/lib.bash disable=SC2317,SC2016 # functions run by check
. "$(dirname "$0")/lib.bash"
# shellcheck source=tests/tools/images.bash
. "$(dirname "$0")/images.bash"

needs "NBD" nbdkit qemu-img qemu-nbd || finish
make_source
make_disk raw.img 48M

uri="nbd+unix:///?socket=$PWD/s"

# serve ARGUMENT...: nbdkit on the socket s; its PID in $server
serve() {
	rm -f s pid
	nbdkit -f -P pid -U s "$@" 2>server.err &
	server=$!
	wait_for 10 test -s pid || { not_ok "nbdkit runs" server.err; finish; }
}

stop() {
	kill "$server"
	wait "$server" 2>/dev/null
}

# ---- what is read and written

serve file raw.img
holds "nbd+unix" -r "$uri"
"$imgio" -r "$uri" -- device >got
same "nbd+unix, all of it" raw.img got
takes "nbd+unix, written" "$uri"
lklinfo -n "$uri" >info.out
contains "lklinfo says that it is a server's" ': nbd, 48 MiB' info.out
refused "a format of a server" 3 'what a server offers is raw' \
	-f qcow2 "$uri" -- what
stop
fsck_clean "nbd+unix: e2fsck is content" raw.img

port=$((20000 + $$ % 20000))
nbdkit -f -P pid.tcp -p $port -i 127.0.0.1 file raw.img 2>tcp.err &
tcp=$!
if wait_for 10 test -s pid.tcp; then
	holds "nbd, by TCP" -r "nbd://127.0.0.1:$port/"
else
	skip "nbd, by TCP" "no port"
fi
kill $tcp
wait $tcp 2>/dev/null

make_disk raw.img 48M
serve -r file raw.img
holds "a server that only reads" "$uri"
"$imgio" "$uri" -- what >got
contains "a server that only reads: so does the disk" ' ro$' got
stop

serve --filter=offset file raw.img offset=1M
"$imgio" "$uri" -- device >got
tail -c +1048577 raw.img >wanted
same "an offset on the server" wanted got
stop
{ head -c 1M /dev/zero; cat raw.img; } >off.img
serve file off.img
holds "an offset here" -r -O 1048576 "$uri"
takes "an offset here, written" -O 1048576 "$uri"
stop

rm -f over
cp raw.img base.img
serve file base.img
takes "an overlay over a server" -o over "$uri"
holds "an overlay over a server, opened again" -o over "$uri"
stop
same "an overlay over a server: nothing was written there" raw.img base.img

# A server whose blocks are large, or that cannot do more than read and write.
serve --filter=blocksize-policy file base.img \
	blocksize-minimum=4096 blocksize-preferred=4096 \
	blocksize-maximum=1M blocksize-error-policy=error
holds "blocks of 4096 bytes, requests of 1 MiB" -r "$uri"
takes "blocks of 4096 bytes, written" "$uri"
stop
serve --filter=nozero --filter=noextents file base.img zeromode=none
takes "no zeroing" "$uri"
stop
serve --filter=cow --filter=noparallel file base.img
takes "a server that does one request at a time" "$uri"
stop
fsck_clean "e2fsck is content with all that" base.img

# ---- requests in flight together

# most_in_flight: from the log filter's lines "Read id=1 ..." and "...Read id=1"
most_in_flight() {
	awk '/ (Read|Write) id=/ { n++ } / \.\.\.(Read|Write) id=/ { n-- }
		n > most { most = n } END { print most + 0 }' flight.log
}

serve --filter=log --filter=delay file base.img logfile=flight.log \
	rdelay=30ms wdelay=30ms
"$imgio" -r "$uri" -- cat random >got
same "a slow server: the data" src/random got
check "several reads are in flight" test "$(most_in_flight)" -ge 2
echo "reads in flight: $(most_in_flight)"
stop
serve --filter=log --filter=delay file base.img logfile=flight.log \
	wdelay=30ms
"$imgio" "$uri" -- put flight <src/random
check "several writes are in flight" test "$(most_in_flight)" -ge 4
echo "writes in flight: $(most_in_flight)"
stop

# ---- servers that fail

serve --filter=error file base.img error-pread=EIO error-pread-rate=100% \
	error-pread-file="$PWD/fail-now"
holds "a server before it fails" -r "$uri"
touch fail-now
refused "a server that fails to read" '[34]' 'imgio' -r "$uri" -- cat random
rm -f fail-now
stop
serve --filter=error file base.img error-pwrite=ENOSPC error-pwrite-rate=100% \
	error-pwrite-file="$PWD/fail-now"
touch fail-now
fails "a server with a full disk" '[145]' 'imgio' \
	sh -c '"$1" "$2" -- put full <src/random' sh "$imgio" "$uri"
stop
rm -f fail-now

serve file base.img
mkfifo input
"$imgio" "$uri" -- put lost <input 2>lost.err &
client=$!
exec 9>input
cat src/numbers >&9
wait_for 10 grep -q . "/proc/$client/stat"
kill -9 "$server"
wait "$server" 2>/dev/null
cat src/random >&9 2>/dev/null
exec 9>&-
ended() { ! kill -0 "$client" 2>/dev/null; }
check "a server that is killed does not hang us" wait_for 30 ended
wait $client
status=$?
check "it is an error" test "$status" -ne 0
contains "it is said" 'connection to the server was lost|rror|connect|No space' lost.err
refused "no server" 3 'cannot connect' "$uri" -- what
refused "a URI that is none" 3 'cannot connect' 'nbd://[' -- what

finish
