// SPDX-License-Identifier: GPL-2.0
/*
 * imgio.c - what the image library opens, for the scripts of tests/tools
 *
 * Layer:   tests; over tools/lkl/image.
 * Context: one thread.
 *
 *	imgio [option]... IMAGE... -- COMMAND [PATH]
 *
 * COMMAND is one of
 *	what		print the block device's size, and the type of what is on it
 *	device		write the whole block device to standard output
 *	ls PATH		names in a directory, sorted
 *	cat PATH	write a file to standard output
 *	put PATH	make a file of standard input
 *
 * Exit status: 0; 1: the command failed; 2: usage; 3: images_open();
 * 4: images_select() or the mount; 5: something may be lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <lkl_host.h>

#include "images.h"

#define BUFFER	(256U << 10)

static struct images_options options;
static struct images_choice choice = { .partition = IMAGES_UNSET };
static bool verbose;

static void say(const char *what, const char *text)
{
	fprintf(stderr, "imgio: %s: %s\n", what, text);
}

static int option_take(int c)
{
	switch (c) {
	case 'r':
		options.read_only = true;
		return 0;
	case 'n':
		options.no_lock = true;
		return 0;
	case 'f':
		options.format = optarg;
		return 0;
	case 'o':
		options.overlay = optarg;
		return 0;
	case 'O':
		options.offset = strtoull(optarg, NULL, 0);
		return 0;
	case 'L':
		options.length = strtoull(optarg, NULL, 0);
		return 0;
	case 'S':
		options.sector_size = (unsigned int)strtoul(optarg, NULL, 0);
		return 0;
	case 'k':
		options.key_file = optarg;
		return 0;
	case 'd':
		options.key_fd = atoi(optarg);
		options.use_key_fd = true;
		return 0;
	case 'a':
		options.may_ask = true;
		return 0;
	case 'i':
		choice.image = (unsigned int)strtoul(optarg, NULL, 0);
		return 0;
	case 'P':
		choice.partition = atoi(optarg);
		return 0;
	case 'l':
		choice.volume = optarg;
		return 0;
	case 't':
		choice.type = optarg;
		return 0;
	case 'R':
		choice.verity_root = optarg;
		return 0;
	case 'H':
		choice.verity_hashes = optarg;
		return 0;
	case 'v':
		verbose = true;
		return 0;
	}
	return -EINVAL;
}

static int copy_out(const char *path)
{
	char *buf = malloc(BUFFER);
	long fd = lkl_sys_openat(AT_FDCWD, path, O_RDONLY, 0), n = -ENOMEM;

	if (fd >= 0 && buf)
		while ((n = lkl_sys_read((unsigned int)fd, buf, BUFFER)) > 0)
			if (fwrite(buf, 1, (size_t)n, stdout) != (size_t)n)
				n = -EIO;
	free(buf);
	if (fd >= 0)
		lkl_sys_close((unsigned int)fd);
	return fd < 0 ? (int)fd : (int)n;
}

static int copy_in(const char *path)
{
	char *buf = malloc(BUFFER);
	long fd = lkl_sys_openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC,
				 0644), n = 0;
	size_t len;

	while (fd >= 0 && buf && n >= 0 &&
	       (len = fread(buf, 1, BUFFER, stdin)) > 0) {
		n = lkl_sys_write((unsigned int)fd, buf, len);
		if (n >= 0 && n != (long)len)
			n = -ENOSPC;
	}
	if (fd >= 0 && n >= 0)
		n = lkl_sys_fsync((unsigned int)fd);
	if (fd >= 0)
		lkl_sys_close((unsigned int)fd);
	free(buf);
	return fd < 0 ? (int)fd : n < 0 ? (int)n : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list(const char *path)
{
	struct lkl_linux_dirent64 *entry;
	struct lkl_dir *dir;
	char **names = calloc(100000, sizeof(*names));
	size_t i, n = 0;
	int err;

	dir = lkl_opendir(path, &err);
	if (!dir)
		return err;
	while ((entry = lkl_readdir(dir)) && n < 100000)
		if (entry->d_name[0] != '.')
			names[n++] = strdup(entry->d_name);
	lkl_closedir(dir);
	qsort(names, n, sizeof(*names), by_name);
	for (i = 0; i < n; i++)
		puts(names[i]);
	return 0;
}

static int in_file_system(const struct images_target *target,
			  const char *command, const char *path)
{
	bool writes = !strcmp(command, "put");
	unsigned long flags = options.read_only || !writes ? MS_RDONLY : 0;
	char inside[4096];
	int err, end;

	lkl_sys_mkdir("/mnt", 0755);
	err = (int)lkl_sys_mount(target->path, "/mnt", target->type, flags,
				 NULL);
	if (err) {
		say(target->path, lkl_strerror(err));
		return 4;
	}
	snprintf(inside, sizeof(inside), "/mnt/%s", path);
	if (!strcmp(command, "ls"))
		err = list(inside);
	else if (!strcmp(command, "cat"))
		err = copy_out(inside);
	else if (writes)
		err = copy_in(inside);
	else
		err = -EINVAL;
	end = (int)lkl_umount_timeout("/mnt", 0, 10000);
	if (err || end)
		say(command, lkl_strerror(err ? err : end));
	return err ? 1 : end ? 5 : 0;
}

static int run(const char *command, const char *path,
	       const struct images_target *target)
{
	int err;

	if (!strcmp(command, "what")) {
		printf("%llu %s%s%s\n", (unsigned long long)target->size,
		       target->type, target->read_only ? " ro" : "",
		       target->encrypted ? " encrypted" : "");
		return 0;
	}
	if (strcmp(command, "device"))
		return in_file_system(target, command, path);
	err = copy_out(target->path);
	if (err)
		say(target->path, lkl_strerror(err));
	return err ? 1 : 0;
}

static int selected(struct images *images, const char *command,
		    const char *path)
{
	struct images_target target;
	const char *text;
	int status = 4, err;

	choice.device = !strcmp(command, "device");
	err = images_select(images, &choice, &target);
	while ((text = images_warning(images)))
		say("warning", text);
	if (err)
		say("select", images_error(images));
	else
		status = run(command, path, &target);
	if (images_release(images)) {
		say("release", images_error(images));
		status = status ? status : 5;
	}
	return status;
}

static int booted(struct images *images, const char *command, const char *path)
{
	int err, status;

	if (!verbose)
		lkl_host_ops.print = NULL;
	lkl_init(&lkl_host_ops);
	err = images_plug(images);
	if (err) {
		say("plug", images_error(images));
		return 3;
	}
	err = lkl_start_kernel("mem=256M loglevel=%d", verbose ? 8 : 0);
	if (err) {
		say("start", lkl_strerror(err));
		return 3;
	}
	status = selected(images, command, path);
	lkl_sys_halt();
	lkl_cleanup();
	return status;
}

int main(int argc, char **argv)
{
	const char *names[16];
	struct images *images;
	unsigned int n = 0;
	int c, status;

	while ((c = getopt(argc, argv, "+rnf:o:O:L:S:k:d:ai:P:l:t:R:H:v")) != -1)
		if (option_take(c))
			return 2;
	for (; optind < argc && strcmp(argv[optind], "--") && n < 16; optind++)
		names[n++] = argv[optind];
	if (optind + 1 >= argc)
		return 2;
	images = images_new();
	if (!images || images_open(images, names, n, &options)) {
		say("open", images ? images_error(images) : "memory");
		images_free(images);
		return 3;
	}
	status = booted(images, argv[optind + 1],
			optind + 2 < argc ? argv[optind + 2] : "/");
	if (images_close(images)) {
		say("close", images_error(images));
		status = status ? status : 5;
	}
	images_free(images);
	if (fflush(stdout))
		status = status ? status : 1;
	return status;
}
