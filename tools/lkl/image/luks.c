// SPDX-License-Identifier: GPL-2.0
/*
 * luks.c - LUKS containers: the header on the host, the data inside
 *
 * Layer:   tools/lkl/image, over libcryptsetup and lkl.h.
 * Context: one thread, in the sandbox.
 *
 * libcryptsetup reads headers from a file of the host and would map by the
 * host's device mapper, for which it needs root. So it is given a copy of the
 * header in memory, to turn the passphrase into the volume key; the kernel inside
 * then decrypts. The key goes from here into the kernel's keyring, from where
 * dm-crypt takes it, so that it is never part of a table that could be printed.
 */
#include "inside.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypt_api.h"

/*
 * The first bytes that libcryptsetup looks at: both LUKS2 headers at their
 * largest (4 MiB each). Key slots lie before the data, at most here:
 */
#define HEADER_FIRST	(64U << 10)
#define HEADER_MAX	(256ULL << 20)
#define CHUNK		(1U << 20)
#define ASK_TIMES	3

/**
 * struct luks - a header being looked at
 * @images: for messages
 * @below: where it is
 * @api: libcryptsetup
 * @cd: its context
 * @fd: copy of the header
 * @said: libcryptsetup's last message
 */
struct luks {
	struct images *images;
	const struct volume *below;
	const struct crypt_api *api;
	struct crypt_device *cd;
	int fd;
	char said[256];
};

static void keep_message(int level, const char *text, void *arg)
{
	struct luks *l = arg;

	if (level == CRYPT_LOG_ERROR || level == CRYPT_LOG_NORMAL)
		snprintf(l->said, sizeof(l->said), "%.*s",
			 (int)strcspn(text, "\n"), text);
}

/* Copy [start, end) of the volume into the file. */
static int header_copy(struct luks *l, uint64_t start, uint64_t end)
{
	int in = volume_fd_open(l->below);
	char *buf = malloc(CHUNK);
	int err = buf ? 0 : -ENOMEM;

	if (in < 0)
		err = in;
	while (!err && start < end) {
		size_t n = end - start < CHUNK ? end - start : CHUNK;

		err = volume_pread(in, buf, n, start);
		if (!err && pwrite(l->fd, buf, n, (off_t)start) != (ssize_t)n)
			err = -ENOMEM;
		start += n;
	}
	free(buf);
	if (in >= 0)
		lkl_sys_close((unsigned int)in);
	return err;
}

/*
 * Where the JSON area of a LUKS2 header ends, doubled for the second one
 * (LUKS2 On-Disk Format Specification, 2.1); enough of LUKS1 too.
 */
static uint64_t header_size(const struct luks *l)
{
	unsigned char head[16];
	uint64_t size = 0;
	int i;

	if (pread(l->fd, head, sizeof(head), 0) != sizeof(head) || head[7] != 2)
		return HEADER_FIRST;
	for (i = 8; i < 16; i++)
		size = size << 8 | head[i];
	return size > HEADER_MAX / 2 ? HEADER_MAX : size * 2;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static int header_load(struct luks *l)
{
	char path[32];
	uint64_t end;
	int err;

	if (ftruncate(l->fd, (off_t)l->below->size))
		return -ENOMEM;
	err = header_copy(l, 0, smaller(HEADER_FIRST, l->below->size));
	end = smaller(header_size(l), l->below->size);
	if (!err && end > HEADER_FIRST)
		err = header_copy(l, HEADER_FIRST, end);
	if (err)
		return err;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", l->fd);
	err = l->api->init(&l->cd, path);
	if (err)
		return err;
	l->api->set_log_callback(l->cd, keep_message, l);
	return l->api->load(l->cd, CRYPT_LUKS, NULL);
}

static int luks_fail(struct luks *l, int err, const char *what)
{
	return fail(l->images, err, "%s: %s: %s", l->below->name, what,
		    l->said[0] ? l->said : strerror(-err));
}

static void header_close(struct luks *l)
{
	if (l->cd)
		l->api->free(l->cd);
	if (l->fd >= 0)
		close(l->fd);
}

static int header_open(struct luks *l, struct images *images,
		       const struct volume *below)
{
	int err;

	memset(l, 0, sizeof(*l));
	l->images = images;
	l->below = below;
	l->api = crypt_api_load();
	l->fd = -1;
	if (!l->api)
		return fail(images, -ELIBACC,
			    "%s: is a LUKS container, which needs libcryptsetup (libcryptsetup12)",
			    below->name);
	/* Locks are for devices of the host. */
	l->api->metadata_locking(NULL, 0);
	l->fd = memfd_create("luks", MFD_CLOEXEC);
	err = l->fd < 0 ? -errno : header_load(l);
	if (err) {
		luks_fail(l, err, "its LUKS header cannot be used");
		header_close(l);
	}
	return err;
}

int luks_prepare(struct images *images)
{
	const struct crypt_api *api;
	struct crypt_device *cd;
	char path[32];
	int fd;

	if (!images->secret.bytes && images->secret.terminal < 0 &&
	    !images->options.examine)
		return 0;
	/*
	 * Its libraries read settings and modules when they are first used,
	 * which has to be before the sandbox: an empty file does for that.
	 */
	api = crypt_api_load();
	fd = memfd_create("luks", MFD_CLOEXEC);
	if (!api || fd < 0 || ftruncate(fd, HEADER_FIRST))
		goto out_close;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!api->init(&cd, path)) {
		struct luks l = { .images = images };

		api->metadata_locking(NULL, 0);
		api->set_log_callback(cd, keep_message, &l);
		api->load(cd, CRYPT_LUKS, NULL);
		api->free(cd);
	}
out_close:
	if (fd >= 0)
		close(fd);
	return 0;
}

/* ---- the volume key ---- */

static int key_get(struct luks *l, char *key, size_t *size, const char *secret,
		   size_t secret_size)
{
	int slot = l->api->volume_key_get(l->cd, CRYPT_ANY_SLOT, key, size,
					  secret, secret_size);

	return slot < 0 ? slot : 0;
}

/* A file often ends with a newline that is not meant. */
static int key_try(struct luks *l, char *key, size_t *size)
{
	const struct secret *secret = &l->images->secret;
	int err = key_get(l, key, size, secret->bytes, secret->size);

	if (err == -EPERM && !secret->asked && secret->size > 1 &&
	    secret->bytes[secret->size - 1] == '\n')
		err = key_get(l, key, size, secret->bytes, secret->size - 1);
	return err;
}

static int key_ask(struct luks *l, char *key, size_t *size)
{
	int i, err = -EPERM;

	for (i = 0; err == -EPERM && i < ASK_TIMES; i++) {
		err = secret_ask(l->images, l->below->name);
		if (!err)
			err = key_try(l, key, size);
	}
	return err;
}

static int key_find(struct luks *l, char *key, size_t *size)
{
	int err;

	err = header_copy(l, HEADER_FIRST,
			  smaller(smaller(l->api->get_data_offset(l->cd) *
					  SECTOR, HEADER_MAX),
				  l->below->size));
	if (err)
		return luks_fail(l, err, "cannot be read");
	err = l->images->secret.bytes ? key_try(l, key, size) : -ENOKEY;
	/* What was typed for one container may not fit another. */
	if (err == -ENOKEY || (err == -EPERM && l->images->secret.asked))
		err = key_ask(l, key, size);
	if (err == -EPERM)
		return fail(l->images, -EACCES, "%s: wrong passphrase",
			    l->below->name);
	if (err == -ENOKEY)
		return fail(l->images, -ENOKEY,
			    "%s: is encrypted (LUKS); a passphrase is needed",
			    l->below->name);
	if (err == -ECANCELED)
		return fail(l->images, err, "%s: no passphrase given",
			    l->below->name);
	return err ? luks_fail(l, err, "cannot be unlocked") : 0;
}

/* ---- the mapping ---- */

static void cipher_name(const struct luks *l, char *cipher, size_t size)
{
	snprintf(cipher, size, "%s-%s", l->api->get_cipher(l->cd),
		 l->api->get_cipher_mode(l->cd));
}

static int key_load(const char *name, const char *key, size_t size)
{
	return (int)lkl_sys_add_key("logon", name, key, size,
				    KEY_SPEC_THREAD_KEYRING);
}

static void key_unload(int key)
{
	lkl_sys_keyctl(KEYCTL_UNLINK, (unsigned long)key,
		       (unsigned long)KEY_SPEC_THREAD_KEYRING, 0, 0);
}

static int integrity_check(struct luks *l)
{
	struct crypt_params_integrity integrity = { 0 };

	if (l->api->get_integrity_info(l->cd, &integrity) ||
	    !integrity.integrity || !strcmp(integrity.integrity, "none"))
		return 0;
	return fail(l->images, -EOPNOTSUPP,
		    "%s: LUKS with integrity protection (%s) is not supported",
		    l->below->name, integrity.integrity);
}

static int mapping_make(struct luks *l, const char *name, const char *key_name,
			size_t key_size)
{
	uint64_t offset = l->api->get_data_offset(l->cd) * SECTOR;
	unsigned int sector = (unsigned int)l->api->get_sector_size(l->cd);
	struct dm_target target = { .type = "crypt" };
	char cipher[80], params[320], options[32] = "";

	if (offset >= l->below->size)
		return fail(l->images, -EINVAL, "%s: ends before its data",
			    l->below->name);
	cipher_name(l, cipher, sizeof(cipher));
	if (sector > SECTOR)
		snprintf(options, sizeof(options), " 1 sector_size:%u", sector);
	snprintf(params, sizeof(params), "%s :%zu:logon:%s %llu %u:%u %llu%s",
		 cipher, key_size, key_name,
		 (unsigned long long)l->api->get_iv_offset(l->cd),
		 volume_major(l->below), volume_minor(l->below),
		 (unsigned long long)(offset / SECTOR), options);
	target.params = params;
	target.sectors = (l->below->size - offset) / sector * (sector / SECTOR);
	return mapping_create(l->images, name, &target, 1,
			      l->below->read_only);
}

static int container_map(struct luks *l, const char *key, size_t key_size)
{
	const char *uuid = l->api->get_uuid(l->cd);
	char name[96], key_name[128];
	int id, err;

	snprintf(name, sizeof(name), "luks-%u-%u", volume_major(l->below),
		 volume_minor(l->below));
	snprintf(key_name, sizeof(key_name), "cryptsetup:%s", uuid ? uuid : name);
	id = key_load(key_name, key, key_size);
	if (id < 0)
		return fail(l->images, id,
			    "%s: the kernel does not take its key: %s",
			    l->below->name, strerror(-id));
	err = mapping_make(l, name, key_name, key_size);
	key_unload(id);
	return err;
}

static int container_open(struct luks *l)
{
	size_t size = (size_t)l->api->get_volume_key_size(l->cd);
	char key[512];
	int err = integrity_check(l);

	if (!err && (!size || size > sizeof(key)))
		err = fail(l->images, -EINVAL, "%s: a key of %zu bytes",
			   l->below->name, size);
	if (!err)
		err = key_find(l, key, &size);
	if (!err)
		err = container_map(l, key, size);
	explicit_bzero(key, sizeof(key));
	return err;
}

int luks_open(struct images *images, const struct volume *below,
	      struct volume *volume)
{
	struct mapping *m = mapping_over(images, below->dev);
	struct luks l;
	int err;

	if (!m && !images->secret.bytes && images->secret.terminal < 0)
		return fail(images, -ENOKEY,
			    "%s: is encrypted (LUKS); a passphrase is needed",
			    below->name);
	if (!m) {
		err = header_open(&l, images, below);
		if (err)
			return err;
		err = container_open(&l);
		header_close(&l);
		if (err)
			return err;
		m = images->mappings;
		m->below = below->dev;
		m->volume.encrypted = true;
		snprintf(m->volume.name, sizeof(m->volume.name), "%s",
			 below->name);
	}
	*volume = m->volume;
	return 0;
}

int luks_examine(struct images *images, const struct volume *below,
		 struct luks_info *info)
{
	struct crypt_pbkdf_type pbkdf;
	crypt_keyslot_info status;
	struct luks l;
	int i, max, err;

	memset(info, 0, sizeof(*info));
	err = header_open(&l, images, below);
	if (err)
		return err;
	info->version = strcmp(l.api->get_type(l.cd), CRYPT_LUKS2) ? 1 : 2;
	cipher_name(&l, info->cipher, sizeof(info->cipher));
	info->key_bits = (unsigned int)l.api->get_volume_key_size(l.cd) * 8;
	info->sector_size = (unsigned int)l.api->get_sector_size(l.cd);
	info->offset = l.api->get_data_offset(l.cd) * SECTOR;
	max = l.api->keyslot_max(l.api->get_type(l.cd));
	for (i = 0; i < max; i++) {
		status = l.api->keyslot_status(l.cd, i);
		if (status != CRYPT_SLOT_ACTIVE &&
		    status != CRYPT_SLOT_ACTIVE_LAST)
			continue;
		if (!info->slots++ && !l.api->keyslot_get_pbkdf(l.cd, i, &pbkdf))
			snprintf(info->pbkdf, sizeof(info->pbkdf), "%s",
				 pbkdf.type ? pbkdf.type : "");
	}
	header_close(&l);
	return 0;
}
