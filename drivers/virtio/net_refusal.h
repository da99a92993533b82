/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net_refusal.h - refused connections, told so that the guest believes it.
 *
 * Layer:   drivers/virtio, private to it.
 * Users:   net_stream.c, for passt.
 *
 * passt 0.0~git20230309 answers a connection request that the host refuses by a reset
 * without an acknowledgement. A guest that has sent nothing but that request must
 * ignore it (RFC 9293, section 3.10.7.3), and would try for two minutes instead of
 * failing at once. So the acknowledgement is put in, from what the guest sent.
 */
#ifndef LKL_VIRTIO_NET_REFUSAL_H
#define LKL_VIRTIO_NET_REFUSAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* Requests remembered; of those with the same place the last one. */
#define REFUSAL_SLOTS	256

/**
 * struct net_request - a connection request that the guest has sent
 * @ports: source and destination, 0 if there is none
 * @address: the end of the destination's address
 * @seq: its sequence number, in network order like the others
 * @sent: how often it was sent since it was last answered
 */
struct net_request {
	uint32_t ports;
	uint32_t address;
	uint32_t seq;
	uint32_t sent;
};

/* struct net_refusal - what was sent; atomic fields, read by the receiving side */
struct net_refusal {
	struct net_request slots[REFUSAL_SLOTS];
};

/**
 * net_refusal_sent - look at a frame of the guest
 * @refusal: what was sent
 * @iov: the frame, behind its virtio header
 * @count: buffers
 * @len: bytes with that header
 */
void net_refusal_sent(struct net_refusal *refusal, const struct iovec *iov,
		      unsigned int count, size_t len);

/**
 * net_refusal_received - look at a frame for the guest, and mend it
 * @refusal: what was sent
 * @frame: the frame, from its Ethernet header on
 * @len: bytes
 */
void net_refusal_received(struct net_refusal *refusal, char *frame, size_t len);

#endif /* LKL_VIRTIO_NET_REFUSAL_H */
