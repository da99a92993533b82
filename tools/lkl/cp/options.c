// SPDX-License-Identifier: GPL-2.0
/*
 * options.c - the command line of cptofs and cpfromfs
 *
 * Layer:   tools; called by main.c.
 * Context: one thread, once.
 */
#include "options.h"

#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "repeat.h"

#ifndef LKL_VERSION
#define LKL_VERSION	"1.0.0"
#endif

enum {
	OPTION_PARENTS = 256,
	OPTION_NO_RECURSION,
};

static const char short_options[] = IMAGEOPTS_SHORT "i:s:o:m:T:0Vh";

static const struct option long_options[] = {
	{ "filesystem-image", required_argument, NULL, 'i' },
	{ "selinux", required_argument, NULL, 's' },
	{ "owner", required_argument, NULL, 'o' },
	{ "mode", required_argument, NULL, 'm' },
	{ "files-from", required_argument, NULL, 'T' },
	{ "null", no_argument, NULL, '0' },
	{ "parents", no_argument, NULL, OPTION_PARENTS },
	{ "no-recursion", no_argument, NULL, OPTION_NO_RECURSION },
	IMAGEOPTS_LONG,
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ "usage", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char help_options[] =
"Options:\n"
"  -i, --filesystem-image=IMAGE  disk image (required)\n"
"What is copied, and how:\n"
"  -T, --files-from=FILE         copy what FILE lists too, a path a line; - is\n"
"                                standard input. Implies --parents\n"
"  -0, --null                    paths in FILE end with a zero byte\n"
"      --parents                 keep the whole path of a source\n"
"      --no-recursion            make directories, but do not go into them\n"
"  -o, --owner=USER[:GROUP]      owner, group, or both of everything copied\n"
"  -m, --mode=MODE               permissions of everything copied: octal (0644;\n"
"                                directories get x where they get r) or as\n"
"                                chmod writes them (u=rwX,go=rX)\n"
"  -s, --selinux=CONTEXT         security context of everything copied\n";

static const char help_to[] =
"Usage: cptofs -i IMAGE [OPTION]... SOURCE... DESTINATION\n"
"Copy files and trees of files into the file system of a disk image.\n"
"\n"
"DESTINATION is a path inside the image, from its root. If it is a directory,\n"
"sources are copied into it under their own names; a SOURCE that ends in '.'\n"
"gives its contents. A SOURCE may be a pattern. Needs no root, no mount, no loop\n"
"device.\n"
"\n";

static const char examples_to[] =
"\n"
"Environment:\n"
"  SOURCE_DATE_EPOCH             no time is later than this, seconds since 1970, and\n"
"                                ext2, ext3, ext4 and vfat come out the same every\n"
"                                time\n"
"\n"
"Examples:\n"
"  cptofs -i disk.img file.txt /             copy a file to the root\n"
"  cptofs -i disk.img src docs /home/me      copy two trees\n"
"  cptofs -i disk.img rootfs/. /             copy what is inside rootfs\n"
"  cptofs -i disk.img -P 2 -o 0:0 etc /      into partition 2, owned by root\n"
"  cptofs -i usb.img -t vfat *.jpg /photos   say what file system it is\n"
"  git ls-files -z | cptofs -i disk.qcow2 -0 -T - /src   copy what is listed\n"
"  cptofs -i disk.img -P vg/root -k pass f / a logical volume in a LUKS container\n";

static const char help_from[] =
"Usage: cpfromfs -i IMAGE [OPTION]... SOURCE... DESTINATION\n"
"Copy files and trees of files out of the file system of a disk image.\n"
"\n"
"SOURCE is a path inside the image, from its root, and may be a pattern. If\n"
"DESTINATION is a directory, sources are copied into it under their\n"
"own names; the SOURCE '/', or one that ends in '.', gives its contents. The\n"
"image is never changed. Needs no root, no mount, no loop device.\n"
"\n";

static const char examples_from[] =
"\n"
"Examples:\n"
"  cpfromfs -i disk.img /etc/fstab .         copy a file to here\n"
"  cpfromfs -i disk.img / out                copy everything\n"
"  cpfromfs -i disk.img '/var/log/*.log' .   copy by pattern\n"
"  cpfromfs -i disk.img -P 1 /boot boot      from partition 1\n"
"  cpfromfs -i nbd://server/disk /etc .      from a disk on another machine\n";

static void show_help(bool from)
{
	fputs(from ? help_from : help_to, stdout);
	fputs(help_options, stdout);
	fputs(imageopts_help, stdout);
	fputs(from ? examples_from : examples_to, stdout);
}

static enum options_result wrong(const char *what, const char *value,
				 const char *expected)
{
	diag_error("%s '%s': %s", what, value, expected);
	return OPTIONS_WRONG;
}

/* The highest id means "keep" to chown(), so it is no owner. */
static bool is_id(const char *text, uid_t *id)
{
	uint64_t n;

	if (imageopts_number(text, false, UINT_MAX - 1, &n))
		return false;
	*id = (uid_t)n;
	return true;
}

static bool find_user(const char *name, uid_t *uid)
{
	const struct passwd *user = is_id(name, uid) ? NULL : getpwnam(name);

	if (user)
		*uid = user->pw_uid;
	return user || is_id(name, uid);
}

static bool find_group(const char *name, gid_t *gid)
{
	const struct group *group = is_id(name, gid) ? NULL : getgrnam(name);

	if (group)
		*gid = group->gr_gid;
	return group || is_id(name, gid);
}

/* "USER", "USER:GROUP" or ":GROUP"; names are those of the host. */
static enum options_result parse_owner(struct options *o, const char *text)
{
	char *user = strdup(text);
	char *group = user ? strchr(user, ':') : NULL;
	bool right = user && *user && strcmp(user, ":");

	if (group)
		*group++ = '\0';
	if (right && *user)
		right = find_user(user, &o->copy.uid);
	if (right && group)
		right = find_group(group, &o->copy.gid);
	free(user);
	return right ? OPTIONS_RUN :
	       wrong("owner", text,
		     "UID:GID expected, numbers or names of this host");
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
		return imageopts_image(&o->image, optarg);
	case 's':
		o->copy.selinux = optarg;
		return OPTIONS_RUN;
	case 'o':
		return parse_owner(o, optarg);
	case 'm':
		return parse_mode(o, optarg);
	case 'T':
		o->files_from = optarg;
		o->parents = true;
		return OPTIONS_RUN;
	case '0':
		o->null = true;
		return OPTIONS_RUN;
	case OPTION_PARENTS:
		o->parents = true;
		return OPTIONS_RUN;
	case OPTION_NO_RECURSION:
		o->no_recursion = true;
		return OPTIONS_RUN;
	case 'V':
		printf("%s (lkl) %s\n", diag_program(), LKL_VERSION);
		return OPTIONS_DONE;
	case 'h':
		show_help(o->from);
		return OPTIONS_DONE;
	default:
		return imageopts_take(&o->image, option);
	}
}

static enum options_result check_arguments(int argc, char **argv)
{
	int i;

	for (i = optind; i < argc; i++) {
		if (!*argv[i]) {
			diag_error("an argument is empty");
			return OPTIONS_WRONG;
		}
	}
	return OPTIONS_RUN;
}

static enum options_result parse_arguments(struct options *o, int argc,
					   char **argv)
{
	if (!o->image.names[0]) {
		diag_error("no image given; use -i IMAGE");
		return OPTIONS_WRONG;
	}
	if (o->image.self_test)
		return OPTIONS_RUN;
	if (argc - optind < 2 - !!o->files_from) {
		diag_error(argc == optind && !o->files_from ?
			   "no source and destination given" :
			   "no destination given");
		return OPTIONS_WRONG;
	}
	o->sources = argv + optind;
	o->count = argc - optind - 1;
	o->destination = argv[argc - 1];
	return check_arguments(argc, argv);
}

static enum options_result parse_environment(struct options *o)
{
	int wanted = repeat_wanted(&o->copy.epoch);

	o->copy.repeatable = wanted > 0;
	o->image.repeatable = wanted > 0;
	return wanted < 0 ? OPTIONS_WRONG : OPTIONS_RUN;
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
		.copy = { .uid = COPY_KEEP, .gid = COPY_KEEP },
	};
	imageopts_init(&o->image);
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
	if (result == OPTIONS_RUN && !o->from)
		result = parse_environment(o);
	o->image.images.read_only = o->from;
	diag_verbose(o->image.verbose);
	if (result == OPTIONS_WRONG)
		fprintf(stderr, "Try '%s --help'.\n", diag_program());
	return result;
}
