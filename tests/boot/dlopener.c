// SPDX-License-Identifier: GPL-2.0
/*
 * dlopener.c - a program that is not linked with the library and loads it
 *
 * Layer:   tests/boot; a program of its own, run by dlopen.c.
 * Usage:   dlopener LIBRARY global|local|thread|twice|close
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

struct library {
	void *handle;
	int (*init)(void *ops);
	int (*start)(const char *fmt, ...);
	long (*syscall)(long no, long *params);
	long (*halt)(void);
	void (*cleanup)(void);
	void *host_ops;
};

static const char *path;

static int library_open(struct library *lib, int flags)
{
	lib->handle = dlopen(path, RTLD_NOW | flags);
	if (!lib->handle) {
		fprintf(stderr, "dlopener: %s\n", dlerror());
		return -1;
	}
	lib->init = (int (*)(void *))dlsym(lib->handle, "lkl_init");
	lib->start = (int (*)(const char *, ...))dlsym(lib->handle, "lkl_start_kernel");
	lib->syscall = (long (*)(long, long *))dlsym(lib->handle, "lkl_syscall");
	lib->halt = (long (*)(void))dlsym(lib->handle, "lkl_sys_halt");
	lib->cleanup = (void (*)(void))dlsym(lib->handle, "lkl_cleanup");
	lib->host_ops = dlsym(lib->handle, "lkl_host_ops");
	if (!lib->init || !lib->start || !lib->syscall || !lib->halt ||
	    !lib->cleanup || !lib->host_ops) {
		fprintf(stderr, "dlopener: a symbol is missing\n");
		return -1;
	}
	return 0;
}

static int fail(const char *what, long ret)
{
	fprintf(stderr, "dlopener: %s gave %ld\n", what, ret);
	return -1;
}

static int library_use(const struct library *lib)
{
	long mkdir[6] = { (long)"/dir", 0755 };
	long bad[6] = { 16 };
	long ret;

	ret = lib->init(lib->host_ops);
	if (ret)
		return fail("lkl_init", ret);
	ret = lib->start("mem=64M loglevel=0");
	if (ret)
		return fail("lkl_start_kernel", ret);
	ret = lib->syscall(SYS_mkdir, mkdir);
	if (ret)
		return fail("mkdir", ret);
	ret = lib->syscall(SYS_mkdir, bad);
	if (ret != -14)
		return fail("mkdir of a bad pointer", ret);
	ret = lib->halt();
	if (ret)
		return fail("lkl_sys_halt", ret);
	lib->cleanup();
	return 0;
}

static int open_and_use(int flags, int lives, int close)
{
	struct library lib;

	if (library_open(&lib, flags))
		return -1;
	while (lives--)
		if (library_use(&lib))
			return -1;
	if (close && dlclose(lib.handle))
		return fail("dlclose", -1);
	return 0;
}

static void *in_thread(void *arg)
{
	(void)arg;
	return (void *)(long)open_and_use(RTLD_LOCAL, 1, 0);
}

int main(int argc, char **argv)
{
	pthread_t thread;
	void *result;

	if (argc != 3) {
		fprintf(stderr, "usage: dlopener LIBRARY global|local|thread|twice|close\n");
		return 2;
	}
	path = argv[1];
	if (!strcmp(argv[2], "global"))
		return open_and_use(RTLD_GLOBAL, 1, 0) != 0;
	if (!strcmp(argv[2], "local"))
		return open_and_use(RTLD_LOCAL, 1, 0) != 0;
	if (!strcmp(argv[2], "twice"))
		return open_and_use(RTLD_LOCAL, 3, 0) != 0;
	if (!strcmp(argv[2], "close"))
		return open_and_use(RTLD_LOCAL, 1, 1) || open_and_use(RTLD_LOCAL, 1, 1);
	if (pthread_create(&thread, NULL, in_thread, NULL) ||
	    pthread_join(thread, &result))
		return fail("pthread_create", -1) != 0;
	return result != NULL;
}
