/* SPDX-License-Identifier: GPL-2.0 */
/*
 * criterion.h - as much of Criterion as tests/unit uses, for ThreadSanitizer.
 *
 * Layer:   tests/unit/tsan.
 * Users:   the suites, when built by tests/unit/tsan/run. Criterion itself maps
 *          an arena where ThreadSanitizer keeps its shadow, and gives up.
 */
#ifndef LKL_TSAN_CRITERION_H
#define LKL_TSAN_CRITERION_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The values a parameterised test is run with. */
struct criterion_test_params {
	size_t size;
	void *values;
	size_t count;
};

struct mini_test {
	const char *name;
	void (*plain)(void);
	void (*with)(void *value);
	struct criterion_test_params (*params)(void);
	struct mini_test *next;
};

void mini_register(struct mini_test *test);
void mini_failed(const char *file, int line, const char *what, int fatal);

#define MINI_REGISTER(s, n, ...)					\
	__attribute__((constructor)) static void s##_##n##_register(void) \
	{								\
		static struct mini_test test = { #s "::" #n, __VA_ARGS__ }; \
									\
		mini_register(&test);					\
	}

#define Test(s, n, ...)							\
	static void s##_##n##_impl(void);				\
	MINI_REGISTER(s, n, .plain = s##_##n##_impl)			\
	static void s##_##n##_impl(void)

#define ParameterizedTestParameters(s, n)				\
	static struct criterion_test_params s##_##n##_params(void)

#define ParameterizedTest(param, s, n, ...)				\
	static void s##_##n##_impl(param);				\
	static void s##_##n##_with(void *value)				\
	{								\
		s##_##n##_impl(value);					\
	}								\
	MINI_REGISTER(s, n, .with = s##_##n##_with,			\
		      .params = s##_##n##_params)			\
	static void s##_##n##_impl(param)

#define cr_make_param_array(type, values, count) \
	((struct criterion_test_params){ sizeof(type), values, count })

#define MINI_CHECK(condition, fatal) do {				\
	if (!(condition))						\
		mini_failed(__FILE__, __LINE__, #condition, fatal);	\
} while (0)

#define cr_assert(c, ...)		MINI_CHECK(c, 1)
#define cr_expect(c, ...)		MINI_CHECK(c, 0)
#define cr_assert_eq(a, b, ...)		MINI_CHECK((a) == (b), 1)
#define cr_assert_neq(a, b, ...)	MINI_CHECK((a) != (b), 1)
#define cr_assert_lt(a, b, ...)		MINI_CHECK((a) < (b), 1)
#define cr_assert_gt(a, b, ...)		MINI_CHECK((a) > (b), 1)
#define cr_assert_leq(a, b, ...)	MINI_CHECK((a) <= (b), 1)
#define cr_assert_geq(a, b, ...)	MINI_CHECK((a) >= (b), 1)
#define cr_expect_eq(a, b, ...)		MINI_CHECK((a) == (b), 0)
#define cr_expect_gt(a, b, ...)		MINI_CHECK((a) > (b), 0)
#define cr_assert_null(a, ...)		MINI_CHECK(!(a), 1)
#define cr_assert_not_null(a, ...)	MINI_CHECK(a, 1)
#define cr_assert_arr_eq(a, b, n, ...)	MINI_CHECK(!memcmp(a, b, n), 1)
#define cr_assert_fail(...)		MINI_CHECK(0, 1)
#define cr_skip_test(...)		exit(0)

#endif /* LKL_TSAN_CRITERION_H */
