# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154,SC2317 # set by who sources it; run by check
#
# hijack_programs.bash - Debian's programs, unmodified, on the library's network:
# clients of servers on the host, and servers that the host reaches
#
# Sourced by hijack_programs_*.sh, which set
#	host, host6	where servers on the host listen
#	gw, gw6		the addresses at which the library reaches these
#	own, own6	the addresses of a hijacked client
#	client		options of lkl-hijack for a client, used by hijack()
#	ping_options, ncat_options, udp6_options	more of them for these
#	serve, serve_udp, serve6 NAME PORT COMMAND...: start COMMAND hijacked, which listens
#		on PORT; set to and at (to6 and at by serve6): the address and port by which
#		the host reaches it, and peer: the address by which a hijacked client does,
#		at $at too
#	front NAME PORT COMMAND...: the same for a second one, which may be a client of the
#		first; sets front_to and front_at

library=$(dirname "$(command -v lkl-hijack)")/../liblkl-hijack.so

# ---- what the programs talk to, on the host

mkdir www
head -c 3000000 /dev/urandom >www/big
echo 'hello from the host' >www/hello
http=$(free_port) http6=$(free_port) echo_tcp=$(free_port) echo_udp=$(free_port)
dns=$(free_port) echo_6=$(free_port)
# As python3 -m http.server, with room for more than 5 connections at once.
cat >server.py <<-'P'
	import functools, http.server, socket, sys
	class Server(http.server.ThreadingHTTPServer):
	    address_family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
	    request_queue_size = 128
	Handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory='www')
	Server((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
P
start http python3 server.py "$host" "$http"
start http6 python3 server.py "$host6" "$http6"
start echo_tcp socat "TCP4-LISTEN:$echo_tcp,bind=$host,fork,reuseaddr" EXEC:cat
start echo_udp socat "UDP4-RECVFROM:$echo_udp,bind=$host,fork" EXEC:cat
start echo_tcp6 socat "TCP6-LISTEN:$echo_6,bind=[$host6],fork,reuseaddr" EXEC:cat
start echo_udp6 socat "UDP6-RECVFROM:$echo_6,bind=[$host6],fork" EXEC:cat
start dns python3 "$tools_here/hijack_dns.py" "$host" "$dns"
check "the host's servers are up" \
	eventually curl -sf -o /dev/null "http://$host:$http/hello"
check "and those of IPv6" \
	eventually curl -sf -o /dev/null "http://[$host6]:$http6/hello"
check "and the name server" eventually grep -q ready dns.log

# ---- clients

if needs curl curl; then
	check "curl fetches 3 MB over IPv4" hijack curl -sf -o got "http://$gw:$http/big"
	same "curl got every byte" www/big got
	check "curl fetches 3 MB over IPv6" \
		hijack curl -sf -o got "http://[$gw6]:$http6/big"
	same "curl got every byte over IPv6" www/big got
	SECONDS=0
	hijack curl -s "http://$gw:$(free_port)/" >/dev/null 2>&1
	check "curl is refused where nobody listens" test $? -eq 7
	check "curl is refused at once" test $SECONDS -le 5
fi
if needs wget wget; then
	check "wget fetches 3 MB" hijack wget -q -O got "http://$gw:$http/big"
	same "wget got every byte" www/big got
fi
if needs ping ping; then
	check "ping: the gateway answers" \
		hijack "${ping_options[@]}" ping -q -c 2 -i 0.2 -W 5 "$gw"
	check "ping: the library's own loopback answers" hijack ping -q -c 1 127.0.0.1
fi
if needs ip ip; then
	check "ip shows the library's interfaces" hijack ip -br address
	contains "ip shows its IPv4 address" "^eth0 .*$own/24" check.out
	contains "ip shows its IPv6 address" "^eth0 .*$own6/64" check.out
	check "ip shows the library's routes" hijack ip route
	contains "ip shows the default route" "^default via $gw " check.out
fi
if needs ss ss; then
	check "ss asks the library's kernel" hijack ss -tan
	check "ss sees no connection of the host" \
		sh -c "! grep -q ':$http' check.out"
fi
if needs dig dig; then
	ask=(dig +short +timeout=5 +tries=1 "@$gw" -p "$dns" host.test A)
	check "dig asks a name server by UDP, trapped" hijack -m trap "${ask[@]}"
	contains "dig got the address, trapped" '^10\.0\.2\.2$' check.out
	if nm -D "$library" | grep -qw 'T syscall'; then
		check "dig asks a name server by UDP" hijack "${ask[@]}"
		contains "dig got the address" '^10\.0\.2\.2$' check.out
	else
		skip "dig by UDP, preloaded" "libuv sends by syscall(2), which is not covered"
	fi
	check "dig asks by TCP, for IPv6" \
		hijack dig +tcp +short +timeout=5 "@$gw" -p "$dns" host.test AAAA
	contains "dig got the IPv6 address" '^fd00:6c6b:6c::2$' check.out
fi
# answers COMMAND...: what goes in comes back
answers() { echo 'there and back' | "$@" 2>/dev/null | grep -qx 'there and back'; }
# said TEXT COMMAND...: the same, as a result
said() {
	local text=$1
	shift
	echo 'there and back' | "$@" >check.out 2>&1 ||
		echo "    status not 0" >check.out
	contains "$text" '^there and back$' check.out
}
said "socat: TCP" hijack socat - "TCP4:$gw:$echo_tcp"
said "socat: UDP" hijack socat - "UDP4:$gw:$echo_udp"
said "socat: TCP over IPv6" hijack socat - "TCP6:[$gw6]:$echo_6"
said "socat: UDP over IPv6" hijack "${udp6_options[@]}" socat - "UDP6:[$gw6]:$echo_6"
if needs ncat ncat; then
	said "ncat: TCP" hijack "${ncat_options[@]}" \
		ncat "$gw" "$echo_tcp"
	# It ends with its input, also if an answer is still to come.
	ncat_udp() { { cat; sleep 0.5; } | hijack "$@"; }
	said "ncat: UDP" ncat_udp ncat -u "$gw" "$echo_udp"
	said "ncat: UDP over IPv6" ncat_udp "${udp6_options[@]}" ncat -u "$gw6" "$echo_6"
	serve ncat 5000 ncat -l 5000
	# passt takes a connection before ncat does, and what is sent then is lost.
	ncat_gets() {
		timeout 2 ncat --send-only "$to" "$at" <www/hello
		grep -q '^hello from the host' ncat.log
	}
	check "ncat listens" eventually ncat_gets
	stop "ncat ends" ncat '0|1|143'
	serve_udp ncat_udp 5001 ncat -u -l 5001 --exec /bin/cat
	check "ncat listens, by UDP" eventually answers socat -t1 - "UDP4:$to:$at"
	stop "ncat ends, UDP" ncat_udp '0|1|143'
fi

serve6 socat6 5002 socat TCP6-LISTEN:5002,fork,reuseaddr EXEC:cat
check "socat listens over IPv6" eventually answers socat -t2 - "TCP6:[$to6]:$at"
stop "socat ends, IPv6" socat6
serve socat 5002 socat TCP4-LISTEN:5002,fork,reuseaddr EXEC:cat
check "socat listens and forks" eventually answers socat -t2 - "TCP4:$to:$at"
check "two hijacked socats" answers hijack socat -t2 - "TCP4:$peer:$at"
if [ "$peer" = "$to" ] && command -v ping >/dev/null; then
	check "the host pings the library" ping -q -c 1 -W 5 "$to"
	check "and over IPv6" ping -q -c 1 -W 5 "$to6"
fi
stop "socat ends" socat
serve_udp socat_udp 5003 socat UDP4-RECVFROM:5003,fork EXEC:cat
check "socat listens by UDP" eventually answers socat -t1 - "UDP4:$to:$at"
check "two hijacked socats by UDP" answers hijack socat -t1 - "UDP4:$peer:$at"
stop "socat ends, UDP" socat_udp
cat >fetch.py <<-'P'
	import concurrent.futures, sys, urllib.request
	def fetch(_):
	    return urllib.request.urlopen(sys.argv[1], timeout=20).read()
	with concurrent.futures.ThreadPoolExecutor(8) as pool:
	    sizes = {len(data) for data in pool.map(fetch, range(16))}
	sys.exit(sizes != {3000000})
P
check "python3 urllib: 16 fetches by 8 threads" \
	hijack python3 fetch.py "http://$gw:$http/big"
if needs wrk wrk; then
	check "wrk: many requests over 16 connections" \
		hijack wrk -t2 -c16 -d1 "http://$gw:$http/hello"
	contains "wrk had answers" '^ *[1-9][0-9]* requests in' check.out
fi
busybox=$(command -v busybox)
if [ -n "$busybox" ] && ! ldd "$busybox" >/dev/null 2>&1; then
	check "a static busybox: wget" hijack busybox wget -q -O got "http://$gw:$http/big"
	same "busybox got every byte" www/big got
else
	skip "a static busybox" "busybox-static is not installed"
fi
if needs rclone rclone; then
	mkdir -p copied
	check "rclone, a Go program, copies from HTTP" \
		hijack rclone --config '' copyurl "http://$gw:$http/big" copied/big
	same "rclone got every byte" www/big copied/big
fi

# ---- servers

serve httpd 80 python3 -m http.server --directory www 80
check "python3 http.server answers" \
	eventually curl -sf -m 2 -o got "http://$to:$at/big"
same "python3 http.server sent every byte" www/big got
stop "python3 http.server ends" httpd

cat >async.py <<-'P'
	import asyncio, sys
	async def echo(reader, writer):
	    while data := await reader.read(65536):
	        writer.write(data)
	        await writer.drain()
	    writer.close()
	async def server():
	    listener = await asyncio.start_server(echo, '0.0.0.0', int(sys.argv[2]), backlog=200)
	    await listener.serve_forever()
	async def one(number):
	    text = bytes([number]) * 20000
	    reader, writer = await asyncio.open_connection(sys.argv[2], int(sys.argv[3]))
	    writer.write(text)
	    answer = await reader.readexactly(len(text))
	    writer.close()
	    return answer == text
	async def clients():
	    return await asyncio.wait_for(asyncio.gather(*map(one, range(100))), 20)
	if sys.argv[1] == 'server':
	    asyncio.run(server())
	sys.exit(not all(asyncio.run(clients())))
P
serve async 5004 python3 async.py server 5004
check "python3 asyncio: 100 connections at once" \
	eventually timeout 20 python3 async.py client "$to" "$at"
check "python3 asyncio, hijacked, to a hijacked one" \
	hijack python3 async.py client "$peer" "$at"
stop "python3 asyncio ends" async '143|130|1'

if [ -n "$busybox" ] && ! ldd "$busybox" >/dev/null 2>&1; then
	serve busybox 80 busybox httpd -f -p 80 -h www
	check "a static busybox: httpd" eventually curl -sf -m 2 -o got "http://$to:$at/big"
	same "busybox sent every byte" www/big got
	check "two hijacked busyboxes" hijack busybox wget -q -O got "http://$peer:$at/big"
	stop "busybox ends" busybox
fi

if needs nginx nginx; then
	mkdir nginx
	cat >nginx/conf <<-C
		worker_processes 2;
		pid $PWD/nginx/pid;
		error_log $PWD/nginx/errors;
		events { worker_connections 256; }
		http {
			access_log off;
			client_body_temp_path $PWD/nginx/1;
			proxy_temp_path $PWD/nginx/2;
			fastcgi_temp_path $PWD/nginx/3;
			uwsgi_temp_path $PWD/nginx/4;
			scgi_temp_path $PWD/nginx/5;
			sendfile on;
			server {
				listen 80;
				listen [::]:80;
				root $PWD/www;
				location /proxied/ { proxy_pass http://$gw:$http/; }
			}
		}
	C
	serve nginx 80 nginx -c "$PWD/nginx/conf" -g 'daemon off;'
	check "nginx, master and two workers, answers" \
		eventually curl -sf -m 2 -o got "http://$to:$at/big"
	same "nginx sent every byte" www/big got
	check "nginx passes requests on to the host" \
		curl -sf -m 5 -o got "http://$to:$at/proxied/big"
	same "nginx passed every byte on" www/big got
	if needs "nginx under load" wrk; then
		check "nginx under load" wrk -t1 -c32 -d1 "http://$to:$at/hello"
		check "nginx: no request failed" \
			sh -c "! grep -qE 'Socket errors|Non-2xx' check.out"
	fi
	check "wget, hijacked, from a hijacked nginx" \
		hijack wget -q -O got "http://$peer:$at/big"
	same "wget got every byte of it" www/big got
	if needs haproxy haproxy; then
		cat >front.cfg <<-C
			defaults
				mode http
				timeout connect 5s
				timeout client 10s
				timeout server 10s
			listen in
				bind :80
				server nginx $peer:$at
		C
		front front 80 haproxy -db -f front.cfg
		check "haproxy, hijacked, before a hijacked nginx" \
			eventually curl -sf -m 5 -o got "http://$front_to:$front_at/big"
		same "both sent every byte" www/big got
		stop "that haproxy ends" front '0|130|143'
	fi
	stop "nginx ends" nginx
	serve6 nginx6 80 nginx -c "$PWD/nginx/conf" -g 'daemon off;'
	check "nginx answers over IPv6" eventually curl -sf -m 5 -o got "http://[$to6]:$at/big"
	same "nginx sent every byte by it" www/big got
	stop "nginx ends, IPv6" nginx6
fi

if needs redis redis-server redis-cli redis-benchmark; then
	serve redis 6379 redis-server --bind 0.0.0.0 --protected-mode no --save '' \
		--port 6379 --dir "$PWD"
	check "redis-server answers" eventually timeout 2 redis-cli -h "$to" -p "$at" ping
	check "redis-server under redis-benchmark" timeout 30 \
		redis-benchmark -h "$to" -p "$at" -n 2000 -c 20 -P 8 -q -t set,get
	check "redis-benchmark hijacked, to a hijacked redis-server" \
		hijack redis-benchmark -h "$peer" -p "$at" -n 1000 -c 10 -q -t set,get
	stop "redis-server ends" redis
fi

if needs memcached memcached; then
	serve memcached 11211 memcached -l 0.0.0.0 -U 0
	memcached_ask() {
		printf 'set k 0 0 2\r\nhi\r\nget k\r\nquit\r\n' |
			timeout 2 socat -t2 - "TCP4:$to:$at" >memcached.got
		grep -q '^hi' memcached.got
	}
	check "memcached stores and answers" eventually memcached_ask
	stop "memcached ends" memcached
fi

if needs haproxy haproxy; then
	cat >haproxy.cfg <<-C
		defaults
			mode http
			timeout connect 5s
			timeout client 10s
			timeout server 10s
		frontend in
			bind :80
			default_backend out
		backend out
			server host $gw:$http
	C
	serve haproxy 80 haproxy -db -f haproxy.cfg
	check "haproxy passes requests on" \
		eventually curl -sf -m 2 -o got "http://$to:$at/big"
	same "haproxy passed every byte on" www/big got
	stop "haproxy ends" haproxy '0|130|143'
fi

if needs iperf3 iperf3; then
	serve iperf3 5201 iperf3 -s
	check "iperf3 server receives" \
		eventually timeout 5 iperf3 -c "$to" -p "$at" -t 1 -P 2
	# Between two tests it does not listen.
	check "iperf3 server sends" \
		eventually timeout 5 iperf3 -c "$to" -p "$at" -t 1 -R
	check "iperf3 hijacked, to a hijacked iperf3" \
		eventually hijack iperf3 -c "$peer" -p "$at" -t 1
	stop "iperf3 ends" iperf3 '0|1|143'
fi

if needs caddy caddy; then
	serve caddy 80 caddy file-server --root "$PWD/www" --listen :80
	check "caddy, a Go program, serves files" \
		eventually curl -sf -m 2 -o got "http://$to:$at/big"
	same "caddy sent every byte" www/big got
	stop "caddy ends" caddy '0|1|143'
	cat >Caddyfile <<-C
		{
			admin off
			skip_install_trust
			storage file_system $PWD/caddy
		}
		https://host.test {
			tls internal
			root * $PWD/www
			file_server
		}
	C
	serve caddy_tls 443 caddy run --config Caddyfile
	# by_tls CURL-COMMAND...: HTTP/2 over TLS, to $1
	by_tls() {
		local address=$1
		shift
		[ "$("$@" curl -sfk -m 5 --http2 --resolve "host.test:$at:$address" -o got \
			-w '%{http_version}' "https://host.test:$at/big")" = 2 ]
	}
	check "caddy serves HTTP/2 over TLS" eventually by_tls "$to"
	same "caddy sent every byte by it" www/big got
	check "curl, hijacked, asks a hijacked caddy so" by_tls "$peer" hijack
	same "curl got every byte by it" www/big got
	stop "caddy ends, TLS" caddy_tls '0|1|143'
fi

# ---- openssh: no shell is needed for sftp

if needs openssh /usr/sbin/sshd sftp ssh-keygen; then
	ssh-keygen -q -t ed25519 -N '' -f host_key
	ssh-keygen -q -t ed25519 -N '' -f user_key
	cat >sshd_config <<-C
		HostKey $PWD/host_key
		PidFile $PWD/sshd.pid
		AuthorizedKeysFile $PWD/user_key.pub
		StrictModes no
		UsePAM yes
		Subsystem sftp internal-sftp
		ForceCommand internal-sftp
	C
	ssh_options=(-i user_key -o ConnectTimeout=3 -o StrictHostKeyChecking=no
		     -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR)
	# fetch_by_sftp HOST PORT [COMMAND...]: get the big file, by COMMAND sftp
	fetch_by_sftp() {
		local host=$1 port=$2
		shift 2
		rm -f got
		echo "get $PWD/www/big got" | "$@" timeout 20 sftp -q -b - -P "$port" \
			"${ssh_options[@]}" "$(id -un)@$host"
	}
	sshd_port=$(free_port)
	start sshd /usr/sbin/sshd -D -e -f "$PWD/sshd_config" \
		-o "ListenAddress=$host:$sshd_port"
	if eventually fetch_by_sftp "$host" "$sshd_port" >sftp.out 2>&1; then
		check "ssh and sftp, hijacked" fetch_by_sftp "$gw" "$sshd_port" hijack
		same "sftp got every byte" www/big got
		# It runs itself anew for each connection, with the connection open.
		serve sshd_in 22 /usr/sbin/sshd -D -e -f "$PWD/sshd_config" -p 22
		check "sshd, hijacked" eventually fetch_by_sftp "$to" "$at"
		same "sshd sent every byte" www/big got
		check "ssh and sftp, hijacked, to a hijacked sshd" fetch_by_sftp "$peer" "$at" hijack
		check "scp, hijacked" hijack timeout 20 scp -q "${ssh_options[@]}" -P "$at" \
			"$(id -un)@$peer:$PWD/www/big" got.scp
		same "scp got every byte" www/big got.scp
		by_ssh() {
			{ printf 'GET /hello HTTP/1.0\r\n\r\n'; sleep 1; } |
				timeout 10 ssh "${ssh_options[@]}" -p "$at" -W "$gw:$http" \
					"$(id -un)@$to" | grep -q '^hello from the host'
		}
		check "ssh passes a stream on, by a hijacked sshd" by_ssh
		# What it has forked keeps its kernel, and the device, beyond its end.
		sessions_over() { ! pgrep -P "$(pgrep -P "${hijack_pids[sshd_in]}")" >pgrep.out; }
		check "and its sessions end" eventually sessions_over
		stop "sshd ends" sshd_in '0|143|255'
		serve sshd_trapped 22 -m trap /usr/sbin/sshd -D -e -f "$PWD/sshd_config" -p 22
		check "sshd, trapped" eventually fetch_by_sftp "$to" "$at"
		same "sshd, trapped, sent every byte" www/big got
		stop "sshd, trapped, ends" sshd_trapped '0|143|255'
	else
		skip openssh "sshd cannot be run by this user here"
	fi
fi

# ---- postgres

postgres=$(echo /usr/lib/postgresql/*/bin)
if [ -x "$postgres/postgres" ]; then
	"$postgres/initdb" -A trust -U test -N -D "$PWD/pg" >initdb.log 2>&1
	echo 'host all all 0.0.0.0/0 trust' >>pg/pg_hba.conf
	serve postgres 5432 "$postgres/postgres" -D "$PWD/pg" -h 0.0.0.0 -k '' -F
	# psql_ask ADDRESS [COMMAND...]: a sum, by COMMAND psql
	psql_ask() {
		local address=$1
		shift
		PGCONNECT_TIMEOUT=$patience "$@" "$postgres/psql" -X -U test -h "$address" -p "$at" \
			-Atc 'select sum(x) from generate_series(1, 100000) x' postgres |
			grep -qx 5000050000
	}
	# passt may keep one for ever that comes before postgres listens.
	patience=2
	check "postgres answers a query" eventually psql_ask "$to"
	patience=10
	check "psql, hijacked, asks a hijacked postgres" psql_ask "$peer" hijack
	stop "postgres ends" postgres
else
	skip postgres "not installed"
fi
