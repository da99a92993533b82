/* SPDX-License-Identifier: GPL-2.0 */
/*
 * server.h - the owner's record of its clients, and of the threads that serve them
 *
 * Layer:   tools/lkl/hijack/service, in the owner; see service.h.
 * Users:   server.c (clients come and go), serve.c (their calls).
 */
#ifndef HIJACK_SERVER_H
#define HIJACK_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "api.h"
#include "behind.h"
#include "descriptors.h"
#include "service.h"
#include "source.h"

/**
 * struct service - a thread that makes calls for one of a client's
 * @next: of the same client
 * @client: whose
 * @number: the client's for its thread
 * @connection: where calls come from
 * @waker: of this thread
 * @known: @waker is set, and calls are taken
 * @seq: the call under way, or the last one
 * @signalled: the last call that a signal interrupts; perhaps it has not come yet
 * @woken: an interrupt for wakers that has ended no call yet
 * @own: user memory is the owner's at the moment, not the client's
 * @watch: of @connection; NULL: the host has none
 * @behind: what the client's thread shares with it, if it asked for that
 */
struct service {
	struct service *next;
	struct client *client;
	uint32_t number;
	int connection;
	struct lkl_waker waker;
	bool known;
	uint64_t seq;
	uint64_t signalled;
	bool woken;
	bool own;
	struct behind *behind;
	struct lkl_watch *watch;
};

/**
 * struct client - a process whose calls we make
 * @source: of its control connection
 * @next: in the list
 * @pid: it; 0 until it has said so
 * @control: our end of its control connection; -1 once it is gone
 * @threads: services for its threads
 * @count: how many, plus one while @control is open
 * @settling: threads that wait for boards
 * @libs: the library's descriptors that are its
 */
struct client {
	struct source source;
	struct client *next;
	pid_t pid;
	int control;
	struct service *threads;
	unsigned int count;
	unsigned int settling;
	struct descriptors libs;
};

/* Protects the lists and counts of both. */
extern pthread_mutex_t clients_lock;

/* One user less; the last one frees it. */
void client_put(struct client *client);

/* A thread of ours, out of the program's way; 0 or a negative errno. */
int thread_start(void *(*fn)(void *arg), void *arg);

/* A thread of @client's has come; @connection is ours from now on. */
void service_new(struct client *client, uint32_t number, int connection);

#endif /* HIJACK_SERVER_H */
