// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - lklinfo: list what is in disk images
 *
 * Layer:   tools, over tools/lkl/image.
 * Context: one thread.
 */
#include "info.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl_host.h>

#include "../sandbox/sandbox.h"
#include "diag.h"
#include "unpacking.h"

#ifndef LKL_VERSION
#define LKL_VERSION	"1.0.0"
#endif

#define IMAGES_MAX	64
#define MEMORY_MIB	256	/* of the kernel; taken as it is used */

/**
 * struct arguments - the command line
 * @images: how to open
 * @json: for programs
 * @no_usage: do not mount
 * @no_sandbox: do not confine the process
 * @self_test: only try what is to be refused
 * @printk: show the kernel's messages
 * @names: of the images
 * @count: how many
 */
struct arguments {
	struct images_options images;
	bool json;
	bool no_usage;
	bool no_sandbox;
	bool self_test;
	bool printk;
	const char *const *names;
	unsigned int count;
};

enum {
	OPTION_KEY_FD = 256,
	OPTION_LENGTH,
	OPTION_SECTOR_SIZE,
	OPTION_NO_SANDBOX,
	OPTION_SELF_TEST,
};

static const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },
	{ "no-usage", no_argument, NULL, 'n' },
	{ "format", required_argument, NULL, 'f' },
	{ "offset", required_argument, NULL, 'O' },
	{ "length", required_argument, NULL, OPTION_LENGTH },
	{ "sector-size", required_argument, NULL, OPTION_SECTOR_SIZE },
	{ "key-file", required_argument, NULL, 'k' },
	{ "key-fd", required_argument, NULL, OPTION_KEY_FD },
	{ "ask", no_argument, NULL, 'a' },
	{ "enable-printk", no_argument, NULL, 'p' },
	{ "no-sandbox", no_argument, NULL, OPTION_NO_SANDBOX },
	{ "sandbox-self-test", no_argument, NULL, OPTION_SELF_TEST },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static const char help[] =
"Usage: lklinfo [OPTION]... IMAGE...\n"
"List what is in disk images: partitions, file systems, encryption, logical\n"
"volumes. Images are never changed. Needs no root, no mount, no loop device.\n"
"\n"
"IMAGE is a file (raw, qcow2, vmdk, vdi, vhd, vhdx, compressed by xz, gzip, zstd\n"
"or bzip2), a block device, or the URI of an NBD server. Several images are\n"
"looked at together, for what is spread over more than one.\n"
"\n"
"Options:\n"
"  -j, --json               write JSON\n"
"  -n, --no-usage           do not find out how full file systems are\n"
"  -f, --format=FORMAT      format of the images; found by itself if not given\n"
"  -O, --offset=BYTES       where in the image the disk starts\n"
"      --length=BYTES       how long it is\n"
"      --sector-size=BYTES  512 or 4096\n"
"  -k, --key-file=FILE      passphrase for LUKS containers; - is standard input\n"
"      --key-fd=NUMBER      the same from an open file descriptor\n"
"  -a, --ask                ask for it at the terminal\n"
"  -p, --enable-printk      show the messages of the kernel\n"
"      --no-sandbox         do not confine the process before reading images\n"
"  -V, --version            show the version\n"
"  -h, --help               show this text\n"
"\n"
"BYTES may end in K, M, G or T.\n"
"\n"
"Examples:\n"
"  lklinfo disk.qcow2\n"
"  lklinfo --json disk.img | jq '.images[0].partitions[].content.type'\n"
"  lklinfo -k passphrase encrypted.img\n"
"  lklinfo a.img b.img            a volume group on two disks\n"
"  lklinfo nbd://server/export\n";

int number_parse(const char *text, uint64_t *value)
{
	static const char units[] = "KMGT";
	const char *unit;
	unsigned int shift = 0;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, 0);
	if (*end) {
		unit = strchr(units, *end & ~0x20);
		if (!unit || end[1])
			return -EINVAL;
		shift = 10 * (unsigned int)(unit - units + 1);
	}
	if (errno || *value > UINT64_MAX >> shift)
		return -EINVAL;
	*value <<= shift;
	return 0;
}

static int number_option(const char *what, uint64_t *value)
{
	if (!number_parse(optarg, value))
		return 0;
	diag_error("%s '%s': a number expected", what, optarg);
	return -EINVAL;
}

static int number_taken(struct arguments *a, int option)
{
	uint64_t value;

	switch (option) {
	case 'O':
		return number_option("offset", &a->images.offset);
	case OPTION_LENGTH:
		return number_option("length", &a->images.length);
	case OPTION_SECTOR_SIZE:
		if (number_option("sector size", &value))
			return -EINVAL;
		a->images.sector_size = value > 4096 ? 1 : (unsigned int)value;
		return 0;
	default:
		if (number_option("descriptor", &value))
			return -EINVAL;
		a->images.key_fd = value > INT32_MAX ? -1 : (int)value;
		a->images.use_key_fd = true;
		return 0;
	}
}

/* Return: 0; 1: done; -EINVAL. */
static int option_taken(struct arguments *a, int option)
{
	switch (option) {
	case 'j':
		a->json = true;
		return 0;
	case 'n':
		a->no_usage = true;
		return 0;
	case 'f':
		a->images.format = optarg;
		return 0;
	case 'k':
		a->images.key_file = optarg;
		return 0;
	case 'a':
		a->images.may_ask = true;
		return 0;
	case 'p':
		a->printk = true;
		return 0;
	case OPTION_NO_SANDBOX:
		a->no_sandbox = true;
		return 0;
	case OPTION_SELF_TEST:
		a->self_test = true;
		return 0;
	case 'O':
	case OPTION_LENGTH:
	case OPTION_SECTOR_SIZE:
	case OPTION_KEY_FD:
		return number_taken(a, option);
	case 'V':
		printf("lklinfo (lkl) %s\n", LKL_VERSION);
		return 1;
	case 'h':
		fputs(help, stdout);
		return 1;
	}
	return -EINVAL;	/* reported by getopt_long() */
}

static int arguments_taken(struct arguments *a, int argc, char **argv)
{
	int option, result = 0;

	*a = (struct arguments){
		.images = { .read_only = true, .examine = true },
	};
	while (!result && (option = getopt_long(argc, argv, "jnf:O:k:apVh",
						long_options, NULL)) != -1)
		result = option_taken(a, option);
	a->names = (const char *const *)argv + optind;
	a->count = (unsigned int)(argc - optind);
	if (!result && (!a->count || a->count > IMAGES_MAX)) {
		diag_error(a->count ? "too many images" : "no image given");
		result = -EINVAL;
	}
	if (result < 0)
		fprintf(stderr, "Try 'lklinfo --help'.\n");
	return result;
}

static struct sandbox sandbox_of(const struct arguments *a)
{
	return (struct sandbox){
		.role = SANDBOX_CLOSED,
		/* The headers of LUKS containers are read in any case. */
		.unlock = !a->self_test,
	};
}

static int look(struct images *images, const struct arguments *a)
{
	struct tree tree;
	const char *text;
	int err;

	err = tree_read(images, !a->no_usage, &tree);
	while ((text = images_warning(images)))
		diag_warning("%s", text);
	if (err)
		diag_error("%s", images_error(images));
	else if (a->json)
		json_print(&tree);
	else
		text_print(&tree);
	tree_free(&tree);
	return err;
}

/* All system calls that are not needed were given up before the first byte. */
static int plug_and_look(struct images *images, const struct arguments *a)
{
	const struct sandbox sandbox = sandbox_of(a);
	int err = a->no_sandbox ? 0 : sandbox_enter(&sandbox);

	if (err)
		return err;
	err = images_plug(images);
	if (err) {
		diag_error("%s", images_error(images));
		return err;
	}
	if (!a->no_sandbox)
		err = sandbox_seal();
	if (a->self_test)
		return sandbox_test() ? -EPERM : 0;
	return err ? err : look(images, a);
}

static int boot_and_look(struct images *images, const struct arguments *a)
{
	int err;

	if (!a->printk)
		lkl_host_ops.print = NULL;
	lkl_init(&lkl_host_ops);
	err = lkl_start_kernel("mem=%dM loglevel=%d", MEMORY_MIB,
			       a->printk ? 8 : 0);
	if (err) {
		diag_error("cannot start the kernel: %s", lkl_strerror(err));
		goto out_cleanup;
	}
	err = plug_and_look(images, a);
	if (lkl_panic_message()) {
		diag_error("the kernel has panicked: %s", lkl_panic_message());
		err = -ENOTRECOVERABLE;
	} else {
		images_release(images);
		lkl_sys_halt();
	}
out_cleanup:
	lkl_cleanup();
	return err;
}

static enum info_status run(const struct arguments *a)
{
	struct images *images = images_new();
	const struct sandbox sandbox = sandbox_of(a);
	struct images_options options = a->images;
	struct unpacking unpacking;
	int err;

	if (!images) {
		diag_error("%s", diag_cause(-ENOMEM));
		return INFO_IMAGE;
	}
	unpacking_begin(&unpacking, &options);
	err = images_open(images, a->names, a->count, &options);
	unpacking_end(&unpacking);
	if (err) {
		diag_error("%s", images_error(images));
	} else {
		if (!a->no_sandbox)
			err = sandbox_prepare(&sandbox);
		if (!err)
			err = boot_and_look(images, a);
	}
	images_free(images);
	return err ? INFO_IMAGE : INFO_OK;
}

static int output_finish(void)
{
	if (!ferror(stdout) && !fclose(stdout))
		return 0;
	diag_error("cannot write: %s", diag_cause(-errno));
	return -EIO;
}

int main(int argc, char **argv)
{
	enum info_status status = INFO_OK;
	struct arguments a;
	int result;

	diag_init("lklinfo");
	result = arguments_taken(&a, argc, argv);
	if (result < 0)
		return INFO_USAGE;
	if (!result)
		status = run(&a);
	if (output_finish() && status == INFO_OK)
		status = INFO_OUTPUT;
	return status;
}
