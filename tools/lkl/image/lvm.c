// SPDX-License-Identifier: GPL-2.0
/*
 * lvm.c - LVM2 volume groups: linear and striped volumes
 *
 * Layer:   tools/lkl/image, over lkl.h; lvm_text.c reads the metadata's text.
 * Context: one thread, in the sandbox.
 *
 * The LVM tools need root and the host's device mapper. To read, only this is
 * needed: each physical volume has a label, which leads to a metadata area, which
 * holds the group's description in text; the newest of the copies counts. Each
 * segment of a volume then is a line of a device mapper table.
 * (LVM2's lib/format_text/layout.h and lib/label/label.h have the structs.)
 */
#include "inside.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lvm_text.h"

#define LABEL_SECTORS	4
#define LABEL_ID	"LABELONE"
#define LABEL_TYPE	"LVM2 001"
#define MDA_MAGIC	" LVM2 x[5A%r0N*>"
#define MDA_HEADER	512
#define TEXT_MAX	(32U << 20)
#define LOCATIONS_MAX	16
#define ID_LEN		32
#define SEGMENTS_MAX	4096

struct label {
	char id[8];
	uint64_t sector;
	uint32_t crc;
	uint32_t offset;
	char type[8];
} __attribute__((packed));

struct location {
	uint64_t offset;
	uint64_t size;
} __attribute__((packed));

struct pv_header {
	char id[ID_LEN];
	uint64_t size;
	struct location areas[];
} __attribute__((packed));

struct raw_location {
	uint64_t offset;
	uint64_t size;
	uint32_t checksum;
	uint32_t flags;
} __attribute__((packed));

struct mda_header {
	uint32_t checksum;
	char magic[16];
	uint32_t version;
	uint64_t start;
	uint64_t size;
	struct raw_location locations[1];
} __attribute__((packed));

_Static_assert(sizeof(struct label) == 32, "as on disk");
_Static_assert(sizeof(struct mda_header) == 64, "as on disk");

/**
 * struct group - a volume group
 * @next: another one
 * @text: its description; owns all strings
 * @section: its section there
 */
struct group {
	struct group *next;
	struct lvm_text *text;
	const struct lvm_node *section;
};

/**
 * struct physical - a physical volume that is there
 * @volume: where
 * @id: its UUID, as in the header
 */
struct physical {
	struct volume volume;
	char id[ID_LEN];
};

/**
 * struct lvm_set - see inside.h
 * @groups: volume groups
 * @count: how many @physical
 * @physical: physical volumes
 */
struct lvm_set {
	struct group *groups;
	unsigned int count;
	struct physical *physical;
};

/* ---- reading a physical volume ---- */

/* CRC-32 as LVM starts it, without a final inversion. */
static uint32_t lvm_crc(const unsigned char *p, size_t len)
{
	uint32_t crc = 0xf597a6cf;
	int bit;

	for (; len; len--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return crc;
}

/* The label is in one of the first sectors, whose number it knows. */
static const struct pv_header *label_find(const char *sectors)
{
	const struct label *label;
	uint32_t i, offset;

	for (i = 0; i < LABEL_SECTORS; i++) {
		label = (const void *)(sectors + i * SECTOR);
		offset = le32toh(label->offset);
		if (!memcmp(label->id, LABEL_ID, sizeof(label->id)) &&
		    !memcmp(label->type, LABEL_TYPE, sizeof(label->type)) &&
		    le64toh(label->sector) == i && offset >= sizeof(*label) &&
		    offset <= SECTOR - sizeof(struct pv_header))
			return (const void *)(sectors + i * SECTOR + offset);
	}
	return NULL;
}

/* Data areas, a zero, metadata areas, a zero: the first of the latter. */
static const struct location *metadata_find(const struct pv_header *pv,
					    const char *end)
{
	const struct location *l = pv->areas;
	int i;

	for (i = 0; i < LOCATIONS_MAX && (const char *)(l + 2) <= end; i++, l++)
		if (!l->offset)
			return l[1].offset ? l + 1 : NULL;
	return NULL;
}

/* The text goes round the end of its area. */
static int text_read(const struct volume *volume, const struct mda_header *mda,
		     char *text)
{
	uint64_t start = le64toh(mda->start), area = le64toh(mda->size);
	uint64_t offset = le64toh(mda->locations[0].offset);
	uint64_t size = le64toh(mda->locations[0].size);
	uint64_t first = size;
	int err;

	if (offset < MDA_HEADER || offset >= area || size > area - MDA_HEADER)
		return -EINVAL;
	if (first > area - offset)
		first = area - offset;
	err = volume_read(volume, text, first, start + offset);
	if (!err && first < size)
		err = volume_read(volume, text + first, size - first,
				  start + MDA_HEADER);
	if (!err && lvm_crc((unsigned char *)text, size) !=
		    le32toh(mda->locations[0].checksum))
		err = -EBADMSG;
	return err;
}

static int metadata_parse(const struct volume *volume, uint64_t where,
			  struct lvm_text **parsed)
{
	struct mda_header mda;
	uint64_t size;
	char *text;
	int err;

	err = volume_read(volume, &mda, sizeof(mda), where);
	if (err)
		return err;
	size = le64toh(mda.locations[0].size);
	if (memcmp(mda.magic, MDA_MAGIC, sizeof(mda.magic)) ||
	    le64toh(mda.start) != where || size > TEXT_MAX)
		return -EINVAL;
	/* A physical volume that is in no group yet. */
	if (!size)
		return -ENODATA;
	text = malloc(size);
	if (!text)
		return -ENOMEM;
	err = text_read(volume, &mda, text);
	if (!err)
		err = lvm_text_parse(text, strnlen(text, size), parsed);
	free(text);
	return err;
}

/* ---- groups ---- */

/* The one section of a text that describes a group. */
static const struct lvm_node *group_section(const struct lvm_text *text)
{
	const struct lvm_node *n = lvm_text_root(text)->children;

	while (n && !(n->kind == LVM_SECTION && lvm_string(n, "id")[0]))
		n = n->next;
	return n;
}

static int group_add(struct lvm_set *set, struct lvm_text *text)
{
	const struct lvm_node *section = group_section(text);
	struct group *g;

	if (!section || lvm_number(section, "extent_size") <= 0) {
		lvm_text_free(text);
		return -EINVAL;
	}
	for (g = set->groups; g; g = g->next)
		if (!strcmp(lvm_string(g->section, "id"),
			    lvm_string(section, "id")))
			break;
	if (g && lvm_number(section, "seqno") <=
		 lvm_number(g->section, "seqno")) {
		lvm_text_free(text);
		return 0;
	}
	if (!g) {
		g = calloc(1, sizeof(*g));
		if (!g) {
			lvm_text_free(text);
			return -ENOMEM;
		}
		g->next = set->groups;
		set->groups = g;
	}
	lvm_text_free(g->text);
	g->text = text;
	g->section = section;
	return 0;
}

/* A physical volume may have no metadata of its own. */
static int physical_scan(struct lvm_set *set, struct physical *physical)
{
	char sectors[LABEL_SECTORS * SECTOR];
	const struct pv_header *pv;
	const struct location *area;
	struct lvm_text *text;
	int err;

	err = volume_read(&physical->volume, sectors, sizeof(sectors), 0);
	if (err)
		return err;
	pv = label_find(sectors);
	if (!pv)
		return -EINVAL;
	memcpy(physical->id, pv->id, sizeof(physical->id));
	area = metadata_find(pv, sectors + sizeof(sectors));
	if (!area)
		return 0;
	err = metadata_parse(&physical->volume, le64toh(area->offset), &text);
	if (err)
		return err == -ENODATA ? 0 : err;
	return group_add(set, text);
}

int lvm_scan(struct images *images, const struct volume *volumes,
	     unsigned int count, struct lvm_set **set)
{
	struct lvm_set *s = calloc(1, sizeof(*s));
	unsigned int i;
	int err;

	if (s)
		s->physical = calloc(count ? count : 1, sizeof(*s->physical));
	if (!s || !s->physical) {
		free(s);
		return fail_errno(images, -ENOMEM, "volume groups");
	}
	for (i = 0; i < count; i++) {
		s->physical[i].volume = volumes[i];
		s->count++;
		err = physical_scan(s, &s->physical[i]);
		if (err)
			warn(images, "%s: its LVM metadata cannot be used: %s",
			     volumes[i].name, strerror(-err));
	}
	*set = s;
	return 0;
}

void lvm_free(struct lvm_set *set)
{
	struct group *g;

	if (!set)
		return;
	while ((g = set->groups)) {
		set->groups = g->next;
		lvm_text_free(g->text);
		free(g);
	}
	free(set->physical);
	free(set);
}

/* ---- volumes ---- */

static bool has_status(const struct lvm_node *lv, const char *status)
{
	const struct lvm_node *n = lvm_find(lv, "status");

	for (n = n && n->kind == LVM_ARRAY ? n->children : NULL; n; n = n->next)
		if (n->kind == LVM_STRING && !strcmp(n->string, status))
			return true;
	return false;
}

static bool is_visible(const struct lvm_node *lv)
{
	return lv->kind == LVM_SECTION && has_status(lv, "VISIBLE");
}

static const struct lvm_node *first_lv(const struct group *g)
{
	const struct lvm_node *n = lvm_find(g->section, "logical_volumes");

	return n && n->kind == LVM_SECTION ? n->children : NULL;
}

unsigned int lvm_count(const struct lvm_set *set)
{
	const struct lvm_node *lv;
	const struct group *g;
	unsigned int count = 0;

	for (g = set->groups; g; g = g->next)
		for (lv = first_lv(g); lv; lv = lv->next)
			count += is_visible(lv);
	return count;
}

static const struct lvm_node *lv_at(const struct lvm_set *set, unsigned int i,
				    const struct group **group)
{
	const struct lvm_node *lv;
	const struct group *g;

	for (g = set->groups; g; g = g->next)
		for (lv = first_lv(g); lv; lv = lv->next)
			if (is_visible(lv) && !i--) {
				*group = g;
				return lv;
			}
	return NULL;
}

static bool is_segment(const struct lvm_node *n)
{
	return n->kind == LVM_SECTION && !strncmp(n->name, "segment", 7);
}

/* The metadata writes a UUID with dashes, the header without. */
static bool same_id(const char *text, const char id[ID_LEN])
{
	int i = 0;

	for (; *text; text++) {
		if (*text == '-')
			continue;
		if (i == ID_LEN || *text != id[i++])
			return false;
	}
	return i == ID_LEN;
}

static const struct physical *physical_find(const struct lvm_set *set,
					    const char *id)
{
	unsigned int i;

	for (i = 0; i < set->count; i++)
		if (same_id(id, set->physical[i].id))
			return &set->physical[i];
	return NULL;
}

/**
 * struct stripe - where one stripe of a segment is
 * @physical: on which physical volume; NULL: it is not there
 * @start: first sector there
 */
struct stripe {
	const struct physical *physical;
	uint64_t start;
};

/*
 * Take the next "pv0", extent of an array.
 * Return: 0; -EINVAL if there is none, or that is no physical volume.
 */
static int stripe_next(const struct lvm_set *set, const struct group *g,
		       const struct lvm_node **n, struct stripe *stripe)
{
	const struct lvm_node *name = *n, *pv;
	const struct lvm_node *extent = name ? name->next : NULL;
	int64_t first, size = lvm_number(g->section, "extent_size");

	if (!extent || name->kind != LVM_STRING || extent->kind != LVM_NUMBER)
		return -EINVAL;
	*n = extent->next;
	pv = lvm_find(lvm_find(g->section, "physical_volumes"), name->string);
	first = lvm_number(pv, "pe_start");
	if (!pv || first < 0 || extent->number < 0 ||
	    extent->number > INT64_MAX / 2 / size - first)
		return -EINVAL;
	stripe->physical = physical_find(set, lvm_string(pv, "id"));
	stripe->start = (uint64_t)(first + extent->number * size);
	return 0;
}

/* What is needed of a segment; both in sectors. */
struct extent {
	uint64_t start;
	uint64_t sectors;
	int64_t stripes;
};

static int extent_read(const struct group *g, const struct lvm_node *segment,
		       struct extent *e)
{
	int64_t size = lvm_number(g->section, "extent_size");
	int64_t start = lvm_number(segment, "start_extent");
	int64_t count = lvm_number(segment, "extent_count");

	e->stripes = lvm_number(segment, "stripe_count");
	if (start < 0 || count <= 0 || start > INT64_MAX / 4 / size ||
	    count > INT64_MAX / 4 / size)
		return -EINVAL;
	e->start = (uint64_t)(start * size);
	e->sectors = (uint64_t)(count * size);
	return 0;
}

static const struct lvm_node *stripes_of(const struct lvm_node *segment)
{
	const struct lvm_node *n = lvm_find(segment, "stripes");

	return n && n->kind == LVM_ARRAY ? n->children : NULL;
}

/* Return: 0; 1 if a physical volume is missing; -EINVAL: not supported. */
static int segment_check(const struct lvm_set *set, const struct group *g,
			 const struct lvm_node *segment)
{
	const struct lvm_node *n = stripes_of(segment);
	struct stripe stripe;
	struct extent e;
	int missing = 0;
	int64_t i;

	if (strcmp(lvm_string(segment, "type"), "striped") ||
	    extent_read(g, segment, &e) || e.stripes < 1)
		return -EINVAL;
	for (i = 0; i < e.stripes; i++) {
		if (stripe_next(set, g, &n, &stripe))
			return -EINVAL;
		missing |= !stripe.physical;
	}
	return missing;
}

static const char *segment_kind(const struct lvm_node *segment)
{
	const char *type = lvm_string(segment, "type");

	if (strcmp(type, "striped"))
		return type;
	return lvm_number(segment, "stripe_count") > 1 ? "striped" : "linear";
}

void lvm_get(const struct lvm_set *set, unsigned int i, struct lvm_lv *lv)
{
	const struct group *g = NULL;
	const struct lvm_node *section = lv_at(set, i, &g), *n;
	struct extent e;
	int state;

	memset(lv, 0, sizeof(*lv));
	if (!section)
		return;
	snprintf(lv->group, sizeof(lv->group), "%s", g->section->name);
	snprintf(lv->name, sizeof(lv->name), "%s", section->name);
	snprintf(lv->uuid, sizeof(lv->uuid), "%s", lvm_string(section, "id"));
	lv->supported = true;
	for (n = section->children; n; n = n->next) {
		if (!is_segment(n))
			continue;
		if (!lv->kind[0])
			snprintf(lv->kind, sizeof(lv->kind), "%s",
				 segment_kind(n));
		if (!extent_read(g, n, &e))
			lv->size += e.sectors * SECTOR;
		state = segment_check(set, g, n);
		lv->supported &= state >= 0;
		lv->missing |= state > 0;
	}
	lv->supported &= lv->size > 0;
}

/* ---- mapping ---- */

/* Parameters of dm-linear or dm-stripe, from malloc(). */
static char *segment_params(const struct lvm_set *set, const struct group *g,
			    const struct lvm_node *segment,
			    const struct extent *e)
{
	const struct lvm_node *n = stripes_of(segment);
	struct stripe stripe;
	char *text = NULL;
	size_t len;
	int64_t i;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	if (e->stripes > 1)
		fprintf(out, "%lld %lld ", (long long)e->stripes,
			(long long)lvm_number(segment, "stripe_size"));
	for (i = 0; i < e->stripes && !stripe_next(set, g, &n, &stripe); i++)
		fprintf(out, "%s%u:%u %llu", i ? " " : "",
			volume_major(&stripe.physical->volume),
			volume_minor(&stripe.physical->volume),
			(unsigned long long)stripe.start);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static void targets_free(struct dm_target *targets, unsigned int count)
{
	while (count--)
		free((char *)targets[count].params);
	free(targets);
}

/* Return: how many targets, or negative errno. */
static int targets_make(const struct lvm_set *set, const struct group *g,
			const struct lvm_node *lv, struct dm_target **targets)
{
	struct dm_target *list = calloc(SEGMENTS_MAX, sizeof(*list));
	const struct lvm_node *n;
	unsigned int count = 0;
	struct extent e;
	char *params;

	if (!list)
		return -ENOMEM;
	for (n = lv->children; n && count < SEGMENTS_MAX; n = n->next) {
		if (!is_segment(n) || extent_read(g, n, &e))
			continue;
		params = segment_params(set, g, n, &e);
		if (!params) {
			targets_free(list, count);
			return -ENOMEM;
		}
		list[count++] = (struct dm_target){
			.start = e.start, .sectors = e.sectors,
			.type = e.stripes > 1 ? "striped" : "linear",
			.params = params,
		};
	}
	*targets = list;
	return (int)count;
}

static int by_start(const void *a, const void *b)
{
	const struct dm_target *s = a, *t = b;

	return s->start < t->start ? -1 : s->start > t->start;
}

/* Is it, or what it needs, not to be written? */
static bool is_read_only(const struct lvm_set *set, const struct lvm_node *lv)
{
	bool read_only = !has_status(lv, "WRITE");
	unsigned int i;

	for (i = 0; i < set->count; i++)
		read_only |= set->physical[i].volume.read_only;
	return read_only;
}

static bool is_encrypted(const struct lvm_set *set)
{
	bool encrypted = false;
	unsigned int i;

	for (i = 0; i < set->count; i++)
		encrypted |= set->physical[i].volume.encrypted;
	return encrypted;
}

static int lv_check(struct images *images, const struct lvm_lv *lv)
{
	if (!lv->supported)
		return fail(images, -EOPNOTSUPP,
			    "%s/%s: logical volumes of type %s are not supported",
			    lv->group, lv->name, lv->kind);
	if (lv->missing)
		return fail(images, -ENODEV,
			    "%s/%s: is also on a disk that is not there; name all images of the group",
			    lv->group, lv->name);
	return 0;
}

int lvm_map(struct images *images, const struct lvm_set *set, unsigned int i,
	    struct volume *volume)
{
	const struct group *g = NULL;
	const struct lvm_node *section = lv_at(set, i, &g);
	struct dm_target *targets;
	char name[LVM_NAME_MAX * 2];
	struct mapping *m;
	struct lvm_lv lv;
	int count, err;

	lvm_get(set, i, &lv);
	err = lv_check(images, &lv);
	if (err)
		return err;
	snprintf(name, sizeof(name), "%s-%s", lv.group, lv.name);
	name[DM_NAME_MAX - 1] = '\0';
	m = mapping_named(images, name);
	if (m) {
		*volume = m->volume;
		return 0;
	}
	count = targets_make(set, g, section, &targets);
	if (count < 0)
		return fail_errno(images, count, name);
	qsort(targets, (size_t)count, sizeof(*targets), by_start);
	err = mapping_create(images, name, targets, (unsigned int)count,
			     is_read_only(set, section));
	targets_free(targets, (unsigned int)count);
	if (err)
		return err;
	m = images->mappings;
	m->volume.encrypted = is_encrypted(set);
	snprintf(m->volume.name, sizeof(m->volume.name), "%s/%s", lv.group,
		 lv.name);
	*volume = m->volume;
	return 0;
}
