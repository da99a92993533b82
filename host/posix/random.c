// SPDX-License-Identifier: GPL-2.0
/*
 * random.c - the random family: the host kernel's generator.
 *
 * Layer:   host/posix.
 * Users:   the kernel, to seed its own generator.
 * Context: any thread.
 */
#include <errno.h>
#include <sys/random.h>
#include <sys/types.h>

#include "host/posix/posix.h"

static __u32 random_fill(void *buf, __u32 len)
{
	__u32 done = 0;

	while (done < len) {
		ssize_t n = getrandom((char *)buf + done, len - done,
				      GRND_NONBLOCK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += n;
	}
	return done;
}

const struct lkl_random_ops posix_random_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_random_ops),
	.fill = random_fill,
};
