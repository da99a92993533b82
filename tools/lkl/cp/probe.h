/* SPDX-License-Identifier: GPL-2.0 */
/*
 * probe.h - what is on a disk or partition, by its first bytes
 *
 * Layer:   tools; called by volume.c.
 */
#ifndef CP_PROBE_H
#define CP_PROBE_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct probe - something that can be recognised
 * @name: the kernel's name of the file system, or what else it is
 * @mountable: is a file system of the library's kernel
 * @hybrid: may have a partition table in its unused first sectors
 */
struct probe {
	const char *name;
	bool mountable;
	bool hybrid;
};

/**
 * probe_file - recognise what begins at @offset
 * @fd: the image
 * @offset: in bytes
 *
 * Return: what it is, or NULL if nothing is recognised or can be read.
 */
const struct probe *probe_file(int fd, off_t offset);

#endif /* CP_PROBE_H */
