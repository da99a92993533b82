// SPDX-License-Identifier: GPL-2.0
/*
 * extra.c - requests that libfuse does not know
 *
 * Layer:   tools, over lkl.h; called by session.c.
 * Context: any thread that serves requests.
 *
 * FUSE_STATX brings what struct stat has no room for: when a file was made,
 * and its attributes (immutable, append only, compressed ...).
 */
#include "extra.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>

#include <lkl.h>

/* The structs of <linux/fuse.h> as of protocol 7.39. */

struct statx_in {
	uint32_t getattr_flags;
	uint32_t reserved;
	uint64_t fh;
	uint32_t sx_flags;
	uint32_t sx_mask;
};

struct statx_time {
	int64_t sec;
	uint32_t nsec;
	int32_t reserved;
};

struct statx_out {
	uint64_t attr_valid;
	uint32_t attr_valid_nsec;
	uint32_t flags;
	uint64_t spare[2];
	uint32_t mask;
	uint32_t blksize;
	uint64_t attributes;
	uint32_t nlink;
	uint32_t uid;
	uint32_t gid;
	uint16_t mode;
	uint16_t spare0;
	uint64_t ino;
	uint64_t size;
	uint64_t blocks;
	uint64_t attributes_mask;
	struct statx_time atime;
	struct statx_time btime;
	struct statx_time ctime;
	struct statx_time mtime;
	uint32_t rdev_major;
	uint32_t rdev_minor;
	uint32_t dev_major;
	uint32_t dev_minor;
	uint64_t spare2[14];
};

static_assert(sizeof(struct statx_in) == 24, "as the protocol has it");
static_assert(sizeof(struct statx_out) == 32 + 256, "as the protocol has it");

static struct statx_time time_of(const struct statx_timestamp *t)
{
	return (struct statx_time){ .sec = t->tv_sec, .nsec = t->tv_nsec };
}

static void convert(const struct fs *fs, const struct statx *stx,
		    struct statx_out *out)
{
	*out = (struct statx_out){
		.attr_valid = FS_FOREVER,
		.mask = stx->stx_mask,
		.blksize = stx->stx_blksize,
		.attributes = stx->stx_attributes,
		.attributes_mask = stx->stx_attributes_mask,
		.nlink = stx->stx_nlink,
		.uid = owner_show(&fs->owner.users, stx->stx_uid),
		.gid = owner_show(&fs->owner.groups, stx->stx_gid),
		.mode = stx->stx_mode,
		.ino = stx->stx_ino,
		.size = stx->stx_size,
		.blocks = stx->stx_blocks,
		.atime = time_of(&stx->stx_atime),
		.btime = time_of(&stx->stx_btime),
		.ctime = time_of(&stx->stx_ctime),
		.mtime = time_of(&stx->stx_mtime),
		.rdev_major = stx->stx_rdev_major,
		.rdev_minor = stx->stx_rdev_minor,
	};
}

static int read_statx(struct fs *fs, const struct fuse_in_header *head,
		      struct statx *stx)
{
	int fd, err;

	if (head->len < sizeof(*head) + sizeof(struct statx_in))
		return -EINVAL;
	fd = fs_get(fs, head->nodeid);
	if (fd < 0)
		return fd;
	err = lkl_sys_statx(fd, "", AT_EMPTY_PATH, FS_STATX_MASK, stx);
	fs_put(fs, head->nodeid);
	return err;
}

void extra_statx(struct fs *fs, int fd, const struct fuse_in_header *head)
{
	struct fuse_out_header out_head = { .unique = head->unique };
	struct statx_out out;
	struct statx stx;
	struct iovec iov[] = {
		{ &out_head, sizeof(out_head) },
		{ &out, sizeof(out) },
	};
	int err = read_statx(fs, head, &stx);

	if (err) {
		out_head.error = -fs_errno(err);
		out_head.len = sizeof(out_head);
	} else {
		convert(fs, &stx, &out);
		out_head.len = sizeof(out_head) + sizeof(out);
	}
	/* It fails if nobody waits for the answer any more. */
	if (writev(fd, iov, err ? 1 : 2) < 0)
		return;
}
