// SPDX-License-Identifier: GPL-2.0
/*
 * hostcp.c - the copy engine of cptofs between two host directories
 *
 * Layer:   tests; a main() over tools/lkl/cp with the host's tree on both
 *          sides, so that the walk is tested without a kernel or an image
 *          (tests/tools/host_copy.sh).
 *
 * Usage: hostcp [-m MODE] SOURCE... DESTINATION
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "copy.h"
#include "diag.h"

static bool stop;

static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
	struct tree host = {
		.ops = &tree_host_ops, .label = "",
		.uid = geteuid(), .gid = getegid(),
	};
	struct copy copy = {
		.src = &host, .dst = &host, .stop = &stop,
		.options = { .uid = COPY_KEEP, .gid = COPY_KEEP },
	};

	diag_init("hostcp");
	umask(0);
	raise_fd_limit();
	if (argc > 2 && !strcmp(argv[1], "-m")) {
		if (mode_parse(argv[2], &copy.options.mode))
			return DIAG_USAGE;
		argv += 2;
		argc -= 2;
	}
	if (argc < 3) {
		fprintf(stderr, "Usage: hostcp [-m MODE] SOURCE... DESTINATION\n");
		return DIAG_USAGE;
	}
	host.base = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return copy_run(&copy, argv + 1, argc - 2, argv[argc - 1]) ?
	       DIAG_FILES : DIAG_OK;
}
