// SPDX-License-Identifier: GPL-2.0
/*
 * format.c - which format an image has, by its first bytes
 *
 * Layer:   tools/lkl/image, on the host, before the sandbox.
 * Context: one thread.
 *
 * Only compares bytes at fixed places, and numbers for being zero. Two things
 * can go wrong with that and are looked after here: an image whose contents are
 * somebody else's may pretend to be of a format that names files of the host as
 * its backing, so format_refers() says when the user has to name the format.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const struct format formats[] = {
	{ "raw", NULL, HANDLER_FILE, false },
	{ "qcow2", "qcow2", HANDLER_QEMU, false },
	{ "qcow", "qcow", HANDLER_QEMU, false },
	{ "qed", "qed", HANDLER_QEMU, false },
	{ "vmdk", "vmdk", HANDLER_QEMU, false },
	{ "vdi", "vdi", HANDLER_QEMU, false },
	{ "vhd", "vpc", HANDLER_QEMU, false },
	{ "vpc", "vpc", HANDLER_QEMU, false },
	{ "vhdx", "vhdx", HANDLER_QEMU, false },
	{ "parallels", "parallels", HANDLER_QEMU, false },
	{ "dmg", "dmg", HANDLER_QEMU, true },
	{ "xz", "xz", HANDLER_XZ, true },
	{ "gz", "gzip", HANDLER_UNPACK, true },
	{ "zst", "zstd", HANDLER_UNPACK, true },
	{ "bz2", "bzip2", HANDLER_UNPACK, true },
};

#define RAW	(&formats[0])

/**
 * struct magic - one place to look at
 * @offset: from the start, or if negative from the end
 * @length: of @bytes
 * @bytes: what is there
 * @name: then it is this format
 */
struct magic {
	off_t offset;
	size_t length;
	const char *bytes;
	const char *name;
};

#define MAGIC(o, b, n)	{ o, sizeof(b) - 1, b, n }

static const struct magic magics[] = {
	MAGIC(0, "QFI\xfb\0\0\0\1", "qcow"),
	MAGIC(0, "QFI\xfb", "qcow2"),
	MAGIC(0, "QED\0", "qed"),
	MAGIC(0, "KDMV", "vmdk"),
	MAGIC(0, "# Disk DescriptorFile", "vmdk"),
	MAGIC(0x40, "\x7f\x10\xda\xbe", "vdi"),
	MAGIC(0, "vhdxfile", "vhdx"),
	MAGIC(0, "conectix", "vhd"),
	MAGIC(-512, "conectix", "vhd"),
	MAGIC(0, "WithoutFreeSpace", "parallels"),
	MAGIC(0, "WithouFreSpacExt", "parallels"),
	MAGIC(-512, "koly\0\0\0\4", "dmg"),
	MAGIC(0, "\xfd" "7zXZ\0", "xz"),
	MAGIC(0, "\x1f\x8b\x08", "gz"),
	MAGIC(0, "\x28\xb5\x2f\xfd", "zst"),
	MAGIC(0, "BZh", "bz2"),
};

const struct format *format_named(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

static bool has_magic(int fd, uint64_t size, const struct magic *magic)
{
	off_t offset = magic->offset;
	char bytes[32];

	if (offset < 0)
		offset += (off_t)size;
	return offset >= 0 &&
	       pread(fd, bytes, magic->length, offset) ==
		       (ssize_t)magic->length &&
	       !memcmp(bytes, magic->bytes, magic->length);
}

const struct format *format_find(int fd, uint64_t size)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(magics); i++)
		if (has_magic(fd, size, &magics[i]))
			return format_named(magics[i].name);
	return RAW;
}

/*
 * qcow, qcow2: the offset of a backing file's name, bytes 8 to 15; qcow2 also
 * an external data file, bit 2 of the incompatible features at 72
 * (docs/interop/qcow2.txt of QEMU).
 */
static bool qcow_refers(int fd)
{
	unsigned char head[80] = { 0 };
	size_t i;

	if (pread(fd, head, sizeof(head), 0) <= 0)
		return true;
	for (i = 8; i < 16; i++)
		if (head[i])
			return true;
	return head[7] >= 3 && (head[79] & 4);
}

#define VMDK_DESCRIPTOR_MAX	(20 * SECTOR)

/*
 * A sparse extent carries its descriptor; one that is a disk of its own has no
 * parent and says so. (VMware, "Virtual Disk Format 1.1")
 */
static bool vmdk_refers(int fd)
{
	unsigned char head[64];
	char text[VMDK_DESCRIPTOR_MAX + 1];
	uint64_t capacity, sector;
	ssize_t len;

	if (pread(fd, head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head, "KDMV", 4))
		return true;
	memcpy(&capacity, head + 12, sizeof(capacity));
	memcpy(&sector, head + 28, sizeof(sector));
	if (!capacity)
		return true;
	if (!sector)
		return false;
	if (sector > INT32_MAX)
		return true;
	len = pread(fd, text, VMDK_DESCRIPTOR_MAX, (off_t)(sector * SECTOR));
	if (len <= 0)
		return true;
	text[len] = '\0';
	return !strcasestr(text, "parentCID=ffffffff") ||
	       strcasestr(text, "parentFileNameHint");
}

bool format_refers(const struct format *format, int fd)
{
	if (!strcmp(format->name, "qcow2") || !strcmp(format->name, "qcow"))
		return qcow_refers(fd);
	if (!strcmp(format->name, "vmdk"))
		return vmdk_refers(fd);
	/* QED: feature bit 0 is "has a backing file". */
	if (!strcmp(format->name, "qed")) {
		unsigned char features[8];

		return pread(fd, features, sizeof(features), 16) !=
			       sizeof(features) || (features[0] & 1);
	}
	return false;
}
