// SPDX-License-Identifier: GPL-2.0
/*
 * image.c - read the kernel image's ELF file, trusting nothing in it
 *
 * Layer:   tools/lkl/lib, below loader.c.
 * Users:   loader.c, imagefile.c.
 * Context: any host thread; no state, no locks, no allocation.
 *
 * The image is a shared object of the plainest kind (see
 * arch/lkl/kernel/vmlinux.lds.S): a few PT_LOAD segments, RELATIVE relocations and
 * one symbol. What a dynamic linker supports beyond that is refused here
 * rather than half done. Names of fields are those of the System V ABI, gABI
 * chapters 4 and 5, and of the x86-64 psABI.
 */
#include "image.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "host/ops.h"

#if defined(__x86_64__)
#define IMAGE_MACHINE		EM_X86_64
#define IMAGE_RELATIVE		R_X86_64_RELATIVE
#elif defined(__aarch64__)
#define IMAGE_MACHINE		EM_AARCH64
#define IMAGE_RELATIVE		R_AARCH64_RELATIVE
#else
#error "tell image.c the ELF machine of this processor"
#endif

/* Packed relative relocations are newer than some <elf.h>. */
#ifndef DT_RELR
#define DT_RELRSZ		35
#define DT_RELR			36
#define DT_RELRENT		37
#endif

/* What the dynamic section says. */
struct dynamic {
	uint64_t symtab;
	struct image_range strtab;
	uint64_t hash;
	uint64_t gnu_hash;
	struct image_range plt;
	uint64_t syment;
	uint64_t relaent;
	uint64_t relrent;
	uint64_t pltrel;
	bool refused;
};

static bool range_inside(uint64_t start, uint64_t size, uint64_t limit)
{
	return start <= limit && size <= limit - start;
}

static uint64_t page_down(uint64_t addr)
{
	return addr & ~(IMAGE_PAGE - 1);
}

static uint64_t page_up(uint64_t addr)
{
	return page_down(addr + IMAGE_PAGE - 1);
}

const void *image_at(const struct image *image, uint64_t addr, uint64_t size)
{
	const struct image_segment *seg = image->segment;
	const struct image_segment *end = seg + image->nr_segments;

	for (; seg < end; seg++) {
		if (addr >= seg->mem.start &&
		    range_inside(addr - seg->mem.start, size, seg->filesz))
			return image->bytes + seg->offset +
			       (addr - seg->mem.start);
	}
	return NULL;
}

/* The fixed part of the file: is it for us at all, and where are its tables? */
static int header_check(const Elf64_Ehdr *eh, uint64_t size)
{
	if (size < sizeof(*eh) || memcmp(eh->e_ident, ELFMAG, SELFMAG) ||
	    eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_ident[EI_DATA] != ELFDATA2LSB ||
	    eh->e_ident[EI_VERSION] != EV_CURRENT ||
	    eh->e_type != ET_DYN || eh->e_machine != IMAGE_MACHINE)
		return -ENOEXEC;

	if (eh->e_phentsize != sizeof(Elf64_Phdr) || eh->e_phoff % 8 ||
	    !range_inside(eh->e_phoff,
			  (uint64_t)eh->e_phnum * sizeof(Elf64_Phdr), size))
		return -ENOEXEC;
	return 0;
}

static int segment_add(struct image *image, const Elf64_Phdr *ph)
{
	struct image_segment *seg = &image->segment[image->nr_segments];

	if (!ph->p_memsz)
		return 0;
	if (image->nr_segments == IMAGE_SEGMENTS_MAX)
		return -ENOEXEC;
	if (ph->p_filesz > ph->p_memsz ||
	    !range_inside(ph->p_offset, ph->p_filesz, image->size) ||
	    !range_inside(ph->p_vaddr, ph->p_memsz, IMAGE_EXTENT_MAX) ||
	    (ph->p_vaddr - ph->p_offset) % IMAGE_PAGE)
		return -ENOEXEC;
	/* Ascending, and no two on one page. */
	if (page_down(ph->p_vaddr) < page_up(image->extent))
		return -ENOEXEC;
	if ((ph->p_flags & PF_W) && (ph->p_flags & PF_X))
		return -ENOEXEC;
	/* Zeros after code or constants would need a page of their own kind. */
	if (ph->p_filesz < ph->p_memsz && !(ph->p_flags & PF_W))
		return -ENOEXEC;

	seg->mem.start = ph->p_vaddr;
	seg->mem.size = ph->p_memsz;
	seg->offset = ph->p_offset;
	seg->filesz = ph->p_filesz;
	seg->writable = ph->p_flags & PF_W;
	seg->executable = ph->p_flags & PF_X;
	image->extent = ph->p_vaddr + ph->p_memsz;
	image->nr_segments++;
	return 0;
}

static int relro_set(struct image *image, const Elf64_Phdr *ph)
{
	const struct image_segment *seg = image->segment;
	const struct image_segment *end = seg + image->nr_segments;

	if (!ph->p_memsz)
		return 0;
	for (; seg < end; seg++) {
		uint64_t last = page_up(seg->mem.start + seg->mem.size);

		/* The linker may have rounded it up to whole pages. */
		if (!seg->writable || ph->p_vaddr < seg->mem.start ||
		    !range_inside(ph->p_vaddr, ph->p_memsz, last))
			continue;
		image->relro.start = ph->p_vaddr;
		image->relro.size = ph->p_memsz;
		return 0;
	}
	return -ENOEXEC;
}

static void build_id_find(struct image *image, const Elf64_Phdr *ph)
{
	uint64_t pos = 0;

	if (ph->p_vaddr % 4 || !image_at(image, ph->p_vaddr, ph->p_filesz))
		return;
	while (range_inside(pos, sizeof(Elf64_Nhdr), ph->p_filesz)) {
		const Elf64_Nhdr *nh = image_at(image, ph->p_vaddr + pos,
						sizeof(*nh));
		uint64_t name, desc;

		name = pos + sizeof(*nh);
		desc = name + ((uint64_t)nh->n_namesz + 3) / 4 * 4;
		pos = desc + ((uint64_t)nh->n_descsz + 3) / 4 * 4;
		if (pos > ph->p_filesz)
			return;
		if (nh->n_type != NT_GNU_BUILD_ID ||
		    nh->n_namesz != sizeof(ELF_NOTE_GNU) ||
		    memcmp(image_at(image, ph->p_vaddr + name,
				    sizeof(ELF_NOTE_GNU)),
			   ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU)))
			continue;
		image->build_id.start = ph->p_vaddr + desc;
		image->build_id.size = nh->n_descsz;
		return;
	}
}

static void dynamic_take(struct image *image, struct dynamic *dyn,
			 const Elf64_Dyn *entry)
{
	uint64_t value = entry->d_un.d_val;

	switch (entry->d_tag) {
	case DT_SYMTAB:
		dyn->symtab = value;
		break;
	case DT_SYMENT:
		dyn->syment = value;
		break;
	case DT_STRTAB:
		dyn->strtab.start = value;
		break;
	case DT_STRSZ:
		dyn->strtab.size = value;
		break;
	case DT_HASH:
		dyn->hash = value;
		break;
	case DT_GNU_HASH:
		dyn->gnu_hash = value;
		break;
	case DT_RELA:
		image->rela.start = value;
		break;
	case DT_RELASZ:
		image->rela.size = value;
		break;
	case DT_RELAENT:
		dyn->relaent = value;
		break;
	case DT_RELR:
		image->relr.start = value;
		break;
	case DT_RELRSZ:
		image->relr.size = value;
		break;
	case DT_RELRENT:
		dyn->relrent = value;
		break;
	case DT_PLTRELSZ:
		dyn->plt.size = value;
		break;
	case DT_FLAGS:
		dyn->refused |= !!(value & (DF_TEXTREL | DF_STATIC_TLS));
		break;
	/* Another library, code to run, or relocations we do not do. */
	case DT_NEEDED:
	case DT_REL:
	case DT_TEXTREL:
		dyn->refused = true;
		break;
	case DT_INIT:
	case DT_FINI:
	case DT_INIT_ARRAYSZ:
	case DT_FINI_ARRAYSZ:
		dyn->refused |= value != 0;
		break;
	default:
		break;
	}
}

static bool table_ok(const struct image *image, const struct image_range *table,
		     uint64_t entsize, uint64_t want)
{
	if (!table->size)
		return true;
	return entsize == want && table->start % 8 == 0 &&
	       table->size % want == 0 &&
	       image_at(image, table->start, table->size);
}

static int dynamic_read(struct image *image, struct dynamic *dyn,
			const Elf64_Phdr *ph)
{
	const Elf64_Dyn *entry = image_at(image, ph->p_vaddr, ph->p_filesz);
	uint64_t i, count = ph->p_filesz / sizeof(*entry);

	if (!entry || ph->p_vaddr % 8)
		return -ENOEXEC;
	for (i = 0; i < count && entry[i].d_tag != DT_NULL; i++)
		dynamic_take(image, dyn, &entry[i]);

	/* Nothing is ever bound by name, so a PLT table must be empty. */
	if (dyn->refused || dyn->plt.size)
		return -ENOEXEC;
	if (!table_ok(image, &image->rela, dyn->relaent, sizeof(Elf64_Rela)) ||
	    !table_ok(image, &image->relr, dyn->relrent, sizeof(Elf64_Relr)))
		return -ENOEXEC;
	if (dyn->syment != sizeof(Elf64_Sym) || dyn->symtab % 8 ||
	    !dyn->strtab.size ||
	    !image_at(image, dyn->strtab.start, dyn->strtab.size))
		return -ENOEXEC;
	return 0;
}

/* Is symbol @index the entry? If so, take its address. */
static bool symbol_is_entry(struct image *image, const struct dynamic *dyn,
			    uint32_t index)
{
	static const char wanted[] = LKL_KERNEL_ENTRY;
	uint64_t at = dyn->symtab + (uint64_t)index * sizeof(Elf64_Sym);
	const Elf64_Sym *sym = image_at(image, at, sizeof(*sym));
	const char *name;

	if (!sym || sym->st_shndx == SHN_UNDEF || sym->st_shndx == SHN_ABS ||
	    (ELF64_ST_TYPE(sym->st_info) != STT_FUNC &&
	     ELF64_ST_TYPE(sym->st_info) != STT_NOTYPE))
		return false;
	if (!range_inside(sym->st_name, sizeof(wanted), dyn->strtab.size))
		return false;
	name = image_at(image, dyn->strtab.start + sym->st_name,
			sizeof(wanted));
	if (!name || memcmp(name, wanted, sizeof(wanted)))
		return false;
	image->entry = sym->st_value;
	return true;
}

static uint32_t sysv_hash(const char *name)
{
	uint32_t hash = 0, top;

	while (*name) {
		hash = (hash << 4) + (unsigned char)*name++;
		top = hash & 0xf0000000;
		hash = (hash ^ (top >> 24)) & ~top;
	}
	return hash;
}

/* DT_HASH: nbucket, nchain, bucket[nbucket], chain[nchain]. */
static int entry_by_sysv_hash(struct image *image, const struct dynamic *dyn)
{
	const uint32_t *head = image_at(image, dyn->hash, 8);
	const uint32_t *bucket, *chain;
	uint32_t nbucket, nchain, sym, steps;

	if (!head || dyn->hash % 4)
		return -ENOEXEC;
	nbucket = head[0];
	nchain = head[1];
	if (!nbucket ||
	    !image_at(image, dyn->hash, (2 + (uint64_t)nbucket + nchain) * 4))
		return -ENOEXEC;
	bucket = head + 2;
	chain = bucket + nbucket;

	sym = bucket[sysv_hash(LKL_KERNEL_ENTRY) % nbucket];
	for (steps = 0; sym && sym < nchain && steps < nchain; steps++) {
		if (symbol_is_entry(image, dyn, sym))
			return 0;
		sym = chain[sym];
	}
	return -ENOEXEC;
}

static uint32_t gnu_hash(const char *name)
{
	uint32_t hash = 5381;

	while (*name)
		hash = hash * 33 + (unsigned char)*name++;
	return hash;
}

/*
 * DT_GNU_HASH: nbuckets, symoffset, bloom_size, bloom_shift, bloom filter of
 * 8-byte words, buckets, and a chain of hashes whose lowest bit ends a chain.
 * The chain's length is nowhere written: every step is checked.
 */
static int entry_by_gnu_hash(struct image *image, const struct dynamic *dyn)
{
	const uint32_t *head = image_at(image, dyn->gnu_hash, 16);
	uint32_t hash = gnu_hash(LKL_KERNEL_ENTRY), sym;
	uint64_t buckets, chain;
	const uint32_t *word;

	if (!head || dyn->gnu_hash % 8 || !head[0])
		return -ENOEXEC;
	buckets = dyn->gnu_hash + 16 + (uint64_t)head[2] * 8;
	chain = buckets + (uint64_t)head[0] * 4;

	word = image_at(image, buckets + (uint64_t)(hash % head[0]) * 4, 4);
	if (!word || *word < head[1])
		return -ENOEXEC;
	for (sym = *word; ; sym++) {
		word = image_at(image, chain + (uint64_t)(sym - head[1]) * 4, 4);
		if (!word)
			return -ENOEXEC;
		if ((*word | 1) == (hash | 1) &&
		    symbol_is_entry(image, dyn, sym))
			return 0;
		if (*word & 1)
			return -ENOEXEC;
	}
}

static int entry_find(struct image *image, const struct dynamic *dyn)
{
	const struct image_segment *seg = image->segment;
	const struct image_segment *end = seg + image->nr_segments;
	int err;

	err = dyn->gnu_hash ? entry_by_gnu_hash(image, dyn) :
			      entry_by_sysv_hash(image, dyn);
	if (err)
		return err;
	for (; seg < end; seg++) {
		if (seg->executable && image->entry >= seg->mem.start &&
		    image->entry - seg->mem.start < seg->filesz)
			return 0;
	}
	return -ENOEXEC;
}

int image_parse(struct image *image, const void *bytes, uint64_t size)
{
	const Elf64_Ehdr *eh = bytes;
	const Elf64_Phdr *ph, *dynamic = NULL;
	struct dynamic dyn = { 0 };
	unsigned int i;
	int err;

	*image = (struct image){ .bytes = bytes, .size = size };
	err = header_check(eh, size);
	if (err)
		return err;

	ph = (const Elf64_Phdr *)(image->bytes + eh->e_phoff);
	for (i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type == PT_LOAD)
			err = segment_add(image, &ph[i]);
		else if (ph[i].p_type == PT_TLS || ph[i].p_type == PT_INTERP)
			err = -ENOEXEC;
		if (err)
			return err;
	}
	/* The others point into the segments, so they come second. */
	for (i = 0; i < eh->e_phnum; i++) {
		if (ph[i].p_type == PT_DYNAMIC)
			dynamic = &ph[i];
		else if (ph[i].p_type == PT_NOTE && !image->build_id.size)
			build_id_find(image, &ph[i]);
		else if (ph[i].p_type == PT_GNU_RELRO)
			err = relro_set(image, &ph[i]);
		if (err)
			return err;
	}
	if (!dynamic)
		return -ENOEXEC;
	err = dynamic_read(image, &dyn, dynamic);
	if (err)
		return err;
	return entry_find(image, &dyn);
}

/* The writable segment that holds all of the word at @addr, or NULL. */
static const struct image_segment *
segment_of_word(const struct image *image, uint64_t addr)
{
	const struct image_segment *seg = image->segment;
	const struct image_segment *end = seg + image->nr_segments;

	for (; seg < end; seg++) {
		if (seg->writable && addr >= seg->mem.start &&
		    range_inside(addr - seg->mem.start, 8, seg->mem.size))
			return seg;
	}
	return NULL;
}

/*
 * A cursor over the words to relocate. Almost all lie in one segment, so the
 * last one is tried first: two comparisons a relocation.
 */
struct relocator {
	const struct image *image;
	uint8_t *base;
	uint64_t start;
	uint64_t last;
};

static uint8_t *word_at(struct relocator *rel, uint64_t addr)
{
	const struct image_segment *seg;

	if (addr < rel->start || addr > rel->last) {
		seg = segment_of_word(rel->image, addr);
		if (!seg)
			return NULL;
		rel->start = seg->mem.start;
		rel->last = seg->mem.start + seg->mem.size - 8;
	}
	return rel->base + addr;
}

static int rela_apply(struct relocator *rel)
{
	const struct image *image = rel->image;
	const Elf64_Rela *rela = image_at(image, image->rela.start,
					  image->rela.size);
	const Elf64_Rela *end = rela + image->rela.size / sizeof(*rela);

	for (; rela < end; rela++) {
		uint64_t value = (uintptr_t)rel->base + (uint64_t)rela->r_addend;
		uint8_t *word = word_at(rel, rela->r_offset);

		if (rela->r_info != ELF64_R_INFO(0, IMAGE_RELATIVE) || !word)
			return -ENOEXEC;
		memcpy(word, &value, sizeof(value));
	}
	return 0;
}

static int word_rebase(struct relocator *rel, uint64_t addr)
{
	uint8_t *word = word_at(rel, addr);
	uint64_t value;

	if (!word)
		return -ENOEXEC;
	memcpy(&value, word, sizeof(value));
	value += (uintptr_t)rel->base;
	memcpy(word, &value, sizeof(value));
	return 0;
}

/*
 * gABI "Relative Relocation Table": an even entry is an address to rebase, an
 * odd one a bitmap of the 63 words that follow the last one.
 */
static int relr_apply(struct relocator *rel)
{
	const struct image *image = rel->image;
	const Elf64_Relr *relr = image_at(image, image->relr.start,
					  image->relr.size);
	const Elf64_Relr *end = relr + image->relr.size / sizeof(*relr);
	uint64_t addr, bits, where = 0;

	for (; relr < end; relr++) {
		if (!(*relr & 1)) {
			if (word_rebase(rel, *relr))
				return -ENOEXEC;
			where = *relr + 8;
			continue;
		}
		for (bits = *relr >> 1, addr = where; bits; bits >>= 1) {
			if ((bits & 1) && word_rebase(rel, addr))
				return -ENOEXEC;
			addr += 8;
		}
		where += 63 * 8;
	}
	return 0;
}

int image_relocate(const struct image *image, uint8_t *base)
{
	/* start > last: the first word looks its segment up. */
	struct relocator rel = { image, base, 1, 0 };
	int err = 0;

	if (image->rela.size)
		err = rela_apply(&rel);
	if (!err && image->relr.size)
		err = relr_apply(&rel);
	return err;
}
