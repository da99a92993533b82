// SPDX-License-Identifier: GPL-2.0
/*
 * gai.c - getaddrinfo_a() and its like interposed
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   the program.
 * Locking: gai_lock protects the requests' states.
 *
 * libc's threads call its own getaddrinfo(), which asks the host's network. Here each
 * request has a thread that calls the interposed one.
 */
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "preload.h"

/**
 * struct group - requests that were made together
 * @refs: requests that are not done
 * @event: what is to happen then
 */
struct group {
	int refs;
	struct sigevent event;
};

struct request {
	struct gaicb *wanted;
	struct group *group;
};

/* File-scope state: whoever waits, waits for any request of the process. */
static pthread_mutex_t gai_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gai_done = PTHREAD_COND_INITIALIZER;

static void *event_call(void *arg)
{
	struct group *group = arg;

	group->event.sigev_notify_function(group->event.sigev_value);
	free(group);
	return NULL;
}

/* All of them are done. */
static void group_end(struct group *group)
{
	pthread_t thread;

	if (group->event.sigev_notify == SIGEV_SIGNAL)
		sigqueue(getpid(), group->event.sigev_signo, group->event.sigev_value);
	if (group->event.sigev_notify != SIGEV_THREAD) {
		free(group);
		return;
	}
	if (pthread_create(&thread, group->event.sigev_notify_attributes, event_call,
			   group))
		free(group);
	else
		pthread_detach(thread);
}

static void request_end(struct request *request, int ret)
{
	struct group *group = request->group;
	bool last;

	pthread_mutex_lock(&gai_lock);
	request->wanted->__return = ret;
	last = !--group->refs;
	pthread_cond_broadcast(&gai_done);
	pthread_mutex_unlock(&gai_lock);
	free(request);
	if (last)
		group_end(group);
}

static void *request_run(void *arg)
{
	struct request *request = arg;
	struct gaicb *wanted = request->wanted;

	request_end(request, getaddrinfo(wanted->ar_name, wanted->ar_service,
					 wanted->ar_request, &wanted->ar_result));
	return NULL;
}

static void request_start(struct gaicb *wanted, struct group *group)
{
	struct request *request = malloc(sizeof(*request));
	pthread_t thread;

	if (!request) {
		pthread_mutex_lock(&gai_lock);
		wanted->__return = EAI_MEMORY;
		group->refs--;
		pthread_mutex_unlock(&gai_lock);
		return;
	}
	request->wanted = wanted;
	request->group = group;
	if (pthread_create(&thread, NULL, request_run, request))
		request_end(request, EAI_AGAIN);
	else
		pthread_detach(thread);
}

static bool any_in_progress(const struct gaicb *const list[], int count)
{
	for (int i = 0; i < count; i++)
		if (list[i] && list[i]->__return == EAI_INPROGRESS)
			return true;
	return false;
}

static void wait_all(struct gaicb *list[], int count)
{
	pthread_mutex_lock(&gai_lock);
	while (any_in_progress((const struct gaicb *const *)list, count))
		pthread_cond_wait(&gai_done, &gai_lock);
	pthread_mutex_unlock(&gai_lock);
}

/* One reference is held until all have been started. */
HIJACK int getaddrinfo_a(int mode, struct gaicb *list[], int count,
			 struct sigevent *event)
{
	struct group *group;
	bool last;

	if (mode != GAI_WAIT && mode != GAI_NOWAIT) {
		errno = EINVAL;
		return EAI_SYSTEM;
	}
	group = calloc(1, sizeof(*group));
	if (!group)
		return EAI_MEMORY;
	group->refs = 1;
	group->event.sigev_notify = SIGEV_NONE;
	if (event && mode == GAI_NOWAIT)
		group->event = *event;
	for (int i = 0; i < count; i++) {
		if (!list[i])
			continue;
		pthread_mutex_lock(&gai_lock);
		list[i]->__return = EAI_INPROGRESS;
		group->refs++;
		pthread_mutex_unlock(&gai_lock);
		request_start(list[i], group);
	}
	if (mode == GAI_WAIT)
		wait_all(list, count);
	pthread_mutex_lock(&gai_lock);
	last = !--group->refs;
	pthread_mutex_unlock(&gai_lock);
	if (last)
		group_end(group);
	return 0;
}

static bool any_done(const struct gaicb *const list[], int count)
{
	bool any = false;

	for (int i = 0; i < count; i++) {
		if (list[i] && list[i]->__return != EAI_INPROGRESS)
			return true;
		any |= list[i] != NULL;
	}
	return !any;
}

static struct timespec deadline_of(const struct timespec *timeout)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_sec += timeout->tv_sec;
	at.tv_nsec += timeout->tv_nsec;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

HIJACK int gai_suspend(const struct gaicb *const list[], int count,
		       const struct timespec *timeout)
{
	struct timespec at = { 0 };
	int err = 0, ret;

	if (timeout)
		at = deadline_of(timeout);
	pthread_mutex_lock(&gai_lock);
	ret = any_in_progress(list, count) ? 0 : EAI_ALLDONE;
	while (!ret && !err && !any_done(list, count))
		err = timeout ? pthread_cond_timedwait(&gai_done, &gai_lock, &at) :
		      pthread_cond_wait(&gai_done, &gai_lock);
	pthread_mutex_unlock(&gai_lock);
	return err ? EAI_AGAIN : ret;
}

/* A thread asks already: it cannot be called back. */
HIJACK int gai_cancel(struct gaicb *wanted)
{
	int ret;

	pthread_mutex_lock(&gai_lock);
	ret = wanted->__return == EAI_INPROGRESS ? EAI_NOTCANCELED : EAI_ALLDONE;
	pthread_mutex_unlock(&gai_lock);
	return ret;
}
