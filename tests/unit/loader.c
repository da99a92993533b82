// SPDX-License-Identifier: GPL-2.0
/*
 * loader.c - the image loader: fresh instances, both ways to get the contents,
 * and every kind of bad image.
 *
 * Layer:   tests/unit; no kernel. The image is a small shared object that the
 *	compiler makes from the text below, in a directory of the test's own.
 */
#include "tools/lkl/lib/loader.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE	4096UL

/*
 * An image as the kernel is one: code, constants with and without pointers,
 * data, zeros. Its entry counts its calls in data and returns the count, or a
 * negative number for what it found wrong.
 */
static const char source[] =
	"typedef unsigned long u64;\n"
	"struct info { u64 base, size, span; };\n"
	"static const char word[] = \"constant\";\n"
	"static int calls = 41;\n"
	"static int *pointer = &calls;\n"
	"static int *const fixed[] = { &calls, &calls };\n"
	"static char zeros[3 * 4096 + 100];\n"
	"__attribute__((visibility(\"default\")))\n"
	"int lkl_kernel_entry(void *ops, struct info *info, void **result)\n"
	"{\n"
	"	static volatile int one = 1;\n"
	"	u64 end = (u64)(zeros + sizeof(zeros));\n"
	"	unsigned int i;\n"
	"	(void)ops;\n"
	"	if (pointer != &calls || fixed[one] != &calls) return -1;\n"
	"	for (i = 0; i < sizeof(zeros); i++) if (zeros[i]) return -2;\n"
	"	if (word[one] != 'o') return -3;\n"
	"	if (info->base > (u64)word || end > info->base + info->size)\n"
	"		return -4;\n"
	"	*result = (void *)fixed;\n"
	"	return ++*pointer;\n"
	"}\n";

#define COMPILE "-O1 -fPIC -fvisibility=hidden -fno-stack-protector"
#define LINK	"-shared -nostdlib -Wl,--build-id=sha1,-z,relro,-z,max-page-size=4096"

static char dir[] = "/tmp/lkl-loader-XXXXXX";

static void path_of(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", dir, name);
}

/* Compile the image to <dir>/<name> with more linker options. */
static void image_compile(const char *name, const char *options)
{
	char command[512];
	FILE *cc;

	snprintf(command, sizeof(command), "cc -x c - -o %s/%s %s %s %s", dir,
		 name, COMPILE, LINK, options);
	cc = popen(command, "w");
	cr_assert(cc);
	fputs(source, cc);
	cr_assert_eq(pclose(cc), 0, "%s", command);
}

static void setup(void)
{
	cr_assert(mkdtemp(dir));
	image_compile("image", "");
}

static void teardown(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	cr_assert_eq(system(command), 0);
}

TestSuite(loader, .init = setup, .fini = teardown);

/* An image in memory. */
struct bytes {
	uint8_t *start;
	size_t size;
};

/* Map <dir>/<name> from @offset, as the library that contains it is mapped. */
static struct bytes file_map(const char *name, size_t offset)
{
	struct bytes bytes;
	struct stat st;
	char path[64];
	int fd;

	path_of(path, sizeof(path), name);
	fd = open(path, O_RDONLY);
	cr_assert(fd >= 0 && !fstat(fd, &st));
	bytes.size = (size_t)st.st_size - offset;
	bytes.start = mmap(NULL, bytes.size, PROT_READ, MAP_PRIVATE, fd,
			   (off_t)offset);
	cr_assert(bytes.start != MAP_FAILED);
	close(fd);
	return bytes;
}

/* A copy in memory of nobody's, with a page after it that must not be read. */
static struct bytes bytes_copy(struct bytes from)
{
	size_t room = (from.size + PAGE - 1) / PAGE * PAGE;
	struct bytes copy = { .size = from.size };

	copy.start = mmap(NULL, room + PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert(copy.start != MAP_FAILED);
	memcpy(copy.start, from.start, from.size);
	cr_assert_eq(mprotect(copy.start + room, PAGE, PROT_NONE), 0);
	return copy;
}

static int load(struct loaded_image *loaded, struct bytes bytes)
{
	return loader_load(loaded, bytes.start, bytes.size);
}

static int enter(struct loaded_image *loaded)
{
	const struct lkl_kernel_calls *calls;

	return loaded->entry(NULL, &loaded->info, &calls);
}

/* The line of /proc/self/maps for @addr; false if nothing is mapped there. */
static bool map_line(uint64_t addr, char *line, int size)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	bool found = false;

	cr_assert(maps);
	while (!found && fgets(line, size, maps))
		found = sscanf(line, "%lx-%lx", &start, &end) == 2 &&
			addr >= start && addr < end;
	fclose(maps);
	return found;
}

static int descriptors(void)
{
	int fd, open_ones = 0;

	for (fd = 0; fd < 1024; fd++)
		open_ones += fcntl(fd, F_GETFD) >= 0;
	return open_ones;
}

/* Every load is a fresh instance: what one changed, the next does not see. */
Test(loader, each_load_is_fresh)
{
	struct bytes bytes = file_map("image", 0);
	struct loaded_image a, b;

	cr_assert_eq(load(&a, bytes), 0);
	cr_assert_eq(enter(&a), 42);
	cr_assert_eq(enter(&a), 43);
	cr_assert_eq(load(&b, bytes), 0);
	cr_assert_eq(enter(&b), 42);
	cr_assert_eq(enter(&a), 44);
	loader_unload(&a);
	cr_assert_eq(enter(&b), 43);
	loader_unload(&b);
}

/* The base is aligned as promised, and the span is there and empty after it. */
Test(loader, span_is_reserved)
{
	struct loaded_image a;
	char line[256];

	cr_assert_eq(load(&a, file_map("image", 0)), 0);
	cr_assert_eq(a.info.image_base % LKL_IMAGE_ALIGN, 0);
	cr_assert_eq(a.info.span_size, LOADER_SPAN);
	cr_assert(map_line(a.info.image_base + a.info.span_size - 1, line, 256));
	cr_assert(strstr(line, " ---p "), "%s", line);
	cr_assert(map_line(a.info.image_base + a.info.image_size, line, 256));
	cr_assert(strstr(line, " ---p "), "%s", line);
	loader_unload(&a);
}

/* Code is mapped from the file itself, so that everybody shares it. */
Test(loader, code_comes_from_the_file)
{
	struct loaded_image a;
	char line[256], path[64];

	path_of(path, sizeof(path), "image");
	cr_assert_eq(load(&a, file_map("image", 0)), 0);
	cr_assert(map_line((uintptr_t)a.entry, line, sizeof(line)));
	cr_assert(strstr(line, " r-xp ") && strstr(line, path), "%s", line);
	cr_assert_str_eq(a.debug.path, path);
	loader_unload(&a);
}

/* An image inside a larger file is found at its place there. */
Test(loader, image_inside_a_file)
{
	struct loaded_image a;
	char command[256];

	snprintf(command, sizeof(command),
		 "cd %s && (head -c 12288 /dev/zero; cat image image) > lib", dir);
	cr_assert_eq(system(command), 0);
	cr_assert_eq(load(&a, file_map("lib", 12288)), 0);
	cr_assert_eq(enter(&a), 42);
	cr_assert_eq(a.debug.offset, 12288);
	loader_unload(&a);
}

/* Constants with pointers are read-only once they are relocated. */
Test(loader, relro_is_protected)
{
	struct loaded_image a;
	const struct lkl_kernel_calls *fixed;
	char line[256];

	cr_assert_eq(load(&a, file_map("image", 0)), 0);
	cr_assert_eq(a.entry(NULL, &a.info, &fixed), 42);
	cr_assert(map_line((uintptr_t)fixed, line, sizeof(line)));
	cr_assert(strstr(line, " r--p "), "%s", line);
	loader_unload(&a);
}

/* Both hash tables and both relocation tables are understood. */
Test(loader, table_variants)
{
	static const char *const options[] = {
		"-Wl,--hash-style=sysv", "-Wl,--hash-style=gnu",
		"-Wl,--hash-style=both", "-Wl,-z,pack-relative-relocs",
	};
	struct loaded_image a;
	unsigned int i;

	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		image_compile("variant", options[i]);
		cr_assert_eq(load(&a, file_map("variant", 0)), 0, "%s",
			     options[i]);
		cr_assert_eq(enter(&a), 42, "%s", options[i]);
		loader_unload(&a);
	}
}

static void assert_copied(struct bytes bytes)
{
	struct loaded_image a;
	char line[256];

	cr_assert_eq(load(&a, bytes), 0);
	cr_assert_eq(enter(&a), 42);
	cr_assert_null(a.debug.path);
	cr_assert(map_line((uintptr_t)a.entry, line, sizeof(line)));
	cr_assert(strstr(line, " r-xp ") && !strchr(line, '/'), "%s", line);
	loader_unload(&a);
}

/* Without a file the image is copied, and protected like a mapped one. */
Test(loader, copied_when_there_is_no_file)
{
	assert_copied(bytes_copy(file_map("image", 0)));
}

/* A file that was deleted, or replaced by another version, is not used. */
Test(loader, copied_when_the_file_is_another)
{
	struct bytes bytes = file_map("image", 0);
	char path[64], other[64];

	path_of(path, sizeof(path), "image");
	path_of(other, sizeof(other), "other");
	cr_assert_eq(unlink(path), 0);
	assert_copied(bytes);

	image_compile("other", "-Wl,--defsym=another=1");
	cr_assert_eq(rename(other, path), 0);
	assert_copied(bytes);
}

/* An image without a build ID cannot be told from another version. */
Test(loader, copied_without_build_id)
{
	image_compile("anonymous", "-Wl,--build-id=none");
	assert_copied(file_map("anonymous", 0));
}

/* Debuggers find all instances, the newest first, and only those. */
Test(loader, debugger_list)
{
	struct bytes bytes = file_map("image", 0);
	struct loaded_image a, b;

	cr_assert_null(lkl_debug_instances);
	cr_assert_eq(load(&a, bytes), 0);
	cr_assert_eq(load(&b, bytes), 0);
	cr_assert_eq(lkl_debug_instances, &b.debug);
	cr_assert_eq(b.debug.next, &a.debug);
	cr_assert_eq(a.debug.base, a.info.image_base);
	cr_assert_eq(a.debug.size, a.info.image_size);
	loader_unload(&b);
	cr_assert_eq(lkl_debug_instances, &a.debug);
	loader_unload(&a);
	cr_assert_null(lkl_debug_instances);
}

static uint64_t address_space(void)
{
	FILE *statm = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	cr_assert(statm && fscanf(statm, "%lu", &pages) == 1);
	fclose(statm);
	return pages * PAGE;
}

/* With little address space the span is smaller, or the load fails cleanly. */
Test(loader, little_address_space)
{
	struct bytes bytes = file_map("image", 0);
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	struct loaded_image a;
	uint64_t before;

	limit.rlim_cur = address_space() + (600ULL << 30);
	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
	cr_assert_eq(load(&a, bytes), 0);
	cr_assert_eq(a.info.span_size, LKL_SPAN_MIN);
	cr_assert_eq(enter(&a), 42);
	loader_unload(&a);

	before = address_space();
	limit.rlim_cur = before + (100ULL << 30);
	cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
	cr_assert_eq(load(&a, bytes), -ENOMEM);
	cr_assert_eq(address_space(), before);
}

/*
 * Bad images. Each edit makes one thing wrong in a good one.
 */

static Elf64_Phdr *segment(struct bytes image, uint32_t type, int index)
{
	Elf64_Ehdr *eh = (Elf64_Ehdr *)image.start;
	Elf64_Phdr *ph = (Elf64_Phdr *)(image.start + eh->e_phoff);
	int i;

	for (i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == type && index-- == 0)
			return &ph[i];
	cr_assert_fail("none of type %u", type);
	return NULL;
}

/* The image's data segment: the last PT_LOAD. */
static Elf64_Phdr *data_segment(struct bytes image)
{
	Elf64_Phdr *ph = segment(image, PT_LOAD, 0);
	int i;

	for (i = 1; !(ph->p_flags & PF_W); i++)
		ph = segment(image, PT_LOAD, i);
	return ph;
}

static Elf64_Dyn *dynamic(struct bytes image, int64_t tag)
{
	Elf64_Phdr *ph = segment(image, PT_DYNAMIC, 0);
	Elf64_Dyn *dyn = (Elf64_Dyn *)(image.start + ph->p_offset);

	for (; dyn->d_tag != DT_NULL; dyn++)
		if (dyn->d_tag == tag)
			return dyn;
	cr_assert_fail("no tag %ld", (long)tag);
	return NULL;
}

/* Tables that are read are in the first segment, where both are the same. */
static Elf64_Rela *relocation(struct bytes image)
{
	return (Elf64_Rela *)(image.start + dynamic(image, DT_RELA)->d_un.d_ptr);
}

static Elf64_Sym *entry_symbol(struct bytes image)
{
	Elf64_Sym *sym = (Elf64_Sym *)(image.start +
				       dynamic(image, DT_SYMTAB)->d_un.d_ptr);
	const char *names = (const char *)image.start +
			    dynamic(image, DT_STRTAB)->d_un.d_ptr;

	while (strcmp(names + sym->st_name, LKL_KERNEL_ENTRY))
		sym++;
	return sym;
}

#define EDIT(name, statement) \
	static void name(struct bytes image) { statement; }

EDIT(bad_magic, image.start[1] = 'X')
EDIT(bad_class, image.start[EI_CLASS] = ELFCLASS32)
EDIT(bad_order, image.start[EI_DATA] = ELFDATA2MSB)
EDIT(bad_type, ((Elf64_Ehdr *)image.start)->e_type = ET_EXEC)
EDIT(bad_machine, ((Elf64_Ehdr *)image.start)->e_machine = EM_386)
EDIT(bad_phoff, ((Elf64_Ehdr *)image.start)->e_phoff = image.size - 8)
EDIT(bad_phoff_wraps, ((Elf64_Ehdr *)image.start)->e_phoff = UINT64_MAX - 7)
EDIT(bad_phnum, ((Elf64_Ehdr *)image.start)->e_phnum = 0xffff)
EDIT(bad_phentsize, ((Elf64_Ehdr *)image.start)->e_phentsize = 8)
EDIT(bad_offset, data_segment(image)->p_offset += 1UL << 40)
EDIT(bad_offset_wraps, data_segment(image)->p_offset = -PAGE)
EDIT(bad_vaddr, data_segment(image)->p_vaddr += 1UL << 40)
EDIT(bad_vaddr_wraps, data_segment(image)->p_vaddr = -PAGE)
EDIT(bad_congruence, data_segment(image)->p_vaddr += 8)
EDIT(bad_overlap, data_segment(image)->p_vaddr -= 2 * PAGE)
EDIT(bad_filesz, data_segment(image)->p_filesz = 1UL << 40)
EDIT(bad_memsz, data_segment(image)->p_memsz = 16)
EDIT(bad_memsz_huge, data_segment(image)->p_memsz = 1UL << 40)
EDIT(bad_write_exec, data_segment(image)->p_flags |= PF_X)
EDIT(bad_relro, segment(image, PT_GNU_RELRO, 0)->p_memsz = 1UL << 40)
EDIT(bad_no_dynamic, segment(image, PT_DYNAMIC, 0)->p_type = PT_NULL)
EDIT(bad_dynamic, segment(image, PT_DYNAMIC, 0)->p_vaddr += 1UL << 30)
EDIT(bad_tls, segment(image, PT_GNU_STACK, 0)->p_type = PT_TLS)
EDIT(bad_interp, segment(image, PT_GNU_STACK, 0)->p_type = PT_INTERP)
EDIT(bad_needed, dynamic(image, DT_RELACOUNT)->d_tag = DT_NEEDED)
EDIT(bad_textrel, dynamic(image, DT_RELACOUNT)->d_tag = DT_TEXTREL)
EDIT(bad_rel, dynamic(image, DT_RELACOUNT)->d_tag = DT_REL)
EDIT(bad_init, dynamic(image, DT_RELACOUNT)->d_tag = DT_INIT)
EDIT(bad_plt, dynamic(image, DT_RELACOUNT)->d_tag = DT_PLTRELSZ)
EDIT(bad_rela, dynamic(image, DT_RELA)->d_un.d_ptr = 1UL << 40)
EDIT(bad_relasz, dynamic(image, DT_RELASZ)->d_un.d_val = 24UL << 40)
EDIT(bad_relasz_odd, dynamic(image, DT_RELASZ)->d_un.d_val -= 1)
EDIT(bad_relaent, dynamic(image, DT_RELAENT)->d_un.d_val = 16)
EDIT(bad_symtab, dynamic(image, DT_SYMTAB)->d_un.d_ptr = 1UL << 40)
EDIT(bad_strtab, dynamic(image, DT_STRTAB)->d_un.d_ptr = 1UL << 40)
EDIT(bad_strsz, dynamic(image, DT_STRSZ)->d_un.d_val = 4)
EDIT(bad_hash, dynamic(image, DT_GNU_HASH)->d_un.d_ptr = 1UL << 40)
EDIT(bad_relocation, relocation(image)->r_info = ELF64_R_INFO(0, R_X86_64_64))
EDIT(bad_relocation_symbol, relocation(image)->r_info |= 1UL << 32)
EDIT(bad_relocation_code, relocation(image)->r_offset = entry_symbol(image)->st_value)
EDIT(bad_relocation_far, relocation(image)->r_offset = -4UL)
EDIT(bad_symbol_undefined, entry_symbol(image)->st_shndx = SHN_UNDEF)
EDIT(bad_symbol_type, entry_symbol(image)->st_info = STT_TLS)
EDIT(bad_symbol_name, entry_symbol(image)->st_name = 0xfffffff0)
EDIT(bad_symbol_value, entry_symbol(image)->st_value = 1UL << 40)
EDIT(bad_symbol_in_data, entry_symbol(image)->st_value = data_segment(image)->p_vaddr)

/* Each thing that can be wrong is refused, and nothing is left behind. */
Test(loader, bad_images_are_refused)
{
#define BAD(name) { #name, bad_##name }
	static const struct {
		const char *name;
		void (*edit)(struct bytes image);
	} bad[] = {
		BAD(magic), BAD(class), BAD(order), BAD(type), BAD(machine),
		BAD(phoff), BAD(phoff_wraps), BAD(phnum), BAD(phentsize),
		BAD(offset), BAD(offset_wraps), BAD(vaddr), BAD(vaddr_wraps),
		BAD(congruence), BAD(overlap), BAD(filesz), BAD(memsz),
		BAD(memsz_huge), BAD(write_exec), BAD(relro), BAD(no_dynamic),
		BAD(dynamic), BAD(tls), BAD(interp), BAD(needed), BAD(textrel),
		BAD(rel), BAD(init), BAD(plt), BAD(rela), BAD(relasz),
		BAD(relasz_odd), BAD(relaent), BAD(symtab), BAD(strtab),
		BAD(strsz), BAD(hash), BAD(relocation), BAD(relocation_symbol),
		BAD(relocation_code), BAD(relocation_far),
		BAD(symbol_undefined), BAD(symbol_type), BAD(symbol_name),
		BAD(symbol_value), BAD(symbol_in_data),
	};
	struct bytes good = file_map("image", 0), copy = bytes_copy(good);
	uint64_t before = address_space();
	struct loaded_image a;
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(copy.start, good.start, good.size);
		bad[i].edit(copy);
		cr_assert_eq(load(&a, copy), -ENOEXEC, "%s", bad[i].name);
		cr_assert_eq(address_space(), before, "%s", bad[i].name);
	}
	memcpy(copy.start, good.start, good.size);
	cr_assert_eq(load(&a, copy), 0, "the copy itself is good");
	loader_unload(&a);
}

/* An image cut off anywhere before its section headers is refused. */
Test(loader, truncated_images_are_refused)
{
	struct bytes good = file_map("image", 0);
	Elf64_Phdr *data = data_segment(good);
	size_t size, end = data->p_offset + data->p_filesz;
	struct loaded_image a;

	for (size = 0; size < end; size += size < 1024 ? 1 : 97) {
		struct bytes cut = { good.start, size };
		struct bytes copy = bytes_copy(cut);

		cr_assert_eq(load(&a, copy), -ENOEXEC, "%zu", size);
		munmap(copy.start, (size + PAGE - 1) / PAGE * PAGE + PAGE);
	}
}

/* Any byte of the tables may be anything: load or refuse, never crash. */
Test(loader, random_damage)
{
	struct bytes good = file_map("image", 0), copy = bytes_copy(good);
	Elf64_Phdr *dyn = segment(good, PT_DYNAMIC, 0);
	unsigned int seed = 1, i, k;
	struct loaded_image a;

	for (i = 0; i < 20000; i++) {
		memcpy(copy.start, good.start, good.size);
		for (k = 0; k <= i % 3; k++) {
			/* Headers and tables, or the dynamic section. */
			size_t at = rand_r(&seed) % 2 ?
				(size_t)rand_r(&seed) % 1024 :
				dyn->p_offset + (size_t)rand_r(&seed) % dyn->p_filesz;

			copy.start[at] = rand_r(&seed) % 2 ?
					 (uint8_t)rand_r(&seed) : 0xff;
		}
		if (!load(&a, copy))
			loader_unload(&a);
	}
}

/* Loading and failing to load leave no address space and no descriptor. */
Test(loader, nothing_leaks)
{
	struct bytes good = file_map("image", 0), bad = bytes_copy(good);
	struct loaded_image a;
	uint64_t before = 0;
	int fds = 0, i;

	bad_relocation(bad);
	for (i = 0; i < 101; i++) {
		cr_assert_eq(load(&a, good), 0);
		cr_assert_eq(enter(&a), 42);
		loader_unload(&a);
		cr_assert_eq(load(&a, bad), -ENOEXEC);
		if (i)
			continue;
		before = address_space();
		fds = descriptors();
	}
	/* The heap may grow a little; one span is far more than that. */
	cr_assert_lt(address_space() - before, 1UL << 30);
	cr_assert_eq(descriptors(), fds);
}
