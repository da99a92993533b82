/* SPDX-License-Identifier: GPL-2.0 */
/*
 * tree.h - a file tree that can be read and written: the host's, or one inside
 * a disk image
 *
 * Layer:   tools. Copying in and copying out are the same walk with the two
 *          trees exchanged; everything in this folder that touches files does
 *          so through struct tree_ops.
 * Context: one thread. Operations may block.
 */
#ifndef CP_TREE_H
#define CP_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

/**
 * struct tree_dirent - one record of struct tree_ops.getdents
 * @ino: inode number
 * @off: position of the next record; opaque
 * @reclen: bytes from this record to the next
 * @type: DT_* or DT_UNKNOWN
 * @name: terminated by NUL
 *
 * The layout is that of the getdents64 system call.
 */
struct tree_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
} __attribute__((packed));

/*
 * struct tree_ops - file access by descriptor
 *
 * Each operation is the system call of that name with these restrictions: a
 * name is one component, never a path, and is never followed if it is a
 * symbolic link. All return a negative Linux errno on failure.
 *
 * resolve: Open the path a user gave, following symbolic links.
 * readlinkat: Does not terminate the result; as the system call.
 * fchownat, utimensat: Act on a symbolic link itself.
 * listxattr, getxattr, setxattr, removexattr: If name is NULL they act on the
 *	open file fd, else on entry name of the directory fd.
 * advise: Say that fd will be read once from start to end; may do nothing.
 * forget: Say that a range of fd was read and is not needed again; likewise.
 * write_behind: fd is being written from start to end and has come to pos.
 *	Begin to write [begun, pos) out; see to it that [done, begun) was
 *	written and is no longer kept in memory. May do nothing.
 */
struct tree_ops {
	int (*resolve)(int base, const char *path, int flags);
	int (*openat)(int dir, const char *name, int flags, mode_t mode);
	int (*close)(int fd);
	ssize_t (*pread)(int fd, void *buf, size_t len, off_t pos);
	ssize_t (*pwrite)(int fd, const void *buf, size_t len, off_t pos);
	off_t (*lseek)(int fd, off_t pos, int whence);
	int (*ftruncate)(int fd, off_t size);
	ssize_t (*getdents)(int fd, void *buf, size_t len);
	int (*fstat)(int fd, struct stat *st);
	int (*fstatat)(int dir, const char *name, struct stat *st);
	int (*mkdirat)(int dir, const char *name, mode_t mode);
	int (*mknodat)(int dir, const char *name, mode_t mode, dev_t dev);
	int (*symlinkat)(const char *target, int dir, const char *name);
	ssize_t (*readlinkat)(int dir, const char *name, char *buf, size_t len);
	int (*linkat)(int old_dir, const char *old_name, int dir,
		      const char *name);
	int (*unlinkat)(int dir, const char *name);
	int (*fchown)(int fd, uid_t uid, gid_t gid);
	int (*fchownat)(int dir, const char *name, uid_t uid, gid_t gid);
	int (*fchmod)(int fd, mode_t mode);
	int (*futimens)(int fd, const struct timespec times[2]);
	int (*utimensat)(int dir, const char *name,
			 const struct timespec times[2]);
	ssize_t (*listxattr)(int fd, const char *name, char *list, size_t len);
	ssize_t (*getxattr)(int fd, const char *name, const char *attr,
			    void *value, size_t len);
	int (*setxattr)(int fd, const char *name, const char *attr,
			const void *value, size_t len);
	int (*removexattr)(int fd, const char *name, const char *attr);
	void (*advise)(int fd);
	void (*forget)(int fd, off_t pos, off_t len);
	int (*write_behind)(int fd, off_t done, off_t begun, off_t pos);
};

/**
 * struct tree - one of the two sides of a copy
 * @ops: how its files are reached
 * @base: directory that relative paths given by the user start from; in an
 *	image the root of its file system
 * @label: what to put before a path of this tree in a message: the image's
 *	name and a colon, or ""
 * @uid: whom the tree takes us for; 0 inside an image
 * @gid: likewise
 * @is_image: is this file one that must be neither read nor replaced, an image
 *	on the host's side? NULL for none
 * @images: for @is_image
 */
struct tree {
	const struct tree_ops *ops;
	int base;
	const char *label;
	uid_t uid;
	gid_t gid;
	bool (*is_image)(const void *images, dev_t dev, ino_t ino);
	const void *images;
};

extern const struct tree_ops tree_host_ops;
extern const struct tree_ops tree_image_ops;

#endif /* CP_TREE_H */
