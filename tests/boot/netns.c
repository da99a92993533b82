// SPDX-License-Identifier: GPL-2.0
/*
 * netns.c - a process in a network namespace of its own, on the host
 *
 * Layer:   tests.
 */
#include "tests/boot/netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int write_map(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -errno : 0;
}

static int enter_user(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	char map[64];
	int err;

	if (unshare(CLONE_NEWUSER))
		return -errno;
	snprintf(map, sizeof(map), "0 %u 1", uid);
	err = write_map("/proc/self/uid_map", map);
	if (err)
		return err;
	write_map("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", gid);
	return write_map("/proc/self/gid_map", map);
}

int netns_enter(void)
{
	int err = geteuid() ? enter_user() : 0;

	if (err)
		return err;
	if (unshare(CLONE_NEWNET))
		return -errno;
	return netns_up("lo", NULL);
}

int netns_start(struct netns *ns, void (*main)(int control, void *arg), void *arg)
{
	int err, pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	ns->control = pair[0];
	ns->pid = fork();
	if (ns->pid == 0) {
		close(pair[0]);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		err = netns_enter();
		if (write(pair[1], &err, sizeof(err)) < 0 || err)
			_exit(1);
		main(pair[1], arg);
		_exit(0);
	}
	close(pair[1]);
	if (read(ns->control, &err, sizeof(err)) == sizeof(err) && !err)
		return 0;
	netns_stop(ns);
	return err ? err : -ECHILD;
}

int netns_stop(struct netns *ns)
{
	int status = -1;

	close(ns->control);
	if (ns->pid > 0) {
		kill(ns->pid, SIGKILL);
		waitpid(ns->pid, &status, 0);
	}
	ns->pid = -1;
	return status;
}

int netns_send_fd(int control, int fd)
{
	char space[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof(space),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return sendmsg(control, &msg, 0) < 0 ? -errno : 0;
}

int netns_receive_fd(int control)
{
	char space[CMSG_SPACE(sizeof(int))], byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof(space),
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(control, &msg, MSG_CMSG_CLOEXEC) < 0)
		return -errno;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return -EBADF;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	return fd;
}

int netns_tap(const char *name, short flags)
{
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct ifreq ifr = { .ifr_flags = (short)(IFF_TAP | IFF_NO_PI | flags) };

	if (fd < 0)
		return -errno;
	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
	if (!ioctl(fd, TUNSETIFF, &ifr))
		return fd;
	close(fd);
	return -errno;
}

/* Interfaces */

static int up(int sock, struct ifreq *ifr)
{
	if (ioctl(sock, SIOCGIFFLAGS, ifr))
		return -errno;
	ifr->ifr_flags |= IFF_UP;
	return ioctl(sock, SIOCSIFFLAGS, ifr) ? -errno : 0;
}

static int address_set(int sock, struct ifreq *ifr, const char *address)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, address, &addr.sin_addr) != 1)
		return -EINVAL;
	memcpy(&ifr->ifr_addr, &addr, sizeof(addr));
	if (ioctl(sock, SIOCSIFADDR, ifr))
		return -errno;
	addr.sin_addr.s_addr = htonl(0xffffff00);
	memcpy(&ifr->ifr_netmask, &addr, sizeof(addr));
	return ioctl(sock, SIOCSIFNETMASK, ifr) ? -errno : 0;
}

int netns_up(const char *name, const char *address)
{
	int err = 0, sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { 0 };

	if (sock < 0)
		return -errno;
	strncpy(ifr.ifr_name, name, sizeof(ifr.ifr_name) - 1);
	if (address)
		err = address_set(sock, &ifr, address);
	if (!err)
		err = up(sock, &ifr);
	close(sock);
	return err;
}

struct veth_request {
	struct nlmsghdr hdr;
	struct ifinfomsg info;
	char attrs[256];
};

static struct rtattr *attr_add(struct veth_request *req, unsigned short type,
			       const void *data, size_t len)
{
	struct rtattr *attr = (void *)((char *)req + NLMSG_ALIGN(req->hdr.nlmsg_len));

	attr->rta_type = type;
	attr->rta_len = (unsigned short)RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(attr), data, len);
	req->hdr.nlmsg_len = NLMSG_ALIGN(req->hdr.nlmsg_len) + RTA_SPACE(len);
	return attr;
}

static void attr_end(struct veth_request *req, struct rtattr *attr)
{
	attr->rta_len = (unsigned short)((char *)req + req->hdr.nlmsg_len - (char *)attr);
}

static void veth_build(struct veth_request *req, const char *name,
		       const char *peer, pid_t pid)
{
	static const struct ifinfomsg none;
	struct rtattr *info, *data, *peer_info;

	req->hdr.nlmsg_len = NLMSG_LENGTH(sizeof(req->info));
	req->hdr.nlmsg_type = RTM_NEWLINK;
	req->hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
	attr_add(req, IFLA_IFNAME, name, strlen(name) + 1);
	info = attr_add(req, IFLA_LINKINFO, NULL, 0);
	attr_add(req, IFLA_INFO_KIND, "veth", 5);
	data = attr_add(req, IFLA_INFO_DATA, NULL, 0);
	peer_info = attr_add(req, VETH_INFO_PEER, &none, sizeof(none));
	attr_add(req, IFLA_IFNAME, peer, strlen(peer) + 1);
	attr_add(req, IFLA_NET_NS_PID, &pid, sizeof(pid));
	attr_end(req, peer_info);
	attr_end(req, data);
	attr_end(req, info);
}

int netns_veth(const char *name, const char *peer, pid_t pid)
{
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct veth_request req = { 0 };
	struct {
		struct nlmsghdr hdr;
		struct nlmsgerr err;
		char more[512];
	} answer;
	int err = 0;

	if (sock < 0)
		return -errno;
	veth_build(&req, name, peer, pid);
	if (send(sock, &req, req.hdr.nlmsg_len, 0) < 0 ||
	    recv(sock, &answer, sizeof(answer), 0) < 0)
		err = -errno;
	close(sock);
	return err ? err : answer.err.error;
}
