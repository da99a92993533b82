/* SPDX-License-Identifier: GPL-2.0 */
/*
 * stop.h - end a run in good order on SIGINT, SIGTERM or SIGHUP
 *
 * Layer:   tools; called by the main.c of the copy and the tar tools.
 */
#ifndef CP_STOP_H
#define CP_STOP_H

#include <stdbool.h>

/*
 * Set by a signal, or by a run when going on makes no sense. Whoever copies
 * looks at it before each file and buffer.
 */
extern volatile bool stop;

/**
 * stop_catch - have signals set @stop
 *
 * The first one does; a second one finds the default action. Those that are
 * ignored (nohup) stay ignored.
 */
void stop_catch(void);

/**
 * stop_raise - if a signal ended the run, end the process by it
 * @what: what is not complete, for the message
 */
void stop_raise(const char *what);

#endif /* CP_STOP_H */
