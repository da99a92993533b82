// SPDX-License-Identifier: GPL-2.0
/*
 * cmdline.c - the command line of fs2tar and tar2fs
 *
 * Layer:   tools; called by main.c.
 * Context: one thread, once.
 */
#include "cmdline.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../cp/diag.h"
#include "../cp/repeat.h"

#ifndef LKL_VERSION
#define LKL_VERSION	"1.0.0"
#endif

enum {
	OPTION_MKFS = 256,
	OPTION_SIZE,
	OPTION_LABEL,
	OPTION_UUID,
	OPTION_MKFS_OPTIONS,
	OPTION_WHITEOUTS,
};

static const struct option long_options[] = {
	IMAGEOPTS_LONG,
	{ "whiteouts", no_argument, NULL, OPTION_WHITEOUTS },
	{ "mkfs", required_argument, NULL, OPTION_MKFS },
	{ "size", required_argument, NULL, OPTION_SIZE },
	{ "label", required_argument, NULL, OPTION_LABEL },
	{ "uuid", required_argument, NULL, OPTION_UUID },
	{ "mkfs-options", required_argument, NULL, OPTION_MKFS_OPTIONS },
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
"  -s, --selinux-contexts=FILE   write the path and SELinux context of every file\n"
"                                that has one to FILE\n";

static const char pack_rest[] =
"\n"
"Environment:\n"
"  SOURCE_DATE_EPOCH             no file in ARCHIVE is newer than this, seconds\n"
"                                since 1970\n"
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
"them. IMAGE must hold a file system, unless one is made by --mkfs. Needs no\n"
"root, no mount, no loop device.\n"
"\n"
"Options:\n"
"      --whiteouts               ARCHIVE is a container layer: files named .wh.* take\n"
"                                away what is in IMAGE\n"
"A new file system:\n"
"      --mkfs=TYPE               make one by the host's mkfs: ext4, ext3, ext2, xfs,\n"
"                                btrfs, f2fs, vfat, exfat. What is in IMAGE is lost\n"
"      --size=BYTES              make IMAGE too, which must not be there\n"
"      --label=NAME, --uuid=UUID of the new file system\n"
"      --mkfs-options=ARGUMENTS  further ones for mkfs, separated by spaces\n";

static const char unpack_rest[] =
"\n"
"Environment:\n"
"  SOURCE_DATE_EPOCH             no time in IMAGE is later than this, seconds since\n"
"                                1970, and ext2, ext3, ext4 and vfat come out the\n"
"                                same every time\n"
"\n"
"Examples:\n"
"  tar2fs --mkfs=ext4 --size=1G disk.img root.tar.xz   make an image and fill it\n"
"  SOURCE_DATE_EPOCH=0 tar2fs --mkfs=ext4 --size=1G disk.img root.tar\n"
"                                       the same to the bit every time\n"
"  docker export me | tar2fs disk.img - a container's files\n"
"  tar2fs -P 1 sdcard.img boot.tar      into partition 1\n";

static void show_help(bool pack)
{
	fputs(pack ? pack_help : unpack_help, stdout);
	fputs(imageopts_help, stdout);
	fputs(pack ? pack_rest : unpack_rest, stdout);
}

static enum options_result parse_unpack(struct cmdline *c, int option)
{
	if (c->pack) {
		diag_error("that is an option of tar2fs only");
		return OPTIONS_WRONG;
	}
	switch (option) {
	case OPTION_WHITEOUTS:
		c->whiteouts = true;
		return OPTIONS_RUN;
	case OPTION_MKFS:
		c->mkfs.type = optarg;
		return OPTIONS_RUN;
	case OPTION_SIZE:
		if (!imageopts_number(optarg, true, INT64_MAX, &c->mkfs.size))
			return OPTIONS_RUN;
		diag_error("size '%s': a number expected", optarg);
		return OPTIONS_WRONG;
	case OPTION_LABEL:
		c->mkfs.label = optarg;
		return OPTIONS_RUN;
	case OPTION_UUID:
		c->mkfs.uuid = optarg;
		return OPTIONS_RUN;
	default:
		c->mkfs.options = optarg;
		return OPTIONS_RUN;
	}
}

/* mkfs makes one on a plain file or device, all of it. */
static enum options_result check_mkfs(const struct cmdline *c)
{
	const struct imageopts *o = &c->image;

	if (!c->mkfs.type && (c->mkfs.size || c->mkfs.label || c->mkfs.uuid ||
			      c->mkfs.options)) {
		diag_error("--size, --label, --uuid and --mkfs-options go with --mkfs");
		return OPTIONS_WRONG;
	}
	if (c->mkfs.type && (o->count > 1 || o->images.offset ||
			     o->images.length || o->images.overlay ||
			     o->choice.partition > 0 || o->choice.volume ||
			     (o->images.format &&
			      strcmp(o->images.format, "raw")))) {
		diag_error("--mkfs makes a file system on all of a plain file only");
		return OPTIONS_WRONG;
	}
	return OPTIONS_RUN;
}

static enum options_result parse_option(struct cmdline *c, int option)
{
	switch (option) {
	case OPTION_MKFS:
	case OPTION_SIZE:
	case OPTION_LABEL:
	case OPTION_UUID:
	case OPTION_MKFS_OPTIONS:
	case OPTION_WHITEOUTS:
		return parse_unpack(c, option);
	case 's':
		if (c->pack) {
			c->contexts = optarg;
			return OPTIONS_RUN;
		}
		diag_error("--selinux-contexts is an option of fs2tar only");
		return OPTIONS_WRONG;
	case 'V':
		printf("%s (lkl) %s\n", diag_program(), LKL_VERSION);
		return OPTIONS_DONE;
	case 'h':
		show_help(c->pack);
		return OPTIONS_DONE;
	default:
		return imageopts_take(&c->image, option);
	}
}

static enum options_result parse_arguments(struct cmdline *c, int argc,
					   char **argv)
{
	int given = argc - optind;

	if (given == 1 && c->image.self_test)
		return imageopts_image(&c->image, argv[optind]);
	if (given != 2) {
		diag_error(given > 2 ? "too many arguments" :
			   given ? "no archive given" :
				   "no image and archive given");
		return OPTIONS_WRONG;
	}
	c->archive = argv[optind + 1];
	if (!*c->archive) {
		diag_error("an argument is empty");
		return OPTIONS_WRONG;
	}
	if (c->pack && !strcmp(c->archive, "-") &&
	    isatty(STDOUT_FILENO)) {
		diag_error("an archive is nothing for a terminal; redirect the output");
		return OPTIONS_WRONG;
	}
	return imageopts_image(&c->image, argv[optind]);
}

static enum options_result parse_environment(struct cmdline *c)
{
	int wanted = repeat_wanted(&c->epoch);

	if (wanted < 0)
		return OPTIONS_WRONG;
	if (!wanted)
		return OPTIONS_RUN;
	c->clamp = true;
	c->mkfs.fixed = true;
	c->mkfs.epoch = c->epoch;
	c->image.repeatable = !c->pack;
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
		.pack = argc < 1 || !ends_with(argv[0], "tar2fs"),
	};
	imageopts_init(&c->image);
	diag_init(c->pack ? "fs2tar" : "tar2fs");
	/* getopt_long() begins its messages with this. */
	if (argc > 0)
		argv[0] = (char *)diag_program();
	while (result == OPTIONS_RUN &&
	       (option = getopt_long(argc, argv, IMAGEOPTS_SHORT "s:Vh",
				     long_options, NULL)) != -1)
		result = parse_option(c, option);
	if (result == OPTIONS_RUN)
		result = parse_arguments(c, argc, argv);
	if (result == OPTIONS_RUN)
		result = parse_environment(c);
	if (result == OPTIONS_RUN)
		result = check_mkfs(c);
	/* Nobody else's bytes can be in what was just made. */
	if (c->mkfs.type)
		c->image.images.format = "raw";
	c->image.images.read_only = c->pack;
	diag_verbose(c->image.verbose);
	if (result == OPTIONS_WRONG)
		fprintf(stderr, "Try '%s --help'.\n", diag_program());
	return result;
}
