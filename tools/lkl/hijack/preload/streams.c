// SPDX-License-Identifier: GPL-2.0
/*
 * streams.c - libc's streams on descriptors of the library
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program; descriptors.c when 0, 1 or 2 change sides.
 * Context: any thread, not signal handlers.
 *
 * libc's streams read and write by system calls of its own. So a stream on a
 * descriptor of the library is one with functions of ours, by fopencookie(),
 * which fileno() nevertheless knows the number of.
 */
#include "streams.h"

#include <stdarg.h>
#include <stdlib.h>

#include "preload.h"
#include "real.h"
#include "table.h"

/* Whether there may be something to write when the program ends. */
static bool streams_made;

/* The descriptor is the cookie. */
static int cookie_fd(void *cookie)
{
	return (int)(intptr_t)cookie;
}

static ssize_t cookie_read(void *cookie, char *buf, size_t len)
{
	return read(cookie_fd(cookie), buf, len);
}

/* All of it, as libc's own does; less means an error. */
static ssize_t cookie_write(void *cookie, const char *buf, size_t len)
{
	size_t done = 0;
	ssize_t got;

	while (done < len) {
		got = write(cookie_fd(cookie), buf + done, len - done);
		if (got < 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

static int cookie_seek(void *cookie, off64_t *pos, int whence)
{
	off64_t at = lseek(cookie_fd(cookie), *pos, whence);

	if (at < 0)
		return -1;
	*pos = at;
	return 0;
}

static int cookie_close(void *cookie)
{
	return close(cookie_fd(cookie));
}

static const cookie_io_functions_t cookie_functions = {
	.read = cookie_read,
	.write = cookie_write,
	.seek = cookie_seek,
	.close = cookie_close,
};

FILE *stdio_open(int fd, const char *mode)
{
	FILE *file = fopencookie((void *)(intptr_t)fd, mode, cookie_functions);

	if (!file)
		return NULL;
	/* libc has a negative number there, and looks at it for fileno() only. */
	file->_fileno = fd;
	__atomic_store_n(&streams_made, true, __ATOMIC_RELAXED);
	return file;
}

void stdio_flush(void)
{
	if (__atomic_load_n(&streams_made, __ATOMIC_RELAXED))
		fflush(NULL);
}

HIJACK FILE *fdopen(int fd, const char *mode)
{
	if (likely(!file_peek(fd)))
		return real.fdopen(fd, mode);
	return stdio_open(fd, mode);
}

/* Standard streams: the program's own are put aside while theirs is ours. */

struct standard {
	FILE **stream;
	FILE *host;
	const char *mode;
};

static struct standard standards[3] = {
	{ &stdin, NULL, "r" }, { &stdout, NULL, "w" }, { &stderr, NULL, "w" },
};

static void standard_to_library(int fd)
{
	struct standard *standard = &standards[fd];
	FILE *file;

	if (standard->host)
		return;
	file = stdio_open(fd, standard->mode);
	if (!file)
		return;
	if (fd == STDERR_FILENO)
		setvbuf(file, NULL, _IONBF, 0);
	if (fd)
		fflush(*standard->stream);
	standard->host = *standard->stream;
	*standard->stream = file;
}

static void standard_to_host(int fd)
{
	struct standard *standard = &standards[fd];

	if (!standard->host)
		return;
	if (fd)
		fflush(*standard->stream);
	*standard->stream = standard->host;
	standard->host = NULL;
}

void stdio_follow(int fd)
{
	if (fd < STDIN_FILENO || fd > STDERR_FILENO)
		return;
	if (file_peek(fd))
		standard_to_library(fd);
	else
		standard_to_host(fd);
}

/* Printing to a descriptor. */

int __vdprintf_chk(int fd, int flag, const char *format, va_list args);
int __dprintf_chk(int fd, int flag, const char *format, ...);

HIJACK int vdprintf(int fd, const char *format, va_list args)
{
	char *text;
	int len = vasprintf(&text, format, args);

	if (len < 0)
		return len;
	if (cookie_write((void *)(intptr_t)fd, text, (size_t)len) < len)
		len = -1;
	free(text);
	return len;
}

HIJACK int dprintf(int fd, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vdprintf(fd, format, args);
	va_end(args);
	return len;
}

HIJACK int __vdprintf_chk(int fd, int flag, const char *format, va_list args)
{
	(void)flag;
	return vdprintf(fd, format, args);
}

HIJACK int __dprintf_chk(int fd, int flag, const char *format, ...)
{
	va_list args;
	int len;

	(void)flag;
	va_start(args, format);
	len = vdprintf(fd, format, args);
	va_end(args);
	return len;
}
