// SPDX-License-Identifier: GPL-2.0
/*
 * netgone.c - what is done when a network device's backend is gone for good
 *
 * Layer:   tools/lkl/lib, internal, above device.c.
 * Users:   netdev.c.
 * Locking: struct netgone.lock; the kernel's lock is not taken, so that who holds it
 *	can wait for the thread.
 *
 * DOC: Theory of operation
 *
 * That a backend is gone is noticed in the midst of things: on a vCPU that sends, or
 * where descriptors are watched. Neither may make system calls, and those are needed
 * to end what goes over the interface. So a thread is started, then and only then,
 * which does so and ends. If the host has none to give, the interface has lost its
 * carrier all the same, and connections end when TCP loses patience.
 *
 * The report may come before the kernel has said what it calls the device: then
 * netgone_open() starts the thread. It may come while the kernel is taken apart: after
 * netgone_close() no thread is started any more.
 */
#include "netgone.h"

#include "netdev.h"
#include "netsock.h"

static void connections_end(void *arg)
{
	const struct device *dev = arg;
	int ifindex;

	lkl_kernel_use(dev->kernel);
	ifindex = netdev_ifindex(dev->id);
	/* Else it is in another network namespace, or the kernel has ended. */
	if (ifindex > 0)
		netsock_end(ifindex);
}

/* The lock is held. */
static void thread_start(struct netgone *end)
{
	const struct device *dev = end->dev;

	if (!dev || !end->gone || end->started)
		return;
	end->started = !dev->kernel->ops.thread->create(connections_end, (void *)dev,
							"lkl-net-gone", &end->thread);
}

void netgone_begin(struct netgone *end)
{
	pthread_mutex_init(&end->lock, NULL);
	end->dev = NULL;
	end->gone = false;
	end->started = false;
}

void netgone_report(void *arg)
{
	struct netgone *end = arg;

	pthread_mutex_lock(&end->lock);
	end->gone = true;
	thread_start(end);
	pthread_mutex_unlock(&end->lock);
}

void netgone_open(struct netgone *end, const struct device *dev)
{
	pthread_mutex_lock(&end->lock);
	end->dev = dev;
	thread_start(end);
	pthread_mutex_unlock(&end->lock);
}

void netgone_close(struct netgone *end)
{
	const struct device *dev;

	pthread_mutex_lock(&end->lock);
	dev = end->dev;
	end->dev = NULL;
	pthread_mutex_unlock(&end->lock);
	if (end->started)
		dev->kernel->ops.thread->join(end->thread);
	end->started = false;
}
