// SPDX-License-Identifier: GPL-2.0
/*
 * net_vde.c - the VDE backend, two of them on a switch.
 *
 * Layer:   tests/unit. The switch is vde_switch(1) in a directory of the test's.
 */
#include "drivers/virtio/net_vde.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/netrig.h"

static char switch_dir[64], parent_dir[32];
static pid_t switch_pid;
static int switch_input;

/* libvdeplug loads its modules in a way that AddressSanitizer refuses. */
static void vde_init(void)
{
#ifdef __SANITIZE_ADDRESS__
	cr_skip_test("libvdeplug does not run under AddressSanitizer");
#endif
	rig_init();
}

/* Does the switch take connections? */
static bool switch_listens(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), err;

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/ctl", switch_dir);
	err = connect(fd, (void *)&sun, sizeof(sun));
	close(fd);
	return !err;
}

/* The end of its standard input, which is a pipe of ours, is the end of it. */
static void switch_start(void)
{
	unsigned int i;
	int in[2];

	strcpy(parent_dir, "/tmp/lkl-vde.XXXXXX");
	cr_assert(mkdtemp(parent_dir));
	snprintf(switch_dir, sizeof(switch_dir), "%s/s", parent_dir);
	cr_assert_eq(pipe2(in, O_CLOEXEC), 0);
	switch_pid = fork();
	if (!switch_pid) {
		dup2(in[0], 0);
		dup2(open("/dev/null", O_WRONLY), 1);
		dup2(1, 2);
		execlp("vde_switch", "vde_switch", "-s", switch_dir, NULL);
		_exit(127);
	}
	close(in[0]);
	switch_input = in[1];
	for (i = 0; i < 1000 && !switch_listens(); i++) {
		if (waitpid(switch_pid, NULL, WNOHANG))
			cr_skip_test("vde_switch cannot be run");
		usleep(10000);
	}
}

static void switch_stop(void)
{
	char path[256];

	close(switch_input);
	waitpid(switch_pid, NULL, 0);
	snprintf(path, sizeof(path), "rm -rf %s", parent_dir);
	cr_expect_eq(system(path), 0);
}

static struct virtio_net_backend *port_open(void)
{
	struct virtio_net_backend *be;
	int err = virtio_net_vde_create(&fake.host, switch_dir, &be);

	if (err == -ELIBACC)
		cr_skip_test("libvdeplug is not installed");
	cr_assert_eq(err, 0);
	netrig_start(be);
	return be;
}

/* Frames of any length pass from one port to the other. */
Test(net_vde, two_ports)
{
	static const size_t lengths[] = { 60, 1514, 500, 14 + 1500 };
	unsigned char frame[2048], got[2048];
	struct virtio_net_backend *a, *b;
	unsigned int i;

	vde_init();
	switch_start();
	a = port_open();
	b = port_open();
	for (i = 0; i < 4; i++) {
		rig_frame(frame, lengths[i], i);
		memset(frame, 0xff, 6);
		frame[6] = 2;
		cr_assert_eq(rig_send(a, frame, lengths[i], 4096), 0);
		cr_assert_eq(rig_wait_receive(b, got, sizeof(got)),
			     (ssize_t)lengths[i]);
		cr_expect_arr_eq(got, frame, lengths[i]);
	}
	cr_expect_eq(rig_receive(a, got, sizeof(got), 4096), -EAGAIN);
	cr_expect_eq(rig_send(a, frame, 14, 4096), 0);
	a->ops->destroy(a);
	b->ops->destroy(b);
	cr_expect_eq(rig.watched, 0);
	fake_check_clean();
	switch_stop();
}

/* A switch that ends takes the link down. */
Test(net_vde, switch_ends)
{
	unsigned char frame[60] = { 0 };
	struct virtio_net_backend *be;

	vde_init();
	switch_start();
	be = port_open();
	switch_stop();
	rig_wait(VIRTIO_NET_READY_LINK);
	cr_expect_not(be->link_up);
	cr_expect(be->gone);
	cr_expect_eq(rig_send(be, frame, sizeof(frame), 4096), -ENETDOWN);
	cr_expect_eq(be->ops->start(be, 0, 1), -ENETDOWN);
	be->ops->destroy(be);
	fake_check_clean();
}

/* Nobody reads at the other port: frames are lost or have to wait, nothing breaks. */
Test(net_vde, flood)
{
	unsigned char frame[1514] = "\xff\xff\xff\xff\xff\xff\2\0\0\0\0\1";
	struct virtio_net_backend *a, *b;
	unsigned int i;
	int err = 0;

	vde_init();
	switch_start();
	a = port_open();
	b = port_open();
	for (i = 0; i < 20000; i++) {
		err = rig_send(a, frame, sizeof(frame), 4096);
		cr_assert(!err || err == -EAGAIN || err == -ENOBUFS);
		if (err == -EAGAIN) {
			rig_clear();
			rig_wait(VIRTIO_NET_READY_SEND);
		}
	}
	cr_expect(a->link_up);
	a->ops->destroy(a);
	b->ops->destroy(b);
	fake_check_clean();
	switch_stop();
}

/* No switch there, no watch, no memory. */
Test(net_vde, creation_fails_cleanly)
{
	struct virtio_net_backend *be;

	vde_init();
	cr_expect_eq(virtio_net_vde_create(&fake.host, "/nonexistent/switch", &be),
		     -ENOENT);
	fake.fail_alloc = 1;
	cr_expect_eq(virtio_net_vde_create(&fake.host, "/nonexistent", &be),
		     -ENOMEM);
	switch_start();
	rig.fail_watch = -ENOSPC;
	cr_expect_eq(virtio_net_vde_create(&fake.host, switch_dir, &be), -ENOSPC);
	fake.host.watch = NULL;
	cr_expect_eq(virtio_net_vde_create(&fake.host, switch_dir, &be),
		     -EOPNOTSUPP);
	fake_check_clean();
	switch_stop();
}
