/* SPDX-License-Identifier: GPL-2.0 */
/*
 * asm/futex.h - atomic operations on a futex word in the application's memory.
 *
 * Layer: arch/lkl, for kernel/futex. A fault ends as -EFAULT through the
 * exception table, as in asm/uaccess.h.
 */
#ifndef _ASM_LKL_FUTEX_H
#define _ASM_LKL_FUTEX_H

#include <linux/futex.h>
#include <linux/uaccess.h>
#include <asm/asm.h>
#include <asm/errno.h>

/*
 * Compare and exchange *@uaddr. Returns 0 with what was there in *@uval, or
 * -EFAULT.
 */
static inline int futex_atomic_cmpxchg_inatomic(u32 *uval, u32 __user *uaddr,
						u32 oldval, u32 newval)
{
	int ret = 0;

	/* Not atomically, in another process: it has the host's futexes. */
	if (!access_ok(uaddr, sizeof(u32)) || lkl_has_peer())
		return -EFAULT;

	asm volatile("\n"
		     "1:	lock cmpxchgl %[new], %[word]\n"
		     "2:\n"
		     _ASM_EXTABLE_TYPE_REG(1b, 2b, EX_TYPE_EFAULT_REG, %[ret])
		     : [ret] "+r" (ret), "+a" (oldval),
		       [word] "+m" (*(__force u32 *)uaddr)
		     : [new] "r" (newval)
		     : "memory");
	*uval = oldval;
	return ret;
}

static inline u32 futex_op_result(int op, u32 old, u32 arg)
{
	switch (op) {
	case FUTEX_OP_SET:
		return arg;
	case FUTEX_OP_ADD:
		return old + arg;
	case FUTEX_OP_OR:
		return old | arg;
	case FUTEX_OP_ANDN:
		return old & ~arg;
	default:
		return old ^ arg;
	}
}

/*
 * Replace *@uaddr by the result of @op and say in *@oval what it was. The loop
 * ends because somebody made progress whenever it goes round.
 */
static inline int arch_futex_atomic_op_inuser(int op, int oparg, int *oval,
					      u32 __user *uaddr)
{
	u32 old, seen;
	int ret;

	if (op < FUTEX_OP_SET || op > FUTEX_OP_XOR)
		return -ENOSYS;
	if (get_user(old, uaddr))
		return -EFAULT;

	for (;;) {
		ret = futex_atomic_cmpxchg_inatomic(&seen, uaddr, old,
						    futex_op_result(op, old, oparg));
		if (ret)
			return ret;
		if (seen == old)
			break;
		old = seen;
	}
	*oval = old;
	return 0;
}

#endif /* _ASM_LKL_FUTEX_H */
