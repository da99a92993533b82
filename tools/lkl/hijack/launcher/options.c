// SPDX-License-Identifier: GPL-2.0
/*
 * options.c - the command line of lkl-hijack; see options.h
 *
 * Layer:   tools/lkl/hijack/launcher.
 * Users:   main.c.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launcher.h"

#ifndef LKL_VERSION
#define LKL_VERSION	"1.0.0"
#endif

enum {
	OPTION_SETTING = 256,	/* and as many more as there are settings */
	OPTION_MODE = OPTION_SETTING + CONFIG_KEYS,
	OPTION_NO_CONFIG,
	OPTION_PRINT_CONFIG,
	OPTION_CHECK,
	OPTION_PCAP,
};

static const char help[] =
"Usage: lkl-hijack [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
"Run a program on a network stack of its own: a Linux kernel in the process.\n"
"\n"
"Without options, passt or slirp connects it to the outside, without privileges.\n"
"\n"
"Network:\n"
"  -i, --interface=KEY=VALUE,...  an interface; may be repeated. Keys: type (tap,\n"
"                            macvtap, raw, pipe, vde, passt, slirp, user, none),\n"
"                            param, ip (ADDRESS/LENGTH or dhcp), ipv6\n"
"                            (ADDRESS/LENGTH or slaac), ifgateway, ifgateway6,\n"
"                            mac, mtu, offload, neigh, qdisc, pcap\n"
"  -p, --forward=[udp:][ADDRESS:]PORT[:PORT]  let the host's port lead to the\n"
"                            program's (passt and slirp)\n"
"      --gateway=ADDRESS     default route for IPv4\n"
"      --gateway6=ADDRESS    default route for IPv6\n"
"      --nameserver=ADDRESS,...  name servers\n"
"      --unix=host|library   whose unix sockets the program's are (host)\n"
"      --pcap=FILE           capture the first interface's packets\n"
"Kernel:\n"
"  -s, --sysctl=NAME=VALUE   set a sysctl; may be repeated\n"
"      --mount=TYPE,...      mount file systems at /TYPE inside the kernel\n"
"      --dump=PATH,...       show files of the kernel when the program ends\n"
"      --boot-cmdline=TEXT   add to the kernel's command line\n"
"      --debug=NUMBER        show the kernel's messages, if not 0\n"
"      --singlecpu=0|1|2     keep the kernel (1), or all (2), on one processor\n"
"      --delay-main=0|1      insist on addresses before the program goes on\n"
"Configuration:\n"
"  -c, --config=FILE         read FILE, not $LKL_HIJACK_CONFIG_FILE or\n"
"                            lkl-hijack.json\n"
"      --no-config           read no file\n"
"      --print-config        print all settings, as JSON, and exit\n"
"      --check               bring the network up, take it down, and exit\n"
"  -m, --mode=auto|preload|trap  how to cover the program (auto)\n"
"  -v, --verbose             say what is done\n"
"  -h, --help                this text\n"
"  -V, --version             the version\n"
"\n"
"Options win over the environment (LKL_HIJACK_*), which wins over the file.\n"
"\n"
"Examples:\n"
"  lkl-hijack curl https://example.org/\n"
"  lkl-hijack -s net.ipv4.tcp_congestion_control=bbr iperf3 -c server\n"
"  lkl-hijack -p 8080:80 nginx -g 'daemon off;'\n"
"  lkl-hijack -i type=tap,param=tap0,ip=10.0.0.2/24 --gateway 10.0.0.1 ssh host\n"
"  lkl-hijack -i type=none ip address\n"
"\n"
"Exit status: that of PROGRAM; 125 if lkl-hijack itself fails, 126 if PROGRAM\n"
"cannot be run or covered, 127 if it cannot be found.\n"
"See lkl-hijack(1) and lkl-hijack.json(5).\n";

/* An option that is a setting, kept until the other sources were read. */
struct said {
	int option;
	const char *text;
};

struct parsing {
	struct options *options;
	struct said *said;
	size_t count;
	const char *file;
	bool no_file;
	bool print;
};

static struct option long_options[CONFIG_KEYS + 16] = {
	{ "interface", required_argument, NULL, 'i' },
	{ "config", required_argument, NULL, 'c' },
	{ "no-config", no_argument, NULL, OPTION_NO_CONFIG },
	{ "print-config", no_argument, NULL, OPTION_PRINT_CONFIG },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "pcap", required_argument, NULL, OPTION_PCAP },
	{ "mode", required_argument, NULL, 'm' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
};

/* Every setting is an option too, written with dashes. */
static void settings_add(void)
{
	static char names[CONFIG_KEYS][32];
	struct option *option = long_options;
	size_t key;
	char *at;

	while (option->name)
		option++;
	for (key = 0; key < CONFIG_KEYS; key++, option++) {
		snprintf(names[key], sizeof(names[key]), "%s", config_forms[key].name);
		for (at = names[key]; (at = strchr(at, '_')); )
			*at = '-';
		option->name = names[key];
		option->has_arg = required_argument;
		option->val = OPTION_SETTING + (int)key;
	}
}

static int say(struct parsing *p, int option, const char *text)
{
	struct said *more = realloc(p->said, (p->count + 1) * sizeof(*more));

	if (!more)
		return launcher_error("%s", strerror(ENOMEM));
	more[p->count++] = (struct said){ option, text };
	p->said = more;
	return -1;
}

static int mode_set(struct options *options, const char *text)
{
	static const char * const modes[] = { "auto", "preload", "trap" };
	size_t i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(text, modes[i]))
			continue;
		options->mode = (enum mode)i;
		return -1;
	}
	return launcher_error("--mode: \"%s\": expected auto, preload or trap", text);
}

static int help_print(void)
{
	fputs(help, stdout);
	return 0;
}

static int version_print(void)
{
	puts("lkl-hijack (LKL) " LKL_VERSION);
	return 0;
}

static int option_take(struct parsing *p, int option)
{
	switch (option) {
	case 's':
		return say(p, OPTION_SETTING + CONFIG_SYSCTL, optarg);
	case 'p':
		return say(p, OPTION_SETTING + CONFIG_FORWARD, optarg);
	case 'c':
		p->file = optarg;
		return -1;
	case OPTION_NO_CONFIG:
		p->no_file = true;
		return -1;
	case OPTION_PRINT_CONFIG:
		p->print = true;
		return -1;
	case OPTION_CHECK:
		p->options->check = true;
		return -1;
	case 'm':
		return mode_set(p->options, optarg);
	case 'v':
		p->options->verbose = true;
		return -1;
	case 'h':
		return help_print();
	case 'V':
		return version_print();
	case '?':
		fputs("Try 'lkl-hijack --help'.\n", stderr);
		return LAUNCHER_FAILED;
	default:
		return say(p, option, optarg);
	}
}

static int options_take(struct parsing *p, int argc, char **argv)
{
	int option, status = -1;

	settings_add();
	while (status < 0 &&
	       (option = getopt_long(argc, argv, "+i:s:p:c:m:vhV", long_options,
				     NULL)) != -1)
		status = option_take(p, option);
	p->options->program = argv + optind;
	return status;
}

/*
 * Sources, from the last to the first.
 */

static int file_read(struct parsing *p, struct config_error *error)
{
	const char *file = p->file ? p->file : getenv("LKL_HIJACK_CONFIG_FILE");

	if (p->no_file)
		return 0;
	if (file && *file)
		return config_read_file(&p->options->cfg, file, error);
	if (access(CONFIG_FILE_DEFAULT, F_OK))
		return 0;
	return config_read_file(&p->options->cfg, CONFIG_FILE_DEFAULT, error);
}

static bool has_interface(const struct parsing *p)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (p->said[i].option == 'i')
			return true;
	return false;
}

/* Interfaces that are said here are all there are. */
static void interfaces_forget(struct config *cfg)
{
	struct config forget = { .interfaces = cfg->interfaces, .count = cfg->count };

	config_free(&forget);
	cfg->interfaces = NULL;
	cfg->count = 0;
}

static int pcap_set(struct config *cfg, const char *file, struct config_error *error)
{
	if (!cfg->count && config_interface_add(cfg))
		return config_wrong(error, "--pcap: %s", strerror(ENOMEM));
	return config_interface_set(cfg, "--pcap", 0, CONFIG_IF_PCAP, file, error);
}

static int setting_set(struct config *cfg, const struct said *said,
		       struct config_error *error)
{
	enum config_key key = (enum config_key)(said->option - OPTION_SETTING);
	char source[40];

	snprintf(source, sizeof(source), "--%s", config_forms[key].name);
	return config_set(cfg, source, key, said->text, error);
}

static int said_set(struct parsing *p, struct config_error *error)
{
	struct config *cfg = &p->options->cfg;
	const struct said *said = p->said;
	int err = 0;

	if (has_interface(p))
		interfaces_forget(cfg);
	for (; said < p->said + p->count && !err; said++)
		if (said->option == 'i')
			err = config_interface_parse(cfg, "--interface", said->text, error);
		else if (said->option == OPTION_PCAP)
			err = pcap_set(cfg, said->text, error);
		else
			err = setting_set(cfg, said, error);
	return err;
}

/*
 * In a hijacked program: the same settings, unless there are others. The ports of
 * the host are its own.
 */
static int settings_inherit(struct parsing *p, const char *settings,
			    struct config_error *error)
{
	struct config *cfg = &p->options->cfg;
	int err = config_read_text(cfg, CONFIG_VARIABLE, settings, error);

	free(cfg->value[CONFIG_FORWARD]);
	cfg->value[CONFIG_FORWARD] = NULL;
	return err;
}

static int outer_sources_read(struct parsing *p, struct config_error *error)
{
	const char *settings = getenv(CONFIG_VARIABLE);
	int err;

	if (settings && !p->file && !p->no_file && !p->count)
		return settings_inherit(p, settings, error);
	err = file_read(p, error);
	return err ? err : config_read_environment(&p->options->cfg, environ, error);
}

static int sources_read(struct parsing *p)
{
	struct config_error error;
	int err = outer_sources_read(p, &error);

	if (!err)
		err = said_set(p, &error);
	if (!err)
		err = config_finish(&p->options->cfg, &error);
	return err ? launcher_error("%s", error.text) : -1;
}

static int settings_print(const struct config *cfg)
{
	char *text = config_write(cfg);

	if (!text)
		return launcher_error("%s", strerror(ENOMEM));
	puts(text);
	free(text);
	return 0;
}

static int is_complete(const struct parsing *p)
{
	if (p->print)
		return settings_print(&p->options->cfg);
	if (*p->options->program || p->options->check)
		return -1;
	launcher_error("no program given");
	fputs("Try 'lkl-hijack --help'.\n", stderr);
	return LAUNCHER_FAILED;
}

int options_parse(int argc, char **argv, struct options *options)
{
	struct parsing p = { .options = options };
	int status = options_take(&p, argc, argv);

	if (status < 0)
		status = sources_read(&p);
	if (status < 0)
		status = is_complete(&p);
	free(p.said);
	return status;
}
