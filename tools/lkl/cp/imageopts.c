// SPDX-License-Identifier: GPL-2.0
/*
 * imageopts.c - options about the image, the same for all tools that copy
 *
 * Layer:   tools; see imageopts.h.
 * Context: one thread, once.
 */
#include "imageopts.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"

#define MEMORY_MIN	32
#define MEMORY_MAX	65536

const char imageopts_help[] =
"Which file system of the image:\n"
"  -P, --partition=NUMBER        partition; 0 is the whole disk. Or the name of a\n"
"                                logical volume: [GROUP/]VOLUME\n"
"  -L, --volume=[GROUP/]VOLUME   logical volume, in partition -P if that is given\n"
"  -t, --filesystem-type=TYPE    ext4, xfs, btrfs, vfat, ...; found by itself if\n"
"                                not given\n"
"      --mount-options=OPTIONS   further options of the file system\n"
"How the image is opened:\n"
"  -D, --device=IMAGE            a further image of the same file system or volume\n"
"                                group\n"
"  -f, --format=FORMAT           raw, qcow2, vmdk, vdi, vhd, vhdx, xz, gz, zst, ...;\n"
"                                found by itself if not given\n"
"  -O, --offset=BYTES            where in the image the disk starts\n"
"      --length=BYTES            how long it is\n"
"      --sector-size=BYTES       512 or 4096\n"
"  -k, --key-file=FILE           passphrase of LUKS containers; - is standard input\n"
"      --key-fd=NUMBER           the same from an open file descriptor\n"
"  -a, --ask                     ask for it at the terminal\n"
"      --overlay=FILE            put all changes into FILE (qcow2), not the image\n"
"      --verity-root=HASH        root hash of dm-verity, and\n"
"      --verity-hashes=WHERE     its hash tree: part=N, image=N or offset=BYTES\n"
"Other:\n"
"  -v, --verbose                 say what is done, and show the kernel's log\n"
"  -d, --debug                   as -v, and name each file\n"
"  -p, --enable-printk           show the kernel's log\n"
"      --memory=MIB              of the kernel in the process; it is taken as it is\n"
"                                used (128 and more, by the image's size)\n"
"      --no-sandbox              do not confine the process before reading images\n"
"  -V, --version                 show the version\n"
"  -h, --help                    show this text\n"
"\n"
"An image is a file, a block device, or the URI of an NBD server (nbd://...).\n"
"BYTES may end in K, M, G or T.\n";

void imageopts_init(struct imageopts *o)
{
	*o = (struct imageopts){
		.choice.partition = IMAGES_UNSET,
		.count = 1,	/* the first name is that of the image itself */
	};
}

enum options_result imageopts_image(struct imageopts *o, const char *name)
{
	if (o->names[0] || !*name)
		return imageopts_add(o, name);
	o->names[0] = name;
	return OPTIONS_RUN;
}

enum options_result imageopts_add(struct imageopts *o, const char *name)
{
	if (!*name) {
		diag_error("an argument is empty");
		return OPTIONS_WRONG;
	}
	if (o->count == IMAGEOPTS_IMAGES) {
		diag_error("image '%s': more than %d are too many", name,
			   IMAGEOPTS_IMAGES);
		return OPTIONS_WRONG;
	}
	o->names[o->count++] = name;
	return OPTIONS_RUN;
}

int imageopts_number(const char *text, bool units, uint64_t max,
		     uint64_t *value)
{
	static const char letters[] = "KMGT";
	const char *unit = NULL;
	unsigned int shift = 0;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (*end) {
		unit = units ? strchr(letters, *end & ~0x20) : NULL;
		if (!unit || end[1])
			return -EINVAL;
		shift = 10 * (unsigned int)(unit - letters + 1);
	}
	if (errno || *value > max >> shift)
		return -EINVAL;
	*value <<= shift;
	return 0;
}

static enum options_result take_number(const char *what, bool units,
				       uint64_t max, uint64_t *value)
{
	if (!imageopts_number(optarg, units, max, value))
		return OPTIONS_RUN;
	diag_error("%s '%s': a number expected", what, optarg);
	return OPTIONS_WRONG;
}

/* A name that is no number is one of a logical volume. */
static enum options_result take_partition(struct imageopts *o)
{
	enum options_result result;
	uint64_t n = 0;

	if (*optarg && !strchr("0123456789-+", *optarg)) {
		o->choice.volume = optarg;
		return OPTIONS_RUN;
	}
	result = take_number("partition", false, INT_MAX, &n);
	o->choice.partition = (int)n;
	return result;
}

static enum options_result take_small_number(struct imageopts *o, int option)
{
	enum options_result result;
	uint64_t n = 0;

	switch (option) {
	case IMAGEOPT_SECTOR_SIZE:
		result = take_number("sector size", true, 4096, &n);
		o->images.sector_size = (unsigned int)n;
		return result;
	case IMAGEOPT_KEY_FD:
		result = take_number("descriptor", false, INT_MAX, &n);
		o->images.key_fd = (int)n;
		o->images.use_key_fd = true;
		return result;
	default:
		result = take_number("memory", false, MEMORY_MAX, &n);
		o->memory = n < MEMORY_MIN ? MEMORY_MIN : (unsigned int)n;
		return result;
	}
}

static enum options_result take_text(struct imageopts *o, int option)
{
	switch (option) {
	case 't':
		o->choice.type = optarg;
		break;
	case 'L':
		o->choice.volume = optarg;
		break;
	case 'f':
		o->images.format = optarg;
		break;
	case 'k':
		o->images.key_file = optarg;
		break;
	case IMAGEOPT_OVERLAY:
		o->images.overlay = optarg;
		break;
	case IMAGEOPT_VERITY_ROOT:
		o->choice.verity_root = optarg;
		break;
	case IMAGEOPT_VERITY_HASHES:
		o->choice.verity_hashes = optarg;
		break;
	default:
		o->mount_options = optarg;
		break;
	}
	return OPTIONS_RUN;
}

static void take_switch(struct imageopts *o, int option)
{
	switch (option) {
	case 'a':
		o->images.may_ask = true;
		break;
	case 'p':
		o->printk = true;
		break;
	case 'v':
	case 'd':
		o->printk = true;
		o->verbose = option == 'd' ? 2 : o->verbose ? o->verbose : 1;
		break;
	case IMAGEOPT_SELF_TEST:
		o->self_test = true;
		break;
	default:
		o->no_sandbox = true;
		break;
	}
}

enum options_result imageopts_take(struct imageopts *o, int option)
{
	switch (option) {
	case 'P':
		return take_partition(o);
	case 'D':
		return imageopts_add(o, optarg);
	case 'O':
		return take_number("offset", true, UINT64_MAX,
				   &o->images.offset);
	case IMAGEOPT_LENGTH:
		return take_number("length", true, UINT64_MAX,
				   &o->images.length);
	case IMAGEOPT_SECTOR_SIZE:
	case IMAGEOPT_KEY_FD:
	case IMAGEOPT_MEMORY:
		return take_small_number(o, option);
	case 'a':
	case 'p':
	case 'v':
	case 'd':
	case IMAGEOPT_SELF_TEST:
	case IMAGEOPT_NO_SANDBOX:
		take_switch(o, option);
		return OPTIONS_RUN;
	case '?':	/* reported by getopt_long() */
		return OPTIONS_WRONG;
	default:
		return take_text(o, option);
	}
}

bool imageopts_may_unlock(const struct imageopts *o)
{
	return o->images.may_ask || o->images.key_file ||
	       o->images.use_key_fd;
}
