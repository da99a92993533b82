/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fakekernel.h - the system calls of fakekernel.c
 *
 * Layer:   tests/unit.
 *
 * @FAKE_PRINT: write params[1] bytes at params[0] to the console
 * @FAKE_PANIC: panic
 * @FAKE_INTERRUPTS: how many interrupts of devices there were
 * @FAKE_DEVICE: the id of the last device added
 * @FAKE_READ_WINDOW: read register params[0] of it, in any state
 * @FAKE_WRITE_WINDOW: write params[1] to it, in any state
 */
#ifndef LKL_TESTS_FAKEKERNEL_H
#define LKL_TESTS_FAKEKERNEL_H

enum {
	FAKE_PRINT = 1000,
	FAKE_PANIC,
	FAKE_INTERRUPTS,
	FAKE_DEVICE,
	FAKE_READ_WINDOW,
	FAKE_WRITE_WINDOW,
};

#endif /* LKL_TESTS_FAKEKERNEL_H */
