// SPDX-License-Identifier: GPL-2.0
/*
 * diag.c - messages of the copy tools
 *
 * Layer:   tools; called by every part of the copy tools.
 * Context: one thread.
 */
#include "diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One process is one run of one tool, so these are set once at its start. */
static const char *program_name = "cptofs";
static void (*erase_line)(void);
static unsigned int verbosity;

void diag_init(const char *program)
{
	program_name = program;
}

const char *diag_program(void)
{
	return program_name;
}

void diag_line_hook(void (*erase)(void))
{
	erase_line = erase;
}

/*
 * A file name may hold a newline or an escape sequence for the terminal; the
 * message must stay one harmless line. Bytes above 127 are left alone: they
 * are the user's language.
 */
static void put_escaped(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	for (; *s; s++) {
		if (*s < 0x20 || *s == 0x7f)
			fprintf(stderr, "\\%03o", *s);
		else
			putc(*s, stderr);
	}
}

static void print_line(const char *kind, const char *format, va_list args)
{
	char *text;

	if (erase_line)
		erase_line();
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	flockfile(stderr);
	fprintf(stderr, "%s: %s", program_name, kind);
	put_escaped(text ? text : "out of memory");
	putc('\n', stderr);
	funlockfile(stderr);
	fflush(stderr);
	free(text);
}

void diag_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line("", format, args);
	va_end(args);
}

void diag_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line("warning: ", format, args);
	va_end(args);
}

void diag_verbose(unsigned int level)
{
	verbosity = level;
}

bool diag_is_verbose(unsigned int level)
{
	return verbosity >= level;
}

void diag_note(const char *format, ...)
{
	va_list args;

	if (!verbosity)
		return;
	va_start(args, format);
	print_line("", format, args);
	va_end(args);
}

const char *diag_cause(int err)
{
	return strerror(err < 0 ? -err : err);
}

enum diag_status diag_flush_stdout(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return DIAG_OK;
	diag_error("standard output: %s", diag_cause(-errno));
	return DIAG_FILES;
}
