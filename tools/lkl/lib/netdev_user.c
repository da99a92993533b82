// SPDX-License-Identifier: GPL-2.0
/*
 * netdev_user.c - network devices for ordinary users: passt, slirp, VDE
 *
 * Layer:   tools/lkl/lib, the C API, above drivers/virtio; documented in lkl.h.
 * Users:   applications; netdev.c, by struct lkl_dev_net_ops.
 * Locking: none; a device is in one kernel at a time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/virtio/net_user.h"
#include "drivers/virtio/net_vde.h"
#include "netdev.h"

typedef int user_create_fn(const struct virtio_host *host,
			   const struct virtio_net_user *user,
			   struct virtio_net_backend **be,
			   struct virtio_net_why *why);

/**
 * struct user_netdev - a device over passt or slirp
 * @nd: the part all share
 * @create: makes its backend
 * @user: the network it shows
 */
struct user_netdev {
	struct lkl_netdev nd;
	user_create_fn *create;
	struct virtio_net_user user;
};

/**
 * struct vde_netdev - a device over a VDE switch
 * @nd: the part all share
 * @url: the switch
 */
struct vde_netdev {
	struct lkl_netdev nd;
	char url[];
};

static void netdev_free(struct lkl_netdev *nd)
{
	free(nd);
}

static int user_backend(struct lkl_netdev *nd, const struct virtio_host *host,
			unsigned int pairs, struct virtio_net_backend **be)
{
	struct user_netdev *dev = (struct user_netdev *)nd;
	struct virtio_net_why why;
	int err = dev->create(host, &dev->user, be, &why);

	return err ? netdev_fail(err, "%s", why.text) : 0;
}

static struct lkl_dev_net_ops user_ops = {
	.free = netdev_free,
	.backend = user_backend,
};

static struct lkl_netdev *user_create(user_create_fn *create,
				      const char *options)
{
	struct user_netdev *dev = calloc(1, sizeof(*dev));
	struct virtio_net_why why;
	int err;

	netdev_ok();
	if (!dev) {
		netdev_fail(-ENOMEM, "network device");
		return NULL;
	}
	err = virtio_net_user_parse(options, &dev->user, &why);
	if (err) {
		netdev_fail(err, "%s", why.text);
		free(dev);
		return NULL;
	}
	dev->nd.ops = &user_ops;
	dev->nd.id = -1;
	dev->create = create;
	return &dev->nd;
}

struct lkl_netdev *lkl_netdev_passt_create(const char *options)
{
	return user_create(virtio_net_passt_create, options);
}

struct lkl_netdev *lkl_netdev_slirp_create(const char *options)
{
	return user_create(virtio_net_slirp_create, options);
}

struct lkl_netdev *lkl_netdev_user_create(const char *options)
{
	return user_create(virtio_net_user_create, options);
}

static int vde_backend(struct lkl_netdev *nd, const struct virtio_host *host,
		       unsigned int pairs, struct virtio_net_backend **be)
{
	struct vde_netdev *dev = (struct vde_netdev *)nd;
	int err = virtio_net_vde_create(host, dev->url, be);

	if (err == -ELIBACC)
		return netdev_fail(err, "VDE needs libvdeplug2");
	return err ? netdev_fail(err, "VDE switch %s", dev->url) : 0;
}

static struct lkl_dev_net_ops vde_ops = {
	.free = netdev_free,
	.backend = vde_backend,
};

struct lkl_netdev *lkl_netdev_vde_create(const char *path)
{
	struct vde_netdev *dev;

	netdev_ok();
	if (!path || !*path) {
		netdev_fail(-EINVAL, "VDE switch: no path given");
		return NULL;
	}
	dev = calloc(1, sizeof(*dev) + strlen(path) + 1);
	if (!dev) {
		netdev_fail(-ENOMEM, "network device");
		return NULL;
	}
	dev->nd.ops = &vde_ops;
	dev->nd.id = -1;
	strcpy(dev->url, path);
	return &dev->nd;
}
