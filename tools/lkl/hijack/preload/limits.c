// SPDX-License-Identifier: GPL-2.0
/*
 * limits.c - the program's limit of descriptors, and our own numbers beyond it
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see limits.h; getrlimit(), setrlimit() and prlimit() are interposed.
 * Context: any thread.
 */
#include "limits.h"

#include "real.h"
#include "table.h"

/*
 * File-scope state: limits are the process's. Zero until limits_split(), when
 * the host's limit is the program's.
 */
static rlim_t program_soft;

static bool split(void)
{
	return __atomic_load_n(&program_soft, __ATOMIC_RELAXED) != 0;
}

void limits_split(void)
{
	struct rlimit limit, wide;

	if (real.getrlimit(RLIMIT_NOFILE, &limit))
		return;
	wide = limit;
	wide.rlim_cur = wide.rlim_max;
	if (real.setrlimit(RLIMIT_NOFILE, &wide))
		wide = limit;
	__atomic_store_n(&program_soft, limit.rlim_cur, __ATOMIC_RELAXED);
}

bool limits_allow(int fd)
{
	return !split() || fd < 0 || (rlim_t)fd < program_soft;
}

int limits_own_base(void)
{
	struct rlimit limit;
	rlim_t base;

	if (real.getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	base = split() ? program_soft : limit.rlim_cur;
	if (base > limit.rlim_cur / 2)
		base = limit.rlim_cur / 2;
	return base < FD_MAX / 2 ? (int)base : FD_MAX / 2;
}

static int limit_get(struct rlimit *limit)
{
	int ret = real.getrlimit(RLIMIT_NOFILE, limit);

	if (!ret && split())
		limit->rlim_cur = program_soft;
	return ret;
}

/* The host checks the request; the soft limit is then ours to keep. */
static int limit_set(const struct rlimit *limit)
{
	struct rlimit wide = *limit;

	if (!split())
		return real.setrlimit(RLIMIT_NOFILE, limit);
	if (limit->rlim_cur > limit->rlim_max) {
		errno = EINVAL;
		return -1;
	}
	wide.rlim_cur = wide.rlim_max;
	if (real.setrlimit(RLIMIT_NOFILE, &wide))
		return -1;
	__atomic_store_n(&program_soft, limit->rlim_cur ? limit->rlim_cur : 1,
			 __ATOMIC_RELAXED);
	return 0;
}

HIJACK int getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
	if (resource == RLIMIT_NOFILE)
		return limit_get(limit);
	return real.getrlimit(resource, limit);
}

HIJACK int getrlimit64(__rlimit_resource_t resource, struct rlimit64 *limit)
{
	return getrlimit(resource, (struct rlimit *)limit);
}

HIJACK int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	if (resource == RLIMIT_NOFILE)
		return limit_set(limit);
	return real.setrlimit(resource, limit);
}

HIJACK int setrlimit64(__rlimit_resource_t resource,
		       const struct rlimit64 *limit)
{
	return setrlimit(resource, (const struct rlimit *)limit);
}

HIJACK int prlimit(__pid_t pid, enum __rlimit_resource resource,
		   const struct rlimit *limit, struct rlimit *old)
{
	struct rlimit before;

	if (resource != RLIMIT_NOFILE || (pid && pid != getpid()) || !split())
		return real.prlimit(pid, resource, limit, old);
	if (limit_get(&before) || (limit && limit_set(limit)))
		return -1;
	if (old)
		*old = before;
	return 0;
}

HIJACK int prlimit64(__pid_t pid, enum __rlimit_resource resource,
		     const struct rlimit64 *limit, struct rlimit64 *old)
{
	return prlimit(pid, resource, (const struct rlimit *)limit,
		       (struct rlimit *)old);
}

HIJACK long sysconf(int name)
{
	return name == _SC_OPEN_MAX && split() ? (long)program_soft :
	       real.sysconf(name);
}

HIJACK int getdtablesize(void)
{
	return (int)sysconf(_SC_OPEN_MAX);
}
