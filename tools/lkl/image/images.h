/* SPDX-License-Identifier: GPL-2.0 */
/*
 * images.h - disk images: whatever the user names, as disks of the library
 *
 * Layer:   tools/lkl/image, a static library of the tools, over lkl.h and the
 *	block backends of drivers/virtio. Nothing here prints or exits.
 * Users:   cptofs and cpfromfs, lklfuse, lklinfo, and whatever else opens images.
 * Context: one thread, the same for all calls.
 *
 * DOC: The life of images
 *
 *	images_open()		host: find the format, open, lock, start helpers,
 *				connect, read the passphrase
 *	  <sandbox>		the tool gives up what it does not need any more
 *	  images_plug()		disks of the selected kernel, lkl_disk_add()
 *	  lkl_start_kernel()	the tool's own
 *	    images_select()	inside: partition, LUKS, LVM, dm-verity: a block
 *				device and the type of what is on it
 *	      lkl_sys_mount()	the tool's own: target.path, target.type
 *	      lkl_sys_umount()
 *	    images_release()	take the mappings apart again
 *	  images_unplug()	or lkl_sys_halt() and lkl_cleanup() in its stead
 *	images_close()		host: wait for helpers; what was lost is an error
 *
 * No byte of an image is parsed in this process before the sandbox, but that the
 * format is told by comparing the first bytes. After images_open() no program is
 * started, no socket made, no signal sent and no file of the host opened, except
 * /proc/self/fd/N, by libcryptsetup, for memory of our own.
 *
 * A program that goes into the background with fork() has to do so before
 * images_plug(). The terminal may be lost between images_open() and
 * images_select(): the descriptor to ask at is open already.
 */
#ifndef LKL_IMAGES_H
#define LKL_IMAGES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** struct images - the open images; opaque */
struct images;

/**
 * struct images_options - how to open images; all zeros is a good start
 * @read_only: nothing of any image is written, whatever happens
 * @no_lock: do not lock the images against other users
 * @format: "raw", "qcow2", "vmdk", "vdi", "vpc" (or "vhd"), "vhdx", "parallels",
 *	"qcow", "dmg", "xz", "gz", "zst", "bz2"; NULL: found by the first bytes.
 *	Only with a format that was named, an image may refer to other files of
 *	the host (backing files, extents).
 * @overlay: file that takes all changes, so that the image stays as it is; made
 *	if it is not there (qcow2). Needs exactly one image.
 * @offset: where in the image the disk starts, in bytes, a multiple of 512
 * @length: bytes of it; 0: to the end
 * @sector_size: 512 or 4096; 0: 512, or what a server says
 * @key_file: file with the LUKS passphrase, all of it; "-" is standard input;
 *	NULL for none
 * @key_fd: descriptor to read it from, if @use_key_fd
 * @use_key_fd: see @key_fd
 * @may_ask: ask for it at the terminal, should one be needed
 * @examine: what LUKS containers say of themselves will be asked for, passphrase
 *	or not
 * @progress: called now and then while an image is unpacked, with bytes of the
 *	compressed image that are done and that there are; NULL: nobody wants to know
 * @progress_arg: its first argument
 */
struct images_options {
	bool read_only;
	bool no_lock;
	const char *format;
	const char *overlay;
	uint64_t offset;
	uint64_t length;
	unsigned int sector_size;
	const char *key_file;
	int key_fd;
	bool use_key_fd;
	bool may_ask;
	bool examine;
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *progress_arg;
};

/**
 * images_new - room for images
 *
 * Return: it, or NULL when memory is short.
 */
struct images *images_new(void);

/**
 * images_open - open images on the host
 * @images: from images_new()
 * @names: files, block devices, or nbd://, nbds://, nbd+unix:// URIs; copied
 * @count: how many; more than one for a file system over several devices, or a
 *	volume group
 * @options: applied to each; copied
 *
 * Return: 0, or a negative errno; images_error() has the reason in words.
 * -EBUSY: locked by another program.
 */
int images_open(struct images *images, const char *const *names,
		unsigned int count, const struct images_options *options);

/**
 * images_error - why the last call failed
 * @images: the images
 *
 * Return: a sentence without a full stop, beginning with the image's name
 * where one is to blame; valid until the next call; "" if nothing failed.
 * May hold bytes that come from an image.
 */
const char *images_error(const struct images *images);

/**
 * images_warning - what the user should know, though nothing failed
 * @images: the images
 *
 * Return: a sentence, each only once; NULL when there is none (any more).
 */
const char *images_warning(struct images *images);

/**
 * images_contains - is a file of the host one of the images, or the overlay?
 * @images: the open images
 * @dev: st_dev
 * @ino: st_ino
 */
bool images_contains(const struct images *images, dev_t dev, ino_t ino);

/**
 * images_size - bytes of all images together
 * @images: the open images
 */
uint64_t images_size(const struct images *images);

/**
 * images_plug - make the images disks of the selected kernel
 * @images: open
 *
 * Before or after lkl_start_kernel().
 *
 * Return: 0, or a negative errno, with images_error().
 */
int images_plug(struct images *images);

/* struct images_choice.partition: take the whole disk if it has no table */
#define IMAGES_UNSET	(-1)

/**
 * struct images_choice - what of the images is meant
 * @image: which one, from 0
 * @partition: number as the kernel has it, 0 for the whole disk, or
 *	IMAGES_UNSET
 * @volume: logical volume, "group/volume" or "volume"; NULL: the only one
 * @type: file system type as the kernel names it; NULL: found
 * @device: stop at a block device, do not look for a file system on it
 * @verity_root: dm-verity root hash, hexadecimal; NULL for none
 * @verity_hashes: where its hash tree is: "part=N" (of the same image),
 *	"image=N" or "image=N,part=M", "offset=BYTES" (same device), or NULL:
 *	"offset=" what the data's own size says is not known, so required
 */
struct images_choice {
	unsigned int image;
	int partition;
	const char *volume;
	const char *type;
	bool device;
	const char *verity_root;
	const char *verity_hashes;
};

/**
 * struct images_target - what was chosen
 * @path: block device inside the kernel, for lkl_sys_mount()
 * @type: type of the file system, or "" with struct images_choice.device
 * @size: bytes
 * @read_only: it cannot be written
 * @encrypted: it lies in a LUKS container
 */
struct images_target {
	char path[160];
	char type[32];
	uint64_t size;
	bool read_only;
	bool encrypted;
};

/**
 * images_select - find what was asked for, through all layers
 * @images: plugged, the kernel is running and selected
 * @choice: what is meant
 * @target: filled in
 *
 * Opens LUKS containers (asking for the passphrase) and volume groups it meets
 * on the way. All devices of a btrfs file system are made known to the kernel.
 * May be called several times.
 *
 * Return: 0; -EINVAL: a choice has to be made, or is wrong; images_error() then
 * lists what there is; -ENOENT: no file system was found; -EACCES: wrong
 * passphrase; -ENOKEY: none was given; -EOPNOTSUPP: a layer of a kind that is not
 * supported; other negative errno.
 */
int images_select(struct images *images, const struct images_choice *choice,
		  struct images_target *target);

/**
 * images_shadow - let a read-only device be written, without writing the image
 * @images: as for images_select()
 * @target: from images_select(), not mounted. @path becomes a device that has
 *	the same contents and takes changes, which are kept in memory until
 *	images_release() and nowhere else.
 *
 * So that a journal can be replayed. Not for a file system over several images.
 *
 * Return: 0, or a negative errno, with images_error().
 */
int images_shadow(struct images *images, struct images_target *target);

/**
 * images_release - take apart the mappings that images_select() made
 * @images: nothing of them is mounted or open any more
 *
 * Return: 0; -EBUSY and the like, with images_error(): something written may not
 * have reached the image.
 */
int images_release(struct images *images);

/**
 * images_unplug - take the disks away from the selected kernel
 * @images: as they were plugged. Not needed before lkl_cleanup().
 */
void images_unplug(struct images *images);

/**
 * images_close - give everything back
 * @images: not plugged, or the kernel was halted and cleaned up; NULL is
 *	allowed. Freed by images_free().
 *
 * Waits until helpers have written everything and ended.
 *
 * Return: 0, or a negative errno, with images_error(), if something written may
 * be lost.
 */
int images_close(struct images *images);

/**
 * images_free - forget images, closing them if they are open
 * @images: from images_new(); NULL is allowed
 */
void images_free(struct images *images);

#endif /* LKL_IMAGES_H */
