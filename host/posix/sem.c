// SPDX-License-Identifier: GPL-2.0
/*
 * sem.c - the semaphore family: counting semaphores on a futex.
 *
 * Layer:   host/posix.
 * Users:   the kernel (vCPU threads, blocked calls), devices.
 * Context: any thread; up() also in signal handlers. Lock-free.
 *
 * DOC: Theory of operation
 *
 * Permits and sleepers share one 64-bit word, so that one atomic instruction
 * of up() both adds the permit and learns whether somebody sleeps: nothing of
 * the semaphore is read after the permit is visible, and who takes it may free
 * the semaphore at once. (A futex wake at an address that is gone by then
 * wakes nobody, or at worst somebody who looks again and goes back to sleep.)
 *
 * Most waits are for another thread that is about to answer, and a futex sleep
 * and wake-up takes 5 to 25 us. So down() first looks for a permit for up to
 * spin_ns, which each semaphore learns: halved when the permit did not come in
 * that time, doubled when it did, or when a sleep ended so soon that looking a
 * little longer would have done. A process that has one processor never spins,
 * nor does a thread that shares its processor with whoever gave the last
 * permit: it would only keep the next from being given.
 *
 * One sleeper at a time may wait for I/O as well, in poll.c. It sleeps in the
 * host's epoll_wait, so up() then writes to an eventfd. Which one is in the word too,
 * as an index into a table: like all that up() needs, it comes with the one atomic
 * instruction.
 */
#include "host/posix/sem.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host/posix/cpu.h"
#include "host/posix/posix.h"

/* Longest and shortest time to look for a permit before sleeping. */
#define SPIN_MAX_NS	16000
#define SPIN_MIN_NS	500

/* A sleep shorter than this was for a permit that looking would have found. */
#define SLEEP_SHORT_NS	(2 * SPIN_MAX_NS)

/* Looks between two readings of the clock. */
#define SPIN_LOOKS	16

#define NSEC_PER_SEC	1000000000ULL

/*
 * struct lkl_sem.state: permits in the low half, above them 24 bits of sleepers, and
 * in the top byte the poller's index, if somebody sleeps in poll.c, else 0.
 */
#define ONE_PERMIT	1ULL
#define ONE_SLEEPER	(1ULL << 32)
#define POLLER_SHIFT	56
#define POLLERS_MAX	256

struct lkl_sem {
	_Atomic __u64 state;
	atomic_uint spin_ns;
	atomic_int up_cpu;
};

/*
 * File-scope mutable state: eventfds by index, plus 1; 0 is a free place, and there
 * is no place 0.
 * A place is constant while semaphores name it.
 */
static atomic_int poller_fds[POLLERS_MAX];

static __u32 permits(__u64 state)
{
	return (__u32)state;
}

static __u64 sleepers(__u64 state)
{
	return state << (64 - POLLER_SHIFT) >> (64 - POLLER_SHIFT + 32);
}

static unsigned int poller(__u64 state)
{
	return (unsigned int)(state >> POLLER_SHIFT);
}

/* The futex is the half of the word that holds the permits. */
static __u32 *sem_futex(struct lkl_sem *sem)
{
	__u32 *half = (__u32 *)&sem->state;

	return half + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

static int futex(__u32 *word, int op, __u32 value, const struct timespec *ts)
{
	int saved_errno = errno;
	long ret;

	ret = syscall(SYS_futex, word, op | FUTEX_PRIVATE_FLAG, value, ts, NULL,
		      FUTEX_BITSET_MATCH_ANY);
	if (ret < 0) {
		ret = -errno;
		errno = saved_errno;
	}
	return ret;
}

/* Processors that this process may use. */
static int processors_count(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return get_nprocs();
	return CPU_COUNT(&set);
}

static int host_spins(void)
{
	/* File-scope in effect: the host's processors are counted once. */
	static atomic_int processors;
	int n = atomic_load_explicit(&processors, memory_order_relaxed);

	if (!n) {
		n = processors_count();
		atomic_store_explicit(&processors, n, memory_order_relaxed);
	}
	return n > 1;
}

static struct lkl_sem *sem_alloc(__u32 count)
{
	struct lkl_sem *sem = calloc(1, sizeof(*sem));

	if (!sem)
		return NULL;
	atomic_init(&sem->state, count);
	atomic_init(&sem->up_cpu, -1);
	atomic_init(&sem->spin_ns, host_spins() ? SPIN_MAX_NS : 0);
	return sem;
}

static void sem_free(struct lkl_sem *sem)
{
	free(sem);
}

static void wake_poller(unsigned int index)
{
	int fd = atomic_load_explicit(&poller_fds[index], memory_order_relaxed) - 1;
	static const __u64 one = 1;
	int saved_errno = errno;

	/* Can fail only if the application has closed what is not its own. */
	if (write(fd, &one, sizeof(one)) < 0)
		errno = saved_errno;
}

static void sem_up(struct lkl_sem *sem)
{
	__u32 *word = sem_futex(sem);
	__u64 state;

	atomic_store_explicit(&sem->up_cpu, sched_getcpu(),
			      memory_order_relaxed);
	state = atomic_fetch_add_explicit(&sem->state, ONE_PERMIT,
					  memory_order_seq_cst);
	/* From here on the semaphore may be gone. */
	if (poller(state))
		wake_poller(poller(state));
	else if (sleepers(state))
		futex(word, FUTEX_WAKE, 1, NULL);
}

/* Take a permit if there is one, and @leave_sleepers out of the word with it. */
static int sem_try(struct lkl_sem *sem, __u64 leave_sleepers)
{
	__u64 state = atomic_load_explicit(&sem->state, memory_order_relaxed);

	while (permits(state)) {
		if (atomic_compare_exchange_weak_explicit(&sem->state, &state,
				state - ONE_PERMIT - leave_sleepers,
				memory_order_acquire, memory_order_relaxed))
			return 1;
	}
	return 0;
}

static __u64 now(void)
{
	return posix_time_ops.monotonic();
}

/*
 * One step of what spin_ns learns. Racing updates lose one another's step,
 * which does not matter.
 */
static void spin_learn(struct lkl_sem *sem, int helped)
{
	unsigned int ns = atomic_load_explicit(&sem->spin_ns,
					       memory_order_relaxed);

	if (!ns)
		return;
	ns = helped ? ns * 2 : ns / 2;
	if (ns > SPIN_MAX_NS)
		ns = SPIN_MAX_NS;
	if (ns < SPIN_MIN_NS)
		ns = SPIN_MIN_NS;
	atomic_store_explicit(&sem->spin_ns, ns, memory_order_relaxed);
}

/* Look for a permit until @until. Return: 1 if it got one. */
static int sem_spin(struct lkl_sem *sem, __u64 until)
{
	do {
		for (int i = 0; i < SPIN_LOOKS; i++) {
			if (sem_try(sem, 0))
				return 1;
			cpu_relax();
		}
	} while (now() < until);
	return 0;
}

/* Leave the sleepers without a permit. Return: 0 if one came at the last. */
static int sem_give_up(struct lkl_sem *sem, int err)
{
	__u64 state = atomic_load_explicit(&sem->state, memory_order_relaxed);
	__u64 next;

	do {
		next = state - ONE_SLEEPER;
		if (permits(state))
			next -= ONE_PERMIT;
	} while (!atomic_compare_exchange_weak_explicit(&sem->state, &state,
			next, memory_order_acquire, memory_order_relaxed));
	return permits(state) ? 0 : posix_errno(err);
}

/*
 * A handler has run, and nobody tells which: would the host have restarted a
 * call then? Only if all that may have run say so. Handlers of faults do not
 * count, they run where the fault is.
 */
int sem_interrupt_errno(void)
{
	struct sigaction action;
	sigset_t blocked;

	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	for (int signo = 1; signo <= SIGRTMAX; signo++) {
		if (signo == SIGSEGV || signo == SIGBUS || signo == SIGILL ||
		    signo == SIGFPE || sigismember(&blocked, signo) ||
		    sigaction(signo, NULL, &action))
			continue;
		if (action.sa_handler != SIG_DFL &&
		    action.sa_handler != SIG_IGN &&
		    !(action.sa_flags & SA_RESTART))
			return EINTR;
	}
	return ERESTART;
}

/*
 * Without a timeout, the host restarts the wait itself after a handler with
 * SA_RESTART, so an interruptible wait always has one.
 */
static int sem_sleep(struct lkl_sem *sem, __u64 deadline, int interruptible)
{
	struct timespec ts = {
		.tv_sec = deadline / NSEC_PER_SEC,
		.tv_nsec = deadline % NSEC_PER_SEC,
	};
	struct timespec *timeout =
		deadline == LKL_FOREVER && !interruptible ? NULL : &ts;

	atomic_fetch_add_explicit(&sem->state, ONE_SLEEPER,
				  memory_order_seq_cst);
	/* The futex compares the permits with 0, so that no up() is missed. */
	while (!sem_try(sem, ONE_SLEEPER)) {
		int err = futex(sem_futex(sem), FUTEX_WAIT_BITSET, 0, timeout);

		if (err == -ETIMEDOUT)
			return sem_give_up(sem, ETIMEDOUT);
		if (err == -EINTR && interruptible)
			return sem_give_up(sem, sem_interrupt_errno());
	}
	return 0;
}

/*
 * How long to look before sleeping, in ns. Who gave the last permit usually
 * gives the next; if it runs on our processor, it cannot while we look.
 */
static __u64 spin_time(struct lkl_sem *sem)
{
	if (atomic_load_explicit(&sem->up_cpu, memory_order_relaxed) ==
	    sched_getcpu())
		return 0;
	return atomic_load_explicit(&sem->spin_ns, memory_order_relaxed);
}

static int sem_wait(struct lkl_sem *sem, __u64 deadline, int interruptible)
{
	__u64 spin = spin_time(sem);
	__u64 start = now();
	int err;

	if (start >= deadline)
		return posix_errno(ETIMEDOUT);
	if (spin) {
		__u64 until = start + spin;

		if (sem_spin(sem, until < deadline ? until : deadline)) {
			spin_learn(sem, 1);
			return 0;
		}
	}
	err = sem_sleep(sem, deadline, interruptible);
	if (spin)
		spin_learn(sem, !err && now() - start < spin + SLEEP_SHORT_NS);
	return err;
}

static int sem_down(struct lkl_sem *sem, __u64 deadline)
{
	if (sem_try(sem, 0))
		return 0;
	return sem_wait(sem, deadline, 0);
}

static int sem_down_interruptible(struct lkl_sem *sem, __u64 deadline)
{
	if (sem_try(sem, 0))
		return 0;
	return sem_wait(sem, deadline, 1);
}

int sem_poller_add(int fd)
{
	for (int i = 1; i < POLLERS_MAX; i++) {
		int none = 0;

		if (atomic_compare_exchange_strong(&poller_fds[i], &none,
						   fd + 1))
			return i;
	}
	return posix_errno(EMFILE);
}

void sem_poller_remove(int index)
{
	atomic_store(&poller_fds[index], 0);
}

int sem_poll_begin(struct lkl_sem *sem, int index)
{
	__u64 state;

	state = atomic_fetch_add_explicit(&sem->state,
					  (__u64)index << POLLER_SHIFT,
					  memory_order_seq_cst);
	return permits(state) != 0;
}

int sem_poll_end(struct lkl_sem *sem, int index)
{
	atomic_fetch_sub_explicit(&sem->state, (__u64)index << POLLER_SHIFT,
				  memory_order_relaxed);
	return sem_try(sem, 0);
}

const struct lkl_sem_ops posix_sem_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_sem_ops),
	.alloc = sem_alloc,
	.free = sem_free,
	.up = sem_up,
	.down = sem_down,
	.down_interruptible = sem_down_interruptible,
};
