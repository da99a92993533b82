// SPDX-License-Identifier: GPL-2.0
/*
 * place.c - what holds a host number for a descriptor of the library
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see place.h.
 * Context: any thread, signal handlers too; no locks.
 */
#include "place.h"

#include <sys/socket.h>

#include "limits.h"
#include "pool.h"
#include "real.h"
#include "table.h"

/* File-scope state: places belong to the process, as its descriptors do. */
static struct place places[FD_MAX / 2];
static struct pool place_pool = POOL(places);

/*
 * Our end, moved out of the program's way and marked as ours. The other end's
 * number stays the lowest that was free.
 */
static int keep(int end)
{
	int kept = real.fcntl(end, F_DUPFD_CLOEXEC, limits_own_base());

	if (kept < 0)
		return -errno;
	real.close(end);
	if (kept >= FD_MAX) {
		real.close(kept);
		return -EMFILE;
	}
	file_publish(kept, &file_internal);
	return kept;
}

/*
 * Nobody should ever read or write a place: who does by a system call of his
 * own is told EAGAIN at once instead of waiting for ever.
 */
int place_new(bool cloexec, struct place **placep)
{
	struct place *place = pool_get(&place_pool);
	int ends[2], err;

	if (!place)
		return -EMFILE;
	err = -EMFILE;
	if (real.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK |
			    (cloexec ? SOCK_CLOEXEC : 0), 0, ends)) {
		err = -errno;
		goto err_place;
	}
	if (ends[0] >= FD_MAX || !limits_allow(ends[0]))
		goto err_both;
	place->kept = keep(ends[1]);
	if (place->kept < 0) {
		err = place->kept;
		goto err_both;
	}
	place->refs = 1;
	*placep = place;
	return ends[0];

err_both:
	real.close(ends[1]);
	real.close(ends[0]);
err_place:
	pool_put(&place_pool, place);
	return err;
}

struct place *place_adopt(int kept)
{
	struct place *place = pool_get(&place_pool);

	if (!place)
		return NULL;
	place->kept = kept;
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
