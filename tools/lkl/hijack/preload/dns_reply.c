// SPDX-License-Identifier: GPL-2.0
/*
 * dns_reply.c - reading replies of name servers
 *
 * Layer:   tools/lkl/hijack/preload; needs libc alone.
 * Users:   dns.c.
 * Context: any thread.
 *
 * A reply is whatever somebody sent: every length and name in it is looked at against its
 * end, names by libc's functions for that. Formats: RFC 1035, section 4.1.
 */
#include "dns.h"

#include <arpa/nameser.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Names that are other names for others, in a row. */
#define CNAMES_MAX	16

/**
 * struct record - a resource record of a reply
 * @type: ns_t_*
 * @class: ns_c_*
 * @len: bytes of @data
 * @data: in the reply
 */
struct record {
	int type;
	int class;
	int len;
	const unsigned char *data;
};

/* Read the record at @at. Return: where the next is, or NULL. */
static const unsigned char *record_read(const unsigned char *at,
					const unsigned char *end,
					struct record *record)
{
	int name = dn_skipname(at, end);

	if (name < 0 || end - at < name + NS_RRFIXEDSZ)
		return NULL;
	at += name;
	record->type = at[0] << 8 | at[1];
	record->class = at[2] << 8 | at[3];
	record->len = at[8] << 8 | at[9];
	record->data = at + NS_RRFIXEDSZ;
	return end - record->data < record->len ? NULL :
	       record->data + record->len;
}

/* Where the answers start, or NULL. */
static const unsigned char *skip_questions(const unsigned char *reply,
					   const unsigned char *end)
{
	int count = ntohs(((const HEADER *)reply)->qdcount), name;
	const unsigned char *at = reply + NS_HFIXEDSZ;

	while (count--) {
		name = dn_skipname(at, end);
		if (name < 0 || end - at < name + NS_QFIXEDSZ)
			return NULL;
		at += name + NS_QFIXEDSZ;
	}
	return at;
}

static void answer_add(struct dns_answer *answer, const struct record *record)
{
	struct dns_address *address = &answer->address[answer->count];

	if (answer->count == DNS_ADDRESSES)
		return;
	if (record->type == ns_t_a && record->len == 4)
		address->family = AF_INET;
	else if (record->type == ns_t_aaaa && record->len == 16)
		address->family = AF_INET6;
	else
		return;
	memcpy(&address->v6, record->data, (size_t)record->len);
	answer->count++;
}

/* A name that a program may print, or look up again. */
static int name_take(const unsigned char *reply, const unsigned char *end,
		     const struct record *record, char *name)
{
	char target[NI_MAXHOST];

	if (dn_expand(reply, end, record->data, target, sizeof(target)) < 0 ||
	    !res_hnok(target))
		return EAI_NONAME;
	strcpy(name, target);
	return 0;
}

/* Is a record one of the name we have come to? */
static bool is_of(const unsigned char *reply, const unsigned char *end,
		  const unsigned char *at, const char *name)
{
	char owner[NI_MAXHOST];
	size_t len = strlen(name);

	if (len && name[len - 1] == '.')
		len--;
	return dn_expand(reply, end, at, owner, sizeof(owner)) >= 0 &&
	       !strncasecmp(owner, name, len) && !owner[len];
}

/* Without the dot that says that it is whole. */
static void canonical_take(struct dns_answer *answer, const char *name)
{
	size_t len = strlen(name);

	if (len > 1 && name[len - 1] == '.')
		len--;
	memcpy(answer->name, name, len);
	answer->name[len] = '\0';
}

/* What there is may be of no use. */
static int nothing(const unsigned char *reply)
{
	return ((const HEADER *)reply)->ancount ? EAI_NONAME : EAI_NODATA;
}

/*
 * Records of the name and of what it is another name for, in the order of the reply. The
 * last of those names is the canonical one; a reverse one is the answer.
 */
static int read_answers(const unsigned char *reply, const unsigned char *end,
			const char *name, int type, struct dns_answer *answer)
{
	int count = ntohs(((const HEADER *)reply)->ancount), err = 0, aliases = 0;
	const unsigned char *at = skip_questions(reply, end), *start;
	char current[NI_MAXHOST];
	struct record record;

	snprintf(current, sizeof(current), "%s", name);
	while (at && count-- && !err) {
		start = at;
		at = record_read(at, end, &record);
		if (!at || record.class != ns_c_in ||
		    !is_of(reply, end, start, current))
			continue;
		if (record.type == ns_t_cname && ++aliases <= CNAMES_MAX)
			err = name_take(reply, end, &record, current);
		else if (record.type == ns_t_ptr && type == ns_t_ptr && !*answer->name)
			err = name_take(reply, end, &record, answer->name);
		else if (record.type == type)
			answer_add(answer, &record);
	}
	if (type != ns_t_ptr)
		canonical_take(answer, current);
	return at ? err : EAI_FAIL;
}

int dns_reply_read(const unsigned char *reply, ssize_t len, const char *name, int type,
		   struct dns_answer *answer)
{
	int before = answer->count, code, err;

	if (len < NS_HFIXEDSZ)
		return EAI_FAIL;
	code = ((const HEADER *)reply)->rcode;
	if (code != ns_r_noerror)
		return code == ns_r_nxdomain ? EAI_NONAME : EAI_FAIL;
	err = read_answers(reply, reply + len, name, type, answer);
	if (err)
		return err;
	if (type == ns_t_ptr ? *answer->name != '\0' : answer->count > before)
		return 0;
	return nothing(reply);
}
