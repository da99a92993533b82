/* SPDX-License-Identifier: GPL-2.0 */
/*
 * imageopts.h - options about the image, the same for all tools that copy
 *
 * Layer:   tools; shared by the command lines of cptofs, cpfromfs, fs2tar and
 *          tar2fs. lklfuse has the same ones as mount options.
 */
#ifndef CP_IMAGEOPTS_H
#define CP_IMAGEOPTS_H

#include <getopt.h>
#include <stdbool.h>

#include "../image/images.h"

#define IMAGEOPTS_IMAGES	16

/**
 * struct imageopts - which images, what of them, and how to go about it
 * @images: how to open them
 * @choice: which file system
 * @names: files, devices, URIs; they point into argv. The first is the image
 *	itself, NULL until it was named.
 * @count: how many @names
 * @mount_options: further ones for the file system, or NULL
 * @memory: of the kernel, in MiB; 0: by the size of the images
 * @printk: show what the kernel logs
 * @verbose: say what is done: 1 steps, 2 files too
 * @no_sandbox: do not confine the process
 * @repeatable: what is written shall be the same every time, as far as it goes
 * @self_test: only try what is to be refused, and tell
 */
struct imageopts {
	struct images_options images;
	struct images_choice choice;
	const char *names[IMAGEOPTS_IMAGES];
	unsigned int count;
	const char *mount_options;
	unsigned int memory;
	bool printk;
	unsigned int verbose;
	bool no_sandbox;
	bool repeatable;
	bool self_test;
};

enum options_result {
	OPTIONS_RUN,	/* go on */
	OPTIONS_DONE,	/* --help or --version was answered */
	OPTIONS_WRONG,	/* reported; exit with DIAG_USAGE */
};

/* Those without a letter. */
enum {
	IMAGEOPT_LENGTH = 0x1000,
	IMAGEOPT_SECTOR_SIZE,
	IMAGEOPT_OVERLAY,
	IMAGEOPT_KEY_FD,
	IMAGEOPT_VERITY_ROOT,
	IMAGEOPT_VERITY_HASHES,
	IMAGEOPT_MOUNT_OPTIONS,
	IMAGEOPT_MEMORY,
	IMAGEOPT_NO_SANDBOX,
	IMAGEOPT_SELF_TEST,
};

/* For the two arguments of getopt_long(). */
#define IMAGEOPTS_SHORT	"t:P:L:D:f:O:k:apvd"
#define IMAGEOPTS_LONG							\
	{ "filesystem-type", required_argument, NULL, 't' },		\
	{ "partition", required_argument, NULL, 'P' },			\
	{ "volume", required_argument, NULL, 'L' },			\
	{ "device", required_argument, NULL, 'D' },			\
	{ "format", required_argument, NULL, 'f' },			\
	{ "offset", required_argument, NULL, 'O' },			\
	{ "length", required_argument, NULL, IMAGEOPT_LENGTH },		\
	{ "sector-size", required_argument, NULL, IMAGEOPT_SECTOR_SIZE }, \
	{ "overlay", required_argument, NULL, IMAGEOPT_OVERLAY },	\
	{ "key-file", required_argument, NULL, 'k' },			\
	{ "key-fd", required_argument, NULL, IMAGEOPT_KEY_FD },		\
	{ "ask", no_argument, NULL, 'a' },				\
	{ "verity-root", required_argument, NULL, IMAGEOPT_VERITY_ROOT }, \
	{ "verity-hashes", required_argument, NULL,			\
	  IMAGEOPT_VERITY_HASHES },					\
	{ "mount-options", required_argument, NULL,			\
	  IMAGEOPT_MOUNT_OPTIONS },					\
	{ "memory", required_argument, NULL, IMAGEOPT_MEMORY },		\
	{ "enable-printk", no_argument, NULL, 'p' },			\
	{ "verbose", no_argument, NULL, 'v' },				\
	{ "debug", no_argument, NULL, 'd' },				\
	{ "no-sandbox", no_argument, NULL, IMAGEOPT_NO_SANDBOX },	\
	{ "sandbox-self-test", no_argument, NULL, IMAGEOPT_SELF_TEST }

/* What --help says about them. */
extern const char imageopts_help[];

/** imageopts_init - nothing was asked for yet */
void imageopts_init(struct imageopts *o);

/**
 * imageopts_image - the image itself, or if that is known one more
 * @o: gets it
 * @name: kept, not copied
 */
enum options_result imageopts_image(struct imageopts *o, const char *name);

/**
 * imageopts_add - one more image
 * @o: gets it
 * @name: kept, not copied
 *
 * Return: OPTIONS_WRONG, reported, if there are too many.
 */
enum options_result imageopts_add(struct imageopts *o, const char *name);

/**
 * imageopts_take - take an option that getopt_long() found
 * @o: gets it
 * @option: what getopt_long() returned
 *
 * Return: OPTIONS_RUN, or OPTIONS_WRONG, reported; '?' is reported already.
 */
enum options_result imageopts_take(struct imageopts *o, int option);

/**
 * imageopts_number - read a number of the command line
 * @text: digits, and with @units one of K, M, G, T behind them
 * @units: see @text
 * @max: largest that is right
 * @value: result
 *
 * Return: 0 or -EINVAL.
 */
int imageopts_number(const char *text, bool units, uint64_t max,
		     uint64_t *value);

/** imageopts_may_unlock - will a passphrase be looked for? */
bool imageopts_may_unlock(const struct imageopts *o);

#endif /* CP_IMAGEOPTS_H */
