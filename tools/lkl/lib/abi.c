// SPDX-License-Identifier: GPL-2.0
/*
 * abi.c - the public structs are what the kernel and libc think they are
 *
 * Layer:   tools/lkl/lib. Nothing but assertions at compile time.
 *
 * lkl.h hands libc's structs to the kernel and its own to both, which is right
 * only while their layouts agree.
 */
#include <lkl.h>

#include <assert.h>
#include <dirent.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/statfs.h>
#include <sys/utsname.h>

#define SAME_MEMBER(a, b, member) \
	static_assert(offsetof(struct a, member) == offsetof(struct b, member) && \
		      sizeof(((struct a *)0)->member) == \
		      sizeof(((struct b *)0)->member), #a "." #member)

static_assert(sizeof(struct lkl_stat) == sizeof(struct stat), "struct lkl_stat");
SAME_MEMBER(lkl_stat, stat, st_dev);
SAME_MEMBER(lkl_stat, stat, st_ino);
SAME_MEMBER(lkl_stat, stat, st_nlink);
SAME_MEMBER(lkl_stat, stat, st_mode);
SAME_MEMBER(lkl_stat, stat, st_uid);
SAME_MEMBER(lkl_stat, stat, st_gid);
SAME_MEMBER(lkl_stat, stat, st_rdev);
SAME_MEMBER(lkl_stat, stat, st_size);
SAME_MEMBER(lkl_stat, stat, st_blksize);
SAME_MEMBER(lkl_stat, stat, st_blocks);
SAME_MEMBER(lkl_stat, stat, st_atim);
SAME_MEMBER(lkl_stat, stat, st_mtim);
SAME_MEMBER(lkl_stat, stat, st_ctim);
static_assert(offsetof(struct lkl_stat, st_mtime_nsec) ==
	      offsetof(struct lkl_stat, st_mtim.tv_nsec), "st_mtime_nsec");

SAME_MEMBER(lkl_linux_dirent64, dirent64, d_ino);
SAME_MEMBER(lkl_linux_dirent64, dirent64, d_off);
SAME_MEMBER(lkl_linux_dirent64, dirent64, d_reclen);
SAME_MEMBER(lkl_linux_dirent64, dirent64, d_type);
SAME_MEMBER(lkl_linux_dirent64, dirent64, d_name);

static_assert(sizeof(struct lkl_epoll_event) == sizeof(struct epoll_event),
	      "struct lkl_epoll_event");
SAME_MEMBER(lkl_epoll_event, epoll_event, events);
SAME_MEMBER(lkl_epoll_event, epoll_event, data);

/* include/uapi/asm-generic/statfs.h: eleven words and four to spare. */
static_assert(sizeof(struct statfs) == 120, "struct statfs");
static_assert(sizeof(struct utsname) == 6 * 65, "struct utsname");
static_assert(sizeof(lkl_loff_t) == 8 && sizeof(off_t) == 8, "offsets");
