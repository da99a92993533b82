/* SPDX-License-Identifier: GPL-2.0 */
/*
 * channel.h - what supervisor and worker tell each other
 *
 * Layer:   tools; called by supervisor.c and worker.c.
 *
 *	worker				supervisor
 *	CHANNEL_OPENED	------------>	mounts, so that no image is
 *			<------------	CHANNEL_MOUNTED, with /dev/fuse
 *	CHANNEL_READY	------------>	lets go of the terminal
 *
 * Mounting takes about as long as booting; so both go on at the same time.
 */
#ifndef FUSE_CHANNEL_H
#define FUSE_CHANNEL_H

#define CHANNEL_OPENED	'O'
#define CHANNEL_MOUNTED	'M'
#define CHANNEL_READY	'R'

/**
 * channel_open - make both ends
 * @ends: result
 *
 * Return: 0, or a negative errno.
 */
int channel_open(int ends[2]);

/**
 * channel_send - tell the other end
 * @end: ours
 * @what: CHANNEL_*
 * @fd: descriptor to hand over, or -1
 *
 * Return: 0, or a negative errno: nobody is there.
 */
int channel_send(int end, char what, int fd);

/**
 * channel_receive - wait for what the other end tells
 * @end: ours
 * @fd: set to the descriptor handed over, or -1
 *
 * Return: CHANNEL_*, or 0 if nobody is there.
 */
char channel_receive(int end, int *fd);

#endif /* FUSE_CHANNEL_H */
