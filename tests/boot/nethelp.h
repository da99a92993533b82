/* SPDX-License-Identifier: GPL-2.0 */
/*
 * nethelp.h - network devices and transfers, for the suites about them
 *
 * Layer:   tests/boot.
 * Users:   net.c, nettap.c, netpeer.c.
 */
#ifndef LKL_TESTS_NETHELP_H
#define LKL_TESTS_NETHELP_H

#include "tests/boot/boot.h"

#include <arpa/inet.h>

/**
 * struct net_end - a kernel with a network device
 * @kernel: the kernel
 * @nd: the device, added
 * @id: its id
 * @ifindex: its interface, which is up
 */
struct net_end {
	struct lkl_kernel *kernel;
	struct lkl_netdev *nd;
	int id;
	int ifindex;
};

/* Start a kernel, without devices, and select it. */
void end_start(struct net_end *end);

/* Add @nd to @end, which is selected, with @ip and all it needs to talk. */
void end_connect(struct net_end *end, struct lkl_netdev *nd, const char *ip);

void end_stop(struct net_end *end);

/* Two kernels, 10.1.1.1 and 10.1.1.2, over a socket pair; the first is selected. */
void ends_start(struct net_end ends[2]);
void ends_stop(struct net_end ends[2]);

struct sockaddr_in address(const char *ip, int port);

/* The byte at @i of what transfers send; it never repeats within a transfer. */
unsigned char pattern(uint64_t i);

/**
 * transfer_check - TCP both ways at once, compared
 * @from: connects, sends and receives
 * @to: listens at @ip, sends and receives
 * @ip: IPv4 address of @to, or NULL for IPv6 address fd00::2
 * @bytes: how many, each way
 */
void transfer_check(struct net_end *from, struct net_end *to, const char *ip,
		    uint64_t bytes);

/* A word of /sysfs/class/net/<name>/<file> as a number; the kernel is selected. */
long interface_number(int ifindex, const char *file);

#endif /* LKL_TESTS_NETHELP_H */
