// SPDX-License-Identifier: GPL-2.0
/*
 * server.c - the threads that serve requests
 *
 * Layer:   tools; called by worker.c, calls session.c for each request.
 *
 * DOC: Theory of operation
 *
 * What a small request costs is two wake-ups: ours when it comes, and the
 * host's process when it is answered; what is done in between takes less. The
 * first is saved by looking for the next request for a moment (SPIN_NS) before
 * going to sleep, since who has got an answer often has another question.
 *
 * Only one thread, the leader, waits for requests. All others wait to be the
 * leader. One that gets a request which may take long (it moves contents, or
 * waits for the disk) first gives the lead away. With all others it keeps the
 * lead and serves them itself: to wake another thread would cost as much as
 * the request; and so it does with reads while those are quick. Should one take
 * longer nevertheless, because something has to be read from a slow disk, the
 * watchman notices, and takes the lead from it for another. He looks about once
 * in a millisecond, and sleeps when nothing happens.
 */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "awake.h"
#include "creds.h"
#include "pressure.h"
#include "session.h"
#include "transfer.h"

/* Bytes of a FUSE_WRITE request before its data. */
#define WRITE_HEAD	(sizeof(struct fuse_in_header) + \
			 sizeof(struct fuse_write_in))

#define SMALL		16384		/* bytes; takes no longer than a lookup */
#define QUICK_READ	(256 * 1024)	/* bytes; it may be the leader's */
#define QUICK_NS	(150 * 1000)	/* if such reads take less on average */
#define SPIN_NS		(40 * 1000)
#define WATCH_NS	(1000 * 1000)	/* how often the watchman looks */
#define WATCH_IDLE	30		/* looks without work until he sleeps */

/**
 * struct server - the threads
 * @se: libfuse's
 * @fs: what is served
 * @fd: of /dev/fuse, non-blocking
 * @spin_ns: how long to look for a request before sleeping
 * @count: how many threads there are
 * @threads: they
 * @watchman: the thread that watches the leader
 * @lock: held to change @leader
 * @free: there is no leader
 * @terms: counts leaders
 * @leader: the term of the leader, by which it can tell that it is no longer;
 *	0 if there is none
 * @requests: counts those that leaders serve themselves
 * @serving: the number of the one being served, or 0
 * @read_ns: how long larger reads take, on average
 * @asleep: the watchman is
 * @wake: wakes him
 * @begun: the first request, which begins the session, was answered
 * @first: posted when it was
 * @ended: counts threads that have ended, and signals
 * @stopping: all are to end
 * @err: why the first of them has ended
 */
struct server {
	struct fuse_session *se;
	struct fs *fs;
	int fd;
	long spin_ns;
	unsigned int count;
	pthread_t *threads;
	pthread_t watchman;
	pthread_mutex_t lock;
	pthread_cond_t free;
	unsigned long terms;
	atomic_ulong leader;
	atomic_ulong requests;
	atomic_ulong serving;
	atomic_long read_ns;
	atomic_bool asleep;
	sem_t wake;
	bool begun;
	sem_t first;
	sem_t ended;
	volatile sig_atomic_t stopping;
	int err;
};

/* One process serves one mount; a signal handler has to find it. */
static struct server *server;

/* ---- the lead ---- */

/* Wait for it; 0 if all are to end, else this leader's term. */
static unsigned long lead_take(struct server *s)
{
	unsigned long term = 0;

	pthread_mutex_lock(&s->lock);
	while (atomic_load(&s->leader) && !s->stopping)
		pthread_cond_wait(&s->free, &s->lock);
	if (!s->stopping) {
		term = ++s->terms;
		atomic_store(&s->leader, term);
	}
	pthread_mutex_unlock(&s->lock);
	return term;
}

/* Give it away, unless it was taken already. */
static void lead_give(struct server *s, unsigned long term)
{
	pthread_mutex_lock(&s->lock);
	if (atomic_load(&s->leader) == term) {
		atomic_store(&s->leader, 0);
		pthread_cond_signal(&s->free);
	}
	pthread_mutex_unlock(&s->lock);
}

/* ---- the watchman ---- */

/*
 * The leader says what it serves, then looks whether the watchman sleeps; he
 * says that he sleeps, then looks whether something is served.
 */
static void watch_sleep(struct server *s)
{
	atomic_store(&s->asleep, true);
	if (atomic_load(&s->serving) && atomic_exchange(&s->asleep, false))
		return;
	while (sem_wait(&s->wake) && errno == EINTR)
		;
}

static void watch_wake(struct server *s)
{
	if (atomic_load(&s->asleep) && atomic_exchange(&s->asleep, false))
		sem_post(&s->wake);
}

/* If the leader is still at the request that it was at before, depose it. */
static void watch_leader(struct server *s, unsigned long before)
{
	pthread_mutex_lock(&s->lock);
	if (atomic_load(&s->serving) == before) {
		atomic_store(&s->serving, 0);
		atomic_store(&s->leader, 0);
		pthread_cond_signal(&s->free);
	}
	pthread_mutex_unlock(&s->lock);
}

static void *watch_thread(void *arg)
{
	const struct timespec pause = { .tv_nsec = WATCH_NS };
	unsigned long serving = 0, requests = 0, before;
	struct server *s = arg;
	unsigned int idle = 0;

	while (!s->stopping) {
		nanosleep(&pause, NULL);
		before = serving;
		serving = atomic_load(&s->serving);
		if (serving && serving == before)
			watch_leader(s, serving);
		before = requests;
		requests = atomic_load(&s->requests);
		idle = requests == before && !serving ? idle + 1 : 0;
		if (idle >= WATCH_IDLE) {
			watch_sleep(s);
			idle = 0;
		}
	}
	return NULL;
}

/* ---- requests ---- */

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

/* A request, or -1 with errno; EAGAIN after a sleep: there may be one. */
static ssize_t next_request(struct server *s, void *request, size_t size)
{
	struct pollfd fd = { .fd = s->fd, .events = POLLIN };
	long end = now_ns() + s->spin_ns;
	ssize_t len;

	do {
		len = read(s->fd, request, size);
		if (len >= 0 || errno != EAGAIN)
			return len;
		/* Who is to send it may be waiting for this processor. */
		sched_yield();
	} while (now_ns() < end);
	poll(&fd, 1, -1);
	errno = EAGAIN;
	return -1;
}

static bool may_take_long(const struct fuse_in_header *head)
{
	switch (head->opcode) {
	case FUSE_READ:
	case FUSE_WRITE:
	case FUSE_FSYNC:
	case FUSE_FSYNCDIR:
	case FUSE_FALLOCATE:
	case FUSE_COPY_FILE_RANGE:
		return true;
	default:
		return false;
	}
}

/* Bytes of contents that a request moves. */
static unsigned int size_moved(const struct fuse_in_header *head)
{
	const struct fuse_write_in *write = (const void *)(head + 1);
	const struct fuse_read_in *read = (const void *)(head + 1);

	switch (head->opcode) {
	case FUSE_READ:
		return read->size;
	case FUSE_WRITE:
		return write->size;
	default:
		return 0;
	}
}

/*
 * Small files come one after the other, and so do the parts of a large one.
 * Once the image is in the host's memory it is quick to read them.
 */
static bool is_quick(struct server *s, const struct fuse_in_header *head)
{
	unsigned int size = size_moved(head);

	if (!size || size <= SMALL)
		return size;
	return head->opcode == FUSE_READ && size <= QUICK_READ &&
	       atomic_load(&s->read_ns) < QUICK_NS;
}

/* A mean of the last few; threads that do this at once do no harm. */
static void note_read(struct server *s, long ns)
{
	long mean = atomic_load(&s->read_ns);

	atomic_store(&s->read_ns, mean + (ns - mean) / 4);
}

static void serve_request(struct server *s, void *request, size_t size)
{
	const struct fuse_in_header *head = request;
	bool read = head->opcode == FUSE_READ && size_moved(head) > SMALL;
	long start = read ? now_ns() : 0;

	pressure_relieve();
	session_request(s->se, s->fs, s->fd, request, size);
	if (read)
		note_read(s, now_ns() - start);
}

/* Serve it, and tell whether the thread still leads. */
static bool serve(struct server *s, unsigned long term, void *request,
		  size_t size)
{
	const struct fuse_in_header *head = request;

	if (may_take_long(head) && !is_quick(s, head)) {
		lead_give(s, term);
		serve_request(s, request, size);
		return false;
	}
	atomic_store(&s->serving, atomic_fetch_add(&s->requests, 1) + 1);
	watch_wake(s);
	serve_request(s, request, size);
	if (atomic_load(&s->leader) != term)
		return false;
	atomic_store(&s->serving, 0);
	return true;
}

/* The host has begun the session by now. There is only one thread before it. */
static void note_begin(struct server *s)
{
	if (s->begun)
		return;
	s->begun = true;
	if (s->fs->ready)
		s->fs->ready(s->fs->ready_arg);
	sem_post(&s->first);
}

/* Returns 0, or a negative errno to end. */
static int lead(struct server *s, unsigned long term)
{
	bool leading = true;
	size_t size;
	void *request = transfer_request(WRITE_HEAD, &size);
	unsigned int streak = 0;
	ssize_t len;

	while (leading && !s->stopping && !fuse_session_exited(s->se)) {
		len = next_request(s, request, size);
		streak = len >= 0 ? streak + 1 : 0;
		if (len >= (ssize_t)sizeof(struct fuse_in_header)) {
			awake_note(streak);
			leading = serve(s, term, request, len);
			note_begin(s);
		} else if (len >= 0) {
			return -EIO;
		/* ENOENT: it was interrupted before we got it. */
		} else if (errno != EAGAIN && errno != EINTR && errno != ENOENT) {
			return -errno;
		}
	}
	return 0;
}

/* ---- threads ---- */

static int serve_until_end(struct server *s)
{
	unsigned long term;
	int err = 0;

	while (!err && (term = lead_take(s))) {
		err = transfer_thread_init();
		if (!err)
			err = lead(s, term);
		lead_give(s, term);
		if (fuse_session_exited(s->se))
			break;
	}
	transfer_thread_exit();
	if (err != -ENODEV)
		return err;
	atomic_store(&s->fs->unmounted, true);
	return 0;
}

/* The first to end, because it was unmounted, ends all. */
static void *serve_thread(void *arg)
{
	struct server *s = arg;
	int err = creds_thread_init();

	/* Others serve already: it came after a panic, and they say so. */
	if (err && s->begun)
		return NULL;
	if (!err)
		err = serve_until_end(s);
	pthread_mutex_lock(&s->lock);
	if (err && !s->err)
		s->err = err;
	s->stopping = 1;
	pthread_cond_broadcast(&s->free);
	pthread_mutex_unlock(&s->lock);
	sem_post(&s->first);
	sem_post(&s->ended);
	return NULL;
}

static void on_stop(int signo)
{
	struct server *s = server;

	if (!s || s->stopping)
		return;
	s->stopping = 1;
	sem_post(&s->first);
	sem_post(&s->ended);
}

static void a_moment_later(struct timespec *t)
{
	clock_gettime(CLOCK_REALTIME, t);
	t->tv_nsec += 10 * 1000 * 1000;
	t->tv_sec += t->tv_nsec / 1000000000;
	t->tv_nsec %= 1000000000;
}

/* It may be waiting for a request, or be just about to, or for the lead. */
static void end_thread(struct server *s, pthread_t thread)
{
	struct timespec soon;

	for (a_moment_later(&soon); pthread_timedjoin_np(thread, NULL, &soon);
	     a_moment_later(&soon)) {
		pthread_kill(thread, SIGUSR1);
		pthread_mutex_lock(&s->lock);
		pthread_cond_broadcast(&s->free);
		pthread_mutex_unlock(&s->lock);
	}
}

static int start_thread(struct server *s)
{
	int err = -pthread_create(&s->threads[s->count], NULL, serve_thread, s);

	if (!err)
		s->count++;
	return err;
}

/*
 * The first alone, until the session has begun and the mount can be used: what
 * the others need takes milliseconds each.
 */
static int start_threads(struct server *s, unsigned int count)
{
	int err;

	s->threads = calloc(count, sizeof(*s->threads));
	if (!s->threads)
		return -ENOMEM;
	err = -pthread_create(&s->watchman, NULL, watch_thread, s);
	if (err)
		return err;
	err = start_thread(s);
	while (!err && sem_wait(&s->first) && errno == EINTR)
		;
	while (!err && s->count < count)
		err = start_thread(s);
	/* With fewer than wanted it works as well. */
	err = s->count ? 0 : err;
	if (!err)
		awake_start();
	if (err) {
		s->stopping = 1;
		sem_post(&s->wake);
		pthread_join(s->watchman, NULL);
	}
	return err;
}

static void run_threads(struct server *s)
{
	unsigned int i;

	while (sem_wait(&s->ended) && errno == EINTR)
		;
	s->stopping = 1;
	for (i = 0; i < s->count; i++)
		end_thread(s, s->threads[i]);
	sem_post(&s->wake);
	pthread_join(s->watchman, NULL);
	awake_stop();
}

int server_run(struct fuse_session *se, struct fs *fs, int fd,
	       unsigned int threads)
{
	struct sigaction action = { .sa_handler = on_stop };
	struct server s = {
		.se = se,
		.fs = fs,
		.fd = fd,
		/* On a single processor nobody could ask meanwhile. */
		.spin_ns = sysconf(_SC_NPROCESSORS_ONLN) > 1 ? SPIN_NS : 0,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.free = PTHREAD_COND_INITIALIZER,
	};
	int err;

	if (fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK))
		return -errno;
	sem_init(&s.first, 0, 0);
	sem_init(&s.ended, 0, 0);
	sem_init(&s.wake, 0, 0);
	server = &s;
	sigaction(SIGUSR1, &action, NULL);
	err = start_threads(&s, threads);
	if (!err)
		run_threads(&s);
	signal(SIGUSR1, SIG_IGN);
	server = NULL;
	free(s.threads);
	return err ? err : s.err;
}
