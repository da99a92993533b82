// SPDX-License-Identifier: GPL-2.0
/*
 * console.c - the console family against its contract.
 *
 * Layer:   tests/conformance.
 */
#include "tests/conformance/host.h"

#include <criterion/criterion.h>
#include <string.h>

static char taken[64];
static int taken_len;
static int pieces;

static void take(const char *str, int len)
{
	cr_assert_leq(taken_len + len, (int)sizeof(taken));
	memcpy(taken + taken_len, str, len);
	taken_len += len;
	pieces++;
}

Test(console, writes_exactly_the_bytes_given)
{
	struct lkl_host_operations ops = *host;

	ops.print = take;
	host->console->write(&ops, "one\0two|", 7);
	host->console->write(&ops, "three", 5);
	cr_assert_eq(taken_len, 12);
	cr_assert_eq(memcmp(taken, "one\0twothree", 12), 0);
}

Test(console, drops_output_without_a_print_function)
{
	struct lkl_host_operations ops = *host;

	ops.print = NULL;
	host->console->write(&ops, "nowhere", 7);
	cr_assert_eq(taken_len, 0);
}

Test(console, follows_a_print_function_that_changes)
{
	struct lkl_host_operations ops = *host;

	ops.print = NULL;
	host->console->write(&ops, "a", 1);
	ops.print = take;
	host->console->write(&ops, "b", 1);
	ops.print = NULL;
	host->console->write(&ops, "c", 1);
	cr_assert_eq(pieces, 1);
	cr_assert_eq(taken[0], 'b');
}
