/* SPDX-License-Identifier: GPL-2.0 */
/*
 * node.h - the inodes that the host's kernel knows of
 *
 * Layer:   tools, over lkl.h; used by the requests.
 *
 * DOC: Theory of operation
 *
 * FUSE names an inode by a number that it got in the answer to a lookup, and
 * says when it has forgotten it. Here that number is the address of a struct
 * node. No path is stored anywhere: a node refers to its inode by a descriptor
 * of the library's kernel (O_PATH), so a rename by whatever name, or a removal
 * while it is in use, does not concern it.
 *
 * A descriptor keeps memory of the library's kernel busy (1 to 2 KiB), and
 * the host may know of millions of inodes. So a node also has the inode's file
 * handle, as an NFS server does, and the descriptors of nodes not in use are
 * closed, those used longest ago first. They are opened again from the handle.
 * File systems whose handles cannot be opened after the inode has left the
 * cache, or that have none, keep their descriptors until they are forgotten.
 *
 * For contents a node has further descriptors, which are opened when they are
 * first needed and closed along with the other one. So a host that opens and
 * closes files need not tell us (FUSE's no_open), which for small files is half
 * of all requests.
 *
 * Two names of one inode have to give one node. The handle tells, which
 * contains a generation where inode numbers are used again; without handles,
 * device and inode number do, which cannot be used again while there is a
 * descriptor.
 */
#ifndef FUSE_NODE_H
#define FUSE_NODE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/**
 * enum node_fd - what the descriptors of a node are for
 * @NODE_PATH: to reach the inode by; O_PATH
 * @NODE_READ: to read its contents
 * @NODE_WRITE: to read and write them
 * @NODE_READ_DIRECT: as NODE_READ, past the page cache
 * @NODE_WRITE_DIRECT: as NODE_WRITE, past the page cache
 * @NODE_FDS: how many there are
 */
enum node_fd {
	NODE_PATH,
	NODE_READ,
	NODE_WRITE,
	NODE_READ_DIRECT,
	NODE_WRITE_DIRECT,
	NODE_FDS,
};

/**
 * struct node - an inode
 * @next: in the same slot of the hash table
 * @older: in the list of nodes with a descriptor that nobody is using
 * @newer: see @older
 * @dev: device number inside the library
 * @ino: inode number inside the library
 * @lookups: how often the host was told of it
 * @generation: tells it from another that had the same address before
 * @fds: descriptors, or -1
 * @users: how many are using them right now
 * @opens: how often the host has it open, if it tells us
 * @writers: of those, how many may write
 * @cached: it is in the list of those with unused descriptors
 * @unlinked: it has lost its last name, a descriptor is all that keeps it
 * @type: S_IFMT bits
 * @handle_type: of the file handle
 * @handle_bytes: length of the file handle, 0 if there is none
 * @handle: the file handle
 *
 * All but the constant ones under the table's lock.
 */
struct node {
	struct node *next;
	struct node *older;
	struct node *newer;
	uint64_t dev;
	uint64_t ino;
	uint64_t lookups;
	uint64_t generation;
	int fds[NODE_FDS];
	unsigned int users;
	unsigned int opens;
	unsigned int writers;
	bool cached;
	bool unlinked;
	unsigned int type;
	int handle_type;
	unsigned int handle_bytes;
	unsigned char handle[];
};

/**
 * struct node_table - all nodes
 * @lock: protects everything
 * @slots: the hash table
 * @mask: number of slots - 1
 * @count: number of nodes in it, without the root
 * @generation: the last one given
 * @newest: the list of nodes with an unused descriptor
 * @oldest: see @newest
 * @idle: length of that list
 * @idle_max: how long it may get
 * @unlinked: how many nodes have no name and wait to be forgotten
 * @handles: file handles work
 * @root_fd: open directory of the file system, by which handles are opened
 * @root: the root, which is never forgotten
 */
struct node_table {
	pthread_mutex_t lock;
	struct node **slots;
	uint64_t mask;
	uint64_t count;
	uint64_t generation;
	struct node *newest;
	struct node *oldest;
	unsigned int idle;
	unsigned int idle_max;
	unsigned int unlinked;
	bool handles;
	int root_fd;
	struct node *root;
};

/**
 * node_table_init - make a table with the root in it
 * @table: result
 * @root_fd: descriptor of the root, not O_PATH; stays the caller's
 * @handles: the type of file system has handles that stay good
 * @idle_max: how many unused descriptors may stay open
 *
 * Return: 0, or a negative errno.
 */
int node_table_init(struct node_table *table, int root_fd, bool handles,
		    unsigned int idle_max);

/** node_table_free - forget everything, and close all descriptors */
void node_table_free(struct node_table *table);

/**
 * node_adopt - the node of an inode, which the host is going to be told of
 * @table: the table
 * @fd: descriptor of the inode
 * @take: @fd is an O_PATH one and belongs to the table, also on failure; else it
 *	stays the caller's
 * @st: what is known of it: stx_ino, stx_dev, stx_mode
 * @result: the node; its lookups are counted one up
 *
 * Return: 0, or a negative errno.
 */
int node_adopt(struct node_table *table, int fd, bool take,
	       const struct statx *st, struct node **result);

/** node_forget - the host has forgotten @count lookups of @node */
void node_forget(struct node_table *table, struct node *node, uint64_t count);

/**
 * node_get - a descriptor to reach an inode by
 * @table: the table
 * @node: the node
 *
 * Return: an O_PATH descriptor, good until node_put(), or a negative errno.
 */
int node_get(struct node_table *table, struct node *node);

/**
 * node_io - a descriptor to reach an inode's contents by
 * @table: the table
 * @node: the node, between node_get() and node_put()
 * @what: which; any but NODE_PATH
 *
 * Return: a descriptor, good until node_put(), or a negative errno.
 */
int node_io(struct node_table *table, struct node *node, enum node_fd what);

/**
 * node_give - hand over a descriptor that was opened on the way
 * @table: the table
 * @node: the node, in use or known to the host
 * @what: which it is
 * @fd: the descriptor; belongs to the table
 */
void node_give(struct node_table *table, struct node *node, enum node_fd what,
	       int fd);

/**
 * node_drop_io - what may be done with a file has changed: open it anew
 * @table: the table
 * @node: the node, used by the caller
 */
void node_drop_io(struct node_table *table, struct node *node);

/** node_put - descriptors from node_get() and node_io() are no longer in use */
void node_put(struct node_table *table, struct node *node);

/**
 * node_open - the host has opened a file
 * @table: the table
 * @node: the node, between node_get() and node_put()
 * @writer: and it may be written
 */
void node_open(struct node_table *table, struct node *node, bool writer);

/** node_close - the opposite of node_open() */
void node_close(struct node_table *table, struct node *node, bool writer);

/** node_written - may the host hold data of @node that it has not sent? */
bool node_written(struct node_table *table, struct node *node);

/**
 * node_unlinking - the name of an inode is about to be removed
 * @table: the table
 * @dir: directory, inside the library
 * @name: in it
 *
 * If it is the last one, the inode is kept until the host has forgotten it,
 * since somebody may have it open.
 */
void node_unlinking(struct node_table *table, int dir, const char *name);

/**
 * node_wait_unlinked - space is short: let inodes without a name go
 * @table: the table
 *
 * The host forgets them without waiting for us, so what somebody has just
 * removed may still be there.
 *
 * Blocks: for some milliseconds, while others serve requests.
 * Return: true if an inode has gone.
 */
bool node_wait_unlinked(struct node_table *table);

#endif /* FUSE_NODE_H */
