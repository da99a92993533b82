// SPDX-License-Identifier: GPL-2.0
/*
 * net_pcap.c - a network backend that writes down what passes another.
 *
 * Layer:   drivers/virtio, a backend (device/backend seam of net.h) over a backend.
 * Users:   net.c, by its operations; tools/lkl/lib/netdev.c makes it.
 * Locking: one write() a frame to a file open for appending, so that queue pairs
 *          need no lock; @ended is atomic.
 *
 * The file is as libpcap has them, with nanoseconds, in the host's byte order:
 * https://ietf-opsawg-wg.github.io/draft-ietf-opsawg-pcap.
 */
#include "drivers/virtio/net_pcap.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "drivers/virtio/net_fd.h"

#define MAGIC_NS	0xa1b23c4d
#define VERSION_MAJOR	2
#define VERSION_MINOR	4
#define LINK_ETHERNET	1
#define SNAP_LEN	262144

struct pcap_file {
	uint32_t magic;
	uint16_t version_major;
	uint16_t version_minor;
	uint32_t reserved[2];
	uint32_t snap_len;
	uint32_t link_type;
};

struct pcap_record {
	uint32_t sec;
	uint32_t nsec;
	uint32_t captured;
	uint32_t len;
};

_Static_assert(sizeof(struct pcap_file) == 24, "pcap, section 4");
_Static_assert(sizeof(struct pcap_record) == 16, "pcap, section 5");

/* For what is written of a frame: the record's header, and the frame without its own. */
struct pcap_pair {
	struct iovec out[1 + VIRTIO_NET_SEND_IOVS];
	struct iovec in[1 + VIRTIO_NET_RECEIVE_IOVS];
};

struct pcap {
	struct virtio_net_backend be;
	void (*free)(void *ptr);
	struct virtio_net_backend *inner;
	int fd;
	bool ended;
	struct pcap_pair *pair;
};

static struct pcap *to_pcap(struct virtio_net_backend *be)
{
	return (struct pcap *)be;
}

/* Write @len bytes of a frame, which include its header; @iov has room for @max more. */
static void frame_write(struct pcap *pcap, struct iovec *iov, unsigned int max,
			const struct iovec *frame, unsigned int count, size_t len)
{
	struct pcap_record record;
	struct timespec ts;
	size_t left;
	unsigned int n;

	if (__atomic_load_n(&pcap->ended, __ATOMIC_RELAXED))
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	len -= VIRTIO_NET_HDR_SIZE;
	record = (struct pcap_record){ (uint32_t)ts.tv_sec, (uint32_t)ts.tv_nsec,
				       (uint32_t)len, (uint32_t)len };
	iov[0] = (struct iovec){ &record, sizeof(record) };
	count = net_fd_unprefixed(iov + 1, max, frame, count);
	/* A received frame ends somewhere in its buffers. */
	for (n = 1, left = len; n <= count && left; left -= iov[n++].iov_len)
		if (iov[n].iov_len > left)
			iov[n].iov_len = left;
	if (writev(pcap->fd, iov, (int)n) != (ssize_t)(sizeof(record) + len))
		__atomic_store_n(&pcap->ended, true, __ATOMIC_RELAXED);
}

static int pcap_start(struct virtio_net_backend *be, uint64_t features,
		      unsigned int pairs)
{
	struct pcap *pcap = to_pcap(be);

	return pcap->inner->ops->start(pcap->inner, features, pairs);
}

static int pcap_send(struct virtio_net_backend *be, unsigned int pair,
		     const struct iovec *iov, unsigned int count, size_t len)
{
	struct pcap *pcap = to_pcap(be);
	int err = pcap->inner->ops->send(pcap->inner, pair, iov, count, len);

	if (!err)
		frame_write(pcap, pcap->pair[pair].out, VIRTIO_NET_SEND_IOVS, iov,
			    count, len);
	return err;
}

static int pcap_flush(struct virtio_net_backend *be, unsigned int pair)
{
	struct virtio_net_backend *inner = to_pcap(be)->inner;

	return inner->ops->flush ? inner->ops->flush(inner, pair) : 0;
}

static ssize_t pcap_receive(struct virtio_net_backend *be, unsigned int pair,
			    const struct iovec *iov, unsigned int count)
{
	struct pcap *pcap = to_pcap(be);
	ssize_t n = pcap->inner->ops->receive(pcap->inner, pair, iov, count);

	if (n > VIRTIO_NET_HDR_SIZE && n <= VIRTIO_NET_FRAME_MAX)
		frame_write(pcap, pcap->pair[pair].in, VIRTIO_NET_RECEIVE_IOVS, iov,
			    count, n);
	return n;
}

static int pcap_update(struct virtio_net_backend *be, uint64_t features,
		       unsigned int pairs)
{
	struct virtio_net_backend *inner = to_pcap(be)->inner;

	return inner->ops->update(inner, features, pairs);
}

static void pcap_destroy(struct virtio_net_backend *be)
{
	struct pcap *pcap = to_pcap(be);

	pcap->inner->ops->destroy(pcap->inner);
	close(pcap->fd);
	pcap->free(pcap->pair);
	pcap->free(pcap);
}

static const struct virtio_net_backend_ops pcap_ops = {
	.start = pcap_start,
	.send = pcap_send,
	.flush = pcap_flush,
	.receive = pcap_receive,
	.destroy = pcap_destroy,
};

/* For what is over a backend that can be updated. */
static const struct virtio_net_backend_ops pcap_update_ops = {
	.start = pcap_start,
	.send = pcap_send,
	.flush = pcap_flush,
	.receive = pcap_receive,
	.update = pcap_update,
	.destroy = pcap_destroy,
};

/* struct virtio_net_backend.ready of the inner one */
static void inner_ready(void *arg, unsigned int pair, unsigned int what)
{
	struct pcap *pcap = arg;
	struct virtio_net_backend *inner = pcap->inner;

	if (what & VIRTIO_NET_READY_LINK) {
		__atomic_store_n(&pcap->be.link_up, virtio_net_is_up(inner),
				 __ATOMIC_RELEASE);
		__atomic_store_n(&pcap->be.gone, virtio_net_is_gone(inner),
				 __ATOMIC_RELEASE);
	}
	virtio_net_ready(&pcap->be, pair, what);
}

int virtio_net_pcap_begin(int fd)
{
	const struct pcap_file file = {
		.magic = MAGIC_NS,
		.version_major = VERSION_MAJOR,
		.version_minor = VERSION_MINOR,
		.snap_len = SNAP_LEN,
		.link_type = LINK_ETHERNET,
	};
	ssize_t n = write(fd, &file, sizeof(file));

	if (n < 0)
		return -errno;
	return n == sizeof(file) ? 0 : -EIO;
}

int virtio_net_pcap_create(const struct virtio_host *host,
			   struct virtio_net_backend *inner, int fd,
			   struct virtio_net_backend **be)
{
	struct pcap *pcap = host->mem->alloc(sizeof(*pcap));
	int err = -ENOMEM;

	if (!pcap)
		return -ENOMEM;
	pcap->pair = host->mem->alloc(inner->pairs * sizeof(*pcap->pair));
	if (!pcap->pair)
		goto err_free;
	pcap->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (pcap->fd < 0) {
		err = -errno;
		goto err_pair;
	}
	pcap->be = *inner;
	pcap->be.ops = inner->ops->update ? &pcap_update_ops : &pcap_ops;
	pcap->free = host->mem->free;
	pcap->inner = inner;
	inner->ready_arg = pcap;
	__atomic_store_n(&inner->ready, inner_ready, __ATOMIC_RELEASE);
	*be = &pcap->be;
	return 0;

err_pair:
	host->mem->free(pcap->pair);
err_free:
	host->mem->free(pcap);
	return err;
}
