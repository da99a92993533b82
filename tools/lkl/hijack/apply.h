/* SPDX-License-Identifier: GPL-2.0 */
/*
 * apply.h - boot a library kernel as the settings say
 *
 * Layer:   tools/lkl/hijack, above config.h and lkl.h.
 * Users:   the preload library (at the first library call), the trap's
 *	supervisor, the launcher's trial run.
 *
 * liblkl is reached through a table of pointers: the preload library loads it
 * apart from the program's symbols (RTLD_DEEPBIND), and nothing here may link
 * against it.
 *
 * Context: one thread, which needs no library kernel of its own yet.
 */
#ifndef HIJACK_APPLY_H
#define HIJACK_APPLY_H

#include <lkl.h>
#include <lkl_host.h>
#include <pthread.h>

#include "config.h"

struct apply_port;

/* Functions of liblkl that have to be there. */
#define APPLY_FUNCTIONS(X)						\
	X(lkl_init) X(lkl_start_kernel) X(lkl_sys_halt) X(lkl_cleanup)	\
	X(lkl_syscall) X(lkl_strerror) X(lkl_panic_message)		\
	X(lkl_mount_fs) X(lkl_sysctl) X(lkl_netlink_error)		\
	X(lkl_if_up) X(lkl_if_set_mtu) X(lkl_if_set_ipv4)		\
	X(lkl_if_set_ipv6) X(lkl_if_del_ip) X(lkl_if_set_ipv4_gateway)	\
	X(lkl_if_set_ipv6_gateway) X(lkl_set_ipv4_gateway)		\
	X(lkl_set_ipv6_gateway) X(lkl_add_neighbor) X(lkl_qdisc_parse_add) \
	X(lkl_netdev_add) X(lkl_netdev_remove) X(lkl_netdev_free)	\
	X(lkl_netdev_get_ifindex) X(lkl_netdev_error)			\
	X(lkl_netdev_tap_create) X(lkl_netdev_macvtap_create)		\
	X(lkl_netdev_pipe_create) X(lkl_netdev_capture)			\
	X(lkl_waker_self) X(lkl_waker_interrupt) X(lkl_waker_syscall)

/*
 * struct apply_api - functions of liblkl, by their names
 * @host_ops: lkl_host_ops
 */
struct apply_api {
	struct lkl_host_operations *host_ops;
#define APPLY_MEMBER(name) __typeof__(&name) name;
	APPLY_FUNCTIONS(APPLY_MEMBER)
#undef APPLY_MEMBER
};

/**
 * apply_api_load - look the functions up
 * @api: filled
 * @library: from dlopen(), or RTLD_DEFAULT
 *
 * Return: NULL, or the name of a function that is missing.
 */
const char *apply_api_load(struct apply_api *api, void *library);

/**
 * struct applied - what was made of settings; to be undone by apply_undo()
 * @cfg: the settings
 * @api: the functions
 * @library: where they came from
 * @netdevs: a device for each interface, or NULL
 * @ids: their ids, or -1
 * @count: interfaces
 * @ports: what each interface learns from its link
 * @host_servers: lines of a resolv.conf, of the host, when the kernel started
 * @host_manner: the same, but those that name no servers
 * @names_lock: protects what @ports say of name servers, and the file made of it
 * @running: has the kernel been started?
 */
struct applied {
	const struct config *cfg;
	const struct apply_api *api;
	void *library;
	struct lkl_netdev **netdevs;
	int *ids;
	size_t count;
	struct apply_port *ports;
	char *host_servers;
	char *host_manner;
	pthread_mutex_t names_lock;
	bool running;
};

/**
 * apply - boot the default kernel and configure its network
 * @applied: zeros but for @cfg, which is finished, @api and @library; these stay
 *	valid until apply_undo()
 * @error: set on failure
 *
 * Afterwards proc is mounted at /proc and sysfs at /sys; /etc/resolv.conf names
 * the name servers that can be reached, or says that there are none. Threads keep
 * the addresses that were given for a time.
 *
 * Blocks: some milliseconds; with DHCP and SLAAC until they have answered.
 * Return: 0, or a negative error, with nothing left behind.
 */
int apply(struct applied *applied, struct config_error *error);

/**
 * apply_dump - show the files of the kernel that the settings name
 * @applied: after apply()
 * @fd: where
 */
void apply_dump(const struct applied *applied, int fd);

/**
 * apply_release - give addresses back that were given for a time
 * @applied: after apply(); what else it has made stays
 *
 * For the end of a process whose kernel is not halted before.
 */
void apply_release(struct applied *applied);

/**
 * apply_undo - halt the kernel, and free everything
 * @applied: after apply(); zeros but for @cfg, @api and @library afterwards
 *
 * Context: no thread is inside the kernel.
 */
void apply_undo(struct applied *applied);

/* The rest is for the files of apply*.c. */

/* Make and add the devices of all interfaces, before the start. */
int apply_devices(struct applied *applied, struct config_error *error);

/* Remove and free them. */
void apply_devices_undo(struct applied *applied);

/* Addresses and routes, after the start. */
int apply_network(struct applied *applied, struct config_error *error);

/* Mounts, before the network; and name servers, after it, or when they change. */
int apply_mounts(const struct applied *applied, struct config_error *error);
long apply_names(struct applied *applied);
void apply_names_undo(struct applied *applied);

/**
 * apply_wrong - fill in an error of the library
 * @applied: for the words
 * @error: filled
 * @err: a negative error
 * @what: what failed
 *
 * Return: @err.
 */
int apply_wrong(const struct applied *applied, struct config_error *error, long err,
		const char *what, ...) __attribute__((format(printf, 4, 5)));

/* Whole small files inside the kernel. */
long apply_file_read(const struct apply_api *api, const char *path, char *buf,
		     size_t size);
long apply_file_write(const struct apply_api *api, const char *path,
		      const char *text);

/* 0 if it was there before. */
long apply_directory_make(const struct apply_api *api, const char *path);

/**
 * struct apply_link - an interface that is up
 * @api: functions of liblkl
 * @ifindex: its number
 */
struct apply_link {
	const struct apply_api *api;
	int ifindex;
};

/* Milliseconds of a clock that does not jump. */
long apply_now_ms(void);

/*
 * Wait until a descriptor of the kernel is readable. Return: 0; -ETIMEDOUT; -EINTR if
 * lease_ending(); another error.
 */
long apply_wait(const struct apply_link *link, long fd, long wait_ms);

/* A system call of the kernel. */
#define apply_sys(api, nr, ...)						\
	((api)->lkl_syscall((nr), (long[6]) { __VA_ARGS__ }))

#endif /* HIJACK_APPLY_H */
