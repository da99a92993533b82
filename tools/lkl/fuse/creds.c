// SPDX-License-Identifier: GPL-2.0
/*
 * creds.c - as whom the calling thread acts inside the library
 *
 * Layer:   tools, over lkl.h; called by the requests.
 * Context: any thread that serves requests, each for itself.
 */
#include "creds.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>

#include <lkl.h>

/* What the calling thread is, so that it need not be set again. */
static _Thread_local struct {
	uid_t uid;
	gid_t gid;
	mode_t mask;
	bool drops_privileged;
} self;

static int set_capabilities(bool keep_privileged)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3] = { 0 };
	long params[6] = { (long)&header, (long)caps };
	int err = lkl_syscall(__lkl__NR_capget, params);

	if (err)
		return err;
	caps[0].effective = caps[0].permitted;
	caps[1].effective = caps[1].permitted;
	if (!keep_privileged)
		caps[CAP_TO_INDEX(CAP_FSETID)].effective &=
			~CAP_TO_MASK(CAP_FSETID);
	return lkl_sys_capset(&header, caps);
}

int creds_thread_init(void)
{
	int err = lkl_sys_unshare(CLONE_FS);

	if (err)
		return err;
	self.uid = 0;
	self.gid = 0;
	self.drops_privileged = false;
	self.mask = 0;
	lkl_sys_umask(0);
	return 0;
}

/*
 * setfsuid() reports no error; a process with all capabilities gets none. It
 * takes and gives capabilities that have to do with files.
 */
int creds_become(uid_t uid, gid_t gid)
{
	if (self.gid != gid) {
		lkl_sys_setfsgid(gid);
		self.gid = gid;
	}
	if (self.uid == uid)
		return 0;
	lkl_sys_setfsuid(uid);
	self.uid = uid;
	return set_capabilities(!self.drops_privileged);
}

void creds_umask(mode_t mask)
{
	if (self.mask == mask)
		return;
	lkl_sys_umask(mask);
	self.mask = mask;
}

int creds_keep_privileged(bool keep)
{
	if (self.drops_privileged == !keep)
		return 0;
	self.drops_privileged = !keep;
	return set_capabilities(keep);
}
