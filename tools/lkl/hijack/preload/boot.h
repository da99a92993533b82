/* SPDX-License-Identifier: GPL-2.0 */
/*
 * boot.h - bring the library kernel up in a hijacked process
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   kernel.c, once.
 */
#ifndef HIJACK_BOOT_H
#define HIJACK_BOOT_H

/* Load the library, boot, configure the network; 0 or a negative errno. */
int boot(void);

/* Show the files of the kernel that the settings name, before it is gone. */
void boot_dump(void);

/* Give back addresses that were given for a time. */
void boot_release(void);

/* In a forked child, whose calls others make: let go of the library's descriptors. */
void boot_forked(void);

#endif /* HIJACK_BOOT_H */
