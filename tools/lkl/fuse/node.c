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
#include <time.h>

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

/**
 * struct spare - descriptors to be closed once the lock is released
 * @count: how many
 * @fds: they
 */
struct spare {
	unsigned int count;
	int fds[2 * NODE_FDS];
};

static void spare_take(struct spare *spare, int *fd)
{
	if (*fd >= 0)
		spare->fds[spare->count++] = *fd;
	*fd = -1;
}

static void unlock_and_close(struct node_table *table,
			     const struct spare *spare)
{
	unsigned int i;

	pthread_mutex_unlock(&table->lock);
	for (i = 0; i < spare->count; i++)
		lkl_sys_close(spare->fds[i]);
}

/* ---- the list of nodes with unused descriptors ---- */

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

/* May the last descriptor be closed, and the inode opened by its handle? */
static bool reopenable(const struct node *node)
{
	return node->handle_bytes && !node->unlinked;
}

static void close_node(struct node *node, bool all, struct spare *spare)
{
	int i;

	for (i = all ? NODE_PATH : NODE_READ; i < NODE_FDS; i++)
		spare_take(spare, &node->fds[i]);
}

/* Nobody uses the descriptors any more: one node's too many may have to go. */
static void make_idle(struct node_table *table, struct node *node,
		      struct spare *spare)
{
	struct node *victim;

	if (node->users || node->cached || node == table->root)
		return;
	list_add(table, node);
	if (table->idle <= table->idle_max)
		return;
	victim = table->oldest;
	list_remove(table, victim);
	close_node(victim, reopenable(victim), spare);
}

static void unhash(struct node_table *table, struct node *node);

/*
 * Something that kept the node or its descriptors has ended. The last of them
 * may be a close or a forget: the host does not wait for either. The node may
 * be gone afterwards.
 */
static void settle(struct node_table *table, struct node *node,
		   struct spare *spare)
{
	if (node->lookups || node->users || node->opens) {
		make_idle(table, node, spare);
		return;
	}
	list_remove(table, node);
	unhash(table, node);
	close_node(node, true, spare);
	table->unlinked -= node->unlinked;
	free(node);
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

static struct node *node_new(const struct key *key, const struct statx *st)
{
	unsigned int len = key->handle.head.handle_bytes;
	struct node *node = calloc(1, sizeof(*node) + len);
	int i;

	if (!node)
		return NULL;
	for (i = 0; i < NODE_FDS; i++)
		node->fds[i] = -1;
	node->dev = key->dev;
	node->ino = key->ino;
	node->type = st->stx_mode & S_IFMT;
	node->handle_type = key->handle.head.handle_type;
	node->handle_bytes = len;
	memcpy(node->handle, key->handle.bytes, len);
	return node;
}

static struct node *insert(struct node_table *table, struct node **where,
			   const struct key *key, const struct statx *st)
{
	struct node *node = node_new(key, st);

	if (!node)
		return NULL;
	node->generation = ++table->generation;
	node->unlinked = !st->stx_nlink;
	table->unlinked += node->unlinked;
	*where = node;
	if (++table->count > table->mask)
		grow(table);
	return node;
}

/* The descriptor is the node's from now on, or superfluous. */
static void take_descriptor(struct node *node, enum node_fd what, int *fd)
{
	if (node->fds[what] >= 0)
		return;
	node->fds[what] = *fd;
	*fd = -1;
}

/* A second descriptor of what @fd refers to. */
static int open_again(int fd, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return lkl_sys_openat(AT_FDCWD, path, flags | O_CLOEXEC, 0);
}

static int adopt(struct node_table *table, const struct key *key, int *fd,
		 const struct statx *st, struct node **result)
{
	struct node **where = find(table, key);
	struct node *node = *where;

	if (!node)
		node = insert(table, where, key, st);
	if (!node)
		return -ENOMEM;
	node->lookups++;
	take_descriptor(node, NODE_PATH, fd);
	*result = node;
	return 0;
}

int node_adopt(struct node_table *table, int fd, bool take,
	       const struct statx *st, struct node **result)
{
	struct key key = { .dev = device_of(st), .ino = st->stx_ino };
	struct spare spare = { 0 };
	int err;

	read_handle(table, fd, &key.handle);
	if (!take) {
		bool needed = !key.handle.head.handle_bytes || !st->stx_nlink;

		fd = needed ? open_again(fd, O_PATH) : -1;
		if (needed && fd < 0)
			return fd;
	}
	pthread_mutex_lock(&table->lock);
	err = adopt(table, &key, &fd, st, result);
	if (!err)
		make_idle(table, *result, &spare);
	spare_take(&spare, &fd);
	unlock_and_close(table, &spare);
	return err;
}

void node_forget(struct node_table *table, struct node *node, uint64_t count)
{
	struct spare spare = { 0 };

	if (node == table->root)
		return;
	pthread_mutex_lock(&table->lock);
	node->lookups -= count < node->lookups ? count : node->lookups;
	settle(table, node, &spare);
	unlock_and_close(table, &spare);
}

/* ---- using nodes ---- */

static int open_handle(const struct node_table *table, const struct node *node,
		       int flags)
{
	struct handle handle = {
		.head.handle_bytes = node->handle_bytes,
		.head.handle_type = node->handle_type,
	};

	memcpy(handle.bytes, node->handle, node->handle_bytes);
	return lkl_sys_open_by_handle_at(table->root_fd, &handle.head,
					 flags | O_CLOEXEC);
}

/* Keep a descriptor that was opened without the lock; somebody else may have. */
static int keep(struct node_table *table, struct node *node, enum node_fd what,
		int fd)
{
	struct spare spare = { 0 };
	int kept;

	pthread_mutex_lock(&table->lock);
	take_descriptor(node, what, &fd);
	spare_take(&spare, &fd);
	kept = node->fds[what];
	unlock_and_close(table, &spare);
	return kept;
}

int node_get(struct node_table *table, struct node *node)
{
	int fd;

	pthread_mutex_lock(&table->lock);
	node->users++;
	list_remove(table, node);
	fd = node->fds[NODE_PATH];
	pthread_mutex_unlock(&table->lock);
	if (fd >= 0)
		return fd;
	fd = open_handle(table, node, O_PATH);
	if (fd < 0) {
		node_put(table, node);
		return fd;
	}
	return keep(table, node, NODE_PATH, fd);
}

static const int io_flags[NODE_FDS] = {
	[NODE_READ] = O_RDONLY,
	[NODE_WRITE] = O_RDWR,
	[NODE_READ_DIRECT] = O_RDONLY | O_DIRECT,
	[NODE_WRITE_DIRECT] = O_RDWR | O_DIRECT,
};

/* By the handle if there is one, which is quicker than by procfs. */
static int open_io(const struct node_table *table, const struct node *node,
		   enum node_fd what)
{
	if (reopenable(node))
		return open_handle(table, node, io_flags[what]);
	return open_again(node->fds[NODE_PATH], io_flags[what]);
}

/* What can be written can be read as well. */
static int opened_for(const struct node *node, enum node_fd what)
{
	if (what == NODE_READ && node->fds[NODE_WRITE] >= 0)
		return node->fds[NODE_WRITE];
	if (what == NODE_READ_DIRECT && node->fds[NODE_WRITE_DIRECT] >= 0)
		return node->fds[NODE_WRITE_DIRECT];
	return node->fds[what];
}

int node_io(struct node_table *table, struct node *node, enum node_fd what)
{
	int fd;

	pthread_mutex_lock(&table->lock);
	fd = opened_for(node, what);
	pthread_mutex_unlock(&table->lock);
	if (fd >= 0)
		return fd;
	fd = open_io(table, node, what);
	return fd < 0 ? fd : keep(table, node, what, fd);
}

void node_give(struct node_table *table, struct node *node, enum node_fd what,
	       int fd)
{
	keep(table, node, what, fd);
}

/* While others use them, they stay, as descriptors do that were open before. */
void node_drop_io(struct node_table *table, struct node *node)
{
	struct spare spare = { 0 };

	pthread_mutex_lock(&table->lock);
	if (node->users == 1)
		close_node(node, false, &spare);
	unlock_and_close(table, &spare);
}

void node_put(struct node_table *table, struct node *node)
{
	struct spare spare = { 0 };

	pthread_mutex_lock(&table->lock);
	node->users--;
	settle(table, node, &spare);
	unlock_and_close(table, &spare);
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
	struct spare spare = { 0 };

	pthread_mutex_lock(&table->lock);
	node->opens--;
	node->writers -= writer;
	settle(table, node, &spare);
	unlock_and_close(table, &spare);
}

bool node_written(struct node_table *table, struct node *node)
{
	bool written;

	pthread_mutex_lock(&table->lock);
	written = node->writers;
	pthread_mutex_unlock(&table->lock);
	return written;
}

/* ---- inodes without a name ---- */

static void note_unlinking(struct node_table *table, struct node *node,
			   unsigned int links, int *fd)
{
	take_descriptor(node, NODE_PATH, fd);
	if (node->unlinked || (links > 1 && !S_ISDIR(node->type)))
		return;
	node->unlinked = true;
	table->unlinked++;
}

void node_unlinking(struct node_table *table, int dir, const char *name)
{
	struct spare spare = { 0 };
	struct statx st;
	struct node *node;
	struct key key;
	int fd;

	fd = lkl_sys_openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (lkl_sys_statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st)) {
		lkl_sys_close(fd);
		return;
	}
	key.dev = device_of(&st);
	key.ino = st.stx_ino;
	read_handle(table, fd, &key.handle);
	pthread_mutex_lock(&table->lock);
	node = *find(table, &key);
	if (node)
		note_unlinking(table, node, st.stx_nlink, &fd);
	spare_take(&spare, &fd);
	unlock_and_close(table, &spare);
}

#define WAIT_TIMES	30
#define WAIT_NS		(1000 * 1000)

bool node_wait_unlinked(struct node_table *table)
{
	const struct timespec moment = { .tv_nsec = WAIT_NS };
	unsigned int before, now;
	int i;

	pthread_mutex_lock(&table->lock);
	before = now = table->unlinked;
	pthread_mutex_unlock(&table->lock);
	for (i = 0; now && i < WAIT_TIMES; i++) {
		nanosleep(&moment, NULL);
		pthread_mutex_lock(&table->lock);
		now = table->unlinked;
		pthread_mutex_unlock(&table->lock);
	}
	return now < before;
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
	table->root = node_new(&key, &st);
	if (!table->root)
		goto err_free;
	table->root->fds[NODE_PATH] = fd;
	table->root->lookups = 1;
	return 0;

err_free:
	free(table->slots);
err_close:
	lkl_sys_close(fd);
	return err;
}

static void free_node(struct node *node)
{
	struct spare spare = { 0 };
	unsigned int i;

	close_node(node, true, &spare);
	for (i = 0; i < spare.count; i++)
		lkl_sys_close(spare.fds[i]);
	free(node);
}

void node_table_free(struct node_table *table)
{
	struct node *node;
	uint64_t i;

	for (i = 0; i <= table->mask; i++) {
		while ((node = table->slots[i])) {
			table->slots[i] = node->next;
			free_node(node);
		}
	}
	free_node(table->root);
	free(table->slots);
	pthread_mutex_destroy(&table->lock);
}
