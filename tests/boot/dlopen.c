// SPDX-License-Identifier: GPL-2.0
/*
 * dlopen.c - programs that were not linked with the library load it
 *
 * Layer:   tests/boot. Runs build/tests/dlopener (dlopener.c), in a process of
 *	its own.
 */
#include "tests/boot/boot.h"

#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

/* Run the program. Return: its exit status, or 256 + the signal. */
static int run(const char *how)
{
	char program[PATH_MAX], library[PATH_MAX];
	char *argv[] = { program, library, (char *)how, NULL };
	int status;
	pid_t pid;

	snprintf(program, sizeof(program), "%s/dlopener", program_dir());
	snprintf(library, sizeof(library), "%s/../liblkl.so", program_dir());
	cr_assert_eq(posix_spawn(&pid, program, NULL, NULL, argv, environ), 0,
		     "cannot run %s", program);
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

Test(dlopen, with_global_symbols)
{
	cr_assert_eq(run("global"), 0);
}

Test(dlopen, with_local_symbols)
{
	cr_assert_eq(run("local"), 0);
}

Test(dlopen, from_a_thread)
{
	cr_assert_eq(run("thread"), 0);
}

Test(dlopen, twice_in_one_process)
{
	cr_assert_eq(run("twice"), 0);
}

Test(dlopen, and_closed_afterwards)
{
	cr_assert_eq(run("close"), 0);
}
