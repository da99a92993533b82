// SPDX-License-Identifier: GPL-2.0
/*
 * hijack_paths.c - what calls on paths do, as a list
 *
 * Layer:   tests/tools, an ordinary program that knows nothing of the library.
 * Users:   hijack_calls.sh runs it on the host and under liblkl-hijack.so, and
 *	compares what it prints.
 *
 * hijack_paths TTL TOP - TTL is what net.ipv4.ip_default_ttl is in the kernel that is
 * meant, and another one than in the other; TOP an empty directory of that kernel, which
 * is /tmpfs for the library.
 */
#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <utime.h>

#include "hijack_rows.h"

#define TTL	"/proc/sys/net/ipv4/ip_default_ttl"

static const char *ttl, *top;

/* No path, as the compiler does not know. */
static const char *volatile none;

/* An old function that programs call all the same. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static char buf[PATH_MAX], found[PATH_MAX];

/* Is it the file of the kernel that is meant? */
static int right_fd(int fd)
{
	ssize_t got = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	if (got <= 0)
		return (int)got;
	buf[strcspn(buf, "\n")] = '\0';
	buf[got] = '\0';
	return !strcmp(buf, ttl);
}

static int right_at(int dir, const char *path)
{
	return right_fd(openat(dir, path, O_RDONLY));
}

static int right(const char *path)
{
	return right_fd(open(path, O_RDONLY));
}

static int right_stream(const char *path)
{
	FILE *file = fopen(path, "r");
	int ret = file && fgets(buf, sizeof(buf), file);

	if (file)
		fclose(file);
	if (ret)
		buf[strcspn(buf, "\n")] = '\0';
	return ret ? !strcmp(buf, ttl) : -1;
}

/* The same file, said in many ways. */
static void absolute(void)
{
	char path[PATH_MAX];

	say(right(TTL));
	say(right_stream(TTL));
	say(right("//proc//sys/net/./ipv4/ip_default_ttl"));
	say(right("/proc/sys/../sys/net/ipv4/ip_default_ttl"));
	say(right("/proc/sys/net/ipv4/../ipv4/ip_default_ttl"));
	say(right("/sys/class/../../proc/sys/net/ipv4/ip_default_ttl"));
	say(right("/proc/sys/net/../net/core/../ipv4/ip_default_ttl"));
	say(right("/proc/sys/net/ipv4/ip_default_ttl/"));
	say(right("/proc/sys/net/ipv4/nosuch"));
	say(open("/proc/sys/net/ipv4", O_WRONLY));
	snprintf(path, sizeof(path), "/proc/%d/net/dev", getpid());
	say(access(path, R_OK));
	say(access("/proc/self/net/dev", R_OK));
	say(access("/proc/thread-self/net/dev", R_OK));
	snprintf(path, sizeof(path), "/proc/self/task/%d/net/dev", getpid());
	say(access(path, R_OK));
	memset(path, 'x', sizeof(path));
	memcpy(path, "/proc/net/", 10);
	path[sizeof(path) - 1] = '\0';
	say(open(path, O_RDONLY));
	say(open("", O_RDONLY));
	say(open(none, O_RDONLY));
}

/* From directories of either side. */
static void descriptors(void)
{
	struct stat st, same;
	int root = open("/", O_RDONLY | O_DIRECTORY), proc = open("/proc/sys", O_PATH);
	int net = open("/proc/sys/net", O_RDONLY | O_DIRECTORY), fd;

	say(right_at(root, "proc/sys/net/ipv4/ip_default_ttl"));
	say(right_at(proc, "net/ipv4/ip_default_ttl"));
	say(right_at(proc, "../sys/net/ipv4/ip_default_ttl"));
	say(right_at(net, "ipv4/ip_default_ttl"));
	say(right_at(net, "./core/../ipv4/ip_default_ttl"));
	say(right_at(net, "../net/ipv4/ip_default_ttl"));
	say(right_at(net, "../../../proc/sys/net/ipv4/ip_default_ttl"));
	say(right_at(net, TTL));
	/* And out again. */
	fd = openat(net, "../../self/stat", O_RDONLY);
	say(read(fd, buf, 16) > 0 && atoi(buf) == getpid());
	close(fd);
	say(openat(net, "nosuch", O_RDONLY));
	say(openat(net, "ipv4/ip_default_ttl/x", O_RDONLY));
	say(fstatat(net, "ipv4", &st, 0));
	say(S_ISDIR(st.st_mode));
	say(fstatat(net, "", &same, AT_EMPTY_PATH));
	say(fstatat(proc, "net", &st, 0));
	say(st.st_ino == same.st_ino);
	say(faccessat(net, "ipv4/ip_default_ttl", R_OK, 0));
	say(faccessat(proc, "net/ipv4/nosuch", R_OK, 0));
	say(fchdir(net));
	say(right("ipv4/ip_default_ttl"));
	say(fchdir(root));
	say(right("proc/sys/net/ipv4/ip_default_ttl"));
	say(right("ipv4/ip_default_ttl"));
	say(fchdir(999));
	fd = open(TTL, O_RDONLY);
	say(fchdir(fd));
	close(fd);
	close(root);
	close(proc);
	close(net);
}

static const char *here(void)
{
	return getcwd(buf, sizeof(buf)) ? buf : strerror(errno);
}

static void directories(void)
{
	DIR *dir;

	say(chdir("/proc/sys/net/ipv4"));
	puts(here());
	say(right("ip_default_ttl"));
	say(right("./ip_default_ttl"));
	say(right("../ipv4/ip_default_ttl"));
	say(right("../../net/ipv4/ip_default_ttl"));
	say(access("../../kernel/ostype", R_OK));
	say(access("../kernel", F_OK));
	say(chdir(".."));
	puts(here());
	say(right("ipv4/ip_default_ttl"));
	say(chdir("nosuch"));
	say(chdir("ipv4/ip_default_ttl"));
	puts(here());
	say(getcwd(buf, 5) != NULL);
	say(getcwd(buf, 0) != NULL);
	puts(getcwd(NULL, 0));
	puts(get_current_dir_name());
	puts(realpath("ipv4/../ipv4", found));
	puts(realpath("../kernel/./ostype", found));
	say(realpath("ipv4/nosuch/x", found) != NULL);
	puts(realpath(TTL, NULL));
	puts(realpath("/proc/../proc/sys/net/ipv4", NULL));
	say(realpath("/proc/sys/net/nosuch", found) != NULL);
	dir = opendir(".");
	say(dir != NULL);
	closedir(dir);
	fflush(stdout);
	say(system("exec 2>/dev/null; cat ipv4/ip_default_ttl >/dev/null; "
		   "[ \"$(pwd -P)\" = /proc/sys/net ]"));
	/* Up into the host, and back. */
	say(chdir("../kernel"));
	puts(here());
	say(access("ostype", R_OK));
	say(right("../net/ipv4/ip_default_ttl"));
	say(chdir("../net"));
	puts(here());
	say(right("ipv4/ip_default_ttl"));
	say(chdir("/"));
	puts(here());
	say(right("proc/sys/net/ipv4/ip_default_ttl"));
	say(chdir("proc/sys"));
	say(right("net/ipv4/ip_default_ttl"));
	say(chdir("/sys/class/net/lo"));
	puts(here());
	say(access("mtu", R_OK));
	say(chdir("../../../../class"));
	puts(here());
	say(access("net/lo/mtu", R_OK));
	say(chdir("/"));
}

static int fork_status(int (*fn)(void))
{
	int status = -1;

	fflush(stdout);
	if (!fork())
		_exit(fn());
	wait(&status);
	return WEXITSTATUS(status);
}

static int child_looks(void)
{
	return right("ipv4/ip_default_ttl") == 1 && !chdir("/") &&
	       right(TTL) == 1 ? 3 : 1;
}

/* A child has its parent's directory, and leaves it alone. */
static void children(void)
{
	say(chdir("/proc/sys/net"));
	say(fork_status(child_looks));
	puts(here());
	say(right("ipv4/ip_default_ttl"));
	say(chdir("/"));
}

/* Looking through directories */

static int not_hidden(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

static void scan(void)
{
	struct dirent **list = NULL, *entry, copy, *got;
	int count, core = 0, fd;
	long pos;
	DIR *dir;

	count = scandir("/proc/sys/net", &list, not_hidden, alphasort);
	for (int i = 0; i < count; i++)
		core += !strcmp(list[i]->d_name, "core");
	say(core);
	/* Only the library's is without it. */
	core = 0;
	for (int i = 0; i < count; i++)
		core += i && strcmp(list[i - 1]->d_name, list[i]->d_name) > 0;
	say(core);
	say(scandir("/proc/sys/net/nosuch", &list, NULL, NULL));
	fd = open("/proc/sys", O_PATH);
	say(scandirat(fd, "net/ipv4", &list, NULL, alphasort) > 10);
	close(fd);
	dir = opendir("/proc/sys/net/ipv4");
	entry = readdir(dir);
	puts(entry->d_name);
	pos = telldir(dir);
	entry = readdir(dir);
	strcpy(found, entry->d_name);
	readdir(dir);
	seekdir(dir, pos);
	say(strcmp(readdir(dir)->d_name, found));
	rewinddir(dir);
	puts(readdir(dir)->d_name);
	rewinddir(dir);
	say(readdir_r(dir, &copy, &got));
	puts(copy.d_name);
	say(fcntl(dirfd(dir), F_GETFD));
	say(right_at(dirfd(dir), "ip_default_ttl"));
	say(closedir(dir));
	dir = fdopendir(open("/proc/sys/net/ipv4", O_RDONLY | O_DIRECTORY));
	say(readdir(dir) != NULL);
	say(closedir(dir));
	fd = open(TTL, O_RDONLY);
	say(fdopendir(fd) != NULL);
	close(fd);
	say(opendir(TTL) != NULL);
}

static void globs(void)
{
	glob_t g = { 0 };

	say(glob("/proc/sys/net/ipv4/ip_default_t*", 0, NULL, &g));
	say(g.gl_pathc);
	say(right(g.gl_pathv[0]));
	globfree(&g);
	say(glob("/proc/s*/n*/ipv4/ip_default_t[s-u]l", 0, NULL, &g));
	say(right(g.gl_pathv[0]));
	say(glob("/sys/class/net/l[o]/mtu", GLOB_APPEND, NULL, &g));
	say(g.gl_pathc);
	puts(g.gl_pathv[1]);
	globfree(&g);
	say(glob("/proc/sys/net/nosuch*", 0, NULL, &g));
	say(glob("/etc/pass*d", 0, NULL, &g));
	puts(g.gl_pathv[0]);
	globfree(&g);
	say(chdir("/proc/sys/net"));
	say(glob("ipv[4]/ip_default_ttl", GLOB_MARK, NULL, &g));
	puts(g.gl_pathv[0]);
	globfree(&g);
	say(glob("{ipv4,core}/{ip_default_ttl,somaxconn}", GLOB_BRACE, NULL, &g));
	say(g.gl_pathc);
	globfree(&g);
	say(chdir("/"));
}

/* What the walk has come by, in sums, since the order is the directory's own. */
static int walked, walked_ttl, walked_dirs, walked_level;

static int walk_step(const char *path, const struct stat *st, int what, struct FTW *at)
{
	walked++;
	walked_dirs += what == FTW_D || what == FTW_DP;
	if (at->level > walked_level)
		walked_level = at->level;
	if (strcmp(path + at->base, "ip_default_ttl"))
		return 0;
	walked_ttl += what == FTW_F &&
		      right(access(path, F_OK) ? path + at->base : path) == 1;
	return 0;
}

static int walk_plain(const char *path, const struct stat *st, int what)
{
	walked++;
	walked_ttl += !strcmp(strrchr(path, '/') + 1, "ip_default_ttl");
	return 0;
}

static int walk_stop(const char *path, const struct stat *st, int what, struct FTW *at)
{
	return strcmp(path + at->base, "ip_default_ttl") ? 0 : 42;
}

static int walk_skip(const char *path, const struct stat *st, int what, struct FTW *at)
{
	walked++;
	if (!strcmp(path + at->base, "ipv4"))
		return FTW_SKIP_SUBTREE;
	return strcmp(path + at->base, "ip_default_ttl") ? FTW_CONTINUE : FTW_STOP;
}

static void walk_reset(void)
{
	walked = 0;
	walked_ttl = 0;
	walked_dirs = 0;
	walked_level = 0;
}

static void walks(void)
{
	static const int flags[] = { 0, FTW_PHYS, FTW_DEPTH | FTW_PHYS,
				     FTW_CHDIR | FTW_PHYS, FTW_MOUNT | FTW_PHYS };
	static const char * const starts[] = { "/proc/sys/net", "/proc/sys/net/ipv4/" };

	for (size_t i = 0; i < 5; i++)
		for (size_t j = 0; j < 2; j++) {
			walk_reset();
			say(nftw(starts[j], walk_step, 20, flags[i]));
			printf("%s %x: %d %d %d %d\n", starts[j], flags[i], walked > 50,
			       walked_dirs > 1, walked_ttl, walked_level);
		}
	walk_reset();
	say(ftw("/proc/sys/net", walk_plain, 10));
	say(walked_ttl);
	say(nftw("/proc/sys/net", walk_stop, 10, FTW_PHYS));
	say(nftw("/proc/sys/net", walk_skip, 10, FTW_PHYS | FTW_ACTIONRETVAL));
	say(walked > 2);
	say(nftw("/proc/sys/net/nosuch", walk_step, 10, 0));
	walk_reset();
	say(nftw(TTL, walk_step, 10, 0));
	say(walked_ttl);
	/* From the host's into the library's. */
	walk_reset();
	say(nftw("/proc/sys", walk_step, 20, FTW_PHYS));
	say(walked_ttl);
	walk_reset();
	say(chdir("/proc"));
	say(nftw("sys/net/ipv4", walk_step, 20, FTW_CHDIR));
	say(walked_ttl);
	puts(here());
	say(chdir("/"));
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* Kinds of what a walk returns, counted; and what it says of one file. */
static void tree(const char *path, int options, int (*compare)(const FTSENT **, const FTSENT **))
{
	char *paths[2] = { (char *)path, NULL };
	int kinds[16] = { 0 }, last = 0, good = 0, order = 0;
	FTS *fts = fts_open(paths, options, compare);
	FTSENT *entry;

	while (fts && (entry = fts_read(fts))) {
		kinds[entry->fts_info]++;
		order += entry->fts_level > last + 1;
		last = entry->fts_level;
		if (!strcmp(entry->fts_name, "ip_default_ttl"))
			good += right(entry->fts_accpath) == 1 && entry->fts_namelen == 14;
	}
	printf("tree %s %x: end %d files %d before %d after %d ttl %d skips %d other %d\n",
	       path, options, errno, kinds[FTS_F] > 20, kinds[FTS_D] > 0,
	       kinds[FTS_DP] == kinds[FTS_D], good, order,
	       kinds[FTS_NS] + kinds[FTS_ERR] + kinds[FTS_DC]);
	if (fts)
		say(fts_close(fts));
}

static void trees(void)
{
	char *net[3] = { "/proc/sys/net/ipv4", "/proc/sys/kernel/ostype", NULL };
	FTS *fts = fts_open(net, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry, *child;
	int ttls = 0;

	say(fts != NULL);
	say(fts_children(fts, 0) != NULL);
	entry = fts_read(fts);
	puts(entry->fts_path);
	say(entry->fts_info == FTS_D);
	say(fts_set(fts, entry, FTS_SKIP));
	entry = fts_read(fts);
	puts(entry->fts_name);
	say(entry->fts_info == FTS_DP);
	entry = fts_read(fts);
	puts(entry->fts_name);
	say(entry->fts_info == FTS_F);
	say(fts_set(fts, entry, FTS_AGAIN));
	say(fts_read(fts) == entry);
	say(fts_read(fts) != NULL);
	say(errno);
	say(fts_close(fts));
	fts = fts_open(net, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	fts_read(fts);
	for (child = fts_children(fts, FTS_NAMEONLY); child; child = child->fts_link)
		ttls += !strcmp(child->fts_name, "ip_default_ttl");
	say(ttls);
	entry = fts_read(fts);
	say(entry->fts_level);
	say(fts_close(fts));
	tree("/proc/sys/net", FTS_PHYSICAL, NULL);
	tree("/proc/sys/net", FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, by_name);
	tree("/proc/sys/net/", FTS_LOGICAL, by_name);
	tree("/proc/sys/net", FTS_PHYSICAL | FTS_XDEV | FTS_SEEDOT, by_name);
	tree("/proc/sys", FTS_PHYSICAL, NULL);
	tree("/proc/sys/net/nosuch", FTS_PHYSICAL, NULL);
	tree(TTL, FTS_PHYSICAL | FTS_COMFOLLOW, NULL);
	say(chdir("/proc/sys/net"));
	tree("ipv4", FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	tree(".", FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	say(chdir("/"));
}

static void attributes(void)
{
	struct statvfs vfs;
	struct statfs fs;
	struct statx x;
	struct stat st;
	int watch;

	say(stat(TTL, &st));
	say(st.st_mode);
	say(lstat("/proc/net", &st));
	say(S_ISLNK(st.st_mode));
	say(stat("/proc/net", &st));
	say(S_ISDIR(st.st_mode));
	say(statx(AT_FDCWD, TTL, 0, STATX_ALL, &x));
	say(x.stx_mode);
	say(statfs(TTL, &fs));
	printf("%lx\n", (long)fs.f_type);
	say(statvfs(TTL, &vfs));
	say(vfs.f_namemax);
	say(statfs("/proc/sys/net/nosuch", &fs));
	say(access(TTL, R_OK));
	say(access("/proc/sys/net/ipv4/nosuch", F_OK));
	say(euidaccess(TTL, R_OK));
	say(faccessat(AT_FDCWD, TTL, X_OK, AT_EACCESS));
	say(readlink(TTL, buf, sizeof(buf)));
	say(readlink("/sys/class/net/lo", buf, sizeof(buf)) > 0);
	say(lstat("/sys/class/net/lo/mtu", &st));
	say(readlink("/proc/net", buf, sizeof(buf)));
	printf("%.8s\n", buf);
	say(getxattr(TTL, "user.none", buf, sizeof(buf)));
	say(unlink(TTL));
	say(mkdir("/proc/sys/net/made", 0755));
	say(rename(TTL, "/proc/sys/net/renamed"));
	say(symlink("x", "/proc/sys/net/link"));
	watch = inotify_init1(0);
	say(inotify_add_watch(watch, "/proc/sys/net/nosuch", IN_MODIFY) < 0);
	close(watch);
}

/* Below the directory that can be written. */

static const char *below(const char *name)
{
	static char paths[4][PATH_MAX];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", top, name);
	return path;
}

static void make_files(void)
{
	struct stat st;
	int fd;

	say(mkdir(below("dir"), 0755));
	say(mkdir(below("dir"), 0755));
	say(creat(below("file"), 0640));
	say(write(3, "content", 7));
	say(close(3));
	say(stat(below("file"), &st));
	say(st.st_mode);
	say(st.st_size);
	say(chmod(below("file"), 0600));
	say(fchmodat(AT_FDCWD, below("file"), 0644, 0));
	say(stat(below("file"), &st));
	say(st.st_mode);
	say(truncate(below("file"), 3));
	say(stat(below("file"), &st));
	say(st.st_size);
	say(chown(below("file"), getuid(), getgid()));
	say(lchown(below("nosuch"), 1, 1));
	say(symlink("file", below("link")));
	say(readlink(below("link"), buf, sizeof(buf)));
	say(lstat(below("link"), &st));
	say(S_ISLNK(st.st_mode));
	say(link(below("file"), below("hard")));
	say(stat(below("hard"), &st));
	say(st.st_nlink);
	say(rename(below("hard"), below("dir/moved")));
	say(renameat2(AT_FDCWD, below("file"), AT_FDCWD, below("dir/moved"), 1));
	say(rename(below("nosuch"), below("x")));
	say(mkfifo(below("fifo"), 0600));
	say(lstat(below("fifo"), &st));
	say(S_ISFIFO(st.st_mode));
	say(rmdir(below("dir")));
	say(unlink(below("dir")));
	say(remove(below("fifo")));
	say(mknod(below("node"), S_IFREG | 0600, 0));
	say(remove(below("node")));
	strcpy(buf, below("tempXXXXXX"));
	fd = mkstemp(buf);
	say(fd);
	say(fchmod(fd, 0400));
	say(fstat(fd, &st));
	say(st.st_mode);
	say(close(fd));
	say(access(buf, F_OK));
	say(unlink(buf));
	strcpy(buf, below("tempXXXXXX.c"));
	fd = mkostemps(buf, 2, O_CLOEXEC);
	say(fcntl(fd, F_GETFD));
	close(fd);
	say(unlink(buf));
	strcpy(buf, below("dirXXXXXX"));
	say(mkdtemp(buf) == buf);
	say(remove(buf));
	strcpy(buf, below("short"));
	say(mkstemp(buf));
}

static void times(void)
{
	struct timespec fine[2] = { { 1000, 5 }, { 2000, 7 } };
	struct timeval coarse[2] = { { 3000, 0 }, { 4000, 1 } };
	struct utimbuf plain = { 5000, 6000 };
	struct stat st;
	int fd = open(below("file"), O_RDWR);

	say(utimensat(AT_FDCWD, below("file"), fine, 0));
	say(fstat(fd, &st));
	printf("%ld.%ld\n", st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	say(utimes(below("file"), coarse));
	say(fstat(fd, &st));
	printf("%ld.%ld\n", st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	say(utime(below("file"), &plain));
	say(fstat(fd, &st));
	printf("%ld.%ld\n", st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	say(futimens(fd, fine));
	say(fstat(fd, &st));
	printf("%ld.%ld\n", st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	say(futimes(fd, coarse));
	coarse[0].tv_usec = 1000000;
	say(utimes(below("file"), coarse));
	say(lutimes(below("link"), NULL));
	close(fd);
}

/* Relative paths of the directory itself. */
static void inside(void)
{
	struct stat st;
	FILE *file;
	int fd;

	say(chdir(top));
	say(mkdir("inner", 0755));
	say(chdir("inner"));
	file = fopen("stream", "w+");
	say(fputs("text\n", file) >= 0);
	say(fseek(file, 1, SEEK_SET));
	say(fgetc(file));
	say(fclose(file));
	say(stat("../inner/stream", &st));
	say(st.st_size);
	say(rename("stream", "../moved"));
	say(access("stream", F_OK));
	say(access("../moved", F_OK));
	say(setxattr("../moved", "user.name", "value", 5, 0));
	say(getxattr(below("moved"), "user.name", buf, sizeof(buf)));
	say(listxattr("../moved", buf, sizeof(buf)));
	fd = open("../moved", O_RDWR);
	say(fgetxattr(fd, "user.name", buf, sizeof(buf)));
	say(fsetxattr(fd, "user.other", "x", 1, 0));
	say(flistxattr(fd, buf, sizeof(buf)));
	say(fremovexattr(fd, "user.name"));
	say(fremovexattr(fd, "user.name"));
	close(fd);
	say(removexattr("../moved", "user.other"));
	say(unlink("../moved"));
	say(symlink("../..", "up"));
	say(access("up/tmp", F_OK) == access("/tmp", F_OK));
	say(unlink("up"));
	say(chdir(".."));
	say(rmdir("inner"));
	say(chdir("/"));
}

/* Across: neither kernel can do it. */
static void across(void)
{
	say(rename(below("file"), TTL));
	say(link(TTL, below("hard")));
	say(unlink(below("dir/moved")));
	say(unlink(below("file")));
	say(unlink(below("link")));
	say(rmdir(below("dir")));
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	ttl = argv[1];
	top = argv[2];
	setvbuf(stdout, NULL, _IOLBF, 0);
	closefrom(3);
	umask(022);
	absolute();
	descriptors();
	directories();
	children();
	scan();
	globs();
	walks();
	trees();
	attributes();
	make_files();
	times();
	inside();
	across();
	return 0;
}
