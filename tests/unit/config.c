// SPDX-License-Identifier: GPL-2.0
/*
 * config.c - tests of the hijack's configuration: every key and variable is
 * read, later sources win, every wrong value is named
 *
 * Layer:   tests/unit; over tools/lkl/hijack/config*.c.
 */
#include "tools/lkl/hijack/config.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/lkl/hijack/check.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* What is read for a call that must succeed. */
#define check_ok(call) do {						\
	int err_ = (call);						\
	cr_assert_eq(err_, 0, "%s gave %d: %s", #call, err_, error.text); \
} while (0)

/* A call that must be refused, with words that contain @text. */
#define check_wrong(call, text_) do {					\
	cr_assert_eq(call, -EINVAL, "%s", #call);			\
	cr_assert_not_null(strstr(error.text, text_), "\"%s\" has no \"%s\"", \
			   error.text, text_);				\
} while (0)

static struct config cfg;
static struct config_error error;

static void begin(void)
{
	char dir[] = "/tmp/lkl-config-XXXXXX";

	unsetenv("LKL_HIJACK_CONFIG_FILE");
	unsetenv(CONFIG_VARIABLE);
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
	cr_assert_eq(rmdir(dir), 0);
}

static void end(void)
{
	config_free(&cfg);
}

TestSuite(config, .init = begin, .fini = end);

static int read_text(const char *text)
{
	return config_read_text(&cfg, "test.json", text, &error);
}

static int read_variable(const char *assignment)
{
	char *environment[] = { (char *)"PATH=/bin", (char *)assignment, NULL };

	return config_read_environment(&cfg, environment, &error);
}

/* Every setting: a value of it, and values that are none. */
static const struct sample {
	const char *name;
	const char *variable;
	const char *good;
	const char *wrong[8];
} globals[CONFIG_KEYS] = {
	[CONFIG_GATEWAY] = { "gateway", "NET_GATEWAY", "192.168.0.1",
		{ "192.168.0", "192.168.0.256", "::1", "host", "" } },
	[CONFIG_GATEWAY6] = { "gateway6", "NET_GATEWAY6", "2001:db8::1",
		{ "2001:db8::1::", "10.0.0.1", "fe80::1%eth0" } },
	[CONFIG_DEBUG] = { "debug", "DEBUG", "0x101", { "yes", "-1", "0x", "0xg" } },
	[CONFIG_SINGLECPU] = { "singlecpu", "SINGLE_CPU", "1", { "3", "-1", "one" } },
	[CONFIG_SYSCTL] = { "sysctl", "SYSCTL",
		"net.ipv4.tcp_wmem=4096 87380 2147483647;net.ipv4.tcp_sack=1",
		{ "net.ipv4.tcp_sack", "=1", "a=1;b" } },
	[CONFIG_BOOT_CMDLINE] = { "boot_cmdline", "BOOT_CMDLINE", "mem=256M", { NULL } },
	[CONFIG_DUMP] = { "dump", "DUMP", "/sysfs/class/net/lo/mtu,/proc/net/dev",
		{ "proc/net/dev", "/a,b" } },
	[CONFIG_DELAY_MAIN] = { "delay_main", "DELAY_MAIN", "1", { "2", "on" } },
	[CONFIG_MOUNT] = { "mount", "MOUNT", "proc,sysfs", { "/proc", "proc sysfs" } },
	[CONFIG_NAMESERVER] = { "nameserver", "NAMESERVER", "10.0.2.3,fd00::3",
		{ "dns.example", "10.0.2.3;10.0.2.4" } },
	[CONFIG_FORWARD] = { "forward", "FORWARD", "127.0.0.1:8080:80,udp:53",
		{ "80:80:80:80", "0:80", "8080:65536", "1.2.3:80:80", "sctp:80", "[::1:80" } },
	[CONFIG_UNIX] = { "unix", "UNIX", "library", { "yes", "1", "" } },
};

static const struct sample locals[CONFIG_IF_KEYS] = {
	[CONFIG_IF_TYPE] = { "type", "NET_IFTYPE", "tap", { "dpdk", "TAP", "" } },
	[CONFIG_IF_PARAM] = { "param", "NET_IFPARAMS", "tap0", { NULL } },
	[CONFIG_IF_MAC] = { "mac", "NET_MAC", "12:34:56:78:9a:bc",
		{ "12:34:56:78:9a", "12-34-56-78-9a-bc", "13:34:56:78:9a:bc",
		  "00:00:00:00:00:00", "12:34:56:78:9a:bcd" } },
	[CONFIG_IF_IP] = { "ip", "NET_IP", "10.0.0.2",
		{ "10.0.0", "slaac", "10.0.0.2/33", "10.0.0.2/", "::1" } },
	[CONFIG_IF_MASKLEN] = { "masklen", "NET_NETMASK_LEN", "24",
		{ "33", "-1", "255.255.255.0", "2 4" } },
	[CONFIG_IF_GATEWAY] = { "ifgateway", "NET_IFGATEWAY", "10.0.0.1", { "::1", "x" } },
	[CONFIG_IF_IPV6] = { "ipv6", "NET_IPV6", "fd00::2",
		{ "dhcp", "10.0.0.1", "fd00::2/129" } },
	[CONFIG_IF_MASKLEN6] = { "masklen6", "NET_NETMASK6_LEN", "64", { "129", "a" } },
	[CONFIG_IF_GATEWAY6] = { "ifgateway6", "NET_IFGATEWAY6", "fe80::1",
		{ "10.0.0.1", "fe80" } },
	[CONFIG_IF_OFFLOAD] = { "offload", "OFFLOAD", "0xc803", { "c803", "all" } },
	[CONFIG_IF_MTU] = { "mtu", "NET_MTU", "9000", { "67", "65536", "big" } },
	[CONFIG_IF_NEIGH] = { "neigh", "NET_NEIGHBOR",
		"10.0.0.9|12:34:56:78:9a:bc;fd00::9|12:34:56:78:9a:bd",
		{ "10.0.0.9", "10.0.0.9|12:34", "10.0.0|12:34:56:78:9a:bc" } },
	[CONFIG_IF_QDISC] = { "qdisc", "NET_QDISC", "root|fq;ingress|clsact",
		{ "fq", "root|", "leaf|fq" } },
	[CONFIG_IF_PCAP] = { "pcap", "NET_PCAP", "out.pcap", { NULL } },
};

static const char *quoted(const char *format, const char *name, const char *value)
{
	static char text[512];

	snprintf(text, sizeof(text), format, name, value);
	return text;
}

/* The tables above and the program's have the same names. */
Test(config, every_setting_has_its_name)
{
	size_t i;

	for (i = 0; i < CONFIG_KEYS; i++) {
		cr_assert_str_eq(config_forms[i].name, globals[i].name);
		cr_assert_str_eq(config_forms[i].variable, globals[i].variable);
	}
	for (i = 0; i < CONFIG_IF_KEYS; i++) {
		cr_assert_str_eq(config_if_forms[i].name, locals[i].name);
		cr_assert_str_eq(config_if_forms[i].variable, locals[i].variable);
	}
}

Test(config, every_key_of_the_file_is_read)
{
	size_t i;

	for (i = 0; i < CONFIG_KEYS; i++) {
		check_ok(read_text(quoted("{\"%s\":\"%s\"}", globals[i].name,
					  globals[i].good)));
		cr_assert_str_eq(cfg.value[i], globals[i].good);
	}
	for (i = 0; i < CONFIG_IF_KEYS; i++) {
		check_ok(read_text(quoted("{\"interfaces\":[{\"%s\":\"%s\"}]}",
					  locals[i].name, locals[i].good)));
		cr_assert_eq(cfg.count, i + 1);
		cr_assert_str_eq(cfg.interfaces[i].value[i], locals[i].good);
	}
}

Test(config, every_variable_is_read)
{
	size_t i;

	for (i = 0; i < CONFIG_KEYS; i++) {
		check_ok(read_variable(quoted("LKL_HIJACK_%s=%s", globals[i].variable,
					      globals[i].good)));
		cr_assert_str_eq(cfg.value[i], globals[i].good);
	}
	for (i = 0; i < CONFIG_IF_KEYS; i++) {
		check_ok(read_variable(quoted("LKL_HIJACK_%s=%s", locals[i].variable,
					      locals[i].good)));
		cr_assert_eq(cfg.count, 1);
		cr_assert_str_eq(cfg.interfaces[0].value[i], locals[i].good);
	}
}

/* A wrong value is named with its key and place, and what was expected. */
Test(config, every_wrong_value_of_the_file_is_named)
{
	size_t i, j;

	for (i = 0; i < CONFIG_KEYS; i++)
		for (j = 0; globals[i].wrong[j]; j++) {
			check_wrong(read_text(quoted("{\n\"%s\":\"%s\"}", globals[i].name,
						     globals[i].wrong[j])),
				    quoted("test.json:2: %s: \"%s\": expected ",
					   globals[i].name, globals[i].wrong[j]));
		}
	for (i = 0; i < CONFIG_IF_KEYS; i++)
		for (j = 0; locals[i].wrong[j]; j++) {
			config_free(&cfg);
			check_wrong(read_text(quoted("{\"interfaces\":[{},{\"%s\":\"%s\"}]}",
						     locals[i].name, locals[i].wrong[j])),
				    quoted("test.json:1: interfaces[1].%s: \"%.0s",
					   locals[i].name, ""));
			cr_assert_not_null(strstr(error.text, ": expected "));
		}
}

Test(config, every_wrong_value_of_the_environment_is_named)
{
	size_t i, j;

	for (i = 0; i < CONFIG_KEYS; i++)
		for (j = 0; globals[i].wrong[j] && *globals[i].wrong[j]; j++) {
			check_wrong(read_variable(quoted("LKL_HIJACK_%s=%s",
							 globals[i].variable,
							 globals[i].wrong[j])),
				    quoted("environment: LKL_HIJACK_%s: \"%s\": expected ",
					   globals[i].variable, globals[i].wrong[j]));
		}
	for (i = 0; i < CONFIG_IF_KEYS; i++)
		for (j = 0; locals[i].wrong[j] && *locals[i].wrong[j]; j++) {
			check_wrong(read_variable(quoted("LKL_HIJACK_%s=%s",
							 locals[i].variable,
							 locals[i].wrong[j])),
				    quoted("environment: LKL_HIJACK_%s: \"%.0s",
					   locals[i].variable, ""));
		}
}

Test(config, unknown_keys_and_variables_are_named)
{
	check_wrong(read_text("{\"gateway\":\"10.0.0.1\",\n\"gatway\":\"10.0.0.1\"}"),
		    "test.json:2: gatway: no such key");
	check_wrong(read_text("{\"interfaces\":[{\"mask\":\"24\"}]}"),
		    "interfaces[0].mask: no such key");
	check_wrong(read_variable("LKL_HIJACK_NET_ARP=x"),
		    "LKL_HIJACK_NET_ARP: no such setting");
	check_wrong(read_variable("LKL_HIJACK_GATEWAY=10.0.0.1"), "LKL_HIJACK_GATEWAY");
}

/* Ours that are no settings, others, and empty ones. */
Test(config, other_variables_are_left_alone)
{
	check_ok(read_variable("LKL_HIJACK_CONFIG_FILE=x.json"));
	check_ok(read_variable("LKL_HIJACK__SERVICE=3"));
	check_ok(read_variable("LKL_HIJACKED=1"));
	check_ok(read_variable("LKL_HIJACK_NET_IP="));
	cr_assert_eq(cfg.count, 0);
}

Test(config, texts_of_the_wrong_shape_are_refused)
{
	check_wrong(read_text("[]"), "test.json:1: expected an object");
	check_wrong(read_text("{\"gateway\":}"), "test.json:1: not JSON: expected a value");
	check_wrong(read_text("{\"interfaces\":{}}"), "expected an array of objects");
	check_wrong(read_text("{\"interfaces\":[1]}"), "expected an array of objects");
	check_wrong(read_text("{\"gateway\":null}"), "gateway: expected an IPv4 address");
	check_wrong(read_text("{\"gateway\":[\"10.0.0.1\"]}"), "gateway: expected");
	check_wrong(read_text("{\"sysctl\":[{}]}"), "sysctl: expected an array of strings");
	check_wrong(read_text("{\"gateway\":\"10.0.0.1\",\"gateway\":\"10.0.0.2\"}"),
		    "gateway: given before");
}

/* Numbers and truth need no quotation marks; lists may be arrays, or repeated. */
Test(config, values_may_be_said_by_their_own_type)
{
	check_ok(read_text("{\"debug\":1,\"delay_main\":true,\"mount\":[\"proc\",\"sysfs\"]}"));
	check_ok(read_text("{\"sysctl\":\"a=1\",\"sysctl\":\"b=2\"}"));
	check_ok(read_text("{\"interfaces\":[{\"masklen\":24}]}"));
	cr_assert_str_eq(cfg.value[CONFIG_DEBUG], "1");
	cr_assert(config_truth(cfg.value[CONFIG_DELAY_MAIN]));
	cr_assert_str_eq(cfg.value[CONFIG_MOUNT], "proc,sysfs");
	cr_assert_str_eq(cfg.value[CONFIG_SYSCTL], "a=1;b=2");
	cr_assert_str_eq(cfg.interfaces[0].value[CONFIG_IF_MASKLEN], "24");
}

/* --- precedence --- */

Test(config, the_environment_wins_over_the_file)
{
	char *environment[] = {
		(char *)"LKL_HIJACK_NET_GATEWAY=10.0.0.9",
		(char *)"LKL_HIJACK_NET_IP=10.0.0.3",
		(char *)"LKL_HIJACK_SYSCTL=b=2", NULL,
	};

	check_ok(read_text("{\"gateway\":\"10.0.0.1\",\"gateway6\":\"fd00::1\",\"sysctl\":\"a=1\"}"));
	check_ok(config_interface_parse(&cfg, "x", "type=tap,param=tap0,ip=10.0.0.2", &error));
	check_ok(config_interface_parse(&cfg, "x", "type=none", &error));
	check_ok(config_read_environment(&cfg, environment, &error));
	cr_assert_str_eq(cfg.value[CONFIG_GATEWAY], "10.0.0.9");
	cr_assert_str_eq(cfg.value[CONFIG_GATEWAY6], "fd00::1");
	cr_assert_str_eq(cfg.value[CONFIG_SYSCTL], "a=1;b=2");
	cr_assert_eq(cfg.count, 2);
	cr_assert_str_eq(cfg.interfaces[0].value[CONFIG_IF_IP], "10.0.0.3");
	cr_assert_str_eq(cfg.interfaces[0].value[CONFIG_IF_PARAM], "tap0");
}

Test(config, another_type_forgets_the_parameter)
{
	char *environment[] = {
		(char *)"LKL_HIJACK_NET_IFPARAMS=eth1",
		(char *)"LKL_HIJACK_NET_IFTYPE=raw", NULL,
	};

	check_ok(read_text("{\"interfaces\":[{\"param\":\"tap0\",\"type\":\"tap\"}]}"));
	cr_assert_str_eq(cfg.interfaces[0].value[CONFIG_IF_PARAM], "tap0");
	check_ok(read_variable("LKL_HIJACK_NET_IFTYPE=user"));
	cr_assert_null(cfg.interfaces[0].value[CONFIG_IF_PARAM]);
	/* In whatever order the environment has them. */
	check_ok(config_read_environment(&cfg, environment, &error));
	cr_assert_str_eq(cfg.interfaces[0].value[CONFIG_IF_TYPE], "raw");
	cr_assert_str_eq(cfg.interfaces[0].value[CONFIG_IF_PARAM], "eth1");
}

Test(config, the_old_name_of_a_tap_device)
{
	check_ok(read_variable("LKL_HIJACK_NET_TAP=tap7"));
	cr_assert_str_eq(cfg.interfaces[0].value[CONFIG_IF_TYPE], "tap");
	cr_assert_str_eq(cfg.interfaces[0].value[CONFIG_IF_PARAM], "tap7");
}

/* --- where it is found --- */

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

static void in_a_directory(char *dir)
{
	cr_assert_not_null(mkdtemp(dir));
	cr_assert_eq(chdir(dir), 0);
}

static void out_of_it(const char *dir)
{
	unlink("lkl-hijack.json");
	unlink("other.json");
	cr_assert_eq(chdir("/"), 0);
	cr_assert_eq(rmdir(dir), 0);
}

Test(config, files_are_found_and_missing_ones_named)
{
	char dir[] = "/tmp/lkl-config-XXXXXX";

	in_a_directory(dir);
	check_ok(config_load(&cfg, &error));
	config_free(&cfg);
	write_file("lkl-hijack.json", "{\"mount\":\"proc\"}");
	write_file("other.json", "{\"mount\":\"sysfs\"}");
	check_ok(config_load(&cfg, &error));
	cr_assert_str_eq(cfg.value[CONFIG_MOUNT], "proc");
	config_free(&cfg);
	setenv("LKL_HIJACK_CONFIG_FILE", "other.json", 1);
	check_ok(config_load(&cfg, &error));
	cr_assert_str_eq(cfg.value[CONFIG_MOUNT], "sysfs");
	config_free(&cfg);
	setenv("LKL_HIJACK_CONFIG_FILE", "missing.json", 1);
	cr_assert_eq(config_load(&cfg, &error), -ENOENT);
	cr_assert_str_eq(error.text, "missing.json: No such file or directory");
	setenv("LKL_HIJACK_CONFIG_FILE", ".", 1);
	cr_assert_eq(config_load(&cfg, &error), -EISDIR);
	out_of_it(dir);
}

/* The launcher's variable is all that is looked at. */
Test(config, settings_of_the_launcher_are_all)
{
	setenv("LKL_HIJACK_CONFIG_FILE", "missing.json", 1);
	setenv("LKL_HIJACK_NET_IP", "nonsense", 1);
	setenv(CONFIG_VARIABLE, "{\"mount\":\"proc\"}", 1);
	check_ok(config_load(&cfg, &error));
	cr_assert_str_eq(cfg.value[CONFIG_MOUNT], "proc");
	setenv(CONFIG_VARIABLE, "{", 1);
	config_free(&cfg);
	check_wrong(config_load(&cfg, &error), CONFIG_VARIABLE ":1: not JSON");
}

/* --- the launcher's option --- */

Test(config, an_interface_in_one_option)
{
	char **value;

	check_ok(config_interface_parse(&cfg, "--interface",
					"type=tap,param=tap\\,0,ip=10.0.0.2/24,mtu=9000",
					&error));
	check_ok(config_interface_parse(&cfg, "--interface", "ipv6=fd00::2/64,qdisc=root|fq",
					&error));
	value = cfg.interfaces[0].value;
	cr_assert_str_eq(value[CONFIG_IF_PARAM], "tap,0");
	cr_assert_str_eq(value[CONFIG_IF_IP], "10.0.0.2");
	cr_assert_str_eq(value[CONFIG_IF_MASKLEN], "24");
	cr_assert_str_eq(value[CONFIG_IF_MTU], "9000");
	value = cfg.interfaces[1].value;
	cr_assert_str_eq(value[CONFIG_IF_IPV6], "fd00::2");
	cr_assert_str_eq(value[CONFIG_IF_MASKLEN6], "64");
	cr_assert_str_eq(value[CONFIG_IF_QDISC], "root|fq");
	check_wrong(config_interface_parse(&cfg, "--interface", "tap0", &error),
		    "--interface: \"tap0\": expected key=value");
	check_wrong(config_interface_parse(&cfg, "--interface", "name=tap0", &error),
		    "--interface: \"name\": no such key");
	check_wrong(config_interface_parse(&cfg, "--interface", "ip=10.0.0", &error),
		    "--interface ip: \"10.0.0\": expected an IPv4 address or dhcp");
}

/* --- what is left is filled in --- */

Test(config, nothing_said_means_the_rootless_network)
{
	char **value;

	check_ok(config_finish(&cfg, &error));
	cr_assert_eq(cfg.count, 1);
	value = cfg.interfaces[0].value;
	cr_assert_str_eq(value[CONFIG_IF_TYPE], "user");
	cr_assert_str_eq(value[CONFIG_IF_IP], "10.0.2.15");
	cr_assert_str_eq(value[CONFIG_IF_MASKLEN], "24");
	cr_assert_str_eq(value[CONFIG_IF_IPV6], "fd00:6c6b:6c::15");
	cr_assert_str_eq(value[CONFIG_IF_MASKLEN6], "64");
	cr_assert_str_eq(cfg.value[CONFIG_GATEWAY], "10.0.2.2");
	cr_assert_str_eq(cfg.value[CONFIG_GATEWAY6], "fd00:6c6b:6c::2");
	cr_assert_str_eq(cfg.value[CONFIG_NAMESERVER], "10.0.2.3");
}

Test(config, the_rootless_network_follows_its_address)
{
	check_ok(config_interface_parse(&cfg, "x", "type=passt,ip=10.9.0.2,ipv6=fd09::5",
					&error));
	check_ok(config_finish(&cfg, &error));
	cr_assert_str_eq(cfg.value[CONFIG_GATEWAY], "10.9.0.4");
	cr_assert_str_eq(cfg.value[CONFIG_GATEWAY6], "fd09::2");
	cr_assert_str_eq(cfg.value[CONFIG_NAMESERVER], "10.9.0.3");
}

Test(config, dhcp_and_slaac_leave_the_rest_open)
{
	check_ok(config_interface_parse(&cfg, "x", "ip=dhcp,ipv6=slaac", &error));
	check_ok(config_finish(&cfg, &error));
	cr_assert_null(cfg.interfaces[0].value[CONFIG_IF_MASKLEN]);
	cr_assert_null(cfg.value[CONFIG_GATEWAY]);
	cr_assert_null(cfg.value[CONFIG_GATEWAY6]);
	cr_assert_null(cfg.value[CONFIG_NAMESERVER]);
}

Test(config, a_tap_device_gets_nothing_it_was_not_given)
{
	check_ok(config_interface_parse(&cfg, "x", "type=tap,param=tap0", &error));
	check_ok(config_finish(&cfg, &error));
	cr_assert_null(cfg.interfaces[0].value[CONFIG_IF_IP]);
	cr_assert_null(cfg.value[CONFIG_GATEWAY]);
	cr_assert_null(cfg.value[CONFIG_NAMESERVER]);
}

static void finish_wrong(const char *interface, const char *text)
{
	config_free(&cfg);
	check_ok(config_interface_parse(&cfg, "x", interface, &error));
	check_wrong(config_finish(&cfg, &error), text);
}

Test(config, what_does_not_fit_together_is_refused)
{
	finish_wrong("type=tap", "interface 0: type tap wants a param");
	finish_wrong("type=raw", "type raw wants a param");
	finish_wrong("type=macvtap", "type macvtap wants a param");
	finish_wrong("type=vde", "type vde wants a param");
	finish_wrong("type=pipe,param=one", "interface 0: param: expected two named pipes");
	finish_wrong("type=tap,param=t,ip=10.0.0.2", "ip: masklen is missing");
	finish_wrong("type=tap,param=t,ipv6=fd00::1", "ipv6: masklen6 is missing");
	finish_wrong("type=tap,param=t,masklen=24", "masklen: ip has no address");
	finish_wrong("type=tap,param=t,ip=dhcp,masklen=24", "masklen: ip has no address");
	finish_wrong("type=tap,param=t,ifgateway=10.0.0.1", "ifgateway: ip has no");
	finish_wrong("type=tap,param=t,ifgateway6=fd00::1", "ifgateway6: ipv6 has no");
	finish_wrong("type=passt,param=ip=10.0.0.1/24", "say addresses by ip");
	config_free(&cfg);
	check_ok(config_interface_parse(&cfg, "x", "type=tap,param=a", &error));
	check_ok(config_set(&cfg, "x", CONFIG_FORWARD, "80", &error));
	check_wrong(config_finish(&cfg, &error), "forward: only passt and slirp");
}

/* --- written and read again --- */

Test(config, what_is_written_is_read_the_same)
{
	struct config again = { 0 };
	size_t i, j;
	char *text;

	for (i = 0; i < CONFIG_KEYS; i++)
		check_ok(config_set(&cfg, "x", (enum config_key)i, globals[i].good, &error));
	check_ok(config_interface_add(&cfg));
	for (i = 0; i < CONFIG_IF_KEYS; i++)
		check_ok(config_interface_set(&cfg, "x", 0, (enum config_if_key)i,
					      locals[i].good, &error));
	check_ok(config_interface_add(&cfg));
	check_ok(config_interface_set(&cfg, "x", 1, CONFIG_IF_PARAM,
				      "\"\\\n\x01\u00e4", &error));
	text = config_write(&cfg);
	cr_assert_not_null(text);
	check_ok(config_read_text(&again, "again", text, &error));
	for (i = 0; i < CONFIG_KEYS; i++)
		cr_assert_str_eq(again.value[i], cfg.value[i]);
	cr_assert_eq(again.count, 2);
	for (j = 0; j < 2; j++)
		for (i = 0; i < CONFIG_IF_KEYS; i++) {
			const char *one = cfg.interfaces[j].value[i];
			const char *other = again.interfaces[j].value[i];

			cr_assert_eq(!one, !other);
			cr_assert(!one || !strcmp(one, other), "%s", other);
		}
	free(text);
	config_free(&again);
}

/* --- conversions --- */

Test(config, forwards_are_said_as_the_backends_want_them)
{
	static const char * const forwards[][2] = {
		{ "80", "tcp=80:80" },
		{ "8080:80", "tcp=8080:80" },
		{ "tcp:8080:80", "tcp=8080:80" },
		{ "127.0.0.1:8080:80", "tcp=127.0.0.1/8080:80" },
		{ "127.0.0.1:8080", "tcp=127.0.0.1/8080:8080" },
		{ "[::1]:8080:80", "tcp=::1/8080:80" },
		{ "udp:127.0.0.1:5353:53", "udp=127.0.0.1/5353:53" },
	};
	char option[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forwards); i++) {
		cr_assert(forward_convert(forwards[i][0], option, sizeof(option)));
		cr_assert_str_eq(option, forwards[i][1]);
	}
	cr_assert_not(forward_convert("8080:80", option, 8));
}

Test(config, numbers_are_never_octal)
{
	cr_assert_eq(config_number("010"), 10);
	cr_assert_eq(config_number("0x10"), 16);
	cr_assert_eq(config_number(NULL), 0);
}
