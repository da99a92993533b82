// SPDX-License-Identifier: GPL-2.0
/*
 * dns.c - asking name servers over the library's network
 *
 * Layer:   tools/lkl/hijack/preload.
 * Users:   see dns.h.
 * Context: any thread; all state is on the stack.
 *
 * socket(), poll() and so on are the interposed ones here, on purpose: what they
 * make is the library's.
 */
#include "dns.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "kernel.h"
#include "preload.h"

#define SERVERS_MAX	4
#define PORT		53
#define CONF_SIZE	4096
#define CNAMES_MAX	16

/**
 * struct servers - whom to ask
 * @addr: sockaddr of each
 * @count: how many
 */
struct servers {
	struct sockaddr_storage addr[SERVERS_MAX];
	int count;
};

static socklen_t addr_size(const struct sockaddr_storage *addr)
{
	return addr->ss_family == AF_INET ? sizeof(struct sockaddr_in) :
	       sizeof(struct sockaddr_in6);
}

/* One on a link is followed by its name: fe80::1%eth0. */
static void server_add(struct servers *servers, char *text)
{
	struct sockaddr_storage *addr = &servers->addr[servers->count];
	struct sockaddr_in *v4 = (struct sockaddr_in *)addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;
	char *link = strchr(text, '%');

	memset(addr, 0, sizeof(*addr));
	if (link) {
		*link++ = '\0';
		v6->sin6_scope_id = if_nametoindex(link);
	}
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(PORT);
	} else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(PORT);
	} else {
		return;
	}
	servers->count++;
}

static void servers_parse(struct servers *servers, char *conf)
{
	char *line, *rest = conf, text[64];

	while ((line = strsep(&rest, "\n")) && servers->count < SERVERS_MAX)
		if (sscanf(line, " nameserver %63s", text) == 1)
			server_add(servers, text);
}

/* The library's own file says which; see apply_names.c. */
static ssize_t conf_read(char *conf, size_t size)
{
	long len, fd = kernel_call(SYS_open, (long)"/etc/resolv.conf", O_RDONLY,
				   0, 0, 0, 0);

	if (fd < 0)
		return fd;
	len = kernel_call(SYS_read, fd, (long)conf, (long)size, 0, 0, 0);
	kernel_call(SYS_close, fd, 0, 0, 0, 0, 0);
	return len;
}

static void say_nobody(void)
{
	static bool said;

	if (!__atomic_exchange_n(&said, true, __ATOMIC_RELAXED))
		complain("no name server can be reached", "see --nameserver");
}

static void servers_find(struct servers *servers)
{
	char conf[CONF_SIZE];
	ssize_t len = conf_read(conf, sizeof(conf) - 1);

	servers->count = 0;
	conf[len > 0 ? len : 0] = '\0';
	servers_parse(servers, conf);
	if (!servers->count)
		say_nobody();
}

/* One exchange */

static int connect_to(const struct sockaddr_storage *addr, int type)
{
	int fd = socket(addr->ss_family, type | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)addr, addr_size(addr)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* 1 if there is something to read before @deadline. */
static int readable(int fd, long deadline)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	long left;
	int ret;

	do {
		left = deadline - now_ms();
		ret = poll(&pfd, 1, left > 0 ? (int)left : 0);
	} while (ret < 0 && errno == EINTR);
	return ret > 0 ? 1 : ret < 0 ? -errno : -ETIMEDOUT;
}

static bool answers(const unsigned char *query, const unsigned char *reply,
		    ssize_t len)
{
	return len >= NS_HFIXEDSZ && !memcmp(query, reply, 2) &&
	       ((const HEADER *)reply)->qr;
}

static ssize_t ask_udp(const struct sockaddr_storage *addr, int timeout,
		       const unsigned char *query, int len,
		       unsigned char *reply, int size)
{
	long deadline = now_ms() + timeout;
	int fd = connect_to(addr, SOCK_DGRAM);
	ssize_t got = -ETIMEDOUT;

	if (fd < 0)
		return fd;
	if (send(fd, query, (size_t)len, MSG_NOSIGNAL) != len)
		got = -errno;
	else
		do {
			got = readable(fd, deadline);
			if (got < 0)
				break;
			got = recv(fd, reply, (size_t)size, 0);
			got = got < 0 ? -errno : got;
		} while (got >= 0 && !answers(query, reply, got));
	close(fd);
	return got;
}

static int read_all(int fd, unsigned char *buf, size_t len, long deadline)
{
	ssize_t got;
	int err;

	while (len) {
		err = readable(fd, deadline);
		if (err < 0)
			return err;
		got = recv(fd, buf, len, 0);
		if (got <= 0)
			return got ? -errno : -ECONNRESET;
		buf += got;
		len -= (size_t)got;
	}
	return 0;
}

/* A message over TCP follows its length; the rest of a long one is dropped. */
static ssize_t ask_tcp_on(int fd, int timeout, const unsigned char *query,
			  int len, unsigned char *reply, int size)
{
	long deadline = now_ms() + timeout;
	unsigned char head[2] = { (unsigned char)(len >> 8), (unsigned char)len };
	struct iovec iov[2] = { { head, 2 }, { (void *)query, (size_t)len } };
	int want, err;

	if (writev(fd, iov, 2) != len + 2)
		return -EIO;
	err = read_all(fd, head, 2, deadline);
	if (err)
		return err;
	want = head[0] << 8 | head[1];
	err = read_all(fd, reply, (size_t)(want < size ? want : size), deadline);
	return err ? err : want;
}

static ssize_t ask_tcp(const struct sockaddr_storage *addr, int timeout,
		       const unsigned char *query, int len,
		       unsigned char *reply, int size)
{
	int fd = connect_to(addr, SOCK_STREAM);
	ssize_t got;

	if (fd < 0)
		return fd;
	got = ask_tcp_on(fd, timeout, query, len, reply, size);
	close(fd);
	return got;
}

static ssize_t ask(const struct sockaddr_storage *addr, int timeout,
		   const unsigned char *query, int len, unsigned char *reply,
		   int size)
{
	ssize_t got = ask_udp(addr, timeout, query, len, reply, size), longer;

	if (got < NS_HFIXEDSZ || !((HEADER *)reply)->tc)
		return got;
	longer = ask_tcp(addr, timeout, query, len, reply, size);
	return longer > 0 ? longer : got;
}

static bool server_failed(const unsigned char *reply)
{
	int code = ((const HEADER *)reply)->rcode;

	return code == ns_r_servfail || code == ns_r_refused ||
	       code == ns_r_notimpl;
}

ssize_t dns_exchange(const unsigned char *query, int len, unsigned char *reply,
		     int size)
{
	struct servers servers = { .count = 0 };
	ssize_t got = -ECONNREFUSED;
	struct __res_state state = { 0 };
	int tries, timeout;

	if (!kernel_up())
		return -errno;
	servers_find(&servers);
	res_ninit(&state);
	tries = state.retry ? state.retry : 2;
	timeout = (state.retrans ? state.retrans : 5) * 1000;
	res_nclose(&state);
	for (int try = 0; try < tries; try++)
		for (int i = 0; i < servers.count; i++) {
			got = ask(&servers.addr[i], timeout, query, len, reply,
				  size);
			if (got >= NS_HFIXEDSZ && !server_failed(reply))
				return got;
		}
	return got;
}

/* Questions */

static int make_query(unsigned char *query, int size, const char *name, int type)
{
	struct __res_state state = { .options = RES_INIT | RES_RECURSE };
	int len = res_nmkquery(&state, ns_o_query, name, ns_c_in, type, NULL, 0,
			       NULL, query, size);
	uint16_t id;

	if (len > 0 && getrandom(&id, sizeof(id), 0) == sizeof(id))
		memcpy(query, &id, sizeof(id));
	return len;
}

/**
 * struct record - a resource record of a reply
 * @type: ns_t_*
 * @len: bytes of @data
 * @data: in the reply
 */
struct record {
	int type;
	int len;
	const unsigned char *data;
};

/* Read the record at @at. Return: where the next is, or NULL. */
static const unsigned char *record_read(const unsigned char *at,
					const unsigned char *end,
					struct record *record)
{
	int name = dn_skipname(at, end);

	if (name < 0 || end - at < name + NS_RRFIXEDSZ)
		return NULL;
	at += name;
	record->type = at[0] << 8 | at[1];
	record->len = at[8] << 8 | at[9];
	record->data = at + NS_RRFIXEDSZ;
	return end - record->data < record->len ? NULL :
	       record->data + record->len;
}

/* Where the answers start, or NULL. */
static const unsigned char *skip_questions(const unsigned char *reply,
					   const unsigned char *end)
{
	int count = ntohs(((const HEADER *)reply)->qdcount), name;
	const unsigned char *at = reply + NS_HFIXEDSZ;

	while (count--) {
		name = dn_skipname(at, end);
		if (name < 0 || end - at < name + NS_QFIXEDSZ)
			return NULL;
		at += name + NS_QFIXEDSZ;
	}
	return at;
}

static void answer_add(struct dns_answer *answer, const struct record *record)
{
	struct dns_address *address = &answer->address[answer->count];

	if (answer->count == DNS_ADDRESSES)
		return;
	if (record->type == ns_t_a && record->len == 4)
		address->family = AF_INET;
	else if (record->type == ns_t_aaaa && record->len == 16)
		address->family = AF_INET6;
	else
		return;
	memcpy(&address->v6, record->data, (size_t)record->len);
	answer->count++;
}

/*
 * Records of the name and of what it is another name for, in the order of the
 * reply. The last of those names is the canonical one.
 */
static int read_answers(const unsigned char *reply, const unsigned char *end,
			struct dns_answer *answer)
{
	int count = ntohs(((const HEADER *)reply)->ancount);
	const unsigned char *at = skip_questions(reply, end);
	char target[NI_MAXHOST];
	struct record record;

	while (at && count--) {
		at = record_read(at, end, &record);
		if (!at)
			break;
		if (record.type == ns_t_cname || record.type == ns_t_ptr) {
			if (dn_expand(reply, end, record.data, target,
				      sizeof(target)) < 0)
				return EAI_FAIL;
			strcpy(answer->name, target);
		}
		answer_add(answer, &record);
	}
	return at ? 0 : EAI_FAIL;
}

static int read_reply(const unsigned char *reply, int len, int type,
		      struct dns_answer *answer)
{
	int before = answer->count, code = ((const HEADER *)reply)->rcode, err;

	if (code == ns_r_nxdomain)
		return EAI_NONAME;
	if (code != ns_r_noerror)
		return EAI_AGAIN;
	err = read_answers(reply, reply + len, answer);
	if (err)
		return err;
	if (type == ns_t_ptr)
		return *answer->name ? 0 : EAI_NODATA;
	return answer->count > before ? 0 : EAI_NODATA;
}

static int ask_type(const char *name, int type, struct dns_answer *answer)
{
	unsigned char query[NS_PACKETSZ], *reply;
	int len = make_query(query, sizeof(query), name, type), ret;
	ssize_t got;

	if (len < 0)
		return EAI_NONAME;
	reply = calloc(1, DNS_MESSAGE_MAX);
	if (!reply)
		return EAI_MEMORY;
	got = dns_exchange(query, len, reply, DNS_MESSAGE_MAX);
	ret = got < NS_HFIXEDSZ ? EAI_AGAIN :
	      read_reply(reply, (int)got, type, answer);
	free(reply);
	return ret;
}

/* Both families; what one of them has is enough. */
static int ask_name(const char *name, int family, struct dns_answer *answer)
{
	int v6 = EAI_NODATA, v4 = EAI_NODATA;

	snprintf(answer->name, sizeof(answer->name), "%s", name);
	if (family != AF_INET6)
		v4 = ask_type(name, ns_t_a, answer);
	if (family != AF_INET && v4 != EAI_NONAME)
		v6 = ask_type(name, ns_t_aaaa, answer);
	if (!v4 || !v6)
		return 0;
	return v4 == EAI_NODATA ? v6 : v4;
}

static int dots_in(const char *name)
{
	int dots = 0;

	for (; *name; name++)
		dots += *name == '.';
	return dots;
}

static int ask_in_domain(const char *name, const char *domain, int family,
			 struct dns_answer *answer)
{
	char full[NI_MAXHOST];

	if ((size_t)snprintf(full, sizeof(full), "%s.%s", name, domain) >=
	    sizeof(full))
		return EAI_NONAME;
	return ask_name(full, family, answer);
}

static bool not_there(int ret)
{
	return ret == EAI_NONAME || ret == EAI_NODATA;
}

/* As it is if it has enough dots, then in the domains, else as it is at last. */
static int ask_search(const char *name, int family, struct dns_answer *answer)
{
	struct __res_state state = { 0 };
	int ret = EAI_NONAME, first;

	res_ninit(&state);
	first = dots_in(name) >= (int)state.ndots;
	if (first)
		ret = ask_name(name, family, answer);
	for (int i = 0; i < MAXDNSRCH && state.dnsrch[i] && not_there(ret); i++)
		ret = ask_in_domain(name, state.dnsrch[i], family, answer);
	if (!first && not_there(ret))
		ret = ask_name(name, family, answer);
	res_nclose(&state);
	return ret;
}

int dns_lookup(const char *name, int family, struct dns_answer *answer)
{
	size_t len = strlen(name);
	char whole[NI_MAXHOST];

	if (!len || len >= sizeof(whole))
		return EAI_NONAME;
	if (name[len - 1] != '.')
		return ask_search(name, family, answer);
	memcpy(whole, name, len);
	whole[len - 1] = '\0';
	return ask_name(whole, family, answer);
}

int dns_reverse(const struct dns_address *address, struct dns_answer *answer)
{
	const unsigned char *byte = (const unsigned char *)&address->v6;
	char name[80];
	int at = 0;

	if (address->family == AF_INET) {
		snprintf(name, sizeof(name), "%u.%u.%u.%u.in-addr.arpa", byte[3],
			 byte[2], byte[1], byte[0]);
	} else {
		for (int i = 15; i >= 0; i--)
			at += snprintf(name + at, sizeof(name) - (size_t)at,
				       "%x.%x.", byte[i] & 15, byte[i] >> 4);
		snprintf(name + at, sizeof(name) - (size_t)at, "ip6.arpa");
	}
	answer->name[0] = '\0';
	return ask_type(name, ns_t_ptr, answer);
}
