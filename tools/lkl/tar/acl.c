// SPDX-License-Identifier: GPL-2.0
/*
 * acl.c - POSIX ACLs between the kernel's attributes and libarchive's entries
 *
 * Layer:   tools; see acl.h.
 *
 * The layout of the attribute is that of the kernel's
 * include/uapi/linux/posix_acl_xattr.h, little-endian.
 */
#include "acl.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define ACL_VERSION	2
#define NO_ID		UINT32_MAX

struct acl_record {
	uint16_t tag;
	uint16_t perm;
	uint32_t id;
};

struct acl_value {
	uint32_t version;
	struct acl_record records[];
};

static const struct {
	uint16_t tag;
	int archive_tag;
} tags[] = {
	{ 0x01, ARCHIVE_ENTRY_ACL_USER_OBJ },
	{ 0x02, ARCHIVE_ENTRY_ACL_USER },
	{ 0x04, ARCHIVE_ENTRY_ACL_GROUP_OBJ },
	{ 0x08, ARCHIVE_ENTRY_ACL_GROUP },
	{ 0x10, ARCHIVE_ENTRY_ACL_MASK },
	{ 0x20, ARCHIVE_ENTRY_ACL_OTHER },
};

#define TAGS	(sizeof(tags) / sizeof(tags[0]))

static int has_id(uint16_t tag)
{
	return tag == 0x02 || tag == 0x08;
}

static int add_record(struct archive_entry *e, int type,
		      const struct acl_record *r)
{
	uint16_t tag = le16toh(r->tag);
	int id = has_id(tag) ? (int)le32toh(r->id) : -1;
	size_t i;

	for (i = 0; i < TAGS; i++)
		if (tags[i].tag == tag)
			break;
	/* The permission bits are the same on both sides. */
	if (i == TAGS || archive_entry_acl_add_entry(e, type,
						     le16toh(r->perm) & 7,
						     tags[i].archive_tag, id,
						     NULL))
		return -EINVAL;
	return 0;
}

int acl_to_entry(struct archive_entry *e, int type, const void *value,
		 size_t len)
{
	const struct acl_value *acl = value;
	size_t i, count;
	int err = 0;

	if (len < sizeof(*acl) || le32toh(acl->version) != ACL_VERSION ||
	    (len - sizeof(*acl)) % sizeof(acl->records[0]))
		return -EINVAL;
	count = (len - sizeof(*acl)) / sizeof(acl->records[0]);
	for (i = 0; i < count && !err; i++)
		err = add_record(e, type, &acl->records[i]);
	return err;
}

static int get_record(struct acl_record *r, int archive_tag, int perm, int id)
{
	size_t i;

	for (i = 0; i < TAGS; i++)
		if (tags[i].archive_tag == archive_tag)
			break;
	if (i == TAGS || (has_id(tags[i].tag) && id == -1))
		return -EINVAL;
	r->tag = htole16(tags[i].tag);
	r->perm = htole16(perm & 7);
	r->id = htole32(has_id(tags[i].tag) ? (uint32_t)id : NO_ID);
	return 0;
}

/* The kernel wants them in the order of their tags. */
static int by_tag(const void *a, const void *b)
{
	const struct acl_record *x = a, *y = b;
	int diff = le16toh(x->tag) - le16toh(y->tag);

	if (diff)
		return diff;
	return le32toh(x->id) < le32toh(y->id) ? -1 : x->id != y->id;
}

ssize_t acl_from_entry(struct archive_entry *e, int type, void *value,
		       size_t len)
{
	struct acl_value *acl = value;
	size_t count = 0, room = (len - sizeof(*acl)) / sizeof(acl->records[0]);
	int t, perm, tag, id, err;
	const char *name;

	if (!archive_entry_acl_reset(e, type))
		return 0;
	while (!archive_entry_acl_next(e, type, &t, &perm, &tag, &id, &name)) {
		if (count == room)
			return -ERANGE;
		err = get_record(&acl->records[count++], tag, perm, id);
		if (err)
			return err;
	}
	acl->version = htole32(ACL_VERSION);
	qsort(acl->records, count, sizeof(acl->records[0]), by_tag);
	return sizeof(*acl) + count * sizeof(acl->records[0]);
}
