#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""hijack_lease.py - servers of leases that last seconds, and who watches an address

serve DEVICE MANNER [OPTION=VALUE...]: DHCP (10.9.0.50, and .51 after a refusal), router
    advertisements (fd09:1::/64) and DHCPv6 (fd09:2::50) on a device. What a client says is
    printed. The file MANNER says what is answered now: all, rebind (what is asked of all
    servers only), none, refuse (renewals are refused, once). Options: seconds= of leases; dns=;
    flags= of the router, any of a (addresses by SLAAC), m, o; rapid=1.
watch FAMILY MANNER LOG: go through a lease's life: renewed, rebound, refused, lost, found
    again; LOG is what the server prints.
"""
import ipaddress
import select
import socket
import struct
import sys
import time

ADDRESSES = ["10.9.0.50", "10.9.0.51"]
ADDRESS6 = ipaddress.ip_address("fd09:2::50").packed
SERVER = socket.inet_aton("10.9.0.1")
DNS6 = ipaddress.ip_address("fd09:2::53").packed
RDNSS = [ipaddress.ip_address(a).packed for a in ("fd09:1::53", "fe80::1")]
DUID = b"\0\3\0\1\2\0\0\0\0\1"
COOKIE = b"\x63\x82\x53\x63"


def manner(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def set_manner(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def say(text):
    print(text, flush=True)


# ---- DHCP

DISCOVER, OFFER, REQUEST, ACK, NAK, RELEASE = 1, 2, 3, 5, 6, 7


def options_read(data):
    options = {}
    while data and data[0] != 255:
        options[data[0]] = data[2:2 + data[1]]
        data = data[2 + data[1]:]
    return options


class Dhcp:
    def __init__(self, device, path, seconds, dns):
        self.path, self.seconds, self.given = path, seconds, 0
        self.dns = socket.inet_aton(dns)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self.socket.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
        self.socket.bind(("0.0.0.0", 67))

    def answer(self, data, kind, to):
        address = socket.inet_aton(ADDRESSES[self.given])
        reply = bytearray(data[:240])
        reply[0] = 2
        reply[16:20] = b"\0\0\0\0" if kind == NAK else address
        reply += bytes([53, 1, kind, 54, 4]) + SERVER
        if kind != NAK:
            reply += bytes([51, 4]) + struct.pack("!I", self.seconds)
            reply += bytes([1, 4, 255, 255, 255, 0, 3, 4]) + SERVER
            reply += bytes([6, 4]) + self.dns
        self.socket.sendto(bytes(reply) + b"\xff", (to, 68))

    def ready(self):
        data, control, _, _ = self.socket.recvmsg(2048, 128)
        everybody = control[0][2][8:12] == b"\xff\xff\xff\xff"
        options, have = options_read(data[240:]), data[12:16]
        kind, how = options[53][0], manner(self.path)
        if kind == DISCOVER:
            say("discover")
            if how != "none":
                self.answer(data, OFFER, "255.255.255.255")
        elif kind == REQUEST and not any(have):
            say("request " + socket.inet_ntoa(options[50]))
            if how != "none":
                self.answer(data, ACK, "255.255.255.255")
        elif kind == REQUEST:
            say(("rebind " if everybody else "renew ") + socket.inet_ntoa(have))
            if how == "refuse":
                self.given = 1
                set_manner(self.path, "all")
                self.answer(data, NAK, "255.255.255.255")
            elif how == "all" or (how == "rebind" and everybody):
                self.answer(data, ACK, socket.inet_ntoa(have))
        elif kind == RELEASE:
            say("release " + socket.inet_ntoa(have))


# ---- routers

class Router:
    def __init__(self, device, flags):
        self.flags, self.index = flags, socket.if_nametoindex(device)
        self.socket = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        for option in socket.IPV6_MULTICAST_HOPS, socket.IPV6_UNICAST_HOPS:
            self.socket.setsockopt(socket.IPPROTO_IPV6, option, 255)
        group = ipaddress.ip_address("ff02::2").packed + struct.pack("@I", self.index)
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)

    def advertise(self):
        bits = (0x80 if "m" in self.flags else 0) | (0x40 if "o" in self.flags else 0)
        packet = struct.pack("!BBHBBHII", 134, 0, 0, 64, bits, 1800, 0, 0)
        if "a" in self.flags:
            packet += struct.pack("!BBBBIII", 3, 4, 64, 0xc0, 7200, 3600, 0)
            packet += ipaddress.ip_address("fd09:1::").packed
        packet += struct.pack("!BBHI", 25, 1 + 2 * len(RDNSS), 0, 600) + b"".join(RDNSS)
        self.socket.sendto(packet, ("ff02::1", 0, 0, self.index))

    def ready(self):
        if self.socket.recv(2048)[0] == 133:
            say("solicitation")
            self.advertise()


# ---- DHCPv6

SOLICIT6, ADVERTISE6, REQUEST6, RENEW6, REBIND6, REPLY6, RELEASE6, INFORMATION6 = \
    1, 2, 3, 5, 6, 7, 8, 11


def option6(number, data):
    return struct.pack("!HH", number, len(data)) + data


class Dhcp6:
    def __init__(self, device, path, seconds, rapid):
        self.path, self.seconds, self.rapid = path, seconds, rapid
        self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        index = struct.pack("@I", socket.if_nametoindex(device))
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                               ipaddress.ip_address("ff02::1:2").packed + index)
        self.socket.bind(("::", 547))

    @staticmethod
    def options(data):
        options = {}
        while len(data) >= 4:
            number, size = struct.unpack("!HH", data[:4])
            options[number] = data[4:4 + size]
            data = data[4 + size:]
        return options

    def answer(self, data, options, kind, to, extra=b""):
        reply = bytes([kind]) + data[1:4] + option6(1, options[1]) + option6(2, DUID) + extra
        if 3 in options:
            address = ADDRESS6 + struct.pack("!II", self.seconds, self.seconds)
            reply += option6(3, options[3][:4] + struct.pack("!II", 0, 0) + option6(5, address))
        self.socket.sendto(reply + option6(23, DNS6), to)

    def ready(self):
        data, to = self.socket.recvfrom(2048)
        options, how = self.options(data[4:]), manner(self.path)
        names = {SOLICIT6: "solicit6", REQUEST6: "request6", RENEW6: "renew6",
                 REBIND6: "rebind6", RELEASE6: "release6", INFORMATION6: "information6"}
        say(names[data[0]])
        if how == "none" or (how == "rebind" and data[0] == RENEW6):
            return
        if data[0] == SOLICIT6 and self.rapid and 14 in options:
            self.answer(data, options, REPLY6, to, option6(14, b""))
        elif data[0] == SOLICIT6:
            self.answer(data, options, ADVERTISE6, to)
        else:
            self.answer(data, options, REPLY6, to)


def serve(device, path, *settings):
    values = dict(setting.split("=") for setting in settings)
    seconds = int(values.get("seconds", 3600))
    servers = [Dhcp(device, path, seconds, values.get("dns", "10.9.0.53"))]
    if "flags" in values:
        servers += [Router(device, values["flags"]),
                    Dhcp6(device, path, seconds, "rapid" in values)]
    by_socket = {server.socket: server for server in servers}
    say("ready")
    while True:
        for one in select.select(list(by_socket), [], [])[0]:
            by_socket[one].ready()


# ---- who watches

def address(family, probe):
    if family == 6:
        with open("/proc/net/if_inet6", encoding="ascii") as file:
            lines = [line.split()[0] for line in file]
        return next((line for line in lines if line == ADDRESS6.hex()), None)
    fcntl = __import__("fcntl")
    try:
        request = fcntl.ioctl(probe, 0x8915, struct.pack("16s16x16x", b"eth0"))  # SIOCGIFADDR
    except OSError:
        return None
    return socket.inet_ntoa(request[20:24])


def watch(family, path, log):
    family = int(family)
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    suffix = "6" if family == 6 else ""
    first = address(family, probe)
    started = time.monotonic()

    def heard():
        with open(log, encoding="ascii") as file:
            return [line.split()[0] for line in file]

    def until(text, condition, seconds):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                say(f"{text}: not in {seconds} s")
                sys.exit(1)
            time.sleep(0.05)
        say(text)

    def still():
        return address(family, probe) == first

    if not first:
        sys.exit("no address")
    until("renewed", lambda: heard().count("renew" + suffix) >= 2, 10)
    until("kept longer than a lease", lambda: time.monotonic() - started > 4.5, 5)
    say("still there" if still() else "gone")
    set_manner(path, "rebind")
    until("rebound", lambda: "rebind" + suffix in heard(), 10)
    time.sleep(1)
    say("still there" if still() else "gone")
    if family == 4:
        set_manner(path, "refuse")
        until("another address", lambda: address(family, probe) == ADDRESSES[1], 10)
    set_manner(path, "none")
    since = time.monotonic()
    until("lost", lambda: address(family, probe) is None, 10)
    say("not before its time" if time.monotonic() - since > 1 else "too early")
    set_manner(path, "all")
    until("found again", lambda: address(family, probe) is not None, 15)


if __name__ == "__main__":
    {"serve": serve, "watch": watch}[sys.argv[1]](*sys.argv[2:])
