// SPDX-License-Identifier: GPL-2.0
/*
 * extable.c - what happens after an access to bad memory that was foreseen.
 *
 * Layer: arch/lkl; fixup_exception() is called by kernel/fault.c, with the
 * registers as they were at the faulting instruction.
 *
 * The entries have the host processor's format (asm/extable_fixup_types.h),
 * since borrowed headers make them too; of its types, only those that occur in
 * what we compile are handled.
 */
#include <linux/bitfield.h>
#include <linux/extable.h>
#include <linux/stddef.h>
#include <linux/uaccess.h>
#include <asm/extable.h>
#include <asm/fault.h>
#include <asm/ptrace.h>

/* By the numbers that instructions use: rax, rcx, rdx, rbx, rsp, ... */
static const u8 reg_offset[16] = {
	offsetof(struct pt_regs, ax), offsetof(struct pt_regs, cx),
	offsetof(struct pt_regs, dx), offsetof(struct pt_regs, bx),
	offsetof(struct pt_regs, sp), offsetof(struct pt_regs, bp),
	offsetof(struct pt_regs, si), offsetof(struct pt_regs, di),
	offsetof(struct pt_regs, r8), offsetof(struct pt_regs, r9),
	offsetof(struct pt_regs, r10), offsetof(struct pt_regs, r11),
	offsetof(struct pt_regs, r12), offsetof(struct pt_regs, r13),
	offsetof(struct pt_regs, r14), offsetof(struct pt_regs, r15),
};

static unsigned long *regs_nr(struct pt_regs *regs, unsigned int nr)
{
	return (void *)regs + reg_offset[nr & 15];
}

static bool fixup_default(const struct exception_table_entry *e,
			  struct pt_regs *regs)
{
	if (e->data & EX_FLAG_CLEAR_AX)
		regs->ax = 0;
	if (e->data & EX_FLAG_CLEAR_DX)
		regs->dx = 0;
	regs->ip = (unsigned long)&e->fixup + e->fixup;
	return true;
}

/**
 * struct mov_load - "mov memory, 64-bit register", taken apart
 * @reg: number of the register that is written
 * @addr: the address that is read
 */
struct mov_load {
	unsigned int reg;
	unsigned long addr;
};

/*
 * Decode the instruction at regs->ip: REX.W, 0x8b, ModRM with an optional SIB
 * byte and displacement. Nothing else is ever marked EX_TYPE_ZEROPAD, except
 * by mistake: then false.
 */
static bool decode_mov_load(const struct pt_regs *regs, struct mov_load *mov)
{
	const u8 *code = (const u8 *)regs->ip;
	struct pt_regs *r = (struct pt_regs *)regs;
	u8 rex = code[0], modrm = code[2];
	unsigned int mod = modrm >> 6, rm = modrm & 7;

	if ((rex & 0xf8) != 0x48 || code[1] != 0x8b || mod == 3)
		return false;

	mov->reg = ((modrm >> 3) & 7) | (rex & 4) << 1;
	code += 3;

	if (rm == 4) {				/* a SIB byte */
		unsigned int index = ((*code >> 3) & 7) | (rex & 2) << 2;
		unsigned int base = (*code & 7) | (rex & 1) << 3;

		mov->addr = 0;
		if (index != 4)
			mov->addr += *regs_nr(r, index) << (*code >> 6);
		if (mod == 0 && (base & 7) == 5)
			mod = 2;		/* a displacement, no base */
		else
			mov->addr += *regs_nr(r, base);
		code++;
	} else if (mod == 0 && rm == 5) {	/* relative to the next one */
		mov->addr = (unsigned long)code + 4;
		mod = 2;
	} else {
		mov->addr = *regs_nr(r, rm | (rex & 1) << 3);
	}

	if (mod == 1)
		mov->addr += *(const s8 *)code;
	else if (mod == 2)
		mov->addr += *(const s32 *)code;
	return true;
}

/*
 * load_unaligned_zeropad(): a word was read that crosses into a page which is
 * not there. What lies in front of the page is the result; the rest is 0.
 */
static bool fixup_zeropad(const struct exception_table_entry *e,
			  struct pt_regs *regs)
{
	const unsigned long mask = sizeof(long) - 1;
	struct mov_load mov;
	unsigned long word;

	if (!decode_mov_load(regs, &mov))
		return false;
	/* The aligned word before must be good: else it is a plain bad read. */
	if ((mov.addr ^ (mov.addr + mask)) < PAGE_SIZE ||
	    get_kernel_nofault(word, (unsigned long *)(mov.addr & ~mask)))
		return false;

	*regs_nr(regs, mov.reg) = word >> ((mov.addr & mask) * 8);
	return fixup_default(e, regs);
}

/**
 * fixup_exception - go on after a fault, as the exception table says
 * @regs: the registers at the fault; changed to where and how to go on
 *
 * Context: any, on the stack of the faulting context or on a signal stack; it
 * takes no lock.
 * Return: true if the fault was foreseen, false if it is a bug.
 */
bool fixup_exception(struct pt_regs *regs)
{
	const struct exception_table_entry *e;
	unsigned int reg;
	int imm;

	e = search_exception_tables(regs->ip);
	if (!e)
		return false;

	reg = FIELD_GET(EX_DATA_REG_MASK, e->data);
	imm = FIELD_GET(EX_DATA_IMM_MASK, e->data);

	switch (FIELD_GET(EX_DATA_TYPE_MASK, e->data)) {
	case EX_TYPE_DEFAULT:
	case EX_TYPE_UACCESS:
		return fixup_default(e, regs);
	case EX_TYPE_IMM_REG:
		*regs_nr(regs, reg) = (long)imm;
		return fixup_default(e, regs);
	case EX_TYPE_UCOPY_LEN:
		regs->cx = imm * regs->cx + *regs_nr(regs, reg);
		return fixup_default(e, regs);
	case EX_TYPE_ZEROPAD:
		return fixup_zeropad(e, regs);
	default:
		return false;
	}
}
