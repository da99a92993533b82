/* SPDX-License-Identifier: GPL-2.0 */
/*
 * inside.h - the parts of the image library that work inside the kernel
 *
 * Layer:   tools/lkl/image, private to it, over the system calls of lkl.h. The
 *	kernel is running and selected, the images are plugged.
 *
 *	volume.c	disks and partitions as block devices
 *	probe.c		what is on a volume, by libblkid
 *	dm.c		the device mapper
 *	luks.c		LUKS, by libcryptsetup (crypt_api.c) and dm-crypt
 *	lvm.c		volume groups: lvm_text.c reads their metadata
 *	verity.c	dm-verity
 *	shadow.c	changes kept in memory
 *	select.c	from an image to a file system, through all of these
 *	listing.c	the same as a list, for lklinfo; raid.c names md arrays
 */
#ifndef LKL_IMAGES_INSIDE_H
#define LKL_IMAGES_INSIDE_H

#include "internal.h"

/* ---- volume.c ---- */

#define VOLUME_PATH_MAX	160

/**
 * struct volume - a block device inside the kernel
 * @path: its node
 * @name: how messages call it
 * @dev: device number as mknod(2) has it
 * @size: bytes
 * @sector_size: of the device, in bytes
 * @read_only: the kernel says so
 * @encrypted: there is a LUKS container below it
 */
struct volume {
	char path[VOLUME_PATH_MAX];
	char name[256];
	uint32_t dev;
	uint64_t size;
	unsigned int sector_size;
	bool read_only;
	bool encrypted;
};

/** volume_major, volume_minor - the parts of struct volume.dev */
unsigned int volume_major(const struct volume *volume);
unsigned int volume_minor(const struct volume *volume);

/**
 * struct partition - an entry of a partition table, as the kernel found it
 * @number: as in /dev/vdaN
 * @start: in bytes
 * @size: in bytes
 */
struct partition {
	unsigned int number;
	uint64_t start;
	uint64_t size;
};

/**
 * volume_node - make the node of a block device, unless it is there
 * @images: for messages
 * @dev: its number
 * @volume: all but @name and @encrypted is filled in
 */
int volume_node(struct images *images, uint32_t dev, struct volume *volume);

/** volume_of - the volume of an image, or of one of its partitions */
int volume_of(struct images *images, unsigned int image, unsigned int partition,
	      struct volume *volume);

/**
 * volume_read - read from a block device
 * @volume: it
 * @buf: filled
 * @len: bytes
 * @offset: where
 *
 * Return: 0; -EIO also if the device ends before.
 */
int volume_read(const struct volume *volume, void *buf, size_t len,
		uint64_t offset);

/** volume_fd_open - a descriptor inside the kernel, for several reads */
int volume_fd_open(const struct volume *volume);

/** volume_pread - as volume_read(), from volume_fd_open() */
int volume_pread(int fd, void *buf, size_t len, uint64_t offset);

/**
 * partitions_read - the partitions of an image
 * @images: the images
 * @image: which one
 * @list: set to them, by number, from malloc()
 *
 * Return: how many, or negative errno.
 */
int partitions_read(struct images *images, unsigned int image,
		    struct partition **list);

/* ---- probe.c ---- */

/**
 * struct probe - what is on a volume
 * @usage: "filesystem", "crypto", "raid", "other"; "" if nothing is known
 * @type: as libblkid has it
 * @version: of the format
 * @label: of the file system
 * @uuid: of the file system or container
 * @ambiguous: it carries the marks of several
 */
struct probe {
	char usage[16];
	char type[32];
	char version[32];
	char label[256];
	char uuid[64];
	bool ambiguous;
};

/**
 * probe_volume - find out what is on a volume
 * @images: for messages
 * @volume: it
 * @labels: label wanted too, which may take reading more of it
 * @probe: filled in
 *
 * Return: 0, also if nothing is known; negative errno if it cannot be read.
 */
int probe_volume(struct images *images, const struct volume *volume,
		 bool labels, struct probe *probe);

/** probe_fs_type - the kernel's name of a type of libblkid's */
const char *probe_fs_type(const char *type);

/**
 * probe_table - the kind of an image's partition table
 * @images: for messages
 * @volume: the whole disk
 * @type: set to "dos", "gpt", ...; "" if there is none
 * @uuid: set to its identifier, or ""
 * @size: of @type and @uuid each, in bytes
 */
int probe_table(struct images *images, const struct volume *volume, char *type,
		char *uuid, size_t size);

/**
 * struct entry - what a partition table says of a partition
 * @type: its type, a number or a UUID
 * @name: its name
 * @uuid: its own UUID
 * @flags: as stored
 */
struct entry {
	char type[64];
	char name[128];
	char uuid[64];
	uint64_t flags;
};

/** probe_entries - the same for each partition of @list; -ENOENT: no table */
int probe_entries(struct images *images, const struct volume *volume,
		  const struct partition *list, unsigned int count,
		  struct entry *entries);

/* ---- dm.c ---- */

/* Bytes of a name of the device mapper, with its zero (DM_NAME_LEN). */
#define DM_NAME_MAX	128

/**
 * struct dm_target - a line of a device mapper table
 * @start: first sector
 * @sectors: how many
 * @type: name of the target
 * @params: its parameters
 */
struct dm_target {
	uint64_t start;
	uint64_t sectors;
	const char *type;
	const char *params;
};

/**
 * struct mapping - a device that was made
 * @next: the one made before
 * @name: of the device mapper
 * @below: the device it stands for, as mknod(2) has it; 0 if several
 * @volume: it
 */
struct mapping {
	struct mapping *next;
	char name[DM_NAME_MAX];
	uint32_t below;
	struct volume volume;
};

/**
 * mapping_create - make a mapped device
 * @images: gets the mapping
 * @name: must not be taken; characters as the device mapper permits
 * @targets: its table
 * @count: lines of it
 * @read_only: it shall not be written
 *
 * Return: 0, and the mapping is images->mappings; negative errno.
 */
int mapping_create(struct images *images, const char *name,
		   const struct dm_target *targets, unsigned int count,
		   bool read_only);

/** mapping_over - the mapping made for the device @below, or NULL */
struct mapping *mapping_over(struct images *images, uint32_t below);

/** mapping_named - the mapping of that name, or NULL */
struct mapping *mapping_named(struct images *images, const char *name);

/** mappings_forget - free what is known of mappings; they went with the kernel */
void mappings_forget(struct images *images);

/* ---- luks.c ---- */

/**
 * struct luks_info - what the header of a LUKS container says
 * @version: 1 or 2
 * @cipher: e.g. "aes-xts-plain64"
 * @key_bits: size of the volume key
 * @sector_size: of the encryption, in bytes
 * @offset: where the data starts, in bytes
 * @slots: key slots in use
 * @pbkdf: of the first of them
 */
struct luks_info {
	unsigned int version;
	char cipher[64];
	unsigned int key_bits;
	unsigned int sector_size;
	uint64_t offset;
	unsigned int slots;
	char pbkdf[32];
};

/** luks_prepare - before the sandbox: load what a passphrase will need */
int luks_prepare(struct images *images);

/**
 * luks_open - open a LUKS container
 * @images: the images
 * @below: where it is
 * @volume: set to what is in it
 *
 * Return: 0; -ENOKEY: no passphrase; -EACCES: wrong; negative errno.
 */
int luks_open(struct images *images, const struct volume *below,
	      struct volume *volume);

/** luks_examine - read its header only */
int luks_examine(struct images *images, const struct volume *below,
		 struct luks_info *info);

/* ---- lvm.c ---- */

#define LVM_NAME_MAX	128

/**
 * struct lvm_lv - a logical volume
 * @group: name of its group
 * @name: its name
 * @uuid: its UUID
 * @kind: "linear", "striped", or what it is else
 * @size: bytes
 * @missing: a physical volume it needs is not there
 * @supported: it can be mapped
 */
struct lvm_lv {
	char group[LVM_NAME_MAX];
	char name[LVM_NAME_MAX];
	char uuid[64];
	char kind[32];
	uint64_t size;
	bool missing;
	bool supported;
};

struct lvm_set;

/**
 * lvm_scan - find the volume groups on some volumes
 * @images: for messages
 * @volumes: those that hold physical volumes
 * @count: how many
 * @set: set to what was found
 */
int lvm_scan(struct images *images, const struct volume *volumes,
	     unsigned int count, struct lvm_set **set);

/** lvm_count - logical volumes in it; those hidden inside others left out */
unsigned int lvm_count(const struct lvm_set *set);

/** lvm_get - one of them */
void lvm_get(const struct lvm_set *set, unsigned int i, struct lvm_lv *lv);

/** lvm_map - make one of them a device; once only */
int lvm_map(struct images *images, const struct lvm_set *set, unsigned int i,
	    struct volume *volume);

void lvm_free(struct lvm_set *set);

/* ---- shadow.c ---- */

/** shadow_forget - close the file in memory; the kernel is gone */
void shadow_forget(struct images *images);

/* ---- verity.c ---- */

/**
 * verity_open - lay dm-verity over a volume
 * @images: the images
 * @data: the volume
 * @image: of which image it is
 * @choice: has the root hash, and says where the hash tree is
 * @volume: set to the verified device
 */
int verity_open(struct images *images, const struct volume *data,
		unsigned int image, const struct images_choice *choice,
		struct volume *volume);

/* ---- select.c ---- */

/**
 * volumes_physical - all volumes that hold LVM physical volumes
 * @images: the images; LUKS containers that are open are looked into
 * @list: set to them, from malloc()
 *
 * Return: how many, or negative errno.
 */
int volumes_physical(struct images *images, struct volume **list);

/** btrfs_register - make the devices of btrfs file systems known */
int btrfs_register(struct images *images);

#endif /* LKL_IMAGES_INSIDE_H */
