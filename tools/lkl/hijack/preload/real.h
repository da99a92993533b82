/* SPDX-License-Identifier: GPL-2.0 */
/*
 * real.h - libc's own functions, behind the ones this library interposes
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   every file of this library that needs the host. Inside this library
 *	the plain name of an interposed function means the interposer, so host
 *	calls are always spelled real.read(), real.close() ...
 * Context: the table is filled by a constructor that runs before all others of
 *	the process (-z initfirst), and never written again.
 */
#ifndef HIJACK_REAL_H
#define HIJACK_REAL_H

#include <aio.h>
#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <glob.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Every function of libc that is called here though it is interposed. */
#define REAL_FUNCTIONS(X) \
	X(accept) X(accept4) X(access) X(aio_fsync) X(aio_read) X(aio_write) X(bind) \
	X(chdir) X(chroot) X(close) X(close_range) X(closedir) X(connect) \
	X(copy_file_range) X(dirfd) X(dup) X(dup2) X(dup3) X(epoll_create1) \
	X(epoll_ctl) X(epoll_pwait) X(epoll_pwait2) X(epoll_wait) X(execve) \
	X(execvpe) X(_exit) X(faccessat) X(fallocate) X(fanotify_mark) X(fchdir) \
	X(fchmod) X(fchmodat) X(fchown) X(fchownat) X(fcntl) X(fdatasync) X(fdopen) \
	X(fdopendir) X(fexecve) X(fgetxattr) X(flistxattr) X(flock) X(fopen) \
	X(fremovexattr) X(freopen) X(fsetxattr) X(fstat) X(fstatat) X(fstatfs) \
	X(fstatvfs) X(fsync) X(ftruncate) X(fts_children) X(fts_close) X(fts_open) \
	X(fts_read) X(ftw) X(futimens) X(get_current_dir_name) X(getaddrinfo) \
	X(getcwd) X(getdents64) X(getnameinfo) X(getpeername) X(getrlimit) \
	X(getsockname) X(getsockopt) X(getxattr) X(glob) X(inotify_add_watch) \
	X(ioctl) X(lgetxattr) X(linkat) X(lio_listio) X(listen) X(listxattr) \
	X(llistxattr) X(lockf) X(lremovexattr) X(lseek) X(lsetxattr) X(mkdirat) \
	X(mkdtemp) X(mknodat) X(mkostemps) X(mount) X(name_to_handle_at) X(nftw) \
	X(open) X(openat) X(opendir) X(poll) X(popen) X(posix_fadvise) \
	X(posix_fallocate) X(posix_spawn) X(posix_spawn_file_actions_addchdir_np) \
	X(posix_spawn_file_actions_addfchdir_np) X(posix_spawn_file_actions_addopen) \
	X(posix_spawnp) X(ppoll) X(prctl) X(pread) X(preadv) X(preadv2) X(prlimit) \
	X(pselect) X(pthread_cancel) X(pthread_sigmask) X(pwrite) X(pwritev) \
	X(pwritev2) X(read) X(readahead) X(readdir) X(readdir_r) X(readlink) \
	X(readlinkat) X(readv) X(realpath) X(recv) X(recvfrom) X(recvmmsg) X(recvmsg) \
	X(removexattr) X(renameat) X(renameat2) X(rewinddir) X(scandirat) X(seekdir) \
	X(select) X(send) X(sendfile) X(sendmmsg) X(sendmsg) X(sendto) X(setrlimit) \
	X(setsockopt) X(setxattr) X(shutdown) X(sigaction) X(signal) X(socket) \
	X(socketpair) X(splice) X(statfs) X(statvfs) X(statx) X(symlinkat) \
	X(sync_file_range) X(syncfs) X(syscall) X(sysconf) X(system) X(tee) \
	X(telldir) X(truncate) X(umount2) X(unlinkat) X(utimensat) X(vmsplice) \
	X(wait4) X(waitid) X(write) X(writev)

/*
 * struct real - the table: one member a function, of the same name and type
 */
#pragma GCC diagnostic push
/* Programs call readdir_r() all the same. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
struct real {
#define REAL_MEMBER(name) __typeof__(&name) name;
	REAL_FUNCTIONS(REAL_MEMBER)
#undef REAL_MEMBER
};

#pragma GCC diagnostic pop

extern struct real real;

#endif /* HIJACK_REAL_H */
