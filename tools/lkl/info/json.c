// SPDX-License-Identifier: GPL-2.0
/*
 * json.c - the listing of lklinfo for programs
 *
 * Layer:   tools; called by main.c.
 * Context: one thread.
 *
 * Members that are not known are left out. Sizes are in bytes. Text comes from
 * images: bytes that are no UTF-8 are written as the characters U+0080 to U+00FF
 * of the same number, so that the result is JSON whatever an image holds.
 */
#include "info.h"

#include <stdio.h>
#include <string.h>

/* What was written last, to know where commas and newlines go. One output. */
static unsigned int depth;
static bool first = true;

static void line_begin(void)
{
	if (!first)
		putchar(',');
	if (depth)
		printf("\n%*s", (int)depth * 2, "");
	first = false;
}

/* Bytes of the UTF-8 character at @s; 0 if it is none (RFC 3629). */
static int utf8_length(const unsigned char *s)
{
	int i, len = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 :
		     *s >= 0xe0 && *s < 0xf0 ? 3 :
		     *s >= 0xf0 && *s < 0xf5 ? 4 : 0;

	for (i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

static void put_string(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	int len;

	putchar('"');
	while (*s) {
		len = utf8_length(s);
		if (!len || *s < 0x20 || *s == 0x7f)
			printf("\\u%04x", *s++);
		else if (*s == '"' || *s == '\\')
			printf("\\%c", *s++);
		else
			for (; len; len--)
				putchar(*s++);
	}
	putchar('"');
}

static void open_as(const char *name, char bracket)
{
	line_begin();
	if (name)
		printf("\"%s\": ", name);
	putchar(bracket);
	depth++;
	first = true;
}

static void close_as(char bracket)
{
	depth--;
	if (!first)
		printf("\n%*s", (int)depth * 2, "");
	putchar(bracket);
	first = false;
}

static void string_member(const char *name, const char *value)
{
	if (!*value)
		return;
	line_begin();
	printf("\"%s\": ", name);
	put_string(value);
}

static void number_member(const char *name, uint64_t value)
{
	line_begin();
	printf("\"%s\": %llu", name, (unsigned long long)value);
}

static void true_member(const char *name, bool value)
{
	if (!value)
		return;
	line_begin();
	printf("\"%s\": true", name);
}

static void space_member(const struct tree_space *space)
{
	if (!space->known)
		return;
	open_as("space", '{');
	number_member("size", space->size);
	number_member("used", space->used);
	number_member("available", space->available);
	number_member("block_size", space->block_size);
	if (space->files_max) {
		number_member("files", space->files);
		number_member("files_max", space->files_max);
	}
	close_as('}');
}

static void features_member(const struct tree_content *content)
{
	unsigned int i;

	if (!content->feature_count)
		return;
	open_as("features", '[');
	for (i = 0; i < content->feature_count; i++) {
		line_begin();
		put_string(content->features[i]);
	}
	close_as(']');
}

static void content_member(const char *name,
			   const struct tree_content *content);

static void luks_member(const struct tree_content *content)
{
	const struct tree_luks *luks = &content->luks;

	if (!luks->version)
		return;
	open_as("encryption", '{');
	string_member("kind", "LUKS");
	number_member("version", luks->version);
	string_member("cipher", luks->cipher);
	number_member("key_bits", luks->key_bits);
	number_member("sector_size", luks->sector_size);
	number_member("key_slots", luks->slots);
	string_member("key_derivation", luks->pbkdf);
	line_begin();
	printf("\"unlocked\": %s", luks->open ? "true" : "false");
	if (content->inner)
		content_member("content", content->inner);
	close_as('}');
}

static void raid_member(const struct tree_raid *raid)
{
	if (!raid->level[0])
		return;
	open_as("raid", '{');
	string_member("level", raid->level);
	string_member("name", raid->name);
	number_member("disks", raid->disks);
	if (raid->disk >= 0)
		number_member("disk", (unsigned int)raid->disk);
	if (raid->chunk)
		number_member("chunk_size", raid->chunk);
	close_as('}');
}

static void content_member(const char *name, const struct tree_content *content)
{
	if (!content->type[0] && !content->problem[0])
		return;
	open_as(name, '{');
	string_member("type", content->type);
	string_member("usage", content->usage);
	string_member("version", content->version);
	string_member("label", content->label);
	string_member("uuid", content->uuid);
	true_member("needs_recovery", content->needs_recovery);
	space_member(&content->space);
	features_member(content);
	luks_member(content);
	raid_member(&content->raid);
	string_member("problem", content->problem);
	close_as('}');
}

static void partition_element(const struct tree_partition *p)
{
	open_as(NULL, '{');
	number_member("number", p->number);
	number_member("start", p->start);
	number_member("size", p->size);
	string_member("type", p->type);
	string_member("name", p->name);
	string_member("uuid", p->uuid);
	content_member("content", &p->content);
	close_as('}');
}

static void image_element(const struct tree_image *image)
{
	unsigned int i;

	open_as(NULL, '{');
	string_member("name", image->name);
	string_member("format", image->format);
	number_member("size", image->size);
	number_member("sector_size", image->sector_size);
	string_member("partition_table", image->table);
	string_member("partition_table_uuid", image->table_uuid);
	content_member("content", &image->content);
	if (image->count) {
		open_as("partitions", '[');
		for (i = 0; i < image->count; i++)
			partition_element(&image->partitions[i]);
		close_as(']');
	}
	close_as('}');
}

static void volume_element(const struct tree_volume *volume)
{
	open_as(NULL, '{');
	string_member("group", volume->group);
	string_member("name", volume->name);
	string_member("uuid", volume->uuid);
	string_member("kind", volume->kind);
	number_member("size", volume->size);
	true_member("missing_disks", volume->missing);
	content_member("content", &volume->content);
	close_as('}');
}

void json_print(const struct tree *tree)
{
	unsigned int i;

	open_as(NULL, '{');
	open_as("images", '[');
	for (i = 0; i < tree->image_count; i++)
		image_element(&tree->images[i]);
	close_as(']');
	if (tree->volume_count) {
		open_as("logical_volumes", '[');
		for (i = 0; i < tree->volume_count; i++)
			volume_element(&tree->volumes[i]);
		close_as(']');
	}
	close_as('}');
	putchar('\n');
}
