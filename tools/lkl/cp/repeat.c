// SPDX-License-Identifier: GPL-2.0
/*
 * repeat.c - the same image every time, by SOURCE_DATE_EPOCH
 *
 * Layer:   tools; see repeat.h.
 * Context: one thread.
 */
#include "repeat.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lkl.h>

#include "../tar/settle.h"
#include "diag.h"
#include "imageopts.h"

int repeat_wanted(int64_t *epoch)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t value;
	int err;

	if (!text || !*text)
		return 0;
	err = imageopts_number(text, false, INT64_MAX, &value);
	if (err) {
		diag_error("SOURCE_DATE_EPOCH '%s': a number expected", text);
		return err;
	}
	*epoch = (int64_t)value;
	return 1;
}

static bool is_ext(const char *type)
{
	return !strcmp(type, "ext4") || !strcmp(type, "ext3") ||
	       !strcmp(type, "ext2");
}

/*
 * FAT begins in 1980: what is made before that was made then. So the time of a
 * file's making, which nobody can set, does not depend on when it was.
 */
static void stop_clock(void)
{
	struct timespec start = { .tv_sec = 24 * 60 * 60 };

	lkl_sys_clock_settime(CLOCK_REALTIME, (void *)&start);
}

void repeat_begin(struct volume *volume, const char *name, int64_t epoch)
{
	const char *type = volume_type(volume);

	if (is_ext(type))
		volume_settle(volume, settle_ext, epoch);
	else if (!strcmp(type, "vfat"))
		stop_clock();
	else
		diag_warning("%s: %s cannot be made the same every time, in spite of SOURCE_DATE_EPOCH",
			     name, type);
}
