/* SPDX-License-Identifier: GPL-2.0 */
/*
 * qdisc.h - queueing disciplines: their options
 *
 * Layer:   tools/lkl/lib, internal.
 * Users:   qdisc.c; qdisc_options.c implements it.
 */
#ifndef LKL_LIB_QDISC_H
#define LKL_LIB_QDISC_H

#include "netlink.h"

/**
 * qdisc_options - add the options of a queueing discipline to a request
 * @req: the request
 * @kind: its kind
 * @words: option words and their values, separated by spaces; changed
 *
 * Kinds that do not work without options get their usual defaults.
 *
 * Return: 0; -EINVAL, with the reason for lkl_netlink_error().
 */
int qdisc_options(struct netlink_request *req, const char *kind, char *words);

#endif /* LKL_LIB_QDISC_H */
