/* SPDX-License-Identifier: GPL-2.0 */
/*
 * diag.h - messages of the copy tools and how the run ends
 *
 * Layer:   tools. The one place that writes to stderr, so that a message and
 *          the progress line never run into each other.
 * Context: one thread.
 */
#ifndef CP_DIAG_H
#define CP_DIAG_H

#include <stdbool.h>

/* Exit statuses, as the man pages list them. */
enum diag_status {
	DIAG_OK = 0,		/* everything was copied */
	DIAG_FILES = 1,		/* some files could not be copied */
	DIAG_USAGE = 2,		/* wrong options or arguments; nothing done */
	DIAG_IMAGE = 3,		/* the image could not be used; nothing done */
	DIAG_FINISH = 4,	/* the image could not be written back */
};

/**
 * diag_init - set the name that begins each message
 * @program: name of the tool; kept, not copied
 */
void diag_init(const char *program);

/** diag_program - the name given to diag_init() */
const char *diag_program(void);

/**
 * diag_line_hook - have something erased before a message is printed
 * @erase: called before each message; NULL for nothing
 */
void diag_line_hook(void (*erase)(void));

/**
 * diag_error - print one line "program: message" to stderr
 * @format: as printf(); no newline at the end. Control characters in the
 *	result, which may come from file names, are printed as \ooo.
 */
void diag_error(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/** diag_warning - as diag_error(), with "warning: " before the message */
void diag_warning(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/**
 * diag_verbose - show notes
 * @level: those of diag_note() from 1 on
 */
void diag_verbose(unsigned int level);

/** diag_is_verbose - was diag_verbose() given at least @level? */
bool diag_is_verbose(unsigned int level);

/** diag_note - as diag_error(), but only if diag_verbose() was given 1 */
void diag_note(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/**
 * diag_cause - the words for an error number
 * @err: negative errno, the host's or the library's (both are Linux numbers)
 */
const char *diag_cause(int err);

/**
 * diag_flush_stdout - see an answer on standard output through
 *
 * One that did not reach anybody is no success.
 *
 * Return: DIAG_OK; DIAG_FILES, which has been reported.
 */
enum diag_status diag_flush_stdout(void);

#endif /* CP_DIAG_H */
