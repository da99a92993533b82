// SPDX-License-Identifier: GPL-2.0
/*
 * loader.c - a fresh copy of the kernel image for each boot
 *
 * Layer:   tools/lkl/lib, above host/posix/mem.c and image.c.
 * Users:   instance.c: loader_load() before the kernel's entry is called,
 *	loader_unload() after lkl_kernel_calls.destroy().
 * Context: any host thread outside the kernel.
 *
 * DOC: Why not dlopen()
 *
 * A kernel's static data is good for one boot. dlopen() gives one copy of it a
 * process, and dlmopen() a copy of libc as well, for at most 15 times. The
 * image needs nothing of a dynamic linker: no symbol is bound, so loading it
 * is mapping a few segments and adding the base to some thousand words. The
 * address space after it has to be ours as well, since the kernel addresses
 * its memory relative to the image.
 *
 * DOC: Three ways a segment gets its contents
 *
 * - Code and constants: a private mapping of the file, never written, so the
 *   page cache's own pages, shared by all instances and processes.
 * - Data: a private writable mapping of the file; a page is copied when a
 *   relocation or the kernel first writes to it.
 * - bss: anonymous memory. The rest of the last page of data is cleared.
 *
 * If there is no file to map (deleted, replaced by another version, no /proc,
 * on a file system mounted noexec), all of it is copied from the embedded
 * image into anonymous memory, and then protected as it would have been.
 */
#define _GNU_SOURCE
#include "loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "debug.h"
#include "host/posix/posix.h"
#include "image.h"
#include "imagefile.h"

static uint64_t page_down(uint64_t addr)
{
	return addr & ~(IMAGE_PAGE - 1);
}

static uint64_t page_up(uint64_t addr)
{
	return page_down(addr + IMAGE_PAGE - 1);
}

static int segment_prot(const struct image_segment *seg)
{
	return PROT_READ | (seg->writable ? PROT_WRITE : 0) |
	       (seg->executable ? PROT_EXEC : 0);
}

/* Zeros from the end of a segment's file contents to the end of its pages. */
static int bss_map(uint8_t *base, const struct image_segment *seg)
{
	uint64_t start = seg->mem.start + seg->filesz;
	uint64_t end = page_up(seg->mem.start + seg->mem.size);
	uint64_t anon = page_up(start);

	memset(base + start, 0, anon - start);
	if (anon >= end)
		return 0;
	if (mmap(base + anon, end - anon, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return -errno;
	return 0;
}

static int segment_map(uint8_t *base, const struct image_segment *seg,
		       const struct imagefile *file)
{
	uint64_t start = page_down(seg->mem.start);
	uint64_t end = page_up(seg->mem.start + seg->filesz);
	uint64_t offset = file->offset + page_down(seg->offset);

	if (seg->filesz &&
	    mmap(base + start, end - start, segment_prot(seg),
		 MAP_PRIVATE | MAP_FIXED, file->fd, (off_t)offset) == MAP_FAILED)
		return -errno;
	return seg->writable ? bss_map(base, seg) : 0;
}

static int segments_map(uint8_t *base, const struct image *image,
			const struct imagefile *file)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < image->nr_segments; i++)
		err = segment_map(base, &image->segment[i], file);
	return err;
}

static int segment_copy(uint8_t *base, const struct image *image,
			const struct image_segment *seg)
{
	uint64_t start = page_down(seg->mem.start);
	uint64_t end = page_up(seg->mem.start + seg->mem.size);

	if (mmap(base + start, end - start, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		return -errno;
	memcpy(base + seg->mem.start, image->bytes + seg->offset, seg->filesz);
	if (!seg->writable &&
	    mprotect(base + start, end - start, segment_prot(seg)))
		return -errno;
	return 0;
}

static int segments_copy(uint8_t *base, const struct image *image)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < image->nr_segments; i++)
		err = segment_copy(base, image, &image->segment[i]);
	return err;
}

/* Map or else copy the segments; *@path says from where, for debuggers. */
static int segments_place(uint8_t *base, const struct image *image,
			  char **path, uint64_t *offset)
{
	struct imagefile file;
	int err;

	*path = NULL;
	*offset = 0;
	if (imagefile_open(&file, image))
		return segments_copy(base, image);
	err = segments_map(base, image, &file);
	close(file.fd);
	if (err)
		return segments_copy(base, image);
	*path = strdup(file.path);
	*offset = file.offset;
	return *path ? 0 : -ENOMEM;
}

/* Whole pages only, as every loader does: a part of a page stays writable. */
static int relro_protect(uint8_t *base, const struct image *image)
{
	uint64_t start = page_down(image->relro.start);
	uint64_t end = page_down(image->relro.start + image->relro.size);

	if (end <= start)
		return 0;
	return mprotect(base + start, end - start, PROT_READ) ? -errno : 0;
}

static int span_reserve(struct lkl_image_info *info)
{
	int err;

	info->span_size = LOADER_SPAN;
	err = posix_span_reserve(info->span_size, LKL_IMAGE_ALIGN,
				 &info->image_base);
	if (err != -ENOMEM)
		return err;
	/* An address space limit, perhaps: make do with less. */
	info->span_size = LKL_SPAN_MIN;
	return posix_span_reserve(info->span_size, LKL_IMAGE_ALIGN,
				  &info->image_base);
}

static void debug_publish(struct loaded_image *loaded, uint64_t offset)
{
	loaded->debug = (struct lkl_debug_instance){
		.base = loaded->info.image_base,
		.size = loaded->info.image_size,
		.span = loaded->info.span_size,
		.path = loaded->path,
		.offset = offset,
	};
	debug_instance_add(&loaded->debug);
}

int loader_load(struct loaded_image *loaded, const void *bytes, uint64_t size)
{
	struct image image;
	uint64_t offset;
	uint8_t *base;
	int err;

	memset(loaded, 0, sizeof(*loaded));
	if ((uintptr_t)bytes % IMAGE_PAGE)
		return -ENOEXEC;
	err = image_parse(&image, bytes, size);
	if (err)
		return err;
	err = span_reserve(&loaded->info);
	if (err)
		return err;

	base = (uint8_t *)(uintptr_t)loaded->info.image_base;
	err = segments_place(base, &image, &loaded->path, &offset);
	if (err)
		goto err_release;
	err = image_relocate(&image, base);
	if (err)
		goto err_release;
	err = relro_protect(base, &image);
	if (err)
		goto err_release;

	loaded->info.image_size = page_up(image.extent);
	loaded->entry = (lkl_kernel_entry_t *)(uintptr_t)
			(loaded->info.image_base + image.entry);
	debug_publish(loaded, offset);
	return 0;

err_release:
	free(loaded->path);
	posix_span_release(loaded->info.image_base, loaded->info.span_size);
	memset(loaded, 0, sizeof(*loaded));
	return err;
}

void loader_unload(struct loaded_image *loaded)
{
	debug_instance_remove(&loaded->debug);
	posix_span_release(loaded->info.image_base, loaded->info.span_size);
	free(loaded->path);
	memset(loaded, 0, sizeof(*loaded));
}

void loader_forget(struct loaded_image *loaded)
{
	void *base = (void *)(uintptr_t)loaded->info.image_base;

	debug_instance_remove(&loaded->debug);
	munmap(base, loaded->info.image_size);
	free(loaded->path);
	memset(loaded, 0, sizeof(*loaded));
}
