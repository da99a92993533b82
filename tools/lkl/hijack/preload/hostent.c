// SPDX-License-Identifier: GPL-2.0
/*
 * hostent.c - gethostbyname() and its like interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Context: any thread; those without _r return what the next call overwrites,
 *	which here is the thread's own.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "dns.h"
#include "kernel.h"
#include "preload.h"

#define RESULT_SIZE	8192

static int herrno_of(int eai)
{
	switch (eai) {
	case 0:
		return NETDB_SUCCESS;
	case EAI_NONAME:
		return HOST_NOT_FOUND;
	case EAI_NODATA:
		return NO_DATA;
	case EAI_AGAIN:
		return TRY_AGAIN;
	case EAI_SYSTEM:
		return NETDB_INTERNAL;
	default:
		return NO_RECOVERY;
	}
}

/**
 * struct space - the caller's buffer, from which pieces are taken
 * @at: the next piece
 * @left: bytes from there
 */
struct space {
	char *at;
	size_t left;
};

static void *space_take(struct space *space, size_t size, size_t align)
{
	size_t pad = -(uintptr_t)space->at % align;
	char *piece = space->at + pad;

	if (size + pad > space->left)
		return NULL;
	space->at += size + pad;
	space->left -= size + pad;
	return piece;
}

/* Return: 0 or ERANGE, the buffer being too small. */
static int hostent_fill(struct hostent *ent, struct space *space, int family,
			const struct dns_answer *answer)
{
	size_t size = family == AF_INET ? 4 : 16;
	size_t name_len = strlen(answer->name) + 1;
	char **list = space_take(space, sizeof(char *) *
				 ((size_t)answer->count + 2), sizeof(char *));
	char *bytes = space_take(space, size * (size_t)answer->count, 1);
	char *name = space_take(space, name_len, 1);

	if (!list || !bytes || !name)
		return ERANGE;
	ent->h_name = memcpy(name, answer->name, name_len);
	ent->h_addrtype = family;
	ent->h_length = (int)size;
	ent->h_aliases = list;
	*list++ = NULL;
	ent->h_addr_list = list;
	for (int i = 0; i < answer->count; i++) {
		*list++ = memcpy(bytes, &answer->address[i].v6, size);
		bytes += size;
	}
	*list = NULL;
	return 0;
}

typedef int lookup_function(const void *what, int family,
			    struct dns_answer *answer);

static int by_name(const void *what, int family, struct dns_answer *answer)
{
	const char *name = what;

	if (address_parse(name, &answer->address[0]) &&
	    answer->address[0].family == family) {
		strcpy(answer->name, name);
		answer->count = 1;
		return 0;
	}
	return kernel_up() ? names_lookup(name, family, answer) : EAI_SYSTEM;
}

static int by_address(const void *what, int family, struct dns_answer *answer)
{
	const struct dns_address *address = what;

	(void)family;
	answer->address[0] = *address;
	answer->count = 1;
	return kernel_up() ? names_reverse(address, answer) : EAI_SYSTEM;
}

static int find(lookup_function *lookup, const void *what, int family,
		struct hostent *ent, struct space space,
		struct hostent **result, int *herrno)
{
	struct dns_answer *answer = calloc(1, sizeof(*answer));
	int ret = ENOMEM;

	*result = NULL;
	*herrno = NETDB_INTERNAL;
	if (!answer)
		return ret;
	ret = lookup(what, family, answer);
	*herrno = herrno_of(ret);
	if (!ret) {
		ret = hostent_fill(ent, &space, family, answer);
		if (ret)
			*herrno = NETDB_INTERNAL;
		else
			*result = ent;
	} else {
		ret = *herrno == TRY_AGAIN ? EAGAIN : 0;
	}
	free(answer);
	return ret;
}

HIJACK int gethostbyname2_r(const char *name, int family, struct hostent *ent,
			    char *buf, size_t size, struct hostent **result,
			    int *herrno)
{
	struct space space = { buf, size };

	return find(by_name, name, family, ent, space, result, herrno);
}

HIJACK int gethostbyname_r(const char *name, struct hostent *ent, char *buf,
			   size_t size, struct hostent **result, int *herrno)
{
	return gethostbyname2_r(name, AF_INET, ent, buf, size, result, herrno);
}

HIJACK int gethostbyaddr_r(const void *addr, socklen_t len, int family,
			   struct hostent *ent, char *buf, size_t size,
			   struct hostent **result, int *herrno)
{
	struct dns_address address = { .family = family };
	struct space space = { buf, size };

	if ((family != AF_INET || len != 4) && (family != AF_INET6 || len != 16)) {
		*result = NULL;
		*herrno = NETDB_INTERNAL;
		return EAFNOSUPPORT;
	}
	memcpy(&address.v6, addr, len);
	return find(by_address, &address, family, ent, space, result, herrno);
}

/* Those that keep the result themselves. */

struct kept {
	struct hostent ent;
	char buf[RESULT_SIZE];
};

static struct kept *kept_get(void)
{
	THREAD_LOCAL struct kept *kept;

	if (!kept)
		kept = malloc(sizeof(*kept));
	if (!kept)
		h_errno = NETDB_INTERNAL;
	return kept;
}

HIJACK struct hostent *gethostbyname2(const char *name, int family)
{
	struct kept *kept = kept_get();
	struct hostent *result = NULL;

	if (kept)
		gethostbyname2_r(name, family, &kept->ent, kept->buf,
				 sizeof(kept->buf), &result, &h_errno);
	return result;
}

HIJACK struct hostent *gethostbyname(const char *name)
{
	return gethostbyname2(name, AF_INET);
}

HIJACK struct hostent *gethostbyaddr(const void *addr, socklen_t len, int family)
{
	struct kept *kept = kept_get();
	struct hostent *result = NULL;

	if (kept)
		gethostbyaddr_r(addr, len, family, &kept->ent, kept->buf,
				sizeof(kept->buf), &result, &h_errno);
	return result;
}
