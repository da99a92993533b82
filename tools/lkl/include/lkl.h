/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lkl.h - the Linux kernel as a library: what a program calls
 *
 * Layer:   public, the top of the host half. Everything below is in liblkl.
 * Users:   applications and the tools; see lkl(7) for an introduction.
 *
 * A program brings a kernel up, makes system calls into it, and halts it:
 *
 *	lkl_init(&lkl_host_ops);
 *	lkl_start_kernel("mem=64M loglevel=4");
 *	fd = lkl_sys_open("/etc/motd", LKL_O_RDONLY, 0);
 *	...
 *	lkl_sys_halt();
 *	lkl_cleanup();
 *
 * Results are what the kernel returns: 0 or a count, or a negative errno
 * (-LKL_ENOENT). errno itself is never touched. Structs, flags and numbers are
 * the host processor's own, so struct stat and O_RDWR may be used as well as
 * struct lkl_stat and LKL_O_RDWR, which are there for programs written for the
 * Linux Kernel Library.
 *
 * Every function may be called from any thread unless its Context says more.
 * Functions that concern a kernel act on the one the calling thread has
 * selected (lkl_kernel_use()), by default on the default kernel.
 */
#ifndef _LKL_H
#define _LKL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <time.h>
#include <netinet/in.h>
#include <poll.h>
#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default)
#define LKL_PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define LKL_EXTENSION __extension__
#else
#define LKL_PRINTF_LIKE(fmt, args)
#define LKL_EXTENSION
#endif

/*
 * Names: constants and structs under their LKL names.
 */

/* Offsets and sizes of files, in bytes; the C library's loff_t. */
typedef long lkl_loff_t;

#define lkl_off_t		lkl_loff_t
#define lkl_fd_set		fd_set
#define lkl_sigset_t		sigset_t
#define lkl_socklen_t		socklen_t
#define lkl_s_addr		s_addr

#define __lkl__kernel_loff_t	lkl_loff_t
#define __lkl__kernel_off_t	lkl_loff_t
#define __lkl__kernel_size_t	size_t
#define __lkl__kernel_ssize_t	ssize_t
#define __lkl__kernel_pid_t	pid_t
#define __lkl__kernel_uid_t	uid_t
#define __lkl__kernel_gid_t	gid_t
#define __lkl__kernel_mode_t	mode_t
#define __lkl__kernel_time_t	time_t
#define __lkl__kernel_dev_t	dev_t
#define __lkl__kernel_ino_t	ino_t
#define __lkl__kernel_fd_set	fd_set
#define __lkl__kernel_timespec	timespec
#define __lkl__kernel_itimerspec itimerspec
#define __lkl__kernel_old_timeval timeval

#define __lkl__u8		__u8
#define __lkl__u16		__u16
#define __lkl__u32		__u32
#define __lkl__u64		__u64
#define __lkl__s8		__s8
#define __lkl__s16		__s16
#define __lkl__s32		__s32
#define __lkl__s64		__s64
#define __lkl__be16		__be16
#define __lkl__be32		__be32
#define __lkl__be64		__be64
#define __lkl__le16		__le16
#define __lkl__le32		__le32
#define __lkl__le64		__le64

/*
 * Not among the generated names: a macro of the kernel's for small numbers;
 * <sys/mount.h>, which cannot be included together with the kernel's header of
 * mounts; and what is not an integer.
 */
#define LKL_MKDEV(major, minor)	((major) << 8 | (minor))
#define LKL_MNT_FORCE		1
#define LKL_MNT_DETACH		2
#define LKL_MNT_EXPIRE		4
#define LKL_UMOUNT_NOFOLLOW	8
#define LKL_MAP_FAILED		((void *)-1)
#define LKL_SIG_DFL		((void (*)(int))0)
#define LKL_SIG_IGN		((void (*)(int))1)

/*
 * struct lkl_stat - what lkl_sys_stat() and its like fill in
 *
 * The same bytes as the host's struct stat, which those calls take as well,
 * with the kernel's names for the nanoseconds beside libc's struct timespec.
 */
struct lkl_stat {
#if defined(__x86_64__)
	unsigned long st_dev;
	unsigned long st_ino;
	unsigned long st_nlink;
	unsigned int st_mode;
	unsigned int st_uid;
	unsigned int st_gid;
	unsigned int lkl_pad0;
	unsigned long st_rdev;
	long st_size;
	long st_blksize;
	long st_blocks;
#else
	unsigned long st_dev;
	unsigned long st_ino;
	unsigned int st_mode;
	unsigned int st_nlink;
	unsigned int st_uid;
	unsigned int st_gid;
	unsigned long st_rdev;
	unsigned long lkl_pad0;
	long st_size;
	int st_blksize;
	int lkl_pad1;
	long st_blocks;
#endif
#ifdef st_atime
	/* Here st_atime is a macro for st_atim.tv_sec. */
#define LKL_STAT_TIME(x) \
	LKL_EXTENSION union { \
		struct timespec st_##x##tim; \
		LKL_EXTENSION struct { \
			long st_##x##time_sec; \
			long st_##x##time_nsec; \
		}; \
	}
	LKL_STAT_TIME(a);
	LKL_STAT_TIME(m);
	LKL_STAT_TIME(c);
#undef LKL_STAT_TIME
#else
	long st_atime;
	long st_atime_nsec;
	long st_mtime;
	long st_mtime_nsec;
	long st_ctime;
	long st_ctime_nsec;
#endif
#if defined(__x86_64__)
	long lkl_reserved[3];
#else
	unsigned int lkl_reserved[2];
#endif
};

/**
 * struct lkl_linux_dirent64 - an entry of a directory, as getdents64 has it
 * @d_ino: inode number
 * @d_off: position of the next entry, for lkl_sys_lseek()
 * @d_reclen: bytes from this entry to the next
 * @d_type: LKL_DT_*
 * @d_name: its name, terminated; the entry ends after it
 */
struct lkl_linux_dirent64 {
	uint64_t d_ino;
	int64_t d_off;
	unsigned short d_reclen;
	unsigned char d_type;
	char d_name[256];
};

/**
 * struct lkl_linux_dirent - the older form, with the type in the last byte
 * @d_ino: inode number
 * @d_off: position of the next entry
 * @d_reclen: bytes from this entry to the next
 * @d_name: its name, terminated; a zero byte and LKL_DT_* follow
 */
struct lkl_linux_dirent {
	unsigned long d_ino;
	unsigned long d_off;
	unsigned short d_reclen;
	char d_name[258];
};

/**
 * struct lkl_epoll_event - the kernel's own, whose data is no union
 * @events: LKL_EPOLL*
 * @data: given back; what libc calls data.u64
 *
 * The same bytes as libc's struct epoll_event, which the calls take as well.
 */
struct lkl_epoll_event {
	uint32_t events;
	uint64_t data;
}
#ifdef __x86_64__
__attribute__((__packed__))
#endif
;

/*
 * struct lkl_sigaction - the kernel's own, which is not libc's
 * @sa_handler: LKL_SIG_DFL, LKL_SIG_IGN, or a function; the library never runs
 *	it but raises the signal on the host, see lkl(7)
 * @sa_flags: LKL_SA_*
 * @sa_restorer: not used
 * @sa_mask: signals 1 to 64 as bits 0 to 63
 */
#pragma push_macro("sa_handler")
#undef sa_handler	/* with <signal.h> a macro for the second spelling */
struct lkl_sigaction {
	__extension__ union {
		void (*sa_handler)(int signum);
		struct {
			void (*sa_handler)(int signum);
		} __sigaction_handler;
	};
	unsigned long sa_flags;
	void (*sa_restorer)(void);
	unsigned long sa_mask;
};
#pragma pop_macro("sa_handler")

#include "lkl_names.h"

/*
 * System calls.
 */

/**
 * lkl_syscall - make any system call
 * @no: number of the call, as in the host's <sys/syscall.h> (__lkl__NR_*)
 * @params: its six arguments; those the call does not have are not read
 *
 * The calling thread becomes a task of the kernel at its first call, and stops
 * being one when it ends.
 *
 * Context: any thread, not a signal handler that interrupted another call.
 * Blocks: as the call does; other threads go on.
 * Return: what the kernel returns; besides, -LKL_ENOTCONN before
 * lkl_start_kernel() and after lkl_cleanup(), -LKL_ESHUTDOWN once halted,
 * -LKL_ENOTRECOVERABLE once it has panicked, -LKL_EDEADLK from within a call,
 * -LKL_ENOLINK in a child made by fork(), which has no kernel of its own.
 */
long lkl_syscall(long no, long *params);

#include "lkl_syscalls.h"

/*
 * What lkl_sys_stat() and its like take: a pointer to a struct stat or to a
 * struct lkl_stat, which are the same bytes. In C this is a transparent union,
 * where extensions of the compiler are wanted, else a pointer to anything.
 */
#if defined(__cplusplus)
extern "C++" {
struct lkl_stat_buf {
	void *buf;

	lkl_stat_buf(struct stat *host) : buf(host) { }
	lkl_stat_buf(struct lkl_stat *lkl) : buf(lkl) { }
};
}
#define LKL_STAT_POINTER(statbuf) ((long)(statbuf).buf)
#elif defined(__STRICT_ANSI__)
typedef void *lkl_stat_buf;
#define LKL_STAT_POINTER(statbuf) ((long)(statbuf))
#else
typedef union {
	struct stat *host;
	struct lkl_stat *lkl;
} lkl_stat_buf __attribute__((__transparent_union__));
#define LKL_STAT_POINTER(statbuf) ((long)(statbuf).lkl)
#endif

/**
 * lkl_sys_stat - read what is known of a file, following symbolic links
 * @path: the file
 * @statbuf: filled
 */
static inline long lkl_sys_stat(const char *path, lkl_stat_buf statbuf)
{
	long params[6] = { (long)path, LKL_STAT_POINTER(statbuf) };

	return lkl_syscall(__lkl__NR_stat, params);
}

/**
 * lkl_sys_lstat - read what is known of a file, which may be a symbolic link
 * @path: the file
 * @statbuf: filled
 */
static inline long lkl_sys_lstat(const char *path, lkl_stat_buf statbuf)
{
	long params[6] = { (long)path, LKL_STAT_POINTER(statbuf) };

	return lkl_syscall(__lkl__NR_lstat, params);
}

/**
 * lkl_sys_fstat - read what is known of an open file
 * @fd: the kernel's descriptor
 * @statbuf: filled
 */
static inline long lkl_sys_fstat(unsigned int fd, lkl_stat_buf statbuf)
{
	long params[6] = { (long)fd, LKL_STAT_POINTER(statbuf) };

	return lkl_syscall(__lkl__NR_fstat, params);
}

/**
 * lkl_sys_newfstatat - read what is known of a file in a directory
 * @dfd: the directory, or LKL_AT_FDCWD
 * @path: the file
 * @statbuf: filled
 * @flag: LKL_AT_SYMLINK_NOFOLLOW, LKL_AT_EMPTY_PATH
 */
static inline long lkl_sys_newfstatat(int dfd, const char *path,
				      lkl_stat_buf statbuf, int flag)
{
	long params[6] = { (long)dfd, (long)path, LKL_STAT_POINTER(statbuf),
			   (long)flag };

	return lkl_syscall(__lkl__NR_newfstatat, params);
}

static inline long lkl_sys_send(int fd, const void *buf, size_t len,
				unsigned int flags)
{
	return lkl_sys_sendto(fd, buf, len, flags, NULL, 0);
}

static inline long lkl_sys_recv(int fd, void *buf, size_t len,
				unsigned int flags)
{
	return lkl_sys_recvfrom(fd, buf, len, flags, NULL, NULL);
}

#define lkl_sys_fstatat		lkl_sys_newfstatat
#define lkl_sys_fstatat64	lkl_sys_newfstatat
#define lkl_sys_pread		lkl_sys_pread64
#define lkl_sys_pwrite		lkl_sys_pwrite64

/**
 * lkl_sys_mmap - map a file of the kernel, or its memory, into the process
 * @addr: wanted address, inside the kernel's own range, or NULL
 * @length: bytes
 * @prot: LKL_PROT_*
 * @flags: LKL_MAP_*; LKL_MAP_POPULATE unless the file is populated already,
 *	since a page that is missing is not faulted in
 * @fd: the kernel's file descriptor, or -1
 * @offset: bytes into the file, a multiple of the page size
 *
 * Return: the address, or LKL_MAP_FAILED. lkl_syscall(__lkl__NR_mmap, ...)
 * tells why.
 */
static inline void *lkl_sys_mmap(void *addr, size_t length, int prot,
				 int flags, int fd, lkl_loff_t offset)
{
	long params[6] = { (long)addr, (long)length, (long)prot, (long)flags,
			   (long)fd, (long)offset };
	long ret = lkl_syscall(__lkl__NR_mmap, params);

	return ret < 0 && ret > -4096 ? LKL_MAP_FAILED : (void *)ret;
}

/*
 * Life cycle. lkl_host.h has struct lkl_host_operations and lkl_host_ops.
 */

struct lkl_host_operations;

/**
 * lkl_init - choose what the default kernel runs on
 * @ops: usually &lkl_host_ops. Read when the kernel is started, except for its
 *	print member, which is read whenever there is output; so it has to stay
 *	valid until lkl_cleanup().
 *
 * Return: 0; -LKL_EBUSY if the default kernel is running; -LKL_EINVAL if @ops
 * is NULL.
 */
int lkl_init(struct lkl_host_operations *ops);

/**
 * lkl_cleanup - give back everything the default kernel holds
 *
 * Halts it if it is running. Disks that were not removed are removed. The next
 * lkl_init() starts from nothing.
 *
 * Context: no thread may be in a call into the kernel except ones that are
 * blocked there, which return -LKL_ESHUTDOWN. Blocks: until they have left.
 */
void lkl_cleanup(void);

/**
 * lkl_start_kernel - boot the selected kernel
 * @fmt: kernel command line, a printf format. "mem=64M" is how much memory it
 *	may use, "maxcpus=2" how many of its calls can run at once, "loglevel=4"
 *	what it prints (0: nothing).
 *
 * Maps a fresh copy of the kernel and returns when it can be called; takes some
 * milliseconds. A kernel that was halted or has panicked may be started again.
 * Disks added before are announced to it.
 *
 * Return: 0; -LKL_EBUSY if it is running already; -LKL_EINVAL (bad command
 * line); -LKL_ENOMEM; -LKL_ENOEXEC (no kernel image in the library);
 * -LKL_EACCES, -LKL_EPERM (the host forbids executable mappings);
 * -LKL_EPROTO, -LKL_ENOSYS (@ops of lkl_init() refused);
 * -LKL_ENOTRECOVERABLE (it panicked, see lkl_panic_message()).
 */
int lkl_start_kernel(const char *fmt, ...) LKL_PRINTF_LIKE(1, 2);

/**
 * lkl_is_running - can the selected kernel be called?
 *
 * Return: 1 between lkl_start_kernel() and halt or panic, else 0.
 */
int lkl_is_running(void);

/**
 * lkl_sys_halt - shut the selected kernel down
 *
 * Writes back its file systems and stops it. Threads blocked in it return
 * -LKL_ESHUTDOWN. lkl_cleanup() gives its memory back.
 *
 * Blocks: until everything is written.
 * Return: 0; -LKL_ENOTCONN if it was not started; -LKL_ESHUTDOWN if it is
 * halted already; -LKL_ENOTRECOVERABLE if it has panicked.
 */
long lkl_sys_halt(void);

/*
 * Several kernels in one process.
 */

/* One kernel, running or not; opaque. */
struct lkl_kernel;

/**
 * lkl_kernel_new - make another kernel
 * @ops: as for lkl_init(); valid until lkl_kernel_free()
 *
 * Return: it, not started; NULL if memory is short or @ops is NULL.
 */
struct lkl_kernel *lkl_kernel_new(struct lkl_host_operations *ops);

/**
 * lkl_kernel_start - as lkl_start_kernel(), for one kernel
 * @kernel: the kernel
 * @fmt: kernel command line, a printf format
 *
 * Return: as lkl_start_kernel().
 */
int lkl_kernel_start(struct lkl_kernel *kernel, const char *fmt, ...)
	LKL_PRINTF_LIKE(2, 3);

/**
 * lkl_kernel_syscall - as lkl_syscall(), for one kernel
 * @kernel: the kernel
 * @no: number of the call
 * @params: its six arguments
 *
 * Return: as lkl_syscall().
 */
long lkl_kernel_syscall(struct lkl_kernel *kernel, long no, long *params);

/**
 * lkl_kernel_halt - as lkl_sys_halt(), for one kernel
 * @kernel: the kernel
 *
 * Return: as lkl_sys_halt().
 */
int lkl_kernel_halt(struct lkl_kernel *kernel);

/**
 * lkl_kernel_free - as lkl_cleanup(), for one kernel, and forget it
 * @kernel: the kernel; NULL is allowed. The default kernel is only cleaned up.
 *	No other thread may have it selected any more.
 */
void lkl_kernel_free(struct lkl_kernel *kernel);

/**
 * lkl_kernel_default - the kernel that lkl_init() is about
 *
 * Return: it; always the same, and never NULL.
 */
struct lkl_kernel *lkl_kernel_default(void);

/**
 * lkl_kernel_use - select the kernel that the calling thread's calls go to
 * @kernel: it, or NULL for the default one
 *
 * Every thread starts with the default one.
 *
 * Return: the one selected before, NULL for the default one.
 */
struct lkl_kernel *lkl_kernel_use(struct lkl_kernel *kernel);

/*
 * Messages.
 */

/**
 * lkl_strerror - what an error number means
 * @err: a negative result or a positive LKL_E* number
 *
 * Return: a constant string, in English; never NULL.
 */
const char *lkl_strerror(int err);

/**
 * lkl_perror - print what an error number means to standard error
 * @msg: printed before it
 * @err: a negative result or a positive LKL_E* number
 */
void lkl_perror(const char *msg, int err);

/**
 * lkl_printf - print by way of the selected kernel's print function
 * @fmt: a printf format
 *
 * Return: bytes printed, or those that would have been if there is no print
 * function; -LKL_EINVAL, -LKL_ENOMEM.
 */
int lkl_printf(const char *fmt, ...) LKL_PRINTF_LIKE(1, 2);

/**
 * lkl_bug - print by way of the print function, then abort the process
 * @fmt: a printf format
 *
 * For programs; the library itself never calls it.
 */
void lkl_bug(const char *fmt, ...) LKL_PRINTF_LIKE(1, 2);

/**
 * lkl_panic_message - why the selected kernel has panicked
 *
 * Return: one line, valid until the kernel is started again or cleaned up;
 * NULL if it has not panicked.
 */
const char *lkl_panic_message(void);

/**
 * lkl_dmesg - read the selected kernel's log
 * @buf: filled, and terminated
 * @len: its size in bytes
 *
 * While it runs, the kernel's own log buffer: each line "<level>[time] text".
 * Afterwards, and after a panic, the end of what went to its console (up to
 * 64 KiB; how much that is depends on loglevel=). If the log is longer than
 * @buf, its end is given.
 *
 * Return: bytes without the final zero; -LKL_EINVAL if @len is 0 or @buf NULL;
 * -LKL_ENOTCONN if it was never started.
 */
long lkl_dmesg(char *buf, size_t len);

/*
 * Disks.
 */

struct lkl_dev_blk_ops;

/*
 * struct lkl_disk - a disk, as the application describes it
 * @dev: set by lkl_disk_add(); belongs to the library
 * @fd: a regular file or a block device. If it is open for reading only, the
 *	disk is read-only. It stays the caller's, who may close it once the
 *	disk was added.
 * @handle: instead of @fd, whatever @ops wants
 * @ops: how to reach the disk, or NULL for the file at @fd
 */
struct lkl_disk {
	void *dev;

	LKL_EXTENSION union {
		int fd;
		void *handle;
	};
	struct lkl_dev_blk_ops *ops;
};

/**
 * lkl_disk_add - give the selected kernel a disk
 * @disk: the disk; @disk->dev is set
 *
 * May be called before the kernel is started, which then finds the disk at
 * start, or while it runs: then the disk and its partitions are there when
 * this returns.
 *
 * Return: the disk's id, >= 0; -LKL_EINVAL if its size is no multiple of 512
 * bytes or is 0, or the file is in append mode; -LKL_EBADF; -LKL_EACCES if the
 * file is not open for reading; -LKL_ENOTBLK if it is no file and no block
 * device; -LKL_ENOSPC if the kernel has no room for more devices;
 * -LKL_ENOMEM, -LKL_EMFILE, -LKL_EIO, and as lkl_syscall().
 * lkl_disk_error() has the reason in words.
 */
int lkl_disk_add(struct lkl_disk *disk);

/**
 * lkl_disk_remove - take a disk away
 * @disk: what lkl_disk_add() filled in
 *
 * The disk should not be mounted: what is not written back is lost, with I/O
 * errors. May be called while the kernel runs, and after it was halted.
 *
 * Blocks: until requests in flight are done.
 * Return: 0; -LKL_ENODEV if there is no such disk (any more).
 */
int lkl_disk_remove(struct lkl_disk disk);

/**
 * lkl_disk_error - why the last lkl_disk_add() of the calling thread failed
 *
 * Return: a sentence, valid until the thread's next lkl_disk_add(); "" if it
 * did not fail.
 */
const char *lkl_disk_error(void);

/**
 * lkl_get_virtio_blkdev - find the device number of a disk
 * @disk_id: from lkl_disk_add()
 * @part: partition number, or 0 for the whole disk
 * @pdevid: set to the device number, as lkl_sys_mknod() takes it
 *
 * Mounts sysfs at /sysfs inside the kernel if it is not.
 *
 * Return: 0; -LKL_ENODEV (no such disk); -LKL_ENOENT (no such partition); and
 * as lkl_syscall().
 */
int lkl_get_virtio_blkdev(int disk_id, unsigned int part, uint32_t *pdevid);

/**
 * lkl_encode_dev_from_sysfs - read a device number from sysfs
 * @sysfs_path: a file that says "major:minor", e.g. /sysfs/block/vda/dev
 * @pdevid: set to the device number, as lkl_sys_mknod() takes it
 *
 * Return: 0; -LKL_EINVAL if it says something else; and as lkl_syscall().
 */
int lkl_encode_dev_from_sysfs(const char *sysfs_path, uint32_t *pdevid);

/*
 * Network devices. The loopback device needs none of this.
 */

struct lkl_netdev;

/* Everything the device and the kernel can agree on. */
#define LKL_NETDEV_OFFLOAD_ALL	(-1)

/**
 * struct lkl_netdev_args - how a kernel is to see a network device
 * @mac: its address, six bytes, or NULL: the device's own, or a made-up one,
 *	which stays the same while the device is not freed
 * @offload: what may be left to the other side: bits 1 << LKL_VIRTIO_NET_F_{CSUM,
 *	HOST_TSO4,HOST_TSO6,HOST_ECN,GUEST_CSUM,GUEST_TSO4,GUEST_TSO6,GUEST_ECN};
 *	others mean nothing. LKL_NETDEV_OFFLOAD_ALL also permits it for UDP.
 */
struct lkl_netdev_args {
	void *mac;
	unsigned int offload;
};

/**
 * lkl_netdev_tap_create - a network device over a TAP device of the host
 * @ifname: its name. It is made if there is none, which takes CAP_NET_ADMIN, and
 *	goes away when it is no longer open.
 * @offload: as in struct lkl_netdev_args; 0: none
 *
 * It gets as many queues as the kernel has virtual processors, where the host lets
 * it: a device made by somebody else must have been made with several.
 *
 * Return: the device, for lkl_netdev_add(); NULL: see lkl_netdev_error().
 */
struct lkl_netdev *lkl_netdev_tap_create(const char *ifname, int offload);

/**
 * lkl_netdev_tap_fd_create - the same, with a descriptor that is open already
 * @fd: of /dev/net/tun, bound to a TAP device by TUNSETIFF; without IFF_VNET_HDR
 *	nothing can be offloaded. It is duplicated; the caller keeps his own.
 * @offload: as in struct lkl_netdev_args
 *
 * Return: as lkl_netdev_tap_create().
 */
struct lkl_netdev *lkl_netdev_tap_fd_create(int fd, int offload);

/**
 * lkl_netdev_macvtap_create - a network device over a macvtap device of the host
 * @path: its node, /dev/tap<ifindex>
 * @offload: as in struct lkl_netdev_args
 *
 * It has the address of the macvtap device; with another nothing would arrive.
 *
 * Return: as lkl_netdev_tap_create().
 */
struct lkl_netdev *lkl_netdev_macvtap_create(const char *path, int offload);

/**
 * lkl_netdev_raw_create - a network device on the wire of a host's interface
 * @ifname: the interface, of the Ethernet kind; takes CAP_NET_RAW
 *
 * Beside the host on the same wire: frames go out there and come in from there,
 * but the host itself is not reached. The kernel should have an IP address of its
 * own there.
 *
 * Return: as lkl_netdev_tap_create().
 */
struct lkl_netdev *lkl_netdev_raw_create(const char *ifname);

/**
 * lkl_netdev_pipe_create - a network device over two named pipes
 * @ifname: their names, "rx|tx": we read frames from the first, made by
 *	mkfifo(1), and write to the second. The other side does it the other way
 *	round.
 * @offload: has no effect: pipes carry bare frames
 *
 * The MTU can be at most 4078.
 *
 * Return: as lkl_netdev_tap_create().
 */
struct lkl_netdev *lkl_netdev_pipe_create(const char *ifname, int offload);

/**
 * lkl_netdev_socket_create - a network device over a socket
 * @fd: one end of socketpair(AF_UNIX, SOCK_SEQPACKET, 0); the other is given to a
 *	second device, usually of another kernel, and frames pass between them with
 *	all offloads. It is duplicated; the caller keeps his own.
 * @offload: as in struct lkl_netdev_args
 *
 * The link is up until either device is removed and the other end closed.
 *
 * Return: as lkl_netdev_tap_create().
 */
struct lkl_netdev *lkl_netdev_socket_create(int fd, int offload);

/*
 * The network of the devices that need no privileges and no set-up, unless their
 * options say otherwise. Give the interface LKL_NETDEV_USER_IP and _IP6 and the
 * gateways as default routes, or ask for them by DHCP and router advertisements.
 * The gateways lead to the host's loopback, 127.0.0.1 and ::1, the name servers to
 * the first of the host's.
 */
#define LKL_NETDEV_USER_IP		"10.0.2.15"
#define LKL_NETDEV_USER_NETMASK_LEN	24
#define LKL_NETDEV_USER_GATEWAY		"10.0.2.2"
#define LKL_NETDEV_USER_DNS		"10.0.2.3"
#define LKL_NETDEV_USER_IP6		"fd00:6c6b:6c::15"
#define LKL_NETDEV_USER_NETMASK6_LEN	64
#define LKL_NETDEV_USER_GATEWAY6	"fd00:6c6b:6c::2"
#define LKL_NETDEV_USER_DNS6		"fd00:6c6b:6c::3"
#define LKL_NETDEV_USER_MTU		65520

/**
 * lkl_netdev_user_create - a network device for an ordinary user
 * @options: "key=value,..." or NULL:
 *	tcp, udp = [ADDRESS/]PORT[:PORT]: a port of the host, on one address or on all,
 *	that leads to the kernel's address, to the same or another port; may be
 *	repeated;
 *	ip, ip6 = ADDRESS/BITS; gateway, gateway6, dns, dns6 = ADDRESS: another
 *	network than that of LKL_NETDEV_USER_*;
 *	mtu = 1280..65520;
 *	loopback = yes or no: whether the gateway leads to the host's loopback
 *
 * Connections of the library's kernel become connections of this user on the host.
 * It is passt if that is installed and works here, else slirp.
 *
 * What is wrong with the options is an error here; a port that is in use, or that
 * neither is installed, is one of lkl_netdev_add() or of starting the kernel.
 *
 * Return: as lkl_netdev_tap_create().
 */
struct lkl_netdev *lkl_netdev_user_create(const char *options);

/**
 * lkl_netdev_passt_create - the same, over a passt process (package passt)
 * @options: as in lkl_netdev_user_create()
 *
 * The process is nobody's child: wait() does not see it. It ends with the device, or
 * with the program. Of DNS it passes UDP on.
 *
 * Return: as lkl_netdev_tap_create().
 */
struct lkl_netdev *lkl_netdev_passt_create(const char *options);

/**
 * lkl_netdev_slirp_create - the same, over libslirp (package libslirp0)
 * @options: as in lkl_netdev_user_create()
 *
 * Return: as lkl_netdev_tap_create().
 */
struct lkl_netdev *lkl_netdev_slirp_create(const char *options);

/**
 * lkl_netdev_vde_create - a network device over a port of a VDE switch
 * @path: the switch's directory, or what else vde_plug(1) takes (package libvdeplug2)
 *
 * Return: as lkl_netdev_tap_create().
 */
struct lkl_netdev *lkl_netdev_vde_create(const char *path);

/**
 * lkl_netdev_capture - write down what passes a network device
 * @nd: one that is not added yet
 * @path: a file, emptied or made, in the format of pcap that tcpdump(8) and
 *	wireshark(1) read; NULL: capture no longer, from the next add on
 *
 * Frames are whole, as the kernel hands them over: packets longer than the MTU, and
 * checksums that are not computed yet, are not errors there.
 *
 * Return: 0; -LKL_EINVAL; -LKL_ENOMEM; an error of the host for the file.
 */
int lkl_netdev_capture(struct lkl_netdev *nd, const char *path);

/**
 * lkl_netdev_add - give the selected kernel a network device
 * @nd: the device, from lkl_netdev_*_create(), or one of the application's own (struct
 *	lkl_dev_net_ops of lkl_host.h); in one kernel at a time
 * @args: how it is to be seen; NULL: as it was created, the application's own without
 *	offloads
 *
 * May be called before the kernel is started, which then finds the device at
 * start, and again at each later one; or while it runs: then the interface is
 * there, down, when this returns.
 *
 * When what carries the frames is gone for good (a process that was killed, a TAP device
 * that was deleted, a peer that has closed), the interface is taken down, and what goes
 * over it ends with -LKL_ECONNABORTED; later attempts with -LKL_ENETUNREACH. Remove the
 * device and add it again for another beginning.
 *
 * Return: the device's id, >= 0; -LKL_EINVAL (no device, one whose operations are
 * incomplete, or an address that is a group's); -LKL_EBUSY (added already); -LKL_ENOSPC (no room for more devices);
 * -LKL_ENOSYS (host operations with semaphores of their own cannot wait for
 * descriptors); -LKL_ENOMEM, -LKL_EMFILE, and as lkl_syscall().
 * lkl_netdev_error() has the reason in words.
 */
int lkl_netdev_add(struct lkl_netdev *nd, struct lkl_netdev_args *args);

/**
 * lkl_netdev_remove - take a network device away from the selected kernel
 * @id: what lkl_netdev_add() returned
 *
 * May be called while the kernel runs, with traffic. The device can be added again
 * or freed. Unknown ids are ignored.
 */
void lkl_netdev_remove(int id);

/**
 * lkl_netdev_free - free a network device
 * @nd: one that is not added, or no longer; NULL is ignored
 */
void lkl_netdev_free(struct lkl_netdev *nd);

/**
 * lkl_netdev_get_ifindex - the kernel's number of a network device
 * @id: what lkl_netdev_add() returned
 *
 * Return: its interface index, as lkl_if_up() takes it; -LKL_ENODEV (no such device,
 * or it has no interface), and as lkl_syscall().
 */
int lkl_netdev_get_ifindex(int id);

/**
 * lkl_netdev_error - why the calling thread's last lkl_netdev_*() call failed
 *
 * Return: a sentence, valid until the thread's next call of one; "" if it did not
 * fail.
 */
const char *lkl_netdev_error(void);

/*
 * File systems.
 */

/**
 * lkl_mount_dev - mount a disk or one of its partitions
 * @disk_id: from lkl_disk_add()
 * @part: partition number, or 0 for the whole disk
 * @fs_type: file system type, e.g. "ext4"
 * @flags: LKL_MS_*
 * @opts: options of the file system, comma separated, or NULL
 * @mnt_str: set to where it is mounted, /mnt/<device number in hexadecimal>
 * @mnt_str_len: size of @mnt_str in bytes, at least 14
 *
 * Return: 0; -LKL_ENOMEM (@mnt_str too short, or memory); as
 * lkl_get_virtio_blkdev() and mount(2).
 */
long lkl_mount_dev(unsigned int disk_id, unsigned int part, const char *fs_type,
		   int flags, const char *opts, char *mnt_str,
		   unsigned int mnt_str_len);

/**
 * lkl_umount_dev - unmount what lkl_mount_dev() mounted
 * @disk_id: from lkl_disk_add()
 * @part: partition number, or 0 for the whole disk
 * @flags: LKL_MNT_*
 * @timeout_ms: how long to wait while it is busy, in milliseconds
 *
 * Return: 0; -LKL_EBUSY; as lkl_get_virtio_blkdev() and umount2(2).
 */
long lkl_umount_dev(unsigned int disk_id, unsigned int part, int flags,
		    long timeout_ms);

/**
 * lkl_umount_timeout - unmount, waiting while it is busy
 * @path: mount point
 * @flags: LKL_MNT_*
 * @timeout_ms: how long to wait, in milliseconds
 *
 * The kernel closes files in the background, so a file system may be busy for
 * a moment after the last lkl_sys_close().
 *
 * Return: 0; -LKL_EBUSY; as umount2(2).
 */
long lkl_umount_timeout(const char *path, int flags, long timeout_ms);

/**
 * lkl_mount_fs - mount a file system that needs no disk at /<its type>
 * @fstype: "proc", "sysfs", "tmpfs" ...
 *
 * Return: 0; 1 if it was mounted there already; as mkdir(2) and mount(2).
 */
int lkl_mount_fs(const char *fstype);

/* An open directory; opaque, for one thread at a time. */
struct lkl_dir;

/**
 * lkl_opendir - open a directory for reading its entries
 * @path: the directory
 * @err: set to 0 or the error; may be NULL
 *
 * Return: a handle for lkl_readdir(), or NULL.
 */
struct lkl_dir *lkl_opendir(const char *path, int *err);

/**
 * lkl_fdopendir - the same from a file descriptor
 * @fd: the kernel's descriptor; belongs to the handle if this succeeds
 * @err: set to 0 or the error; may be NULL
 *
 * Return: a handle for lkl_readdir(), or NULL.
 */
struct lkl_dir *lkl_fdopendir(int fd, int *err);

/**
 * lkl_rewinddir - start again at the first entry
 * @dir: the handle
 */
void lkl_rewinddir(struct lkl_dir *dir);

/**
 * lkl_closedir - close a directory
 * @dir: the handle
 *
 * Return: 0 or the error of close(2).
 */
int lkl_closedir(struct lkl_dir *dir);

/**
 * lkl_readdir - the next entry
 * @dir: the handle
 *
 * Return: the entry, valid until the next call for @dir; NULL at the end, or
 * if lkl_errdir() says so.
 */
struct lkl_linux_dirent64 *lkl_readdir(struct lkl_dir *dir);

/**
 * lkl_errdir - did the last lkl_readdir() fail?
 * @dir: the handle
 *
 * Return: 0 or the error.
 */
int lkl_errdir(struct lkl_dir *dir);

/**
 * lkl_dirfd - the file descriptor of a directory handle
 * @dir: the handle
 *
 * Return: the kernel's descriptor.
 */
int lkl_dirfd(struct lkl_dir *dir);

/*
 * Settings.
 */

/**
 * lkl_sysctl - write a sysctl
 * @path: e.g. "net.ipv4.tcp_wmem" or "net/ipv4/tcp_wmem"
 * @value: what to write
 *
 * Mounts proc at /proc inside the kernel if it is not.
 *
 * Return: 0; -LKL_ENOENT if there is none of that name; -LKL_EINVAL if it
 * refuses @value; and as lkl_syscall().
 */
int lkl_sysctl(const char *path, const char *value);

/**
 * lkl_sysctl_parse_write - write several sysctls
 * @sysctls: "name=value;name=value"; spaces around a name do not matter
 *
 * Tries all of them, and reports each that fails by way of the print function.
 *
 * Return: 0, or the first error.
 */
int lkl_sysctl_parse_write(const char *sysctls);

/**
 * lkl_set_fd_limit - set how many descriptors the calling task may have open
 * @fd_limit: the new limit; raises fs.nr_open as well if it has to
 *
 * Return: 0; as setrlimit(2).
 */
int lkl_set_fd_limit(unsigned int fd_limit);

/*
 * Network. Addresses are in network byte order: an unsigned int as in struct
 * in_addr, or a pointer to 4 or 16 bytes. Interfaces are told by their index,
 * families are LKL_AF_INET and LKL_AF_INET6. Failures are those of the kernel's
 * own answer, and lkl_netlink_error() has its words.
 */

/**
 * lkl_netlink_error - why the calling thread's last call of this section failed
 *
 * Return: a sentence, valid until the thread's next such call; "" if it did not
 * fail.
 */
const char *lkl_netlink_error(void);

/**
 * lkl_ifname_to_ifindex - find an interface
 * @name: its name, e.g. "eth0"
 *
 * Return: its index, > 0; -LKL_ENODEV.
 */
int lkl_ifname_to_ifindex(const char *name);

/**
 * lkl_if_up - bring an interface up
 * @ifindex: the interface; the loopback interface, 1, is down at first too
 *
 * What is sent over it is not lost when this has returned: if it is one of
 * lkl_netdev_add() whose link is up, its carrier is waited for.
 *
 * Blocks: until the kernel has noticed that, some hundred us.
 * Return: 0; -LKL_ENODEV.
 */
int lkl_if_up(int ifindex);

/**
 * lkl_if_down - bring an interface down
 * @ifindex: the interface
 *
 * Return: 0; -LKL_ENODEV.
 */
int lkl_if_down(int ifindex);

/**
 * lkl_if_set_mtu - set how long a packet may be
 * @ifindex: the interface
 * @mtu: bytes, without the header of the link
 *
 * Return: 0; -LKL_EINVAL if the device cannot do it; -LKL_ENODEV.
 */
int lkl_if_set_mtu(int ifindex, int mtu);

/**
 * lkl_if_set_ipv4 - give an interface an IPv4 address
 * @ifindex: the interface
 * @addr: the address
 * @netmask_len: bits of its network
 *
 * Return: 0, also if it has the address already; -LKL_ENODEV; -LKL_EINVAL.
 */
int lkl_if_set_ipv4(int ifindex, unsigned int addr, unsigned int netmask_len);

/**
 * lkl_if_set_ipv6 - give an interface that is up an IPv6 address, and wait
 * @ifindex: the interface
 * @addr: the address
 * @netprefix_len: bits of its network
 *
 * Blocks: as lkl_if_wait_ipv6_dad().
 * Return: 0; -LKL_ENODEV; -LKL_EINVAL; as lkl_if_wait_ipv6_dad().
 */
int lkl_if_set_ipv6(int ifindex, void *addr, unsigned int netprefix_len);

/**
 * lkl_if_wait_ipv6_dad - wait until an address may be used
 * @ifindex: the interface, which is up
 * @addr: its IPv6 address
 *
 * A new address is first asked for on the link: duplicate address detection.
 *
 * Blocks: up to two seconds usually. The sysctl net/ipv6/conf/<name>/accept_dad
 * at 0 does away with it.
 * Return: 0; -LKL_EADDRINUSE if somebody else has the address;
 * -LKL_EADDRNOTAVAIL if the interface does not have it (any more);
 * -LKL_ETIMEDOUT if nothing happened in 10 s, as when the interface is down.
 */
int lkl_if_wait_ipv6_dad(int ifindex, void *addr);

/**
 * lkl_if_add_ip - add an address to an interface
 * @ifindex: the interface
 * @af: family of the address
 * @addr: the address
 * @netprefix_len: bits of its network
 *
 * Return: 0; -LKL_EEXIST; -LKL_ENODEV; -LKL_EINVAL; -LKL_EAFNOSUPPORT.
 */
int lkl_if_add_ip(int ifindex, int af, void *addr, unsigned int netprefix_len);

/**
 * lkl_if_del_ip - take an address from an interface
 * @ifindex: the interface
 * @af: family of the address
 * @addr: the address
 * @netprefix_len: bits of its network
 *
 * Return: 0; -LKL_EADDRNOTAVAIL if it does not have it; as lkl_if_add_ip().
 */
int lkl_if_del_ip(int ifindex, int af, void *addr, unsigned int netprefix_len);

/**
 * lkl_set_ipv4_gateway - set the default route for IPv4
 * @addr: the gateway, a neighbour on one of the interfaces
 *
 * Return: 0; -LKL_ENETUNREACH if no interface leads to it; -LKL_EINVAL.
 */
int lkl_set_ipv4_gateway(unsigned int addr);

/**
 * lkl_set_ipv6_gateway - set the default route for IPv6
 * @addr: the gateway; it may have a link-local address if a single interface,
 *	besides loopback, is up
 *
 * Return: 0; -LKL_EHOSTUNREACH if no interface leads to it; -LKL_EINVAL.
 */
int lkl_set_ipv6_gateway(void *addr);

/**
 * lkl_add_gateway - add a default route
 * @af: family of the address
 * @gwaddr: the gateway
 *
 * Return: 0; -LKL_EEXIST if there is a default route; as lkl_set_ipv4_gateway().
 */
int lkl_add_gateway(int af, void *gwaddr);

/**
 * lkl_if_add_rule_from_saddr - route by source address
 * @ifindex: the interface, whose own table is to be used
 * @af: family of the address
 * @saddr: the source address
 *
 * The tables of an interface have the numbers 2 * @ifindex for IPv4 and
 * 2 * @ifindex + 1 for IPv6.
 *
 * Return: 0; -LKL_EINVAL; -LKL_EAFNOSUPPORT.
 */
int lkl_if_add_rule_from_saddr(int ifindex, int af, void *saddr);

/**
 * lkl_if_add_linklocal - say in an interface's own table what is on its link
 * @ifindex: the interface
 * @af: family of the address
 * @addr: an address of its network
 * @netprefix_len: bits of its network
 *
 * Return: 0; -LKL_ENETDOWN; -LKL_ENODEV; -LKL_EINVAL; -LKL_EAFNOSUPPORT.
 */
int lkl_if_add_linklocal(int ifindex, int af, void *addr, int netprefix_len);

/**
 * lkl_if_add_gateway - set the default route of an interface's own table
 * @ifindex: the interface
 * @af: family of the address
 * @gwaddr: the gateway, which may be a link-local IPv6 address
 *
 * Return: 0; -LKL_ENETUNREACH or -LKL_EHOSTUNREACH if it is not on the
 * interface's link; -LKL_ENODEV; -LKL_EINVAL; -LKL_EAFNOSUPPORT.
 */
int lkl_if_add_gateway(int ifindex, int af, void *gwaddr);

/**
 * lkl_if_set_ipv4_gateway - let what is sent from an address leave by its interface
 * @ifindex: the interface
 * @addr: its address
 * @netmask_len: bits of its network
 * @gw_addr: the gateway there
 *
 * The three calls above, one after the other.
 *
 * Return: as they.
 */
int lkl_if_set_ipv4_gateway(int ifindex, unsigned int addr,
			    unsigned int netmask_len, unsigned int gw_addr);

/**
 * lkl_if_set_ipv6_gateway - the same for IPv6
 * @ifindex: the interface
 * @addr: its address
 * @netmask_len: bits of its network
 * @gw_addr: the gateway there
 *
 * Return: as lkl_if_set_ipv4_gateway().
 */
int lkl_if_set_ipv6_gateway(int ifindex, void *addr, unsigned int netmask_len,
			    void *gw_addr);

/**
 * lkl_add_neighbor - say which link-layer address a neighbour has
 * @ifindex: the interface
 * @af: family of the address
 * @addr: the neighbour's address
 * @mac: its Ethernet address, 6 bytes
 *
 * The entry is permanent, and replaces what was known.
 *
 * Return: 0; -LKL_ENODEV; -LKL_EINVAL; -LKL_EAFNOSUPPORT.
 */
int lkl_add_neighbor(int ifindex, int af, void *addr, void *mac);

/**
 * lkl_qdisc_add - choose how an interface queues packets
 * @ifindex: the interface
 * @root: where: "root" (what it sends) or "ingress"
 * @type: the queueing discipline, and options as tc(8) has them:
 *	"fq", "fq_codel", "sfq", "pfifo", "pfifo_fast", "bfifo", "prio", "noqueue",
 *	"htb default 1", "tbf rate 10mbit burst 32k limit 1m",
 *	"netem limit 1000 delay 20ms jitter 5ms loss 1% duplicate 1% reorder 25%
 *	corrupt 1% rate 10mbit"; at ingress: "ingress", "clsact"
 *
 * Return: 0; -LKL_ENOENT if the kernel has none of that name; -LKL_ENODEV;
 * -LKL_EINVAL.
 */
int lkl_qdisc_add(int ifindex, const char *root, const char *type);

/**
 * lkl_qdisc_parse_add - choose several queueing disciplines
 * @ifindex: the interface
 * @entries: "root|type;root|type"
 *
 * Return: 0, or the first error, after which no more is done.
 */
int lkl_qdisc_parse_add(int ifindex, const char *entries);

/*
 * Kept for programs written for LKL.
 */

/**
 * lkl_create_syscall_thread - does nothing
 *
 * Every thread is a task of its own here.
 *
 * Return: 0.
 */
int lkl_create_syscall_thread(void);

/**
 * lkl_stop_syscall_thread - does nothing
 *
 * Return: 0.
 */
int lkl_stop_syscall_thread(void);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* _LKL_H */
