// SPDX-License-Identifier: GPL-2.0
/*
 * qdisc_options.c - options of queueing disciplines, in words; see qdisc.h
 *
 * Layer:   tools/lkl/lib, internal.
 * Users:   qdisc.c.
 *
 * The words are those of tc(8), of which each kind has the ones that matter to
 * somebody who tries how a program fares on a bad link.
 */
#include "qdisc.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <lkl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a value is a number of, by its unit. */
struct unit {
	const char *name;
	double factor;
};

static const struct unit times[] = {	/* nanoseconds */
	{ "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 }, { "ns", 1 }, { NULL, 0 },
};
static const struct unit shares[] = {	/* of 2^32 - 1 */
	{ "%", 4294967295.0 / 100 }, { NULL, 0 },
};
static const struct unit rates[] = {	/* bytes a second */
	{ "bit", 1.0 / 8 }, { "kbit", 1e3 / 8 }, { "mbit", 1e6 / 8 },
	{ "gbit", 1e9 / 8 }, { NULL, 0 },
};
static const struct unit sizes[] = {	/* bytes */
	{ "", 1 }, { "b", 1 }, { "k", 1024 }, { "kb", 1024 },
	{ "m", 1024 * 1024 }, { "mb", 1024 * 1024 }, { NULL, 0 },
};
static const struct unit counts[] = {
	{ "", 1 }, { NULL, 0 },
};

/* A word and where its value goes; the list ends with a NULL name. */
struct option {
	const char *name;
	const struct unit *units;
	double most;
	uint64_t *value;
};

#define U32_MOST	4294967295.0
#define NS_MOST		1e15

static int refuse(const char *kind, const char *word, const char *why)
{
	char text[96];

	snprintf(text, sizeof(text), "%s: %s: %s", kind, word, why);
	return netlink_fail(-EINVAL, text);
}

static int value_parse(const char *str, const struct option *opt)
{
	const struct unit *unit;
	char *end;
	double number = strtod(str, &end);

	for (unit = opt->units; unit->name; unit++)
		if (!strcmp(end, unit->name))
			break;
	number *= unit->factor;
	if (!unit->name || end == str || !(number >= 0 && number <= opt->most))
		return -EINVAL;
	*opt->value = (uint64_t)number;
	return 0;
}

static const struct option *option_find(const struct option *options,
					const char *name)
{
	for (; options->name; options++)
		if (!strcmp(options->name, name))
			return options;
	return NULL;
}

static int options_parse(const char *kind, char *words,
			 const struct option *options)
{
	const struct option *opt;
	char *word, *value, *rest = NULL;

	for (word = strtok_r(words, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		opt = option_find(options, word);
		if (!opt)
			return refuse(kind, word, "no such option");
		value = strtok_r(NULL, " ", &rest);
		if (!value)
			return refuse(kind, word, "needs a value");
		if (value_parse(value, opt))
			return refuse(kind, value, "not a value for this option");
	}
	return 0;
}

static int netem_options(struct netlink_request *req, const char *kind,
			 char *words)
{
	uint64_t limit = 1000, delay = 0, jitter = 0, loss = 0, duplicate = 0;
	uint64_t reorder = 0, corrupt = 0, rate = 0;
	const struct option options[] = {
		{ "limit", counts, U32_MOST, &limit },
		{ "delay", times, NS_MOST, &delay },
		{ "jitter", times, NS_MOST, &jitter },
		{ "loss", shares, U32_MOST, &loss },
		{ "duplicate", shares, U32_MOST, &duplicate },
		{ "reorder", shares, U32_MOST, &reorder },
		{ "corrupt", shares, U32_MOST, &corrupt },
		{ "rate", rates, U32_MOST, &rate },
		{ 0 },
	};
	int err = options_parse(kind, words, options);
	struct tc_netem_qopt qopt = { 0 };
	struct tc_netem_reorder out_of_order = { 0 };
	struct tc_netem_corrupt damage = { 0 };
	struct tc_netem_rate speed = { 0 };
	size_t nest;

	if (err)
		return err;
	qopt.limit = (uint32_t)limit;
	qopt.loss = (uint32_t)loss;
	qopt.duplicate = (uint32_t)duplicate;
	/* Every packet may be one that overtakes. */
	qopt.gap = reorder ? 1 : 0;
	out_of_order.probability = (uint32_t)reorder;
	damage.probability = (uint32_t)corrupt;
	speed.rate = (uint32_t)rate;

	/* Attributes follow the struct, within the options. */
	nest = netlink_nest_begin(req, TCA_OPTIONS);
	netlink_raw(req, &qopt, sizeof(qopt));
	netlink_attr(req, TCA_NETEM_LATENCY64, &delay, sizeof(delay));
	netlink_attr(req, TCA_NETEM_JITTER64, &jitter, sizeof(jitter));
	netlink_attr(req, TCA_NETEM_REORDER, &out_of_order, sizeof(out_of_order));
	netlink_attr(req, TCA_NETEM_CORRUPT, &damage, sizeof(damage));
	if (rate)
		netlink_attr(req, TCA_NETEM_RATE, &speed, sizeof(speed));
	netlink_nest_end(req, nest);
	return 0;
}

static int tbf_options(struct netlink_request *req, const char *kind,
		       char *words)
{
	uint64_t rate = 0, burst = 0, limit = 0;
	const struct option options[] = {
		{ "rate", rates, U32_MOST, &rate },
		{ "burst", sizes, U32_MOST, &burst },
		{ "limit", sizes, U32_MOST, &limit },
		{ 0 },
	};
	int err = options_parse(kind, words, options);
	struct tc_tbf_qopt qopt = { .rate.linklayer = TC_LINKLAYER_ETHERNET };
	size_t nest;

	if (err)
		return err;
	if (!rate || !burst)
		return refuse(kind, rate ? "burst" : "rate", "has to be given");
	qopt.rate.rate = (uint32_t)rate;
	/* As much as passes in 50 ms, unless something else is wanted. */
	qopt.limit = (uint32_t)(limit ? limit : burst + rate / 20);

	nest = netlink_nest_begin(req, TCA_OPTIONS);
	netlink_attr(req, TCA_TBF_PARMS, &qopt, sizeof(qopt));
	netlink_attr_u32(req, TCA_TBF_BURST, (uint32_t)burst);
	netlink_nest_end(req, nest);
	return 0;
}

static int htb_options(struct netlink_request *req, const char *kind,
		       char *words)
{
	uint64_t class = 0;
	const struct option options[] = {
		{ "default", counts, 0xffff, &class },
		{ 0 },
	};
	int err = options_parse(kind, words, options);
	struct tc_htb_glob glob = {
		.version = TC_HTB_PROTOVER,
		.rate2quantum = 10,
	};
	size_t nest;

	if (err)
		return err;
	glob.defcls = (uint32_t)class;
	nest = netlink_nest_begin(req, TCA_OPTIONS);
	netlink_attr(req, TCA_HTB_INIT, &glob, sizeof(glob));
	netlink_nest_end(req, nest);
	return 0;
}

static int prio_options(struct netlink_request *req, const char *kind,
			char *words)
{
	/* By type of service, as pfifo_fast does it. */
	static const struct tc_prio_qopt qopt = {
		.bands = 3,
		.priomap = { 1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1 },
	};
	static const struct option none[] = { { 0 } };
	int err = options_parse(kind, words, none);

	if (!err)
		netlink_attr(req, TCA_OPTIONS, &qopt, sizeof(qopt));
	return err;
}

static int no_options(struct netlink_request *req, const char *kind, char *words)
{
	static const struct option none[] = { { 0 } };

	return options_parse(kind, words, none);
}

static const struct {
	const char *kind;
	int (*options)(struct netlink_request *req, const char *kind, char *words);
} kinds[] = {
	{ "netem", netem_options },
	{ "tbf", tbf_options },
	{ "htb", htb_options },
	{ "prio", prio_options },
};

int qdisc_options(struct netlink_request *req, const char *kind, char *words)
{
	char none[] = "";
	size_t i;

	if (!words)
		words = none;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kind, kinds[i].kind))
			return kinds[i].options(req, kind, words);
	return no_options(req, kind, words);
}
