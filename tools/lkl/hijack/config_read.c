// SPDX-License-Identifier: GPL-2.0
/*
 * config_read.c - settings of a JSON file and of the environment; see config.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   those of config.h.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"

#define PREFIX		"LKL_HIJACK_"

/* No configuration is as long. */
#define TEXT_MAX	(1 << 20)

/*
 * JSON.
 */

/* A text that is being read: for whom, and what to call it. */
struct reading {
	struct config *cfg;
	const char *source;
	struct config_error *error;
};

static int no_memory(struct config_error *error)
{
	config_wrong(error, "not enough memory");
	return -ENOMEM;
}

/* Where a member stands, for errors: "file:12: interfaces[0].ip". */
static int place_write(const struct reading *rd, const struct json *member,
		       long index, char *place, size_t size)
{
	int len;

	if (index < 0)
		len = snprintf(place, size, "%s:%u: %s", rd->source, member->line,
			       member->key);
	else
		len = snprintf(place, size, "%s:%u: interfaces[%ld].%s", rd->source,
			       member->line, index, member->key);
	return len;
}

/* Strings, numbers, true and false are said by their text. */
static const char *scalar_text(const struct json *value)
{
	switch (value->kind) {
	case JSON_STRING:
	case JSON_NUMBER:
	case JSON_TRUE:
	case JSON_FALSE:
		return value->text;
	default:
		return NULL;
	}
}

typedef int set_t(struct reading *rd, const char *place, long index, int key,
		  const char *text);

static int global_set(struct reading *rd, const char *place, long index, int key,
		      const char *text)
{
	return config_set(rd->cfg, place, (enum config_key)key, text, rd->error);
}

static int interface_set(struct reading *rd, const char *place, long index,
			 int key, const char *text)
{
	return config_interface_set(rd->cfg, place, (size_t)index,
				    (enum config_if_key)key, text, rd->error);
}

/* A list may be an array too. */
static int array_set(struct reading *rd, const char *place, long index, int key,
		     const struct json *array, set_t *set)
{
	const struct json *item;
	const char *text;
	int err = 0;

	for (item = array->child; item && !err; item = item->next) {
		text = scalar_text(item);
		if (!text)
			return config_wrong(rd->error, "%s: expected an array of strings",
					    place);
		err = set(rd, place, index, key, text);
	}
	return err;
}

static int member_set(struct reading *rd, const struct json *member, long index,
		      int key, const struct config_form *form, set_t *set)
{
	char place[256];
	const char *text = scalar_text(member);

	place_write(rd, member, index, place, sizeof(place));
	if (text)
		return set(rd, place, index, key, text);
	if (form->separator && member->kind == JSON_ARRAY)
		return array_set(rd, place, index, key, member, set);
	return config_wrong(rd->error, "%s: expected %s", place, form->expected);
}

static int form_find(const struct config_form *forms, int count, const char *name)
{
	int key;

	for (key = 0; key < count; key++)
		if (!strcmp(forms[key].name, name))
			return key;
	return -1;
}

static int key_wrong(const struct reading *rd, const struct json *member,
		     long index, const char *why)
{
	char place[256];

	place_write(rd, member, index, place, sizeof(place));
	return config_wrong(rd->error, "%s: %s", place, why);
}

/* What is no list may be said once: the reader cannot know which was meant. */
static int members_set(struct reading *rd, const struct json *object, long index,
		       const struct config_form *forms, int count, set_t *set)
{
	const struct json *member;
	unsigned int seen = 0;
	int err, key;

	for (member = object->child; member; member = member->next) {
		key = form_find(forms, count, member->key);
		if (key < 0)
			return key_wrong(rd, member, index, "no such key");
		if (seen & 1U << key && !forms[key].separator)
			return key_wrong(rd, member, index, "given before");
		seen |= 1U << key;
		err = member_set(rd, member, index, key, &forms[key], set);
		if (err)
			return err;
	}
	return 0;
}

static int interfaces_read(struct reading *rd, const struct json *array)
{
	const struct json *item;
	int err;

	if (array->kind != JSON_ARRAY)
		return key_wrong(rd, array, -1, "expected an array of objects");
	for (item = array->child; item; item = item->next) {
		if (item->kind != JSON_OBJECT)
			return key_wrong(rd, array, -1, "expected an array of objects");
		if (config_interface_add(rd->cfg))
			return no_memory(rd->error);
		err = members_set(rd, item, (long)rd->cfg->count - 1, config_if_forms,
				  CONFIG_IF_KEYS, interface_set);
		if (err)
			return err;
	}
	return 0;
}

/* Take the member of that key out of an object. */
static struct json *member_take(struct json *object, const char *key)
{
	struct json **at, *member;

	for (at = &object->child; *at; at = &(*at)->next) {
		member = *at;
		if (strcmp(member->key, key))
			continue;
		*at = member->next;
		member->next = NULL;
		return member;
	}
	return NULL;
}

static int object_read(struct reading *rd, struct json *object)
{
	struct json *interfaces;
	int err = 0;

	if (object->kind != JSON_OBJECT)
		return config_wrong(rd->error, "%s:%u: expected an object", rd->source,
				    object->line);
	while (!err && (interfaces = member_take(object, "interfaces"))) {
		err = interfaces_read(rd, interfaces);
		json_free(interfaces);
	}
	return err ? err : members_set(rd, object, -1, config_forms, CONFIG_KEYS,
				       global_set);
}

int config_read_text(struct config *cfg, const char *source, const char *text,
		     struct config_error *error)
{
	struct reading rd = { cfg, source, error };
	struct json_error wrong;
	struct json *object = json_parse(text, &wrong);
	int err;

	if (!object)
		return config_wrong(error, "%s:%u: not JSON: expected %s", source,
				    wrong.line, wrong.what);
	err = object_read(&rd, object);
	json_free(object);
	return err;
}

/*
 * Files.
 */

static int file_failed(const char *path, int err, struct config_error *error)
{
	config_wrong(error, "%s: %s", path, strerror(err));
	return -err;
}

/* All of a file, terminated; NULL with errno set. */
static char *text_read(int fd)
{
	char *text = malloc(TEXT_MAX + 1);
	ssize_t got = 1;
	size_t len = 0;

	if (!text)
		return NULL;
	while (got && len <= TEXT_MAX) {
		got = read(fd, text + len, TEXT_MAX + 1 - len);
		if (got < 0 && errno != EINTR) {
			free(text);
			return NULL;
		}
		len += got > 0 ? (size_t)got : 0;
	}
	if (len > TEXT_MAX) {
		free(text);
		errno = EFBIG;
		return NULL;
	}
	text[len] = '\0';
	return text;
}

int config_read_file(struct config *cfg, const char *path,
		     struct config_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	char *text;

	if (fd < 0)
		return file_failed(path, errno, error);
	text = text_read(fd);
	err = errno;
	close(fd);
	if (!text)
		return file_failed(path, err, error);
	err = config_read_text(cfg, path, text, error);
	free(text);
	return err;
}

/*
 * Environment.
 */

static int variable_find(const struct config_form *forms, int count,
			 const char *name, size_t len)
{
	int key;

	for (key = 0; key < count; key++)
		if (strlen(forms[key].variable) == len &&
		    !memcmp(forms[key].variable, name, len))
			return key;
	return -1;
}

static int first_interface_set(struct config *cfg, const char *source, int key,
			       const char *text, struct config_error *error)
{
	if (!cfg->count && config_interface_add(cfg))
		return no_memory(error);
	return config_interface_set(cfg, source, 0, (enum config_if_key)key, text,
				    error);
}

/* The old way to say type and parameter of a TAP device at once. */
static int tap_set(struct config *cfg, const char *source, const char *text,
		   struct config_error *error)
{
	int err = first_interface_set(cfg, source, CONFIG_IF_TYPE, "tap", error);

	return err ? err : first_interface_set(cfg, source, CONFIG_IF_PARAM, text,
					       error);
}

static bool is_ours(const char *name, size_t len)
{
	return len == strlen(name) - strlen(PREFIX);
}

/* Variables that are no settings. */
static bool is_other(const char *name, size_t len)
{
	static const char * const others[] = {
		CONFIG_VARIABLE, "LKL_HIJACK_CONFIG_FILE", "LKL_HIJACK_LIBNAME",
	};
	size_t i;

	if (*name == '_')
		return true;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (is_ours(others[i], len) &&
		    !memcmp(name, others[i] + strlen(PREFIX), len))
			return true;
	return false;
}

/* @name is what follows the prefix, and @len its length without the value. */
static int variable_set(struct config *cfg, const char *name, size_t len,
			struct config_error *error)
{
	const char *text = name + len + 1;
	char source[64];
	int key;

	if (is_other(name, len) || !*text)
		return 0;
	snprintf(source, sizeof(source), "environment: " PREFIX "%.*s", (int)len, name);
	if (len == strlen("NET_TAP") && !memcmp(name, "NET_TAP", len))
		return tap_set(cfg, source, text, error);
	key = variable_find(config_forms, CONFIG_KEYS, name, len);
	if (key >= 0)
		return config_set(cfg, source, (enum config_key)key, text, error);
	key = variable_find(config_if_forms, CONFIG_IF_KEYS, name, len);
	if (key >= 0)
		return first_interface_set(cfg, source, key, text, error);
	return config_wrong(error, "%s: no such setting", source);
}

/* One that has to come before others: a type forgets the parameter. */
static bool comes_first(const char *name, size_t len)
{
	return (len == 7 && !memcmp(name, "NET_TAP", 7)) ||
	       (len == 10 && !memcmp(name, "NET_IFTYPE", 10));
}

static int environment_pass(struct config *cfg, char **environment, bool first,
			    struct config_error *error)
{
	const char *name, *end;
	int err = 0;

	for (; *environment && !err; environment++) {
		if (strncmp(*environment, PREFIX, strlen(PREFIX)))
			continue;
		name = *environment + strlen(PREFIX);
		end = strchr(name, '=');
		if (end && comes_first(name, (size_t)(end - name)) == first)
			err = variable_set(cfg, name, (size_t)(end - name), error);
	}
	return err;
}

int config_read_environment(struct config *cfg, char **environment,
			    struct config_error *error)
{
	int err = environment_pass(cfg, environment, true, error);

	return err ? err : environment_pass(cfg, environment, false, error);
}

static int sources_read(struct config *cfg, struct config_error *error)
{
	const char *path = getenv(PREFIX "CONFIG_FILE");
	int err = 0;

	if (path && *path)
		err = config_read_file(cfg, path, error);
	else if (!access(CONFIG_FILE_DEFAULT, F_OK))
		err = config_read_file(cfg, CONFIG_FILE_DEFAULT, error);
	return err ? err : config_read_environment(cfg, environ, error);
}

int config_load(struct config *cfg, struct config_error *error)
{
	const char *settings = getenv(CONFIG_VARIABLE);
	int err;

	if (settings)
		err = config_read_text(cfg, CONFIG_VARIABLE, settings, error);
	else
		err = sources_read(cfg, error);
	return err ? err : config_finish(cfg, error);
}
