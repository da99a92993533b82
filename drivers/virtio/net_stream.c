// SPDX-License-Identifier: GPL-2.0
/*
 * net_stream.c - network backend over a connected stream socket.
 *
 * Layer:   drivers/virtio, below the network device.
 * Users:   net.c through struct virtio_net_backend_ops; net_passt.c makes it.
 * Locking: none. The device sends in one thread at a time and receives in one at
 *          a time, which may be two; each has its half of the state. The watch's
 *          thread only tells the device, and both halves that the peer is gone.
 *
 * DOC: Theory of operation
 *
 * The stream carries frames, each behind its length in 4 bytes. Neither side can
 * find a frame's start again if it lost one, so a frame goes out whole or not at
 * all, and a length that no frame can have ends the connection.
 *
 * Sending. Short frames are copied and kept back until flush(), so that a batch of
 * them costs one system call; a long one goes out at once with what was kept back
 * before it, and is not copied. If the socket takes only a part of a frame, the rest
 * is kept, and nothing else goes out before it. The buffer is empty whenever
 * a frame was cut, so there is always room.
 *
 * Receiving. As much as there is, is read at once; frames are copied from there.
 * Reading stops at -EAGAIN, never at a short read: the watch is edge-triggered.
 *
 * The end. The peer closing, an error or a broken stream take the link down for
 * good. What is left of it stays in place until the device is destroyed.
 */
#include "drivers/virtio/net_stream.h"

#include <endian.h>
#include <errno.h>
#include <net/if_arp.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/virtio/net_device.h"
#include "drivers/virtio/net_fd.h"
#include "drivers/virtio/net_refusal.h"

#define HEADER_SIZE	VIRTIO_NET_HDR_SIZE
#define LENGTH_SIZE	sizeof(uint32_t)
#define ETHERNET_MIN	14

/* The longest frame a peer may send; QEMU's limit (NET_BUFSIZE). */
#define FRAME_MAX	(4096 + 65536)

/* Buffers of a frame: a chain and a header. */
#define FRAME_IOVS	(VIRTQUEUE_SIZE_MAX + 1)

#define RX_SIZE		(512U << 10)
#define TX_SIZE		(128U << 10)

/* Copying this much costs less than a system call. */
#define COPY_MAX	4096

/* A peer that is told to end does so in a few ms; one that hangs is left behind. */
#define END_TIMEOUT_MS	2000

_Static_assert(LENGTH_SIZE + FRAME_MAX <= TX_SIZE, "a cut frame fits");
_Static_assert(LENGTH_SIZE + FRAME_MAX <= RX_SIZE, "a frame fits");

/**
 * struct bytes - a buffer of what is on its way
 * @start: first byte in use
 * @end: first one after it that is free
 * @data: the buffer
 */
struct bytes {
	size_t start;
	size_t end;
	char *data;
};

/**
 * struct stream - the backend
 * @be: its public part; first
 * @host: surroundings
 * @watch: readiness of the socket
 * @ends: the descriptors
 * @tx: what was sent and has not gone out; the sender's
 * @rx: what came in and was not received; the receiver's
 * @refusal: requests that may have to be refused
 * @out: for one call of sendmsg(); the sender's, which may run on a kernel stack
 */
struct stream {
	struct virtio_net_backend be;
	struct virtio_host host;
	struct virtio_watch *watch;
	struct virtio_net_stream ends;
	struct bytes tx;
	struct bytes rx;
	struct net_refusal refusal;
	struct iovec out[2 + FRAME_IOVS];
};

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static bool stream_up(const struct stream *s)
{
	return virtio_net_is_up(&s->be);
}

/* The first to notice tells the device. Return: @err. */
static int stream_gone(struct stream *s, int err)
{
	virtio_net_gone(&s->be);
	return err;
}

static void stream_ready(void *arg, uint32_t events)
{
	struct stream *s = arg;

	virtio_net_events(&s->be, events);
	/* What the peer sent before it went away has been received by now. */
	if (events & (EPOLLHUP | EPOLLERR))
		stream_gone(s, 0);
}

/* Sending */

static size_t tx_pending(const struct stream *s)
{
	return s->tx.end - s->tx.start;
}

/* Keep @len bytes of @iov from @skip on. */
static void tx_keep(struct stream *s, const struct iovec *iov,
		    unsigned int count, size_t skip, size_t len)
{
	s->tx.end += iov_get(iov, count, skip, s->tx.data + s->tx.end, len);
}

static void tx_advance(struct stream *s, size_t len)
{
	s->tx.start += len;
	if (s->tx.start == s->tx.end)
		s->tx.start = s->tx.end = 0;
}

/* Return: bytes written, 0 when there is no room, or an error: the peer is gone. */
static ssize_t tx_write(struct stream *s, struct iovec *iov, unsigned int count)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = count };
	ssize_t n;

	do
		n = sendmsg(s->ends.fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)
		return 0;
	return stream_gone(s, -errno);
}

static int tx_drain(struct stream *s)
{
	while (tx_pending(s)) {
		struct iovec iov = { s->tx.data + s->tx.start, tx_pending(s) };
		ssize_t n = tx_write(s, &iov, 1);

		if (n <= 0)
			return n ? (int)n : -EAGAIN;
		tx_advance(s, n);
	}
	return 0;
}

/*
 * Write what is kept and then the frame, @len bytes in @iov[1..] with its length in
 * front. @iov[0] is free for the former.
 */
static int tx_write_frame(struct stream *s, struct iovec *iov,
			  unsigned int count, size_t len)
{
	size_t pending = tx_pending(s), written;
	ssize_t n;

	iov[0].iov_base = s->tx.data + s->tx.start;
	iov[0].iov_len = pending;
	n = tx_write(s, iov, count);
	if (n < 0)
		return (int)n;
	tx_advance(s, min_size(n, pending));
	if ((size_t)n <= pending)
		return -EAGAIN;
	written = n - pending;
	tx_keep(s, iov + 1, count - 1, written, len - written);
	return 0;
}

/* Room for a short frame, if need be by writing what is there. */
static int tx_make_room(struct stream *s, size_t len)
{
	if (s->tx.end + len <= TX_SIZE)
		return 0;
	return tx_drain(s);
}

static int stream_send(struct virtio_net_backend *be, unsigned int pair,
		       const struct iovec *iov, unsigned int count, size_t len)
{
	struct stream *s = (struct stream *)be;
	struct iovec *out = s->out;
	unsigned int bare;
	uint32_t length;
	int err;

	if (!stream_up(s))
		return -ENETDOWN;
	bare = net_fd_unprefixed(out + 2, FRAME_IOVS, iov, count);
	if (!bare || len < HEADER_SIZE + ETHERNET_MIN ||
	    len - HEADER_SIZE > FRAME_MAX)
		return -EMSGSIZE;
	if (s->ends.mend_refusals)
		net_refusal_sent(&s->refusal, iov, count, len);
	len -= HEADER_SIZE;
	length = htobe32(len);
	out[1].iov_base = &length;
	out[1].iov_len = LENGTH_SIZE;
	len += LENGTH_SIZE;
	if (len > COPY_MAX)
		return tx_write_frame(s, out, bare + 2, len);

	err = tx_make_room(s, len);
	if (!err)
		tx_keep(s, out + 1, bare + 1, 0, len);
	return err;
}

static int stream_flush(struct virtio_net_backend *be, unsigned int pair)
{
	struct stream *s = (struct stream *)be;

	return stream_up(s) ? tx_drain(s) : -ENETDOWN;
}

/* Receiving */

static size_t rx_pending(const struct stream *s)
{
	return s->rx.end - s->rx.start;
}

/* Read more behind what is there. Return: 0, -EAGAIN, or an error: no peer. */
static int rx_fill(struct stream *s)
{
	struct bytes *rx = &s->rx;
	ssize_t n;

	/* A frame that has begun is moved only when it could not end here. */
	if (rx->start == rx->end || RX_SIZE - rx->start < LENGTH_SIZE + FRAME_MAX) {
		memmove(rx->data, rx->data + rx->start, rx_pending(s));
		rx->end -= rx->start;
		rx->start = 0;
	}
	do
		n = recv(s->ends.fd, rx->data + rx->end, RX_SIZE - rx->end,
			 MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? -EAGAIN : stream_gone(s, -errno);
	if (!n)
		return stream_gone(s, -ENETDOWN);
	rx->end += n;
	return 0;
}

/* Is there a whole frame? Return: its length, 0 if not, -EPROTO. */
static ssize_t rx_frame(const struct stream *s)
{
	uint32_t length;

	if (rx_pending(s) < LENGTH_SIZE)
		return 0;
	memcpy(&length, s->rx.data + s->rx.start, LENGTH_SIZE);
	length = be32toh(length);
	if (length < ETHERNET_MIN || length > FRAME_MAX)
		return -EPROTO;
	return rx_pending(s) < LENGTH_SIZE + length ? 0 : (ssize_t)length;
}

static ssize_t stream_receive(struct virtio_net_backend *be, unsigned int pair,
			      const struct iovec *iov, unsigned int count)
{
	static const char no_header[HEADER_SIZE];
	struct stream *s = (struct stream *)be;
	ssize_t len;
	char *frame;
	int err;

	for (;;) {
		len = rx_frame(s);
		if (len < 0)
			return stream_gone(s, (int)len);
		if (!len) {
			err = rx_fill(s);
			if (err)
				return err;
			continue;
		}
		frame = s->rx.data + s->rx.start + LENGTH_SIZE;
		s->rx.start += LENGTH_SIZE + len;
		if (s->ends.mend_refusals)
			net_refusal_received(&s->refusal, frame, len);
		if (iov_put(iov, count, HEADER_SIZE, frame, len) ==
		    (size_t)len) {
			iov_put(iov, count, 0, no_header, HEADER_SIZE);
			return (ssize_t)HEADER_SIZE + len;
		}
	}
}

/* Beginning and end */

/* RFC 5227, section 2.3: an ARP announcement. */
static void stream_announce(struct stream *s)
{
	struct {
		struct virtio_net_hdr_v1 hdr;
		struct ether_header ethernet;
		struct ether_arp arp;
	} __attribute__((packed)) frame = {
		.ethernet.ether_type = htons(ETHERTYPE_ARP),
		.arp.ea_hdr = {
			.ar_hrd = htons(ARPHRD_ETHER),
			.ar_pro = htons(ETHERTYPE_IP),
			.ar_hln = ETH_ALEN,
			.ar_pln = sizeof(struct in_addr),
			.ar_op = htons(ARPOP_REQUEST),
		},
	};
	const struct iovec iov = { &frame, sizeof(frame) };

	memset(frame.ethernet.ether_dhost, 0xff, ETH_ALEN);
	memcpy(frame.ethernet.ether_shost, s->be.mac, ETH_ALEN);
	memcpy(frame.arp.arp_sha, s->be.mac, ETH_ALEN);
	memcpy(frame.arp.arp_spa, &s->ends.announce, sizeof(struct in_addr));
	memcpy(frame.arp.arp_tpa, &s->ends.announce, sizeof(struct in_addr));
	if (!stream_send(&s->be, 0, &iov, 1, sizeof(frame)))
		stream_flush(&s->be, 0);
}

static int stream_start(struct virtio_net_backend *be, uint64_t features,
			unsigned int pairs)
{
	struct stream *s = (struct stream *)be;

	if (s->ends.announce.s_addr)
		stream_announce(s);
	return stream_up(s) ? 0 : -ENETDOWN;
}

void virtio_net_stream_close(const struct virtio_net_stream *stream)
{
	struct pollfd end = { .fd = stream->alive };

	close(stream->fd);
	if (stream->alive < 0)
		return;
	/* The ports it forwards are free again when it is gone. */
	poll(&end, 1, END_TIMEOUT_MS);
	close(stream->alive);
}

static void stream_free(struct stream *s)
{
	s->host.mem->free(s->tx.data);
	s->host.mem->free(s->rx.data);
	s->host.mem->free(s);
}

static void stream_destroy(struct virtio_net_backend *be)
{
	struct stream *s = (struct stream *)be;

	s->host.watch->remove(s->watch);
	virtio_net_stream_close(&s->ends);
	stream_free(s);
}

static const struct virtio_net_backend_ops stream_ops = {
	.start = stream_start,
	.send = stream_send,
	.flush = stream_flush,
	.receive = stream_receive,
	.destroy = stream_destroy,
};

int virtio_net_stream_create(const struct virtio_host *host,
			     const struct virtio_net_stream *stream,
			     struct virtio_net_backend **be)
{
	struct stream *s;
	int err = -ENOMEM;

	if (!host->watch)
		return -EOPNOTSUPP;
	s = host->mem->alloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->host = *host;
	s->ends = *stream;
	s->be.ops = &stream_ops;
	s->be.pairs = 1;
	s->be.mtu = stream->mtu;
	memcpy(s->be.mac, stream->mac, sizeof(s->be.mac));
	s->be.link_up = true;
	s->tx.data = host->mem->alloc(TX_SIZE);
	s->rx.data = host->mem->alloc(RX_SIZE);
	if (!s->tx.data || !s->rx.data)
		goto err_free;
	err = host->watch->add(host->watcher, stream->fd, stream_ready, s,
			       &s->watch);
	if (err)
		goto err_free;
	*be = &s->be;
	return 0;

err_free:
	stream_free(s);
	return err;
}
