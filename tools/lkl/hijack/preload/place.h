/* SPDX-License-Identifier: GPL-2.0 */
/*
 * place.h - what holds a host number for a descriptor of the library
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   whatever makes, duplicates and closes descriptors; the service for
 *	other processes.
 * Context: any thread, signal handlers too.
 *
 * A place begins as a duplicate of a descriptor of ours that all new ones share,
 * which costs one cheap call of the host. Before its number can reach another
 * process, it becomes one end of a socketpair of its own: that end is duplicated,
 * inherited and passed with it, and its inode says which file it is. We keep the
 * other end, at a number out of the program's way, and it hangs up when the last
 * duplicate of the first is closed, wherever that was.
 */
#ifndef HIJACK_PLACE_H
#define HIJACK_PLACE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct place - what one or several duplicated numbers refer to
 * @next: in the pool
 * @kept: our end; -1 while it has none of its own
 * @end: the other end, while numbers are being made to refer to it, else -1
 * @refs: entries of the table that have it
 */
struct place {
	uint32_t next;
	int kept;
	int end;
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

struct file;

/**
 * place_identify - give a number a place of its own, which others can know it by
 * @fd: the number
 * @file: what it means
 */
void place_identify(int fd, struct file *file);

/* The same for all numbers of the library. */
void place_identify_all(void);

/**
 * place_move - move an end of ours out of the program's way
 * @fd: its number, which stays open for the caller to replace
 *
 * Return: 0; -EBUSY if it is not an end of a place; -EMFILE.
 */
int place_move(int fd);

/* In a forked child: who held the lock is not here. */
void place_forked(void);

void place_get(struct place *place);
/* Our end is closed with the last entry. The number is the caller's to close. */
void place_put(struct place *place);

#endif /* HIJACK_PLACE_H */
