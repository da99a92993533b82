// SPDX-License-Identifier: GPL-2.0
/*
 * secret.c - passphrases: from a file, a descriptor, or the terminal
 *
 * Layer:   tools/lkl/image, on the host.
 * Context: one thread.
 *
 * Never from an argument or the environment, which other users can see. The
 * bytes are kept out of swap space and core dumps where the host permits, and
 * wiped as soon as they are not needed.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#define SECRET_MAX	(512U << 10)
#define TYPED_MAX	512
#define CONTROL_C	3

static char *room_new(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	/* As much as limits permit; it works without. */
	mlock(p, size);
	madvise(p, size, MADV_DONTDUMP);
	return p;
}

static int room_need(struct secret *secret)
{
	if (!secret->bytes)
		secret->bytes = room_new(SECRET_MAX);
	secret->size = 0;
	return secret->bytes ? 0 : -ENOMEM;
}

static int secret_read(struct images *images, int fd, const char *name)
{
	struct secret *secret = &images->secret;
	ssize_t n;

	if (room_need(secret))
		return fail_errno(images, -ENOMEM, name);
	while (secret->size < SECRET_MAX) {
		n = read(fd, secret->bytes + secret->size,
			 SECRET_MAX - secret->size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(images, -errno, name);
		if (!n)
			break;
		secret->size += (size_t)n;
	}
	if (secret->size == SECRET_MAX)
		return fail(images, -EFBIG, "%s: is too large for a passphrase",
			    name);
	if (!secret->size)
		return fail(images, -EINVAL, "%s: has no passphrase in it", name);
	return 0;
}

static int secret_read_file(struct images *images, const char *path)
{
	int fd, err;

	if (!strcmp(path, "-"))
		return secret_read(images, STDIN_FILENO, "standard input");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fail_errno(images, -errno, path);
	err = secret_read(images, fd, path);
	close(fd);
	return err;
}

int secret_open(struct images *images)
{
	const struct images_options *options = &images->options;
	char name[32];

	images->secret.terminal = -1;
	if (options->key_file)
		return secret_read_file(images, options->key_file);
	if (options->use_key_fd) {
		snprintf(name, sizeof(name), "descriptor %d", options->key_fd);
		return secret_read(images, options->key_fd, name);
	}
	if (options->may_ask)
		images->secret.terminal =
			open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	return 0;
}

static int write_text(int fd, const char *text)
{
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

/* ^C ends the line as well, so that echo is always turned on again. */
static int line_read(struct secret *secret)
{
	char c;
	ssize_t n;

	while ((n = read(secret->terminal, &c, 1)) == 1 && c != '\n') {
		if (c == CONTROL_C)
			return -ECANCELED;
		if (secret->size < TYPED_MAX)
			secret->bytes[secret->size++] = c;
	}
	if (n < 0)
		return -errno;
	return n ? 0 : -ECANCELED;
}

static int line_ask(struct secret *secret, const char *what)
{
	struct termios normal, quiet;
	char prompt[320];
	int err;

	if (tcgetattr(secret->terminal, &normal))
		return -errno;
	quiet = normal;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	quiet.c_lflag |= ECHONL | ICANON;
	quiet.c_cc[VEOL] = CONTROL_C;
	if (tcsetattr(secret->terminal, TCSAFLUSH, &quiet))
		return -errno;
	snprintf(prompt, sizeof(prompt), "Passphrase for %s: ", what);
	err = write_text(secret->terminal, prompt);
	if (!err)
		err = line_read(secret);
	tcsetattr(secret->terminal, TCSAFLUSH, &normal);
	if (err == -ECANCELED)
		write_text(secret->terminal, "\n");
	return err;
}

int secret_ask(struct images *images, const char *what)
{
	struct secret *secret = &images->secret;
	int err;

	if (secret->terminal < 0)
		return -ENOKEY;
	err = room_need(secret);
	if (!err)
		err = line_ask(secret, what);
	secret->asked = true;
	if (err)
		secret_forget(secret);
	return err;
}

void secret_forget(struct secret *secret)
{
	if (secret->bytes) {
		explicit_bzero(secret->bytes, SECRET_MAX);
		munmap(secret->bytes, SECRET_MAX);
	}
	secret->bytes = NULL;
	secret->size = 0;
}

void secret_close(struct secret *secret)
{
	secret_forget(secret);
	if (secret->terminal >= 0)
		close(secret->terminal);
	secret->terminal = -1;
}
