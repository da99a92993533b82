// SPDX-License-Identifier: GPL-2.0
/*
 * unpack_meta.c - owner, attributes, mode, ACLs and time of a file
 *
 * Layer:   tools; called by unpack.c.
 * Context: one thread.
 *
 * A change of owner takes set-user-ID bits and file capabilities away, so owner
 * comes before attributes and mode; an ACL changes the mode, so it comes after
 * it; everything but a change of the times may touch them, so times come last.
 * A directory's default ACL and time wait until all files are in it.
 */
#include "unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#include "../cp/diag.h"
#include "acl.h"

static bool is_unsupported(int err)
{
	return err == -EOPNOTSUPP || err == -EPERM || err == -EINVAL ||
	       err == -ENOSYS || err == -ENOTTY;
}

/* What the file system has no place for is told once; else it is an error. */
static void failed(struct unpack *u, enum unpack_warned kind, const char *what,
		   const char *kinds, int err)
{
	if (!is_unsupported(err)) {
		unpack_error_at(u, what, err);
		return;
	}
	if (u->warned & kind)
		return;
	u->warned |= kind;
	diag_warning("%s%s: the file system cannot store %s; left out here and in the rest",
		     u->tree->label, u->shown, kinds);
}

static void set_owner(struct unpack *u, const struct made *m)
{
	uid_t uid = archive_entry_uid(u->entry);
	gid_t gid = archive_entry_gid(u->entry);
	int err;

	if (m->fd >= 0)
		err = u->tree->ops->fchown(m->fd, uid, gid);
	else
		err = u->tree->ops->fchownat(m->dir, m->name, uid, gid);
	if (err)
		failed(u, UNPACK_OWNER, "owner", "these owners", err);
}

static int set_attr(struct unpack *u, const struct made *m, const char *attr,
		    const void *value, size_t len)
{
	if (m->fd >= 0)
		return u->tree->ops->setxattr(m->fd, NULL, attr, value, len);
	return u->tree->ops->setxattr(m->dir, m->name, attr, value, len);
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * In the keyword of a pax header GNU tar writes "=" and "%" as %3D and %25,
 * libarchive also what is no printable ASCII.
 */
static char *decode_name(const char *name)
{
	char *out = strdup(name), *to = out;

	while (out && *name) {
		int high = *name == '%' ? hex_digit(name[1]) : -1;
		int low = high < 0 ? -1 : hex_digit(name[2]);

		if (low < 0) {
			*to++ = *name++;
			continue;
		}
		*to++ = high << 4 | low;
		name += 3;
	}
	if (out)
		*to = '\0';
	return out;
}

static void set_attrs(struct unpack *u, const struct made *m)
{
	const char *name;
	const void *value;
	size_t len;
	char *attr;
	int err;

	archive_entry_xattr_reset(u->entry);
	while (!archive_entry_xattr_next(u->entry, &name, &value, &len)) {
		attr = decode_name(name);
		err = attr ? set_attr(u, m, attr, value, len) : -ENOMEM;
		if (err)
			failed(u, UNPACK_XATTR, attr ? attr : name,
			       "extended attributes", err);
		free(attr);
	}
}

static void set_mode(struct unpack *u, const struct made *m)
{
	mode_t mode = archive_entry_perm(u->entry);
	int err;

	if (m->fd >= 0)
		err = u->tree->ops->fchmod(m->fd, mode);
	else
		err = lkl_sys_fchmodat(m->dir, m->name, mode);
	if (err)
		failed(u, UNPACK_MODE, "mode", "these permissions", err);
}

static void drop_acl(struct unpack *u, const struct made *m, const char *attr)
{
	/* -ENODATA and -EOPNOTSUPP are the usual cases, and what is wanted. */
	u->tree->ops->removexattr(m->fd >= 0 ? m->fd : m->dir,
				  m->fd >= 0 ? NULL : m->name, attr);
}

static void acl_failed(struct unpack *u, const char *attr, int err)
{
	if (err == -EINVAL || err == -ERANGE) {
		u->failed++;
		diag_error("%s%s: its ACL is wrong or names users and groups without their numbers; left out",
			   u->tree->label, u->shown);
		return;
	}
	failed(u, UNPACK_ACL, attr, "ACLs", err);
}

static void set_acl(struct unpack *u, const struct made *m)
{
	ssize_t len = acl_from_entry(u->entry, ARCHIVE_ENTRY_ACL_TYPE_ACCESS,
				     u->buf, UNPACK_BUFFER);
	int err = len < 0 ? len : 0;

	/* One that was inherited changed the mode with it. */
	if (len <= 0 && m->inherited) {
		drop_acl(u, m, ACL_ACCESS);
		set_mode(u, m);
	}
	if (len > 0)
		err = set_attr(u, m, ACL_ACCESS, u->buf, len);
	if (err)
		acl_failed(u, ACL_ACCESS, err);
}

/* ---- directories ---- */

static struct finish *add_finish(struct unpack *u)
{
	if (u->count == u->room) {
		size_t room = u->room ? 2 * u->room : 256;
		struct finish *all = realloc(u->finishes, room * sizeof(*all));

		if (!all)
			return NULL;
		u->finishes = all;
		u->room = room;
	}
	u->finishes[u->count] = (struct finish){ 0 };
	return &u->finishes[u->count++];
}

/*
 * Before 1970, libarchive takes the digits after the point of a pax time as
 * they are: -1.25 is -1 s and 250000000 ns there, -2 s and 750000000 ns to us.
 */
static struct timespec mtime_of(const struct unpack *u)
{
	struct archive_entry *e = u->entry;
	struct timespec t = {
		.tv_sec = archive_entry_mtime(e),
		.tv_nsec = archive_entry_mtime_nsec(e),
	};

	if (t.tv_sec < 0 && t.tv_nsec) {
		t.tv_sec--;
		t.tv_nsec = 1000000000 - t.tv_nsec;
	}
	if (u->clamp && t.tv_sec >= u->epoch)
		t = (struct timespec){ .tv_sec = u->epoch };
	return t;
}

static void put_off(struct unpack *u)
{
	ssize_t len = acl_from_entry(u->entry, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT,
				     u->buf, UNPACK_BUFFER);
	struct finish *f = add_finish(u);

	if (len < 0) {
		acl_failed(u, ACL_DEFAULT, len);
		len = 0;
	}
	if (!f) {
		unpack_error(u, -ENOMEM);
		return;
	}
	f->mtime = mtime_of(u);
	f->path = strdup(u->shown);
	f->acl = len ? malloc(len) : NULL;
	if (!f->path || (len && !f->acl)) {
		unpack_error(u, -ENOMEM);
		return;
	}
	f->acl_len = len;
	if (len)
		memcpy(f->acl, u->buf, len);
}

static void finish_open(struct unpack *u, const struct finish *f, int fd)
{
	const struct timespec times[2] = { f->mtime, f->mtime };
	int err;

	if (f->acl_len) {
		err = u->tree->ops->setxattr(fd, NULL, ACL_DEFAULT, f->acl,
					     f->acl_len);
		if (err)
			acl_failed(u, ACL_DEFAULT, err);
	}
	err = u->tree->ops->futimens(fd, times);
	if (err)
		unpack_error_at(u, "times", err);
}

static void finish_one(struct unpack *u, const struct finish *f)
{
	struct parts parts;
	int fd;

	u->shown = f->path;
	if (parts_split(&parts, f->path)) {
		unpack_error(u, -ENOMEM);
		return;
	}
	fd = dirs_enter(&u->dirs, parts.names, parts.count, false);
	/* What was replaced later in the archive is not there any more. */
	if (fd >= 0)
		finish_open(u, f, fd);
	else if (fd != -ENOENT && fd != -ENOTDIR && fd != -ELOOP)
		unpack_error(u, fd);
	parts_free(&parts);
}

void unpack_finish(struct unpack *u)
{
	bool gone = lkl_panic_message() != NULL;
	size_t i;

	for (i = 0; i < u->count; i++) {
		struct finish *f = &u->finishes[i];

		if (f->path && !gone)
			finish_one(u, f);
		free(f->path);
		free(f->acl);
	}
	free(u->finishes);
	u->finishes = NULL;
	u->count = 0;
}

/* ---- all of it ---- */

static void set_times(struct unpack *u, const struct made *m)
{
	const struct timespec t = mtime_of(u);
	const struct timespec times[2] = { t, t };
	int err;

	if (m->fd >= 0)
		err = u->tree->ops->futimens(m->fd, times);
	else
		err = u->tree->ops->utimensat(m->dir, m->name, times);
	if (err)
		unpack_error_at(u, "times", err);
}

void unpack_meta(struct unpack *u, const struct made *m)
{
	int type = archive_entry_filetype(u->entry);

	set_owner(u, m);
	set_attrs(u, m);
	if (type != AE_IFLNK) {
		set_mode(u, m);
		set_acl(u, m);
	}
	if (type != AE_IFDIR) {
		set_times(u, m);
		return;
	}
	if (m->inherited) {
		drop_acl(u, m, ACL_DEFAULT);
		dirs_acl_changed(&u->dirs);
	}
	put_off(u);
}
