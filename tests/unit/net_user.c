// SPDX-License-Identifier: GPL-2.0
/*
 * net_user.c - options of the rootless backends.
 *
 * Layer:   tests/unit.
 */
#include "drivers/virtio/net_user.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct virtio_net_user user;
static struct virtio_net_why why;

static void expect_address(int family, const void *address, const char *text)
{
	char got[INET6_ADDRSTRLEN];

	inet_ntop(family, address, got, sizeof(got));
	cr_expect_str_eq(got, text);
}

/* No options: the network that is documented. */
Test(net_user, defaults)
{
	cr_assert_eq(virtio_net_user_parse(NULL, &user, &why), 0);
	cr_assert_eq(virtio_net_user_parse("", &user, &why), 0);
	expect_address(AF_INET, &user.address, "10.0.2.15");
	expect_address(AF_INET, &user.gateway, "10.0.2.2");
	expect_address(AF_INET, &user.dns, "10.0.2.3");
	expect_address(AF_INET6, &user.address6, "fd00:6c6b:6c::15");
	expect_address(AF_INET6, &user.gateway6, "fd00:6c6b:6c::2");
	expect_address(AF_INET6, &user.dns6, "fd00:6c6b:6c::3");
	cr_expect_eq(user.prefix, 24);
	cr_expect_eq(user.prefix6, 64);
	cr_expect_eq(user.mtu, 65520);
	cr_expect(user.loopback);
	cr_expect_eq(user.forward_count, 0);
	cr_expect_str_empty(why.text);
}

/* Each key sets what it names. */
Test(net_user, keys)
{
	static const char options[] = "ip=192.0.2.9/28,gateway=192.0.2.1,dns=192.0.2.2,ip6=2001:db8::9/48,gateway6=2001:db8::1,dns6=2001:db8::2,mtu=1500,loopback=no";

	cr_assert_eq(virtio_net_user_parse(options, &user, &why), 0, "%s",
		     why.text);
	expect_address(AF_INET, &user.address, "192.0.2.9");
	expect_address(AF_INET, &user.gateway, "192.0.2.1");
	expect_address(AF_INET, &user.dns, "192.0.2.2");
	expect_address(AF_INET6, &user.address6, "2001:db8::9");
	expect_address(AF_INET6, &user.gateway6, "2001:db8::1");
	expect_address(AF_INET6, &user.dns6, "2001:db8::2");
	cr_expect_eq(user.prefix, 28);
	cr_expect_eq(user.prefix6, 48);
	cr_expect_eq(user.mtu, 1500);
	cr_expect_not(user.loopback);
}

static void expect_forward(unsigned int i, bool udp, int family,
			   const char *address, unsigned int port,
			   unsigned int guest_port)
{
	const struct virtio_net_forward *f = &user.forwards[i];

	cr_expect_eq(f->udp, udp);
	cr_expect_eq(f->family, family);
	if (address)
		expect_address(family, &f->address, address);
	cr_expect_eq(f->port, port);
	cr_expect_eq(f->guest_port, guest_port);
}

/* Forwards in all their forms. */
Test(net_user, forwards)
{
	cr_assert_eq(virtio_net_user_parse(
		"tcp=80,tcp=8080:80,udp=127.0.0.1/53,udp=::1/5353:53", &user, &why),
		0, "%s", why.text);
	cr_assert_eq(user.forward_count, 4);
	expect_forward(0, false, AF_UNSPEC, NULL, 80, 80);
	expect_forward(1, false, AF_UNSPEC, NULL, 8080, 80);
	expect_forward(2, true, AF_INET, "127.0.0.1", 53, 53);
	expect_forward(3, true, AF_INET6, "::1", 5353, 53);
}

/* What is wrong is refused and named. */
Test(net_user, refused)
{
	static const char *const wrong[] = {
		"tcp", "tcp=", "tcp=0", "tcp=65536", "tcp=80:", "tcp=80:0",
		"tcp=80:81:82", "tcp=80x", "tcp= 80", "tcp=-80", "tcp=/80",
		"tcp=127.0.0.1", "tcp=127.0.0.1/", "tcp=127.0.0.256/80",
		"tcp=::g/80", "tcp=localhost/80", "ip=10.0.2.15", "ip=10.0.2.15/0",
		"ip=10.0.2.15/31", "ip=10.0.2/24", "ip=::1/24", "ip6=fd00::1/127",
		"ip6=10.0.2.15/24", "gateway=fd00::1", "gateway6=10.0.2.2",
		"dns=x", "dns6=", "mtu=1279", "mtu=65521", "mtu=1500 ",
		"loopback=maybe", "Tcp=80", "=80", "port=80", "xyzzy",
		"xyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzyxyzzy=1",
	};
	char options[256];
	unsigned int i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(options, sizeof(options), "tcp=8080,%s,mtu=1500",
			 wrong[i]);
		cr_expect_eq(virtio_net_user_parse(options, &user, &why),
			     -EINVAL, "%s", wrong[i]);
		cr_expect(strstr(why.text, wrong[i]), "%s: %s", wrong[i],
			  why.text);
	}
}

/* An empty option between commas is as wrong as any other. */
Test(net_user, empty_option)
{
	cr_expect_eq(virtio_net_user_parse("tcp=80,,udp=80", &user, &why),
		     -EINVAL);
}

/* More forwards than there is room for. */
Test(net_user, too_many_forwards)
{
	char options[1024] = "";
	unsigned int i;

	for (i = 0; i <= VIRTIO_NET_FORWARDS_MAX; i++)
		sprintf(options + strlen(options), "tcp=%u,", 1000 + i);
	options[strlen(options) - 1] = '\0';
	cr_expect_eq(virtio_net_user_parse(options, &user, &why), -E2BIG);
	cr_expect(strstr(why.text, "tcp=1032"), "%s", why.text);
	*strrchr(options, ',') = '\0';
	cr_expect_eq(virtio_net_user_parse(options, &user, &why), 0);
	cr_expect_eq(user.forward_count, VIRTIO_NET_FORWARDS_MAX);
}
