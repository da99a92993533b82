// SPDX-License-Identifier: GPL-2.0
/*
 * imagefile.c - find the file that a piece of this process was mapped from
 *
 * Layer:   tools/lkl/lib, below loader.c.
 * Users:   loader.c, once a boot.
 * Context: any host thread; no state.
 */
#define _GNU_SOURCE
#include "imagefile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is read and compared at once: the header page, or a build ID. */
#define COMPARE_MAX	IMAGE_PAGE

struct lookup {
	struct imagefile *file;
	const struct image *image;
	bool found;
};

/* Does the file hold the same bytes as our memory at image offset @pos? */
static bool same_bytes(const struct imagefile *file, const struct image *image,
		       uint64_t pos, uint64_t size)
{
	uint8_t buf[COMPARE_MAX];
	ssize_t got;

	if (size > sizeof(buf))
		return false;
	do {
		got = pread(file->fd, buf, size, (off_t)(file->offset + pos));
	} while (got < 0 && errno == EINTR);
	return got == (ssize_t)size && !memcmp(buf, image->bytes + pos, size);
}

static bool same_image(const struct imagefile *file, const struct image *image)
{
	const uint8_t *id;
	struct stat st;

	if (!image->build_id.size || image->size < COMPARE_MAX)
		return false;
	if (fstat(file->fd, &st) || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size < image->size ||
	    (uint64_t)st.st_size - image->size < file->offset)
		return false;
	id = image_at(image, image->build_id.start, image->build_id.size);
	return same_bytes(file, image, 0, COMPARE_MAX) &&
	       same_bytes(file, image, (uint64_t)(id - image->bytes),
			  image->build_id.size);
}

/* Open file->path, and keep it if it is the right one. */
static bool candidate_open(struct imagefile *file, const struct image *image)
{
	if (file->offset % IMAGE_PAGE)
		return false;
	file->fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file->fd < 0)
		return false;
	if (same_image(file, image))
		return true;
	close(file->fd);
	file->fd = -1;
	return false;
}

static bool candidate_try(struct imagefile *file, const struct image *image,
			  const char *path, uint64_t offset)
{
	size_t len = strlen(path);

	if (path[0] != '/' || len >= sizeof(file->path))
		return false;
	memcpy(file->path, path, len + 1);
	file->offset = offset;
	return candidate_open(file, image);
}

/* dl_iterate_phdr() callback; returns 1 at the object that holds the image. */
static int object_visit(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct lookup *lookup = arg;
	uintptr_t addr = (uintptr_t)lookup->image->bytes;
	const char *path = info->dlpi_name;
	int i;

	(void)size;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type != PT_LOAD || addr < start ||
		    addr - start >= ph->p_filesz)
			continue;
		/* The program itself has no name here. */
		if (!path || !*path)
			path = "/proc/self/exe";
		lookup->found = candidate_try(lookup->file, lookup->image, path,
					      ph->p_offset + (addr - start));
		return 1;
	}
	return 0;
}

/*
 * One line of /proc/self/maps: "start-end perms offset dev inode path". The
 * path is last and may hold spaces.
 */
static bool maps_line_visit(struct lookup *lookup, char *line)
{
	uint64_t addr = (uintptr_t)lookup->image->bytes;
	uint64_t start, end, offset;
	int path = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %n",
		   &start, &end, &offset, &path) != 3 || !path)
		return false;
	if (addr < start || addr >= end)
		return false;
	line[strcspn(line, "\n")] = '\0';
	lookup->found = candidate_try(lookup->file, lookup->image, line + path,
				      offset + (addr - start));
	return true;
}

static void maps_search(struct lookup *lookup)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char *line = NULL;
	size_t size = 0;

	if (!maps)
		return;
	while (getline(&line, &size, maps) > 0 &&
	       !maps_line_visit(lookup, line))
		;
	free(line);
	fclose(maps);
}

int imagefile_open(struct imagefile *file, const struct image *image)
{
	struct lookup lookup = { .file = file, .image = image };

	file->fd = -1;
	dl_iterate_phdr(object_visit, &lookup);
	if (!lookup.found)
		maps_search(&lookup);
	return lookup.found ? 0 : -ENOENT;
}
