// SPDX-License-Identifier: GPL-2.0
/*
 * interfaces.c - getifaddrs(), if_nametoindex() and their like interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program; names.c.
 * Context: any thread.
 *
 * libc's ask the host by system calls of their own.
 */
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "fd.h"
#include "kernel.h"
#include "real.h"

#define BUFFER_SIZE	32768

/* Asking about one interface */

static long ask(unsigned long request, struct ifreq *ifr)
{
	long err, fd;

	if (!kernel_up())
		return -errno;
	fd = kernel_call(SYS_socket, AF_INET, SOCK_DGRAM, 0, 0, 0, 0);
	if (fd < 0)
		return fd;
	err = kernel_call(SYS_ioctl, fd, (long)request, (long)ifr, 0, 0, 0);
	lib_close((int)fd);
	return err;
}

HIJACK unsigned int if_nametoindex(const char *name)
{
	struct ifreq ifr = { 0 };
	size_t len = strlen(name);

	if (len >= sizeof(ifr.ifr_name)) {
		errno = ENODEV;
		return 0;
	}
	memcpy(ifr.ifr_name, name, len);
	return result(ask(SIOCGIFINDEX, &ifr)) < 0 ? 0 :
	       (unsigned int)ifr.ifr_ifindex;
}

HIJACK char *if_indextoname(unsigned int index, char name[IF_NAMESIZE])
{
	struct ifreq ifr = { .ifr_ifindex = (int)index };
	long err = ask(SIOCGIFNAME, &ifr);

	if (err < 0) {
		errno = err == -ENODEV ? ENXIO : (int)-err;
		return NULL;
	}
	return strncpy(name, ifr.ifr_name, IF_NAMESIZE);
}

/* Asking about all of them, by netlink */

/*
 * An element of getifaddrs()' list with all that it points to. First comes what
 * the caller sees, since that is what is freed.
 */
struct entry {
	struct ifaddrs ifa;
	union {
		struct sockaddr sa;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_ll ll;
	} addr, mask, other;
	struct rtnl_link_stats stats;
	int index;
	char name[IF_NAMESIZE];
};

/**
 * struct list - the list under construction
 * @first: its start
 * @last: where the next goes
 */
struct list {
	struct ifaddrs *first;
	struct ifaddrs **last;
};

static struct entry *list_add(struct list *list)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->ifa.ifa_name = entry->name;
	*list->last = &entry->ifa;
	list->last = &entry->ifa.ifa_next;
	return entry;
}

static struct entry *list_link(struct list *list, int index)
{
	struct ifaddrs *ifa;
	struct entry *entry;

	for (ifa = list->first; ifa; ifa = ifa->ifa_next) {
		entry = (struct entry *)ifa;
		if (ifa->ifa_addr && ifa->ifa_addr->sa_family == AF_PACKET &&
		    entry->index == index)
			return entry;
	}
	return NULL;
}

static void ll_set(struct sockaddr_ll *ll, const struct ifinfomsg *info,
		   const struct rtattr *attr)
{
	size_t len = RTA_PAYLOAD(attr);

	ll->sll_family = AF_PACKET;
	ll->sll_ifindex = info->ifi_index;
	ll->sll_hatype = info->ifi_type;
	ll->sll_halen = (unsigned char)len;
	memcpy(ll->sll_addr, RTA_DATA(attr), len < 8 ? len : 8);
}

static void link_attr(struct entry *entry, const struct ifinfomsg *info,
		      const struct rtattr *attr)
{
	size_t len = RTA_PAYLOAD(attr);

	switch (attr->rta_type) {
	case IFLA_IFNAME:
		memcpy(entry->name, RTA_DATA(attr),
		       len < IF_NAMESIZE ? len : IF_NAMESIZE - 1);
		break;
	case IFLA_ADDRESS:
		ll_set(&entry->addr.ll, info, attr);
		break;
	case IFLA_BROADCAST:
		ll_set(&entry->other.ll, info, attr);
		entry->ifa.ifa_broadaddr = &entry->other.sa;
		break;
	case IFLA_STATS:
		memcpy(&entry->stats, RTA_DATA(attr), len < sizeof(entry->stats) ?
		       len : sizeof(entry->stats));
		entry->ifa.ifa_data = &entry->stats;
		break;
	}
}

static int link_read(struct list *list, struct nlmsghdr *msg)
{
	struct ifinfomsg *info = NLMSG_DATA(msg);
	struct rtattr *attr = IFLA_RTA(info);
	unsigned int len = (unsigned int)IFLA_PAYLOAD(msg);
	struct entry *entry = list_add(list);

	if (!entry)
		return -ENOMEM;
	entry->index = info->ifi_index;
	entry->ifa.ifa_flags = info->ifi_flags;
	entry->ifa.ifa_addr = &entry->addr.sa;
	entry->addr.ll.sll_family = AF_PACKET;
	entry->addr.ll.sll_ifindex = info->ifi_index;
	entry->addr.ll.sll_hatype = info->ifi_type;
	for (; RTA_OK(attr, len); attr = RTA_NEXT(attr, len))
		link_attr(entry, info, attr);
	return 0;
}

static void ip_set(struct sockaddr *addr, const struct ifaddrmsg *info,
		   const void *bytes)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;

	addr->sa_family = info->ifa_family;
	if (info->ifa_family == AF_INET) {
		memcpy(&((struct sockaddr_in *)addr)->sin_addr, bytes, 4);
		return;
	}
	memcpy(&v6->sin6_addr, bytes, 16);
	if (IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr) ||
	    IN6_IS_ADDR_MC_LINKLOCAL(&v6->sin6_addr))
		v6->sin6_scope_id = info->ifa_index;
}

static void mask_set(struct entry *entry, const struct ifaddrmsg *info)
{
	unsigned char bytes[16] = { 0 };

	for (int i = 0; i < info->ifa_prefixlen && i < 128; i++)
		bytes[i / 8] |= (unsigned char)(0x80 >> i % 8);
	ip_set(&entry->mask.sa, info, bytes);
	entry->mask.v6.sin6_scope_id = 0;
	entry->ifa.ifa_netmask = &entry->mask.sa;
}

static void address_attr(struct entry *entry, const struct ifaddrmsg *info,
			 const struct rtattr *attr)
{
	struct ifaddrs *ifa = &entry->ifa;

	switch (attr->rta_type) {
	case IFA_LOCAL:
		/* Then IFA_ADDRESS, which comes before, was the far end's. */
		if (ifa->ifa_addr && ifa->ifa_flags & IFF_POINTOPOINT) {
			entry->other = entry->addr;
			ifa->ifa_dstaddr = &entry->other.sa;
		}
		/* fallthrough */
	case IFA_ADDRESS:
		ip_set(&entry->addr.sa, info, RTA_DATA(attr));
		ifa->ifa_addr = &entry->addr.sa;
		break;
	case IFA_BROADCAST:
		ip_set(&entry->other.sa, info, RTA_DATA(attr));
		ifa->ifa_broadaddr = &entry->other.sa;
		break;
	case IFA_LABEL:
		strncpy(entry->name, RTA_DATA(attr), IF_NAMESIZE - 1);
		break;
	}
}

static int address_read(struct list *list, struct nlmsghdr *msg)
{
	struct ifaddrmsg *info = NLMSG_DATA(msg);
	struct rtattr *attr = IFA_RTA(info);
	unsigned int len = (unsigned int)IFA_PAYLOAD(msg);
	struct entry *link = list_link(list, (int)info->ifa_index);
	struct entry *entry = list_add(list);

	if (!entry)
		return -ENOMEM;
	if (link) {
		memcpy(entry->name, link->name, sizeof(entry->name));
		entry->ifa.ifa_flags = link->ifa.ifa_flags;
	}
	for (; RTA_OK(attr, len); attr = RTA_NEXT(attr, len))
		address_attr(entry, info, attr);
	mask_set(entry, info);
	return 0;
}

typedef int reader(struct list *list, struct nlmsghdr *msg);

/* Return: 1 when the last message was there. */
static int messages_read(struct list *list, char *buf, long len, reader *read_one)
{
	struct nlmsghdr *msg = (struct nlmsghdr *)buf;
	int err = 0;

	for (; NLMSG_OK(msg, (unsigned int)len) && !err;
	     msg = NLMSG_NEXT(msg, len)) {
		if (msg->nlmsg_type == NLMSG_DONE)
			return 1;
		if (msg->nlmsg_type == NLMSG_ERROR)
			return ((struct nlmsgerr *)NLMSG_DATA(msg))->error;
		err = read_one(list, msg);
	}
	return err;
}

static int dump(struct list *list, long fd, int type, char *buf, reader *read_one)
{
	struct {
		struct nlmsghdr head;
		struct rtgenmsg body;
	} request = {
		.head.nlmsg_len = sizeof(request),
		.head.nlmsg_type = (unsigned short)type,
		.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
	};
	long got = kernel_call(SYS_write, fd, (long)&request, sizeof(request),
			       0, 0, 0);
	int ret = 0;

	while (got >= 0 && !ret) {
		got = kernel_call(SYS_read, fd, (long)buf, BUFFER_SIZE, 0, 0, 0);
		if (got >= 0)
			ret = messages_read(list, buf, got, read_one);
	}
	return got < 0 ? (int)got : ret < 0 ? ret : 0;
}

static int list_all(struct list *list)
{
	long fd = kernel_call(SYS_socket, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE,
			      0, 0, 0);
	char *buf = malloc(BUFFER_SIZE);
	int err = buf ? 0 : -ENOMEM;

	if (fd < 0)
		err = (int)fd;
	if (!err)
		err = dump(list, fd, RTM_GETLINK, buf, link_read);
	if (!err)
		err = dump(list, fd, RTM_GETADDR, buf, address_read);
	if (fd >= 0)
		lib_close((int)fd);
	free(buf);
	return err;
}

HIJACK void freeifaddrs(struct ifaddrs *ifa)
{
	struct ifaddrs *next;

	for (; ifa; ifa = next) {
		next = ifa->ifa_next;
		free(ifa);
	}
}

HIJACK int getifaddrs(struct ifaddrs **ifap)
{
	struct list list = { .first = NULL };
	int err;

	list.last = &list.first;
	if (!kernel_up())
		return -1;
	err = list_all(&list);
	if (err)
		freeifaddrs(list.first);
	else
		*ifap = list.first;
	return (int)result(err);
}

/* The names are in the block that the array starts. */
HIJACK struct if_nameindex *if_nameindex(void)
{
	struct ifaddrs *all = NULL, *ifa;
	struct if_nameindex *array, *one;
	size_t count = 0;
	char *names;

	if (getifaddrs(&all))
		return NULL;
	for (ifa = all; ifa; ifa = ifa->ifa_next)
		count += ifa->ifa_addr && ifa->ifa_addr->sa_family == AF_PACKET;
	array = calloc(count + 1, sizeof(*array) + IF_NAMESIZE);
	if (!array)
		goto out;
	names = (char *)(array + count + 1);
	one = array;
	for (ifa = all; ifa; ifa = ifa->ifa_next) {
		if (!ifa->ifa_addr || ifa->ifa_addr->sa_family != AF_PACKET)
			continue;
		one->if_index = (unsigned int)((struct entry *)ifa)->index;
		one++->if_name = strcpy(names, ifa->ifa_name);
		names += IF_NAMESIZE;
	}
out:
	freeifaddrs(all);
	return array;
}

HIJACK void if_freenameindex(struct if_nameindex *array)
{
	free(array);
}
