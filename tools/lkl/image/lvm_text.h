/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lvm_text.h - the text in which LVM2 describes a volume group
 *
 * Layer:   tools/lkl/image, private to it; knows nothing of disks.
 * Users:   lvm.c; the unit tests.
 *
 * Sections "name { ... }" and settings "name = value", where a value is a
 * number, a "string" or an [array, of, both]; lvm.conf(5) has the same syntax.
 */
#ifndef LKL_IMAGES_LVM_TEXT_H
#define LKL_IMAGES_LVM_TEXT_H

#include <stddef.h>
#include <stdint.h>

enum lvm_kind {
	LVM_SECTION,
	LVM_NUMBER,
	LVM_STRING,
	LVM_ARRAY,
};

/**
 * struct lvm_node - a section, a setting, or an element of an array
 * @next: the next one beside it
 * @children: of a section or an array
 * @name: of a section or setting, else ""
 * @string: of a string
 * @number: of a number
 * @kind: which of these it is
 */
struct lvm_node {
	struct lvm_node *next;
	struct lvm_node *children;
	const char *name;
	const char *string;
	int64_t number;
	enum lvm_kind kind;
};

struct lvm_text;

/**
 * lvm_text_parse - read such a text
 * @text: it; copied
 * @len: bytes
 * @parsed: set to what owns all nodes
 *
 * Return: 0, -EINVAL (not well formed, or nested too deeply), -ENOMEM.
 */
int lvm_text_parse(const char *text, size_t len, struct lvm_text **parsed);

/** lvm_text_root - a section that holds all of the text */
const struct lvm_node *lvm_text_root(const struct lvm_text *parsed);

/** lvm_text_free - free the text and its nodes; NULL is allowed */
void lvm_text_free(struct lvm_text *parsed);

/** lvm_find - what a section has of that name, or NULL; NULL has nothing */
const struct lvm_node *lvm_find(const struct lvm_node *section,
				const char *name);

/** lvm_string - a string of a section, or "" */
const char *lvm_string(const struct lvm_node *section, const char *name);

/** lvm_number - a number of a section that is not negative, or -1 */
int64_t lvm_number(const struct lvm_node *section, const char *name);

#endif /* LKL_IMAGES_LVM_TEXT_H */
