/* SPDX-License-Identifier: GPL-2.0 */
/*
 * check.h - the forms that values of settings have
 *
 * Layer:   tools/lkl/hijack.
 * Users:   config.c's tables; config_finish.c and apply.c convert.
 */
#ifndef HIJACK_CHECK_H
#define HIJACK_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Each: is @text of that form? */
bool check_ipv4(const char *text);
bool check_ipv6(const char *text);
bool check_ip_choice(const char *text);
bool check_ipv6_choice(const char *text);
bool check_masklen(const char *text);
bool check_masklen6(const char *text);
bool check_mac(const char *text);
bool check_mtu(const char *text);
bool check_number(const char *text);
bool check_truth(const char *text);
bool check_cpus(const char *text);
bool check_side(const char *text);
bool check_type(const char *text);
bool check_any(const char *text);
bool check_mounts(const char *text);
bool check_paths(const char *text);
bool check_sysctls(const char *text);
bool check_nameservers(const char *text);
bool check_forwards(const char *text);
bool check_neighbours(const char *text);
bool check_qdiscs(const char *text);

/**
 * check_each - does a check hold for each item of a list?
 * @text: the list; empty items do not count
 * @separator: what separates them
 * @check: called with a copy of each
 * @arg: its argument
 */
bool check_each(const char *text, char separator,
		bool (*check)(const char *item, void *arg), void *arg);

/**
 * mac_parse - the bytes of an Ethernet address
 * @text: "12:34:56:78:9a:bc"
 * @mac: set to 6 bytes
 *
 * Return: is it one?
 */
bool mac_parse(const char *text, uint8_t *mac);

/**
 * struct neighbour - a neighbour on the link
 * @af: AF_INET or AF_INET6
 * @addr: its address
 * @mac: its Ethernet address
 */
struct neighbour {
	int af;
	uint8_t addr[16];
	uint8_t mac[6];
};

/**
 * neighbour_parse - read a neighbour
 * @text: "address|mac"
 * @neighbour: set
 *
 * Return: is it one?
 */
bool neighbour_parse(const char *text, struct neighbour *neighbour);

/**
 * forward_convert - say a port forward as the rootless backends want it
 * @text: "[tcp:|udp:][ADDRESS:]PORT[:GUEST_PORT]"; an IPv6 address in brackets
 * @option: set to "tcp=ADDRESS/PORT:GUEST_PORT" or the like
 * @size: its size
 *
 * Return: is it one?
 */
bool forward_convert(const char *text, char *option, size_t size);

#endif /* HIJACK_CHECK_H */
