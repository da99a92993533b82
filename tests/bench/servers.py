# SPDX-License-Identifier: GPL-2.0
"""servers.py - the rows of bench.py about programs that run hijacked

redis_get, nginx_rps: a server under lkl-hijack, over a TAP device to clients on
the host's stack; the host's side is the same server in another network
namespace, over veth. passt_tx: a client under lkl-hijack with the passt backend
against the same client in a namespace that pasta connects, both to a server on
127.0.0.1; passt_none: the same without passt on the host's side.

Everything is in network namespaces of our own, but for that last server.
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from mounts import Skip

TAP = ("10.9.0.1", "10.9.0.2")
VETH = ("10.8.0.1", "10.8.0.2")
# What passt and pasta call themselves, and lead to the host's 127.0.0.1.
GATEWAY = "10.0.2.2"
NGINX = """
worker_processes 1;
daemon off;
{mode}
pid {dir}/nginx.pid;
error_log /dev/null;
events {{ worker_connections 512; }}
http {{
	access_log off;
	client_body_temp_path {dir}/body;
	proxy_temp_path {dir}/proxy;
	fastcgi_temp_path {dir}/fastcgi;
	uwsgi_temp_path {dir}/uwsgi;
	scgi_temp_path {dir}/scgi;
	server {{ listen {address}:8080; location / {{ return 200 "ok\\n"; }} }}
}}
"""
NEEDS = {"redis_get": ("redis-server", "redis-benchmark"),
         "nginx_rps": ("nginx", "wrk"), "nginx_alone": ("nginx", "wrk"),
         "passt_tx": ("iperf3", "passt", "pasta"),
         "passt_none": ("iperf3", "passt")}


def text_of(*args, **kwargs):
    done = subprocess.run(args, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60,
                          **kwargs)
    return done.stdout


class Space:
    """A network namespace, which lasts as long as a process in it."""

    def __init__(self):
        self.holder = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", "echo; exec sleep 3600"],
            stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        self.enter = ["nsenter", "-t", str(self.holder.pid), "-n"]
        self.ip("link", "set", "lo", "up")

    def ip(self, *words):
        text_of(*self.enter, "ip", *words)

    def close(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()


class Servers:
    """The namespaces, and a program on each side."""

    def __init__(self, build):
        self.spaces = []
        if os.geteuid():
            raise Skip("network namespaces beside one another take root")
        os.environ["PATH"] += ":/usr/sbin:/sbin"
        self.hijack = os.path.join(os.path.abspath(build), "bin", "lkl-hijack")
        self.directory = tempfile.mkdtemp(prefix="lkl-servers.")
        os.chmod(self.directory, 0o755)
        try:
            self.connect()
        except (OSError, subprocess.CalledProcessError) as why:
            self.close()
            raise Skip(f"no network namespaces: {why}") from why

    def connect(self):
        self.spaces = [Space(), Space()]
        near, far = self.spaces
        near.ip("tuntap", "add", "tap0", "mode", "tap", "vnet_hdr")
        near.ip("address", "add", TAP[0] + "/24", "dev", "tap0")
        near.ip("link", "set", "tap0", "up")
        near.ip("link", "add", "v0", "type", "veth", "peer", "name", "v1",
                "netns", str(far.holder.pid))
        near.ip("address", "add", VETH[0] + "/24", "dev", "v0")
        near.ip("link", "set", "v0", "up")
        far.ip("address", "add", VETH[1] + "/24", "dev", "v1")
        far.ip("link", "set", "v1", "up")

    def close(self):
        for space in self.spaces:
            space.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def missing(self, name):
        for tool in NEEDS[name]:
            if not shutil.which(tool):
                return f"{tool} is not installed"
        return None

    def place(self, side):
        """Where a server runs, and at which address it is found."""
        near, far = self.spaces
        if side == "host":
            return far.enter, VETH[1]
        interface = f"type=tap,param=tap0,ip={TAP[1]}/24"
        return [*near.enter, self.hijack, "--no-config", "-i", interface,
                "--"], TAP[1]

    def wait_for(self, address, port):
        """Until the server answers."""
        probe = ("import socket, sys; "
                 "socket.create_connection((sys.argv[1], int(sys.argv[2])), 1)")
        for _ in range(100):
            if not subprocess.run([*self.spaces[0].enter, "python3", "-c", probe,
                                   address, str(port)], check=False,
                                  stderr=subprocess.DEVNULL).returncode:
                return
            time.sleep(0.1)
        raise TimeoutError(f"no server at {address}:{port}")

    def served(self, side, port, server, client):
        """What @client prints, while @server runs on @side."""
        prefix, address = self.place(side)
        with subprocess.Popen([*prefix, *server(address)],
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            try:
                self.wait_for(address, port)
                return text_of(*self.spaces[0].enter, *client(address))
            finally:
                process.terminate()
                process.wait()

    def redis_get(self, side):
        told = self.served(
            side, 6379,
            lambda address: ["redis-server", "--bind", address, "--save", "",
                             "--protected-mode", "no", "--dir", self.directory],
            lambda address: ["redis-benchmark", "-h", address, "-t", "get",
                             "-n", "400000", "-c", "50", "-P", "16", "--csv"])
        return float(re.search(r'^"GET","([0-9.]+)"', told, re.M).group(1))

    def nginx_alone(self, side):
        return self.nginx_rps(side, "master_process off;")

    def nginx_rps(self, side, mode=""):
        def server(address):
            path = os.path.join(self.directory, "nginx.conf")
            with open(path, "w") as file:
                file.write(NGINX.format(dir=self.directory, address=address,
                                        mode=mode))
            return ["nginx", "-c", path, "-p", self.directory]
        told = self.served(
            side, 8080, server,
            lambda address: ["wrk", "-t", "1", "-c", "64", "-d", "3",
                             f"http://{address}:8080/"])
        return float(re.search(r"Requests/sec:\s+([0-9.]+)", told).group(1))

    def passt_tx(self, side):
        """
        passt drops what the socket to the server does not take at once, and
        then nothing moves until the client's timer expires: single transfers
        differ by a factor of ten.
        """
        if side == "host":
            return self.iperf3(
                ["pasta", "--config-net", "-4", "-a", "10.0.2.15", "-n", "24",
                 "-g", GATEWAY, "-t", "none", "-u", "none", "-T", "none",
                 "-U", "none", "--"], GATEWAY)
        return self.iperf3([self.hijack, "--no-config", "-i", "type=passt",
                            "--"], GATEWAY)

    def passt_none(self, side):
        return (self.iperf3([], "127.0.0.1") if side == "host" else
                self.passt_tx(side))

    @staticmethod
    def iperf3(prefix, address):
        """MB/s of a client under @prefix to a server on 127.0.0.1."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        client = ["iperf3", "-c", address, "-p", port, "-t", "3", "-l", "128K",
                  "--json"]
        with subprocess.Popen(["iperf3", "-s", "-1", "-B", "127.0.0.1", "-p", port],
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as server:
            try:
                time.sleep(0.3)
                told = json.loads(text_of(*user, *prefix, *client, cwd="/tmp"))
            finally:
                server.terminate()
        return told["end"]["sum_received"]["bits_per_second"] / 8e6

    def run(self, name, side):
        """Its figure by name, or None with the reason printed."""
        try:
            return {name: getattr(self, name)(side)}
        except (OSError, AttributeError, KeyError, ValueError,
                subprocess.SubprocessError) as why:
            print(f"  {name} on {side}: {why}", file=sys.stderr)
            return None
