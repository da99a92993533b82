/* SPDX-License-Identifier: GPL-2.0 */
/*
 * inside.h - what the files of the trap tier share
 *
 * Layer:   tools/lkl/hijack/trap.
 * Context: everything but run.c and filter.c runs in the thread of serve.c.
 */
#ifndef TRAP_INSIDE_H
#define TRAP_INSIDE_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <lkl_host.h>

#include "trap.h"

#define SOCK_BUCKETS	1024
#define BUFFER_SIZE	(256 * 1024)
#define ADDRESS_MAX	128
#define CONTROL_MAX	4096

/* What a call's function returns besides a result or a negative errno. */
#define CALL_CONTINUE	(-0x10000L)	/* let the host do it */
#define CALL_LATER	(-0x10001L)	/* put aside: would block */
#define CALL_ANSWERED	(-0x10002L)	/* has been answered already */

enum sock_state { SOCK_NEW, SOCK_LISTENING, SOCK_CONNECTING, SOCK_CONNECTED };

/* Bytes that are on their way and could not be handed over yet. */
struct rest {
	char *data;
	size_t start;
	size_t end;
};

/* A call that waits: a copy of its notification. */
struct waiting {
	struct waiting *next;
	struct seccomp_notif req;
	uint64_t deadline;
};

/* A datagram that was taken from the library. */
struct datagram {
	struct datagram *next;
	struct sockaddr_storage name;
	socklen_t name_len;
	int flags;
	int error;
	size_t control_len;
	size_t len;
	char bytes[];		/* control data, then the payload */
};

/**
 * struct sock - a socket of the library that a program has
 * @hash: next in its bucket
 * @ino: inode number of the program's end: the identity
 * @end: our end of the pair; -1 once it was closed to tell the program of a reset
 * @fd: the library's descriptor
 * @stream: carried as bytes (stream.c), else by datagram (dgram.c)
 * @state: of a stream socket
 * @pid: thread whose call was the last about it, and
 * @pfd: the number it has there
 * @error: for SO_ERROR, taken from the library but not yet by the program
 * @plug: bytes in our queue that keep the program's end from being writable
 * @to_host: read from the library, not yet taken by the pair
 * @to_lib: read from the pair, not yet taken by the library
 * @host_in: our end may be readable
 * @host_out: our end may be writable
 * @lib_in: the library's socket may be readable
 * @lib_out: the library's socket may be writable
 * @host_hup: our end was hung up, and whether that was the last copy's close is
 *	still to be looked at
 * @queued: it is to be served again although it has no event
 * @host_eof: nothing more comes from the program
 * @lib_eof: nothing more comes from the library
 * @host_shut: the program was told so
 * @lib_shut: the library was told so
 * @gone: the last copy was closed
 * @tokens: bytes that say a listening socket is readable (0 or more)
 * @head: the datagram in the pair
 * @kept: datagrams that could not be delivered
 * @accepted: connections that could not be delivered
 * @accepted_count: how many
 * @waiting: calls put aside, in order
 * @dead: next of those to be freed after the current events
 * @reset_next: next of those without an end
 * @again_next: next of those queued
 */
struct sock {
	struct sock *hash;
	ino_t ino;
	int end;
	int fd;
	bool stream;
	enum sock_state state;
	pid_t pid;
	int pfd;
	int error;
	size_t plug;
	struct rest to_host;
	struct rest to_lib;
	bool host_in, host_out, host_hup, queued;
	bool lib_in, lib_out;
	bool host_eof, lib_eof;
	bool host_shut, lib_shut;
	bool gone;
	unsigned int tokens;
	struct datagram *head;
	struct datagram *kept;
	int *accepted;
	unsigned int accepted_count;
	struct waiting *waiting;
	struct sock *dead;
	struct sock *reset_next;
	struct sock *again_next;
};

/**
 * struct trap - the one instance
 * @config: how to run
 * @listener: where notifications come from
 * @epoll: of the host: the listener, our ends, @signals, @reports
 * @lib_epoll: of the library: every library socket
 * @diag: netlink socket of the host, to look for inode numbers; -1
 * @helper: library socket for interface requests on host sockets; -1
 * @signals: signalfd of SIGCHLD
 * @reports: pipe to the caller of trap_run(), or -1
 * @program: the program's first process, or 0 once that has ended
 * @status: and how it has
 * @buf: for what is carried
 * @socks: by inode number
 * @dead: to be freed
 * @resets: those without an end, oldest first
 * @resets_end: where the next of them goes
 * @again: to be served although they have no event
 * @next_fd: where to look for a free number next
 * @next_deadline: when the first of the calls put aside has waited for too long
 * @names_said: whether there is a name server has been looked at
 * @happened: the host had an event since the last wait
 * @waker: by which the host ends a wait in the library
 * @host_watch: of @epoll
 */
struct trap {
	const struct trap_config *config;
	int listener;
	int epoll;
	int lib_epoll;
	int diag;
	int helper;
	int signals;
	int reports;
	pid_t program;
	int status;
	char *buf;
	struct sock *socks[SOCK_BUCKETS];
	struct sock *dead;
	struct sock *resets, **resets_end;
	struct sock *again;
	unsigned int next_fd;
	uint64_t next_deadline;
	bool names_said;
	bool happened;
	struct lkl_waker waker;
	struct lkl_watch *host_watch;
};

/* A notification under way. */
struct call {
	struct trap *trap;
	const struct seccomp_notif *req;
	struct sock *sock;	/* of the first argument, or NULL */
	bool again;		/* it was put aside before */
	bool late;		/* and has waited for too long */
	struct datagram *taken;	/* what it delivers, to be kept if it cannot */
};

/* ---- the library's calls ---- */

long kernel(long nr, long a, long b, long c, long d, long e, long f);

/* ---- run.c ---- */

void trap_message(const struct trap *trap, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Children have ended. */
void reap(struct trap *trap);
/* Nobody is left under the filter, so the program's end is only to be told. */
void reap_program(struct trap *trap);
/* Tell the program's end if it has left processes behind, for which we serve on. */
void report_left(struct trap *trap);
/* The caller of trap_run() was killed: so is the program. */
void caller_gone(struct trap *trap);

/* ---- filter.c ---- */

/**
 * filter_load - put the calling process under the filter
 *
 * Return: the notification descriptor, or a negative error.
 */
int filter_load(void);

/* ---- peer.c: the program's memory and descriptors ---- */

int peer_read(pid_t tid, uint64_t addr, void *buf, size_t len);
int peer_write(pid_t tid, uint64_t addr, const void *buf, size_t len);
ssize_t peer_string(pid_t tid, uint64_t addr, char *buf, size_t size);
/* The inode number of a descriptor if it is a socket, else 0. */
ino_t peer_inode(pid_t tid, int fd);
bool peer_has(pid_t tid, int fd);
/* Which process has a socket, and by what number? Takes a while. */
bool peer_search(ino_t ino, pid_t *pid, int *fd);
/* Our copy of a program's descriptor, or a negative error. */
int peer_getfd(pid_t tid, int fd);

/* ---- diag.c ---- */

void diag_open(struct trap *trap);
/* Does any process still have the host's unix socket? */
bool diag_exists(struct trap *trap, ino_t ino);

/* ---- sock.c ---- */

struct sock *sock_find(struct trap *trap, ino_t ino);
/**
 * sock_give - make the pair for a library socket and give the program its end
 * @call: the call that made it, which is answered
 * @fd: the library's descriptor
 * @stream: how it is carried
 * @state: SOCK_NEW, or SOCK_CONNECTED if it was accepted
 * @flags: SOCK_NONBLOCK, SOCK_CLOEXEC
 *
 * Return: CALL_ANSWERED, or an error; then @fd is still the caller's.
 */
long sock_give(struct call *call, int fd, bool stream, enum sock_state state,
	       int flags);
/* Release the library's socket and forget this one after the current events. */
void sock_close(struct trap *trap, struct sock *s);
void sock_free_dead(struct trap *trap);
/* Close our end so that the program sees a reset. */
void sock_reset(struct trap *trap, struct sock *s);
/* If no copy of the program's end is left, sock_close(). */
bool sock_released(struct trap *trap, struct sock *s);
/* Our own copy of the program's end, or a negative error. */
int sock_copy(struct sock *s);
/* Does the program want calls on it to wait? */
bool sock_blocks(struct sock *s);
/* Give a copy of a descriptor a number of the range; the answer to a call. */
long sock_dup(struct call *call, int flags);

/* ---- stream.c ---- */

void stream_events(struct trap *trap, struct sock *s);
void stream_lib_events(struct trap *trap, struct sock *s, uint32_t events);
void stream_connected(struct trap *trap, struct sock *s);
long stream_connect(struct call *call);
long stream_listen(struct call *call);
long stream_accept(struct call *call);
int stream_plug(struct sock *s, int program_end);

/* ---- file.c ---- */

long file_open(struct call *call);

/* ---- dgram.c ---- */

void dgram_events(struct trap *trap, struct sock *s);
long dgram_call(struct call *call);
/* A call could not be told what it asked for: keep it for the next. */
void dgram_undo(struct sock *s, struct datagram *d);

/* ---- call.c ---- */

/* Serve a notification, or try one again that was put aside. */
void call_serve(struct trap *trap, const struct seccomp_notif *req);
/* Try again what waits for a socket. */
void call_retry(struct trap *trap, struct sock *s);
/* Answer what has waited for too long, and set next_deadline. */
void call_timeouts(struct trap *trap);
void call_forget(struct sock *s);

/* ---- serve.c ---- */

int trap_prepare(struct trap *trap);
/* Serve until no process is left under the filter. Return: 0 or an error. */
int trap_serve(struct trap *trap);
/* Come back to a socket when the others have had their turn. */
void serve_again(struct trap *trap, struct sock *s);
/* Nanoseconds of a clock that does not jump. */
uint64_t trap_now(void);

#endif /* TRAP_INSIDE_H */
