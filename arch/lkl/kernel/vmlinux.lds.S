/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vmlinux.lds.S - how the image is laid out.
 *
 * Layer: arch/lkl, read by the linker; what it promises is relied on by the
 * loader in tools/lkl/lib.
 *
 * The image starts at address 0 with its ELF header, so that its first byte is
 * guest-physical address 0. Three loadable segments follow each other, each
 * page-aligned, with file offset and address equal:
 *
 *	text	r-x	never written: shared by all who map it
 *	rodata	r--	never written either: holds no pointer
 *	data	rw-	relocated, then private to each instance
 *
 * One symbol is exported; everything else is local, weak symbols too.
 */
#define RUNTIME_DISCARD_EXIT
#define LOAD_OFFSET 0
/* Not with .rodata: it is written to, up to the end of boot. */
#define RO_AFTER_INIT_DATA

#include <asm-generic/vmlinux.lds.h>
#include <asm/cache.h>
#include <asm/memory.h>
#include <asm/thread_info.h>

#undef PAGE_SIZE
#define PAGE_SIZE 4096

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)
ENTRY(lkl_kernel_entry)

jiffies = jiffies_64;

VERSION
{
	{
	global:
		lkl_kernel_entry;
	local:
		*;
	};
}

PHDRS
{
	text PT_LOAD FILEHDR PHDRS FLAGS(5);
	rodata PT_LOAD FLAGS(4);
	data PT_LOAD FLAGS(6);
	dynamic PT_DYNAMIC FLAGS(6);
	note PT_NOTE FLAGS(4);
	stack PT_GNU_STACK FLAGS(6);
}

SECTIONS
{
	. = SIZEOF_HEADERS;

	/* Relative to a section, so that it moves with the image. */
	.hash : {
		__image_base = . - SIZEOF_HEADERS;
		*(.hash)
	} :text
	.gnu.hash : { *(.gnu.hash) }
	.dynsym : { *(.dynsym) }
	.dynstr : { *(.dynstr) }
	.gnu.version : { *(.gnu.version) }
	.gnu.version_d : { *(.gnu.version_d) }
	.gnu.version_r : { *(.gnu.version_r) }
	.rela.dyn : { *(.rela.*) *(.rela_*) }
	.rela.plt : { *(.rela.plt) }

	. = ALIGN(PAGE_SIZE);
	.text : {
		_text = .;
		_stext = .;
		TEXT_TEXT
		SCHED_TEXT
		LOCK_TEXT
		KPROBES_TEXT
		IRQENTRY_TEXT
		SOFTIRQENTRY_TEXT
		*(.fixup)
		_etext = .;
	} :text = 0xcccccccc
	.plt : { *(.plt) *(.plt.*) *(.iplt) }

	. = ALIGN(PAGE_SIZE);
	__init_begin = .;
	INIT_TEXT_SECTION(PAGE_SIZE)
	.exit.text : { EXIT_TEXT }

	/* Constants without pointers. */
	. = ALIGN(PAGE_SIZE);
	.rodata : {
		__start_rodata = .;
		*(EXCLUDE_FILE(*.kallsyms.o) .rodata .rodata.*)
		*(__tracepoints_strings)
	} :rodata
	EXCEPTION_TABLE(16)
	.eh_frame : { KEEP(*(.eh_frame)) }
	.notes : { BOUNDED_SECTION_BY(.note.*, _notes) } :rodata :note

	/* Constants with pointers. */
	. = ALIGN(PAGE_SIZE);
	.data.rel.ro : {
		*(.data.rel.ro .data.rel.ro.*)
		SCHED_DATA
		. = ALIGN(8);
		BOUNDED_SECTION_BY(__tracepoints_ptrs, ___tracepoints_ptrs)
		/* kallsyms: all offsets but for one pointer */
		*.kallsyms.o(.rodata .rodata.*)
	} :data
	.dynamic : { *(.dynamic) } :data :dynamic
	.got : { *(.got) *(.got.plt) } :data
	.builtin_fw : { BOUNDED_SECTION_PRE_LABEL(.builtin_fw, _builtin_fw, __start, __end) }
	__param : { BOUNDED_SECTION_BY(__param, ___param) }
	__modver : { BOUNDED_SECTION_BY(__modver, ___modver) }
	.ref.rodata : { *(.ref.rodata) }
	. = ALIGN(PAGE_SIZE);
	__end_rodata = .;

	_sdata = .;
	.data : {
		INIT_TASK_DATA(THREAD_SIZE)
		NOSAVE_DATA
		PAGE_ALIGNED_DATA(PAGE_SIZE)
		CACHELINE_ALIGNED_DATA(L1_CACHE_BYTES)
		READ_MOSTLY_DATA(L1_CACHE_BYTES)
		. = ALIGN(8);
		__start_ro_after_init = .;
		*(.data..ro_after_init)
		JUMP_TABLE_DATA
		STATIC_CALL_DATA
		__end_ro_after_init = .;
		DATA_DATA
		*(.data.rel .data.rel.*)
		CONSTRUCTORS
	} :data
	BUG_TABLE

	INIT_DATA_SECTION(16)
	.exit.data : { EXIT_DATA }
	PERCPU_SECTION(L1_CACHE_BYTES)
	. = ALIGN(PAGE_SIZE);
	__init_end = .;
	_edata = .;

	BSS_SECTION(PAGE_SIZE, PAGE_SIZE, PAGE_SIZE)
	. = ALIGN(PAGE_SIZE);
	_end = .;

	STABS_DEBUG
	DWARF_DEBUG
	ELF_DETAILS

	/* Boot-time patching of text does not take place. */
	/DISCARD/ : {
		*(.smp_locks)
		*(.altinstructions)
		*(.altinstr_replacement)
		*(.altinstr_aux)
		*(.parainstructions)
		*(.interp)
		*(.export_symbol)
		*(.modinfo)
		*(.discard .discard.*)
		*(.exitcall.exit)
		*(.note.GNU-stack)
	}
}
