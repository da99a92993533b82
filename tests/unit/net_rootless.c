// SPDX-License-Identifier: GPL-2.0
/*
 * net_rootless.c - what passt and slirp have in common, frame by frame.
 *
 * Layer:   tests/unit. The programs are real, the guest is this file.
 */
#include "drivers/virtio/net_user.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/netrig.h"

static struct virtio_net_user user;
static struct virtio_net_why why;

typedef int create_fn(const struct virtio_host *host,
		      const struct virtio_net_user *user,
		      struct virtio_net_backend **be,
		      struct virtio_net_why *why);

static int make(create_fn *create, const char *options,
		struct virtio_net_backend **be)
{
	int err;

	cr_assert_eq(virtio_net_user_parse(options, &user, &why), 0, "%s",
		     why.text);
	err = create(&fake.host, &user, be, &why);
	if (err == -ENOENT || err == -ELIBACC)
		cr_skip_test("%s", why.text);
	return err;
}

static struct virtio_net_backend *begin(create_fn *create, const char *options)
{
	struct virtio_net_backend *be;

	rig_init();
	cr_assert_eq(make(create, options, &be), 0, "%s", why.text);
	netrig_start(be);
	return be;
}

static void end(struct virtio_net_backend *be)
{
	be->ops->destroy(be);
	cr_expect_eq(rig.watched, 0);
	cr_expect_eq(fake.threads, 0);
	fake_check_clean();
}

/* The guest: Ethernet (IEEE 802.3), ARP (RFC 826), IPv4 (RFC 791), UDP (RFC 768) */

#define GUEST_IP	"\12\0\2\17"
#define GATEWAY_IP	"\12\0\2\2"
#define GUEST_MAC	"\x52\x54\0\x12\x34\x56"

static unsigned char gateway_mac[6];

static void guest_send(struct virtio_net_backend *be, const void *frame,
		       size_t len)
{
	cr_assert_eq(rig_send(be, frame, len, 4096), 0);
	cr_assert_eq(be->ops->flush(be, 0), 0);
}

/* ARP: @op is 1 to ask who has @target, or 2 to answer. */
static void arp_send(struct virtio_net_backend *be, int op, const char *mac,
		     const char *target)
{
	unsigned char frame[42] = "\xff\xff\xff\xff\xff\xff" GUEST_MAC
		"\x08\x06\0\1\x08\0\6\4\0\1" GUEST_MAC GUEST_IP;

	if (op == 2)
		memcpy(frame, mac, 6);
	frame[21] = op;
	memcpy(frame + 32, mac, 6);
	memcpy(frame + 38, target, 4);
	guest_send(be, frame, sizeof(frame));
}

/* Receive until @wanted says yes; questions after our address are answered. */
static size_t guest_wait(struct virtio_net_backend *be, unsigned char *frame,
			 size_t size,
			 bool (*wanted)(const unsigned char *frame, size_t len))
{
	ssize_t len;

	for (;;) {
		len = rig_wait_receive(be, frame, size);
		cr_assert_gt(len, 0);
		if (wanted(frame, len))
			return len;
		if (len >= 42 && !memcmp(frame + 12, "\x08\x06\0\1\x08\0\6\4\0\1", 10) &&
		    !memcmp(frame + 38, GUEST_IP, 4))
			arp_send(be, 2, (char *)frame + 6, (char *)frame + 28);
	}
}

static bool is_arp_reply(const unsigned char *frame, size_t len)
{
	return len >= 42 && !memcmp(frame + 12, "\x08\x06\0\1\x08\0\6\4\0\2", 10) &&
	       !memcmp(frame + 28, GATEWAY_IP, 4);
}

static bool is_udp(const unsigned char *frame, size_t len)
{
	return len > 42 && !memcmp(frame + 12, "\x08\0\x45", 3) && frame[23] == 17;
}

static void arp_resolve(struct virtio_net_backend *be)
{
	unsigned char frame[2048];

	arp_send(be, 1, "\0\0\0\0\0\0", GATEWAY_IP);
	guest_wait(be, frame, sizeof(frame), is_arp_reply);
	memcpy(gateway_mac, frame + 22, 6);
	cr_expect_arr_eq(frame, GUEST_MAC, 6);
}

static uint16_t ip_checksum(const unsigned char *header)
{
	uint32_t sum = 0;
	unsigned int i;

	for (i = 0; i < 20; i += 2)
		sum += header[i] << 8 | header[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return ~((sum & 0xffff) + (sum >> 16));
}

static void put16(unsigned char *at, unsigned int value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* A datagram of @len bytes from guest port 1234; without a checksum, as UDP allows. */
static void udp_send(struct virtio_net_backend *be, unsigned int port,
		     const void *data, size_t len)
{
	static unsigned char frame[65536];

	memcpy(frame, gateway_mac, 6);
	memcpy(frame + 6, GUEST_MAC "\x08\0\x45\0\0\0\0\1\x40\0\x40\x11\0\0"
	       GUEST_IP GATEWAY_IP, 28);
	put16(frame + 16, 28 + len);
	put16(frame + 24, ip_checksum(frame + 14));
	put16(frame + 34, 1234);
	put16(frame + 36, port);
	put16(frame + 38, 8 + len);
	put16(frame + 40, 0);
	memcpy(frame + 42, data, len);
	guest_send(be, frame, 42 + len);
}

/* A socket at 127.0.0.1; *@port is set to its number. */
static int host_socket(int type, unsigned int *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, type, 0);

	cr_assert_eq(bind(fd, (void *)&sin, sizeof(sin)), 0);
	cr_assert_eq(getsockname(fd, (void *)&sin, &len), 0);
	*port = ntohs(sin.sin_port);
	return fd;
}

static void host_wait(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	cr_assert_eq(poll(&pollfd, 1, 10000), 1, "nothing arrived");
}

/* The tests, each for both */

/* A datagram to the gateway arrives at the host's 127.0.0.1, and the answer comes back. */
static void udp_to_loopback(create_fn *create)
{
	struct virtio_net_backend *be = begin(create, "");
	unsigned char data[9000], frame[65536];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	unsigned int port;
	int fd = host_socket(SOCK_DGRAM, &port);

	arp_resolve(be);
	rig_frame(data, sizeof(data), 1);
	udp_send(be, port, data, sizeof(data));
	host_wait(fd);
	cr_assert_eq(recvfrom(fd, frame, sizeof(frame), 0, (void *)&from, &len),
		     (ssize_t)sizeof(data));
	cr_expect_arr_eq(frame, data, sizeof(data));
	rig_frame(data, 500, 2);
	cr_assert_eq(sendto(fd, data, 500, 0, (void *)&from, len), 500);
	cr_assert_geq(guest_wait(be, frame, sizeof(frame), is_udp), 542);
	cr_expect_arr_eq(frame + 42, data, 500);
	cr_expect_arr_eq(frame + 26, GATEWAY_IP GUEST_IP, 8);
	cr_expect_eq(frame[36] << 8 | frame[37], 1234);
	close(fd);
	end(be);
}

Test(net_rootless, udp_to_loopback_passt)
{
	udp_to_loopback(virtio_net_passt_create);
}

Test(net_rootless, udp_to_loopback_slirp)
{
	udp_to_loopback(virtio_net_slirp_create);
}

/* loopback=no: the host's 127.0.0.1 is out of reach. */
static void loopback_forbidden(create_fn *create)
{
	struct virtio_net_backend *be = begin(create, "loopback=no");
	struct pollfd pollfd = { .events = POLLIN };
	unsigned int port;

	pollfd.fd = host_socket(SOCK_DGRAM, &port);
	arp_resolve(be);
	udp_send(be, port, "x", 1);
	cr_expect_eq(poll(&pollfd, 1, 300), 0);
	close(pollfd.fd);
	end(be);
}

Test(net_rootless, loopback_forbidden_passt)
{
	loopback_forbidden(virtio_net_passt_create);
}

Test(net_rootless, loopback_forbidden_slirp)
{
	loopback_forbidden(virtio_net_slirp_create);
}

/* A datagram to a forwarded port arrives at the guest's port. */
static void udp_forward(create_fn *create)
{
	unsigned char frame[2048];
	struct virtio_net_backend *be;
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char options[64];
	unsigned int port;
	int fd = host_socket(SOCK_DGRAM, &port);

	close(fd);
	to.sin_port = htons(port);
	snprintf(options, sizeof(options), "udp=127.0.0.1/%u:7", port);
	be = begin(create, options);
	/* passt learns the guest's address from what the guest says. */
	arp_resolve(be);
	fd = host_socket(SOCK_DGRAM, &port);
	cr_assert_eq(sendto(fd, "hello", 5, 0, (void *)&to, sizeof(to)), 5);
	cr_assert_geq(guest_wait(be, frame, sizeof(frame), is_udp), 47);
	cr_expect_arr_eq(frame + 42, "hello", 5);
	cr_expect_eq(frame[36] << 8 | frame[37], 7);
	close(fd);
	end(be);
}

Test(net_rootless, udp_forward_passt)
{
	udp_forward(virtio_net_passt_create);
}

Test(net_rootless, udp_forward_slirp)
{
	udp_forward(virtio_net_slirp_create);
}

/* A port that somebody has is an error that names it, and nothing is left behind. */
static void port_in_use(create_fn *create)
{
	struct virtio_net_backend *be;
	char options[64], number[16];
	unsigned int port;
	int fd = host_socket(SOCK_STREAM, &port);

	cr_assert_eq(listen(fd, 1), 0);
	rig_init();
	snprintf(options, sizeof(options), "tcp=127.0.0.1/%u:80", port);
	snprintf(number, sizeof(number), "%u", port);
	cr_expect_eq(make(create, options, &be), -EADDRINUSE);
	cr_expect(strstr(why.text, number), "%s", why.text);
	close(fd);
	fake_check_clean();
	cr_expect_eq(fake.threads, 0);
}

Test(net_rootless, port_in_use_passt)
{
	port_in_use(virtio_net_passt_create);
}

Test(net_rootless, port_in_use_slirp)
{
	port_in_use(virtio_net_slirp_create);
}

/* Without traffic there is nothing to do, and nothing is done. */
static void idle(create_fn *create)
{
	struct virtio_net_backend *be = begin(create, "");
	struct timespec before, after;
	long ms;

	arp_resolve(be);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	usleep(500000);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	ms = (after.tv_sec - before.tv_sec) * 1000 +
	     (after.tv_nsec - before.tv_nsec) / 1000000;
	cr_expect_lt(ms, 25);
	end(be);
}

Test(net_rootless, idle_passt)
{
	idle(virtio_net_passt_create);
}

Test(net_rootless, idle_slirp)
{
	idle(virtio_net_slirp_create);
}

/* Every allocation may be refused. */
Test(net_rootless, slirp_creation_fails_cleanly)
{
	struct virtio_net_backend *be;
	int i;

	rig_init();
	for (i = 1; i <= 4; i++) {
		fake.fail_alloc = i;
		cr_expect_eq(make(virtio_net_slirp_create, "", &be), -ENOMEM);
		cr_expect_eq(fake.allocs, 0);
	}
	fake.fail_alloc = 0;
	fake.fail_thread = 1;
	cr_expect_lt(make(virtio_net_slirp_create, "", &be), 0);
	fake_check_clean();
}

/* Gateway and name server are the backend's own, so they have to be neighbours. */
Test(net_rootless, slirp_foreign_gateway)
{
	struct virtio_net_backend *be;

	rig_init();
	cr_expect_eq(make(virtio_net_slirp_create, "gateway=192.0.2.1", &be),
		     -EINVAL);
	cr_expect_eq(make(virtio_net_slirp_create, "dns=192.0.2.1", &be),
		     -EINVAL);
	cr_expect(strstr(why.text, "dns"), "%s", why.text);
	fake_check_clean();
}

/* The guest floods and does not receive: it has to wait, and goes on. */
Test(net_rootless, slirp_flood)
{
	struct virtio_net_backend *be = begin(virtio_net_slirp_create, "");
	unsigned char frame[60000];
	unsigned int i, waits = 0;

	arp_resolve(be);
	memset(frame, 0xff, sizeof(frame));
	for (i = 0; i < 300; i++) {
		rig_clear();
		if (rig_send(be, frame, sizeof(frame), 4096) == -EAGAIN) {
			waits++;
			be->ops->flush(be, 0);
			rig_wait(VIRTIO_NET_READY_SEND);
		}
	}
	be->ops->flush(be, 0);
	cr_expect_gt(waits, 0);
	end(be);
}
