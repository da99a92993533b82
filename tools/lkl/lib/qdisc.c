// SPDX-License-Identifier: GPL-2.0
/*
 * qdisc.c - queueing disciplines of network interfaces
 *
 * Layer:   tools/lkl/lib, the C API above system calls; documented in lkl.h.
 * Users:   applications.
 */
#include "qdisc.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <lkl.h>
#include <stdlib.h>
#include <string.h>

/* Where one can be attached, by name. */
static const struct {
	const char *name;
	uint32_t parent;
	uint32_t handle;
} places[] = {
	{ "root", TC_H_ROOT, 0 },
	{ "ingress", TC_H_INGRESS, TC_H_MAKE(TC_H_INGRESS, 0) },
};

static int place_find(const char *name, struct tcmsg *info)
{
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (strcmp(name, places[i].name))
			continue;
		info->tcm_parent = places[i].parent;
		info->tcm_handle = places[i].handle;
		return 0;
	}
	return netlink_fail(-EINVAL,
			    "A queueing discipline goes to root or ingress");
}

static int qdisc_add(const struct tcmsg *info, char *words)
{
	struct netlink_request req;
	const char *kind = strsep(&words, " ");
	int err;

	netlink_begin(&req, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE, info,
		      sizeof(*info));
	netlink_attr(&req, TCA_KIND, kind, strlen(kind) + 1);
	err = qdisc_options(&req, kind, words);
	return err ? err : netlink_call(&req, NULL, NULL);
}

int lkl_qdisc_add(int ifindex, const char *root, const char *type)
{
	struct tcmsg info = { .tcm_family = AF_UNSPEC, .tcm_ifindex = ifindex };
	char *copy;
	int err;

	netlink_fail(0, "");
	if (!root || !type || !*type)
		return netlink_fail(-EINVAL, "No queueing discipline given");
	err = place_find(root, &info);
	if (err)
		return err;
	copy = strdup(type);
	if (!copy)
		return netlink_fail(-ENOMEM, lkl_strerror(-ENOMEM));
	err = qdisc_add(&info, copy);
	free(copy);
	return err;
}

/* "root|fq", or "root|netem delay 10ms" */
static int entry_add(int ifindex, char *entry)
{
	char *type = strchr(entry, '|');

	if (!type)
		return netlink_fail(-EINVAL, "Not of the form root|type");
	*type++ = '\0';
	return lkl_qdisc_add(ifindex, entry, type);
}

int lkl_qdisc_parse_add(int ifindex, const char *entries)
{
	char *copy = entries ? strdup(entries) : NULL, *next = copy, *entry;
	int err = 0;

	if (!copy)
		return entries ? -ENOMEM : -EINVAL;
	while (!err && (entry = strsep(&next, ";")))
		if (*entry)
			err = entry_add(ifindex, entry);
	free(copy);
	return err;
}
