// SPDX-License-Identifier: GPL-2.0
/*
 * select.c - from an image to a file system, through all layers
 *
 * Layer:   tools/lkl/image, over lkl.h; documented in images.h.
 * Context: one thread, in the sandbox.
 *
 * DOC: How a file system is found
 *
 * Start at a partition, or the disk. As long as what is there is no file system
 * but a container, open it and look again: LUKS gives a volume, a physical
 * volume belongs to a group, of which one logical volume is chosen. Where more
 * than one way leads on, it is an error that lists them, for the user to choose.
 */
#include "inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Containers in containers; deeper ones are a trap. */
#define DEPTH_MAX	8

#define BTRFS_CONTROL	"/dev/btrfs-control"
#define BTRFS_DEV	(10 << 8 | 234)		/* MISC_MAJOR, BTRFS_MINOR */

/* ---- lists for messages ---- */

static void put_size(FILE *out, uint64_t size)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = (double)size / 1024;
	unsigned int i = 0;

	while (value >= 1024 && i + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		i++;
	}
	fprintf(out, "%.*f %s", value < 10 && i ? 1 : 0, value, units[i]);
}

static const char *shown_type(const struct probe *probe)
{
	if (!strcmp(probe->type, "crypto_LUKS"))
		return "LUKS";
	if (!strcmp(probe->type, "LVM2_member"))
		return "LVM";
	return probe->type[0] ? probe->type : "unknown";
}

/* "1 (vfat, 64 MiB), 2 (ext4, 190 MiB)", from malloc(). */
static char *partitions_text(struct images *images, unsigned int image,
			     const struct partition *list, unsigned int count)
{
	struct volume volume;
	struct probe probe;
	char *text = NULL;
	unsigned int i;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	for (i = 0; i < count; i++) {
		memset(&probe, 0, sizeof(probe));
		if (!volume_of(images, image, list[i].number, &volume))
			probe_volume(images, &volume, false, &probe);
		fprintf(out, "%s%u (%s, ", i ? ", " : "", list[i].number,
			shown_type(&probe));
		put_size(out, list[i].size);
		putc(')', out);
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static int partitions_fail(struct images *images, unsigned int image,
			   const struct partition *list, unsigned int count,
			   const char *problem)
{
	char *text = partitions_text(images, image, list, count);

	fail(images, -EINVAL, "%s: %s: %s", images->sources[image].name,
	     problem, text ? text : strerror(ENOMEM));
	free(text);
	return -EINVAL;
}

static char *volumes_text(const struct lvm_set *set)
{
	char *text = NULL;
	struct lvm_lv lv;
	unsigned int i;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	for (i = 0; i < lvm_count(set); i++) {
		lvm_get(set, i, &lv);
		fprintf(out, "%s%s/%s (%s, ", i ? ", " : "", lv.group, lv.name,
			lv.kind);
		put_size(out, lv.size);
		putc(')', out);
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static int volumes_fail(struct images *images, const struct lvm_set *set,
			const char *problem)
{
	char *text = volumes_text(set);

	fail(images, -EINVAL, "%s: %s", problem,
	     text && *text ? text : "there is none");
	free(text);
	return -EINVAL;
}

/* ---- partitions ---- */

/* A disc that is both: a partition table in a file system's unused sectors. */
static bool is_hybrid(const struct probe *probe)
{
	return !strcmp(probe->type, "iso9660") || !strcmp(probe->type, "udf");
}

static int whole_disk(struct images *images, unsigned int image, bool *whole)
{
	struct volume disk;
	struct probe probe;
	int err = volume_of(images, image, 0, &disk);

	if (!err)
		err = probe_volume(images, &disk, false, &probe);
	*whole = !err && is_hybrid(&probe);
	return err;
}

static bool has_partition(const struct partition *list, int count, int number)
{
	int i;

	for (i = 0; i < count; i++)
		if (list[i].number == (unsigned int)number)
			return true;
	return false;
}

static int partition_unset(struct images *images, unsigned int image,
			   const struct partition *list, int count,
			   unsigned int *number)
{
	bool whole = true;
	int err = 0;

	if (count)
		err = whole_disk(images, image, &whole);
	if (err)
		return err;
	*number = 0;
	if (whole)
		return 0;
	*number = list[0].number;
	return count == 1 ? 0 :
	       partitions_fail(images, image, list, (unsigned int)count,
			       "has partitions, choose one of them");
}

static int partition_choose(struct images *images,
			    const struct images_choice *choice,
			    unsigned int *number)
{
	struct partition *list;
	char problem[64];
	int count, err = 0;

	*number = choice->partition < 0 ? 0 : (unsigned int)choice->partition;
	if (!choice->partition)
		return 0;
	count = partitions_read(images, choice->image, &list);
	if (count < 0)
		return count;
	if (choice->partition < 0) {
		err = partition_unset(images, choice->image, list, count,
				      number);
	} else if (!count) {
		err = fail(images, -EINVAL,
			   "%s: has no partition %d: there is no partition table",
			   images->sources[choice->image].name,
			   choice->partition);
	} else if (!has_partition(list, count, choice->partition)) {
		snprintf(problem, sizeof(problem), "has no partition %d",
			 choice->partition);
		err = partitions_fail(images, choice->image, list,
				      (unsigned int)count, problem);
	}
	free(list);
	return err;
}

/* ---- physical volumes ---- */

/**
 * struct found - a list of volumes that grows
 * @count: how many @list
 * @list: from malloc()
 */
struct found {
	int count;
	struct volume *list;
};

static int found_add(struct found *found, const struct volume *volume)
{
	struct volume *longer;

	longer = reallocarray(found->list, (size_t)found->count + 1,
			      sizeof(*longer));
	if (!longer)
		return -ENOMEM;
	longer[found->count++] = *volume;
	found->list = longer;
	return 0;
}

/* Into a LUKS container only if it is open: each would ask. */
static int physical_look(struct images *images, struct found *found,
			 const struct volume *volume)
{
	struct mapping *m = mapping_over(images, volume->dev);
	struct probe probe;
	int err;

	err = probe_volume(images, m ? &m->volume : volume, false, &probe);
	if (err || strcmp(probe.type, "LVM2_member"))
		return err;
	return found_add(found, m ? &m->volume : volume);
}

static int physical_image(struct images *images, unsigned int image,
			  struct found *found)
{
	struct partition *list;
	struct volume volume;
	int i, err, count = partitions_read(images, image, &list);

	if (count < 0)
		return count;
	err = volume_of(images, image, 0, &volume);
	if (!err && !count)
		err = physical_look(images, found, &volume);
	for (i = 0; !err && i < count; i++) {
		err = volume_of(images, image, list[i].number, &volume);
		if (!err)
			err = physical_look(images, found, &volume);
	}
	free(list);
	return err;
}

int volumes_physical(struct images *images, struct volume **list)
{
	struct found found = { 0 };
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < images->count; i++)
		err = physical_image(images, i, &found);
	if (err) {
		free(found.list);
		return err;
	}
	*list = found.list;
	return found.count;
}

/* "group/volume" or "volume". */
static bool is_named(const struct lvm_lv *lv, const char *name)
{
	size_t len = strlen(lv->group);

	if (!strcmp(name, lv->name))
		return true;
	return !strncmp(name, lv->group, len) && name[len] == '/' &&
	       !strcmp(name + len + 1, lv->name);
}

/* Return: which one, or negative errno. */
static int volume_choose(struct images *images, const struct lvm_set *set,
			 const char *name)
{
	unsigned int i, count = lvm_count(set);
	struct lvm_lv lv;
	char problem[300];
	int found = -1;

	if (!name && count == 1)
		return 0;
	if (!name)
		return volumes_fail(images, set,
				    "choose one of the logical volumes");
	for (i = 0; i < count; i++) {
		lvm_get(set, i, &lv);
		if (!is_named(&lv, name))
			continue;
		if (found >= 0)
			return volumes_fail(images, set,
					    "several groups have it, name the group too");
		found = (int)i;
	}
	if (found >= 0)
		return found;
	snprintf(problem, sizeof(problem), "there is no logical volume %s",
		 name);
	return volumes_fail(images, set, problem);
}

static int group_open(struct images *images, const char *name,
		      struct volume *volume)
{
	struct volume *list = NULL;
	struct lvm_set *set;
	int err, count = volumes_physical(images, &list);

	if (count < 0)
		return count;
	if (!count)
		return fail(images, -ENOENT, "there is no logical volume%s%s",
			    name ? " " : "", name ? name : "");
	err = lvm_scan(images, list, (unsigned int)count, &set);
	free(list);
	if (err)
		return err;
	err = volume_choose(images, set, name);
	if (err >= 0)
		err = lvm_map(images, set, (unsigned int)err, volume);
	lvm_free(set);
	return err;
}

/* ---- btrfs ---- */

static int btrfs_scan(int control, const struct volume *volume)
{
	struct btrfs_ioctl_vol_args args = { 0 };

	snprintf(args.name, sizeof(args.name), "%s", volume->path);
	return (int)lkl_sys_ioctl((unsigned int)control,
				  (unsigned int)BTRFS_IOC_SCAN_DEV,
				  (unsigned long)&args);
}

/* A device that is none of btrfs, or damaged: the mount will say what misses. */
static void btrfs_image(struct images *images, unsigned int image, int control)
{
	struct partition *list;
	struct volume volume;
	int i, count = partitions_read(images, image, &list);

	if (!volume_of(images, image, 0, &volume))
		btrfs_scan(control, &volume);
	for (i = 0; i < count; i++)
		if (!volume_of(images, image, list[i].number, &volume))
			btrfs_scan(control, &volume);
	free(list);
}

int btrfs_register(struct images *images)
{
	struct mapping *m;
	unsigned int i;
	int control;

	lkl_sys_mknod(BTRFS_CONTROL, S_IFCHR | 0600, BTRFS_DEV);
	control = (int)lkl_sys_openat(AT_FDCWD, BTRFS_CONTROL,
				      O_RDWR | O_CLOEXEC, 0);
	if (control < 0)
		return fail_errno(images, control, BTRFS_CONTROL);
	for (i = 0; i < images->count; i++)
		btrfs_image(images, i, control);
	for (m = images->mappings; m; m = m->next)
		btrfs_scan(control, &m->volume);
	lkl_sys_close((unsigned int)control);
	return 0;
}

/* ---- selecting ---- */

/*
 * Open the container that is on @volume, and go on with what is in it.
 * Return: 1; 0 if it is none; negative errno.
 */
static int container_enter(struct images *images,
			   const struct images_choice *choice,
			   const struct probe *probe, struct volume *volume)
{
	struct volume inner;
	int err;

	if (!strcmp(probe->type, "crypto_LUKS"))
		err = luks_open(images, volume, &inner);
	else if (!strcmp(probe->type, "LVM2_member"))
		err = group_open(images, choice->volume, &inner);
	else
		return 0;
	if (err)
		return err;
	*volume = inner;
	return 1;
}

static int type_find(struct images *images, const struct volume *volume,
		     const struct probe *probe, struct images_target *target)
{
	if (!strcmp(probe->usage, "filesystem")) {
		snprintf(target->type, sizeof(target->type), "%s",
			 probe_fs_type(probe->type));
		return 0;
	}
	if (probe->type[0])
		return fail(images, strcmp(probe->usage, "raid") ? -ENOENT :
			    -EOPNOTSUPP, "%s: holds %s, not a file system",
			    volume->name, probe->type);
	return fail(images, -ENOENT,
		    "%s: no file system found; if there is one, name its type",
		    volume->name);
}

/* @probe: what is on @volume; not to be trusted if that has a root hash */
static int volume_finish(struct images *images,
			 const struct images_choice *choice,
			 struct probe *probe, struct volume *volume,
			 struct images_target *target)
{
	struct volume data = *volume;
	int err = 0;

	if (choice->verity_root) {
		err = verity_open(images, &data, choice->image, choice, volume);
		if (!err)
			err = probe_volume(images, volume, false, probe);
	}
	if (!err && !choice->type && !choice->device) {
		if (probe->ambiguous)
			warn(images, "%s: has the marks of several file systems, taken for %s",
			     volume->name, probe->type);
		err = type_find(images, volume, probe, target);
	} else if (choice->type) {
		snprintf(target->type, sizeof(target->type), "%s",
			 choice->type);
	}
	if (err)
		return err;
	memcpy(target->path, volume->path, sizeof(target->path));
	target->size = volume->size;
	target->read_only = volume->read_only;
	target->encrypted = volume->encrypted;
	return strcmp(target->type, "btrfs") ? 0 : btrfs_register(images);
}

/* From @volume through all containers. @grouped: it is a logical volume. */
static int volume_descend(struct images *images,
			  const struct images_choice *choice, bool grouped,
			  struct volume *volume, struct images_target *target)
{
	struct probe probe;
	int i, err;

	for (i = 0; i < DEPTH_MAX; i++) {
		err = probe_volume(images, volume, false, &probe);
		if (!err)
			err = container_enter(images, choice, &probe, volume);
		if (err < 0)
			return err;
		if (!err && choice->volume && !grouped)
			return fail(images, -EINVAL,
				    "%s: there is no logical volume %s",
				    volume->name, choice->volume);
		if (!err)
			return volume_finish(images, choice, &probe, volume,
					     target);
		grouped |= !strcmp(probe.type, "LVM2_member");
	}
	return fail(images, -ELOOP, "%s: too many containers in each other",
		    volume->name);
}

int images_select(struct images *images, const struct images_choice *choice,
		  struct images_target *target)
{
	struct volume volume;
	unsigned int number;
	int err;

	images->error[0] = '\0';
	memset(target, 0, sizeof(*target));
	if (choice->image >= images->count)
		return fail(images, -EINVAL, "there is no image %u",
			    choice->image);
	/* A volume says where it is by its name. */
	if (choice->volume && choice->partition < 0) {
		err = group_open(images, choice->volume, &volume);
		if (!err)
			return volume_descend(images, choice, true, &volume,
					      target);
		/* It may be in a container that is not open yet. */
		if (err != -ENOENT)
			return err;
	}
	err = partition_choose(images, choice, &number);
	if (!err)
		err = volume_of(images, choice->image, number, &volume);
	return err ? err :
		     volume_descend(images, choice, false, &volume, target);
}
