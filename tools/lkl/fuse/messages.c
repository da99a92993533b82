// SPDX-License-Identifier: GPL-2.0
/*
 * messages.c - what the worker says, on its way to the user
 *
 * Layer:   tools; called by supervisor.c.
 * Context: one thread.
 */
#include "messages.h"

#include <errno.h>
#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

int messages_open(struct messages *m, int log)
{
	int ends[2];

	*m = (struct messages){ .log = log };
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	m->in = ends[0];
	m->out = ends[1];
	fcntl(m->in, F_SETFL, O_NONBLOCK);
	return 0;
}

void messages_attach(struct messages *m)
{
	dup2(m->out, STDERR_FILENO);
	close(m->out);
	close(m->in);
}

static void put_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(fd, text, len);
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			text += n;
			len -= n;
		}
	}
}

static void flush_line(struct messages *m)
{
	if (m->length)
		syslog(LOG_ERR, "%.*s", (int)m->length, m->line);
	m->length = 0;
}

static void put_syslog(struct messages *m, const char *text, size_t len)
{
	for (; len; text++, len--) {
		if (*text != '\n')
			m->line[m->length++] = *text;
		if (*text == '\n' || m->length == sizeof(m->line))
			flush_line(m);
	}
}

void messages_forward(struct messages *m)
{
	char buf[4096];
	ssize_t len;

	while ((len = read(m->in, buf, sizeof(buf))) > 0) {
		if (m->log >= 0)
			put_all(m->log, buf, len);
		if (m->syslog)
			put_syslog(m, buf, len);
		else
			put_all(STDERR_FILENO, buf, len);
	}
}

/* Our own messages come the same way. */
void messages_to_syslog(struct messages *m)
{
	openlog("lklfuse", LOG_PID, LOG_DAEMON);
	m->syslog = true;
	dup2(m->out, STDERR_FILENO);
}

void messages_close(struct messages *m)
{
	messages_forward(m);
	flush_line(m);
	close(m->in);
	close(m->out);
}
