// SPDX-License-Identifier: GPL-2.0
/*
 * names.c - getaddrinfo() and getnameinfo() interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread.
 *
 * Names are looked up here (dns.h); what a service, a numeric address or a hint
 * means is libc's to say, which needs no network for it.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "dns.h"
#include "kernel.h"
#include "preload.h"
#include "real.h"

/* Looking into the network would be looking into the host's. */
#define NUMERIC(hints)	(((hints).ai_flags | AI_NUMERICHOST) & \
			 ~(AI_ADDRCONFIG | AI_CANONNAME))

static const struct addrinfo no_hints = {
	.ai_flags = AI_V4MAPPED | AI_ADDRCONFIG,
};

static bool is_numeric(const char *node)
{
	struct dns_address address;
	char text[INET6_ADDRSTRLEN];
	struct in_addr old;
	size_t len = strcspn(node, "%");

	if (len >= sizeof(text))
		return false;
	memcpy(text, node, len);
	text[len] = '\0';
	return address_parse(text, &address) || inet_aton(node, &old);
}

/* Order, as far as it matters here: what can be reached, and RFC 6724 rule 5. */

static socklen_t to_sockaddr(const struct dns_address *address,
			     struct sockaddr_storage *addr)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;

	memset(addr, 0, sizeof(*addr));
	addr->ss_family = (sa_family_t)address->family;
	if (address->family == AF_INET) {
		v4->sin_addr = address->v4;
		v4->sin_port = htons(9);
		return sizeof(*v4);
	}
	v6->sin6_addr = address->v6;
	v6->sin6_port = htons(9);
	return sizeof(*v6);
}

/* Addresses of a site (fc00::/7) that speak to the world do so by translation. */
static bool unique_local(const struct in6_addr *address)
{
	return (address->s6_addr[0] & 0xfe) == 0xfc;
}

/* 0: best; 2: not to be reached. No packet is sent to find out. */
static int rank(const struct dns_address *address)
{
	struct sockaddr_storage addr;
	socklen_t len = to_sockaddr(address, &addr);
	/* Has room for an IPv4 one too, of which nothing is asked. */
	struct sockaddr_in6 own = { 0 };
	socklen_t own_len = sizeof(own);
	int fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rank = 0;

	if (fd < 0)
		return 2;
	if (connect(fd, (struct sockaddr *)&addr, len) ||
	    getsockname(fd, (struct sockaddr *)&own, &own_len))
		rank = 2;
	else if (address->family == AF_INET6 &&
		 unique_local(&own.sin6_addr) && !unique_local(&address->v6))
		rank = 1;
	close(fd);
	return rank;
}

/* Stable, IPv6 first among equals. */
static void answer_sort(struct dns_answer *answer)
{
	struct dns_address sorted[DNS_ADDRESSES];
	int ranks[DNS_ADDRESSES], count = 0;

	for (int i = 0; i < answer->count; i++)
		ranks[i] = 2 * rank(&answer->address[i]) +
			   (answer->address[i].family == AF_INET);
	for (int r = 0; r < 6; r++)
		for (int i = 0; i < answer->count; i++)
			if (ranks[i] == r)
				sorted[count++] = answer->address[i];
	memcpy(answer->address, sorted, sizeof(sorted[0]) * (size_t)count);
}

/* getaddrinfo() */

static int info_add(const struct dns_address *address, const char *service,
		    const struct addrinfo *hints, struct addrinfo ***last)
{
	struct addrinfo numeric = *hints;
	char text[INET6_ADDRSTRLEN];
	int ret;

	numeric.ai_flags = NUMERIC(*hints);
	inet_ntop(address->family, &address->v6, text, sizeof(text));
	ret = real.getaddrinfo(text, service, &numeric, *last);
	if (ret)
		return ret;
	while (**last)
		*last = &(**last)->ai_next;
	return 0;
}

/* Is there an address of that family, besides those of the loopback? */
static bool configured(int family)
{
	struct ifaddrs *all, *one;
	bool found = false;

	if (getifaddrs(&all))
		return true;
	for (one = all; one && !found; one = one->ifa_next)
		found = one->ifa_addr && one->ifa_addr->sa_family == family &&
			!(one->ifa_flags & IFF_LOOPBACK);
	freeifaddrs(all);
	return found;
}

/* Which families to ask for, by the hints. */
static int wanted_family(const struct addrinfo *hints)
{
	int family = hints->ai_family;
	bool v4, v6;

	if (family == AF_INET6 && hints->ai_flags & AI_V4MAPPED)
		return AF_UNSPEC;
	if (family != AF_UNSPEC || !(hints->ai_flags & AI_ADDRCONFIG))
		return family;
	v4 = configured(AF_INET);
	v6 = configured(AF_INET6);
	return v4 == v6 ? AF_UNSPEC : v4 ? AF_INET : AF_INET6;
}

/* IPv4 addresses are for who asked for IPv6 only if there are no others. */
static void answer_filter(struct dns_answer *answer,
			  const struct addrinfo *hints)
{
	int kept = 0, v6 = 0;

	if (hints->ai_family != AF_INET6)
		return;
	for (int i = 0; i < answer->count; i++)
		v6 += answer->address[i].family == AF_INET6;
	if (!v6 || hints->ai_flags & AI_ALL)
		return;
	for (int i = 0; i < answer->count; i++)
		if (answer->address[i].family == AF_INET6)
			answer->address[kept++] = answer->address[i];
	answer->count = kept;
}

static int info_make(struct dns_answer *answer, const char *service,
		     const struct addrinfo *hints, struct addrinfo **res)
{
	struct addrinfo *first = NULL, **last = &first;
	int ret = EAI_NONAME, err;

	for (int i = 0; i < answer->count; i++) {
		err = info_add(&answer->address[i], service, hints, &last);
		if (ret)
			ret = err;
	}
	if (!ret && hints->ai_flags & AI_CANONNAME) {
		first->ai_canonname = strdup(answer->name);
		ret = first->ai_canonname ? 0 : EAI_MEMORY;
	}
	if (ret && first)
		freeaddrinfo(first);
	else
		*res = first;
	return ret;
}

static int info_lookup(const char *node, const char *service,
		       const struct addrinfo *hints, struct addrinfo **res)
{
	struct dns_answer *answer = calloc(1, sizeof(*answer));
	int ret = EAI_MEMORY;

	if (!answer)
		return ret;
	ret = names_lookup(node, wanted_family(hints), answer);
	if (!ret) {
		answer_filter(answer, hints);
		answer_sort(answer);
		ret = info_make(answer, service, hints, res);
	}
	free(answer);
	return ret;
}

HIJACK int getaddrinfo(const char *node, const char *service,
		       const struct addrinfo *hints, struct addrinfo **res)
{
	const struct addrinfo *wanted = hints ? hints : &no_hints;
	struct addrinfo numeric = *wanted;

	if (kernel_busy())
		return real.getaddrinfo(node, service, hints, res);
	numeric.ai_flags &= ~AI_ADDRCONFIG;
	if (!node || is_numeric(node) || wanted->ai_flags & AI_NUMERICHOST ||
	    (wanted->ai_family != AF_UNSPEC && wanted->ai_family != AF_INET &&
	     wanted->ai_family != AF_INET6)) {
		if (node)
			numeric.ai_flags |= AI_NUMERICHOST;
		return real.getaddrinfo(node, service, &numeric, res);
	}
	if (!kernel_up())
		return EAI_SYSTEM;
	return info_lookup(node, service, wanted, res);
}

/* getnameinfo() */

static bool from_sockaddr(const struct sockaddr *addr, socklen_t len,
			  struct dns_address *address)
{
	address->family = addr->sa_family;
	if (addr->sa_family == AF_INET && len >= sizeof(struct sockaddr_in))
		address->v4 = ((const struct sockaddr_in *)addr)->sin_addr;
	else if (addr->sa_family == AF_INET6 &&
		 len >= sizeof(struct sockaddr_in6))
		address->v6 = ((const struct sockaddr_in6 *)addr)->sin6_addr;
	else
		return false;
	return true;
}

static int name_of(const struct dns_address *address, char *host,
		   socklen_t size)
{
	struct dns_answer *answer = calloc(1, sizeof(*answer));
	int ret;

	if (!answer)
		return EAI_MEMORY;
	ret = names_reverse(address, answer);
	if (!ret && strlen(answer->name) >= size)
		ret = EAI_OVERFLOW;
	if (!ret)
		strcpy(host, answer->name);
	free(answer);
	return ret;
}

HIJACK int getnameinfo(const struct sockaddr *addr, socklen_t len, char *host,
		       socklen_t host_size, char *service,
		       socklen_t service_size, int flags)
{
	struct dns_address address;
	int ret;

	if (!host || !host_size || flags & NI_NUMERICHOST || kernel_busy() ||
	    !from_sockaddr(addr, len, &address))
		return real.getnameinfo(addr, len, host, host_size, service,
					service_size, flags);
	if (!kernel_up())
		return EAI_SYSTEM;
	ret = name_of(&address, host, host_size);
	if (ret == EAI_OVERFLOW || (ret && flags & NI_NAMEREQD))
		return ret == EAI_NODATA ? EAI_NONAME : ret;
	if (ret)
		return real.getnameinfo(addr, len, host, host_size, service,
					service_size, flags | NI_NUMERICHOST);
	return service && service_size ?
	       real.getnameinfo(addr, len, NULL, 0, service, service_size,
				flags & ~NI_NAMEREQD) : 0;
}
