/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/uaccess.h - access to the application's memory.
 *
 * Layer: arch/lkl, for all kernel code.
 *
 * The application's memory is the host process's own, at the same addresses,
 * so an access is an ordinary instruction. One that faults is found in the
 * exception table (kernel/extable.c, the host processor's own format) and ends
 * as -EFAULT. There is no window to open around an access.
 *
 * A task may work for a thread of another host process (lkl_kernel_calls.peer_set).
 * Its user memory is then that process's, and is read and written by the host.
 */
#ifndef _ASM_LKL_UACCESS_H
#define _ASM_LKL_UACCESS_H

#include <linux/compiler.h>
#include <linux/string.h>
#include <asm/asm.h>
#include <asm/page.h>
#include <asm/processor.h>
#include <asm/extable.h>

#include <asm-generic/access_ok.h>

/* Is the current task's user memory that of another host process? */
static __always_inline bool lkl_has_peer(void)
{
	return unlikely(current_thread_info()->peer);
}

/**
 * lkl_peer_copy - copy between the peer's memory and the kernel's
 * @local: the kernel's
 * @remote: the peer's
 * @n: bytes
 * @write: to the peer
 *
 * Context: a task with a peer; not in atomic context for good.
 * Return: bytes that were not copied.
 */
unsigned long lkl_peer_copy(void *local, const void __user *remote,
			    unsigned long n, bool write);

/* The same for one value of @size bytes. Return: 0 or -EFAULT. */
int lkl_peer_get(u64 *value, const void __user *remote, unsigned int size);
int lkl_peer_put(u64 value, void __user *remote, unsigned int size);

/*
 * Reads *@ptr, which has @size bytes, into @x (of an integer type, 64 bits)
 * and goes to @label if that faults.
 */
#define __lkl_get_asm(x, ptr, mov, reg, err)				\
	asm volatile("\n"						\
		     "1:	" mov " %[umem], " reg "\n"		\
		     "2:\n"						\
		     _ASM_EXTABLE_TYPE_REG(1b, 2b, EX_TYPE_EFAULT_REG,	\
					   %[errout])			\
		     : [errout] "=r" (err), [output] "=&r" (x)		\
		     : [umem] "m" (*(ptr)), "0" (err))

#define __lkl_get_goto(x, ptr, size, label)				\
do {									\
	int __gu_err = 0;						\
									\
	switch (size) {							\
	case 1:								\
		__lkl_get_asm(x, (u8 *)(ptr), "movzbl", "%k[output]",	\
			      __gu_err);				\
		break;							\
	case 2:								\
		__lkl_get_asm(x, (u16 *)(ptr), "movzwl", "%k[output]",	\
			      __gu_err);				\
		break;							\
	case 4:								\
		__lkl_get_asm(x, (u32 *)(ptr), "movl", "%k[output]",	\
			      __gu_err);				\
		break;							\
	case 8:								\
		__lkl_get_asm(x, (u64 *)(ptr), "movq", "%q[output]",	\
			      __gu_err);				\
		break;							\
	default:							\
		BUILD_BUG();						\
	}								\
	if (unlikely(__gu_err))						\
		goto label;						\
} while (0)

#define __lkl_put_asm(x, ptr, mov, reg, label)				\
	asm goto("\n"							\
		 "1:	" mov " " reg ", %[umem]\n"			\
		 _ASM_EXTABLE_UA(1b, %l2)				\
		 : : [value] "ir" (x), [umem] "m" (*(ptr))		\
		 : : label)

#define __lkl_put_asm8(x, ptr, mov, reg, label)				\
	asm goto("\n"							\
		 "1:	" mov " " reg ", %[umem]\n"			\
		 _ASM_EXTABLE_UA(1b, %l2)				\
		 : : [value] "er" (x), [umem] "m" (*(ptr))		\
		 : : label)

#define __lkl_put_goto(x, ptr, size, label)				\
do {									\
	switch (size) {							\
	case 1:								\
		__lkl_put_asm((u8)(x), (u8 *)(ptr), "movb",		\
			      "%b[value]", label);			\
		break;							\
	case 2:								\
		__lkl_put_asm((u16)(x), (u16 *)(ptr), "movw",		\
			      "%w[value]", label);			\
		break;							\
	case 4:								\
		__lkl_put_asm((u32)(x), (u32 *)(ptr), "movl",		\
			      "%k[value]", label);			\
		break;							\
	case 8:								\
		__lkl_put_asm8((u64)(x), (u64 *)(ptr), "movq",		\
			       "%q[value]", label);			\
		break;							\
	default:							\
		BUILD_BUG();						\
	}								\
} while (0)

/* The same for user memory, wherever it is. */
#define __lkl_user_get_goto(x, ptr, size, label)			\
do {									\
	if (lkl_has_peer()) {						\
		u64 __gu_value;						\
									\
		if (lkl_peer_get(&__gu_value,				\
				 (__force const void __user *)(ptr), size)) \
			goto label;					\
		(x) = (__typeof__(x))__gu_value;			\
	} else {							\
		__lkl_get_goto(x, ptr, size, label);			\
	}								\
} while (0)

#define __lkl_user_put_goto(x, ptr, size, label)			\
do {									\
	if (lkl_has_peer()) {						\
		if (lkl_peer_put((u64)(x), (__force void __user *)(ptr), \
				 size))					\
			goto label;					\
	} else {							\
		__lkl_put_goto(x, ptr, size, label);			\
	}								\
} while (0)

/* The type of an integer that holds *@ptr, for pointers too. */
#define __lkl_inttype(x)	__typeof__(__builtin_choose_expr(	\
	sizeof(x) > sizeof(0UL), 0ULL, 0UL))

/* get_user, put_user *************************************************/

#define __get_user(x, ptr)						\
({									\
	__label__ __gu_fault, __gu_end;					\
	const __typeof__(*(ptr)) __user *__gu_ptr = (ptr);		\
	__lkl_inttype(*(ptr)) __gu_val = 0;				\
	int __gu_ret = 0;						\
									\
	__chk_user_ptr(ptr);						\
	__lkl_user_get_goto(__gu_val, (__force void *)__gu_ptr,	\
			    sizeof(*(ptr)), __gu_fault);		\
	goto __gu_end;							\
__gu_fault:								\
	__gu_val = 0;							\
	__gu_ret = -EFAULT;						\
__gu_end:								\
	(x) = (__force __typeof__(*(ptr)))__gu_val;			\
	__builtin_expect(__gu_ret, 0);					\
})

#define get_user(x, ptr)						\
({									\
	const __typeof__(*(ptr)) __user *__g_ptr = (ptr);		\
									\
	might_fault();							\
	likely(access_ok(__g_ptr, sizeof(*__g_ptr))) ?			\
		__get_user(x, __g_ptr) :				\
		((x) = (__force __typeof__(*(ptr)))0, -EFAULT);		\
})

#define __put_user(x, ptr)						\
({									\
	__label__ __pu_fault, __pu_end;					\
	__typeof__(*(ptr)) __user *__pu_ptr = (ptr);			\
	__typeof__(*(ptr)) __pu_val = (x);				\
	int __pu_ret = 0;						\
									\
	__chk_user_ptr(ptr);						\
	__lkl_user_put_goto((__force __lkl_inttype(*(ptr)))__pu_val,	\
			    (__force void *)__pu_ptr, sizeof(*(ptr)),	\
			    __pu_fault);				\
	goto __pu_end;							\
__pu_fault:								\
	__pu_ret = -EFAULT;						\
__pu_end:								\
	__builtin_expect(__pu_ret, 0);					\
})

#define put_user(x, ptr)						\
({									\
	__typeof__(*(ptr)) __user *__p_ptr = (ptr);			\
	__typeof__(*(ptr)) __p_val = (x);				\
									\
	might_fault();							\
	likely(access_ok(__p_ptr, sizeof(*__p_ptr))) ?			\
		__put_user(__p_val, __p_ptr) : -EFAULT;			\
})

/* unsafe_*: one check, many accesses *********************************/

#define user_access_begin(ptr, len)	access_ok(ptr, len)
#define user_access_end()		do { } while (0)
#define user_access_save()		0UL
#define user_access_restore(flags)	do { } while (0)

#define unsafe_get_user(x, ptr, label)					\
do {									\
	__lkl_inttype(*(ptr)) __gu_val = 0;				\
									\
	__lkl_user_get_goto(__gu_val, (__force void *)(ptr),		\
			    sizeof(*(ptr)), label);			\
	(x) = (__force __typeof__(*(ptr)))__gu_val;			\
} while (0)

#define unsafe_put_user(x, ptr, label)					\
do {									\
	__typeof__(*(ptr)) __pu_val = (x);				\
									\
	__lkl_user_put_goto((__force __lkl_inttype(*(ptr)))__pu_val,	\
			    (__force void *)(ptr), sizeof(*(ptr)), label); \
} while (0)

/*
 * A constant number of bytes, in words as long as they last. The names are
 * what <linux/uaccess.h> looks for.
 */
#define __lkl_copy_loop(op, type, dst, src, len, label)			\
	while (len >= sizeof(type)) {					\
		op(dst, src, type, label);				\
		dst += sizeof(type);					\
		src += sizeof(type);					\
		len -= sizeof(type);					\
	}

#define __lkl_put_word(dst, src, type, label) \
	__lkl_put_goto(*(type *)(src), (__force type *)(dst),		\
		       sizeof(type), label)
#define __lkl_get_word(dst, src, type, label) \
do {									\
	type __gw_val = 0;						\
									\
	__lkl_get_goto(__gw_val, (__force type *)(src), sizeof(type), label); \
	*(type *)(dst) = __gw_val;					\
} while (0)

#define unsafe_copy_to_user(_dst, _src, _len, label)			\
do {									\
	char __user *__ucu_dst = (_dst);				\
	const char *__ucu_src = (_src);					\
	size_t __ucu_len = (_len);					\
									\
	if (lkl_has_peer()) {						\
		if (lkl_peer_copy((void *)__ucu_src, __ucu_dst,		\
				  __ucu_len, true))			\
			goto label;					\
		break;							\
	}								\
	__lkl_copy_loop(__lkl_put_word, u64, __ucu_dst, __ucu_src,	\
			__ucu_len, label);				\
	__lkl_copy_loop(__lkl_put_word, u32, __ucu_dst, __ucu_src,	\
			__ucu_len, label);				\
	__lkl_copy_loop(__lkl_put_word, u16, __ucu_dst, __ucu_src,	\
			__ucu_len, label);				\
	__lkl_copy_loop(__lkl_put_word, u8, __ucu_dst, __ucu_src,	\
			__ucu_len, label);				\
} while (0)

#define unsafe_copy_from_user(_dst, _src, _len, label)			\
do {									\
	char *__ucu_dst = (_dst);					\
	const char __user *__ucu_src = (_src);				\
	size_t __ucu_len = (_len);					\
									\
	if (lkl_has_peer()) {						\
		if (lkl_peer_copy(__ucu_dst, __ucu_src, __ucu_len,	\
				  false))				\
			goto label;					\
		break;							\
	}								\
	__lkl_copy_loop(__lkl_get_word, u64, __ucu_dst, __ucu_src,	\
			__ucu_len, label);				\
	__lkl_copy_loop(__lkl_get_word, u32, __ucu_dst, __ucu_src,	\
			__ucu_len, label);				\
	__lkl_copy_loop(__lkl_get_word, u16, __ucu_dst, __ucu_src,	\
			__ucu_len, label);				\
	__lkl_copy_loop(__lkl_get_word, u8, __ucu_dst, __ucu_src,	\
			__ucu_len, label);				\
} while (0)

/* Kernel addresses that may turn out to be bad ***********************/

#define __get_kernel_nofault(dst, src, type, label)			\
do {									\
	__lkl_inttype(type) __kr_val = 0;				\
									\
	__lkl_get_goto(__kr_val, (void *)(src), sizeof(type), label);	\
	*(type *)(dst) = (type)__kr_val;				\
} while (0)

#define __put_kernel_nofault(dst, src, type, label)			\
	__lkl_put_goto(*(type *)(src), (void *)(dst), sizeof(type), label)

/* Blocks *************************************************************/

/**
 * lkl_copy_user - copy between the application's memory and the kernel's
 * @to: where to
 * @from: where from
 * @n: bytes
 *
 * Either side may fault, then the copy stops exactly there. lib/copy_user_64.S
 *
 * Context: any.
 * Return: bytes that were not copied.
 */
unsigned long lkl_copy_user(void *to, const void *from, unsigned long n);

/**
 * lkl_clear_user - write zeros to the application's memory
 * @to: where
 * @n: bytes
 *
 * Context: any.
 * Return: bytes that were not written.
 */
unsigned long lkl_clear_user(void __user *to, unsigned long n);

static __always_inline __must_check unsigned long
raw_copy_from_user(void *to, const void __user *from, unsigned long n)
{
	if (lkl_has_peer())
		return lkl_peer_copy(to, from, n, false);
	return lkl_copy_user(to, (__force const void *)from, n);
}

static __always_inline __must_check unsigned long
raw_copy_to_user(void __user *to, const void *from, unsigned long n)
{
	if (lkl_has_peer())
		return lkl_peer_copy((void *)from, to, n, true);
	return lkl_copy_user((__force void *)to, from, n);
}

unsigned long lkl_peer_clear(void __user *to, unsigned long n);

static __always_inline __must_check unsigned long
__clear_user(void __user *to, unsigned long n)
{
	return lkl_has_peer() ? lkl_peer_clear(to, n) : lkl_clear_user(to, n);
}

#define __clear_user __clear_user

static inline __must_check unsigned long clear_user(void __user *to,
						    unsigned long n)
{
	might_fault();
	return access_ok(to, n) ? __clear_user(to, n) : n;
}

long strncpy_from_user(char *dst, const char __user *src, long count);
long strnlen_user(const char __user *s, long n);

#endif /* _ASM_LKL_UACCESS_H */
