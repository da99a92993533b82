// SPDX-License-Identifier: GPL-2.0
/*
 * node.c - the inodes that the host's kernel knows of
 *
 * Layer:   tools, over lkl.h; called by the requests. See node.h.
 * Context: any thread. The lock is never held over a call into the library
 *          that may wait for a disk.
 */
#include "node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lkl.h>

#define SLOTS_MIN	1024

/* A file handle with room for the largest there is. */
struct handle {
	struct file_handle head;
	unsigned char bytes[MAX_HANDLE_SZ];
};

/**
 * struct key - what tells one inode from another
 * @dev: device number
 * @ino: inode number
 * @handle: its file handle; handle_bytes is 0 if there is none
 */
struct key {
	uint64_t dev;
	uint64_t ino;
	struct handle handle;
};

/* ---- the list of nodes with an unused descriptor ---- */

static void list_remove(struct node_table *table, struct node *node)
{
	if (!node->cached)
		return;
	*(node->older ? &node->older->newer : &table->oldest) = node->newer;
	*(node->newer ? &node->newer->older : &table->newest) = node->older;
	node->cached = false;
	table->idle--;
}

static void list_add(struct node_table *table, struct node *node)
{
	node->newer = NULL;
	node->older = table->newest;
	*(table->newest ? &table->newest->newer : &table->oldest) = node;
	table->newest = node;
	node->cached = true;
	table->idle++;
}

/* May the descriptor be closed and opened again? */
static bool reopenable(const struct node *node)
{
	return node->handle_bytes && !node->opens && !node->unlinked;
}

/*
 * Nobody uses the descriptor any more. Returns one to be closed, or -1: this
 * one's or that of a node that was used longer ago.
 */
static int idle_descriptor(struct node_table *table, struct node *node)
{
	struct node *victim;
	int fd;

	if (node->users || node->cached || node->fd < 0 || !reopenable(node))
		return -1;
	list_add(table, node);
	if (table->idle <= table->idle_max)
		return -1;
	victim = table->oldest;
	list_remove(table, victim);
	fd = victim->fd;
	victim->fd = -1;
	return fd;
}

static void unhash(struct node_table *table, struct node *node);

/*
 * Something that kept the node or its descriptor has ended. The last of them
 * may be a close or a forget: the host does not wait for either. Returns a
 * descriptor to be closed, or -1; the node may be gone.
 */
static int settle(struct node_table *table, struct node *node)
{
	int fd;

	if (node->lookups || node->users || node->opens)
		return idle_descriptor(table, node);
	list_remove(table, node);
	unhash(table, node);
	fd = node->fd;
	free(node);
	return fd;
}

static void close_if(int fd)
{
	if (fd >= 0)
		lkl_sys_close(fd);
}

/* ---- the hash table ---- */

static uint64_t mix(uint64_t h, uint64_t value)
{
	h = (h ^ value) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 32;
}

static uint64_t hash(const unsigned char *handle, unsigned int len,
		     uint64_t dev, uint64_t ino)
{
	uint64_t h = mix(mix(0, dev), ino);
	uint64_t word;

	for (; len; handle += 8, len -= len < 8 ? len : 8) {
		word = 0;
		memcpy(&word, handle, len < 8 ? len : 8);
		h = mix(h, word);
	}
	return h;
}

static uint64_t node_hash(const struct node *node)
{
	return hash(node->handle, node->handle_bytes, node->dev, node->ino);
}

static uint64_t key_hash(const struct key *key)
{
	return hash(key->handle.bytes, key->handle.head.handle_bytes, key->dev,
		    key->ino);
}

static bool is_node_of(const struct node *node, const struct key *key)
{
	const struct file_handle *h = &key->handle.head;

	return node->ino == key->ino && node->dev == key->dev &&
	       node->handle_bytes == h->handle_bytes &&
	       (!h->handle_bytes || node->handle_type == h->handle_type) &&
	       !memcmp(node->handle, key->handle.bytes, h->handle_bytes);
}

static struct node **find(struct node_table *table, const struct key *key)
{
	struct node **p = &table->slots[key_hash(key) & table->mask];

	while (*p && !is_node_of(*p, key))
		p = &(*p)->next;
	return p;
}

/* A table that stays too small is slow, not wrong. */
static void grow(struct node_table *table)
{
	uint64_t mask = table->mask * 2 + 1, i;
	struct node **slots = calloc(mask + 1, sizeof(*slots));
	struct node *node;

	if (!slots)
		return;
	for (i = 0; i <= table->mask; i++) {
		while ((node = table->slots[i])) {
			struct node **to = &slots[node_hash(node) & mask];

			table->slots[i] = node->next;
			node->next = *to;
			*to = node;
		}
	}
	free(table->slots);
	table->slots = slots;
	table->mask = mask;
}

static void unhash(struct node_table *table, struct node *node)
{
	struct node **p = &table->slots[node_hash(node) & table->mask];

	while (*p != node)
		p = &(*p)->next;
	*p = node->next;
	table->count--;
}

/* ---- making nodes ---- */

static uint64_t device_of(const struct statx *st)
{
	return (uint64_t)st->stx_dev_major << 32 | st->stx_dev_minor;
}

static void read_handle(const struct node_table *table, int fd,
			struct handle *handle)
{
	int mount;

	handle->head.handle_bytes = MAX_HANDLE_SZ;
	if (!table->handles ||
	    lkl_sys_name_to_handle_at(fd, "", &handle->head, &mount,
				      AT_EMPTY_PATH))
		handle->head.handle_bytes = 0;
}

static struct node *node_new(const struct key *key, const struct statx *st,
			     int fd)
{
	unsigned int len = key->handle.head.handle_bytes;
	struct node *node = calloc(1, sizeof(*node) + len);

	if (!node)
		return NULL;
	node->dev = key->dev;
	node->ino = key->ino;
	node->fd = fd;
	node->type = st->stx_mode & S_IFMT;
	node->handle_type = key->handle.head.handle_type;
	node->handle_bytes = len;
	memcpy(node->handle, key->handle.bytes, len);
	return node;
}

static struct node *insert(struct node_table *table, struct node **where,
			   const struct key *key, const struct statx *st)
{
	struct node *node = node_new(key, st, -1);

	if (!node)
		return NULL;
	node->generation = ++table->generation;
	node->unlinked = !st->stx_nlink;
	*where = node;
	if (++table->count > table->mask)
		grow(table);
	return node;
}

/* The descriptor is the node's from now on, or superfluous. */
static void take_descriptor(struct node *node, int *fd)
{
	if (node->fd >= 0)
		return;
	node->fd = *fd;
	*fd = -1;
}

/* A second descriptor of what @fd refers to, as nodes have them. */
static int open_path(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return lkl_sys_openat(AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
}

int node_adopt(struct node_table *table, int fd, bool take,
	       const struct statx *st, struct node **result)
{
	struct key key = { .dev = device_of(st), .ino = st->stx_ino };
	struct node **where, *node;
	int spare;

	read_handle(table, fd, &key.handle);
	if (!take) {
		fd = key.handle.head.handle_bytes ? -1 : open_path(fd);
		if (fd < 0 && !key.handle.head.handle_bytes)
			return fd;
	}
	pthread_mutex_lock(&table->lock);
	where = find(table, &key);
	node = *where;
	if (!node)
		node = insert(table, where, &key, st);
	if (!node) {
		pthread_mutex_unlock(&table->lock);
		close_if(fd);
		return -ENOMEM;
	}
	node->lookups++;
	take_descriptor(node, &fd);
	spare = idle_descriptor(table, node);
	pthread_mutex_unlock(&table->lock);
	close_if(fd);
	close_if(spare);
	*result = node;
	return 0;
}

void node_forget(struct node_table *table, struct node *node, uint64_t count)
{
	int spare;

	if (node == table->root)
		return;
	pthread_mutex_lock(&table->lock);
	node->lookups -= count < node->lookups ? count : node->lookups;
	spare = settle(table, node);
	pthread_mutex_unlock(&table->lock);
	close_if(spare);
}

/* ---- using nodes ---- */

static int reopen(const struct node_table *table, const struct node *node)
{
	struct handle handle = {
		.head.handle_bytes = node->handle_bytes,
		.head.handle_type = node->handle_type,
	};

	memcpy(handle.bytes, node->handle, node->handle_bytes);
	return lkl_sys_open_by_handle_at(table->root_fd, &handle.head,
					 O_PATH | O_CLOEXEC);
}

int node_get(struct node_table *table, struct node *node)
{
	int fd;

	pthread_mutex_lock(&table->lock);
	node->users++;
	list_remove(table, node);
	fd = node->fd;
	pthread_mutex_unlock(&table->lock);
	if (fd >= 0)
		return fd;
	fd = reopen(table, node);
	if (fd < 0) {
		node_put(table, node);
		return fd;
	}
	pthread_mutex_lock(&table->lock);
	take_descriptor(node, &fd);
	pthread_mutex_unlock(&table->lock);
	close_if(fd);
	return node->fd;
}

void node_put(struct node_table *table, struct node *node)
{
	int spare;

	pthread_mutex_lock(&table->lock);
	node->users--;
	spare = settle(table, node);
	pthread_mutex_unlock(&table->lock);
	close_if(spare);
}

void node_open(struct node_table *table, struct node *node, bool writer)
{
	pthread_mutex_lock(&table->lock);
	node->opens++;
	node->writers += writer;
	pthread_mutex_unlock(&table->lock);
}

void node_close(struct node_table *table, struct node *node, bool writer)
{
	int spare;

	pthread_mutex_lock(&table->lock);
	node->opens--;
	node->writers -= writer;
	spare = settle(table, node);
	pthread_mutex_unlock(&table->lock);
	close_if(spare);
}

bool node_written(struct node_table *table, struct node *node)
{
	bool written;

	pthread_mutex_lock(&table->lock);
	written = node->writers;
	pthread_mutex_unlock(&table->lock);
	return written;
}

/*
 * A directory without a name may still be somebody's working directory, so it
 * stays; a file without a name that nobody has open is gone.
 */
static int unlinking(struct node *node, unsigned int links,
		     struct node_table *table)
{
	int fd;

	if (node->users || node->fd < 0)
		return -1;
	if (S_ISDIR(node->type) || node->opens) {
		list_remove(table, node);
		node->unlinked = S_ISDIR(node->type) || links == 1;
		return -1;
	}
	if (links > 1 || !reopenable(node))
		return -1;
	list_remove(table, node);
	fd = node->fd;
	node->fd = -1;
	return fd;
}

void node_unlinking(struct node_table *table, int dir, const char *name)
{
	struct key key;
	struct statx st;
	struct node *node;
	int fd, spare = -1;

	fd = lkl_sys_openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (!lkl_sys_statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st)) {
		key.dev = device_of(&st);
		key.ino = st.stx_ino;
		read_handle(table, fd, &key.handle);
		pthread_mutex_lock(&table->lock);
		node = *find(table, &key);
		if (node && S_ISDIR(node->type))
			take_descriptor(node, &fd);
		if (node)
			spare = unlinking(node, st.stx_nlink, table);
		pthread_mutex_unlock(&table->lock);
	}
	close_if(fd);
	close_if(spare);
}

/* ---- the table ---- */

int node_table_init(struct node_table *table, int root_fd, bool handles,
		    unsigned int idle_max)
{
	struct key key = { 0 };
	struct statx st;
	int fd, err;

	*table = (struct node_table){
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.mask = SLOTS_MIN - 1,
		.idle_max = idle_max,
		.handles = handles,
		.root_fd = root_fd,
	};
	fd = lkl_sys_openat(root_fd, ".", O_PATH | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	err = lkl_sys_statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st);
	if (err)
		goto err_close;
	err = -ENOMEM;
	table->slots = calloc(SLOTS_MIN, sizeof(*table->slots));
	if (!table->slots)
		goto err_close;
	key.dev = device_of(&st);
	key.ino = st.stx_ino;
	table->root = node_new(&key, &st, fd);
	if (!table->root)
		goto err_free;
	table->root->lookups = 1;
	return 0;

err_free:
	free(table->slots);
err_close:
	lkl_sys_close(fd);
	return err;
}

void node_table_free(struct node_table *table)
{
	struct node *node;
	uint64_t i;

	for (i = 0; i <= table->mask; i++) {
		while ((node = table->slots[i])) {
			table->slots[i] = node->next;
			close_if(node->fd);
			free(node);
		}
	}
	lkl_sys_close(table->root->fd);
	free(table->root);
	free(table->slots);
	pthread_mutex_destroy(&table->lock);
}
