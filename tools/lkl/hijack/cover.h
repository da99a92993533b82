/* SPDX-License-Identifier: GPL-2.0 */
/*
 * cover.h - which way a program can be put on the library's network
 *
 * Layer:   tools/lkl/hijack. No library kernel needed.
 * Users:   the launcher; what runs programs for a hijacked one (exec).
 * Context: any thread; only reads files.
 *
 * A dynamically linked program calls libc, whose functions a preload library
 * can stand in for. A static one, and one made by Go, makes system calls by itself:
 * the kernel has to trap these.
 */
#ifndef HIJACK_COVER_H
#define HIJACK_COVER_H

#include <linux/limits.h>
#include <stdbool.h>

enum cover_way {
	COVER_PRELOAD,		/* dynamic: liblkl-hijack.so */
	COVER_TRAP,		/* static or Go: seccomp notifications */
	COVER_REFUSE,		/* neither can work; cover.why says why */
	COVER_MISSING,		/* there is no such program */
	COVER_UNUSABLE,		/* it cannot be executed; cover.error says why */
};

/**
 * struct cover - what is known of a program
 * @way: how it can be covered
 * @error: errno, for COVER_MISSING and COVER_UNUSABLE
 * @path: the program found
 * @program: what is really executed: a script's interpreter, else @path
 * @why: one line: why this way
 * @privileged: it is setuid, setgid or has capabilities, which it will not get
 */
struct cover {
	enum cover_way way;
	int error;
	char path[PATH_MAX];
	char program[PATH_MAX];
	const char *why;
	bool privileged;
};

/**
 * cover_find - look at a program
 * @name: its path, or a name to be found by PATH
 * @cover: filled
 */
void cover_find(const char *name, struct cover *cover);

#endif /* HIJACK_COVER_H */
