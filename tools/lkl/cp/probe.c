// SPDX-License-Identifier: GPL-2.0
/*
 * probe.c - what is on a disk or partition, by its first bytes
 *
 * Layer:   tools; called by volume.c.
 * Context: one thread.
 *
 * Only compares bytes at fixed places; whether the rest is sound is the
 * kernel's business. Places and values are those of each file system's
 * on-disk header in the kernel (fs/ and include/uapi/linux/magic.h).
 */
#include "probe.h"

#include <string.h>
#include <unistd.h>

/**
 * struct magic - one place to look at
 * @offset: in bytes from the start
 * @length: of @bytes
 * @bytes: what is there
 * @what: then it is this
 */
struct magic {
	off_t offset;
	size_t length;
	const char *bytes;
	struct probe what;
};

#define FS(o, b, n)	{ o, sizeof(b) - 1, b, { n, true, false } }
#define DISC(o, b, n)	{ o, sizeof(b) - 1, b, { n, true, true } }
#define OTHER(o, b, n)	{ o, sizeof(b) - 1, b, { n, false, false } }

/*
 * The first that fits wins. Containers come first, since what they contain may
 * show through; file systems that leave the first KiB alone come after those
 * that do not, since an old boot sector may have stayed; a UDF disc usually
 * claims to be an ISO 9660 one too.
 */
static const struct magic magics[] = {
	OTHER(0, "LUKS\xba\xbe", "a LUKS container"),
	OTHER(512, "LABELONE", "an LVM physical volume"),
	OTHER(0x1000, "\xfc\x4e\x2b\xa9", "a member of a RAID array"),
	OTHER(0, "QFI\xfb", "a qcow2 image; convert it to a raw one"),
	OTHER(0, "KDMV", "a VMDK image; convert it to a raw one"),
	FS(0, "XFSB", "xfs"),
	FS(0, "hsqs", "squashfs"),
	FS(0x10040, "_BHRfS_M", "btrfs"),
	FS(0x400, "\x10\x20\xf5\xf2", "f2fs"),
	FS(0x400, "\xe2\xe1\xf5\xe0", "erofs"),
	FS(0x438, "\x53\xef", "ext4"),
	FS(0x400, "H+", "hfsplus"),
	FS(0x400, "HX", "hfsplus"),
	DISC(0x8801, "NSR0", "udf"),
	DISC(0x9001, "NSR0", "udf"),
	DISC(0x9801, "NSR0", "udf"),
	DISC(0xa001, "NSR0", "udf"),
	DISC(0x8001, "CD001", "iso9660"),
	FS(3, "EXFAT   ", "exfat"),
	FS(3, "NTFS    ", "ntfs3"),
	FS(54, "FAT12   ", "vfat"),
	FS(54, "FAT16   ", "vfat"),
	FS(54, "FAT     ", "vfat"),
	FS(82, "FAT32   ", "vfat"),
	OTHER(0xff6, "SWAPSPACE2", "swap space"),
};

static bool matches(int fd, off_t offset, const struct magic *magic)
{
	char bytes[16];

	return magic->length <= sizeof(bytes) &&
	       pread(fd, bytes, magic->length, offset + magic->offset) ==
		       (ssize_t)magic->length &&
	       !memcmp(bytes, magic->bytes, magic->length);
}

const struct probe *probe_file(int fd, off_t offset)
{
	size_t i;

	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (matches(fd, offset, &magics[i]))
			return &magics[i].what;
	return NULL;
}
