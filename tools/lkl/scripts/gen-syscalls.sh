#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# gen-syscalls.sh - write lkl_syscalls.h: a typed function per system call
#
# Layer: build. Called by the Makefile; writes to standard output.
#
#	gen-syscalls.sh <syscall table> <abis> <include/linux/syscalls.h>
#
# The table (scripts/syscall.tbl format: number, abi, name, entry point) says
# which calls there are, the header what arguments they take. Types that only
# the kernel has become those an application has: the structs of its own libc,
# by name only, so that no libc header is forced on anybody.

set -eu

[ $# -eq 3 ] || { echo "usage: $0 TABLE ABIS SYSCALLS_H" >&2; exit 2; }

exec awk -v abis="$2" '
BEGIN {
	split(abis, list, ",")
	for (i in list)
		abi_wanted[list[i]] = 1

	# Prototypes that depend on the processor, or that only x86 has.
	proto["sys_mmap"] = "unsigned long addr, unsigned long len, " \
		"unsigned long prot, unsigned long flags, unsigned long fd, " \
		"unsigned long off"
	proto["sys_clone"] = "unsigned long flags, unsigned long stack, " \
		"int *parent_tid, int *child_tid, unsigned long tls"
	proto["sys_arch_prctl"] = "int option, unsigned long arg2"
	proto["sys_iopl"] = "unsigned int level"
	proto["sys_modify_ldt"] = "int func, void *ptr, unsigned long bytecount"
	proto["sys_rt_sigreturn"] = "void"

	# Prototypes whose arguments have no names there, or that are less
	# const than the calls themselves.
	addr = "struct sockaddr *addr, void *addrlen"
	const_addr = "const struct sockaddr *addr, int addrlen"
	proto["sys_socket"] = "int family, int type, int protocol"
	proto["sys_socketpair"] = "int family, int type, int protocol, int *sv"
	proto["sys_bind"] = "int fd, " const_addr
	proto["sys_connect"] = "int fd, " const_addr
	proto["sys_listen"] = "int fd, int backlog"
	proto["sys_accept"] = "int fd, " addr
	proto["sys_accept4"] = "int fd, " addr ", int flags"
	proto["sys_getsockname"] = "int fd, " addr
	proto["sys_getpeername"] = "int fd, " addr
	proto["sys_sendto"] = "int fd, const void *buf, size_t len, " \
		"unsigned int flags, " const_addr
	proto["sys_recvfrom"] = "int fd, void *buf, size_t len, " \
		"unsigned int flags, " addr
	proto["sys_sendmsg"] = "int fd, const struct msghdr *msg, " \
		"unsigned int flags"
	proto["sys_shutdown"] = "int fd, int how"
	proto["sys_setsockopt"] = "int fd, int level, int optname, " \
		"const void *optval, int optlen"
	proto["sys_getsockopt"] = "int fd, int level, int optname, " \
		"void *optval, void *optlen"
	proto["sys_rt_sigaction"] = "int signum, const struct sigaction *act, " \
		"struct sigaction *oldact, size_t sigsetsize"
	proto["sys_rt_sigprocmask"] = "int how, const sigset_t *set, " \
		"sigset_t *oldset, size_t sigsetsize"
	proto["sys_rt_sigsuspend"] = "const sigset_t *mask, size_t sigsetsize"
	proto["sys_signalfd"] = "int fd, const sigset_t *mask, size_t sigsetsize"
	proto["sys_signalfd4"] = "int fd, const sigset_t *mask, " \
		"size_t sigsetsize, int flags"
	proto["sys_pselect6"] = "int n, fd_set *readfds, fd_set *writefds, " \
		"fd_set *exceptfds, struct timespec *timeout, void *sigmask"
	proto["sys_ppoll"] = "struct pollfd *fds, unsigned int nfds, " \
		"struct timespec *timeout, const sigset_t *sigmask, " \
		"size_t sigsetsize"
	proto["sys_nanosleep"] = "const struct timespec *req, " \
		"struct timespec *rem"
	proto["sys_io_submit"] = "aio_context_t ctx, long nr, " \
		"struct iocb **iocbpp"
	proto["sys_mount"] = "const char *source, const char *target, " \
		"const char *fstype, unsigned long flags, const void *data"
	proto["sys_umount"] = "const char *target, int flags"
	proto["sys_shmat"] = "int shmid, const void *shmaddr, int shmflg"
	proto["sys_shmdt"] = "const void *shmaddr"
	proto["sys_msgsnd"] = "int msqid, const void *msgp, size_t msgsz, " \
		"int msgflg"
	proto["sys_setitimer"] = "int which, const struct itimerval *value, " \
		"struct itimerval *ovalue"
	proto["sys_settimeofday"] = "const struct timeval *tv, " \
		"const struct timezone *tz"
	proto["sys_sethostname"] = "const char *name, size_t len"
	proto["sys_setdomainname"] = "const char *name, size_t len"
	proto["sys_setgroups"] = "int size, const gid_t *list"
	proto["sys_setrlimit"] = "unsigned int resource, " \
		"const struct rlimit *rlim"
	proto["sys_sched_setparam"] = "int pid, const struct sched_param *param"
	proto["sys_sched_setscheduler"] = "int pid, int policy, " \
		"const struct sched_param *param"
	proto["sys_init_module"] = "const void *image, unsigned long len, " \
		"const char *param_values"
	proto["sys_open_by_handle_at"] = "int mount_fd, " \
		"const struct file_handle *handle, int flags"
	proto["sys_openat2"] = "int dfd, const char *filename, " \
		"const struct open_how *how, size_t size"
	proto["sys_mount_setattr"] = "int dfd, const char *path, " \
		"unsigned int flags, const struct mount_attr *attr, size_t size"
	proto["sys_utime"] = "const char *filename, const struct utimbuf *times"
	proto["sys_utimes"] = "const char *filename, const struct timeval *times"
	proto["sys_futimesat"] = "int dfd, const char *filename, " \
		"const struct timeval *times"
	proto["sys_utimensat"] = "int dfd, const char *filename, " \
		"const struct timespec *times, int flags"
	proto["sys_execve"] = "const char *filename, char *const *argv, " \
		"char *const *envp"
	proto["sys_execveat"] = "int dfd, const char *filename, " \
		"char *const *argv, char *const *envp, int flags"
	for (name in proto)
		fixed[name] = 1

	# Written by hand in lkl.h, with better types than can be made here.
	split("mmap stat lstat fstat newfstatat", list, " ")
	for (i in list)
		handmade[list[i]] = 1

	# Kernel types and what an application knows them as. Anything that
	# libc defines otherwise than the kernel does is passed as void *.
	type["aio_context_t"] = "unsigned long"
	type["cap_user_data_t"] = "void *"
	type["cap_user_header_t"] = "void *"
	type["clockid_t"] = "int"
	type["enum landlock_rule_type"] = "int"
	type["fd_set"] = "void"
	type["gid_t"] = "unsigned int"
	type["key_serial_t"] = "int"
	type["key_t"] = "int"
	type["loff_t"] = "lkl_loff_t"
	type["mqd_t"] = "int"
	type["off_t"] = "long"
	type["pid_t"] = "int"
	type["qid_t"] = "unsigned int"
	type["rwf_t"] = "int"
	type["siginfo_t"] = "void"
	type["sigset_t"] = "void"
	type["timer_t"] = "int"
	type["u32"] = "uint32_t"
	type["u64"] = "uint64_t"
	type["uid_t"] = "unsigned int"
	type["umode_t"] = "unsigned int"
	type["unsigned"] = "unsigned int"
	type["__kernel_old_time_t"] = "long"
	type["__s32"] = "int32_t"
	type["__sighandler_t"] = "void *"
	type["__u32"] = "uint32_t"
	type["__u64"] = "uint64_t"
	type["struct __aio_sigset"] = "void"
	type["struct __kernel_itimerspec"] = "struct itimerspec"
	type["struct __kernel_old_itimerval"] = "struct itimerval"
	type["struct __kernel_old_timeval"] = "struct timeval"
	type["struct __kernel_timespec"] = "struct timespec"
	type["struct __kernel_timex"] = "struct timex"
	type["struct epoll_event"] = "void"	# or struct lkl_epoll_event
	type["struct getcpu_cache"] = "void"
	type["struct linux_dirent"] = "struct lkl_linux_dirent"
	type["struct linux_dirent64"] = "struct lkl_linux_dirent64"
	type["struct msgbuf"] = "void"
	type["struct new_utsname"] = "struct utsname"
	type["struct sigaction"] = "struct lkl_sigaction"
	type["struct sigaltstack"] = "void"
	type["struct siginfo"] = "void"
	type["struct user_msghdr"] = "struct msghdr"

	# Words that end a type rather than name an argument.
	split("int long short char unsigned signed void size_t", list, " ")
	for (i in list)
		is_type[list[i]] = 1
	# Names a C++ program could not read.
	split("new this class delete private operator template typename", list, " ")
	for (i in list)
		is_keyword[list[i]] = 1
}

function trim(s) {
	gsub(/[ \t]+/, " ", s)
	sub(/^ /, "", s)
	sub(/ $/, "", s)
	return s
}

# First file: the table.
FNR == NR {
	if ($0 ~ /^[ \t]*#/ || NF < 4 || !($2 in abi_wanted) ||
	    $4 == "-" || $4 == "sys_ni_syscall")
		next
	number[$3] = $1
	entry[$3] = $4
	order[++calls] = $3
	next
}

# Second file: collect prototypes, which end at a semicolon.
/^[ \t]*#/ || /^\/\*/ || /^[ \t]*\*/ { next }
/^asmlinkage long sys_/ { text = ""; collecting = 1 }
collecting {
	text = text " " $0
	if ($0 !~ /;/)
		next
	collecting = 0
	match(text, /sys_[a-z0-9_]+/)
	name = substr(text, RSTART, RLENGTH)
	args = substr(text, RSTART + RLENGTH)
	sub(/^[ \t]*\(/, "", args)
	sub(/\)[ \t]*;.*$/, "", args)
	if (!(name in fixed))
		proto[name] = trim(args)
}

# Split "const struct iovec __user *vec" into arg_type and arg_name.
function arg_split(arg, index_,		n, words, base, stars) {
	gsub(/__user|asmlinkage/, " ", arg)
	gsub(/\[\]/, " ", arg)
	stars = gsub(/\*/, " * ", arg)
	arg = trim(arg)
	n = split(arg, words, " ")
	arg_name = ""
	if (n > 1 && words[n] != "*" && !(words[n] in is_type) &&
	    !(n == 2 && words[1] ~ /^(struct|union|enum)$/) &&
	    !(n == 2 && words[1] == "const") &&
	    !(n == 3 && words[1] == "const" && words[2] == "struct")) {
		arg_name = words[n]
		sub(/ ?[A-Za-z0-9_]+$/, "", arg)
	}
	if (arg_name == "")
		arg_name = "arg" index_
	if (arg_name in is_keyword)
		arg_name = arg_name "_"
	arg_type = type_map(arg, stars)
	return stars
}

function type_map(arg, stars,		base, isconst, suffix) {
	if (arg ~ /^char \* const \*$/)
		return "char *const *"
	gsub(/\*/, "", arg)
	isconst = gsub(/(^| )const( |$)/, " ", arg)
	base = trim(arg)
	if (base in type)
		base = type[base]
	# Buffers of bytes take a pointer to anything.
	if (base ~ /char$/ && stars == 1 && arg_name ~ /^(buf|ubuf|addr|value|val)$/)
		base = "void"
	if (base !~ /^void \*$/ || stars)
		suffix = stars ? " " substr("***", 1, stars) : ""
	if (base ~ /^(struct|union) /)
		structs[base] = 1
	return (isconst ? "const " : "") base suffix
}

function emit(name,	args, n, list, i, decl, values, sep, t) {
	if (name in handmade)
		return
	args = proto[entry[name]]
	decl = values = sep = ""
	n = args == "void" || args == "" ? 0 : split(args, list, ",")
	for (i = 1; i <= n; i++) {
		arg_split(list[i], i)
		t = arg_type
		decl = decl sep t (t ~ /\*$/ ? "" : " ") arg_name
		values = values sep "(long)" arg_name
		sep = ", "
	}
	body[name] = sprintf("/** lkl_sys_%s - system call %s */\n" \
		"static inline long lkl_sys_%s(%s)\n{\n" \
		"\tlong params[6] = { %s };\n\n" \
		"\treturn lkl_syscall(__lkl__NR_%s, params);\n}\n",
		name, number[name], name, decl == "" ? "void" : decl,
		values == "" ? "0" : values, name)
}

END {
	for (i = 1; i <= calls; i++) {
		if (!(entry[order[i]] in proto)) {
			printf "gen-syscalls: no prototype of %s\n", \
				entry[order[i]] > "/dev/stderr"
			exit 1
		}
		emit(order[i])
	}
	if (!calls) {
		print "gen-syscalls: no system calls" > "/dev/stderr"
		exit 1
	}

	print "/* SPDX-License-Identifier: GPL-2.0 */"
	print "/*"
	print " * lkl_syscalls.h - every system call of the kernel in the library"
	print " *"
	print " * Generated by gen-syscalls.sh; do not edit. Included by lkl.h."
	print " *"
	print " * Each returns what the kernel returns: a negative LKL_E* number on"
	print " * failure, never errno. The section 2 manual pages say the rest."
	print " */"
	print "#ifndef LKL_SYSCALLS_H"
	print "#define LKL_SYSCALLS_H\n"
	for (i = 1; i <= calls; i++)
		printf "#define __lkl__NR_%-24s %s\n", order[i], number[order[i]]
	print ""
	sorted = "LC_ALL=C sort"
	for (s in structs)
		if (s !~ / lkl_/)
			print s ";" | sorted
	close(sorted)
	for (i = 1; i <= calls; i++)
		print "\n" body[order[i]] | "cat -s"
	close("cat -s")
	# The kernel calls some of them by another name; so do programs.
	print ""
	for (i = 1; i <= calls; i++) {
		other = entry[order[i]]
		sub(/^sys_/, "", other)
		if (other != order[i] && !(other in number))
			printf "#define lkl_sys_%-24s lkl_sys_%s\n", other, order[i]
	}
	print "\n#endif /* LKL_SYSCALLS_H */"
}
' "$1" "$3"
