// SPDX-License-Identifier: GPL-2.0
/*
 * csum-wrappers_64.c - copying from and to user memory with a checksum.
 *
 * Layer: arch/lkl; the host processor's own, and a way for the memory of another
 * host process.
 */
#include <linux/uaccess.h>
#include <asm/checksum.h>

#define csum_and_copy_from_user	own_csum_and_copy_from_user
#define csum_and_copy_to_user	own_csum_and_copy_to_user

__wsum csum_and_copy_from_user(const void __user *src, void *dst, int len);
__wsum csum_and_copy_to_user(const void *src, void __user *dst, int len);

#include <x86/lib/csum-wrappers_64.c>

#undef csum_and_copy_from_user
#undef csum_and_copy_to_user

/* As the ones above: 0 for a fault. */

__wsum csum_and_copy_from_user(const void __user *src, void *dst, int len)
{
	if (!lkl_has_peer())
		return own_csum_and_copy_from_user(src, dst, len);
	if (copy_from_user(dst, src, len))
		return 0;
	return csum_partial(dst, len, ~0U);
}

__wsum csum_and_copy_to_user(const void *src, void __user *dst, int len)
{
	if (!lkl_has_peer())
		return own_csum_and_copy_to_user(src, dst, len);
	if (copy_to_user(dst, src, len))
		return 0;
	return csum_partial(src, len, ~0U);
}
