/* SPDX-License-Identifier: GPL-2.0 */
/* parameterized.h - see criterion.h, which has it all. */
#include <criterion/criterion.h>
