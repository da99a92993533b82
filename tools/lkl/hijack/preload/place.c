// SPDX-License-Identifier: GPL-2.0
/*
 * place.c - what holds a host number for a descriptor of the library
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see place.h.
 * Context: any thread, signal handlers too; no locks.
 */
#include "place.h"

#include <pthread.h>
#include <sys/socket.h>

#include "limits.h"
#include "pool.h"
#include "real.h"
#include "table.h"

/* File-scope state: places belong to the process, as its descriptors do. */
static struct place places[FD_MAX / 2];
static struct pool place_pool = POOL(places);

/* Another number for an end of ours, out of the program's way and marked as ours. */
static int own_number(int end)
{
	int kept = real.fcntl(end, F_DUPFD_CLOEXEC, limits_own_base());

	if (kept < 0)
		return -errno;
	if (kept >= FD_MAX) {
		real.close(kept);
		return -EMFILE;
	}
	file_publish(kept, &file_internal);
	return kept;
}

/* The same instead of the one it has. The other end's stays the lowest that was free. */
static int keep(int end)
{
	int kept = own_number(end);

	if (kept >= 0)
		real.close(end);
	return kept;
}

/*
 * What all new places are duplicates of, and the lock of making it and of giving
 * places their own. Nobody should ever read or write it: who does by a system
 * call of his own is told EAGAIN at once instead of waiting for ever.
 */
static int shared_end = -1;
static pthread_mutex_t place_lock = PTHREAD_MUTEX_INITIALIZER;

static int pair_open(int *end, int *kept)
{
	int ends[2], err;

	if (real.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
			    0, ends))
		return -errno;
	*kept = keep(ends[1]);
	err = *kept;
	if (err < 0)
		goto err_both;
	*end = keep(ends[0]);
	err = *end;
	if (err < 0)
		goto err_one;
	return 0;

err_both:
	real.close(ends[1]);
err_one:
	real.close(ends[0]);
	return err;
}

static int shared_make(void)
{
	int end, kept, err = 0;

	pthread_mutex_lock(&place_lock);
	if (shared_end < 0)
		err = pair_open(&end, &kept);
	if (!err && shared_end < 0)
		__atomic_store_n(&shared_end, end, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&place_lock);
	return err;
}

static int number_take(bool cloexec)
{
	int from = __atomic_load_n(&shared_end, __ATOMIC_ACQUIRE), fd, err;

	if (unlikely(from < 0)) {
		err = shared_make();
		if (err)
			return err;
		from = shared_end;
	}
	fd = real.fcntl(from, cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, 0);
	if (fd < 0)
		return -errno;
	if (fd < FD_MAX && limits_allow(fd))
		return fd;
	real.close(fd);
	return -EMFILE;
}

int place_new(bool cloexec, struct place **placep)
{
	struct place *place = place_adopt(-1);
	int fd;

	if (!place)
		return -EMFILE;
	fd = number_take(cloexec);
	if (fd < 0)
		pool_put(&place_pool, place);
	else
		*placep = place;
	return fd;
}

/* Identities. A number whose file is placed refers to its place's own end. */

static void number_place(int fd, struct file *file)
{
	struct place *place = file->place;
	int flags;

	if (file->placed)
		return;
	if (place->kept < 0 && pair_open(&place->end, &place->kept))
		return;
	flags = real.fcntl(fd, F_GETFD);
	/* Closed meanwhile, or a late duplicate: then it stays without. */
	if (flags < 0 || place->end < 0)
		return;
	real.dup3(place->end, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
	file->placed = true;
}

/* Only numbers may hold that end, or ours never hangs up. */
static void end_close(int fd, struct file *file)
{
	struct place *place = file->place;

	(void)fd;
	if (place->end < 0)
		return;
	file_withdraw(place->end);
	real.close(place->end);
	place->end = -1;
}

void place_identify_all(void)
{
	pthread_mutex_lock(&place_lock);
	file_each(number_place);
	file_each(end_close);
	pthread_mutex_unlock(&place_lock);
}

void place_identify(int fd, struct file *file)
{
	if (__atomic_load_n(&file->placed, __ATOMIC_ACQUIRE))
		return;
	if (__atomic_load_n(&file->place->refs, __ATOMIC_ACQUIRE) > 1) {
		place_identify_all();
		return;
	}
	pthread_mutex_lock(&place_lock);
	number_place(fd, file);
	end_close(fd, file);
	pthread_mutex_unlock(&place_lock);
}

/* Where the number of an end is kept, if it is one. */
static int *end_find(int fd)
{
	uint32_t used = __atomic_load_n(&place_pool.used, __ATOMIC_RELAXED);

	if (shared_end == fd)
		return &shared_end;
	for (uint32_t i = 0; i < used && i < ARRAY_SIZE(places); i++) {
		if (places[i].refs && places[i].kept == fd)
			return &places[i].kept;
		if (places[i].refs && places[i].end == fd)
			return &places[i].end;
	}
	return NULL;
}

int place_move(int fd)
{
	int *end, kept, err = -EBUSY;

	pthread_mutex_lock(&place_lock);
	end = end_find(fd);
	if (end) {
		kept = own_number(fd);
		err = kept < 0 ? kept : 0;
		if (!err)
			__atomic_store_n(end, kept, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&place_lock);
	return err;
}

void place_forked(void)
{
	pthread_mutex_init(&place_lock, NULL);
}

struct place *place_adopt(int kept)
{
	struct place *place = pool_get(&place_pool);

	if (!place)
		return NULL;
	place->kept = kept;
	place->end = -1;
	place->refs = 1;
	return place;
}

void place_get(struct place *place)
{
	__atomic_add_fetch(&place->refs, 1, __ATOMIC_RELAXED);
}

void place_put(struct place *place)
{
	if (__atomic_sub_fetch(&place->refs, 1, __ATOMIC_ACQ_REL))
		return;
	if (place->kept >= 0) {
		file_withdraw(place->kept);
		real.close(place->kept);
	}
	pool_put(&place_pool, place);
}
