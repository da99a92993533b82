/* SPDX-License-Identifier: GPL-2.0 */
/*
 * config.h - what the hijack is configured with, wherever it was said
 *
 * Layer:   tools/lkl/hijack, above lkl.h.
 * Users:   the launcher, the preload library, the trap's supervisor; lkl-info.
 *
 * DOC: Sources
 *
 * Settings come from the command line, the environment (LKL_HIJACK_*), a JSON file
 * and defaults, in this order of precedence. So they are read in the reverse
 * order, and each source overrides what was there: config_read_file(),
 * config_read_environment(), config_set() for each option, config_finish().
 *
 * Settings that are lists (sysctl, boot_cmdline, mount, dump, forward) grow
 * instead: what is done last wins, nothing is lost.
 *
 * The launcher does all this, and hands the result to the program in one variable,
 * CONFIG_VARIABLE, as a JSON text, whose reader looks at nothing else. A program
 * that is preloaded without the launcher finds file and environment by itself. Both
 * is config_load().
 *
 * Values are kept as text, checked when they are set, so that those who use
 * them may convert them without looking.
 *
 * Context: one thread.
 */
#ifndef HIJACK_CONFIG_H
#define HIJACK_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

/* The settings, complete; made by the launcher, read by config_load(). */
#define CONFIG_VARIABLE		"LKL_HIJACK_SETTINGS"

/* Variables that begin so are not settings but notes from one process to another. */
#define CONFIG_INTERNAL_PREFIX	"LKL_HIJACK__"

/* The file that is read if LKL_HIJACK_CONFIG_FILE names no other. */
#define CONFIG_FILE_DEFAULT	"lkl-hijack.json"

/* Settings of the whole; config.c has their names and forms. */
enum config_key {
	CONFIG_GATEWAY,		/* IPv4 address */
	CONFIG_GATEWAY6,	/* IPv6 address */
	CONFIG_DEBUG,		/* number; not 0: kernel messages to stderr */
	CONFIG_SINGLECPU,	/* "0", "1", "2" */
	CONFIG_SYSCTL,		/* "name=value;..." */
	CONFIG_BOOT_CMDLINE,	/* kernel command line */
	CONFIG_DUMP,		/* "/path,..." in the kernel, shown at the end */
	CONFIG_DELAY_MAIN,	/* "0", "1": wait for IPv6 addresses */
	CONFIG_MOUNT,		/* "proc,sysfs": mounted at /proc, /sysfs */
	CONFIG_NAMESERVER,	/* "address,..." */
	CONFIG_FORWARD,		/* "[udp:][address:]port:port,..." */
	CONFIG_UNIX,		/* "host", "library": whose unix sockets are */
	CONFIG_KEYS
};

/* Settings of an interface. */
enum config_if_key {
	CONFIG_IF_TYPE,		/* config_iftype's names */
	CONFIG_IF_PARAM,	/* what the type wants */
	CONFIG_IF_MAC,
	CONFIG_IF_IP,		/* IPv4 address or "dhcp" */
	CONFIG_IF_MASKLEN,
	CONFIG_IF_GATEWAY,
	CONFIG_IF_IPV6,		/* IPv6 address or "slaac" */
	CONFIG_IF_MASKLEN6,
	CONFIG_IF_GATEWAY6,
	CONFIG_IF_OFFLOAD,	/* number, bits are virtio-net features */
	CONFIG_IF_MTU,
	CONFIG_IF_NEIGH,	/* "address|mac;..." */
	CONFIG_IF_QDISC,	/* "root|type;..." */
	CONFIG_IF_PCAP,		/* file to capture to */
	CONFIG_IF_KEYS
};

/**
 * struct config_interface - an interface
 * @value: by enum config_if_key; NULL where nothing is said
 */
struct config_interface {
	char *value[CONFIG_IF_KEYS];
};

/**
 * struct config - everything
 * @value: by enum config_key; NULL where nothing is said
 * @interfaces: in order; eth0 is the first
 * @count: how many
 *
 * Starts as zeros.
 */
struct config {
	char *value[CONFIG_KEYS];
	struct config_interface *interfaces;
	size_t count;
};

/**
 * struct config_error - what is wrong, in one line without an end
 * @text: names the source, the key, the value, and says what was expected
 */
struct config_error {
	char text[512];
};

/**
 * config_load - all settings of a hijacked program
 * @cfg: zeros; filled
 * @error: set on failure
 *
 * From CONFIG_VARIABLE if that is set, else from file and environment.
 *
 * Return: 0; -EINVAL or another negative error, with @error.
 */
int config_load(struct config *cfg, struct config_error *error);

/**
 * config_read_file - settings of a JSON file
 * @cfg: changed
 * @path: the file
 * @error: set on failure
 *
 * Return: 0; the error of open(2) or read(2); -EINVAL.
 */
int config_read_file(struct config *cfg, const char *path,
		     struct config_error *error);

/**
 * config_read_text - settings of a JSON text
 * @cfg: changed
 * @source: what to call it in errors
 * @text: the text, terminated
 * @error: set on failure
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int config_read_text(struct config *cfg, const char *source, const char *text,
		     struct config_error *error);

/**
 * config_read_environment - settings of the environment
 * @cfg: changed
 * @environment: as environ
 * @error: set on failure
 *
 * Variables of an interface are for the first, which is made if there is none.
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int config_read_environment(struct config *cfg, char **environment,
			    struct config_error *error);

/**
 * config_set - one setting
 * @cfg: changed
 * @source: what to call it in errors, e.g. "--gateway"
 * @key: which
 * @text: its value
 * @error: set on failure
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int config_set(struct config *cfg, const char *source, enum config_key key,
	       const char *text, struct config_error *error);

/**
 * config_interface_set - one setting of an interface
 * @cfg: changed
 * @source: what to call it in errors
 * @index: which interface, < @cfg->count
 * @key: which setting
 * @text: its value
 * @error: set on failure
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int config_interface_set(struct config *cfg, const char *source, size_t index,
			 enum config_if_key key, const char *text,
			 struct config_error *error);

/**
 * config_interface_add - one more interface, with nothing said of it
 * @cfg: changed
 *
 * Return: 0, -ENOMEM.
 */
int config_interface_add(struct config *cfg);

/**
 * config_interface_parse - an interface as an option has it
 * @cfg: changed
 * @source: what to call it in errors, e.g. "--interface"
 * @text: "type=tap,param=tap0,ip=10.0.0.2/24,..."; a backslash takes away the
 *	meaning of a comma
 * @error: set on failure
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int config_interface_parse(struct config *cfg, const char *source,
			   const char *text, struct config_error *error);

/**
 * config_finish - fill in defaults, and see whether it fits together
 * @cfg: changed; may be finished already
 * @error: set on failure
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int config_finish(struct config *cfg, struct config_error *error);

/**
 * config_write - a JSON text that config_read_text() makes the same of
 * @cfg: what to write
 *
 * Return: the text, for free(); NULL when memory is short.
 */
char *config_write(const struct config *cfg);

/**
 * config_free - free what it holds, and make it zeros
 * @cfg: what to free
 */
void config_free(struct config *cfg);

/* The rest is for the files of config_*.c and for lists of names. */

/**
 * struct config_form - a setting's name and form
 * @name: in JSON and options
 * @variable: in the environment, after LKL_HIJACK_
 * @check: is a text a value of it?
 * @expected: what would be one, for errors
 * @separator: of a list, which grows; 0 for others
 */
struct config_form {
	const char *name;
	const char *variable;
	bool (*check)(const char *text);
	const char *expected;
	char separator;
};

extern const struct config_form config_forms[CONFIG_KEYS];
extern const struct config_form config_if_forms[CONFIG_IF_KEYS];

/**
 * config_wrong - fill in an error
 * @error: filled
 * @format: as printf()
 *
 * Return: -EINVAL.
 */
int config_wrong(struct config_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * config_is_rootless - is an interface's backend one that needs no privileges?
 * @iface: it; finished
 *
 * Those know which addresses they serve, and forward ports.
 */
bool config_is_rootless(const struct config_interface *iface);

/**
 * config_number - the number that a checked text is
 * @text: decimal, or hexadecimal after 0x; NULL is 0
 */
unsigned long config_number(const char *text);

/**
 * config_truth - is a checked text that may be true or false, true?
 * @text: it; NULL is false
 */
bool config_truth(const char *text);

#endif /* HIJACK_CONFIG_H */
