/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sandbox.h - give up what copying does not need, before an image is looked at
 *
 * Layer:   tools; called by main.c.
 */
#ifndef CP_SANDBOX_H
#define CP_SANDBOX_H

/**
 * sandbox_enter - confine the process for good
 * @destination: path on the host that is going to be written, or NULL if
 *	nothing on the host is: then everything may be read instead
 *
 * To be called before a second thread exists, since Landlock confines the
 * calling one and those it starts. Open descriptors keep what they may. A host
 * kernel without Landlock or seccomp is no error.
 */
void sandbox_enter(const char *destination);

#endif /* CP_SANDBOX_H */
