/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fs.h - what the requests of all kinds have in common
 *
 * Layer:   tools; used by the op_*.c files, session.c and worker.c.
 */
#ifndef FUSE_FS_H
#define FUSE_FS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "fuse3.h"
#include "node.h"
#include "owner.h"

/**
 * struct fs - the file system that is served
 * @nodes: what the host knows of it
 * @owner: whose files are shown as whose
 * @default_permissions: the host checks who may do what
 * @write_back: the host keeps what is written for a while
 * @no_direct: files cannot be opened with O_DIRECT
 * @names_vary: a file may be reached by several spellings of its name
 * @time_gran: resolution of its time stamps in ns
 * @unmounted: the host has said that nobody will ask any more
 * @session: for messages to the host that are no answers
 * @ready: called once the host has our answer to its first request; may be NULL
 * @ready_arg: for it
 */
struct fs {
	struct node_table nodes;
	struct owner_map owner;
	bool default_permissions;
	bool write_back;
	atomic_bool no_direct;
	bool names_vary;
	unsigned int time_gran;
	atomic_bool unmounted;
	struct fuse_session *session;
	void (*ready)(void *arg);
	void *ready_arg;
};

/**
 * struct request_extra - what libfuse does not hand on of a request
 * @kill_privileged: set-user-ID and set-group-ID bits are to be taken away
 * @tmpfile: the file to be created is to have no name
 *
 * Set by session.c before libfuse is given the request.
 */
struct request_extra {
	bool kill_privileged;
	bool tmpfile;
};

extern _Thread_local struct request_extra request_extra;

/* Nobody else can change a locked image, so answers are good for ever. */
#define FS_FOREVER	((double)(1 << 30))

/* Which fields of struct statx are asked for everywhere. */
#define FS_STATX_MASK	(STATX_BASIC_STATS | STATX_BTIME)

/**
 * struct directory - an open directory; for op_dir.c
 * @fd: descriptor inside the library
 * @listing: entries that were read from it
 *
 * Open files have nothing like it: what they need is with their node.
 */
struct directory {
	int fd;
	struct listing *listing;
};

/* Room for "/proc/self/fd/" and a number. */
#define FS_FD_PATH	32

/** fs_of - the file system a request is for */
static inline struct fs *fs_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

/** fs_node - the node the host means */
static inline struct node *fs_node(struct fs *fs, fuse_ino_t ino)
{
	return ino == FUSE_ROOT_ID ? fs->nodes.root : (struct node *)ino;
}

/** fs_directory - the open directory the host means; NULL for a file */
static inline struct directory *fs_directory(const struct fuse_file_info *fi)
{
	return (struct directory *)(uintptr_t)fi->fh;
}

/** fs_get - a descriptor of the inode the host means, as node_get() */
static inline int fs_get(struct fs *fs, fuse_ino_t ino)
{
	return node_get(&fs->nodes, fs_node(fs, ino));
}

/** fs_put - done with the descriptor from fs_get() */
static inline void fs_put(struct fs *fs, fuse_ino_t ino)
{
	node_put(&fs->nodes, fs_node(fs, ino));
}

/**
 * fs_errno - an error of the library as the host is to be told
 * @err: negative errno of a call into the library
 *
 * Return: positive errno; EIO if the library's kernel is no more.
 */
int fs_errno(int err);

/** fs_reply - answer a request that has no other result */
void fs_reply(fuse_req_t req, int err);

/** fs_fd_path - a path inside the library to what @fd refers to */
void fs_fd_path(char path[FS_FD_PATH], int fd);

/** fs_stat - convert what is known of an inode for the host */
void fs_stat(const struct fs *fs, const struct statx *stx, struct stat *st);

/**
 * fs_become - act as who has sent a request, to make a file
 * @fs: the file system
 * @req: the request; with its file mode creation mask
 *
 * Return: 0, or a negative errno.
 */
int fs_become(struct fs *fs, fuse_req_t req);

/**
 * fs_entry - look a name up, and count that the host is told
 * @fs: the file system
 * @dir: descriptor of the directory
 * @name: in it
 * @entry: result, with the node counted
 * @node: result; may be NULL
 *
 * Return: 0, or a negative errno.
 */
int fs_entry(struct fs *fs, int dir, const char *name,
	     struct fuse_entry_param *entry, struct node **node);

/**
 * fs_entry_of - as fs_entry(), for a descriptor that is at hand
 * @fs: the file system
 * @fd: descriptor
 * @take: it is an O_PATH one and is taken, also on failure
 * @entry: result
 * @node: result; may be NULL
 */
int fs_entry_of(struct fs *fs, int fd, bool take,
		struct fuse_entry_param *entry, struct node **node);

/** fs_entry_undo - the host could not be told */
void fs_entry_undo(struct fs *fs, const struct fuse_entry_param *entry);

/** fs_reply_entry - answer with an entry, or undo it */
void fs_reply_entry(fuse_req_t req, const struct fuse_entry_param *entry);

/** op_file_make - answer a request for a new regular file, to be opened by its node */
void op_file_make(fuse_req_t req, fuse_ino_t parent, const char *name,
		  mode_t mode);

/* ---- the requests, by subject; each file fills in its part ---- */

void op_inode_register(struct fuse_lowlevel_ops *ops);
void op_name_register(struct fuse_lowlevel_ops *ops);
void op_file_register(struct fuse_lowlevel_ops *ops);
void op_dir_register(struct fuse_lowlevel_ops *ops);
void op_xattr_register(struct fuse_lowlevel_ops *ops);

#endif /* FUSE_FS_H */
