// SPDX-License-Identifier: GPL-2.0
/*
 * filesystems.c - every file system of the kernel's configuration
 *
 * Layer:   tests/boot. Each test makes a file system with its own mkfs, mounts
 *          it in the library, works on it, mounts it again, reads back what
 *          was written, unmounts it, and has its own fsck look at the image.
 *          Those that cannot be written are made from a directory of the host.
 * Context: Criterion runs each test in a process of its own. LKL_TEST_CPUS
 *          says how many vCPUs to boot, LKL_TOP where the sources are.
 */
#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <lkl.h>
#include <lkl_host.h>

#define FILES		300
#define BIG_SIZE	(15 * 1024 * 1024)	/* cramfs takes no 16 */
#define CHUNK		(256 * 1024)
#define TIMEOUT_MS	10000

/* What a file system can store besides files and directories. */
enum {
	SYMLINKS = 1 << 0,
	HARDLINKS = 1 << 1,	/* seen as such: one inode number */
	LINKS = SYMLINKS | HARDLINKS,
	MODES = 1 << 2,		/* owner and permissions */
	XATTRS = 1 << 3,	/* user.* attributes */
	HOLES = 1 << 4,		/* sparse files that stay sparse */
	UNIX = LINKS | MODES | XATTRS | HOLES,
	READ_ONLY = 1 << 5,	/* made from the directory $SRC */
};

/**
 * struct fs_case - one file system
 * @type: its name in the kernel
 * @mib: size of its image
 * @features: see above
 * @mkfs: shell command that makes it in $IMG
 * @fsck: shell command that fails if $IMG is not sound; NULL if there is none
 * @options: mount options, or NULL
 */
struct fs_case {
	const char *type;
	unsigned int mib;
	unsigned int features;
	const char *mkfs;
	const char *fsck;
	const char *options;
};

static const struct fs_case cases[] = {
	{ "ext2", 96, UNIX, "mkfs.ext2 -q -F $IMG", "e2fsck -fn $IMG", NULL },
	{ "ext3", 96, UNIX, "mkfs.ext3 -q -F $IMG", "e2fsck -fn $IMG", NULL },
	{ "ext4", 96, UNIX, "mkfs.ext4 -q -F $IMG", "e2fsck -fn $IMG", NULL },
	{ "xfs", 320, UNIX, "mkfs.xfs -q -f $IMG", "xfs_repair -n -f $IMG",
	  NULL },
	{ "btrfs", 256, UNIX, "mkfs.btrfs -q -f $IMG", "btrfs check $IMG",
	  NULL },
	{ "f2fs", 128, UNIX, "mkfs.f2fs -q $IMG", "fsck.f2fs --dry-run $IMG",
	  NULL },
	{ "vfat", 96, 0, "mkfs.vfat $IMG", "fsck.vfat -n $IMG", NULL },
	{ "msdos", 96, 0, "mkfs.vfat $IMG", "fsck.vfat -n $IMG", NULL },
	{ "exfat", 96, 0, "mkfs.exfat $IMG", "fsck.exfat -n $IMG", NULL },
	{ "ntfs3", 96, LINKS | XATTRS, "mkntfs -q -F -Q $IMG",
	  "ntfsfix --no-action $IMG", NULL },
	{ "udf", 96, LINKS | MODES, "mkudffs --blocksize=512 $IMG",
	  "udfinfo $IMG | grep -q integrity=closed", NULL },
	{ "hfsplus", 96, LINKS | MODES,
	  "python3 $LKL_TOP/tests/boot/mkhfsplus.py $IMG 96", NULL, NULL },
	{ "hfs", 96, 0, "hformat -l volume $IMG", NULL, NULL },
	{ "minix", 64, LINKS | MODES, "mkfs.minix -3 $IMG",
	  "fsck.minix -f $IMG", NULL },
	{ "iso9660", 0, SYMLINKS | MODES | READ_ONLY,
	  "genisoimage -quiet -R -o $IMG $SRC", NULL, NULL },
	{ "squashfs", 0, UNIX | READ_ONLY,
	  "mksquashfs $SRC $IMG -noappend -quiet -no-progress",
	  "unsquashfs -quiet -lls $IMG", NULL },
	{ "erofs", 0, LINKS | MODES | XATTRS | READ_ONLY,
	  "mkfs.erofs -zlz4 $IMG $SRC", "fsck.erofs $IMG", NULL },
	{ "cramfs", 0, SYMLINKS | MODES | READ_ONLY, "mkfs.cramfs $SRC $IMG",
	  "fsck.cramfs $IMG", NULL },
	{ "romfs", 0, SYMLINKS | READ_ONLY, "genromfs -d $SRC -f $IMG", NULL,
	  NULL },
};

/* Types that need a server to answer them. */
static const char *const other_types[] = { "fuseblk", NULL };

#define CASES	(sizeof(cases) / sizeof(cases[0]))

static char work[] = "/tmp/lkl-fs.XXXXXX";
static char image[PATH_MAX];
static struct lkl_disk disk;
static int disk_id;
static char mnt[64];

/* ---- the host's side ---- */

static void make_work(void)
{
	cr_assert(mkdtemp(work), "mkdtemp: %s", strerror(errno));
	snprintf(image, sizeof(image), "%s/image", work);
	setenv("IMG", image, 1);
	setenv("HOME", work, 1);	/* hformat leaves a note there */
	if (!getenv("LKL_TOP"))
		setenv("LKL_TOP", ".", 1);
}

static void remove_work(void)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), "rm -rf %s", work);
	cr_expect(!system(command));
}

/* Run a command; its output is shown only if it fails. */
static void host(const char *what, const char *command)
{
	char line[2 * PATH_MAX];
	int status;

	snprintf(line, sizeof(line),
		 "PATH=$PATH:/usr/sbin:/sbin; { %s; } >%s/out 2>&1 </dev/null || { s=$?; tail -n 20 %s/out >&2; exit $s; }",
		 command, work, work);
	status = system(line);
	cr_assert_eq(status, 0, "%s failed with status %d: %s", what,
		     WEXITSTATUS(status), command);
}

static bool have_command(const char *command)
{
	char line[256];
	int len = strcspn(command, " ");

	snprintf(line, sizeof(line),
		 "PATH=$PATH:/usr/sbin:/sbin; command -v %.*s >/dev/null",
		 len, command);
	return !system(line);
}

static void make_image(const struct fs_case *fs)
{
	int fd;

	if (fs->mib) {
		fd = open(image, O_RDWR | O_CREAT | O_TRUNC, 0600);
		cr_assert(fd >= 0);
		cr_assert_eq(ftruncate(fd, (off_t)fs->mib << 20), 0);
		close(fd);
	}
	host("mkfs", fs->mkfs);
}

/* Each byte of a test file follows from its number and position. */
static void fill(unsigned char *buf, size_t len, unsigned int file, size_t pos)
{
	size_t i;

	for (i = 0; i < len; i++) {
		size_t x = (pos + i) * 2654435761u + file * 40503u;

		buf[i] = x ^ x >> 13 ^ x >> 24;
	}
}

/* Sizes around the limits of blocks and inline data. */
static size_t size_of(unsigned int file)
{
	return file < 8 ? file * 50 : (size_t)file * 131 % 20000;
}

/* Of the files made, those the test does not remove again. */
static bool is_kept(unsigned int file)
{
	return file % 3 != 0;
}

static void name_of(char *out, size_t size, const char *dir, unsigned int file)
{
	snprintf(out, size, "%s/dir/file%03u.dat", dir, file);
}

static void host_write(const char *path, unsigned int file, size_t size)
{
	unsigned char *buf = malloc(size + 1);
	FILE *out = fopen(path, "w");

	cr_assert(out && buf);
	fill(buf, size, file, 0);
	cr_assert_eq(fwrite(buf, 1, size, out), size);
	cr_assert_eq(fclose(out), 0);
	free(buf);
}

/* The tree that read-only file systems are made from. */
static void make_source(void)
{
	char source[PATH_MAX], path[PATH_MAX + 64];
	unsigned int i;

	snprintf(source, sizeof(source), "%s/source", work);
	setenv("SRC", source, 1);
	host("making the source",
	     "mkdir -p $SRC/dir && ln -s dir/target $SRC/symlink && echo x >$SRC/hard1 && ln $SRC/hard1 $SRC/hard2 && touch $SRC/attr && chmod 640 $SRC/attr && { setfattr -n user.test -v value $SRC/attr || true; }");
	for (i = 0; i < FILES; i++) {
		if (!is_kept(i))
			continue;
		name_of(path, sizeof(path), source, i);
		host_write(path, i, size_of(i));
	}
	snprintf(path, sizeof(path), "%s/big", source);
	host_write(path, FILES, BIG_SIZE);
}

/* ---- the library's side ---- */

static void boot(void)
{
	const char *cpus = getenv("LKL_TEST_CPUS");
	int err;

	lkl_host_ops.print = NULL;
	cr_assert_eq(lkl_init(&lkl_host_ops), 0);
	err = lkl_start_kernel("mem=128M loglevel=4 maxcpus=%s",
			       cpus ? cpus : "1");
	cr_assert_eq(err, 0, "lkl_start_kernel: %s", lkl_strerror(err));
}

static void halt(void)
{
	cr_assert_eq(lkl_sys_halt(), 0);
	lkl_cleanup();
}

static void add_disk(bool read_only)
{
	int fd = open(image, read_only ? O_RDONLY : O_RDWR);

	cr_assert(fd >= 0);
	disk.fd = fd;
	disk_id = lkl_disk_add(&disk);
	cr_assert(disk_id >= 0, "lkl_disk_add: %s", lkl_disk_error());
	close(fd);
}

static void show_log(void)
{
	static char log[4096];

	if (lkl_dmesg(log, sizeof(log)) > 0)
		cr_log_error("%s", log);
}

static void mount_disk(const struct fs_case *fs)
{
	long err = lkl_mount_dev(disk_id, 0, fs->type,
				 fs->features & READ_ONLY ? MS_RDONLY : 0,
				 fs->options, mnt, sizeof(mnt));

	if (err)
		show_log();
	cr_assert_eq(err, 0, "mount %s: %s", fs->type, lkl_strerror(err));
}

static void umount_disk(void)
{
	long err = lkl_umount_dev(disk_id, 0, 0, TIMEOUT_MS);

	cr_assert_eq(err, 0, "umount: %s", lkl_strerror(err));
}

/* Fail the test with the path if a call did. */
static long must(long result, const char *call, const char *path)
{
	if (result < 0)
		show_log();
	cr_assert(result >= 0, "%s %s: %s", call, path, lkl_strerror(result));
	return result;
}

static const char *at(const char *name)
{
	static char path[2][256];
	static unsigned int turn;
	char *out = path[turn++ % 2];

	snprintf(out, sizeof(path[0]), "%s/%s", mnt, name);
	return out;
}

static void write_file(const char *path, unsigned int file, size_t size)
{
	unsigned char *buf = malloc(CHUNK);
	size_t pos = 0;
	long fd;

	cr_assert(buf);
	fd = must(lkl_sys_open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644),
		  "create", path);
	while (pos < size) {
		size_t len = size - pos < CHUNK ? size - pos : CHUNK;

		fill(buf, len, file, pos);
		cr_assert_eq(must(lkl_sys_write(fd, buf, len), "write", path),
			     (long)len, "short write to %s", path);
		pos += len;
	}
	must(lkl_sys_close(fd), "close", path);
	free(buf);
}

static void read_file(const char *path, unsigned int file, size_t size)
{
	unsigned char *buf = malloc(CHUNK), *want = malloc(CHUNK);
	size_t pos = 0;
	long fd, len;

	cr_assert(buf && want);
	fd = must(lkl_sys_open(path, O_RDONLY, 0), "open", path);
	while ((len = must(lkl_sys_read(fd, buf, CHUNK), "read", path)) > 0) {
		fill(want, len, file, pos);
		cr_assert_eq(memcmp(buf, want, len), 0,
			     "%s differs after byte %zu", path, pos);
		pos += len;
	}
	cr_assert_eq(pos, size, "%s has %zu bytes, not %zu", path, pos, size);
	must(lkl_sys_close(fd), "close", path);
	free(buf);
	free(want);
}

static void write_links(unsigned int features)
{
	if (features & SYMLINKS)
		must(lkl_sys_symlink("dir/target", at("symlink")), "symlink",
		     "symlink");
	if (features & HARDLINKS) {
		write_file(at("hard1"), 1, 10);
		must(lkl_sys_link(at("hard1"), at("hard2")), "link", "hard2");
	}
}

static void check_links(unsigned int features)
{
	char target[64] = "";
	struct stat one, two;

	if (features & SYMLINKS) {
		must(lkl_sys_readlink(at("symlink"), target,
				      sizeof(target) - 1), "readlink",
		     "symlink");
		cr_expect_str_eq(target, "dir/target");
	}
	if (!(features & HARDLINKS))
		return;
	must(lkl_sys_stat(at("hard1"), &one), "stat", "hard1");
	must(lkl_sys_stat(at("hard2"), &two), "stat", "hard2");
	cr_expect_eq(one.st_nlink, 2);
	cr_expect_eq(one.st_ino, two.st_ino);
}

static void write_attributes(unsigned int features)
{
	write_file(at("attr"), 2, 0);
	if (features & MODES) {
		must(lkl_sys_chown(at("attr"), 1000, 100), "chown", "attr");
		must(lkl_sys_chmod(at("attr"), 0640), "chmod", "attr");
	}
	if (features & XATTRS)
		must(lkl_sys_setxattr(at("attr"), "user.test", "value", 5, 0),
		     "setxattr", "attr");
}

static void check_attributes(unsigned int features)
{
	char value[16] = "";
	struct stat st;
	long len;

	must(lkl_sys_stat(at("attr"), &st), "stat", "attr");
	if (features & MODES)
		cr_expect_eq(st.st_mode & 0777, 0640, "mode is %o",
			     st.st_mode);
	if ((features & (MODES | READ_ONLY)) == MODES)
		cr_expect(st.st_uid == 1000 && st.st_gid == 100,
			  "owner is %u:%u", st.st_uid, st.st_gid);
	if (!(features & XATTRS))
		return;
	len = lkl_sys_getxattr(at("attr"), "user.test", value, sizeof(value));
	/* The host's file system may not have been able to hold it. */
	if (len == -ENODATA && features & READ_ONLY)
		return;
	cr_expect_eq(must(len, "getxattr", "attr"), 5);
	cr_expect_str_eq(value, "value");
}

static void write_hole(void)
{
	long fd = must(lkl_sys_open(at("hole"), O_WRONLY | O_CREAT, 0600),
		       "create", "hole");

	must(lkl_sys_pwrite64(fd, "end", 3, 16 << 20), "pwrite", "hole");
	must(lkl_sys_close(fd), "close", "hole");
}

static void check_hole(void)
{
	char buf[3];
	struct stat st;
	long fd;

	must(lkl_sys_stat(at("hole"), &st), "stat", "hole");
	cr_expect_eq(st.st_size, (16 << 20) + 3);
	cr_expect_lt(st.st_blocks, 2048, "a hole takes %ld sectors",
		     (long)st.st_blocks);
	fd = must(lkl_sys_open(at("hole"), O_RDONLY, 0), "open", "hole");
	cr_expect_eq(lkl_sys_pread64(fd, buf, 3, 16 << 20), 3);
	cr_expect_eq(memcmp(buf, "end", 3), 0);
	cr_expect_eq(lkl_sys_pread64(fd, buf, 3, 8 << 20), 3);
	cr_expect_eq(memcmp(buf, "\0\0\0", 3), 0);
	must(lkl_sys_close(fd), "close", "hole");
}

/* Make all files, under another name first; remove a third. */
static void write_tree(unsigned int features)
{
	char path[256], other[256];
	unsigned int i;

	must(lkl_sys_mkdir(at("dir"), 0755), "mkdir", "dir");
	must(lkl_sys_mkdir(at("was"), 0755), "mkdir", "was");
	for (i = 0; i < FILES; i++) {
		snprintf(other, sizeof(other), "%s/was/%u", mnt, i);
		write_file(other, i, size_of(i));
	}
	write_file(at("big"), FILES, BIG_SIZE);
	for (i = 0; i < FILES; i++) {
		snprintf(other, sizeof(other), "%s/was/%u", mnt, i);
		name_of(path, sizeof(path), mnt, i);
		if (is_kept(i))
			must(lkl_sys_rename(other, path), "rename", path);
		else
			must(lkl_sys_unlink(other), "unlink", other);
	}
	must(lkl_sys_rmdir(at("was")), "rmdir", "was");
	write_links(features);
	write_attributes(features);
	if (features & HOLES)
		write_hole();
}

static void check_tree(unsigned int features)
{
	char path[256];
	unsigned int i;
	struct stat st;

	for (i = 0; i < FILES; i++) {
		name_of(path, sizeof(path), mnt, i);
		if (is_kept(i))
			read_file(path, i, size_of(i));
		else
			cr_expect_eq(lkl_sys_stat(path, &st), -ENOENT);
	}
	read_file(at("big"), FILES, BIG_SIZE);
	check_links(features);
	check_attributes(features);
	if ((features & (HOLES | READ_ONLY)) == HOLES)
		check_hole();
}

static void sync_disk(void)
{
	long fd = must(lkl_sys_open(mnt, O_RDONLY | O_DIRECTORY, 0), "open",
		       mnt);

	must(lkl_sys_syncfs(fd), "syncfs", mnt);
	must(lkl_sys_close(fd), "close", mnt);
}

/* ---- the tests ---- */

static void run_writable(const struct fs_case *fs)
{
	make_image(fs);
	boot();
	add_disk(false);
	mount_disk(fs);
	write_tree(fs->features);
	check_tree(fs->features);
	sync_disk();
	umount_disk();
	mount_disk(fs);
	check_tree(fs->features);
	must(lkl_sys_unlink(at("big")), "unlink", "big");
	umount_disk();
	cr_expect_eq(lkl_disk_remove(disk), 0);
	halt();
	if (fs->fsck)
		host("fsck", fs->fsck);
}

static void run_read_only(const struct fs_case *fs)
{
	make_source();
	make_image(fs);
	if (fs->fsck)
		host("fsck", fs->fsck);
	boot();
	add_disk(true);
	mount_disk(fs);
	check_tree(fs->features);
	cr_expect_eq(lkl_sys_mkdir(at("new"), 0755), -EROFS);
	umount_disk();
	cr_expect_eq(lkl_disk_remove(disk), 0);
	halt();
}

static const struct fs_case *find_case(const char *type)
{
	size_t i;

	for (i = 0; i < CASES; i++)
		if (!strcmp(cases[i].type, type))
			return &cases[i];
	return NULL;
}

static void run_case(const char *type)
{
	const struct fs_case *fs = find_case(type);

	cr_assert(fs);
	if (!have_command(fs->mkfs))
		cr_skip_test("%s: its mkfs is not installed", type);
	make_work();
	if (fs->features & READ_ONLY)
		run_read_only(fs);
	else
		run_writable(fs);
	remove_work();
}

#define FS_TEST(name) \
	Test(filesystems, name, .description = #name \
	     ": made, written, mounted again, read back, checked by its fsck") \
	{ \
		run_case(#name); \
	}

FS_TEST(ext2)
FS_TEST(ext3)
FS_TEST(ext4)
FS_TEST(xfs)
FS_TEST(btrfs)
FS_TEST(f2fs)
FS_TEST(vfat)
FS_TEST(msdos)
FS_TEST(exfat)
FS_TEST(ntfs3)
FS_TEST(udf)
FS_TEST(hfsplus)
FS_TEST(hfs)
FS_TEST(minix)
FS_TEST(iso9660)
FS_TEST(squashfs)
FS_TEST(erofs)
FS_TEST(cramfs)
FS_TEST(romfs)

static bool is_covered(const char *type)
{
	const char *const *other;

	for (other = other_types; *other; other++)
		if (!strcmp(*other, type))
			return true;
	return find_case(type);
}

Test(filesystems, all_are_tested,
	.description = "no disk file system of the kernel is without a test")
{
	char list[4096];
	char *line, *rest;
	long fd, len;

	boot();
	cr_assert(lkl_mount_fs("proc") >= 0);
	fd = must(lkl_sys_open("/proc/filesystems", O_RDONLY, 0), "open",
		  "/proc/filesystems");
	len = must(lkl_sys_read(fd, list, sizeof(list) - 1), "read",
		   "/proc/filesystems");
	list[len] = '\0';
	for (line = strtok_r(list, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (line[0] == '\t')
			cr_expect(is_covered(line + 1), "%s has no test",
				  line + 1);
	must(lkl_sys_close(fd), "close", "/proc/filesystems");
	halt();
}

Test(filesystems, all_are_there,
	.description = "every file system that the tests know is in the kernel")
{
	static char list[4096];
	char line[32];
	long fd, len;
	size_t i;

	boot();
	cr_assert(lkl_mount_fs("proc") >= 0);
	fd = must(lkl_sys_open("/proc/filesystems", O_RDONLY, 0), "open",
		  "/proc/filesystems");
	len = must(lkl_sys_read(fd, list, sizeof(list) - 1), "read",
		   "/proc/filesystems");
	list[len] = '\0';
	must(lkl_sys_close(fd), "close", "/proc/filesystems");
	for (i = 0; i < CASES; i++) {
		snprintf(line, sizeof(line), "\t%s\n", cases[i].type);
		cr_expect(strstr(list, line), "%s is not in the kernel",
			  cases[i].type);
	}
	halt();
}

static void make_directories(const char *const *paths)
{
	for (; *paths; paths++)
		must(lkl_sys_mkdir(*paths, 0755), "mkdir", *paths);
}

Test(filesystems, overlayfs,
	.description = "overlayfs: writes go up, removals hide what is below")
{
	static const char *const dirs[] = { "/t/low", "/t/up", "/t/work",
					    "/t/all", NULL };
	struct stat st;

	boot();
	must(lkl_sys_mkdir("/t", 0755), "mkdir", "/t");
	must(lkl_sys_mount("t", "/t", "tmpfs", 0, NULL), "mount", "tmpfs");
	make_directories(dirs);
	write_file("/t/low/kept", 1, 5000);
	write_file("/t/low/changed", 2, 5000);
	write_file("/t/low/removed", 3, 5000);
	must(lkl_sys_mount("o", "/t/all", "overlay", 0,
			   "lowerdir=/t/low,upperdir=/t/up,workdir=/t/work"),
	     "mount", "overlay");
	read_file("/t/all/kept", 1, 5000);
	write_file("/t/all/changed", 4, 7000);
	must(lkl_sys_unlink("/t/all/removed"), "unlink", "removed");
	read_file("/t/all/changed", 4, 7000);
	read_file("/t/low/changed", 2, 5000);
	read_file("/t/up/changed", 4, 7000);
	cr_expect_eq(lkl_sys_stat("/t/all/removed", &st), -ENOENT);
	cr_expect_eq(lkl_sys_stat("/t/low/removed", &st), 0);
	cr_expect_eq(lkl_sys_stat("/t/up/kept", &st), -ENOENT);
	cr_expect_eq(lkl_umount_timeout("/t/all", 0, TIMEOUT_MS), 0);
	cr_expect_eq(lkl_umount_timeout("/t", 0, TIMEOUT_MS), 0);
	halt();
}

Test(filesystems, tmpfs,
	.description = "tmpfs: holds what is written and keeps to its size")
{
	struct statfs fs;
	char buf[4096] = "";
	long fd, ret;

	boot();
	must(lkl_sys_mkdir("/t", 0755), "mkdir", "/t");
	must(lkl_sys_mount("t", "/t", "tmpfs", 0, "size=8M"), "mount", "tmpfs");
	write_file("/t/file", 1, 6 << 20);
	read_file("/t/file", 1, 6 << 20);
	must(lkl_sys_statfs("/t", &fs), "statfs", "/t");
	cr_expect_eq(fs.f_blocks * fs.f_bsize, 8 << 20);
	fd = must(lkl_sys_open("/t/more", O_WRONLY | O_CREAT, 0600), "create",
		  "/t/more");
	do {
		ret = lkl_sys_write(fd, buf, sizeof(buf));
	} while (ret > 0);
	cr_expect_eq(ret, -ENOSPC);
	must(lkl_sys_close(fd), "close", "/t/more");
	cr_expect_eq(lkl_umount_timeout("/t", 0, TIMEOUT_MS), 0);
	halt();
}
