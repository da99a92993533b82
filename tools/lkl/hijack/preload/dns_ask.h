/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dns_ask.h - messages to name servers, and their replies
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   dns.c, res.c.
 * Context: any thread.
 */
#ifndef HIJACK_DNS_ASK_H
#define HIJACK_DNS_ASK_H

#include <stdbool.h>
#include <sys/types.h>

#include "dns_conf.h"

#define DNS_MESSAGE_MAX	65535

/**
 * struct dns_message - a question and what became of it
 * @query: the message
 * @len: bytes of it
 * @plain: bytes of it without the record of EDNS, which has to be its last; 0 if it is
 *	to be left as it is
 * @reply: filled
 * @size: bytes at most
 * @got: bytes of the reply, which may be more than @size; or a negative errno
 * @done: it is a reply to be content with
 * @failed: the server that is being asked cannot answer it
 */
struct dns_message {
	unsigned char *query;
	int len;
	int plain;
	unsigned char *reply;
	int size;
	ssize_t got;
	bool done;
	bool failed;
};

/**
 * dns_ask - ask the name servers until one answers
 * @conf: whom and how
 * @messages: one or two, which are sent at once
 * @count: how many
 *
 * Replies that do not fit their question are not taken for such. One that is cut short
 * is asked for again over TCP; a server that does not know EDNS is asked without.
 */
void dns_ask(const struct dns_conf *conf, struct dns_message *messages, int count);

/* Is there a question that has no answer yet? */
bool dns_asking(const struct dns_message *messages, int count);

#endif /* HIJACK_DNS_ASK_H */
