// SPDX-License-Identifier: GPL-2.0
/*
 * cover.c - which way a program can be put on the library's network; see cover.h
 *
 * Layer:   tools/lkl/hijack.
 * Users:   those of cover.h.
 */
#include "cover.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* What the kernel allows: interpreters that are scripts themselves. */
#define SCRIPTS_MAX	4
#define SCRIPT_LINE_MAX	256

/* More sections or segments than any program has. */
#define HEADERS_MAX	256

static void decide(struct cover *cover, enum cover_way way, const char *why)
{
	cover->way = way;
	cover->why = why;
}

static void unusable(struct cover *cover, int error)
{
	cover->way = error == ENOENT || error == ENOTDIR ? COVER_MISSING :
		COVER_UNUSABLE;
	cover->error = error;
	cover->why = strerror(error);
}

/*
 * Finding it, as execvp() does: what may not be executed is remembered, in case
 * nothing better comes.
 */

static int executable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	if (!S_ISREG(st.st_mode))
		return EACCES;
	return access(path, X_OK) ? errno : 0;
}

static int in_path(const char *name, char *path)
{
	const char *dirs = getenv("PATH"), *end;
	int err, worst = ENOENT;

	if (!dirs)
		dirs = "/usr/local/bin:/usr/bin:/bin";
	for (;; dirs = end + 1) {
		end = strchrnul(dirs, ':');
		if (snprintf(path, PATH_MAX, "%.*s%s%s", (int)(end - dirs), dirs,
			     end == dirs ? "" : "/", name) < PATH_MAX) {
			err = executable(path);
			if (!err)
				return 0;
			/* Not a directory that may not be searched. */
			if (err == EACCES && !access(path, F_OK))
				worst = EACCES;
		}
		if (!*end)
			return worst;
	}
}

static int program_find(const char *name, char *path)
{
	if (!*name)
		return ENOENT;
	if (!strchr(name, '/'))
		return in_path(name, path);
	if (strlen(name) >= PATH_MAX)
		return ENAMETOOLONG;
	strcpy(path, name);
	return executable(path);
}

/*
 * ELF. The file is not trusted: what is not there reads as nothing.
 */

static bool read_at(int fd, void *buf, size_t len, uint64_t offset)
{
	return offset <= INT64_MAX &&
	       pread(fd, buf, len, (off_t)offset) == (ssize_t)len;
}

static bool has_interpreter(int fd, const Elf64_Ehdr *elf)
{
	Elf64_Phdr segment;
	unsigned int i;

	for (i = 0; i < elf->e_phnum && i < HEADERS_MAX; i++) {
		if (!read_at(fd, &segment, sizeof(segment),
			     elf->e_phoff + i * sizeof(segment)))
			return false;
		if (segment.p_type == PT_INTERP)
			return true;
	}
	return false;
}

/* Go's linker writes where it was built into a section of that name. */
static bool is_section_of_go(int fd, uint64_t names, uint32_t name)
{
	static const char go[] = ".go.buildinfo";
	char text[sizeof(go)];

	return read_at(fd, text, sizeof(text), names + name) &&
	       !memcmp(text, go, sizeof(go));
}

static bool is_go(int fd, const Elf64_Ehdr *elf)
{
	Elf64_Shdr section, names;
	unsigned int i;

	if (!read_at(fd, &names, sizeof(names),
		     elf->e_shoff + elf->e_shstrndx * sizeof(names)))
		return false;
	for (i = 0; i < elf->e_shnum && i < HEADERS_MAX; i++) {
		if (!read_at(fd, &section, sizeof(section),
			     elf->e_shoff + i * sizeof(section)))
			return false;
		if (is_section_of_go(fd, names.sh_offset, section.sh_name))
			return true;
	}
	return false;
}

/* Is it for the processor that we run on ourselves? */
static bool is_native(const Elf64_Ehdr *elf)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr own = { 0 };
	bool native;

	native = fd >= 0 && read_at(fd, &own, sizeof(own), 0) &&
		 own.e_machine == elf->e_machine &&
		 own.e_ident[EI_CLASS] == elf->e_ident[EI_CLASS];
	if (fd >= 0)
		close(fd);
	return native;
}

static void elf_decide(struct cover *cover, int fd, const Elf64_Ehdr *elf)
{
	if (!is_native(elf))
		decide(cover, COVER_REFUSE, "it is a program for another processor");
	else if (elf->e_type != ET_EXEC && elf->e_type != ET_DYN)
		unusable(cover, ENOEXEC);
	else if (is_go(fd, elf))
		decide(cover, COVER_TRAP, "it is a Go program, which makes system calls itself");
	else if (!has_interpreter(fd, elf))
		decide(cover, COVER_TRAP, "it is statically linked");
	else
		decide(cover, COVER_PRELOAD, "it is dynamically linked");
}

/*
 * Scripts.
 */

/* The interpreter of a script that begins with @line. */
static bool interpreter_read(char *line, char *program)
{
	char *end;

	line[SCRIPT_LINE_MAX - 1] = '\0';
	line[strcspn(line, "\n")] = '\0';
	line += 2 + strspn(line + 2, " \t");
	end = line + strcspn(line, " \t");
	if (end == line || *line != '/')
		return false;
	*end = '\0';
	strcpy(program, line);
	return true;
}

static bool file_decide(struct cover *cover, int fd)
{
	union {
		Elf64_Ehdr elf;
		char line[SCRIPT_LINE_MAX];
	} start = { 0 };

	if (pread(fd, &start, sizeof(start), 0) < 0) {
		unusable(cover, errno);
	} else if (!memcmp(start.elf.e_ident, ELFMAG, SELFMAG)) {
		elf_decide(cover, fd, &start.elf);
	} else if (!memcmp(start.line, "#!", 2)) {
		if (interpreter_read(start.line, cover->program))
			return false;
		unusable(cover, ENOEXEC);
	} else {
		/* execvp() has the shell run it. */
		strcpy(cover->program, "/bin/sh");
		return false;
	}
	return true;
}

static bool has_capabilities(int fd)
{
	return geteuid() && fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

static bool is_privileged(int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return false;
	return (st.st_mode & S_ISUID && st.st_uid != geteuid()) ||
	       (st.st_mode & S_ISGID && st.st_gid != getegid()) ||
	       has_capabilities(fd);
}

/*
 * A file's capabilities make the dynamic linker ignore LD_PRELOAD (AT_SECURE) even
 * where, without new privileges, the program does not get them; as ping, which
 * would then run on the host's network.
 */
static void capabilities_decide(struct cover *cover, int fd)
{
	if (cover->way == COVER_PRELOAD && has_capabilities(fd))
		decide(cover, COVER_TRAP,
		       "it has capabilities, so that nothing is preloaded");
}

/* Return: is it decided? If not, cover->program is the next to look at. */
static bool program_decide(struct cover *cover)
{
	int fd = open(cover->program, O_RDONLY | O_CLOEXEC);
	bool decided;

	if (fd < 0) {
		if (errno == EACCES)
			decide(cover, COVER_REFUSE,
			       "it cannot be read, so nothing is known of it");
		else
			unusable(cover, errno);
		return true;
	}
	cover->privileged = is_privileged(fd);
	decided = file_decide(cover, fd);
	capabilities_decide(cover, fd);
	close(fd);
	return decided;
}

void cover_find(const char *name, struct cover *cover)
{
	int i, err;

	memset(cover, 0, sizeof(*cover));
	err = program_find(name, cover->path);
	if (err) {
		unusable(cover, err);
		return;
	}
	strcpy(cover->program, cover->path);
	for (i = 0; i <= SCRIPTS_MAX; i++)
		if (program_decide(cover))
			return;
	unusable(cover, ELOOP);
}
