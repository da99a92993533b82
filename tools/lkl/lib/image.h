/* SPDX-License-Identifier: GPL-2.0 */
/*
 * image.h - the kernel image as a file: what it holds, checked
 *
 * Layer:   tools/lkl/lib, below loader.c. Knows ELF, maps nothing.
 * Users:   loader.c, imagefile.c, tests/unit.
 * Locking: none; a struct image is filled once and then only read.
 */
#ifndef LKL_LIB_IMAGE_H
#define LKL_LIB_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#define IMAGE_SEGMENTS_MAX	16

/* No image may span more than this, so that sums of two offsets never wrap. */
#define IMAGE_EXTENT_MAX	(1ULL << 30)

/* Pages of the image file; the processor's smallest, as its linker assumed. */
#define IMAGE_PAGE		4096ULL

/**
 * struct image_range - a piece of the image
 * @start: first address, as linked, i.e. relative to the image's base
 * @size: bytes
 */
struct image_range {
	uint64_t start;
	uint64_t size;
};

/**
 * struct image_segment - one PT_LOAD
 * @mem: where it goes, bss included
 * @offset: where its contents are in the file, congruent to @mem.start modulo
 *	IMAGE_PAGE
 * @filesz: bytes of @mem that come from the file; the rest is zeros
 * @writable: data
 * @executable: code; never together with @writable
 */
struct image_segment {
	struct image_range mem;
	uint64_t offset;
	uint64_t filesz;
	bool writable;
	bool executable;
};

/**
 * struct image - an image file that has been looked through
 * @bytes: the file, in memory
 * @size: its size in bytes
 * @segment: its segments, ascending, on pages of their own
 * @nr_segments: how many
 * @extent: bytes from address 0 to the end of the last segment
 * @relro: to be made read-only once relocated; size 0 if there is none
 * @rela: table of Elf64_Rela; size 0 if there is none
 * @relr: table of Elf64_Relr; size 0 if there is none
 * @build_id: the build ID's bytes, as addresses; size 0 if there is none
 * @entry: address of LKL_KERNEL_ENTRY
 */
struct image {
	const uint8_t *bytes;
	uint64_t size;
	struct image_segment segment[IMAGE_SEGMENTS_MAX];
	unsigned int nr_segments;
	uint64_t extent;
	struct image_range relro;
	struct image_range rela;
	struct image_range relr;
	struct image_range build_id;
	uint64_t entry;
};

/**
 * image_parse - look through an image file and check all that we rely on
 * @image: filled
 * @bytes: the file in memory, aligned to 8 bytes; must outlive @image
 * @size: its size in bytes
 *
 * The file is not trusted: no field of it can make us read outside
 * [@bytes, @bytes + @size), and the segments that come out are disjoint,
 * ascending and inside [0, IMAGE_EXTENT_MAX).
 *
 * Context: any. Blocks: no.
 * Return: 0; -ENOEXEC if it is not an image we can load (not ELF64 for this
 * processor, malformed, writable code, undefined symbols to be looked up,
 * relocations that are not RELATIVE, thread-local storage, no
 * LKL_KERNEL_ENTRY).
 */
int image_parse(struct image *image, const void *bytes, uint64_t size);

/**
 * image_at - the file's bytes behind a linked address
 * @image: a parsed image, or one of which the segments are known
 * @addr: address as linked
 * @size: how many bytes must be there
 *
 * Return: a pointer to them, or NULL if they are not all in the file.
 */
const void *image_at(const struct image *image, uint64_t addr, uint64_t size);

/**
 * image_relocate - apply an image's relocations
 * @image: the image
 * @base: where its address 0 has been mapped; its data must be writable
 *
 * Return: 0, or -ENOEXEC for a relocation that is not RELATIVE or lies outside
 * the writable segments; the data is then partly relocated and unusable.
 */
int image_relocate(const struct image *image, uint8_t *base);

#endif /* LKL_LIB_IMAGE_H */
