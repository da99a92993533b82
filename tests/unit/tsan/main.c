// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - runs the suites under ThreadSanitizer, each test in a process.
 *
 * Layer:   tests/unit/tsan.
 * Users:   tests/unit/tsan/run. An argument picks the tests whose names
 *          contain it.
 */
#include <criterion/criterion.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMEOUT_S	120

static struct mini_test *tests;
static bool failed;

void mini_register(struct mini_test *test)
{
	test->next = tests;
	tests = test;
}

void mini_failed(const char *file, int line, const char *what, int fatal)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
	failed = true;
	if (fatal)
		_exit(1);
}

static void run(const struct mini_test *test, void *value)
{
	pid_t child;
	int status = -1;

	fflush(stdout);
	child = fork();
	if (!child) {
		alarm(TIMEOUT_S);
		failed = false;
		if (test->plain)
			test->plain();
		else
			test->with(value);
		exit(failed);
	}
	if (child > 0)
		waitpid(child, &status, 0);
	printf("%s - %s\n", status ? "not ok" : "ok", test->name);
	failed |= status != 0;
}

int main(int argc, char **argv)
{
	const struct mini_test *test;
	struct criterion_test_params params;
	bool any = false;
	size_t i;

	for (test = tests; test; test = test->next) {
		if (argc > 1 && !strstr(test->name, argv[1]))
			continue;
		params = (struct criterion_test_params){ .count = 1 };
		if (test->params)
			params = test->params();
		for (i = 0; i < params.count; i++)
			run(test, (char *)params.values + i * params.size);
		any = true;
	}
	return failed || !any;
}
