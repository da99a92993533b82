// SPDX-License-Identifier: GPL-2.0
/*
 * thread.c - the thread family: host threads by pthreads.
 *
 * Layer:   host/posix.
 * Users:   the kernel (vCPU threads, the task slot, signals), devices.
 * Context: any thread. The list of threads is under threads_mutex.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/posix/posix.h"

/* Linux and PR_SET_NAME: 15 characters and the terminator. */
#define NAME_SIZE	16

/*
 * Kernel code runs on stacks of its own, so that a thread's own stack carries
 * little but its alternate signal stack.
 */
#define STACK_SIZE	(256 << 10)
#define ALTSTACK_EXTRA	(16 << 10)

/* Real-time signals 32 and 33 belong to libc. */
#define SIGNAL_LIBC_FIRST	32
#define SIGNAL_MAX		64

/* Timers of the kernel's threads are as exact as the host can make them. */
#define TIMER_SLACK_NS		1000UL

struct thread {
	struct thread *next;
	__u64 id;
	pthread_t pthread;
	void (*fn)(void *arg);
	void *arg;
	char name[NAME_SIZE];
};

/*
 * File-scope state: threads not joined yet, so that a handle that is not (or
 * no longer) one gives -ESRCH instead of a use after free.
 */
static pthread_mutex_t threads_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct thread *threads;
static __u64 threads_last_id;

/* Which of them the calling thread is, or NULL. */
static __thread const struct thread *thread_current
	__attribute__((tls_model("initial-exec")));

static void thread_register(struct thread *thread)
{
	pthread_mutex_lock(&threads_mutex);
	thread->id = ++threads_last_id;
	thread->next = threads;
	threads = thread;
	pthread_mutex_unlock(&threads_mutex);
}

/* Where the list points at the thread, or NULL. Under threads_mutex. */
static struct thread **thread_find(__u64 id)
{
	for (struct thread **pos = &threads; *pos; pos = &(*pos)->next)
		if ((*pos)->id == id)
			return pos;
	return NULL;
}

/* Take a thread off the list for its one joiner. Return: it, or NULL. */
static struct thread *thread_claim(__u64 id)
{
	struct thread *thread = NULL;
	struct thread **pos;

	pthread_mutex_lock(&threads_mutex);
	pos = thread_find(id);
	if (pos) {
		thread = *pos;
		*pos = thread->next;
	}
	pthread_mutex_unlock(&threads_mutex);
	return thread;
}

/* The signals that fault.c takes. */
static void fault_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGSEGV);
	sigaddset(set, SIGBUS);
	sigaddset(set, SIGILL);
	sigaddset(set, SIGFPE);
}

/* What the host does not send to the thread that caused it. */
static void async_signals(sigset_t *set)
{
	sigfillset(set);
	sigdelset(set, SIGSEGV);
	sigdelset(set, SIGBUS);
	sigdelset(set, SIGILL);
	sigdelset(set, SIGFPE);
	sigdelset(set, SIGTRAP);
}

static size_t altstack_size(void)
{
	return getauxval(AT_MINSIGSTKSZ) + ALTSTACK_EXTRA;
}

/* The alternate signal stack is a piece of the thread's own. */
static void *thread_start(void *arg)
{
	size_t size = altstack_size();
	stack_t alt = { .ss_sp = __builtin_alloca(size), .ss_size = size };
	stack_t none = { .ss_flags = SS_DISABLE };
	struct thread *thread = arg;

	thread_current = thread;
	prctl(PR_SET_NAME, thread->name);
	prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS);
	sigaltstack(&alt, NULL);
	thread->fn(thread->arg);
	sigaltstack(&none, NULL);
	return NULL;
}

static int thread_start_pthread(struct thread *thread)
{
	sigset_t blocked, saved;
	pthread_attr_t attr;
	int err;

	err = pthread_attr_init(&attr);
	if (err)
		return posix_errno(err);
	/* Too small for this libc's thread-local storage: its default then. */
	pthread_attr_setstacksize(&attr, STACK_SIZE + altstack_size());
	async_signals(&blocked);
	pthread_sigmask(SIG_SETMASK, &blocked, &saved);
	err = pthread_create(&thread->pthread, &attr, thread_start, thread);
	pthread_sigmask(SIG_SETMASK, &saved, NULL);
	pthread_attr_destroy(&attr);
	return posix_errno(err);
}

static int thread_create(void (*fn)(void *arg), void *arg, const char *name,
			 __u64 *handle)
{
	struct thread *thread = calloc(1, sizeof(*thread));
	int err;

	if (!thread)
		return posix_errno(ENOMEM);
	thread->fn = fn;
	thread->arg = arg;
	strncpy(thread->name, name ? name : "", NAME_SIZE - 1);
	thread_register(thread);
	*handle = thread->id;
	/* After *handle: @fn may want to know who it is. */
	err = thread_start_pthread(thread);
	if (err)
		goto err_unregister;
	return 0;

err_unregister:
	free(thread_claim(thread->id));
	return err;
}

static int thread_join(__u64 handle)
{
	struct thread *thread;
	int err;

	if (thread_current && thread_current->id == handle)
		return posix_errno(EDEADLK);
	thread = thread_claim(handle);
	if (!thread)
		return posix_errno(ESRCH);
	err = pthread_join(thread->pthread, NULL);
	free(thread);
	return posix_errno(err);
}

static int slot_alloc(void (*destructor)(void *value), __u64 *slot)
{
	pthread_key_t key;
	int err;

	err = pthread_key_create(&key, destructor);
	if (err)
		return posix_errno(err);
	*slot = key;
	return 0;
}

static void slot_free(__u64 slot)
{
	pthread_key_delete(slot);
}

static int slot_set(__u64 slot, void *value)
{
	return posix_errno(pthread_setspecific(slot, value));
}

static void *slot_get(__u64 slot)
{
	return pthread_getspecific(slot);
}

/*
 * Who asks for its number is about to run kernel code. A fault while its signal
 * is blocked would end the process, and applications do block everything in
 * some of their threads.
 */
static __u64 thread_self(void)
{
	sigset_t faults;

	fault_signals(&faults);
	pthread_sigmask(SIG_UNBLOCK, &faults, NULL);
	return syscall(SYS_gettid);
}

/*
 * rt_tgsigqueueinfo() because it keeps si_code and si_value, and never hits a
 * thread of another process. The host lets a thread send the codes of a kernel
 * to itself alone; to others such a signal goes as tgkill() sends it, with
 * SI_TKILL. (Timers and queued signals have codes that anybody may send.)
 */
static int signal_queue(pid_t thread, int signo, siginfo_t *info)
{
	if (!syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, signo, info))
		return 0;
	if (errno == EPERM && !syscall(SYS_tgkill, getpid(), thread, signo))
		return 0;
	return posix_errno(errno);
}

/*
 * si_value lies at the same place for timers and for queued signals; si_pid and
 * si_uid would overlay a timer's number.
 */
static int thread_signal(__u64 thread, const struct lkl_signal *sig)
{
	siginfo_t info = { .si_signo = sig->signo, .si_code = sig->code };

	if (sig->signo < 1 || sig->signo > SIGNAL_MAX ||
	    (sig->signo >= SIGNAL_LIBC_FIRST && (int)sig->signo < SIGRTMIN))
		return posix_errno(EINVAL);
	if (!thread || thread > INT_MAX)
		return posix_errno(ESRCH);
	if (sig->code != SI_TIMER && sig->code <= 0) {
		info.si_pid = getpid();
		info.si_uid = getuid();
	}
	info.si_value.sival_ptr = (void *)(uintptr_t)sig->value;
	return signal_queue(thread, sig->signo, &info);
}

static void thread_yield(void)
{
	sched_yield();
}

const struct lkl_thread_ops posix_thread_ops = {
	.hdr = LKL_OPS_HEADER(struct lkl_thread_ops),
	.create = thread_create,
	.join = thread_join,
	.slot_alloc = slot_alloc,
	.slot_free = slot_free,
	.slot_set = slot_set,
	.slot_get = slot_get,
	.self = thread_self,
	.signal = thread_signal,
	.yield = thread_yield,
};
