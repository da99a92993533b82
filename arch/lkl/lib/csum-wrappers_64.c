// SPDX-License-Identifier: GPL-2.0
#include <x86/lib/csum-wrappers_64.c>
