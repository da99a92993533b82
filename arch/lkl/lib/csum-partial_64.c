// SPDX-License-Identifier: GPL-2.0
#include <x86/lib/csum-partial_64.c>
