// SPDX-License-Identifier: GPL-2.0
/*
 * text.c - the listing of lklinfo for people
 *
 * Layer:   tools; called by main.c.
 * Context: one thread.
 *
 * Text comes from images, so control characters, which could command the
 * terminal, are written as \ooo.
 */
#include "info.h"

#include <stdio.h>
#include <string.h>

#define STEP	4	/* columns that a level is indented by */

static void put_text(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	for (; *s; s++) {
		if (*s < 0x20 || *s == 0x7f)
			printf("\\%03o", *s);
		else
			putchar(*s);
	}
}

static void put_size(uint64_t size)
{
	static const char *const units[] = {
		"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB",
	};
	double value = (double)size;
	unsigned int i = 0;

	while (value >= 1024 && i < 6) {
		value /= 1024;
		i++;
	}
	if (i && value < 100 && value != (double)(uint64_t)value)
		printf("%.1f %s", value, units[i]);
	else
		printf("%.0f %s", value, units[i]);
}

static void indent(unsigned int level)
{
	printf("%*s", (int)level * STEP, "");
}

/* ", what text", unless there is none. */
static void put_item(const char *what, const char *text)
{
	if (!*text)
		return;
	printf(", %s", what);
	put_text(text);
}

static void put_label(const char *label)
{
	if (!*label)
		return;
	printf(", label \"");
	put_text(label);
	putchar('"');
}

static unsigned int percent(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned int)((double)part * 100 / (double)whole + 0.5)
		     : 0;
}

static void print_space(const struct tree_content *content, unsigned int level)
{
	const struct tree_space *space = &content->space;

	if (!space->known)
		return;
	indent(level);
	printf("used ");
	put_size(space->used);
	printf(" of ");
	put_size(space->size);
	printf(" (%u %%)", percent(space->used, space->size));
	if (space->files_max)
		printf(", %llu of %llu files",
		       (unsigned long long)space->files,
		       (unsigned long long)space->files_max);
	if (content->needs_recovery)
		printf(", not unmounted cleanly");
	putchar('\n');
}

static void print_features(const struct tree_content *content,
			   unsigned int level)
{
	unsigned int i;

	if (!content->feature_count)
		return;
	indent(level);
	printf("features:");
	for (i = 0; i < content->feature_count; i++) {
		putchar(' ');
		put_text(content->features[i]);
	}
	putchar('\n');
}

static const char *shown_type(const struct tree_content *content)
{
	if (content->luks.version)
		return "LUKS";
	if (!strcmp(content->type, "LVM2_member"))
		return "LVM physical volume";
	if (content->raid.level[0])
		return "md array member";
	return content->type;
}

static void print_luks(const struct tree_luks *luks)
{
	printf(", %s, key of %u bits, %u key slot%s", luks->cipher,
	       luks->key_bits, luks->slots, luks->slots == 1 ? "" : "s");
	if (luks->pbkdf[0])
		printf(" (%s)", luks->pbkdf);
	if (!luks->open)
		printf(", locked");
}

static void print_raid(const struct tree_raid *raid)
{
	printf(", %s of %u disk%s", raid->level, raid->disks,
	       raid->disks == 1 ? "" : "s");
	if (raid->disk >= 0)
		printf(", this is number %d", raid->disk);
	if (raid->chunk) {
		printf(", chunks of ");
		put_size(raid->chunk);
	}
	if (raid->name[0]) {
		printf(", array \"");
		put_text(raid->name);
		putchar('"');
	}
}

static void print_content(const struct tree_content *content,
			  unsigned int level)
{
	if (content->type[0]) {
		indent(level);
		put_text(shown_type(content));
		if (content->version[0]) {
			putchar(' ');
			put_text(content->version);
		}
		if (content->luks.version)
			print_luks(&content->luks);
		if (content->raid.level[0])
			print_raid(&content->raid);
		put_label(content->label);
		put_item("uuid ", content->uuid);
		putchar('\n');
		print_space(content, level);
		print_features(content, level);
	}
	if (content->problem[0]) {
		indent(level);
		put_text(content->problem);
		putchar('\n');
	}
	if (content->inner)
		print_content(content->inner, level + 1);
}

static void print_partition(const struct tree_partition *p)
{
	indent(1);
	printf("partition %u: ", p->number);
	put_size(p->size);
	printf(" at ");
	put_size(p->start);
	if (p->name[0]) {
		printf(", \"");
		put_text(p->name);
		putchar('"');
	}
	put_item("type ", p->type);
	put_item("uuid ", p->uuid);
	putchar('\n');
	print_content(&p->content, 2);
}

static void print_image(const struct tree_image *image)
{
	unsigned int i;

	put_text(image->name);
	printf(": %s, ", image->format);
	put_size(image->size);
	printf(", sectors of %u bytes", image->sector_size);
	if (image->table[0]) {
		put_item("", image->table);
		printf(" partition table");
		put_item("uuid ", image->table_uuid);
	} else if (image->count) {
		printf(", partition table");
	}
	putchar('\n');
	print_content(&image->content, 1);
	for (i = 0; i < image->count; i++)
		print_partition(&image->partitions[i]);
}

static void print_volume(const struct tree_volume *volume)
{
	printf("logical volume ");
	put_text(volume->group);
	putchar('/');
	put_text(volume->name);
	printf(": ");
	put_size(volume->size);
	put_item("", volume->kind);
	put_item("uuid ", volume->uuid);
	if (volume->missing)
		printf(", not all of its disks are here");
	putchar('\n');
	print_content(&volume->content, 1);
}

void text_print(const struct tree *tree)
{
	unsigned int i;

	for (i = 0; i < tree->image_count; i++)
		print_image(&tree->images[i]);
	for (i = 0; i < tree->volume_count; i++)
		print_volume(&tree->volumes[i]);
}
