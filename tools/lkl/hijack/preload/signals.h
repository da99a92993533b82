/* SPDX-License-Identifier: GPL-2.0 */
/*
 * signals.h - signal handlers of the program, called by way of ours
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   boot.c; service/client.c.
 */
#ifndef HIJACK_SIGNALS_H
#define HIJACK_SIGNALS_H

/* Before the library takes the signals of processor faults for itself. */
void signals_before_boot(void);

#endif /* HIJACK_SIGNALS_H */
