// SPDX-License-Identifier: GPL-2.0
/*
 * net_vde.c - a port of a VDE switch as a network backend.
 *
 * Layer:   drivers/virtio, below the network device.
 * Users:   net.c through struct virtio_net_backend_ops; tools/lkl/lib makes it.
 * Locking: none. The device sends in one thread at a time and receives in one at
 *          a time; each has a buffer of its own, and libvdeplug keeps no state.
 *
 * VDE moves single frames, without a virtio header, by datagrams. The control
 * connection is silent; that it ends is how a switch says that it is gone.
 */
#include "drivers/virtio/net_vde.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "drivers/virtio/net_device.h"
#include "drivers/virtio/vde_api.h"

#define ETHERNET_MIN	14
#define MTU		1500

/**
 * struct vde - the backend
 * @be: its public part; first
 * @host: surroundings
 * @api: libvdeplug
 * @conn: the connection
 * @data: readiness of its data socket
 * @control: that of its control socket, or NULL
 * @waits: a full switch can be waited for
 * @tx: a frame to be sent
 * @rx: a frame received
 */
struct vde {
	struct virtio_net_backend be;
	struct virtio_host host;
	const struct vde_api *api;
	VDECONN *conn;
	struct virtio_watch *data;
	struct virtio_watch *control;
	bool waits;
	char tx[VDE_ETHBUFSIZE];
	char rx[VDE_ETHBUFSIZE];
};

static bool vde_up(const struct vde *vde)
{
	return virtio_net_is_up(&vde->be);
}

static int vde_gone(struct vde *vde)
{
	virtio_net_gone(&vde->be);
	return -ENETDOWN;
}

static void vde_data_ready(void *arg, uint32_t events)
{
	struct vde *vde = arg;

	virtio_net_events(&vde->be, events);
}

static void vde_control_ready(void *arg, uint32_t events)
{
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		vde_gone(arg);
}

static int vde_start(struct virtio_net_backend *be, uint64_t features,
		     unsigned int pairs)
{
	return vde_up((struct vde *)be) ? 0 : -ENETDOWN;
}

static int vde_send_frame(struct virtio_net_backend *be, unsigned int pair,
			  const struct iovec *iov, unsigned int count,
			  size_t len)
{
	struct vde *vde = (struct vde *)be;

	if (!vde_up(vde))
		return -ENETDOWN;
	len -= VIRTIO_NET_HDR_SIZE;
	if (len > sizeof(vde->tx))
		return -EMSGSIZE;
	iov_get(iov, count, VIRTIO_NET_HDR_SIZE, vde->tx, len);
	if (vde->api->send(vde->conn, vde->tx, len, MSG_DONTWAIT) >= 0)
		return 0;
	if (errno == EAGAIN && vde->waits)
		return -EAGAIN;
	return -ENOBUFS;
}

static ssize_t vde_receive_frame(struct virtio_net_backend *be,
				 unsigned int pair, const struct iovec *iov,
				 unsigned int count)
{
	static const char header[VIRTIO_NET_HDR_SIZE];
	struct vde *vde = (struct vde *)be;
	size_t len;
	ssize_t n;

	do {
		n = vde->api->recv(vde->conn, vde->rx, sizeof(vde->rx),
				   MSG_DONTWAIT);
		if (n < 0)
			return errno == EAGAIN ? -EAGAIN : vde_gone(vde);
		len = n;
	} while (len < ETHERNET_MIN ||
		 iov_put(iov, count, sizeof(header), vde->rx, len) < len);
	iov_put(iov, count, 0, header, sizeof(header));
	return (ssize_t)(sizeof(header) + len);
}

static void vde_destroy(struct virtio_net_backend *be)
{
	struct vde *vde = (struct vde *)be;

	vde->host.watch->remove(vde->control);
	vde->host.watch->remove(vde->data);
	vde->api->close(vde->conn);
	vde->host.mem->free(vde);
}

static const struct virtio_net_backend_ops vde_ops = {
	.start = vde_start,
	.send = vde_send_frame,
	.receive = vde_receive_frame,
	.destroy = vde_destroy,
};

/* A socket connected to the switch's tells when that has room again. */
static bool can_wait(int fd)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);

	return !getpeername(fd, (struct sockaddr *)&peer, &len);
}

static int vde_watch(struct vde *vde)
{
	const struct virtio_watch_ops *watch = vde->host.watch;
	int data = vde->api->datafd(vde->conn);
	int control = vde->api->ctlfd(vde->conn), err;

	if (fcntl(data, F_SETFL, fcntl(data, F_GETFL) | O_NONBLOCK))
		return -errno;
	vde->waits = can_wait(data);
	err = watch->add(vde->host.watcher, data, vde_data_ready, vde,
			 &vde->data);
	if (err || control < 0 || control == data)
		return err;
	err = watch->add(vde->host.watcher, control, vde_control_ready, vde,
			 &vde->control);
	if (err)
		watch->remove(vde->data);
	return err;
}

static int vde_connect(struct vde *vde, const char *url)
{
	static char description[] = "lkl";
	int err;

	/* It takes its strings as not const, and does not change them. */
	errno = EIO;
	vde->conn = vde->api->open_real((char *)(uintptr_t)url, description,
					LIBVDEPLUG_INTERFACE_VERSION, NULL);
	if (!vde->conn)
		return -errno;
	err = vde_watch(vde);
	if (err)
		vde->api->close(vde->conn);
	return err;
}

int virtio_net_vde_create(const struct virtio_host *host, const char *url,
			  struct virtio_net_backend **be)
{
	struct vde *vde;
	int err;

	if (!host->watch)
		return -EOPNOTSUPP;
	vde = host->mem->alloc(sizeof(*vde));
	if (!vde)
		return -ENOMEM;
	vde->host = *host;
	vde->be.ops = &vde_ops;
	vde->be.pairs = 1;
	vde->be.mtu = MTU;
	vde->be.link_up = true;
	err = vde_api_load(&vde->api);
	if (!err)
		err = vde_connect(vde, url);
	if (err) {
		host->mem->free(vde);
		return err;
	}
	*be = &vde->be;
	return 0;
}
