/* SPDX-License-Identifier: GPL-2.0 */
/*
 * service.h - a hijacked process serves its kernel to its forked children
 *
 * Layer:   tools/lkl/hijack, part of liblkl-hijack.so, above preload/kernel.h.
 * Users:   the files of this directory; preload/exit.c by process_hooks.
 *
 * DOC: Theory of operation
 *
 * The process that booted the kernel is its owner; its forked children, and
 * theirs, are clients. A client's interposers do what they do in the owner, but
 * kernel_call() leads here: each thread of a client has a connection (a unix
 * socket of the host) to a thread of the owner, which makes the call in its
 * place, with the client's memory for the user's (lkl_peer_set()).
 *
 * What need not wait for an answer does not: see board.h.
 *
 * The library has one table of descriptors. At fork the child gets duplicates of
 * those it inherits; what it opens later is noted, and closed when it is gone.
 * So files are shared and live as long as on a host.
 *
 * Each client has a control connection besides, made before the fork: by it new
 * threads are announced, calls interrupted (signals), and its hang-up says that
 * the client is gone, however it ended. Calls under way for it are interrupted
 * then, and its descriptors closed.
 *
 * If the owner ends while it has clients, it goes on serving: its parent, if that
 * is lkl-hijack, is told the exit status; everything of the program's own is
 * closed, and the process stays until the last client is gone. If the owner is
 * killed, a client's calls fail by -ENOLINK, which is said once.
 */
#ifndef HIJACK_SERVICE_H
#define HIJACK_SERVICE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- what goes over the connections ---- */

enum control_op { CONTROL_HELLO, CONTROL_THREAD, CONTROL_INTERRUPT };

/**
 * struct control - from a client, by its control connection
 * @op: CONTROL_*
 * @waker: CONTROL_INTERRUPT: meant for service_waker_syscall() alone, sticky
 * @pid: CONTROL_HELLO: the client
 * @thread: a number of the client's thread
 * @seq: CONTROL_INTERRUPT: the call that is meant, unless @waker
 *
 * CONTROL_THREAD carries the owner's end of the thread's connection.
 */
struct control {
	uint32_t op;
	uint32_t waker;
	int32_t pid;
	uint32_t thread;
	uint64_t seq;
};

/* Besides system calls: duplicates for a child; the message carries its control. */
#define REQUEST_FORK	(-1L)
/* server_reaped() of the first argument. */
#define REQUEST_REAPED	(-2L)
/* registry_keep(): inode number, descriptor; the message carries the other end. */
#define REQUEST_KEEP	(-3L)
/* registry_find(): inode number; the answer carries the other end. */
#define REQUEST_FIND	(-4L)
/* kernel_dead */
#define REQUEST_DEAD	(-5L)
/* The answer carries memory to share: board.h. */
#define REQUEST_BOARD	(-6L)
/* Something was put on the board; not answered. */
#define REQUEST_KICK	(-7L)
/* Answered when all that other threads have put on boards is done. */
#define REQUEST_SETTLE	(-8L)

/**
 * struct request - a call, by a thread's connection; answered by a long
 * @nr: system call, or REQUEST_*
 * @params: its arguments; REQUEST_FORK: an array of int descriptors, to be replaced
 *	by those of the child, and its length
 * @seq: numbers the thread's calls
 * @waker: it may be ended by an interrupt for wakers
 * @board: epoll_wait() and its like: the events go to the board
 * @own: the socket is known to be the client's alone
 */
struct request {
	long nr;
	long params[6];
	uint64_t seq;
	uint16_t waker;
	uint16_t board;
	uint32_t own;
};

/* ---- messages.c ---- */

/* Send a message with a descriptor (or -1); 0 or a negative errno. */
int message_send(int sock, const void *data, size_t len, int fd);
/* Receive one; *@fd is the descriptor or -1. Return: bytes, 0 at the end, or < 0. */
ssize_t message_receive(int sock, void *data, size_t len, int *fd);
/* The same, or -EAGAIN if there is none yet. */
ssize_t message_look(int sock, void *data, size_t len, int *fd);
/* Two connected ends, out of the program's way; 0 or a negative errno. */
int connection_make(int ends[2]);
/* The same for a descriptor that was received. Return: its number, or < 0. */
int connection_keep(int fd);
void connection_close(int fd);

/* ---- server.c, serve.c: in the owner ---- */

/**
 * server_fork - make a client of a child that is about to be forked
 * @libs: descriptors it inherits, replaced by its own
 * @count: how many
 * @control: our end of its control connection; the server's from now on
 * @memory: process whose memory @libs is in, or 0
 *
 * Return: 0 or a negative errno.
 */
long server_fork(int *libs, size_t count, int control, pid_t memory);
/* Somebody came by listen.c: @control is our end of its control connection. */
void server_join(int control);
/* Be found by listen.c; 0 or a negative errno. */
int server_listen(void);
/* How many clients there are. */
unsigned int server_clients(void);
/* Wait until there are none. */
void server_wait(void);
/* Wait until what a process that has ended had is closed. Signal handlers too. */
void server_reaped(pid_t pid);
/* Around fork(), in the owner: nothing changes meanwhile. */
void server_freeze(void);
void server_thaw(void);
/* In a child: nothing of the server is ours; close what was inherited. */
void server_forget(void);

/* ---- client.c ---- */

/* Become a client; @control is our end, @owner the process that serves. */
void client_start(int control, pid_t owner);
/* Before fork() of a client: as server_fork(). */
long client_fork(int *libs, size_t count, int control);
bool client_is(void);
/* As server_reaped(). */
void client_reaped(pid_t pid);
/* In a client's child: its connections are not ours. */
void client_forget(void);
/* As registry_keep(), but @end stays the caller's. */
long client_keep(ino_t inode, int lib, int end);
/* As registry_find(); *@end is the caller's. */
int client_find(ino_t inode, int *end);
/* An exec'ed program asks the owner at @control, ... */
void client_join(int control);
/* ... and is its client from now on. */
void client_joined(void);

#endif /* HIJACK_SERVICE_H */
