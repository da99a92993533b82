// SPDX-License-Identifier: GPL-2.0
/*
 * config.c - the command line of lklfuse
 *
 * Layer:   tools; called by main.c.
 * Context: one thread, once.
 *
 * Whatever is not ours goes to libfuse, which knows what fusermount3 and the
 * host's kernel understand and refuses the rest.
 */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "../cp/diag.h"

#ifndef LKL_VERSION
#define LKL_VERSION	"1.0.0"
#endif

#define MEMORY_MIB	256	/* taken from the host as it is used */
#define MEMORY_MIN	64	/* with less, file systems get stuck */
#define THREADS		4
#define THREADS_MAX	64
#define CPUS_MAX	8

enum key {
	KEY_HELP,
	KEY_VERSION,
	KEY_PART,
	KEY_MEMORY,
	KEY_CPUS,
	KEY_THREADS,
	KEY_UID,
	KEY_GID,
	KEY_UIDMAP,
	KEY_GIDMAP,
	KEY_OWNER,
	KEY_RO,
	KEY_RW,
	KEY_NOATIME,
	KEY_DEFAULT_PERMISSIONS,
	KEY_IGNORE,
	KEY_DEVICE,
	KEY_OFFSET,
	KEY_LENGTH,
	KEY_SECTOR,
	KEY_KEY_FD,
	KEY_ASK,
};

#define VALUE(text, member, value) \
	{ text, offsetof(struct config, member), value }

static const struct fuse_opt specs[] = {
	VALUE("type=%s", choice.type, 0),
	VALUE("volume=%s", choice.volume, 0),
	VALUE("verity_root=%s", choice.verity_root, 0),
	VALUE("verity_hashes=%s", choice.verity_hashes, 0),
	VALUE("format=%s", images.format, 0),
	VALUE("overlay=%s", images.overlay, 0),
	VALUE("key_file=%s", images.key_file, 0),
	FUSE_OPT_KEY("key_fd=", KEY_KEY_FD),
	FUSE_OPT_KEY("ask", KEY_ASK),
	FUSE_OPT_KEY("device=", KEY_DEVICE),
	FUSE_OPT_KEY("offset=", KEY_OFFSET),
	FUSE_OPT_KEY("sizelimit=", KEY_LENGTH),
	FUSE_OPT_KEY("sector=", KEY_SECTOR),
	VALUE("opts=%s", opts, 0),
	VALUE("log=%s", log, 0),
	VALUE("write_back", write_back, 1),
	VALUE("-f", foreground, 1),
	VALUE("--foreground", foreground, 1),
	VALUE("-d", debug, 1),
	VALUE("--debug", debug, 1),
	VALUE("debug", debug, 1),
	VALUE("-v", verbose, 1),
	VALUE("--verbose", verbose, 1),
	VALUE("--no-sandbox", no_sandbox, 1),
	VALUE("no_sandbox", no_sandbox, 1),
	VALUE("--sandbox-self-test", self_test, 1),
	FUSE_OPT_KEY("-h", KEY_HELP),
	FUSE_OPT_KEY("--help", KEY_HELP),
	FUSE_OPT_KEY("-V", KEY_VERSION),
	FUSE_OPT_KEY("--version", KEY_VERSION),
	FUSE_OPT_KEY("part=", KEY_PART),
	FUSE_OPT_KEY("mb=", KEY_MEMORY),
	FUSE_OPT_KEY("cpus=", KEY_CPUS),
	FUSE_OPT_KEY("threads=", KEY_THREADS),
	FUSE_OPT_KEY("uid=", KEY_UID),
	FUSE_OPT_KEY("gid=", KEY_GID),
	FUSE_OPT_KEY("uidmap=", KEY_UIDMAP),
	FUSE_OPT_KEY("gidmap=", KEY_GIDMAP),
	FUSE_OPT_KEY("owner=", KEY_OWNER),
	FUSE_OPT_KEY("ro", KEY_RO),
	FUSE_OPT_KEY("rw", KEY_RW),
	FUSE_OPT_KEY("noatime", KEY_NOATIME),
	FUSE_OPT_KEY("default_permissions", KEY_DEFAULT_PERMISSIONS),
	/* The image is always locked; the session always has threads. */
	FUSE_OPT_KEY("lock", KEY_IGNORE),
	FUSE_OPT_KEY("-s", KEY_IGNORE),
	FUSE_OPT_KEY("clone_fd", KEY_IGNORE),
	FUSE_OPT_KEY("auto_unmount", KEY_IGNORE),
	FUSE_OPT_END
};

static const char help[] =
"Usage: lklfuse IMAGE MOUNTPOINT [-o OPTION[,OPTION]...] [-f] [-d] [-v]\n"
"Mount a file system of a disk image, served by a Linux kernel in this process.\n"
"Needs no root and no loop device. Unmount with fusermount3 -u MOUNTPOINT.\n"
"\n"
"IMAGE is a file (raw, qcow2, vmdk, vdi, vhd, vhdx, compressed), a block device,\n"
"or the URI of an NBD server.\n"
"\n"
"Options after -o:\n"
"  type=TYPE            ext4, xfs, btrfs, vfat, ...; found by itself if not given\n"
"  part=NUMBER          partition of IMAGE; 0 is the whole disk\n"
"  volume=[GROUP/]NAME  logical volume (LVM)\n"
"  ro                   read-only: the image is not written to at all\n"
"  opts=OPTIONS         mount options of the file system; write \\, and \\= for\n"
"                       , and = in them\n"
"  device=IMAGE         a further image of the same file system or volume group\n"
"  format=FORMAT        raw, qcow2, vmdk, vdi, vhd, vhdx, xz, gz, ...; found by\n"
"                       itself if not given\n"
"  overlay=FILE         put all changes into FILE (qcow2), leave IMAGE alone\n"
"  offset=BYTES, sizelimit=BYTES   where in IMAGE the disk is\n"
"  sector=512|4096      size of its sectors\n"
"  ask                  ask for the passphrase of an encrypted disk (LUKS)\n"
"  key_file=FILE        read it from FILE; - is standard input\n"
"  key_fd=NUMBER        read it from an open descriptor\n"
"  verity_root=HASH     root hash of dm-verity, and\n"
"  verity_hashes=WHERE  its hash tree: part=N, image=N or offset=BYTES\n"
"  mb=MIB               memory of the kernel in the process (256)\n"
"  log=FILE             append the kernel's log and all messages to FILE\n"
"  owner=stored         owners are shown as stored, files belong to who makes\n"
"                       them (the default)\n"
"  owner=root           you are root inside: 0 is shown as you\n"
"  owner=caller         everything is shown as yours, files are made as yours\n"
"  uid=ID, gid=ID       everything is shown as ID's, files are made as root's\n"
"  uidmap=IN:OUT:N[+IN:OUT:N]...  N ids from IN on are shown as OUT and on;\n"
"  gidmap=...           the same for groups\n"
"  default_permissions  check permissions and ACLs; else who may use the mount\n"
"                       may do everything\n"
"  allow_other          let other users use the mount (see fusermount3)\n"
"  write_back           let the host keep what is written for a while: quicker for\n"
"                       many small writes, slower for many small files\n"
"  cpus=N               virtual processors of the kernel (1)\n"
"  threads=N            requests served at once (4)\n"
"  no_sandbox           as --no-sandbox\n"
"and what mount.fuse3 takes: nosuid, nodev, noexec, noatime, fsname=, ...\n"
"\n"
"Other options:\n"
"  -f, --foreground     do not go into the background\n"
"  -v, --verbose        show the kernel's log\n"
"  -d, --debug          show each request and the kernel's log; stays in the\n"
"                       foreground\n"
"      --no-sandbox     do not confine the process that reads the image\n"
"  -V, --version        show the version\n"
"  -h, --help           show this text\n"
"\n"
"Examples:\n"
"  lklfuse disk.img mnt                          the only file system in disk.img\n"
"  lklfuse disk.img mnt -o part=2,ro             partition 2, to look at\n"
"  lklfuse rootfs.img mnt -o owner=root          build a system image as its root\n"
"  lklfuse a.img mnt -o 'opts=data=journal\\,barrier=1'\n"
"  mount -t fuse.lklfuse /srv/disk.img /mnt -o type=xfs,allow_other\n";

static int wrong(const char *what, const char *expected)
{
	diag_error("option '%s': %s", what, expected);
	return -1;
}

/* The number after "name="; the option is at fault if it is out of bounds. */
static int parse_number(const char *option, unsigned long min,
			unsigned long max, unsigned int *n)
{
	const char *text = strchr(option, '=') + 1;
	char expected[64];
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno && value >= min &&
	    value <= max) {
		*n = value;
		return 0;
	}
	snprintf(expected, sizeof(expected),
		 "a number from %lu to %lu expected", min, max);
	return wrong(option, expected);
}

static int parse_part(struct config *c, const char *option)
{
	unsigned int n;

	if (parse_number(option, 0, INT_MAX, &n))
		return -1;
	c->choice.partition = n;
	return 0;
}

static int parse_memory(struct config *c, const char *option)
{
	if (parse_number(option, 1, 1 << 16, &c->memory))
		return -1;
	if (c->memory < MEMORY_MIN) {
		diag_warning("option '%s': is little, %d MiB are used at most",
			     option, MEMORY_MIN);
		c->memory = MEMORY_MIN;
	}
	return 0;
}

/* Bytes: a number that may end in K, M, G or T. */
static int parse_bytes(const char *option, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	const char *text = strchr(option, '=') + 1;
	const char *unit = NULL;
	unsigned int shift = 0;
	char *end;

	errno = 0;
	*bytes = strtoull(text, &end, 10);
	if (*end)
		unit = strchr(units, *end & ~0x20);
	if (unit)
		shift = 10 * (unit - units + 1);
	if (*text < '0' || *text > '9' || errno || (*end && (!unit || end[1])) ||
	    *bytes > UINT64_MAX >> shift)
		return wrong(option, "a number expected, with K, M, G or T");
	*bytes <<= shift;
	return 0;
}

static int parse_key_fd(struct config *c, const char *option)
{
	unsigned int n;

	if (parse_number(option, 0, INT_MAX, &n))
		return -1;
	c->images.key_fd = n;
	c->images.use_key_fd = true;
	return 0;
}

static int add_image(struct config *c, const char *name)
{
	if (c->count == CONFIG_IMAGES) {
		diag_error("'%s': too many images", name);
		return -1;
	}
	/* A path that does not resolve is reported when it is opened. */
	c->names[c->count] = realpath(name, NULL);
	if (!c->names[c->count])
		c->names[c->count] = strdup(name);
	return c->names[c->count++] ? 0 : -1;
}

static int parse_show_as(struct owner_ids *ids, const char *option)
{
	ids->store_as = 0;
	return parse_number(option, 0, UINT32_MAX - 1, &ids->show_as);
}

static int parse_map(struct owner_ids *ids, const char *option)
{
	if (!owner_ids_parse(ids, strchr(option, '=') + 1))
		return 0;
	return wrong(option, "INSIDE:OUTSIDE:COUNT expected, several joined by +");
}

/* The first range that fits counts, so 0 goes to two and comes from two. */
static void map_root(struct owner_ids *ids, uint32_t id)
{
	ids->ranges[0] = (struct owner_range){ 0, id, 1 };
	ids->ranges[1] = (struct owner_range){ 0, 0, UINT32_MAX };
	ids->count = 2;
}

static int parse_owner(struct config *c, const char *option)
{
	const char *how = strchr(option, '=') + 1;

	owner_map_init(&c->owner);
	if (!strcmp(how, "stored"))
		return 0;
	if (!strcmp(how, "root")) {
		map_root(&c->owner.users, getuid());
		map_root(&c->owner.groups, getgid());
		return 0;
	}
	if (strcmp(how, "caller"))
		return wrong(option, "stored, root or caller expected");
	c->owner.users.show_as = c->owner.users.store_as = getuid();
	c->owner.groups.show_as = c->owner.groups.store_as = getgid();
	return 0;
}

static int take_argument(struct config *c, const char *arg)
{
	struct statfs fs;

	if (!c->image) {
		c->image = arg;
		return 0;
	}
	if (c->mountpoint) {
		diag_error("'%s': only an image and a mount point expected",
			   arg);
		return -1;
	}
	c->mountpoint = realpath(arg, NULL);
	/* Of a dead mount the host may have kept all but this. */
	if (c->mountpoint && (!statfs(c->mountpoint, &fs) || errno != ENOTCONN))
		return 0;
	if (errno == ENOTCONN)
		diag_error("%s: is the mount of a server that was killed; fusermount3 -u %s takes it away",
			   arg, arg);
	else
		diag_error("%s: %s", arg, diag_cause(-errno));
	return -1;
}

/* Called by fuse_opt_parse(): 0 takes the argument away, 1 leaves it. */
static int take_option(void *data, const char *arg, int key,
		       struct fuse_args *args)
{
	struct config *c = data;

	switch (key) {
	case FUSE_OPT_KEY_NONOPT:
		return take_argument(c, arg);
	case KEY_PART:
		return parse_part(c, arg);
	case KEY_MEMORY:
		return parse_memory(c, arg);
	case KEY_CPUS:
		return parse_number(arg, 1, CPUS_MAX, &c->cpus);
	case KEY_THREADS:
		return parse_number(arg, 2, THREADS_MAX, &c->threads);
	case KEY_UID:
		return parse_show_as(&c->owner.users, arg);
	case KEY_GID:
		return parse_show_as(&c->owner.groups, arg);
	case KEY_UIDMAP:
		return parse_map(&c->owner.users, arg);
	case KEY_GIDMAP:
		return parse_map(&c->owner.groups, arg);
	case KEY_OWNER:
		return parse_owner(c, arg);
	case KEY_RO:
	case KEY_RW:
		c->images.read_only = key == KEY_RO;
		c->insist_rw = key == KEY_RW;
		return 0;
	case KEY_DEVICE:
		return add_image(c, strchr(arg, '=') + 1);
	case KEY_OFFSET:
		return parse_bytes(arg, &c->images.offset);
	case KEY_LENGTH:
		return parse_bytes(arg, &c->images.length);
	case KEY_SECTOR:
		return parse_number(arg, 512, 4096, &c->images.sector_size);
	case KEY_KEY_FD:
		return parse_key_fd(c, arg);
	case KEY_ASK:
		c->images.may_ask = true;
		return 0;
	case KEY_NOATIME:
		c->noatime = 1;
		return 1;
	case KEY_DEFAULT_PERMISSIONS:
		c->default_permissions = 1;
		return 1;
	case KEY_HELP:
		c->foreground = -1;
		return 0;
	case KEY_VERSION:
		c->foreground = -2;
		return 0;
	case KEY_IGNORE:
		return 0;
	default:
		return 1;
	}
}

static int add_option(struct config *c, const char *name, const char *value)
{
	char *escaped = NULL, *option = NULL;
	int err;

	/* Commas and backslashes in a file name have to be escaped. */
	if (fuse_opt_add_opt_escaped(&escaped, value))
		return -1;
	err = asprintf(&option, "-o%s%s", name, escaped) < 0 ||
	      fuse_opt_add_arg(&c->args, option);
	free(escaped);
	free(option);
	return err ? -1 : 0;
}

static bool was_given(const struct config *c, const char *name)
{
	int i;

	for (i = 1; i < c->args.argc; i++)
		if (strstr(c->args.argv[i], name))
			return true;
	return false;
}

static int complete_args(struct config *c)
{
	if (add_option(c, "subtype=", "lklfuse") ||
	    add_option(c, "max_read=", "1048576") ||
	    (c->images.read_only && add_option(c, "", "ro")) ||
	    (c->debug && add_option(c, "", "debug")))
		return -1;
	if (was_given(c, "fsname="))
		return 0;
	return add_option(c, "fsname=", c->names[0]);
}

/* Those after -o device= were added first. */
static int put_first(struct config *c)
{
	char *first;
	unsigned int i;

	if (add_image(c, c->image))
		return -1;
	first = c->names[c->count - 1];
	for (i = c->count - 1; i; i--)
		c->names[i] = c->names[i - 1];
	c->names[0] = first;
	return 0;
}

static enum config_result check(struct config *c)
{
	if (!c->image || !c->mountpoint) {
		diag_error(c->image ? "no mount point given" :
				      "no image and no mount point given");
		return CONFIG_WRONG;
	}
	c->foreground |= c->debug;
	c->verbose |= c->debug;
	return put_first(c) || complete_args(c) ? CONFIG_WRONG : CONFIG_RUN;
}

enum config_result config_parse(struct config *c, int argc, char **argv)
{
	enum config_result result = CONFIG_WRONG;

	*c = (struct config){
		.choice.partition = IMAGES_UNSET,
		.memory = MEMORY_MIB,
		.cpus = 1,
		.threads = THREADS,
		.args = FUSE_ARGS_INIT(argc, argv),
	};
	owner_map_init(&c->owner);
	diag_init("lklfuse");
	if (!fuse_opt_parse(&c->args, c, specs, take_option)) {
		if (c->foreground == -1) {
			fputs(help, stdout);
			return CONFIG_DONE;
		}
		if (c->foreground == -2) {
			printf("lklfuse (lkl) %s\nFUSE library version %s\n",
			       LKL_VERSION, fuse_pkgversion());
			return CONFIG_DONE;
		}
		result = check(c);
	}
	if (result == CONFIG_WRONG)
		fputs("Try 'lklfuse --help'.\n", stderr);
	return result;
}

bool config_may_unlock(const struct config *c)
{
	return c->images.may_ask || c->images.key_file ||
	       c->images.use_key_fd;
}

void config_free(struct config *c)
{
	unsigned int i;

	fuse_opt_free_args(&c->args);
	for (i = 0; i < c->count; i++)
		free(c->names[i]);
	free((char *)c->choice.type);
	free((char *)c->choice.volume);
	free((char *)c->choice.verity_root);
	free((char *)c->choice.verity_hashes);
	free((char *)c->images.format);
	free((char *)c->images.overlay);
	free((char *)c->images.key_file);
	free(c->mountpoint);
	free(c->opts);
	free(c->log);
}
