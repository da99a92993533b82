// SPDX-License-Identifier: GPL-2.0
/*
 * cmdline.c - the command line of fs2tar and tar2fs
 *
 * Layer:   tools; called by main.c.
 * Context: one thread, once.
 */
#include "cmdline.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cp/diag.h"

#ifndef LKL_VERSION
#define LKL_VERSION	"1.0.0"
#endif

static const struct option long_options[] = {
	{ "filesystem-type", required_argument, NULL, 't' },
	{ "partition", required_argument, NULL, 'P' },
	{ "enable-printk", no_argument, NULL, 'p' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ "usage", no_argument, NULL, 'h' },
	{ "selinux-contexts", required_argument, NULL, 's' },
	{ NULL, 0, NULL, 0 },
};

static const char pack_help[] =
"Usage: fs2tar [OPTION]... IMAGE ARCHIVE\n"
"Write all files of the file system in a disk image to a tar archive.\n"
"\n"
"ARCHIVE is compressed if its name ends in .gz, .xz, .zst, .bz2 or .lz4 (or\n"
".tgz, .txz, .tzst, .tbz2); '-' is standard output, not compressed. The image\n"
"is never changed. Needs no root, no mount, no loop device.\n"
"\n"
"Options:\n"
"  -t, --filesystem-type=TYPE   ext4, xfs, btrfs, vfat, ...; found by itself\n"
"                               if not given\n"
"  -P, --partition=NUMBER       partition of IMAGE; 0 is the whole disk\n"
"  -s, --selinux-contexts=FILE  write the path and SELinux context of every\n"
"                               file that has one to FILE\n"
"  -p, --enable-printk          show the messages of the kernel\n"
"  -V, --version                show the version\n"
"  -h, --help                   show this text\n"
"\n"
"Environment:\n"
"  SOURCE_DATE_EPOCH            no file in ARCHIVE is newer than this, seconds\n"
"                               since 1970\n"
"\n"
"Examples:\n"
"  fs2tar disk.img root.tar             everything in the image\n"
"  fs2tar -P 2 disk.img root.tar.zst    of partition 2, compressed\n"
"  fs2tar disk.img - | docker import - me/image\n"
"  fs2tar disk.img - | tar -tv          look what is in there\n";

static const char unpack_help[] =
"Usage: tar2fs [OPTION]... IMAGE ARCHIVE\n"
"Extract a tar archive into the file system of a disk image.\n"
"\n"
"ARCHIVE may be compressed by gzip, xz, zstd, bzip2, lz4, lzip or compress; '-'\n"
"is standard input. Owners, devices and attributes are made as root would make\n"
"them. IMAGE must hold a file system already. Needs no root, no mount, no loop\n"
"device.\n"
"\n"
"Options:\n"
"  -t, --filesystem-type=TYPE   ext4, xfs, btrfs, vfat, ...; found by itself\n"
"                               if not given\n"
"  -P, --partition=NUMBER       partition of IMAGE; 0 is the whole disk\n"
"  -p, --enable-printk          show the messages of the kernel\n"
"  -V, --version                show the version\n"
"  -h, --help                   show this text\n"
"\n"
"Examples:\n"
"  truncate -s 1G disk.img && mkfs.ext4 -q disk.img\n"
"  tar2fs disk.img root.tar.xz          fill the new image\n"
"  docker export me | tar2fs disk.img - a container's files\n"
"  tar2fs -P 1 sdcard.img boot.tar      into partition 1\n";

static int parse_number(const char *text, int64_t max, int64_t *n)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*n = strtoll(text, &end, 10);
	return *end || errno || *n > max ? -EINVAL : 0;
}

static enum options_result parse_partition(struct cmdline *c, const char *text)
{
	int64_t n;

	if (parse_number(text, INT_MAX, &n)) {
		diag_error("partition '%s': a number expected", text);
		return OPTIONS_WRONG;
	}
	c->volume.partition = n;
	return OPTIONS_RUN;
}

static enum options_result parse_option(struct cmdline *c, int option)
{
	switch (option) {
	case 't':
		c->volume.type = optarg;
		return OPTIONS_RUN;
	case 'P':
		return parse_partition(c, optarg);
	case 'p':
		c->volume.printk = true;
		return OPTIONS_RUN;
	case 's':
		if (c->volume.from) {
			c->contexts = optarg;
			return OPTIONS_RUN;
		}
		diag_error("--selinux-contexts is an option of fs2tar only");
		return OPTIONS_WRONG;
	case 'V':
		printf("%s (lkl) %s\n", diag_program(), LKL_VERSION);
		return OPTIONS_DONE;
	case 'h':
		fputs(c->volume.from ? pack_help : unpack_help, stdout);
		return OPTIONS_DONE;
	default:	/* reported by getopt_long() */
		return OPTIONS_WRONG;
	}
}

static enum options_result parse_arguments(struct cmdline *c, int argc,
					   char **argv)
{
	int given = argc - optind;

	if (given != 2) {
		diag_error(given > 2 ? "too many arguments" :
			   given ? "no archive given" :
				   "no image and archive given");
		return OPTIONS_WRONG;
	}
	c->volume.image = argv[optind];
	c->archive = argv[optind + 1];
	if (!*c->volume.image || !*c->archive) {
		diag_error("an argument is empty");
		return OPTIONS_WRONG;
	}
	if (c->volume.from && !strcmp(c->archive, "-") &&
	    isatty(STDOUT_FILENO)) {
		diag_error("an archive is nothing for a terminal; redirect the output");
		return OPTIONS_WRONG;
	}
	return OPTIONS_RUN;
}

static enum options_result parse_environment(struct cmdline *c)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	if (!c->volume.from || !epoch || !*epoch)
		return OPTIONS_RUN;
	if (parse_number(epoch, INT64_MAX, &c->epoch)) {
		diag_error("SOURCE_DATE_EPOCH '%s': a number expected", epoch);
		return OPTIONS_WRONG;
	}
	c->clamp = true;
	return OPTIONS_RUN;
}

static bool ends_with(const char *s, const char *end)
{
	size_t s_len = strlen(s), end_len = strlen(end);

	return s_len >= end_len && !strcmp(s + s_len - end_len, end);
}

enum options_result cmdline_parse(struct cmdline *c, int argc, char **argv)
{
	enum options_result result = OPTIONS_RUN;
	int option;

	*c = (struct cmdline){
		.volume = {
			.from = argc < 1 || !ends_with(argv[0], "tar2fs"),
			.partition = PARTITION_UNSET,
		},
	};
	diag_init(c->volume.from ? "fs2tar" : "tar2fs");
	/* getopt_long() begins its messages with this. */
	if (argc > 0)
		argv[0] = (char *)diag_program();
	while (result == OPTIONS_RUN &&
	       (option = getopt_long(argc, argv, "t:P:ps:Vh", long_options,
				     NULL)) != -1)
		result = parse_option(c, option);
	if (result == OPTIONS_RUN)
		result = parse_arguments(c, argc, argv);
	if (result == OPTIONS_RUN)
		result = parse_environment(c);
	if (result == OPTIONS_WRONG)
		fprintf(stderr, "Try '%s --help'.\n", diag_program());
	return result;
}
