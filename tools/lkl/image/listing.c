// SPDX-License-Identifier: GPL-2.0
/*
 * listing.c - all that is in images, as a tree
 *
 * Layer:   tools/lkl/image, over the other parts of it; documented in listing.h.
 * Context: one thread, in the sandbox.
 */
#include "listing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>

#include "fsfeatures.h"
#include "inside.h"
#include "raid.h"

#define POINT		"/mnt"
#define DEPTH_MAX	4
#define UMOUNT_MS	10000

#define COPY(to, from)	snprintf(to, sizeof(to), "%.*s", \
				 (int)sizeof(to) - 1, from)

/* ---- how full ---- */

/**
 * struct replay - what keeps a file system from replaying its journal
 * @type: as libblkid has it
 * @option: mount option
 */
struct replay {
	const char *type;
	const char *option;
};

static const struct replay replays[] = {
	{ "ext4", "noload" },
	{ "ext3", "noload" },
	{ "xfs", "norecovery,nouuid" },
	{ "btrfs", "rescue=nologreplay" },
	{ "f2fs", "norecovery" },
};

static const char *replay_option(const char *type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(replays); i++)
		if (!strcmp(replays[i].type, type))
			return replays[i].option;
	return NULL;
}

static int mount_read_only(const struct volume *volume, const char *type,
			   bool *dirty)
{
	const char *option = replay_option(type);
	const char *name = probe_fs_type(type);
	char options[32] = "";
	long err;

	lkl_sys_mkdir(POINT, 0755);
	*dirty = false;
	err = lkl_sys_mount(volume->path, POINT, name, MS_RDONLY | MS_NOATIME,
			    NULL);
	if (err && option) {
		COPY(options, option);
		err = lkl_sys_mount(volume->path, POINT, name,
				    MS_RDONLY | MS_NOATIME, options);
		*dirty = !err;
	}
	return (int)err;
}

static void space_take(struct tree_space *space)
{
	struct lkl_statfs st = { 0 };
	uint64_t block;

	if (lkl_sys_statfs(POINT, &st))
		return;
	block = st.f_frsize ? (uint64_t)st.f_frsize : (uint64_t)st.f_bsize;
	*space = (struct tree_space){
		.known = true,
		.size = st.f_blocks * block,
		.used = (st.f_blocks - st.f_bfree) * block,
		.available = st.f_bavail * block,
		.files = st.f_files > st.f_ffree ? st.f_files - st.f_ffree : 0,
		/* HFS and HFS+ count the numbers there are, which is no limit. */
		.files_max = st.f_files == UINT32_MAX ? 0 : st.f_files,
		.block_size = (uint32_t)block,
	};
}

static void usage_read(struct images *images, const struct volume *volume,
		       struct tree_content *content)
{
	int err;

	if (!strcmp(content->type, "btrfs"))
		btrfs_register(images);
	err = mount_read_only(volume, content->type, &content->needs_recovery);
	if (err) {
		snprintf(content->problem, sizeof(content->problem),
			 "cannot be mounted: %s", lkl_strerror(err));
		return;
	}
	space_take(&content->space);
	features_mounted(volume, content);
	lkl_umount_timeout(POINT, 0, UMOUNT_MS);
}

/* ---- what is on a volume ---- */

static int content_read(struct images *images, const struct volume *volume,
			bool usage, unsigned int depth,
			struct tree_content *content);

/* No passphrase, or one that does not fit, is no reason to stop listing. */
static int container_read(struct images *images, const struct volume *volume,
			  bool usage, unsigned int depth,
			  struct tree_content *content)
{
	struct luks_info info;
	struct volume inner;
	int err;

	if (!luks_examine(images, volume, &info)) {
		content->luks.version = info.version;
		content->luks.key_bits = info.key_bits;
		content->luks.sector_size = info.sector_size;
		content->luks.slots = info.slots;
		COPY(content->luks.cipher, info.cipher);
		COPY(content->luks.pbkdf, info.pbkdf);
	} else {
		COPY(content->problem, images->error);
		return 0;
	}
	if (!images->secret.bytes && images->secret.terminal < 0)
		return 0;
	err = luks_open(images, volume, &inner);
	if (err) {
		COPY(content->problem, images->error);
		return err == -ECANCELED || err == -EACCES ? err : 0;
	}
	content->luks.open = true;
	content->inner = calloc(1, sizeof(*content->inner));
	if (!content->inner)
		return fail_errno(images, -ENOMEM, volume->name);
	return content_read(images, &inner, usage, depth + 1, content->inner);
}

static void raid_read(const struct volume *volume, struct tree_raid *raid)
{
	struct raid found;

	if (raid_examine(volume, &found))
		return;
	COPY(raid->level, found.level);
	COPY(raid->name, found.name);
	raid->disks = found.disks;
	raid->disk = found.disk;
	raid->chunk = found.chunk;
}

static int content_read(struct images *images, const struct volume *volume,
			bool usage, unsigned int depth,
			struct tree_content *content)
{
	struct probe probe;
	int err = probe_volume(images, volume, true, &probe);

	if (err) {
		COPY(content->problem, images->error);
		return 0;
	}
	COPY(content->usage, probe.usage);
	COPY(content->type, probe.type);
	COPY(content->version, probe.version);
	COPY(content->label, probe.label);
	COPY(content->uuid, probe.uuid);
	if (probe.ambiguous)
		COPY(content->problem, "has the marks of several file systems");
	if (!strcmp(probe.type, "crypto_LUKS") && depth < DEPTH_MAX)
		return container_read(images, volume, usage, depth, content);
	if (!strcmp(probe.type, "linux_raid_member"))
		raid_read(volume, &content->raid);
	if (strcmp(probe.usage, "filesystem"))
		return 0;
	features_stored(volume, content);
	if (usage)
		usage_read(images, volume, content);
	return 0;
}

/* ---- images ---- */

static int partitions_take(struct images *images, unsigned int image,
			   const struct volume *disk,
			   const struct partition *list, unsigned int count,
			   struct tree_image *tree)
{
	struct entry *entries = calloc(count, sizeof(*entries));
	unsigned int i;

	tree->partitions = calloc(count, sizeof(*tree->partitions));
	if (!entries || !tree->partitions) {
		free(entries);
		return fail_errno(images, -ENOMEM, tree->name);
	}
	/* A table that libblkid does not know has no more than places. */
	probe_entries(images, disk, list, count, entries);
	for (i = 0; i < count; i++) {
		struct tree_partition *p = &tree->partitions[i];

		p->number = list[i].number;
		p->start = list[i].start;
		p->size = list[i].size;
		COPY(p->type, entries[i].type);
		COPY(p->name, entries[i].name);
		COPY(p->uuid, entries[i].uuid);
	}
	tree->count = count;
	free(entries);
	return 0;
}

static int partitions_look(struct images *images, unsigned int image,
			   bool usage, struct tree_image *tree)
{
	struct volume volume;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < tree->count; i++) {
		struct tree_partition *p = &tree->partitions[i];

		/* That of an extended partition is just its table. */
		if (volume_of(images, image, p->number, &volume))
			COPY(p->content.problem, images->error);
		else
			err = content_read(images, &volume, usage, 0,
					   &p->content);
	}
	return err;
}

static const char *format_shown(const struct source *source)
{
	return source->format ? source->format->name : "nbd";
}

static int image_read(struct images *images, unsigned int image, bool usage,
		      struct tree_image *tree)
{
	struct partition *list = NULL;
	struct volume disk;
	int count, err;

	tree->name = images->sources[image].name;
	tree->format = format_shown(&images->sources[image]);
	err = volume_of(images, image, 0, &disk);
	if (err)
		return err;
	tree->size = disk.size;
	tree->sector_size = disk.sector_size;
	count = partitions_read(images, image, &list);
	if (count < 0)
		return count;
	/* A boot sector can look like an empty table; only the kernel's counts. */
	err = count ? probe_table(images, &disk, tree->table, tree->table_uuid,
				  sizeof(tree->table)) : 0;
	if (!err && count)
		err = partitions_take(images, image, &disk, list,
				      (unsigned int)count, tree);
	free(list);
	if (!err)
		err = content_read(images, &disk, usage && !count, 0,
				   &tree->content);
	return err ? err : partitions_look(images, image, usage, tree);
}

/* ---- volume groups ---- */

static int volume_take(struct images *images, const struct lvm_set *set,
		       unsigned int i, bool usage, struct tree_volume *tree)
{
	struct volume volume;
	struct lvm_lv lv;

	lvm_get(set, i, &lv);
	COPY(tree->group, lv.group);
	COPY(tree->name, lv.name);
	COPY(tree->uuid, lv.uuid);
	COPY(tree->kind, lv.kind);
	tree->size = lv.size;
	tree->missing = lv.missing;
	if (lvm_map(images, set, i, &volume)) {
		COPY(tree->content.problem, images->error);
		return 0;
	}
	return content_read(images, &volume, usage, 1, &tree->content);
}

static int groups_read(struct images *images, bool usage, struct tree *tree)
{
	struct volume *list = NULL;
	struct lvm_set *set;
	unsigned int i;
	int err, count = volumes_physical(images, &list);

	if (count <= 0)
		return count;
	err = lvm_scan(images, list, (unsigned int)count, &set);
	free(list);
	if (err)
		return err;
	tree->volumes = calloc(lvm_count(set) + 1, sizeof(*tree->volumes));
	if (!tree->volumes)
		err = fail_errno(images, -ENOMEM, "volume groups");
	for (i = 0; !err && i < lvm_count(set); i++) {
		tree->volume_count++;
		err = volume_take(images, set, i, usage, &tree->volumes[i]);
	}
	lvm_free(set);
	return err;
}

int tree_read(struct images *images, bool usage, struct tree *tree)
{
	unsigned int i;
	int err = 0;

	images->error[0] = '\0';
	memset(tree, 0, sizeof(*tree));
	tree->images = calloc(images->count, sizeof(*tree->images));
	if (!tree->images)
		return fail_errno(images, -ENOMEM, "images");
	for (i = 0; !err && i < images->count; i++) {
		tree->image_count++;
		err = image_read(images, i, usage, &tree->images[i]);
	}
	return err ? err : groups_read(images, usage, tree);
}

static void content_free(struct tree_content *content)
{
	if (!content->inner)
		return;
	content_free(content->inner);
	free(content->inner);
}

void tree_free(struct tree *tree)
{
	unsigned int i, j;

	for (i = 0; i < tree->image_count; i++) {
		struct tree_image *image = &tree->images[i];

		for (j = 0; j < image->count; j++)
			content_free(&image->partitions[j].content);
		content_free(&image->content);
		free(image->partitions);
	}
	for (i = 0; i < tree->volume_count; i++)
		content_free(&tree->volumes[i].content);
	free(tree->images);
	free(tree->volumes);
	memset(tree, 0, sizeof(*tree));
}
