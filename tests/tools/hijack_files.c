// SPDX-License-Identifier: GPL-2.0
/*
 * hijack_files.c - what seldom calls on descriptors do, as a list
 *
 * Layer:   tests/tools, an ordinary program that knows nothing of the library.
 * Users:   hijack_calls.sh runs it on the host and under liblkl-hijack.so, and
 *	compares what it prints.
 *
 * hijack_files TOP - an empty directory of a tmpfs of the kernel that is meant.
 */
#include <aio.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <utmp.h>

#include "hijack_rows.h"

static const char *top;
static char buf[65536];

/* A socket is no file, and no terminal. */
static void on_socket(void)
{
	struct termios settings;
	struct statvfs vfs;
	struct statfs fs;
	struct iovec iov = { buf, 5 };
	char *arguments[2] = { "x", NULL };
	int a, b, pipes[2], file = open("/etc/passwd", O_RDONLY);

	tcp_pair(&a, &b);
	say(isatty(a));
	say(ttyname(a) != NULL);
	say(ttyname_r(a, buf, sizeof(buf)));
	say(tcgetattr(a, &settings));
	say(tcgetpgrp(a));
	say(tcsetpgrp(a, getpgrp()));
	say(tcdrain(a));
	say(tcflush(a, TCIOFLUSH));
	say(sockatmark(a));
	say(send(b, "x", 1, MSG_OOB));
	usleep(2000);
	say(sockatmark(a));
	say(sockatmark(file));
	say(isfdtype(a, S_IFSOCK));
	say(isfdtype(a, S_IFREG));
	say(lockf(a, F_TLOCK, 0));
	say(flock(a, LOCK_EX | LOCK_NB));
	say(posix_fadvise(a, 0, 0, POSIX_FADV_NORMAL));
	say(posix_fallocate(a, 0, 10));
	say(fallocate(a, 0, 0, 10));
	say(readahead(a, 0, 10));
	say(sync_file_range(a, 0, 10, 0));
	say(ftruncate(a, 0));
	say(fsync(a));
	say(fdatasync(a));
	say(lseek(a, 0, SEEK_END));
	say(getdents64(a, buf, sizeof(buf)));
	say(fchdir(a));
	say(fstatfs(a, &fs));
	printf("%lx\n", (long)fs.f_type);
	say(fstatvfs(a, &vfs));
	say(vfs.f_namemax);
	say(preadv2(a, &iov, 1, -1, RWF_NOWAIT));
	say(pwritev2(b, &iov, 1, -1, 0));
	say(preadv2(a, &iov, 1, 5, 0));
	say(copy_file_range(file, NULL, a, NULL, 10, 0) < 0);
	pipe(pipes);
	say(vmsplice(a, &iov, 1, 0));
	say(tee(a, pipes[1], 10, 0));
	say(fgetxattr(a, "user.x", buf, 10));
	say(fexecve(a, arguments, arguments));
	say(openat(a, "x", O_RDONLY));
	say(fstatat(a, "x", &(struct stat){ 0 }, 0));
	say(unlinkat(a, "x", 0));
	close(pipes[0]);
	close(pipes[1]);
	close(file);
	close(a);
	close(b);
}

static int other_locks(int fd)
{
	int status = -1;

	fflush(stdout);
	if (!fork())
		_exit(lockf(fd, F_TEST, 0) ? errno == EACCES ? 2 : 3 : 4);
	wait(&status);
	return WEXITSTATUS(status);
}

static int count_entries(int fd)
{
	long got = getdents64(fd, buf, sizeof(buf)), count = 0;

	for (long at = 0; at < got; count++)
		at += ((struct dirent64 *)(buf + at))->d_reclen;
	return (int)count;
}

static void on_file(void)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = RESOLVE_BENEATH };
	struct stat st;
	int dir, fd;

	say(chdir(top));
	fd = open("file", O_RDWR | O_CREAT, 0600);
	say(write(fd, "0123456789", 10));
	say(posix_fallocate(fd, 0, 8192));
	say(fstat(fd, &st));
	say(st.st_size);
	say(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
	say(pread(fd, buf, 4, 0));
	say(buf[0]);
	say(posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED));
	say(posix_fadvise(fd, 0, 0, 77));
	say(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE));
	say(syncfs(fd));
	say(lseek(fd, 0, SEEK_SET));
	say(lockf(fd, F_LOCK, 0));
	say(lockf(fd, F_TEST, 0));
	say(lockf(fd, F_ULOCK, 0));
	say(lockf(fd, 99, 0));
	say(other_locks(fd));
	say(flock(fd, LOCK_EX));
	say(copy_file_range(fd, NULL, fd, NULL, 10, 1));
	say(isatty(fd));
	dir = open(".", O_RDONLY | O_DIRECTORY);
	say(count_entries(dir));
	say(lseek(dir, 0, SEEK_SET));
	say(syscall(SYS_getdents64, dir, buf, sizeof(buf)) > 0);
	say(close((int)syscall(SYS_openat2, dir, "file", &how, sizeof(how))));
	say(syscall(SYS_openat2, dir, "../file", &how, sizeof(how)));
	say(syscall(SYS_faccessat2, dir, "file", R_OK, 0));
	say(syscall(SYS_unlinkat, dir, "nosuch", 0));
	say(syscall(SYS_mkdirat, dir, "made", 0700));
	say(syscall(SYS_unlinkat, dir, "made", AT_REMOVEDIR));
	say(syscall(SYS_pread64, fd, buf, 3, 0));
	say(syscall(SYS_ftruncate, fd, 3));
	say(unlink("file"));
	say(close(fd));
	say(close(dir));
	say(chdir("/"));
}

/* Processes that libc makes */

static int answered(int fd, const char *wanted)
{
	ssize_t got = recv(fd, buf, sizeof(buf), 0);

	return got == (ssize_t)strlen(wanted) && !memcmp(buf, wanted, (size_t)got);
}

/* A daemon keeps the sockets of who it was; whoever waits for that sees it end. */
static void daemons(void)
{
	int a, b, status = -1;

	tcp_pair(&a, &b);
	fflush(stdout);
	if (!fork()) {
		close(b);
		if (daemon(0, 0))
			_exit(1);
		_exit(write(a, "daemon", 6) == 6 ? 0 : 1);
	}
	close(a);
	wait(&status);
	say(status);
	say(answered(b, "daemon"));
	say(recv(b, buf, 10, 0));
	close(b);
}

static void terminals(void)
{
	int a, b, terminal, status = -1;
	pid_t pid;

	tcp_pair(&a, &b);
	fflush(stdout);
	pid = forkpty(&terminal, NULL, NULL, NULL);
	if (!pid) {
		write(a, isatty(0) && isatty(1) ? "yes" : "no", 3);
		_exit(5);
	}
	say(pid > 0);
	say(answered(b, "yes"));
	waitpid(pid, &status, 0);
	say(WEXITSTATUS(status));
	say(isatty(terminal));
	close(terminal);
	close(a);
	close(b);
}

/* Sockets where 0, 1 and 2 were, and a terminal in their place. */
static void logins(void)
{
	int a, b, terminal, theirs, status = -1;

	tcp_pair(&a, &b);
	say(openpty(&terminal, &theirs, NULL, NULL, NULL));
	fflush(stdout);
	if (!fork()) {
		dup2(a, 0);
		dup2(a, 1);
		if (login_tty(theirs))
			_exit(1);
		_exit(write(1, "tty", 3) == 3 && isatty(0) ? 6 : 2);
	}
	wait(&status);
	say(WEXITSTATUS(status));
	say(read(terminal, buf, 3));
	say(recv(b, buf, 10, MSG_DONTWAIT));
	close(a);
	close(b);
	close(terminal);
	close(theirs);
}

static void spawned(void)
{
	char *arguments[] = { "sh", "-c", "exit 9", NULL };
	posix_spawn_file_actions_t actions;
	int status = -1;
	pid_t pid;

	say(posix_spawn_file_actions_init(&actions));
	say(posix_spawn_file_actions_addopen(&actions, 5, "/dev/null", O_RDONLY, 0));
	say(posix_spawn_file_actions_addchdir_np(&actions, "/"));
	say(posix_spawn(&pid, "/bin/sh", &actions, NULL, arguments, environ));
	waitpid(pid, &status, 0);
	say(WEXITSTATUS(status));
	posix_spawn_file_actions_destroy(&actions);
}

static void run(int in, int out, const char *program, const char *argument)
{
	int status = -1;

	fflush(stdout);
	if (!fork()) {
		dup2(in, 0);
		dup2(out, 1);
		execlp(program, program, argument, NULL);
		_exit(1);
	}
	wait(&status);
	say(status);
}

/* A socket is what programs that are executed have for standard input and output. */
static void programs(void)
{
	char *arguments[] = { "echo", "spawned", NULL }, command[64];
	posix_spawn_file_actions_t actions;
	int a, b, null = open("/dev/null", O_RDWR | O_CLOEXEC), status = -1;
	FILE *shell;
	pid_t pid;

	tcp_pair(&a, &b);
	run(null, a, "echo", "executed");
	say(answered(b, "executed\n"));
	say(write(b, "line\n", 5));
	run(a, a, "head", "-n1");
	say(answered(b, "line\n"));
	snprintf(command, sizeof(command), "echo from a shell >&%d", a);
	fflush(stdout);
	status = system(command);
	say(status);
	say(answered(b, "from a shell\n"));
	shell = popen(command, "r");
	status = pclose(shell);
	say(status);
	say(answered(b, "from a shell\n"));
	fcntl(a, F_SETFD, FD_CLOEXEC);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, a, 1);
	say(posix_spawnp(&pid, "echo", &actions, NULL, arguments, environ));
	waitpid(pid, &status, 0);
	say(status);
	say(answered(b, "spawned\n"));
	posix_spawn_file_actions_destroy(&actions);
	close(a);
	/* All of them have closed it. */
	say(recv(b, buf, 10, 0));
	close(b);
	close(null);
}

/* Names asked for behind the program's back */

static volatile sig_atomic_t signalled;

static void on_signal(int signo)
{
	signalled++;
}

static void asynchronous(void)
{
	struct gaicb wanted[2] = { { .ar_name = "localhost" }, { .ar_name = "127.0.0.9" } };
	struct gaicb *list[3] = { &wanted[0], NULL, &wanted[1] };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct timespec soon = { 5, 0 };

	say(getaddrinfo_a(GAI_WAIT, list, 3, NULL));
	say(gai_error(&wanted[0]));
	say(gai_error(&wanted[1]));
	freeaddrinfo(wanted[0].ar_result);
	freeaddrinfo(wanted[1].ar_result);
	signal(SIGUSR1, on_signal);
	wanted[0].ar_name = "127.0.0.1";
	say(getaddrinfo_a(GAI_NOWAIT, list, 1, &event));
	while (gai_suspend((const struct gaicb *const *)list, 1, &soon) == EAI_AGAIN)
		;
	for (int i = 0; i < 1000 && !signalled; i++)
		usleep(1000);
	say(signalled);
	say(gai_error(&wanted[0]));
	say(gai_cancel(&wanted[0]));
	freeaddrinfo(wanted[0].ar_result);
	say(getaddrinfo_a(77, list, 1, NULL));
}

static void sources(void)
{
	struct sockaddr_in group = { .sin_family = AF_INET }, got[4];
	struct sockaddr_storage source[4];
	struct in_addr any = { htonl(INADDR_LOOPBACK) }, plain[4];
	uint32_t mode = 0, count = 4;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct ip_mreqn member = { .imr_ifindex = 1 };

	group.sin_addr.s_addr = htonl(0xe8010203);
	memset(got, 0, sizeof(got));
	memset(source, 0, sizeof(source));
	((struct sockaddr_in *)&source[0])->sin_family = AF_INET;
	((struct sockaddr_in *)&source[0])->sin_addr.s_addr = htonl(0x0a000001);
	member.imr_multiaddr = group.sin_addr;
	say(getsourcefilter(fd, 1, (struct sockaddr *)&group, sizeof(group), &mode, &count,
			    source + 1));
	say(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &member, sizeof(member)));
	say(setsourcefilter(fd, 1, (struct sockaddr *)&group, sizeof(group), MCAST_INCLUDE,
			    1, source));
	count = 4;
	say(getsourcefilter(fd, 1, (struct sockaddr *)&group, sizeof(group), &mode, &count,
			    source + 1));
	say(mode == MCAST_INCLUDE);
	say(count);
	count = 4;
	say(getipv4sourcefilter(fd, any, group.sin_addr, &mode, &count, plain));
	say(count);
	say(count && plain[0].s_addr == htonl(0x0a000001));
	say(setipv4sourcefilter(fd, any, group.sin_addr, MCAST_EXCLUDE, 1, plain));
	close(fd);
}

/* Streams in other modes */
static void streams(void)
{
	FILE *both, *file;
	int a, b;

	tcp_pair(&a, &b);
	both = fdopen(a, "r+");
	say(setvbuf(both, NULL, _IONBF, 0));
	say(fputs("question\n", both) >= 0);
	say(recv(b, buf, 20, 0));
	say(write(b, "answer\n", 7));
	say(fgets(buf, sizeof(buf), both) != NULL);
	say(fseek(both, 0, SEEK_SET));
	say(ferror(both));
	say(fclose(both));
	close(b);
	snprintf(buf, sizeof(buf), "%s/stream", top);
	file = fopen(buf, "w+x");
	say(file != NULL);
	say(fprintf(file, "%d\n", 42));
	rewind(file);
	say(fgetc(file));
	say(ftell(file));
	say(fclose(file));
	file = fopen(buf, "wx");
	say(file != NULL);
	file = fopen(buf, "a+");
	say(fputs("more", file) >= 0);
	say(fseek(file, 0, SEEK_SET));
	say(fgetc(file));
	say(fclose(file));
	snprintf(buf, sizeof(buf), "%s/stream", top);
	say(truncate(buf, 2));
	say(unlink(buf));
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	top = argv[1];
	setvbuf(stdout, NULL, _IOLBF, 0);
	closefrom(3);
	on_socket();
	on_file();
	daemons();
	terminals();
	logins();
	spawned();
	programs();
	asynchronous();
	sources();
	streams();
	return 0;
}
