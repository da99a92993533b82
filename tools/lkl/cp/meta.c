// SPDX-License-Identifier: GPL-2.0
/*
 * meta.c - owner, extended attributes, ACLs, mode and times of one file
 *
 * Layer:   tools; called by copy.c when the contents of a file are complete.
 * Context: one thread. Uses copy.buf, which is free by then.
 *
 * The order matters: a change of owner clears set-user-ID bits and file
 * capabilities, so owner comes before attributes and mode; everything but a
 * change of the times may touch them, so times come last.
 */
#include "entry.h"

#include <assert.h>
#include <errno.h>
#include <linux/limits.h>
#include <string.h>

#define ACL_ACCESS	"system.posix_acl_access"
#define ACL_DEFAULT	"system.posix_acl_default"
#define SELINUX		"security.selinux"

static_assert(XATTR_LIST_MAX + XATTR_SIZE_MAX <= COPY_BUFFER,
	      "attribute names and one value share the copy buffer");

/**
 * struct pair - a file in both trees, as the attribute operations name it
 * @in: descriptor of the source, or of its directory if @src_name is set
 * @src_name: its name there, or NULL
 * @out: likewise the destination
 * @dst_name: likewise
 */
struct pair {
	int in;
	const char *src_name;
	int out;
	const char *dst_name;
};

static bool starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* Errors that say "this file system has no such thing". */
static bool is_unsupported(int err)
{
	return err == -EOPNOTSUPP || err == -EPERM || err == -EINVAL ||
	       err == -ENOSYS || err == -ENOTTY;
}

/*
 * A directory that was there before and belongs to somebody else keeps what it
 * has; that is no failure of the copy below it.
 */
static bool is_not_ours(struct copy *c, const struct entry *e, int err)
{
	return e->merged && err == -EPERM && c->dst->uid;
}

mode_t meta_mode(struct copy *c, const struct stat *st)
{
	return mode_apply(&c->options.mode, st->st_mode);
}

static int change_owner(struct copy *c, const struct pair *p, uid_t uid,
			gid_t gid)
{
	if (p->dst_name)
		return c->dst->ops->fchownat(p->out, p->dst_name, uid, gid);
	return c->dst->ops->fchown(p->out, uid, gid);
}

/*
 * An ordinary user cannot give files away. As with tar and cp, they are then
 * the user's own, with the source's group if the user is in it, and that is no
 * error unless -o asked for something else.
 *
 * Return: 0, 1 if the owner is not as wanted, or an error, already reported.
 */
static int copy_owner(struct copy *c, const struct entry *e,
		      const struct pair *p, const struct stat *st)
{
	bool asked = c->options.uid != COPY_KEEP || c->options.gid != COPY_KEEP;
	uid_t uid = c->options.uid == COPY_KEEP ? st->st_uid : c->options.uid;
	gid_t gid = c->options.gid == COPY_KEEP ? st->st_gid : c->options.gid;
	int err = change_owner(c, p, uid, gid);

	if (!err)
		return 0;
	if (!is_unsupported(err) || (asked && c->dst->uid))
		return entry_dst_error(c, e, err);
	if (c->dst->uid)
		change_owner(c, p, -1, gid);
	else
		entry_warn_once(c, e, WARNED_OWNER, "these owners");
	return 1;
}

/* Is this an attribute that means the same on another file system? */
static bool is_portable(struct copy *c, const char *attr)
{
	if (c->options.selinux && !strcmp(attr, SELINUX))
		return false;
	return starts_with(attr, "user.") || starts_with(attr, "security.") ||
	       starts_with(attr, "trusted.") || !strcmp(attr, ACL_ACCESS) ||
	       !strcmp(attr, ACL_DEFAULT);
}

/*
 * What to do about an attribute that could not be set. Labels of the host
 * (SELinux, IMA) and what only root may set are left out silently; what the
 * user made is mentioned once if the file system cannot hold it.
 */
static int attr_failed(struct copy *c, const struct entry *e, const char *attr,
		       int err)
{
	bool users = starts_with(attr, "user.") || starts_with(attr, "system.");

	if (is_not_ours(c, e, err))
		return 0;
	if (is_unsupported(err)) {
		if (starts_with(attr, "system."))
			entry_warn_once(c, e, WARNED_ACL, "ACLs");
		else if (users || (!c->dst->uid && strcmp(attr, SELINUX)))
			entry_warn_once(c, e, WARNED_XATTR,
					"extended attributes");
		return 0;
	}
	return entry_dst_error_at(c, e, attr, err);
}

static int copy_attr(struct copy *c, const struct entry *e,
		     const struct pair *p, const char *attr)
{
	char *value = c->buf + XATTR_LIST_MAX;
	ssize_t len;
	int err;

	len = c->src->ops->getxattr(p->in, p->src_name, attr, value,
				    XATTR_SIZE_MAX);
	if (len == -ENODATA || len == -EOPNOTSUPP)
		return 0;
	if (len < 0)
		return entry_src_error(c, e, len);
	err = c->dst->ops->setxattr(p->out, p->dst_name, attr, value, len);
	return err ? attr_failed(c, e, attr, err) : 0;
}

static int set_selinux(struct copy *c, const struct entry *e,
		       const struct pair *p)
{
	const char *context = c->options.selinux;
	int err;

	/* The terminating NUL is part of the value, as with setfilecon(3). */
	err = c->dst->ops->setxattr(p->out, p->dst_name, SELINUX, context,
				    strlen(context) + 1);
	return err ? entry_dst_error_at(c, e, SELINUX, err) : 0;
}

static bool lists(const char *list, ssize_t len, const char *attr)
{
	const char *s;

	for (s = list; s < list + len; s += strlen(s) + 1)
		if (!strcmp(s, attr))
			return true;
	return false;
}

static void drop_attr(struct copy *c, const struct pair *p, const char *list,
		      ssize_t len, const char *attr)
{
	/* -ENODATA and -EOPNOTSUPP are the usual cases, and what is wanted. */
	if (!lists(list, len, attr))
		c->dst->ops->removexattr(p->out, p->dst_name, attr);
}

static int copy_attrs(struct copy *c, const struct entry *e,
		      const struct pair *p)
{
	char *list = c->buf;
	const char *attr;
	int err, ret = 0;
	ssize_t len;

	len = c->src->ops->listxattr(p->in, p->src_name, list, XATTR_LIST_MAX);
	if (len == -EOPNOTSUPP)
		len = 0;
	if (len < 0)
		return entry_src_error(c, e, len);
	for (attr = list; attr < list + len; attr += strlen(attr) + 1) {
		if (!is_portable(c, attr))
			continue;
		err = copy_attr(c, e, p, attr);
		if (err)
			ret = err;
	}
	if (e->acl_inherited) {
		drop_attr(c, p, list, len, ACL_ACCESS);
		drop_attr(c, p, list, len, ACL_DEFAULT);
	}
	if (c->options.selinux) {
		err = set_selinux(c, e, p);
		if (err)
			ret = err;
	}
	return ret;
}

static int copy_mode(struct copy *c, const struct entry *e,
		     const struct pair *p, const struct stat *st, bool owned)
{
	mode_t mode = meta_mode(c, st);
	int err;

	/* Somebody else's program must not become a set-user-ID one of ours. */
	if (!owned)
		mode &= ~(S_ISUID | S_ISGID);
	err = c->dst->ops->fchmod(p->out, mode);
	if (!err || is_not_ours(c, e, err))
		return 0;
	if (!is_unsupported(err) || c->dst->uid)
		return entry_dst_error(c, e, err);
	entry_warn_once(c, e, WARNED_MODE, "these permissions");
	return 0;
}

/* When a file was read last has nothing to do with what it is. */
static void clamp_times(const struct copy *c, struct timespec times[2])
{
	if (times[1].tv_sec >= c->options.epoch)
		times[1] = (struct timespec){ .tv_sec = c->options.epoch };
	times[0] = times[1];
}

static int copy_times(struct copy *c, const struct entry *e,
		      const struct pair *p, const struct stat *st)
{
	struct timespec times[2] = { st->st_atim, st->st_mtim };
	int err;

	if (c->options.repeatable)
		clamp_times(c, times);

	if (p->dst_name)
		err = c->dst->ops->utimensat(p->out, p->dst_name, times);
	else
		err = c->dst->ops->futimens(p->out, times);
	if (!err || is_not_ours(c, e, err))
		return 0;
	if (!is_unsupported(err) || c->dst->uid)
		return entry_dst_error(c, e, err);
	entry_warn_once(c, e, WARNED_TIMES, "these times");
	return 0;
}

int meta_copy_open(struct copy *c, const struct entry *e, int in, int out,
		   const struct stat *st)
{
	const struct pair p = { .in = in, .out = out };
	int owner, attrs, mode, times;

	owner = copy_owner(c, e, &p, st);
	attrs = copy_attrs(c, e, &p);
	mode = copy_mode(c, e, &p, st, !owner);
	times = copy_times(c, e, &p, st);
	if (owner < 0)
		return owner;
	return attrs ? attrs : mode ? mode : times;
}

/* The mode was given when the file was made: only an open file has fchmod. */
int meta_copy_named(struct copy *c, const struct entry *e,
		    const struct stat *st)
{
	const struct pair p = {
		.in = e->src_dir, .src_name = e->src_name,
		.out = e->dst_dir, .dst_name = e->dst_name,
	};
	int owner, attrs, times;

	owner = copy_owner(c, e, &p, st);
	attrs = copy_attrs(c, e, &p);
	times = copy_times(c, e, &p, st);
	if (owner < 0)
		return owner;
	return attrs ? attrs : times;
}

bool meta_has_default_acl(struct copy *c, int fd)
{
	return c->dst->ops->getxattr(fd, NULL, ACL_DEFAULT, NULL, 0) > 0;
}
