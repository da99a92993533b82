// SPDX-License-Identifier: GPL-2.0
/*
 * apply.c - boot a library kernel as the settings say; see apply.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   those of apply.h.
 */
#include "apply.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "lease.h"

/* The most it may use; it takes from the host what it does use. */
#define MEMORY		"mem=256M"

/* Interfaces are those that were asked for. */
#define NO_DUMMY	"dummy.numdummies=0"

#define CMDLINE_MAX	2048

/* More than passt lets an acknowledgement wait. */
#define PASST_RTO_MIN_US	"20000"

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	{ "lkl_host_ops", offsetof(struct apply_api, host_ops) },
#define APPLY_NAME(name) { #name, offsetof(struct apply_api, name) },
	APPLY_FUNCTIONS(APPLY_NAME)
#undef APPLY_NAME
};

const char *apply_api_load(struct apply_api *api, void *library)
{
	void *function;
	size_t i;

	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		function = dlsym(library, functions[i].name);
		if (!function)
			return functions[i].name;
		*(void **)((char *)api + functions[i].offset) = function;
	}
	return NULL;
}

int apply_wrong(const struct applied *applied, struct config_error *error, long err,
		const char *what, ...)
{
	const char *why = applied->api->lkl_strerror((int)err);
	char text[256];
	va_list args;

	va_start(args, what);
	vsnprintf(text, sizeof(text), what, args);
	va_end(args);
	config_wrong(error, "%s: %s", text, why);
	return (int)err;
}

/* Does the user's own command line set that parameter? */
static bool cmdline_has(const struct config *cfg, const char *parameter)
{
	const char *cmdline = cfg->value[CONFIG_BOOT_CMDLINE];
	const char *at = cmdline;
	size_t len = strlen(parameter);

	while (at && (at = strstr(at, parameter))) {
		if (at == cmdline || at[-1] == ' ')
			return true;
		at += len;
	}
	return false;
}

static int cmdline_write(const struct applied *applied, char *cmdline, size_t size)
{
	const struct config *cfg = applied->cfg;
	const char *own = cfg->value[CONFIG_BOOT_CMDLINE];

	if ((size_t)snprintf(cmdline, size, NO_DUMMY " %s%s%s",
			     cmdline_has(cfg, "mem=") ? "" : MEMORY " ",
			     cmdline_has(cfg, "loglevel=") ||
			     config_number(cfg->value[CONFIG_DEBUG]) ? "" : "loglevel=0 ",
			     own ? own : "") >= size)
		return -E2BIG;
	return 0;
}

/*
 * singlecpu: 1 lets the kernel's own threads run on one processor, 2 the whole
 * program. Threads inherit what their maker has.
 */
static bool processor_pin(cpu_set_t *before)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	if (cpu < 0 || sched_getaffinity(0, sizeof(*before), before))
		return false;
	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	return !sched_setaffinity(0, sizeof(one), &one);
}

static int kernel_start(const struct applied *applied, const char *cmdline)
{
	unsigned long cpus = config_number(applied->cfg->value[CONFIG_SINGLECPU]);
	cpu_set_t before;
	bool pinned = cpus && processor_pin(&before);
	int err = applied->api->lkl_start_kernel("%s", cmdline);

	if (pinned && cpus == 1)
		sched_setaffinity(0, sizeof(before), &before);
	return err;
}

static int boot(struct applied *applied, struct config_error *error)
{
	const char *panic;
	char cmdline[CMDLINE_MAX];
	int err = cmdline_write(applied, cmdline, sizeof(cmdline));

	if (err)
		return apply_wrong(applied, error, err, "boot_cmdline");
	err = kernel_start(applied, cmdline);
	applied->running = !err;
	panic = err ? applied->api->lkl_panic_message() : NULL;
	if (panic)
		return apply_wrong(applied, error, err, "the library kernel panicked: %s",
				   panic);
	/* Devices are made anew at each start, and may fail then. */
	if (err && *applied->api->lkl_netdev_error())
		config_wrong(error, "interfaces: %s", applied->api->lkl_netdev_error());
	else if (err)
		apply_wrong(applied, error, err,
			    "the library kernel does not start (\"%s\")", cmdline);
	return err;
}

long apply_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

long apply_wait(const struct apply_link *link, long fd, long wait_ms)
{
	struct pollfd pfd = { .fd = (int)fd, .events = POLLIN };
	long end = apply_now_ms() + wait_ms, got;
	struct timespec left;

	do {
		wait_ms = end - apply_now_ms();
		if (wait_ms <= 0)
			return -ETIMEDOUT;
		left.tv_sec = wait_ms / 1000;
		left.tv_nsec = wait_ms % 1000 * 1000000;
		got = link->api->lkl_waker_syscall(SYS_ppoll,
			(long[6]) { (long)&pfd, 1, (long)&left, 0, 0, 0 });
	} while (got == -EINTR && !lease_ending());
	return got > 0 ? 0 : got ? got : -ETIMEDOUT;
}

struct setting {
	const struct applied *applied;
	struct config_error *error;
	int err;
};

/* One "name=value"; spaces around them do not matter. */
static bool sysctl_write(const char *item, void *arg)
{
	struct setting *setting = arg;
	const char *value = strchr(item, '=') + 1;
	char name[256];

	value += strspn(value, " \t");
	if (sscanf(item, " %255[^= \t]", name) != 1)
		return false;
	setting->err = setting->applied->api->lkl_sysctl(name, value);
	if (setting->err)
		apply_wrong(setting->applied, setting->error, setting->err, "sysctl: %s",
			    item);
	return !setting->err;
}

static int apply_sysctls(const struct applied *applied, struct config_error *error)
{
	const char *sysctls = applied->cfg->value[CONFIG_SYSCTL];
	struct setting setting = { .applied = applied, .error = error };

	if (sysctls && !check_each(sysctls, ';', sysctl_write, &setting))
		return setting.err ? setting.err : -ENOMEM;
	return 0;
}

static bool is_passt(const struct config_interface *iface)
{
	const char *type = iface->value[CONFIG_IF_TYPE];

	return type && (!strcmp(type, "passt") || !strcmp(type, "user"));
}

/*
 * When the socket that it writes to is full, passt drops what we have sent: it is for
 * us to send it again. That it is lost is not to be known before the retransmission
 * timer expires, which by default is at least 200 ms, in which nothing moves. passt
 * is the other end of all our connections, in this machine, and lets no copy out.
 */
static int passt_prepare(const struct applied *applied, struct config_error *error)
{
	size_t i;
	int err;

	for (i = 0; i < applied->count; i++)
		if (!is_passt(&applied->cfg->interfaces[i]))
			return 0;
	if (!applied->count)
		return 0;
	err = applied->api->lkl_sysctl("net.ipv4.tcp_rto_min_us", PASST_RTO_MIN_US);
	return err && err != -ENOENT ?
	       apply_wrong(applied, error, err, "tcp_rto_min_us") : 0;
}

static int configure(struct applied *applied, struct config_error *error)
{
	int err = apply_mounts(applied, error);

	/* The user may want it otherwise. */
	if (!err)
		err = passt_prepare(applied, error);
	if (!err)
		err = apply_sysctls(applied, error);
	if (!err)
		err = apply_network(applied, error);
	if (err)
		return err;
	err = (int)apply_names(applied);
	return err ? apply_wrong(applied, error, err, "name servers") : 0;
}

int apply(struct applied *applied, struct config_error *error)
{
	const struct apply_api *api = applied->api;
	int err;

	/* The program's standard error is its own, unless this was asked for. */
	if (!config_number(applied->cfg->value[CONFIG_DEBUG]))
		api->host_ops->print = NULL;
	err = api->lkl_init(api->host_ops);
	if (err)
		return apply_wrong(applied, error, err, "the library kernel");
	err = apply_devices(applied, error);
	if (!err)
		err = boot(applied, error);
	if (!err)
		err = configure(applied, error);
	if (err)
		apply_undo(applied);
	return err;
}

void apply_undo(struct applied *applied)
{
	apply_release(applied);
	if (applied->running)
		applied->api->lkl_sys_halt();
	applied->running = false;
	apply_devices_undo(applied);
	apply_names_undo(applied);
	applied->api->lkl_cleanup();
}
