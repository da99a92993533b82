/* SPDX-License-Identifier: GPL-2.0 */
/*
 * internal.h - the parts of the image library
 *
 * Layer:   tools/lkl/image, private to it.
 *
 * On the host, before the sandbox:
 *	images.c	the public functions; report.c keeps messages
 *	source.c	one image: what it is, and who opens it
 *	file.c		a file or block device: open, measure, lock
 *	format.c	which format, by the first bytes
 *	server.c	private helpers: qemu-nbd, nbdkit, decompressors
 *	confine.c	what a helper may touch
 *	remote.c	connections by NBD
 *	unpack.c	compressed images, into a file without a name
 *	qemu.c		the formats of QEMU
 *	overlay.c	the differential mode
 *	secret.c	passphrases
 *	plug.c		images as disks of the library
 * Inside, by system calls of the library's kernel: see inside.h.
 */
#ifndef LKL_IMAGES_INTERNAL_H
#define LKL_IMAGES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include <lkl_host.h>

#include "images.h"

#define SECTOR		512
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

struct nbd_api;
struct nbd_handle;
struct mapping;

/* ---- report.c ---- */

/** report - keep a message for images_error(); @format as printf() */
void report(struct images *images, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* fail - report(images, format, ...), and the value is err, a negative errno. */
#define fail(images, err, ...)			\
({						\
	int fail_err = (err);			\
						\
	report((images), __VA_ARGS__);		\
	fail_err;				\
})

/** fail_errno - the same: "what: the words for @err" */
static inline int fail_errno(struct images *images, int err, const char *what)
{
	return fail(images, err, "%s: %s", what, strerror(-err));
}

/** warn - keep a message for images_warning() */
void warn(struct images *images, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- secret.c ---- */

/**
 * struct secret - a passphrase, or where it will come from
 * @bytes: it, in memory that is not swapped; NULL if there is none (yet)
 * @size: bytes
 * @terminal: descriptor to ask at, or -1
 * @asked: it was typed, so no newline belongs to it
 */
struct secret {
	char *bytes;
	size_t size;
	int terminal;
	bool asked;
};

/* secret_open - read a passphrase, or open the terminal; by the options */
int secret_open(struct images *images);

/**
 * secret_ask - ask for the passphrase at the terminal
 * @images: the images
 * @what: what it is for
 *
 * Return: 0; -ENOKEY if there is no terminal; -ECANCELED; other errno.
 */
int secret_ask(struct images *images, const char *what);

/** secret_forget - wipe the passphrase */
void secret_forget(struct secret *secret);

void secret_close(struct secret *secret);

/* ---- format.c ---- */

enum handler {
	HANDLER_FILE,		/* raw: the descriptor itself */
	HANDLER_QEMU,		/* qemu-nbd */
	HANDLER_XZ,		/* nbdkit if it can seek, else unpacked */
	HANDLER_UNPACK,		/* decompressed into a temporary file */
};

/**
 * struct format - a format of images
 * @name: as the user names it
 * @program: HANDLER_QEMU: the driver; HANDLER_UNPACK, _XZ: the decompressor
 * @handler: who opens it
 * @read_only: it cannot be written
 */
struct format {
	const char *name;
	const char *program;
	enum handler handler;
	bool read_only;
};

/** format_named - the format of that name, or NULL */
const struct format *format_named(const char *name);

/**
 * format_find - which format a file has
 * @fd: the file
 * @size: its size
 *
 * Return: it; that of raw images if nothing else fits.
 */
const struct format *format_find(int fd, uint64_t size);

/**
 * format_refers - does the image say that its contents are in another file?
 * @format: of the file
 * @fd: the file
 */
bool format_refers(const struct format *format, int fd);

/* ---- source.c ---- */

/**
 * struct server - a helper process
 * @pid: it; 0: none
 * @pidfd: to wait for its end
 * @words: what it says on its standard error, a pipe
 * @name: its program
 */
struct server {
	pid_t pid;
	int pidfd;
	int words;
	const char *name;
};

/**
 * struct source - one image
 * @images: whose
 * @name: as the user gave it
 * @path: absolute, if it is a file
 * @format: found or named
 * @fd: the file, or -1
 * @block_device: @fd is one
 * @size: of the file, in bytes
 * @dev: of the file
 * @ino: of the file
 * @overlay_dev: of the overlay, if there is one
 * @overlay_ino: of the overlay
 * @server: the helper that serves it
 * @nbd: the connection to a server, or NULL
 * @read_only: nothing is written
 * @disk: as the library knows it
 * @disk_id: from lkl_disk_add()
 * @plugged: @disk was added
 */
struct source {
	struct images *images;
	char *name;
	char *path;
	const struct format *format;
	int fd;
	bool block_device;
	uint64_t size;
	dev_t dev;
	ino_t ino;
	dev_t overlay_dev;
	ino_t overlay_ino;
	struct server server;
	struct nbd_handle *nbd;
	bool read_only;
	struct lkl_disk disk;
	int disk_id;
	bool plugged;
};

#define WARNINGS_MAX	8

/**
 * struct images - see images.h
 * @options: as given, the strings our own
 * @count: how many @sources
 * @sources: the images
 * @secret: the passphrase
 * @nbd: libnbd, if it is needed
 * @mappings: devices made inside, the newest first
 * @shadow: the disk in memory that takes changes, its descriptor -1 if none
 * @warned: how many @warnings there are
 * @told: how many of them were told
 * @warnings: from malloc()
 * @error: the last message
 */
struct images {
	struct images_options options;
	unsigned int count;
	struct source *sources;
	struct secret secret;
	const struct nbd_api *nbd;
	struct mapping *mappings;
	struct lkl_disk shadow;
	unsigned int warned;
	unsigned int told;
	char *warnings[WARNINGS_MAX];
	char error[1024];
};

int source_open(struct source *source);

/** source_close - end connection and helper. Return: 0, or what was lost. */
int source_close(struct source *source);

/* ---- file.c ---- */

/**
 * file_open - open a file or block device, measure and lock it
 * @source: @name is set; the rest is filled in
 * @writable: to be written
 * @lock: lock it here
 */
int file_open(struct source *source, bool writable, bool lock);

/* ---- server.c ---- */

/**
 * enum server_channel - how to talk to a helper
 * @SERVER_LISTEN: it is given a listening socket (socket activation)
 * @SERVER_STDIO: it serves one client on its standard input
 * @SERVER_PIPE: it writes data to its standard output
 * @SERVER_NONE: it does something and ends
 */
enum server_channel {
	SERVER_LISTEN,
	SERVER_STDIO,
	SERVER_PIPE,
	SERVER_NONE,
};

/**
 * struct confines - what a helper may touch of the host's files
 * @read_all: read everything, not only programs, their libraries, and @read
 * @network: may connect to others
 * @read: may be read; NULL at the end
 * @write: may be read and written; NULL at the end
 */
struct confines {
	bool read_all;
	bool network;
	const char *read[4];
	const char *write[4];
};

/**
 * server_start - start a helper
 * @images: for messages
 * @server: filled in
 * @argv: its arguments; argv[0] is found in PATH
 * @channel: how to talk to it
 * @input: its standard input, or -1; stays the caller's
 * @confines: what it may touch
 *
 * Return: a descriptor connected to it, 0 for SERVER_NONE, or negative errno.
 */
int server_start(struct images *images, struct server *server,
		 const char *const *argv, enum server_channel channel, int input,
		 const struct confines *confines);

/**
 * server_wait - wait until a helper has ended
 * @server: it; its channel was closed
 * @timeout_ms: how long
 * @words: its last words, terminated; may be empty
 * @size: of @words
 *
 * Return: 0 if it ended well, -EIO if not, -ENOENT if it could not even be
 * started, -ETIMEDOUT if it did not end.
 */
int server_wait(struct server *server, int timeout_ms, char *words, size_t size);

/* ---- confine.c ---- */

/**
 * confines_prepare - make a Landlock ruleset
 * @confines: what it permits
 *
 * Return: its descriptor, or -1 where the host has no Landlock.
 */
int confines_prepare(const struct confines *confines);

/**
 * confines_enter - confine the calling process for good
 * @ruleset: from confines_prepare()
 *
 * Context: between fork() and exec(). Return: 0, or -1 and errno.
 */
int confines_enter(int ruleset);

/* ---- remote.c ---- */

bool remote_is(const char *name);

/** remote_open - connect to the URI that the source's name is */
int remote_open(struct source *source);

/**
 * remote_attach - talk NBD over a connected socket
 * @source: gets the connection
 * @fd: the socket; belongs to the connection from now on
 */
int remote_attach(struct source *source, int fd);

/** remote_close - end the connection. Return: 0, or -EIO if it was lost. */
int remote_close(struct source *source);

/* ---- unpack.c ---- */

int unpack_open(struct source *source);
int unpack_xz_open(struct source *source);

/* ---- overlay.c ---- */

/**
 * overlay_open - serve an image with an overlay over it
 * @source: opened as far as its format
 */
int overlay_open(struct source *source);

/* ---- qemu.c ---- */

/** qemu_open - serve an image by qemu-nbd; opened as far as its format */
int qemu_open(struct source *source);

/**
 * qemu_serve - have qemu-nbd serve what @json describes
 * @source: gets the connection
 * @json: from qemu_node(); NULL is -ENOMEM
 * @confines: what it may touch
 */
int qemu_serve(struct source *source, const char *json,
	       const struct confines *confines);

/**
 * qemu_node - how qemu is to open a file, as JSON from malloc()
 * @driver: of the format
 * @source: for its options, and whether it is a block device
 * @path: of the file
 * @read_only: nothing is written
 * @more: further members, beginning with a comma, or ""
 */
char *qemu_node(const struct source *source, const char *driver,
		const char *path, bool read_only, const char *more);

/* ---- plug.c ---- */

int source_plug(struct source *source);
void source_unplug(struct source *source);

#endif /* LKL_IMAGES_INTERNAL_H */
