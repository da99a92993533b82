// SPDX-License-Identifier: GPL-2.0
/*
 * init.c - the first process.
 *
 * Layer: arch/lkl; called by generic boot code.
 *
 * Generic code ends the boot by executing a program, whose address space and
 * credentials all tasks of the application's threads then share. The program
 * here is empty: a file that the binary format below accepts, and which leaves
 * the task in "user mode" without a single instruction there. kernel/task.c
 * goes on when kernel_init() returns.
 */
#include <linux/binfmts.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/init_syscalls.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/mm.h>
#include <linux/mm_types.h>
#include <linux/sched/mm.h>
#include <linux/string.h>

#define INIT_PATH	"/init"
#define CONSOLE_PATH	"/dev/console"
#define NULL_MINOR	3

static const char init_magic[] = "\177LKL\n";

/*
 * The heap starts with the user range; without a limit here brk() would place
 * it at address 0.
 */
static void set_up_heap(struct mm_struct *mm)
{
	mm->start_code = mm->end_code = LKL_USER_START;
	mm->start_data = mm->end_data = LKL_USER_START;
	mm->start_brk = mm->brk = LKL_USER_START;
}

static int load_init(struct linux_binprm *bprm)
{
	int ret;

	if (memcmp(bprm->buf, init_magic, sizeof(init_magic) - 1))
		return -ENOEXEC;

	ret = begin_new_exec(bprm);
	if (ret)
		return ret;
	setup_new_exec(bprm);

	ret = setup_arg_pages(bprm, STACK_TOP, EXSTACK_DISABLE_X);
	if (ret)
		return ret;
	set_up_heap(current->mm);
	finalize_exec(bprm);
	return 0;
}

static struct linux_binfmt init_format = {
	.load_binary = load_init,
};

/*
 * Generic code opens /dev/console three times for process 1, and complains if
 * it cannot. Ours is no tty, so let that be /dev/null: the application's first
 * descriptor is then 3, as it is used to.
 */
static int __init create_console(void)
{
	init_unlink(CONSOLE_PATH);
	return init_mknod(CONSOLE_PATH, S_IFCHR | 0600,
			  new_encode_dev(MKDEV(MEM_MAJOR, NULL_MINOR)));
}

static int __init create_init(void)
{
	struct file *file;
	loff_t pos = 0;
	ssize_t n;

	insert_binfmt(&init_format);

	file = filp_open(INIT_PATH, O_CREAT | O_WRONLY, 0700);
	if (IS_ERR(file))
		return PTR_ERR(file);
	n = kernel_write(file, init_magic, sizeof(init_magic) - 1, &pos);
	/* At once: a file that is still open for writing is not executed. */
	__fput_sync(file);
	return n < 0 ? n : create_console();
}
late_initcall(create_init);
