/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netlink.h - requests to the kernel by netlink sockets
 *
 * Layer:   tools/lkl/lib, internal, above system calls.
 * Users:   netif.c, netaddr.c, route.c, neigh.c, qdisc.c, netsock.c.
 *
 *	struct netlink_request req;
 *
 *	netlink_begin(&req, RTM_NEWADDR, NLM_F_CREATE, &message, sizeof(message));
 *	netlink_attr(&req, IFA_LOCAL, &addr, sizeof(addr));
 *	err = netlink_call(&req, NULL, NULL);
 */
#ifndef LKL_LIB_NETLINK_H
#define LKL_LIB_NETLINK_H

#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#define NETLINK_REQUEST_MAX	1024

/**
 * struct netlink_request - a message that is being put together
 * @hdr: its header, whose length says how much there is
 * @bytes: header, message and attributes
 * @overflow: something did not fit; netlink_call() says so
 */
struct netlink_request {
	union {
		struct nlmsghdr hdr;
		char bytes[NETLINK_REQUEST_MAX];
	};
	int overflow;
};

/**
 * typedef netlink_visit_t - look at one message of the kernel
 * @msg: it; complete
 * @arg: as given
 *
 * Return: 0 to go on, else the call ends and returns this.
 */
typedef int netlink_visit_t(const struct nlmsghdr *msg, void *arg);

/**
 * netlink_begin - start a request
 * @req: filled
 * @type: RTM_*
 * @flags: NLM_F_* besides NLM_F_REQUEST and NLM_F_ACK
 * @message: what follows the header: a struct of the type
 * @len: its bytes
 */
void netlink_begin(struct netlink_request *req, uint16_t type, uint16_t flags,
		   const void *message, size_t len);

/**
 * netlink_attr - add an attribute
 * @req: the request
 * @type: its type
 * @data: its value, or NULL if @len is 0
 * @len: bytes
 */
void netlink_attr(struct netlink_request *req, uint16_t type, const void *data,
		  size_t len);

/**
 * netlink_attr_u32 - add an attribute that is a number
 * @req: the request
 * @type: its type
 * @value: its value
 */
void netlink_attr_u32(struct netlink_request *req, uint16_t type, uint32_t value);

/**
 * netlink_raw - add bytes without the header of an attribute
 * @req: the request
 * @data: they
 * @len: how many
 */
void netlink_raw(struct netlink_request *req, const void *data, size_t len);

/**
 * netlink_nest_begin - begin an attribute that contains others
 * @req: the request
 * @type: its type
 *
 * Return: what netlink_nest_end() wants.
 */
size_t netlink_nest_begin(struct netlink_request *req, uint16_t type);

/**
 * netlink_nest_end - end it
 * @req: the request
 * @nest: from netlink_nest_begin()
 */
void netlink_nest_end(struct netlink_request *req, size_t nest);

/**
 * netlink_find - find an attribute of a message
 * @msg: the message
 * @head: bytes of the struct after its header
 * @type: the attribute's type
 * @len: its least length
 *
 * Return: its value, or NULL if there is none or it is shorter.
 */
const void *netlink_find(const struct nlmsghdr *msg, size_t head, uint16_t type,
			 size_t len);

/**
 * netlink_open - open a routing socket
 * @groups: multicast groups to join, as a mask of RTMGRP_*
 *
 * Return: the kernel's descriptor, or the error of socket(2) or bind(2).
 */
long netlink_open(uint32_t groups);

/**
 * netlink_listen - look at the messages that arrive until told to stop
 * @fd: from netlink_open()
 * @visit: called for each
 * @arg: its argument
 *
 * Context: any. Blocks: until @visit returns something, or the socket's timeout.
 * Return: what @visit returned; the error of recvmsg(2).
 */
int netlink_listen(long fd, netlink_visit_t *visit, void *arg);

/**
 * netlink_call - make a request of routing and wait for what the kernel says to it
 * @req: the request
 * @visit: called for each message before the kernel's acknowledgment, or for
 *	each message of a dump; NULL if none is expected
 * @arg: its argument
 *
 * A failure leaves its reason in words for lkl_netlink_error().
 *
 * Return: 0; the error of the acknowledgment; what @visit returned if not 0;
 * -EMSGSIZE if the request became too long; errors of the socket.
 */
int netlink_call(struct netlink_request *req, netlink_visit_t *visit, void *arg);

/**
 * netlink_call_to - the same, of another kind
 * @protocol: NETLINK_*
 * @req: the request
 * @visit: as for netlink_call()
 * @arg: its argument
 *
 * Return: as netlink_call().
 */
int netlink_call_to(int protocol, struct netlink_request *req,
		    netlink_visit_t *visit, void *arg);

/**
 * netlink_fail - say in words why a call failed, for lkl_netlink_error()
 * @err: the error
 * @why: a sentence without an end; copied, cut off if it is too long
 *
 * Return: @err.
 */
int netlink_fail(int err, const char *why);

/**
 * netlink_family_len - bytes of an address
 * @af: AF_INET or AF_INET6
 *
 * Return: 4 or 16; 0 for another family, of which netlink_fail() was told.
 */
size_t netlink_family_len(int af);

#endif /* LKL_LIB_NETLINK_H */
