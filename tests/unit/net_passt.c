// SPDX-License-Identifier: GPL-2.0
/*
 * net_passt.c - the passt backend with a real passt, frame by frame.
 *
 * Layer:   tests/unit.
 */
#include "drivers/virtio/net_user.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/netrig.h"

static struct virtio_net_user user;
static struct virtio_net_why why;

static int passt_make(const char *options, struct virtio_net_backend **be)
{
	int err;

	cr_assert_eq(virtio_net_user_parse(options, &user, &why), 0, "%s",
		     why.text);
	err = virtio_net_passt_create(&fake.host, &user, be, &why);
	if (err == -ENOENT)
		cr_skip_test("passt is not installed");
	return err;
}

static struct virtio_net_backend *passt_start(const char *options)
{
	struct virtio_net_backend *be;

	rig_init();
	cr_assert_eq(passt_make(options, &be), 0, "%s", why.text);
	netrig_start(be);
	return be;
}

static void passt_end(struct virtio_net_backend *be)
{
	be->ops->destroy(be);
	cr_expect_eq(rig.watched, 0);
	fake_check_clean();
}

/* A port nobody has just now, as an option; *@port is set to it. */
static const char *forward_option(unsigned int *port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	static char option[64];

	cr_assert_eq(bind(fd, (void *)&sin, sizeof(sin)), 0);
	cr_assert_eq(getsockname(fd, (void *)&sin, &len), 0);
	close(fd);
	*port = ntohs(sin.sin_port);
	snprintf(option, sizeof(option), "tcp=127.0.0.1/%u:80", *port);
	return option;
}

static bool port_open(unsigned int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				   .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), err;

	err = connect(fd, (void *)&sin, sizeof(sin));
	close(fd);
	return !err;
}

/* Is @word an argument of process @name? */
static bool process_has(const char *name, const char *word)
{
	char path[300], line[4096];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%s/cmdline", name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return false;
	len = read(fd, line, sizeof(line));
	close(fd);
	return len > 0 && memmem(line, len, word, strlen(word) + 1);
}

/* The passt that forwards @port, or 0. */
static pid_t passt_of(unsigned int port)
{
	struct dirent *entry;
	char word[64];
	pid_t pid = 0;
	DIR *dir = opendir("/proc");

	snprintf(word, sizeof(word), "127.0.0.1/%u:80", port);
	while ((entry = readdir(dir)))
		if (atoi(entry->d_name) && process_has(entry->d_name, word))
			pid = atoi(entry->d_name);
	closedir(dir);
	return pid;
}

/* RFC 826: who has 10.0.2.2, tell 10.0.2.15. */
static const unsigned char arp_request[42] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 6,
	0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 10, 0, 2, 15,
	0, 0, 0, 0, 0, 0, 10, 0, 2, 2,
};

/* Frames go out to passt and its answers come in. */
Test(net_passt, arp)
{
	struct virtio_net_backend *be = passt_start("");
	unsigned char frame[2048];

	cr_expect_eq(be->mtu, 65520);
	cr_assert_eq(rig_send(be, arp_request, sizeof(arp_request), 4096), 0);
	cr_assert_eq(be->ops->flush(be, 0), 0);
	cr_assert_geq(rig_wait_receive(be, frame, sizeof(frame)), 42);
	cr_expect_arr_eq(frame + 12, "\x08\x06\0\1\x08\0\6\4\0\2", 10);
	cr_expect_arr_eq(frame + 28, "\12\0\2\2", 4);
	passt_end(be);
}

/* A forwarded port is open from the beginning, and free as soon as it is over. */
Test(net_passt, forward_comes_and_goes)
{
	struct virtio_net_backend *be;
	const char *option;
	unsigned int port, i;

	rig_init();
	option = forward_option(&port);
	for (i = 0; i < 3; i++) {
		cr_assert_eq(passt_make(option, &be), 0, "%s", why.text);
		cr_expect(port_open(port));
		cr_expect(passt_of(port));
		be->ops->destroy(be);
		cr_expect_not(port_open(port));
		cr_expect_not(passt_of(port));
	}
	fake_check_clean();
}

/* A port that is in use is an error that says so. */
Test(net_passt, port_in_use)
{
	struct virtio_net_backend *be, *second;
	unsigned int port;

	rig_init();
	cr_assert_eq(passt_make(forward_option(&port), &be), 0, "%s", why.text);
	cr_expect_eq(virtio_net_passt_create(&fake.host, &user, &second, &why),
		     -EADDRINUSE);
	cr_expect(strstr(why.text, "127.0.0.1/"), "%s", why.text);
	be->ops->destroy(be);
	fake_check_clean();
}

/* A passt that is killed takes the link down, and nothing else. */
Test(net_passt, killed)
{
	unsigned int port;
	struct virtio_net_backend *be = passt_start(forward_option(&port));
	pid_t pid = passt_of(port);

	cr_assert_gt(pid, 0);
	cr_assert_eq(kill(pid, SIGKILL), 0);
	rig_wait(VIRTIO_NET_READY_LINK);
	cr_expect_not(be->link_up);
	cr_expect_lt(rig_send(be, arp_request, sizeof(arp_request), 4096), 0);
	passt_end(be);
}

/* If we are killed, passt ends too. */
Test(net_passt, parent_killed)
{
	unsigned int port, i;
	const char *option = forward_option(&port);
	int ready[2];
	pid_t pid;
	char c;

	cr_assert_eq(pipe(ready), 0);
	pid = fork();
	if (!pid) {
		close(ready[0]);
		(void)!write(ready[1], "", passt_start(option) ? 1 : 0);
		pause();
	}
	close(ready[1]);
	cr_assert_eq(read(ready[0], &c, 1), 1);
	cr_expect(passt_of(port));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (i = 0; i < 500 && passt_of(port); i++)
		usleep(10000);
	cr_expect_not(passt_of(port));
}

/* Every allocation and the watch may be refused; passt does not stay behind. */
Test(net_passt, creation_fails_cleanly)
{
	struct virtio_net_backend *be;
	unsigned int port, i;
	const char *option = forward_option(&port);

	rig_init();
	for (i = 1; i <= 4; i++) {
		fake.fail_alloc = (int)i;
		cr_expect_eq(passt_make(option, &be), -ENOMEM);
	}
	rig.fail_watch = -ENOSPC;
	cr_expect_eq(passt_make(option, &be), -ENOSPC);
	cr_expect_str_eq(why.text, "passt: No space left on device");
	fake_check_clean();
}
