// SPDX-License-Identifier: GPL-2.0
/*
 * options.c - the command line of cptofs and cpfromfs
 *
 * Layer:   tools; called by main.c.
 * Context: one thread, once.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

#ifndef LKL_VERSION
#define LKL_VERSION	"1.0.0"
#endif

static const char short_options[] = "i:t:P:ps:o:m:Vh";

static const struct option long_options[] = {
	{ "filesystem-image", required_argument, NULL, 'i' },
	{ "filesystem-type", required_argument, NULL, 't' },
	{ "partition", required_argument, NULL, 'P' },
	{ "enable-printk", no_argument, NULL, 'p' },
	{ "selinux", required_argument, NULL, 's' },
	{ "owner", required_argument, NULL, 'o' },
	{ "mode", required_argument, NULL, 'm' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ "usage", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char help_options[] =
"Options:\n"
"  -i, --filesystem-image=IMAGE  disk image or block device (required)\n"
"  -t, --filesystem-type=TYPE    ext4, xfs, btrfs, vfat, ...; found by itself\n"
"                                if not given\n"
"  -P, --partition=NUMBER        partition of IMAGE; 0 is the whole disk\n"
"  -o, --owner=UID:GID           owner and group of everything copied\n"
"  -m, --mode=MODE               permissions of everything copied: octal (0644;\n"
"                                directories get x where they get r) or as\n"
"                                chmod writes them (u=rwX,go=rX)\n"
"  -s, --selinux=CONTEXT         security context of everything copied\n"
"  -p, --enable-printk           show the messages of the kernel\n"
"  -V, --version                 show the version\n"
"  -h, --help                    show this text\n";

static const char help_to[] =
"Usage: cptofs -i IMAGE [OPTION]... SOURCE... DESTINATION\n"
"Copy files and trees of files into the file system of a disk image.\n"
"\n"
"DESTINATION is a path inside the image, from its root. If it is a directory,\n"
"sources are copied into it under their own names; a SOURCE that ends in '.'\n"
"gives its contents. Needs no root, no mount, no loop device.\n"
"\n";

static const char examples_to[] =
"\n"
"Examples:\n"
"  cptofs -i disk.img file.txt /             copy a file to the root\n"
"  cptofs -i disk.img src docs /home/me      copy two trees\n"
"  cptofs -i disk.img rootfs/. /             copy what is inside rootfs\n"
"  cptofs -i disk.img -P 2 -o 0:0 etc /      into partition 2, owned by root\n"
"  cptofs -i usb.img -t vfat *.jpg /photos   say what file system it is\n";

static const char help_from[] =
"Usage: cpfromfs -i IMAGE [OPTION]... SOURCE... DESTINATION\n"
"Copy files and trees of files out of the file system of a disk image.\n"
"\n"
"SOURCE is a path inside the image, from its root; its last component may be a\n"
"pattern. If DESTINATION is a directory, sources are copied into it under their\n"
"own names; the SOURCE '/', or one that ends in '.', gives its contents. The\n"
"image is never changed. Needs no root, no mount, no loop device.\n"
"\n";

static const char examples_from[] =
"\n"
"Examples:\n"
"  cpfromfs -i disk.img /etc/fstab .         copy a file to here\n"
"  cpfromfs -i disk.img / out                copy everything\n"
"  cpfromfs -i disk.img '/var/log/*.log' .   copy by pattern\n"
"  cpfromfs -i disk.img -P 1 /boot boot      from partition 1\n";

static void show_help(bool from)
{
	fputs(from ? help_from : help_to, stdout);
	fputs(help_options, stdout);
	fputs(from ? examples_from : examples_to, stdout);
}

static int parse_number(const char *text, unsigned long max, unsigned long *n)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*n = strtoul(text, &end, 10);
	return *end || errno || *n > max ? -EINVAL : 0;
}

static enum options_result wrong(const char *what, const char *value,
				 const char *expected)
{
	diag_error("%s '%s': %s", what, value, expected);
	return OPTIONS_WRONG;
}

/* The highest id means "keep" to chown(), so it is no owner. */
static enum options_result parse_owner(struct options *o, const char *text)
{
	char uid[16], gid[16];
	unsigned long u, g;
	char rest;

	if (sscanf(text, "%15[0-9]:%15[0-9]%c", uid, gid, &rest) != 2 ||
	    parse_number(uid, UINT_MAX - 1, &u) ||
	    parse_number(gid, UINT_MAX - 1, &g))
		return wrong("owner", text, "two numbers UID:GID expected");
	o->copy.uid = u;
	o->copy.gid = g;
	return OPTIONS_RUN;
}

static enum options_result parse_partition(struct options *o, const char *text)
{
	unsigned long n;

	if (parse_number(text, INT_MAX, &n))
		return wrong("partition", text, "a number expected");
	o->partition = n;
	return OPTIONS_RUN;
}

static enum options_result parse_mode(struct options *o, const char *text)
{
	if (mode_parse(text, &o->copy.mode))
		return wrong("mode", text,
			     "octal or u=rwX,go=rX notation expected");
	return OPTIONS_RUN;
}

static enum options_result parse_option(struct options *o, int option)
{
	switch (option) {
	case 'i':
		o->image = optarg;
		return OPTIONS_RUN;
	case 't':
		o->type = optarg;
		return OPTIONS_RUN;
	case 'P':
		return parse_partition(o, optarg);
	case 'p':
		o->printk = true;
		return OPTIONS_RUN;
	case 's':
		o->copy.selinux = optarg;
		return OPTIONS_RUN;
	case 'o':
		return parse_owner(o, optarg);
	case 'm':
		return parse_mode(o, optarg);
	case 'V':
		printf("%s (lkl) %s\n", diag_program(), LKL_VERSION);
		return OPTIONS_DONE;
	case 'h':
		show_help(o->from);
		return OPTIONS_DONE;
	default:	/* reported by getopt_long() */
		return OPTIONS_WRONG;
	}
}

static enum options_result parse_arguments(struct options *o, int argc,
					   char **argv)
{
	int i;

	if (!o->image) {
		diag_error("no image given; use -i IMAGE");
		return OPTIONS_WRONG;
	}
	if (argc - optind < 2) {
		diag_error(argc == optind ? "no source and destination given" :
					    "no destination given");
		return OPTIONS_WRONG;
	}
	for (i = optind; i < argc; i++) {
		if (!*argv[i]) {
			diag_error("an argument is empty");
			return OPTIONS_WRONG;
		}
	}
	o->sources = argv + optind;
	o->count = argc - optind - 1;
	o->destination = argv[argc - 1];
	return OPTIONS_RUN;
}

static bool ends_with(const char *s, const char *end)
{
	size_t s_len = strlen(s), end_len = strlen(end);

	return s_len >= end_len && !strcmp(s + s_len - end_len, end);
}

enum options_result options_parse(struct options *o, int argc, char **argv)
{
	enum options_result result = OPTIONS_RUN;
	int option;

	*o = (struct options){
		.from = argc > 0 && ends_with(argv[0], "cpfromfs"),
		.partition = PARTITION_UNSET,
		.copy = { .uid = COPY_KEEP, .gid = COPY_KEEP },
	};
	diag_init(o->from ? "cpfromfs" : "cptofs");
	/* getopt_long() begins its messages with this. */
	if (argc > 0)
		argv[0] = (char *)diag_program();
	while (result == OPTIONS_RUN &&
	       (option = getopt_long(argc, argv, short_options, long_options,
				     NULL)) != -1)
		result = parse_option(o, option);
	if (result == OPTIONS_RUN)
		result = parse_arguments(o, argc, argv);
	if (result == OPTIONS_WRONG)
		fprintf(stderr, "Try '%s --help'.\n", diag_program());
	return result;
}
