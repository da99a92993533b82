/* SPDX-License-Identifier: GPL-2.0 */
/*
 * place.h - what holds a host number for a descriptor of the library
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   whatever makes, duplicates and closes descriptors; the service for
 *	other processes.
 * Context: any thread, signal handlers too.
 *
 * A place is a socketpair. One end is open at the number that the program sees,
 * and is duplicated, inherited and passed with it; its inode says which file it
 * is. We keep the other end, at a number out of the program's way, and it hangs
 * up when the last duplicate of the first is closed, wherever that was.
 */
#ifndef HIJACK_PLACE_H
#define HIJACK_PLACE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct place - a socketpair
 * @next: in the pool
 * @kept: our end
 * @refs: entries of the table that have the other end
 */
struct place {
	uint32_t next;
	int kept;
	uint32_t refs;
};

/**
 * place_new - take the lowest free number
 * @cloexec: whether exec closes it
 * @place: set to what holds it
 *
 * Return: the number, or -EMFILE, -ENFILE, -ENOMEM.
 */
int place_new(bool cloexec, struct place **place);

/* One that another process made: @kept is its other end, or -1. NULL if full. */
struct place *place_adopt(int kept);

void place_get(struct place *place);
/* Our end is closed with the last entry. The number is the caller's to close. */
void place_put(struct place *place);

#endif /* HIJACK_PLACE_H */
