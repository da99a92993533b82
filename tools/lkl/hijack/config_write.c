// SPDX-License-Identifier: GPL-2.0
/*
 * config_write.c - settings as a JSON text; see config.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   the launcher.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

static void string_write(FILE *out, const char *text)
{
	putc('"', out);
	for (; *text; text++) {
		if ((unsigned char)*text < ' ')
			fprintf(out, "\\u%04x", (unsigned char)*text);
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else
			putc(*text, out);
	}
	putc('"', out);
}

/* The members of an object. Return: whether there was one. */
static bool values_write(FILE *out, const struct config_form *forms,
			 char * const *value, size_t count)
{
	bool some = false;
	size_t key;

	for (key = 0; key < count; key++) {
		if (!value[key])
			continue;
		if (some)
			putc(',', out);
		string_write(out, forms[key].name);
		putc(':', out);
		string_write(out, value[key]);
		some = true;
	}
	return some;
}

static void config_print(FILE *out, const struct config *cfg)
{
	size_t i;

	putc('{', out);
	if (values_write(out, config_forms, cfg->value, CONFIG_KEYS))
		putc(',', out);
	fputs("\"interfaces\":[", out);
	for (i = 0; i < cfg->count; i++) {
		fputs(i ? ",{" : "{", out);
		values_write(out, config_if_forms, cfg->interfaces[i].value,
			     CONFIG_IF_KEYS);
		putc('}', out);
	}
	fputs("]}", out);
}

char *config_write(const struct config *cfg)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool good;

	if (!out)
		return NULL;
	config_print(out, cfg);
	good = !ferror(out);
	if (fclose(out) || !good) {
		free(text);
		return NULL;
	}
	return text;
}
