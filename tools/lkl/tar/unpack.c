// SPDX-License-Identifier: GPL-2.0
/*
 * unpack.c - a tar archive to a file tree
 *
 * Layer:   tools; see unpack.h.
 * Context: one thread.
 */
#include "unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "../cp/diag.h"
#include "../cp/progress.h"
#include "whiteout.h"

#define BEHIND_STEP	(4 * 1024 * 1024)

static const char *cause_of(int err)
{
	switch (err) {
	case -EXDEV:
		return "leads out of the image; refused";
	case -ELOOP:
		return "leads through a symbolic link; refused";
	default:
		return diag_cause(err);
	}
}

/* What is full or broken is so for every later file too. */
static bool is_final(int err)
{
	return err == -ENOSPC || err == -EDQUOT || err == -EROFS ||
	       err == -ESHUTDOWN || err == -ENOTRECOVERABLE;
}

int unpack_error(struct unpack *u, int err)
{
	u->failed++;
	if (is_final(err))
		u->broken = true;
	diag_error("%s%s: %s", u->tree->label, u->shown, cause_of(err));
	return err;
}

int unpack_error_at(struct unpack *u, const char *what, int err)
{
	u->failed++;
	/* Room for attributes is a matter of the single file. */
	if (is_final(err) && err != -ENOSPC)
		u->broken = true;
	diag_error("%s%s: %s: %s", u->tree->label, u->shown, what,
		   diag_cause(err));
	return err;
}

static int archive_failed(struct unpack *u)
{
	if (!*u->stop)
		stream_error(u->stream, u->in);
	u->failed++;
	u->broken = true;
	return -EIO;
}

/* ---- making files ---- */

/* Take away what is in the way, unless it is a directory. */
static int make_room(struct unpack *u, int dir, const char *name)
{
	struct stat st;
	int err = u->tree->ops->fstatat(dir, name, &st);

	if (err)
		return err;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return u->tree->ops->unlinkat(dir, name);
}

static int try_make(struct unpack *u, struct made *m)
{
	const struct tree_ops *ops = u->tree->ops;
	struct archive_entry *e = u->entry;
	const char *target;
	mode_t mode = archive_entry_mode(e);

	switch (archive_entry_filetype(e)) {
	case AE_IFREG:
		m->fd = ops->openat(m->dir, m->name,
				    O_WRONLY | O_CREAT | O_EXCL, 0600);
		return m->fd < 0 ? m->fd : 0;
	case AE_IFLNK:
		target = archive_entry_symlink(e);
		return target ? ops->symlinkat(target, m->dir, m->name) :
				-EINVAL;
	case AE_IFCHR:
	case AE_IFBLK:
		return ops->mknodat(m->dir, m->name, mode,
				    makedev(archive_entry_rdevmajor(e),
					    archive_entry_rdevminor(e)));
	case AE_IFIFO:
	case AE_IFSOCK:
		return ops->mknodat(m->dir, m->name, mode, 0);
	default:
		return -EOPNOTSUPP;
	}
}

static int make(struct unpack *u, struct made *m)
{
	int err = try_make(u, m);

	if (err != -EEXIST)
		return err;
	err = make_room(u, m->dir, m->name);
	return err ? err : try_make(u, m);
}

static int write_block(struct unpack *u, int fd, const char *buf, size_t len,
		       off_t pos)
{
	while (len) {
		ssize_t done = u->tree->ops->pwrite(fd, buf, len, pos);

		if (done == -EINTR && !*u->stop)
			continue;
		if (done <= 0)
			return done ? done : -EIO;
		buf += done;
		len -= done;
		pos += done;
	}
	return 0;
}

/* Gaps between blocks are holes, and stay ones. */
static int write_contents(struct unpack *u, int fd)
{
	off_t done = 0, begun = 0;
	const void *buf;
	la_int64_t pos;
	size_t len;
	int err = 0, status;

	for (;;) {
		status = archive_read_data_block(u->in, &buf, &len, &pos);
		if (status == ARCHIVE_EOF)
			break;
		if (status < ARCHIVE_WARN || *u->stop)
			return archive_failed(u);
		err = write_block(u, fd, buf, len, pos);
		if (!err && pos + (off_t)len - begun >= BEHIND_STEP) {
			err = u->tree->ops->write_behind(fd, done, begun,
							 pos + len);
			done = begun;
			begun = pos + len;
		}
		if (err)
			return unpack_error(u, err);
	}
	err = u->tree->ops->ftruncate(fd, archive_entry_size(u->entry));
	return err ? unpack_error(u, err) : 0;
}

/* A file that is not whole is not left there. */
static void unpack_file(struct unpack *u, struct made *m)
{
	int err = make(u, m);

	if (err) {
		unpack_error(u, err);
		return;
	}
	if (m->fd >= 0)
		err = write_contents(u, m->fd);
	if (!err)
		unpack_meta(u, m);
	if (m->fd >= 0)
		u->tree->ops->close(m->fd);
	if (err)
		u->tree->ops->unlinkat(m->dir, m->name);
}

static int make_directory(struct unpack *u, struct made *m)
{
	const struct tree_ops *ops = u->tree->ops;
	struct stat st;
	int err = ops->mkdirat(m->dir, m->name, 0700);

	if (err != -EEXIST)
		return err;
	err = ops->fstatat(m->dir, m->name, &st);
	if (err)
		return err;
	m->inherited = true;
	if (S_ISDIR(st.st_mode))
		return 0;
	err = ops->unlinkat(m->dir, m->name);
	return err ? err : ops->mkdirat(m->dir, m->name, 0700);
}

static void unpack_directory(struct unpack *u, struct made *m)
{
	const struct tree_ops *ops = u->tree->ops;
	int err = make_directory(u, m);

	if (!err) {
		m->fd = ops->openat(m->dir, m->name, O_RDONLY | O_DIRECTORY, 0);
		err = m->fd < 0 ? m->fd : 0;
	}
	if (err) {
		unpack_error(u, err);
		return;
	}
	unpack_meta(u, m);
	ops->close(m->fd);
}

static void unpack_root(struct unpack *u)
{
	struct made m = {
		.dir = u->tree->base, .name = ".", .fd = u->tree->base,
		.inherited = true,
	};

	if (archive_entry_filetype(u->entry) == AE_IFDIR)
		unpack_meta(u, &m);
	else
		unpack_error(u, -EISDIR);
}

/* ---- hard links ---- */

static bool same_file(struct unpack *u, int old_dir, const char *old_name,
		      int dir, const char *name)
{
	struct stat one, two;

	return !u->tree->ops->fstatat(old_dir, old_name, &one) &&
	       !u->tree->ops->fstatat(dir, name, &two) &&
	       one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

static int make_link(struct unpack *u, int old_dir, const char *old_name,
		     int dir, const char *name)
{
	const struct tree_ops *ops = u->tree->ops;
	int err = ops->linkat(old_dir, old_name, dir, name);

	if (err != -EEXIST || same_file(u, old_dir, old_name, dir, name))
		return err == -EEXIST ? 0 : err;
	err = make_room(u, dir, name);
	return err ? err : ops->linkat(old_dir, old_name, dir, name);
}

/* The directory of the first name is found by a walk of its own. */
static int link_to(struct unpack *u, const char *target, int dir,
		   const char *name)
{
	struct parts parts;
	struct dirs dirs;
	int old_dir, err = parts_split(&parts, target);

	if (err)
		return err;
	if (!parts.count) {
		parts_free(&parts);
		return -EISDIR;
	}
	dirs_init(&dirs, u->tree->ops, u->tree->base);
	old_dir = dirs_enter(&dirs, parts.names, parts.count - 1, false);
	err = old_dir < 0 ? old_dir :
	      make_link(u, old_dir, parts.names[parts.count - 1], dir, name);
	dirs_free(&dirs);
	parts_free(&parts);
	return err;
}

static void unpack_link(struct unpack *u, const char *target,
			const struct made *m)
{
	int err = link_to(u, target, m->dir, m->name);

	if (!err)
		return;
	u->failed++;
	if (is_final(err))
		u->broken = true;
	diag_error("%s%s: link to %s: %s", u->tree->label, u->shown, target,
		   cause_of(err));
}

/* ---- the archive ---- */

static void unpack_entry(struct unpack *u)
{
	const char *target = archive_entry_hardlink(u->entry);
	struct made m = { .fd = -1 };
	struct parts parts;
	int err = parts_split(&parts, u->shown);

	if (err) {
		unpack_error(u, err);
		return;
	}
	if (!parts.count) {
		unpack_root(u);
		goto out_free;
	}
	m.name = parts.names[parts.count - 1];
	m.dir = dirs_enter(&u->dirs, parts.names, parts.count - 1, true);
	if (m.dir < 0) {
		unpack_error(u, m.dir);
		goto out_free;
	}
	if (u->whiteouts) {
		err = whiteout_apply(u, m.dir, m.name);
		if (err < 0)
			unpack_error(u, err);
		if (err)
			goto out_free;
	}
	m.inherited = dirs_has_acl(&u->dirs);
	if (target)
		unpack_link(u, target, &m);
	else if (archive_entry_filetype(u->entry) == AE_IFDIR)
		unpack_directory(u, &m);
	else
		unpack_file(u, &m);
out_free:
	parts_free(&parts);
}

/*
 * Names are wanted as the bytes they are. In the C locale, in which we are,
 * libarchive cannot convert any that are not ASCII, says so, and hands out the
 * bytes; in another it would normalise them.
 */
static bool is_about_names(const char *text)
{
	return text && strstr(text, "can't be converted");
}

static void next_entry(struct unpack *u, int status)
{
	u->shown = archive_entry_pathname(u->entry);
	if (!u->shown || !*u->shown) {
		u->shown = "(a file without a name)";
		unpack_error(u, -EINVAL);
		return;
	}
	if (status == ARCHIVE_WARN &&
	    !is_about_names(archive_error_string(u->in))) {
		u->failed++;
		diag_error("%s: %s: %s", u->stream->shown, u->shown,
			   archive_error_string(u->in));
	}
	progress_file(u->progress);
	if (diag_is_verbose(2))
		diag_note("%s: %s", u->stream->shown, u->shown);
	unpack_entry(u);
}

static void unpack_all(struct unpack *u)
{
	int status;

	while (!u->broken && !*u->stop) {
		status = archive_read_next_header(u->in, &u->entry);
		if (status == ARCHIVE_EOF) {
			stream_drain(u->stream);
			return;
		}
		if (status < ARCHIVE_WARN) {
			archive_failed(u);
			return;
		}
		next_entry(u, status);
	}
}

int unpack_run(struct unpack *u)
{
	u->buf = malloc(UNPACK_BUFFER);
	if (!u->buf) {
		diag_error("%s", diag_cause(-ENOMEM));
		return -EIO;
	}
	u->in = stream_reader(u->stream);
	if (!u->in) {
		free(u->buf);
		return -EIO;
	}
	dirs_init(&u->dirs, u->tree->ops, u->tree->base);
	unpack_all(u);
	unpack_finish(u);
	dirs_free(&u->dirs);
	archive_read_free(u->in);
	free(u->buf);
	return u->failed || *u->stop ? -EIO : 0;
}
