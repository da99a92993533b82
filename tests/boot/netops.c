// SPDX-License-Identifier: GPL-2.0
/*
 * netops.c - network devices of the application's own
 *
 * Layer:   tests/boot.
 *
 * The devices are queues in memory, by tx, rx, poll and poll_hup: two of them are the
 * ends of a link between two kernels, or the test itself is at the other end.
 */
#include "tests/boot/nethelp.h"

#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>

#define MIB		(1UL << 20)
#define FRAME_MAX	(12 + 65536 + 18)
#define FRAMES		64

struct frame {
	int len;
	char bytes[FRAME_MAX];
};

/*
 * One end: the frames for it. @held_up: its tx has found no room at the other end.
 */
struct memdev {
	struct lkl_netdev nd;
	struct memdev *peer;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct frame frames[FRAMES];
	unsigned int put;
	unsigned int taken;
	bool held_up;
	bool room;
	bool hup;
	int poll_result;
	int rx_result;
	bool tx_fails;
	atomic_int polls;
	atomic_int txs;
};

static struct memdev *to_mem(struct lkl_netdev *nd)
{
	return (struct memdev *)nd;
}

static void mem_tell(struct memdev *m, bool *what)
{
	pthread_mutex_lock(&m->lock);
	*what = true;
	pthread_cond_broadcast(&m->changed);
	pthread_mutex_unlock(&m->lock);
}

/* Return: false when it is full, and somebody will be told when it is not. */
static bool frame_put(struct memdev *to, const struct iovec *iov, int cnt)
{
	struct frame *frame = &to->frames[to->put % FRAMES];
	bool full;

	pthread_mutex_lock(&to->lock);
	full = to->put - to->taken == FRAMES;
	to->held_up |= full;
	for (frame->len = full ? frame->len : 0; !full && cnt; iov++, cnt--) {
		memcpy(frame->bytes + frame->len, iov->iov_base, iov->iov_len);
		frame->len += (int)iov->iov_len;
	}
	to->put += !full;
	pthread_cond_broadcast(&to->changed);
	pthread_mutex_unlock(&to->lock);
	return !full;
}

static int mem_tx(struct lkl_netdev *nd, struct iovec *iov, int cnt)
{
	struct memdev *m = to_mem(nd);

	m->txs++;
	if (m->tx_fails)
		return -1;
	return !m->peer || frame_put(m->peer, iov, cnt) ? 1 : -1;
}

/* The entries may be changed, and are. */
static void frame_get(const struct frame *frame, struct iovec *iov, int cnt)
{
	int at = 0;

	for (; cnt && at < frame->len; iov++, cnt--) {
		if (iov->iov_len > (size_t)(frame->len - at))
			iov->iov_len = (size_t)(frame->len - at);
		memcpy(iov->iov_base, frame->bytes + at, iov->iov_len);
		at += (int)iov->iov_len;
		iov->iov_base = NULL;
	}
}

static int mem_rx(struct lkl_netdev *nd, struct iovec *iov, int cnt)
{
	struct memdev *m = to_mem(nd);
	bool held_up = false;
	int len = -1;

	pthread_mutex_lock(&m->lock);
	if (m->put != m->taken) {
		struct frame *frame = &m->frames[m->taken++ % FRAMES];

		frame_get(frame, iov, cnt);
		len = m->rx_result ? m->rx_result : frame->len;
		held_up = m->held_up;
		m->held_up = false;
	}
	pthread_mutex_unlock(&m->lock);
	if (held_up && m->peer)
		mem_tell(m->peer, &m->peer->room);
	return len;
}

/* Whatever is so is told each time, but that there is room. */
static int mem_poll(struct lkl_netdev *nd)
{
	struct memdev *m = to_mem(nd);
	int result;

	m->polls++;
	pthread_mutex_lock(&m->lock);
	while (m->put == m->taken && !m->room && !m->hup && !m->poll_result)
		pthread_cond_wait(&m->changed, &m->lock);
	result = m->poll_result;
	if (!result)
		result = (m->put != m->taken ? LKL_DEV_NET_POLL_RX : 0) |
			 (m->room ? LKL_DEV_NET_POLL_TX : 0) |
			 (m->hup ? LKL_DEV_NET_POLL_HUP : 0);
	m->room = false;
	m->hup = false;
	pthread_mutex_unlock(&m->lock);
	return result;
}

static void mem_poll_hup(struct lkl_netdev *nd)
{
	mem_tell(to_mem(nd), &to_mem(nd)->hup);
}

static struct lkl_dev_net_ops mem_ops = {
	.tx = mem_tx,
	.rx = mem_rx,
	.poll = mem_poll,
	.poll_hup = mem_poll_hup,
};

static struct memdev *mem_create(void)
{
	struct memdev *m = calloc(1, sizeof(*m));

	m->nd.ops = &mem_ops;
	pthread_mutex_init(&m->lock, NULL);
	pthread_cond_init(&m->changed, NULL);
	return m;
}

/* Add it, with all the offloads that it can have. */
static void mem_connect(struct net_end *end, struct memdev *m, const char *ip)
{
	struct lkl_netdev_args args = { .offload = (unsigned int)LKL_NETDEV_OFFLOAD_ALL };

	lkl_kernel_use(end->kernel);
	end->nd = &m->nd;
	end->id = (int)must(lkl_netdev_add(&m->nd, &args));
	end->ifindex = (int)must(lkl_netdev_get_ifindex(end->id));
	must(lkl_if_set_ipv4(end->ifindex, inet_addr(ip), 24));
	must(lkl_if_up(end->ifindex));
}

static void link_start(struct net_end ends[2], struct memdev *mems[2], bool headers)
{
	static const char *const ips[] = { "10.1.1.1", "10.1.1.2" };

	for (int i = 0; i < 2; i++) {
		mems[i] = mem_create();
		mems[i]->nd.has_vnet_hdr = headers;
	}
	for (int i = 0; i < 2; i++) {
		mems[i]->peer = mems[!i];
		end_start(&ends[i]);
		mem_connect(&ends[i], mems[i], ips[i]);
	}
}

static void link_stop(struct net_end ends[2], struct memdev *mems[2])
{
	for (int i = 0; i < 2; i++) {
		lkl_kernel_use(ends[i].kernel);
		lkl_netdev_remove(ends[i].id);
	}
	for (int i = 0; i < 2; i++) {
		end_stop(&ends[i]);
		free(mems[i]);
	}
}

/* Bare frames, each of which a wire could carry. */
Test(netops, bare_frames)
{
	struct net_end ends[2];
	struct memdev *mems[2];
	int threads = host_threads();

	link_start(ends, mems, false);
	transfer_check(&ends[0], &ends[1], "10.1.1.2", 4 * MIB);
	transfer_check(&ends[1], &ends[0], "10.1.1.1", 4 * MIB);
	cr_expect_gt(mems[0]->txs, (int)(4 * MIB / 1500));
	link_stop(ends, mems);
	cr_expect_eq(host_threads(), threads);
}

/* With headers packets pass whole. */
Test(netops, offloads)
{
	struct net_end ends[2];
	struct memdev *mems[2];

	link_start(ends, mems, true);
	transfer_check(&ends[0], &ends[1], "10.1.1.2", 16 * MIB);
	cr_expect_lt(mems[0]->txs, (int)(16 * MIB / 1500));
	link_stop(ends, mems);
}

static void pour(const char *ip)
{
	struct sockaddr_in addr = address(ip, 9);
	long fd = must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));
	char buf[1000] = "";

	for (int i = 0; i < 100; i++)
		lkl_sys_sendto((int)fd, buf, sizeof(buf), MSG_DONTWAIT,
			       (struct sockaddr *)&addr, sizeof(addr));
	must(lkl_sys_close((unsigned int)fd));
}

/* A device that is taken away and added again polls as before. */
Test(netops, added_again)
{
	struct net_end ends[2];
	struct memdev *mems[2];
	int threads;

	link_start(ends, mems, false);
	threads = host_threads();
	for (int i = 0; i < 30; i++) {
		/* Something is always on its way to it. */
		lkl_kernel_use(ends[1].kernel);
		pour("10.1.1.1");
		lkl_kernel_use(ends[0].kernel);
		lkl_netdev_remove(ends[0].id);
		cr_expect_eq(host_threads(), threads - 1, "its thread has ended");
		mem_connect(&ends[0], mems[0], "10.1.1.1");
		transfer_check(&ends[0], &ends[1], "10.1.1.2", 10000);
	}
	link_stop(ends, mems);
}

static struct net_end end;
static struct memdev *mem;

/* A kernel whose device's other end is the test. */
static void one_start(void)
{
	mem = mem_create();
	end_start(&end);
	mem_connect(&end, mem, "10.1.1.1");
}

static void one_stop(void)
{
	lkl_kernel_use(end.kernel);
	end_stop(&end);
	free(mem);
}

TestSuite(netops_one, .init = one_start, .fini = one_stop);

/* The frames of noise that follow each other to a device. */
static bool noise_put(int len)
{
	static char noise[2000];
	struct iovec iov = { noise, (size_t)len };

	return frame_put(mem, &iov, 1);
}

static unsigned int waiting(void)
{
	unsigned int n;

	pthread_mutex_lock(&mem->lock);
	n = mem->put - mem->taken;
	pthread_mutex_unlock(&mem->lock);
	return n;
}

/*
 * An interface that is down takes no more frames than it has buffers for. Then its
 * poll() is not called over and over, though it would always tell of a frame.
 */
Test(netops_one, no_turning_in_circles)
{
	int polls, sent = 0;

	must(lkl_if_down(end.ifindex));
	for (int idle = 0; sent < 10000 && idle < 100; ) {
		if (noise_put(1000)) {
			sent++;
			idle = 0;
		} else {
			sleep_ms(2);
			idle++;
		}
	}
	cr_assert_lt(sent, 10000, "the interface takes frames without end");
	polls = mem->polls;
	sleep_ms(200);
	cr_expect_eq(mem->polls, polls);
	must(lkl_if_up(end.ifindex));
	cr_assert(eventually(!waiting()));
}

static long udp_to(const char *ip)
{
	struct sockaddr_in addr = address(ip, 9);
	long fd = must(lkl_sys_socket(AF_INET, SOCK_DGRAM, 0));

	must(lkl_sys_connect((int)fd, (struct sockaddr *)&addr, sizeof(addr)));
	return fd;
}

static void *fail_later(void *arg)
{
	sleep_ms(50);
	pthread_mutex_lock(&mem->lock);
	mem->poll_result = *(int *)arg;
	pthread_cond_broadcast(&mem->changed);
	pthread_mutex_unlock(&mem->lock);
	return NULL;
}

static void poll_fails(int result)
{
	long fd = udp_to("10.1.1.2");
	pthread_t thread = thread_start(fail_later, &result);
	char byte;

	check_call(lkl_sys_read((unsigned int)fd, &byte, 1), -ECONNABORTED);
	thread_join(thread);
	cr_expect_eq(interface_number(end.ifindex, "flags") & IFF_UP, 0);
}

/* When poll() fails, or hangs up unasked, the device is gone for good. */
Test(netops_one, poll_fails)
{
	poll_fails(-1);
}

Test(netops_one, hang_up_unasked)
{
	poll_fails(LKL_DEV_NET_POLL_HUP);
}

/* A device that never takes a frame holds senders up, and nothing else. */
Test(netops_one, tx_fails)
{
	static const unsigned char mac[6] = { 2, 0, 0, 0, 0, 2 };
	long n, fd = udp_to("10.1.1.2");
	char buf[1000] = "";
	int sent = 0, before;

	must(lkl_add_neighbor(end.ifindex, AF_INET,
			      &(struct in_addr){ inet_addr("10.1.1.2") }, (void *)mac));
	mem->tx_fails = true;
	do
		n = lkl_sys_sendto((int)fd, buf, sizeof(buf), MSG_DONTWAIT, NULL, 0);
	while (n > 0 && sent++ < 100000);
	check_call(n, -EAGAIN);
	/* Told that there is room when there is none, it tries once more. */
	before = mem->txs;
	mem_tell(mem, &mem->room);
	cr_expect(eventually(mem->txs == before + 1));
	mem->tx_fails = false;
	mem_tell(mem, &mem->room);
	/* All that was held up, besides that one try. */
	cr_expect(eventually(mem->txs >= before + 1 + sent));
	check_call(lkl_sys_sendto((int)fd, buf, sizeof(buf), 0, NULL, 0), sizeof(buf));
}

/* Lengths that cannot be, and frames that are none: dropped. */
Test(netops_one, bad_lengths)
{
	static const int lengths[] = { 1, 13, 1 << 30, FRAME_MAX + 1, -5 };

	for (unsigned int i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		mem->rx_result = lengths[i];
		for (int j = 0; j < 10; j++)
			cr_assert(noise_put(100));
		cr_assert(eventually(!waiting()), "length %d", lengths[i]);
	}
	cr_assert_null(lkl_panic_message());
}

Test(netops, incomplete_operations)
{
	struct lkl_dev_net_ops ops = mem_ops;
	struct lkl_netdev nd = { .ops = &ops };

	boot_kernel();
	ops.poll_hup = NULL;
	check_call(lkl_netdev_add(&nd, NULL), -LKL_EINVAL);
	cr_assert_not_null(strstr(lkl_netdev_error(), "incomplete"));
	lkl_netdev_free(&nd);
	halt_kernel();
}
