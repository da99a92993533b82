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

#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Every function of libc that is called here though it is interposed. */
#define REAL_FUNCTIONS(X) \
	X(_exit) X(accept) X(accept4) X(access) X(bind) X(chdir) X(close) \
	X(close_range) X(closedir) X(connect) X(copy_file_range) X(dirfd) \
	X(dup) X(dup2) X(dup3) X(epoll_create1) X(epoll_ctl) X(epoll_pwait) \
	X(epoll_pwait2) X(epoll_wait) X(faccessat) X(fchmod) X(fchown) X(fcntl) X(fdatasync) X(fdopen) \
	X(fdopendir) X(flock) X(fopen) X(fstat) X(fstatat) X(fstatfs) X(fsync) \
	X(ftruncate) X(getaddrinfo) X(getnameinfo) X(getpeername) X(getrlimit) X(getsockname) X(getsockopt) \
	X(ioctl) X(listen) X(lseek) X(open) X(openat) X(opendir) X(poll) \
	X(ppoll) X(pread) X(preadv) X(preadv2) X(prlimit) X(pselect) \
	X(pthread_cancel) X(pthread_sigmask) X(pwrite) X(pwritev) X(pwritev2) X(read) X(readdir) \
	X(readlink) X(readlinkat) X(readv) X(recv) X(recvfrom) X(recvmmsg) \
	X(recvmsg) X(rewinddir) X(seekdir) X(select) X(send) X(sendfile) \
	X(sendmmsg) X(sendmsg) X(sendto) X(setrlimit) X(setsockopt) \
	X(shutdown) X(sigaction) X(signal) X(socket) X(socketpair) X(splice) X(sysconf) \
	X(statfs) X(statx) X(syscall) X(tee) X(telldir) X(vmsplice) X(wait4) X(waitid) \
	X(execve) X(execvpe) X(fexecve) X(posix_spawn) X(posix_spawnp) X(prctl) \
	X(write) X(writev)

/*
 * struct real - the table: one member a function, of the same name and type
 */
struct real {
#define REAL_MEMBER(name) __typeof__(&name) name;
	REAL_FUNCTIONS(REAL_MEMBER)
#undef REAL_MEMBER
};

extern struct real real;

#endif /* HIJACK_REAL_H */
