/* SPDX-License-Identifier: GPL-2.0 */
/*
 * faults.h - host system calls that fail on demand.
 *
 * Layer:   tests/unit.
 * Users:   the suite about the file descriptor backend. The program's own
 *          definition of a libc function is what the code under test calls.
 */
#ifndef LKL_UNIT_FAULTS_H
#define LKL_UNIT_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

enum fault_call {
	FAULT_PREADV2,
	FAULT_PWRITEV2,
	FAULT_FDATASYNC,
	FAULT_FALLOCATE,
	FAULT_FSTAT,
	FAULT_SYNC_FILE_RANGE,
	FAULT_CALLS,
};

/**
 * struct fault - what shall happen to one system call
 * @fail: so many calls fail
 * @error: with this errno
 * @only_nowait: but only those with RWF_NOWAIT
 * @short_to: transfers end after so many bytes, if not 0
 * @delay_ms: calls take this much longer
 * @calls: calls seen; atomic
 * @nowait_calls: those with RWF_NOWAIT; atomic
 */
struct fault {
	int fail;
	int error;
	bool only_nowait;
	size_t short_to;
	int delay_ms;
	int calls;
	int nowait_calls;
};

extern struct fault faults[FAULT_CALLS];

/* From now on io_uring_setup() fails with EPERM in this process. */
void faults_forbid_uring(void);

#endif /* LKL_UNIT_FAULTS_H */
