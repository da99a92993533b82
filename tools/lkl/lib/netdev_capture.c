// SPDX-License-Identifier: GPL-2.0
/*
 * netdev_capture.c - lkl_netdev_capture(): what passes a network device, in a file
 *
 * Layer:   tools/lkl/lib, the C API, above drivers/virtio; documented in lkl.h.
 * Users:   applications; netdev.c.
 * Locking: none; a device is in one kernel at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "drivers/virtio/net_pcap.h"
#include "netdev.h"

/* struct lkl_netdev.capture */
struct capture {
	int fd;
};

int netdev_capture_create(const struct lkl_netdev *nd,
			  const struct virtio_host *host,
			  struct virtio_net_backend **be)
{
	const struct capture *capture = nd->capture;

	if (!capture)
		return 0;
	return virtio_net_pcap_create(host, *be, capture->fd, be);
}

void netdev_capture_free(struct lkl_netdev *nd)
{
	struct capture *capture = nd->capture;

	if (capture)
		close(capture->fd);
	free(capture);
	nd->capture = NULL;
}

static int capture_open(const char *path)
{
	int err, fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);

	if (fd < 0)
		return -errno;
	err = virtio_net_pcap_begin(fd);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int lkl_netdev_capture(struct lkl_netdev *nd, const char *path)
{
	struct capture *capture;

	netdev_ok();
	if (!nd)
		return netdev_fail(-EINVAL, "no network device given");
	netdev_capture_free(nd);
	if (!path)
		return 0;
	capture = malloc(sizeof(*capture));
	if (!capture)
		return netdev_fail(-ENOMEM, "capture");
	capture->fd = capture_open(path);
	if (capture->fd < 0) {
		int err = capture->fd;

		free(capture);
		return netdev_fail(err, "capture file %s", path);
	}
	nd->capture = capture;
	return 0;
}
