/* SPDX-License-Identifier: GPL-2.0 */
/*
 * acl.h - POSIX ACLs between the kernel's attributes and libarchive's entries
 *
 * Layer:   tools; called by pack.c and unpack_meta.c. Pure functions.
 */
#ifndef TAR_ACL_H
#define TAR_ACL_H

#include <archive_entry.h>
#include <stddef.h>
#include <sys/types.h>

#define ACL_ACCESS	"system.posix_acl_access"
#define ACL_DEFAULT	"system.posix_acl_default"

/**
 * acl_to_entry - store an attribute's value
 * @e: entry that gets it
 * @type: ARCHIVE_ENTRY_ACL_TYPE_ACCESS or _DEFAULT
 * @value: of the attribute
 * @len: its bytes
 *
 * Return: 0, or -EINVAL if @value is no ACL.
 */
int acl_to_entry(struct archive_entry *e, int type, const void *value,
		 size_t len);

/**
 * acl_from_entry - make an attribute's value
 * @e: entry that may have one
 * @type: as above
 * @value: result
 * @len: room for it
 *
 * Return: bytes used, 0 if @e has no such ACL, -ERANGE if @len is not enough,
 * -EINVAL if it names a user or group without a number.
 */
ssize_t acl_from_entry(struct archive_entry *e, int type, void *value,
		       size_t len);

#endif /* TAR_ACL_H */
