// SPDX-License-Identifier: GPL-2.0
/*
 * mmio.c - the virtio-mmio transport, device side (virtio 1.2 section 4.2).
 *
 * Layer:   drivers/virtio, top: between the kernel's register accesses
 *          (struct lkl_io_ops) and a device.
 * Users:   the kernel's drivers/virtio/virtio_mmio.c, through the composition.
 * Locking: registers may be accessed from several vCPUs at once. The doorbell,
 *          the interrupt registers and the status are atomic; everything else
 *          is under @lock, which is never held while waiting. Reset and
 *          stopping a queue wait for requests in flight, so they leave the lock
 *          and mark the window as @changing; control writes by other vCPUs
 *          are dropped meanwhile, which only a broken driver can notice.
 *
 * Only the modern register layout (version 2) exists.
 */
#include "drivers/virtio/virtio.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>

#include "drivers/virtio/lock.h"
#include "drivers/virtio/ring.h"

#define MMIO_MAGIC	0x74726976	/* "virt" */
#define MMIO_VERSION	2
#define MMIO_VENDOR	0x4c4b4c	/* "LKL" */

/* The window's end is where struct virtio_blk_config's growth is bounded. */
_Static_assert(VIRTIO_MMIO_WINDOW_SIZE > VIRTIO_MMIO_CONFIG,
	       "the window holds the configuration");

/**
 * struct virtio_mmio - one register window
 * @vdev: the device behind it
 * @lock: protects what follows
 * @changing: reset or stopping a queue is under way
 * @device_features_sel: which half of the offered features is read
 * @driver_features_sel: which half of the chosen features is written
 * @queue_sel: which queue the queue registers are about
 * @driver_features: chosen so far
 * @status: status register; atomic, written under @lock
 * @isr: VIRTIO_MMIO_INT_* not acknowledged; atomic, not under @lock
 */
struct virtio_mmio {
	struct virtio_device *vdev;
	struct virtio_lock lock;
	bool changing;
	uint32_t device_features_sel;
	uint32_t driver_features_sel;
	uint32_t queue_sel;
	uint64_t driver_features;
	uint32_t status;
	uint32_t isr;
};

static uint32_t mmio_status(const struct virtio_mmio *mmio)
{
	return __atomic_load_n(&mmio->status, __ATOMIC_ACQUIRE);
}

static void mmio_status_set(struct virtio_mmio *mmio, uint32_t status)
{
	__atomic_store_n(&mmio->status, status, __ATOMIC_RELEASE);
}

/* struct virtio_device.signal: any host thread. */
static void mmio_signal(struct virtio_device *vdev, uint32_t why)
{
	struct virtio_mmio *mmio = vdev->transport;

	if (!(mmio_status(mmio) & VIRTIO_CONFIG_S_DRIVER_OK))
		return;
	__atomic_or_fetch(&mmio->isr, why, __ATOMIC_ACQ_REL);
	vdev->host.raise(vdev->host.raise_arg);
}

/* The selected queue, or NULL if there is no such queue. */
static struct virtqueue *mmio_queue(const struct virtio_mmio *mmio)
{
	if (mmio->queue_sel >= mmio->vdev->queue_count)
		return NULL;
	return &mmio->vdev->queues[mmio->queue_sel];
}

static uint32_t features_half(uint64_t features, uint32_t sel)
{
	return sel > 1 ? 0 : (uint32_t)(features >> (32 * sel));
}

/* Reading */

static int mmio_read_register(struct virtio_mmio *mmio, uint32_t offset,
			      uint32_t *value)
{
	struct virtio_device *vdev = mmio->vdev;
	struct virtqueue *vq = mmio_queue(mmio);

	switch (offset) {
	case VIRTIO_MMIO_MAGIC_VALUE:
		*value = MMIO_MAGIC;
		return 0;
	case VIRTIO_MMIO_VERSION:
		*value = MMIO_VERSION;
		return 0;
	case VIRTIO_MMIO_DEVICE_ID:
		*value = vdev->id;
		return 0;
	case VIRTIO_MMIO_VENDOR_ID:
		*value = MMIO_VENDOR;
		return 0;
	case VIRTIO_MMIO_DEVICE_FEATURES:
		*value = features_half(vdev->offered,
				       mmio->device_features_sel);
		return 0;
	case VIRTIO_MMIO_QUEUE_NUM_MAX:
		*value = vq ? vdev->queue_size_max : 0;
		return 0;
	case VIRTIO_MMIO_QUEUE_READY:
		*value = vq && virtqueue_enabled(vq);
		return 0;
	case VIRTIO_MMIO_STATUS:
		*value = mmio_status(mmio);
		if (virtio_device_broken(vdev))
			*value |= VIRTIO_CONFIG_S_NEEDS_RESET;
		return 0;
	case VIRTIO_MMIO_SHM_LEN_LOW:	/* no such region: section 4.2.2 */
	case VIRTIO_MMIO_SHM_LEN_HIGH:
	case VIRTIO_MMIO_SHM_BASE_LOW:
	case VIRTIO_MMIO_SHM_BASE_HIGH:
		*value = UINT32_MAX;
		return 0;
	case VIRTIO_MMIO_CONFIG_GENERATION:
		*value = __atomic_load_n(&vdev->config_generation,
					 __ATOMIC_ACQUIRE);
		return 0;
	default:
		return -EINVAL;
	}
}

static bool config_access_ok(uint32_t offset, uint32_t size)
{
	return (size == 1 || size == 2 || size == 4) && offset % size == 0 &&
	       offset + size <= VIRTIO_MMIO_WINDOW_SIZE;
}

int virtio_mmio_read(void *dev, __u32 offset, __u32 size, __u64 *value)
{
	struct virtio_mmio *mmio = dev;
	uint32_t v = 0;
	int err;

	if (offset >= VIRTIO_MMIO_WINDOW_SIZE || !config_access_ok(offset, size))
		return -EINVAL;
	if (offset >= VIRTIO_MMIO_CONFIG) {
		*value = mmio->vdev->ops->config_read(
			mmio->vdev, offset - VIRTIO_MMIO_CONFIG, size);
		return 0;
	}
	if (size != sizeof(v))
		return -EINVAL;
	if (offset == VIRTIO_MMIO_INTERRUPT_STATUS) {
		*value = __atomic_load_n(&mmio->isr, __ATOMIC_ACQUIRE);
		return 0;
	}

	virtio_lock(&mmio->lock);
	err = mmio_read_register(mmio, offset, &v);
	virtio_unlock(&mmio->lock);
	*value = v;
	return err;
}

/* Writing */

/* Which of a queue's addresses a register is half of: LOW at 0, HIGH at 4. */
static guest_addr_t *queue_address(struct virtqueue *vq, uint32_t offset)
{
	switch (offset & ~4U) {
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
		return &vq->desc_addr;
	case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
		return &vq->avail_addr;
	case VIRTIO_MMIO_QUEUE_USED_LOW:
		return &vq->used_addr;
	default:
		return NULL;
	}
}

/* What describes a queue may change only while it is not ready. */
static void mmio_write_queue(struct virtqueue *vq, uint32_t offset,
			     uint32_t value)
{
	guest_addr_t *addr;

	if (!vq || virtqueue_enabled(vq))
		return;
	if (offset == VIRTIO_MMIO_QUEUE_NUM) {
		vq->size = value > UINT16_MAX ? 0 : value;
		return;
	}
	addr = queue_address(vq, offset);
	if (offset & 4)
		addr->raw = (uint64_t)value << 32 | (uint32_t)addr->raw;
	else
		addr->raw = addr->raw >> 32 << 32 | value;
}

/* Section 3.1.1, steps 5 and 6: FEATURES_OK stays only if we agree. */
static bool mmio_features_ok(struct virtio_mmio *mmio)
{
	struct virtio_device *vdev = mmio->vdev;
	uint64_t features = mmio->driver_features;

	if (features & ~vdev->offered ||
	    !(features >> VIRTIO_F_VERSION_1 & 1))
		return false;
	vdev->features = features;
	if (vdev->ops->features_ok(vdev))
		return true;
	vdev->features = 0;
	return false;
}

/* Bits are only ever added; the driver may not set NEEDS_RESET. */
static void mmio_write_status(struct virtio_mmio *mmio, uint32_t value)
{
	uint32_t old = mmio_status(mmio);

	value = (value & 0xff & ~VIRTIO_CONFIG_S_NEEDS_RESET) | old;
	if (value & ~old & VIRTIO_CONFIG_S_FEATURES_OK &&
	    !mmio_features_ok(mmio))
		value &= ~VIRTIO_CONFIG_S_FEATURES_OK;
	mmio_status_set(mmio, value);
}

static void mmio_write_driver_features(struct virtio_mmio *mmio, uint32_t value)
{
	unsigned int shift = 32 * mmio->driver_features_sel;

	if (mmio->driver_features_sel > 1 ||
	    mmio_status(mmio) & VIRTIO_CONFIG_S_FEATURES_OK)
		return;
	mmio->driver_features &= ~((uint64_t)UINT32_MAX << shift);
	mmio->driver_features |= (uint64_t)value << shift;
}

static void mmio_queue_start(struct virtio_mmio *mmio)
{
	struct virtqueue *vq = mmio_queue(mmio);

	if (!vq || virtqueue_enabled(vq))
		return;
	if (!(mmio_status(mmio) & VIRTIO_CONFIG_S_FEATURES_OK) ||
	    virtqueue_enable(vq))
		virtio_device_break(mmio->vdev);
}

static int mmio_write_register(struct virtio_mmio *mmio, uint32_t offset,
			       uint32_t value)
{
	switch (offset) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		mmio->device_features_sel = value;
		return 0;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		mmio->driver_features_sel = value;
		return 0;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		mmio_write_driver_features(mmio, value);
		return 0;
	case VIRTIO_MMIO_QUEUE_SEL:
		mmio->queue_sel = value;
		return 0;
	case VIRTIO_MMIO_QUEUE_READY:
		mmio_queue_start(mmio);
		return 0;
	case VIRTIO_MMIO_STATUS:
		mmio_write_status(mmio, value);
		return 0;
	case VIRTIO_MMIO_SHM_SEL:
		return 0;
	case VIRTIO_MMIO_QUEUE_NUM:
	case VIRTIO_MMIO_QUEUE_DESC_LOW:
	case VIRTIO_MMIO_QUEUE_DESC_HIGH:
	case VIRTIO_MMIO_QUEUE_AVAIL_LOW:
	case VIRTIO_MMIO_QUEUE_AVAIL_HIGH:
	case VIRTIO_MMIO_QUEUE_USED_LOW:
	case VIRTIO_MMIO_QUEUE_USED_HIGH:
		mmio_write_queue(mmio_queue(mmio), offset, value);
		return 0;
	default:
		return -EINVAL;
	}
}

/* What has to wait for requests in flight */

static bool mmio_change_begin(struct virtio_mmio *mmio)
{
	bool ours;

	virtio_lock(&mmio->lock);
	ours = !mmio->changing;
	mmio->changing = true;
	virtio_unlock(&mmio->lock);
	return ours;
}

static void mmio_change_end(struct virtio_mmio *mmio)
{
	virtio_lock(&mmio->lock);
	mmio->changing = false;
	virtio_unlock(&mmio->lock);
}

/* The registers' part of a reset; the lock makes it one step to readers. */
static void mmio_reset_registers(struct virtio_mmio *mmio)
{
	virtio_lock(&mmio->lock);
	mmio->device_features_sel = 0;
	mmio->driver_features_sel = 0;
	mmio->driver_features = 0;
	mmio->queue_sel = 0;
	mmio_status_set(mmio, 0);
	__atomic_store_n(&mmio->isr, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&mmio->vdev->broken, false, __ATOMIC_RELEASE);
	virtio_unlock(&mmio->lock);
}

/* Section 2.4: the driver reads a status of 0 once this is done. */
static void mmio_reset(struct virtio_mmio *mmio)
{
	struct virtio_device *vdev = mmio->vdev;
	unsigned int i;

	if (!mmio_change_begin(mmio))
		return;
	for (i = 0; i < vdev->queue_count; i++) {
		virtqueue_disable(&vdev->queues[i]);
		virtqueue_clear(&vdev->queues[i]);
	}
	vdev->features = 0;
	vdev->ops->reset(vdev);
	mmio_reset_registers(mmio);
	mmio_change_end(mmio);
}

static void mmio_queue_stop(struct virtio_mmio *mmio)
{
	struct virtqueue *vq;

	if (!mmio_change_begin(mmio))
		return;
	vq = mmio_queue(mmio);
	if (vq)
		virtqueue_disable(vq);
	mmio_change_end(mmio);
}

static void mmio_notify(struct virtio_mmio *mmio, uint32_t index)
{
	struct virtio_device *vdev = mmio->vdev;

	if (index < vdev->queue_count &&
	    mmio_status(mmio) & VIRTIO_CONFIG_S_DRIVER_OK)
		virtqueue_kick(&vdev->queues[index]);
}

int virtio_mmio_write(void *dev, __u32 offset, __u32 size, __u64 value)
{
	struct virtio_mmio *mmio = dev;
	int err = 0;

	if (offset >= VIRTIO_MMIO_WINDOW_SIZE || !config_access_ok(offset, size))
		return -EINVAL;
	if (offset >= VIRTIO_MMIO_CONFIG) {
		mmio->vdev->ops->config_write(mmio->vdev,
					      offset - VIRTIO_MMIO_CONFIG, size,
					      (uint32_t)value);
		return 0;
	}
	if (size != sizeof(uint32_t))
		return -EINVAL;

	value &= UINT32_MAX;
	if (offset == VIRTIO_MMIO_QUEUE_NOTIFY) {
		mmio_notify(mmio, value);
	} else if (offset == VIRTIO_MMIO_INTERRUPT_ACK) {
		__atomic_and_fetch(&mmio->isr, ~(uint32_t)value,
				   __ATOMIC_ACQ_REL);
	} else if (offset == VIRTIO_MMIO_STATUS && !value) {
		mmio_reset(mmio);
	} else if (offset == VIRTIO_MMIO_QUEUE_READY && !(value & 1)) {
		mmio_queue_stop(mmio);
	} else {
		virtio_lock(&mmio->lock);
		if (!mmio->changing)
			err = mmio_write_register(mmio, offset, value);
		virtio_unlock(&mmio->lock);
	}
	return err;
}

/* Life cycle */

int virtio_mmio_create(struct virtio_device *vdev, struct virtio_mmio **mmio)
{
	struct virtio_mmio *m = vdev->host.mem->alloc(sizeof(*m));

	if (!m)
		return -ENOMEM;
	m->vdev = vdev;
	vdev->signal = mmio_signal;
	vdev->transport = m;
	*mmio = m;
	return 0;
}

void virtio_mmio_destroy(struct virtio_mmio *mmio)
{
	struct virtio_device *vdev;
	void (*free)(void *ptr);

	if (!mmio)
		return;
	mmio_reset(mmio);
	vdev = mmio->vdev;
	free = vdev->host.mem->free;
	vdev->ops->destroy(vdev);
	free(mmio);
}
