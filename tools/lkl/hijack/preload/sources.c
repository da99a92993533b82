// SPDX-License-Identifier: GPL-2.0
/*
 * sources.c - sockatmark(), isfdtype() and whom a group is heard from, interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread.
 *
 * What libc makes of other calls on sockets by itself; here of the interposed ones. Source
 * filters: RFC 3678.
 */
#include <alloca.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "real.h"
#include "table.h"

HIJACK int sockatmark(int fd)
{
	int mark;

	return ioctl(fd, SIOCATMARK, &mark) < 0 ? -1 : mark;
}

HIJACK int isfdtype(int fd, int type)
{
	struct stat st;

	return fstat(fd, &st) ? -1 : (st.st_mode & S_IFMT) == (mode_t)type;
}

/* A filter of @count sources is freed by whoever made it. */
static struct group_filter *filter_make(uint32_t interface, const struct sockaddr *group,
					socklen_t len, uint32_t mode, uint32_t count)
{
	struct group_filter *filter = NULL;

	if (len <= sizeof(filter->gf_group))
		filter = calloc(1, GROUP_FILTER_SIZE(count));
	if (!filter) {
		errno = len > sizeof(filter->gf_group) ? EINVAL : ENOMEM;
		return NULL;
	}
	filter->gf_interface = interface;
	memcpy(&filter->gf_group, group, len);
	filter->gf_fmode = mode;
	filter->gf_numsrc = count;
	return filter;
}

static int level_of(const struct sockaddr *group)
{
	return group->sa_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
}

HIJACK int setsourcefilter(int fd, uint32_t interface, const struct sockaddr *group,
			   socklen_t len, uint32_t mode, uint32_t count,
			   const struct sockaddr_storage *sources)
{
	struct group_filter *filter = filter_make(interface, group, len, mode, count);
	int ret, saved;

	if (!filter)
		return -1;
	memcpy(filter->gf_slist, sources, count * sizeof(*sources));
	ret = setsockopt(fd, level_of(group), MCAST_MSFILTER, filter,
			 (socklen_t)GROUP_FILTER_SIZE(count));
	saved = errno;
	free(filter);
	errno = saved;
	return ret;
}

HIJACK int getsourcefilter(int fd, uint32_t interface, const struct sockaddr *group,
			   socklen_t len, uint32_t *mode, uint32_t *count,
			   struct sockaddr_storage *sources)
{
	struct group_filter *filter = filter_make(interface, group, len, 0, *count);
	socklen_t size = (socklen_t)GROUP_FILTER_SIZE(*count);
	int ret, saved;

	if (!filter)
		return -1;
	ret = getsockopt(fd, level_of(group), MCAST_MSFILTER, filter, &size);
	saved = errno;
	if (!ret) {
		*mode = filter->gf_fmode;
		memcpy(sources, filter->gf_slist, sizeof(*sources) *
		       (*count < filter->gf_numsrc ? *count : filter->gf_numsrc));
		*count = filter->gf_numsrc;
	}
	free(filter);
	errno = saved;
	return ret;
}

HIJACK int setipv4sourcefilter(int fd, struct in_addr interface, struct in_addr group,
			       uint32_t mode, uint32_t count,
			       const struct in_addr *sources)
{
	struct ip_msfilter *filter = calloc(1, IP_MSFILTER_SIZE(count));
	int ret, saved;

	if (!filter)
		return -1;
	filter->imsf_multiaddr = group;
	filter->imsf_interface = interface;
	filter->imsf_fmode = mode;
	filter->imsf_numsrc = count;
	memcpy(filter->imsf_slist, sources, count * sizeof(*sources));
	ret = setsockopt(fd, IPPROTO_IP, IP_MSFILTER, filter,
			 (socklen_t)IP_MSFILTER_SIZE(count));
	saved = errno;
	free(filter);
	errno = saved;
	return ret;
}

HIJACK int getipv4sourcefilter(int fd, struct in_addr interface, struct in_addr group,
			       uint32_t *mode, uint32_t *count, struct in_addr *sources)
{
	struct ip_msfilter *filter = calloc(1, IP_MSFILTER_SIZE(*count));
	socklen_t size = (socklen_t)IP_MSFILTER_SIZE(*count);
	int ret, saved;

	if (!filter)
		return -1;
	filter->imsf_multiaddr = group;
	filter->imsf_interface = interface;
	filter->imsf_numsrc = *count;
	ret = getsockopt(fd, IPPROTO_IP, IP_MSFILTER, filter, &size);
	saved = errno;
	if (!ret) {
		*mode = filter->imsf_fmode;
		memcpy(sources, filter->imsf_slist, sizeof(*sources) *
		       (*count < filter->imsf_numsrc ? *count : filter->imsf_numsrc));
		*count = filter->imsf_numsrc;
	}
	free(filter);
	errno = saved;
	return ret;
}
