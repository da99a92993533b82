// SPDX-License-Identifier: GPL-2.0
/*
 * mkfs.c - an image file with an empty file system, by the host's mkfs
 *
 * Layer:   tools; see mkfs.h.
 * Context: one thread; waits for a program.
 */
#include "mkfs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../cp/diag.h"

#define ARGS_MAX	64

extern char **environ;

/**
 * struct maker - how a kind of file system is made
 * @type: its name
 * @args: that make mkfs quiet and sure; NULL at the end
 * @label: option before a label
 * @uuid: option before a UUID, or NULL if it takes none
 * @fixed: option that makes it the same every time, or NULL
 * @ext: mke2fs, which has several for that
 */
struct maker {
	const char *type;
	const char *args[3];
	const char *label;
	const char *uuid;
	const char *fixed;
	bool ext;
};

static const struct maker makers[] = {
	{ "ext4", { "-q", "-F" }, "-L", "-U", NULL, true },
	{ "ext3", { "-q", "-F" }, "-L", "-U", NULL, true },
	{ "ext2", { "-q", "-F" }, "-L", "-U", NULL, true },
	{ "xfs", { "-q", "-f" }, "-L", NULL, NULL, false },
	{ "btrfs", { "-q", "-f" }, "-L", "-U", NULL, false },
	{ "f2fs", { "-q", "-f" }, "-l", "-U", NULL, false },
	{ "vfat", { NULL }, "-n", NULL, "--invariant", false },
	{ "exfat", { NULL }, "-L", NULL, NULL, false },
	{ NULL },
};

static const struct maker *find_maker(const char *type)
{
	const struct maker *k;

	for (k = makers; k->type; k++)
		if (!strcmp(k->type, type))
			return k;
	diag_error("--mkfs '%s': ext2, ext3, ext4, xfs, btrfs, f2fs, vfat or exfat expected",
		   type);
	return NULL;
}

/**
 * struct command - arguments as they grow; they live at least as long
 * @count: how many
 * @args: with NULL behind the last
 * @failed: one could not be added
 * @program: name of mkfs
 * @uuid: one that is not random
 * @extra: an argument of -E
 * @words: copy of further ones, taken apart; from malloc()
 */
struct command {
	int count;
	const char *args[ARGS_MAX + 1];
	bool failed;
	char program[32];
	char uuid[40];
	char extra[160];
	char *words;
};

static void add(struct command *c, const char *arg)
{
	if (c->count < ARGS_MAX)
		c->args[c->count++] = arg;
	else
		c->failed = true;
}

static void add_pair(struct command *c, const char *option, const char *value)
{
	if (!option || !value)
		return;
	add(c, option);
	add(c, value);
}

static void add_words(struct command *c, const char *words)
{
	char *rest, *word;

	if (!words)
		return;
	c->words = strdup(words);
	if (!c->words) {
		c->failed = true;
		return;
	}
	for (word = strtok_r(c->words, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest))
		add(c, word);
}

/* What mke2fs would choose at random: UUID and the seed of directories. */
static void add_fixed(struct command *c, const struct mkfs *m)
{
	const uint64_t epoch = (uint64_t)m->epoch;

	/* Of version 8, whose bits are for the application to choose. */
	snprintf(c->uuid, sizeof(c->uuid), "6c6b6c00-7461-8266-8000-%012" PRIx64,
		 epoch & (UINT64_MAX >> 16));
	if (!m->uuid)
		add_pair(c, "-U", c->uuid);
	snprintf(c->extra, sizeof(c->extra),
		 "hash_seed=%s,lazy_itable_init=0,lazy_journal_init=0",
		 m->uuid ? m->uuid : c->uuid);
	add_pair(c, "-E", c->extra);
}

static void make_command(struct command *c, const struct maker *k,
			 const struct mkfs *m, const char *image)
{
	int i;

	snprintf(c->program, sizeof(c->program), "mkfs.%s", k->type);
	add(c, c->program);
	for (i = 0; k->args[i]; i++)
		add(c, k->args[i]);
	add_pair(c, k->label, m->label);
	add_pair(c, k->uuid, m->uuid);
	if (m->fixed && k->ext)
		add_fixed(c, m);
	if (m->fixed && k->fixed)
		add(c, k->fixed);
	add_words(c, m->options);
	add(c, "--");
	add(c, image);
}

/* Where an ordinary user's PATH does not lead, and what time it is. */
static int set_environment(const struct mkfs *m)
{
	const char *path = getenv("PATH");
	char epoch[32], *longer;
	int err;

	if (asprintf(&longer, "%s:/usr/sbin:/sbin", path ? path : "/usr/bin") < 0)
		return -ENOMEM;
	err = setenv("PATH", longer, 1);
	free(longer);
	snprintf(epoch, sizeof(epoch), "%" PRId64, m->epoch);
	if (!err && m->fixed)
		err = setenv("E2FSPROGS_FAKE_TIME", epoch, 1);
	return err ? -ENOMEM : 0;
}

/* mkfs talks on standard output, which may be where an archive goes. */
static int spawn(const struct command *c, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int err;

	err = posix_spawn_file_actions_init(&actions);
	if (err)
		return -err;
	err = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
					       "/dev/null", O_RDONLY, 0);
	if (!err)
		err = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO,
						       "/dev/null", O_WRONLY,
						       0);
	if (!err)
		err = posix_spawnp(pid, c->program, &actions, NULL,
				   (char *const *)c->args, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

static int run_command(const struct command *c)
{
	pid_t pid = -1;
	int status = 0, err = spawn(c, &pid);

	if (err) {
		diag_error("%s: %s", c->program, diag_cause(err));
		return err;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	diag_error("%s: ended with status %d; see above", c->program,
		   WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return -EIO;
}

static int make_file(const char *image, uint64_t size)
{
	int err = 0, fd;

	fd = open(image, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0)
		err = -errno;
	else if (ftruncate(fd, (off_t)size))
		err = -errno;
	if (fd >= 0)
		close(fd);
	if (err)
		diag_error("%s: %s", image, diag_cause(err));
	if (err && fd >= 0)
		unlink(image);
	return err;
}

int mkfs_run(const struct mkfs *m, const char *image)
{
	const struct maker *k = find_maker(m->type);
	struct command c = { 0 };
	int err;

	if (!k)
		return -EINVAL;
	if (m->uuid && !k->uuid) {
		diag_error("--uuid: mkfs.%s takes none", k->type);
		return -EINVAL;
	}
	err = m->size ? make_file(image, m->size) : 0;
	if (err)
		return err;
	make_command(&c, k, m, image);
	err = c.failed ? -ENOMEM : set_environment(m);
	if (err)
		diag_error("%s", diag_cause(err));
	else
		err = run_command(&c);
	if (err && m->size)
		unlink(image);
	free(c.words);
	return err;
}
