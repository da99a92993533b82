// SPDX-License-Identifier: GPL-2.0
/*
 * random.c - the random family against its contract.
 *
 * Layer:   tests/conformance.
 */
#include "tests/conformance/host.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define BIG	(1 << 20)

Test(random, says_how_much_it_filled_and_touches_no_more)
{
	static unsigned char buf[256];

	for (__u32 len = 0; len < 200; len++) {
		__u32 n;

		memset(buf, 0xa5, sizeof(buf));
		n = host->random->fill(buf, len);
		cr_assert_leq(n, len);
		for (__u32 i = n; i < sizeof(buf); i++)
			cr_assert_eq(buf[i], 0xa5);
	}
}

/* A test machine that has booted has entropy: a seed's worth must come. */
Test(random, gives_a_seed)
{
	unsigned char seed[32];

	cr_assert_eq(host->random->fill(seed, sizeof(seed)), sizeof(seed));
}

/*
 * Not a test of randomness, but a constant, a counter or a short fill claimed
 * as a long one shows: each byte value comes 4096 times on average, with a
 * standard deviation of 64.
 */
Test(random, large_fill_is_evenly_spread)
{
	unsigned char *buf = calloc(1, BIG);
	unsigned int count[256] = { 0 };
	__u32 n;

	cr_assert_not_null(buf);
	n = host->random->fill(buf, BIG);
	cr_assert_eq(n, BIG);
	for (__u32 i = 0; i < n; i++)
		count[buf[i]]++;
	for (int i = 0; i < 256; i++)
		cr_assert(count[i] > 3500 && count[i] < 4700,
			  "byte %d came %u times", i, count[i]);
	free(buf);
}

Test(random, two_fills_differ)
{
	unsigned char a[32], b[32];

	cr_assert_eq(host->random->fill(a, sizeof(a)), sizeof(a));
	cr_assert_eq(host->random->fill(b, sizeof(b)), sizeof(b));
	cr_assert_neq(memcmp(a, b, sizeof(a)), 0);
}
