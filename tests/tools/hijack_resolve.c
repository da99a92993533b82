// SPDX-License-Identifier: GPL-2.0
/*
 * hijack_resolve.c - what the resolver makes of name servers, as a list
 *
 * Layer:   tests/tools, an ordinary program that knows nothing of the library.
 * Users:   hijack_resolve.sh runs it on the host and under liblkl-hijack.so, and compares
 *	what it prints.
 *
 * hijack_resolve LIST | fuzz COUNT - the name servers are threads of its own, on
 * 127.0.0.1 and 127.0.0.2, which answer by the first label of the name that is asked for.
 * resolv.conf has to name both, search one.test and two.test, and have 1 s of timeout.
 */
#include <arpa/nameser.h>
#include <netdb.h>
#include <pthread.h>
#include <resolv.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "hijack_rows.h"

#define MESSAGE_MAX	4096
#define MANY		60

/**
 * struct message - a reply that is being made
 * @bytes: it
 * @len: so far
 * @type: that was asked for
 * @label: the first of the name
 * @server: 1 or 2
 * @tcp: how it came
 * @edns: whether the question had a record of it
 */
struct message {
	unsigned char bytes[MESSAGE_MAX];
	int len;
	int type;
	char label[64];
	int server;
	bool tcp;
	bool edns;
};

static int asked[3], asked_tcp, fuzzing;
static unsigned int seed = 1;

static void put(struct message *m, const void *bytes, size_t len)
{
	memcpy(m->bytes + m->len, bytes, len);
	m->len += (int)len;
}

static void put16(struct message *m, unsigned int value)
{
	unsigned char bytes[2] = { (unsigned char)(value >> 8), (unsigned char)value };

	put(m, bytes, sizeof(bytes));
}

static void put_name(struct message *m, const char *name)
{
	int len = dn_comp(name, m->bytes + m->len, MESSAGE_MAX - m->len, NULL, NULL);

	m->len += len > 0 ? len : 0;
}

/* A record of @owner, NULL for the name that was asked for. */
static void record(struct message *m, const char *owner, int type, const void *data,
		   size_t len)
{
	HEADER *head = (HEADER *)m->bytes;

	if (owner)
		put_name(m, owner);
	else
		put16(m, 0xc00c);
	put16(m, (unsigned int)type);
	put16(m, ns_c_in);
	put16(m, 0);
	put16(m, 60);
	put16(m, (unsigned int)len);
	put(m, data, len);
	head->ancount = htons((uint16_t)(ntohs(head->ancount) + 1));
}

static void record_name(struct message *m, int type, const char *name)
{
	unsigned char wire[NS_MAXCDNAME];
	int len = dn_comp(name, wire, sizeof(wire), NULL, NULL);

	record(m, NULL, type, wire, (size_t)len);
}

static void address(struct message *m, const char *owner, int last)
{
	unsigned char v4[4] = { 192, 0, 2, (unsigned char)last };
	unsigned char v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = (unsigned char)last };

	if (m->type == ns_t_a)
		record(m, owner, ns_t_a, v4, 4);
	if (m->type == ns_t_aaaa)
		record(m, owner, ns_t_aaaa, v6, 16);
}

static bool is(const struct message *m, const char *label)
{
	return !strcmp(m->label, label);
}

static void code(struct message *m, int rcode)
{
	((HEADER *)m->bytes)->rcode = (unsigned int)rcode & 15;
}

/* What a name that fails has; false if nothing is answered. */
static bool fail(struct message *m)
{
	if (is(m, "none") || is(m, "short"))
		code(m, ns_r_nxdomain);
	else if (is(m, "formerr") && m->edns)
		code(m, ns_r_formerr);
	else if ((is(m, "servfail") && m->server == 1) || is(m, "bothfail"))
		code(m, ns_r_servfail);
	else if (is(m, "refused") && m->server == 1)
		code(m, ns_r_refused);
	else if ((is(m, "silent") && m->server == 1) || is(m, "nobody") ||
		 (is(m, "ednsdrop") && m->edns))
		return false;
	if (!((HEADER *)m->bytes)->rcode)
		address(m, NULL, 1);
	return true;
}

static bool cut(struct message *m)
{
	if (m->tcp)
		for (int i = 1; i <= MANY && m->type == ns_t_a; i++)
			address(m, NULL, i);
	else
		((HEADER *)m->bytes)->tc = 1;
	return !m->tcp || is(m, "cut");
}

static void alias(struct message *m)
{
	if (is(m, "loop"))
		record_name(m, ns_t_cname, "loop.test");
	else if (is(m, "badalias"))
		record_name(m, ns_t_cname, "bad$name.test");
	else
		record_name(m, ns_t_cname, "real.test");
	address(m, "real.test", 9);
}

static void other(struct message *m)
{
	if (m->type == ns_t_ptr)
		record_name(m, ns_t_ptr, is(m, "2") ? "bad;name.test" : "ptr.test");
	else if (m->type == ns_t_mx)
		record(m, NULL, ns_t_mx, "\0\12\4mail\4test", 13);
}

/* Return: false for no answer. */
static bool answer(struct message *m)
{
	bool v6 = m->type == ns_t_aaaa;

	if (is(m, "empty") || (is(m, "four") && v6) ||
	    (is(m, "six") && m->type == ns_t_a))
		return true;
	if (is(m, "cut") || is(m, "tcpdies"))
		return cut(m);
	if (is(m, "alias") || is(m, "loop") || is(m, "badalias")) {
		alias(m);
		return true;
	}
	if (is(m, "wrongname")) {
		address(m, "another.test", 3);
		return true;
	}
	if (is(m, "slow"))
		usleep(300000);
	other(m);
	return fail(m);
}

/* Read a question, and begin the reply. Return: whether it is one. */
static bool begin(struct message *m, int len)
{
	char name[NS_MAXDNAME];
	HEADER *head = (HEADER *)m->bytes;
	int end = dn_expand(m->bytes, m->bytes + len, m->bytes + NS_HFIXEDSZ, name,
			    sizeof(name));

	if (end < 0 || NS_HFIXEDSZ + end + NS_QFIXEDSZ > len)
		return false;
	m->len = NS_HFIXEDSZ + end + NS_QFIXEDSZ;
	m->type = m->bytes[m->len - 4] << 8 | m->bytes[m->len - 3];
	m->edns = head->arcount;
	head->arcount = 0;
	head->qr = 1;
	head->ra = 1;
	snprintf(m->label, sizeof(m->label), "%.*s", (int)strcspn(name, "."), name);
	/* Only in the second domain. */
	if (!strcasecmp(name, "short.two.test"))
		strcpy(m->label, "here");
	__atomic_add_fetch(&asked[m->server], 1, __ATOMIC_RELAXED);
	return true;
}

static unsigned int chance(unsigned int most)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	unsigned int value;

	pthread_mutex_lock(&lock);
	value = (unsigned int)rand_r(&seed) % most;
	pthread_mutex_unlock(&lock);
	return value;
}

/* The identity and the question stay, mostly: what is refused for those is not read. */
static void mutate(struct message *m)
{
	int from = chance(4) ? 2 : 0;

	if (!chance(4))
		m->len = (int)chance((unsigned int)m->len + 1);
	else if (!chance(6))
		m->len += (int)chance(200);
	for (unsigned int i = chance(12); i && m->len > from; i--) {
		int at = from + (int)chance((unsigned int)(m->len - from));

		m->bytes[at] = (unsigned char)(chance(3) ? chance(256) : 0xc0);
	}
}

/* Replies that are not, before the one that is. */
static void mislead(int fd, const struct message *m, const struct sockaddr *to,
		    socklen_t len)
{
	struct message wrong = *m;

	if (fuzzing) {
		mutate(&wrong);
		sendto(fd, wrong.bytes, (size_t)wrong.len, 0, to, len);
		return;
	}
	if (!is(m, "foreign"))
		return;
	wrong.bytes[0] ^= 1;
	wrong.bytes[wrong.len - 1] = 66;
	sendto(fd, wrong.bytes, (size_t)wrong.len, 0, to, len);
	wrong.bytes[0] ^= 1;
	wrong.bytes[NS_HFIXEDSZ + 1] = 'F';
	wrong.bytes[NS_HFIXEDSZ + 2] = 'x';
	sendto(fd, wrong.bytes, (size_t)wrong.len, 0, to, len);
}

/* A datagram: answered by a thread of its own, so that no answer waits for another. */
struct datagram {
	struct message m;
	struct sockaddr_in from;
	int fd, len;
};

static void *datagram_answer(void *arg)
{
	struct datagram *d = arg;

	if (begin(&d->m, d->len) && answer(&d->m)) {
		mislead(d->fd, &d->m, (struct sockaddr *)&d->from, sizeof(d->from));
		sendto(d->fd, d->m.bytes, (size_t)d->m.len, 0,
		       (struct sockaddr *)&d->from, sizeof(d->from));
	}
	free(d);
	return NULL;
}

static int bound(int type, int server)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_port = htons(53),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)server - 1),
	};
	int fd = socket(AF_INET, type, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    (type == SOCK_STREAM && listen(fd, 16))) {
		perror("name server");
		exit(1);
	}
	return fd;
}

struct server {
	int number, udp, tcp;
};

static void *udp_serve(void *arg)
{
	struct server *server = arg;
	socklen_t len = sizeof(struct sockaddr_in);
	struct datagram *d;
	pthread_t thread;

	while ((d = calloc(1, sizeof(*d)))) {
		d->fd = server->udp;
		d->m.server = server->number;
		d->len = (int)recvfrom(d->fd, d->m.bytes, 512, 0,
				       (struct sockaddr *)&d->from, &len);
		if (d->len < NS_HFIXEDSZ || pthread_create(&thread, NULL,
							   datagram_answer, d))
			free(d);
		else
			pthread_detach(thread);
	}
	return NULL;
}

/* Return: whether there may be another question. */
static bool tcp_answer(int fd, struct message *m)
{
	unsigned char head[2];
	int len;

	if (recv(fd, head, 2, MSG_WAITALL) != 2)
		return false;
	len = head[0] << 8 | head[1];
	if (len > 512 || recv(fd, m->bytes, (size_t)len, MSG_WAITALL) != len ||
	    !begin(m, len) || !answer(m))
		return false;
	__atomic_add_fetch(&asked_tcp, 1, __ATOMIC_RELAXED);
	if (fuzzing)
		mutate(m);
	head[0] = (unsigned char)(m->len >> 8);
	head[1] = (unsigned char)m->len;
	if (fuzzing && !chance(3))
		head[1] = (unsigned char)chance(256);
	send(fd, head, 2, MSG_MORE | MSG_NOSIGNAL);
	return send(fd, m->bytes, (size_t)m->len, MSG_NOSIGNAL) == m->len && !fuzzing;
}

static void *tcp_serve(void *arg)
{
	struct server *server = arg;
	int fd;

	while ((fd = accept(server->tcp, NULL, NULL)) >= 0) {
		struct message m;

		do {
			memset(&m, 0, sizeof(m));
			m.server = server->number;
			m.tcp = true;
		} while (tcp_answer(fd, &m));
		close(fd);
	}
	return NULL;
}

static void serve(void)
{
	static struct server servers[2];
	pthread_t thread;

	for (int i = 0; i < 2; i++) {
		servers[i].number = i + 1;
		servers[i].udp = bound(SOCK_DGRAM, i + 1);
		servers[i].tcp = bound(SOCK_STREAM, i + 1);
		pthread_create(&thread, NULL, udp_serve, &servers[i]);
		pthread_create(&thread, NULL, tcp_serve, &servers[i]);
	}
}

/* Rows */

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char * const *)a, *(char * const *)b);
}

/* Addresses sorted: which of those that nothing leads to comes first is of no matter. */
static void lookup(const char *name, int family)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_CANONNAME };
	struct addrinfo *all = NULL, *one;
	char *texts[256], text[INET6_ADDRSTRLEN];
	int ret = getaddrinfo(name, NULL, &hints, &all), count = 0;

	printf("%s %d: %s", name, family, ret ? gai_strerror(ret) : all->ai_canonname);
	for (one = all; one && count < 256; one = one->ai_next) {
		getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof(text), NULL, 0,
			    NI_NUMERICHOST);
		texts[count++] = strdup(text);
	}
	qsort(texts, (size_t)count, sizeof(texts[0]), by_text);
	printf(" %d", count);
	for (int i = 0; i < count; i++) {
		if (i < 5)
			printf(" %s", texts[i]);
		free(texts[i]);
	}
	printf("\n");
	if (all)
		freeaddrinfo(all);
}

static void lookups(void)
{
	static const char * const names[] = {
		"plain.test", "plain.test.", "PLAIN.Test", "four.test", "six.test",
		"none.test", "empty.test", "alias.test", "loop.test", "badalias.test",
		"formerr.test", "servfail.test", "refused.test", "bothfail.test",
		"silent.test", "tcpdies.test", "foreign.test", "wrongname.test",
		"short", "short.", "short.two", "plain", "nosuch..name", "a b.test",
		"-dash.test", "under_score.test",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		lookup(names[i], AF_UNSPEC);
		lookup(names[i], AF_INET);
		lookup(names[i], AF_INET6);
	}
	lookup("cut.test", AF_INET6);
	lookup("", AF_UNSPEC);
}

static void timed(const char *name, long least, long most)
{
	long start = now_ms();

	lookup(name, AF_UNSPEC);
	printf("in time: %d\n", now_ms() - start >= least && now_ms() - start < most);
}

static void old_functions(void)
{
	struct in_addr addr = { htonl(0xc0000201) };
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr = addr };
	struct in6_addr v6 = { .s6_addr = { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	struct hostent *ent = gethostbyname("alias.test");
	char host[NI_MAXHOST];

	printf("%s %d\n", ent ? ent->h_name : "", ent ? ent->h_length : h_errno);
	ent = gethostbyname("none.test");
	printf("%d %d\n", !ent, h_errno);
	ent = gethostbyname("empty.test");
	printf("%d %d\n", !ent, h_errno);
	ent = gethostbyname2("plain.test", AF_INET6);
	printf("%s %d\n", ent ? ent->h_name : "", ent ? ent->h_length : h_errno);
	ent = gethostbyaddr(&addr, 4, AF_INET);
	printf("%s\n", ent ? ent->h_name : hstrerror(h_errno));
	ent = gethostbyaddr(&v6, 16, AF_INET6);
	printf("%s\n", ent ? ent->h_name : hstrerror(h_errno));
	say(getnameinfo((struct sockaddr *)&name, sizeof(name), host, sizeof(host), NULL,
			0, NI_NAMEREQD));
	printf("%s\n", host);
	name.sin_addr.s_addr = htonl(0xc0000202);
	printf("%s\n", gai_strerror(getnameinfo((struct sockaddr *)&name, sizeof(name),
						host, sizeof(host), NULL, 0,
						NI_NAMEREQD)));
}

#define query(call) \
do { \
	h_errno = 0; \
	got = (call); \
	printf("%s: %s %d answers %d\n", #call, got < 0 ? "failed" : "reply", \
	       got < 0 ? h_errno : 0, \
	       got < 0 ? 0 : ntohs(((HEADER *)reply)->ancount)); \
} while (0)

static void queries(void)
{
	struct __res_state state = { 0 };
	unsigned char reply[MESSAGE_MAX], message[512];
	int got, len;

	query(res_query("plain.test", ns_c_in, ns_t_mx, reply, sizeof(reply)));
	query(res_query("plain.test", ns_c_in, ns_t_a, reply, sizeof(reply)));
	query(res_query("none.test", ns_c_in, ns_t_a, reply, sizeof(reply)));
	query(res_query("empty.test", ns_c_in, ns_t_a, reply, sizeof(reply)));
	query(res_query("servfail.test", ns_c_in, ns_t_a, reply, sizeof(reply)));
	query(res_query("bothfail.test", ns_c_in, ns_t_a, reply, sizeof(reply)));
	query(res_query("cut.test", ns_c_in, ns_t_a, reply, sizeof(reply)));
	query(res_search("short", ns_c_in, ns_t_a, reply, sizeof(reply)));
	query(res_search("none", ns_c_in, ns_t_a, reply, sizeof(reply)));
	query(res_querydomain("short", "two.test", ns_c_in, ns_t_a, reply, sizeof(reply)));
	query(res_querydomain("plain", NULL, ns_c_in, ns_t_a, reply, sizeof(reply)));
	say(res_ninit(&state));
	query(res_nquery(&state, "plain.test", ns_c_in, ns_t_aaaa, reply, sizeof(reply)));
	query(res_nsearch(&state, "short", ns_c_in, ns_t_a, reply, sizeof(reply)));
	len = res_nmkquery(&state, ns_o_query, "plain.test", ns_c_in, ns_t_a, NULL, 0, NULL,
			   message, sizeof(message));
	query(res_nsend(&state, message, len, reply, sizeof(reply)));
	/* Of the program's own choice: the second one answers this, and first. */
	state.nsaddr_list[0].sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	state.nscount = 1;
	query(res_nquery(&state, "silent.test", ns_c_in, ns_t_a, reply, sizeof(reply)));
	asked[1] = 0;
	query(res_nquery(&state, "plain.test", ns_c_in, ns_t_a, reply, sizeof(reply)));
	say(asked[1]);
	res_nclose(&state);
}

/* Options, which RES_OPTIONS and LOCALDOMAIN have when the program starts. */

static void rotate(void)
{
	for (int i = 0; i < 8; i++)
		lookup("four.test", AF_INET);
	say(asked[1] > 0 && asked[2] > 0);
}

static void tcp(void)
{
	lookup("plain.test", AF_UNSPEC);
	lookup("formerr.test", AF_UNSPEC);
	say(asked_tcp > 0);
}

static void no_v6(void)
{
	lookup("plain.test", AF_UNSPEC);
	lookup("plain.test", AF_INET6);
	lookup("six.test", AF_UNSPEC);
}

static void dots(void)
{
	lookup("plain.some.thing", AF_INET);
	lookup("plain.some.thing.more", AF_INET);
	lookup("short", AF_INET);
}

static void single(void)
{
	timed("slow.test", 550, 1500);
	lookup("plain.test", AF_UNSPEC);
}

static void domain(void)
{
	lookup("short", AF_INET);
	say(asked[1]);
}

static void patience(void)
{
	timed("nobody.test", 3500, 9500);
	/* A server that knows nothing of EDNS, if it is asked by it. */
	lookup("ednsdrop.test", AF_UNSPEC);
}

static void rows(void)
{
	lookups();
	/* Both families at once; a server after the other. */
	timed("slow.test", 250, 550);
	timed("nobody.test", 1500, 4500);
	old_functions();
	queries();
}

/* Replies that nobody should have sent. The program is what must live. */
static void fuzz(int count)
{
	static const char * const names[] = { "plain.test", "alias.test", "cut.test",
					      "loop.test", "short" };
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all;
	struct sockaddr_in addr = { .sin_family = AF_INET };
	unsigned char reply[MESSAGE_MAX];
	char host[NI_MAXHOST];
	int good = 0;

	fuzzing = 1;
	for (int i = 0; i < count; i++) {
		const char *name = names[i % 5];

		if (!getaddrinfo(name, NULL, &hints, &all)) {
			good++;
			freeaddrinfo(all);
		}
		good += gethostbyname(name) != NULL;
		good += res_query(name, ns_c_in, ns_t_mx, reply, sizeof(reply)) > 0;
		addr.sin_addr.s_addr = htonl(0xc0000201 + (uint32_t)i % 2);
		good += !getnameinfo((struct sockaddr *)&addr, sizeof(addr), host,
				     sizeof(host), NULL, 0, NI_NAMEREQD);
	}
	printf("%d lookups, good ones %d\n", 4 * count, good);
}

static const struct {
	const char *name;
	void (*print)(void);
} lists[] = {
	{ "rows", rows }, { "rotate", rotate }, { "tcp", tcp }, { "no_v6", no_v6 },
	{ "dots", dots }, { "single", single }, { "domain", domain },
	{ "patience", patience },
};

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2)
		return 2;
	serve();
	if (argc == 3)
		fuzz(atoi(argv[2]));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!strcmp(argv[1], lists[i].name))
			lists[i].print();
	return 0;
}
