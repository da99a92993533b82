/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/string.h - memory and string functions written for the processor.
 *
 * Layer: arch/lkl, for all kernel code. Implemented in lib/; what is not
 * declared here comes from the kernel's lib/string.c.
 */
#ifndef _ASM_LKL_STRING_H
#define _ASM_LKL_STRING_H

#include <linux/types.h>

#define __HAVE_ARCH_MEMCPY
void *memcpy(void *to, const void *from, size_t len);
void *__memcpy(void *to, const void *from, size_t len);

#define __HAVE_ARCH_MEMMOVE
void *memmove(void *to, const void *from, size_t len);
void *__memmove(void *to, const void *from, size_t len);

#define __HAVE_ARCH_MEMSET
void *memset(void *s, int c, size_t n);
void *__memset(void *s, int c, size_t n);

#define __HAVE_ARCH_STRLEN
size_t strlen(const char *s);

#define __HAVE_ARCH_MEMCHR
void *memchr(const void *s, int c, size_t n);

#endif /* _ASM_LKL_STRING_H */
