// SPDX-License-Identifier: GPL-2.0
/*
 * net_ctrl.c - the network device: features, configuration, link, commands.
 *
 * Layer:   tests/unit.
 */
#include "drivers/virtio/net.h"

#include <criterion/criterion.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "tests/unit/fake.h"
#include "tests/unit/netmem.h"

#define ALL	(~0ULL)
#define BIT(f)	(1ULL << (f))

static const struct virtio_net_hdr_v1 plain;

static uint64_t offered(struct netdrv *nd)
{
	return driver_offered(&nd->drv);
}

/* Features */

/* What needs a feature that is missing is not offered either. */
Test(net_features, dependencies_are_kept)
{
	struct netmem *nm;
	struct netdrv nd;

	fake_init();
	nm = netmem_create(1);
	nm->be.features = VIRTIO_NET_OFFLOADS & ~BIT(VIRTIO_NET_F_CSUM);
	netdrv_make(&nd, nm);
	cr_assert_eq(offered(&nd) & VIRTIO_NET_HOST_OFFLOADS, 0);
	cr_assert_eq(offered(&nd) & VIRTIO_NET_GUEST_OFFLOADS, VIRTIO_NET_GUEST_OFFLOADS);
	netdrv_stop(&nd);
}

/* A driver that takes a feature without what it needs is refused. */
Test(net_features, unsound_choices_are_refused)
{
	static const uint64_t bad[] = {
		BIT(VIRTIO_NET_F_HOST_TSO4), BIT(VIRTIO_NET_F_GUEST_TSO6),
		BIT(VIRTIO_NET_F_CTRL_RX), BIT(VIRTIO_NET_F_MQ),
		BIT(VIRTIO_NET_F_CTRL_VQ) | BIT(VIRTIO_NET_F_CTRL_RX_EXTRA),
	};
	uint64_t features;
	struct netdrv nd;
	unsigned int i;

	fake_init();
	netdrv_make(&nd, netmem_create(2));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		features = bad[i] | BIT(VIRTIO_F_VERSION_1);
		driver_reset(&nd.drv);
		reg_write(&nd.drv, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
		reg_write(&nd.drv, VIRTIO_MMIO_DRIVER_FEATURES, features >> 32);
		reg_write(&nd.drv, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
		reg_write(&nd.drv, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)features);
		reg_write(&nd.drv, VIRTIO_MMIO_STATUS, VIRTIO_CONFIG_S_FEATURES_OK);
		cr_assert_eq(driver_status(&nd.drv) & VIRTIO_CONFIG_S_FEATURES_OK, 0,
			     "case %u", i);
	}
	cr_assert_eq(nd.nm->starts, 0);
	netdrv_stop(&nd);
}

/* The backend is told what was agreed on, at each start. */
Test(net_features, backend_is_started_with_them)
{
	struct netdrv nd;

	netdrv_start(&nd, ~BIT(VIRTIO_NET_F_GUEST_TSO4));
	cr_assert_eq(nd.nm->starts, 1);
	cr_assert_eq(nd.nm->features, VIRTIO_NET_OFFLOADS & ~BIT(VIRTIO_NET_F_GUEST_TSO4));
	netdrv_begin(&nd, ALL, 3);
	cr_assert_eq(nd.nm->starts, 2);
	cr_assert_eq(nd.nm->features, VIRTIO_NET_OFFLOADS);
	cr_assert_eq(nd.nm->pairs, 1);
	netdrv_stop(&nd);
}

/* What the backend says of itself is checked, too. */
Test(net_features, bad_backends)
{
	struct virtio_device *vdev;
	struct netmem *nm;

	fake_init();
	nm = netmem_create(0);
	cr_assert_eq(virtio_net_create(&fake.host, &nm->be, &vdev), -EINVAL);
	nm->be.pairs = VIRTIO_NET_PAIRS_MAX + 1;
	cr_assert_eq(virtio_net_create(&fake.host, &nm->be, &vdev), -EINVAL);
	nm->be.pairs = 1;
	nm->be.mac[0] = 1;
	cr_assert_eq(virtio_net_create(&fake.host, &nm->be, &vdev), -EINVAL);
	nm->be.mac[0] = 2;
	nm->be.mtu = 67;
	cr_assert_eq(virtio_net_create(&fake.host, &nm->be, &vdev), -EINVAL);
	nm->be.ops->destroy(&nm->be);
	fake_check_clean();
}

/* However memory runs out while it is made, nothing stays behind. */
Test(net_features, out_of_memory)
{
	struct virtio_device *vdev;
	struct netmem *nm;
	int i, before, err = -ENOMEM;

	fake_init();
	nm = netmem_create(2);
	before = fake.allocs;
	for (i = 1; err; i++) {
		fake.fail_alloc = i;
		err = virtio_net_create(&fake.host, &nm->be, &vdev);
		fake.fail_alloc = 0;
		cr_assert(err == 0 || err == -ENOMEM);
		if (err)
			cr_assert_eq(fake.allocs, before);
	}
	cr_assert_gt(i, 4);
	vdev->ops->destroy(vdev);
	fake_check_clean();
}

/* Configuration */

Test(net_config, fields)
{
	static const uint8_t mac[6] = { 2, 3, 4, 5, 6, 7 };
	struct netmem *nm;
	struct netdrv nd;

	fake_init();
	nm = netmem_create(3);
	memcpy(nm->be.mac, mac, sizeof(mac));
	nm->be.mtu = 9000;
	netdrv_make(&nd, nm);
	for (unsigned int i = 0; i < 6; i++)
		cr_assert_eq(config_read(&nd.drv, i, 1), mac[i]);
	cr_assert_eq(config_read(&nd.drv, 8, 2), 3);
	cr_assert_eq(config_read(&nd.drv, 10, 2), 9000);
	cr_assert_eq(config_read(&nd.drv, 0xfc, 4), 0);
	cr_assert(offered(&nd) & BIT(VIRTIO_NET_F_MTU));
	cr_assert(offered(&nd) & BIT(VIRTIO_NET_F_MQ));
	netdrv_stop(&nd);
}

/* A made-up address is local and nobody else's. */
Test(net_config, made_up_address)
{
	struct netdrv a, b;

	fake_init();
	netdrv_make(&a, netmem_create(1));
	netdrv_make(&b, netmem_create(1));
	cr_assert_eq(config_read(&a.drv, 0, 1) & 3, 2);
	cr_assert_neq(config_read(&a.drv, 0, 4), config_read(&b.drv, 0, 4));
	virtio_mmio_destroy(b.mmio);
	netdrv_stop(&a);
}

/* Link */

static void link_set(struct netdrv *nd, bool up)
{
	virtio_net_link(&nd->nm->be, up);
}

/* Each change, and nothing else, is a configuration interrupt. */
Test(net_link, changes_are_reported)
{
	struct netdrv nd;
	uint32_t generation;

	netdrv_start(&nd, ALL);
	cr_assert_eq(config_read(&nd.drv, 6, 2), VIRTIO_NET_S_LINK_UP);
	reg_write(&nd.drv, VIRTIO_MMIO_INTERRUPT_ACK, 3);
	for (int i = 0; i < 4; i++) {
		fake.interrupts = 0;
		generation = reg_read(&nd.drv, VIRTIO_MMIO_CONFIG_GENERATION);
		link_set(&nd, i % 2);
		link_set(&nd, i % 2);
		cr_assert_eq(config_read(&nd.drv, 6, 2), i % 2);
		cr_assert_eq(fake.interrupts, 1);
		cr_assert_eq(reg_read(&nd.drv, VIRTIO_MMIO_INTERRUPT_STATUS),
			     VIRTIO_MMIO_INT_CONFIG);
		cr_assert_neq(reg_read(&nd.drv, VIRTIO_MMIO_CONFIG_GENERATION), generation);
		reg_write(&nd.drv, VIRTIO_MMIO_INTERRUPT_ACK, 3);
	}
	netdrv_stop(&nd);
}

static void count_up(void *arg)
{
	++*(unsigned int *)arg;
}

/* That the backend is gone for good is told once; that its link is down, never. */
Test(net_link, gone_is_told_once)
{
	unsigned int told = 0;
	struct netmem *nm;
	struct netdrv nd;

	fake_init();
	fake.host.gone = count_up;
	fake.host.gone_arg = &told;
	nm = netmem_create(1);
	netdrv_make(&nd, nm);
	netdrv_begin(&nd, ALL, 3);
	link_set(&nd, false);
	link_set(&nd, true);
	cr_assert_eq(told, 0);
	virtio_net_gone(&nm->be);
	cr_assert_eq(told, 1);
	cr_assert_eq(config_read(&nd.drv, 6, 2), 0);
	virtio_net_gone(&nm->be);
	virtio_net_ready(&nm->be, 0, VIRTIO_NET_READY_LINK);
	netdrv_begin(&nd, ALL, 3);
	cr_assert_eq(told, 1);
	netdrv_stop(&nd);
}

/* One that was gone before the device was made is reported when that starts. */
Test(net_link, gone_before_the_start)
{
	unsigned int told = 0;
	struct netmem *nm;
	struct netdrv nd;

	fake_init();
	fake.host.gone = count_up;
	fake.host.gone_arg = &told;
	nm = netmem_create(1);
	virtio_net_gone(&nm->be);
	netdrv_make(&nd, nm);
	netdrv_begin(&nd, ALL, 3);
	cr_assert_eq(told, 1);
	netdrv_stop(&nd);
}

/* A backend that does not start has no link, and is not called. */
Test(net_link, backend_that_does_not_start)
{
	struct netmem *nm;
	struct netdrv nd;

	fake_init();
	nm = netmem_create(1);
	nm->start_error = -EIO;
	netdrv_make(&nd, nm);
	netdrv_begin(&nd, ALL, 3);
	cr_assert_eq(config_read(&nd.drv, 6, 2), 0);
	netdrv_send(&nd, &plain, 60, 1);
	cr_assert_eq(nm->sent_count, 0);
	nm->start_error = 0;
	netdrv_begin(&nd, ALL, 3);
	cr_assert_eq(config_read(&nd.drv, 6, 2), VIRTIO_NET_S_LINK_UP);
	netdrv_send(&nd, &plain, 60, 1);
	cr_assert_eq(nm->sent_count, 1);
	netdrv_stop(&nd);
}

/* Commands */

struct command_case {
	uint8_t class;
	uint8_t cmd;
	uint32_t len;
	uint8_t data[24];
	uint8_t answer;
};

static const struct command_case commands[] = {
	{ VIRTIO_NET_CTRL_RX, 0, 1, { 1 }, VIRTIO_NET_OK },
	{ VIRTIO_NET_CTRL_RX, 5, 1, { 0 }, VIRTIO_NET_OK },
	{ VIRTIO_NET_CTRL_RX, 6, 1, { 0 }, VIRTIO_NET_ERR },
	{ VIRTIO_NET_CTRL_RX, 0, 0, { 0 }, VIRTIO_NET_ERR },
	{ VIRTIO_NET_CTRL_RX, 0, 2, { 0 }, VIRTIO_NET_ERR },
	{ VIRTIO_NET_CTRL_VLAN, 0, 2, { 5 }, VIRTIO_NET_OK },
	{ VIRTIO_NET_CTRL_VLAN, 1, 2, { 5 }, VIRTIO_NET_OK },
	{ VIRTIO_NET_CTRL_VLAN, 2, 2, { 5 }, VIRTIO_NET_ERR },
	{ VIRTIO_NET_CTRL_VLAN, 0, 1, { 5 }, VIRTIO_NET_ERR },
	{ VIRTIO_NET_CTRL_MAC, 1, 6, { 2, 1, 1, 1, 1, 1 }, VIRTIO_NET_OK },
	{ VIRTIO_NET_CTRL_MAC, 1, 6, { 3, 1, 1, 1, 1, 1 }, VIRTIO_NET_ERR },
	{ VIRTIO_NET_CTRL_MAC, 1, 5, { 2, 1, 1, 1, 1 }, VIRTIO_NET_ERR },
	{ VIRTIO_NET_CTRL_MAC, 0, 8, { 0 }, VIRTIO_NET_OK },
	{ VIRTIO_NET_CTRL_MAC, 0, 14, { 1 }, VIRTIO_NET_OK },
	{ VIRTIO_NET_CTRL_MAC, 0, 14, { 2 }, VIRTIO_NET_ERR },
	{ VIRTIO_NET_CTRL_MAC, 0, 14, { 0 }, VIRTIO_NET_ERR },
	{ VIRTIO_NET_CTRL_MAC, 0, 8, { 0xff, 0xff, 0xff, 0xff }, VIRTIO_NET_ERR },
	{ VIRTIO_NET_CTRL_MAC, 0, 4, { 0 }, VIRTIO_NET_ERR },
	{ VIRTIO_NET_CTRL_MQ, 0, 2, { 1 }, VIRTIO_NET_ERR },
	{ 3, 0, 0, { 0 }, VIRTIO_NET_ERR },
	{ 77, 0, 1, { 0 }, VIRTIO_NET_ERR },
	{ 255, 255, 24, { 0 }, VIRTIO_NET_ERR },
};

Test(net_ctrl, commands)
{
	const struct command_case *c;
	struct netdrv nd;
	unsigned int i;

	netdrv_start(&nd, ALL);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		c = &commands[i];
		cr_assert_eq(netdrv_command(&nd, NET_CTRL, c->class, c->cmd, c->data,
					    c->len), c->answer, "command %u", i);
	}
	cr_assert_eq(config_read(&nd.drv, 0, 4), 0x01010102);
	cr_assert(!netdrv_broken(&nd));
	netdrv_stop(&nd);
}

/* A command without room for the answer, or without a command, is not one. */
Test(net_ctrl, malformed_chains)
{
	struct driver_buf buf = { { 0 }, 3, false };
	struct vring_used_elem elem;
	struct netdrv nd;

	netdrv_start(&nd, ALL);
	buf.addr = fake_alloc(3, 1);
	netdrv_chain(&nd, NET_CTRL, &buf, 1);
	cr_assert(netdrv_broken(&nd));
	netdrv_begin(&nd, ALL, 3);
	buf.write = true;
	netdrv_chain(&nd, NET_CTRL, &buf, 1);
	cr_assert(queue_used(&nd.drv.queue[NET_CTRL], &elem));
	cr_assert_eq(elem.len, 1);
	cr_assert_eq(*(uint8_t *)fake_ptr(buf.addr), VIRTIO_NET_ERR);
	netdrv_stop(&nd);
}

/* The driver can give offloads up and take them back, but none it did not agree to. */
Test(net_ctrl, guest_offloads)
{
	struct virtio_net_hdr_v1 gso = {
		.flags = 1, .gso_type = VIRTIO_NET_HDR_GSO_TCPV4, .gso_size = 1000,
	};
	uint64_t none = 0, all = htole64(VIRTIO_NET_GUEST_OFFLOADS &
					 ~BIT(VIRTIO_NET_F_GUEST_TSO6));
	uint64_t more = all | htole64(BIT(VIRTIO_NET_F_GUEST_TSO6));
	struct netdrv nd;

	netdrv_start(&nd, ~BIT(VIRTIO_NET_F_GUEST_TSO6));
	netdrv_post(&nd, 30, 4096);
	cr_assert_eq(netdrv_command(&nd, NET_CTRL, 5, 0, &none, 8), VIRTIO_NET_OK);
	cr_assert_eq(nd.nm->features, VIRTIO_NET_HOST_OFFLOADS);
	netmem_offer(nd.nm, &gso, 3000, 1);
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
	cr_assert_eq(netdrv_used(&nd, NET_RX), 0);
	cr_assert_eq(netdrv_command(&nd, NET_CTRL, 5, 0, &more, 8), VIRTIO_NET_ERR);
	nd.nm->start_error = -EIO;
	cr_assert_eq(netdrv_command(&nd, NET_CTRL, 5, 0, &all, 8), VIRTIO_NET_ERR);
	nd.nm->start_error = 0;
	cr_assert_eq(netdrv_command(&nd, NET_CTRL, 5, 0, &all, 8), VIRTIO_NET_OK);
	netmem_offer(nd.nm, &gso, 3000, 1);
	virtio_net_ready(&nd.nm->be, 0, VIRTIO_NET_READY_RECEIVE);
	cr_assert_eq(netdrv_used(&nd, NET_RX), 1);
	netdrv_stop(&nd);
}

/* Several pairs */

static void pairs_set(struct netdrv *nd, unsigned int queue, uint16_t pairs,
		      uint8_t answer)
{
	uint16_t data = htole16(pairs);

	cr_assert_eq(netdrv_command(nd, queue, VIRTIO_NET_CTRL_MQ,
				    VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET, &data, 2), answer);
}

Test(net_pairs, each_has_its_queues)
{
	struct netdrv nd;

	fake_init();
	netdrv_make(&nd, netmem_create(2));
	netdrv_begin(&nd, ALL, 5);
	pairs_set(&nd, 4, 2, VIRTIO_NET_OK);
	pairs_set(&nd, 4, 0, VIRTIO_NET_ERR);
	pairs_set(&nd, 4, 3, VIRTIO_NET_ERR);
	netdrv_send(&nd, &plain, 60, 1);
	cr_assert_eq(nd.nm->sent[0].pair, 0);
	nd.drv.queue[NET_TX] = nd.drv.queue[3];
	nd.drv.queue[NET_TX].avail_idx = 0;
	nd.next[NET_TX] = 0;
	queue_fill(&nd.drv.queue[3], 0,
		   &(struct driver_buf){ fake_alloc(72, 1), 72, false }, 1);
	queue_publish(&nd.drv.queue[3], 0);
	queue_notify(&nd.drv, 3);
	cr_assert_eq(nd.nm->sent_count, 2);
	cr_assert_eq(nd.nm->sent[1].pair, 1);
	pairs_set(&nd, 4, 1, VIRTIO_NET_OK);
	cr_assert_eq(nd.nm->pairs, 1);
	netdrv_stop(&nd);
}

/* A driver that knows of one pair finds the control queue in third place. */
Test(net_pairs, control_queue_without_multiqueue)
{
	const uint8_t on = 1;
	struct netdrv nd;

	fake_init();
	netdrv_make(&nd, netmem_create(2));
	netdrv_begin(&nd, ~BIT(VIRTIO_NET_F_MQ), 3);
	cr_assert_eq(netdrv_command(&nd, 2, VIRTIO_NET_CTRL_RX, 0, &on, 1),
		     VIRTIO_NET_OK);
	netdrv_stop(&nd);
}
