# SPDX-License-Identifier: GPL-2.0
#
# How everything is built. What is built is listed in Kbuild.
#
#   kernel source + arch/lkl  ->  build/vmlinux      (the kernel's own Kbuild)
#   vmlinux, stripped         ->  build/lkl-image    (embedded by embed.S)
#   host/posix, drivers/virtio, tools/lkl/lib, lkl-image
#                             ->  build/liblkl.so, build/liblkl.a
#   tools/lkl/*               ->  build/bin/*
#
# `make help` lists the targets and variables.

B		:= build
PREFIX		?= /usr/local
LIBDIR		?= $(PREFIX)/lib
KERNEL_SRC	?= /usr/src/linux-source-6.12.tar.xz
SOMAJOR		:= 1
VERSION		:= $(SOMAJOR).0.0

ifneq ($(filter default undefined,$(origin CC)),)
CC		:= gcc
endif
AR		:= ar
OPT		?= -O2 -g
Q		:= $(if $(filter 1,$(V)),,@)
say		= $(if $(filter 1,$(V)),:,printf '  %-7s %s\n' $(1) $(2))
comma		:= ,

MAKEFLAGS	+= -rR --no-print-directory
# As parallel as the machine, unless the command line says otherwise.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS	+= -j$(shell nproc)
endif
# What the caller's environment may hold must not reach the kernel's build.
unexport CFLAGS LDFLAGS ARCH CROSS_COMPILE O

.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL	:= all
.PHONY: all help deps demo check bench soak gdb install uninstall clean \
	check-build bench-build FORCE

# The processor, by which Kbuild picks the files that differ with it.
CPU		:= $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))

include Kbuild

# ---------------------------------------------------------------------------
# Commands, each rebuilt when its text changes (see $(B)/flags)

WARN		:= -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes \
		   -Wshadow -Wno-unused-parameter
HOST_CFLAGS	:= -std=gnu11 $(OPT) -D_GNU_SOURCE= -fPIC -fvisibility=hidden $(WARN)
SAN_CFLAGS	:= -fsanitize=address,undefined -fno-sanitize-recover=all \
		   -fno-omit-frame-pointer -Wno-frame-larger-than

# Include paths by layer: a layer sees the headers of those below it only.
inc-host/posix/		:= -I.
inc-drivers/virtio/	:= -I.
inc-tools/lkl/lib/	:= -I. -Itools/lkl/include -I$(B)/include
inc-tools		:= -Itools/lkl/include -I$(B)/include
inc-tools/lkl/image/	:= -I. $(inc-tools)
inc-tools/lkl/info/	:= -Itools/lkl/image -Itools/lkl/cp $(inc-tools)
inc-tools/lkl/hijack/preload/ := -Itools/lkl/hijack $(inc-tools)
inc-tools/lkl/hijack/service/ := -iquote tools/lkl/hijack/preload -Itools/lkl/hijack $(inc-tools)
inc-tests/unit/	:= -I. -Itools/lkl/include -I$(B)/include -iquote tools/lkl/hijack
inc-tests/tools/	:= -Itools/lkl/hijack/trap -Itools/lkl/image -Itools/lkl/cp $(inc-tools)
inc-tests		:= -I. -Itools/lkl/include -I$(B)/include
include_path		= $(or $(inc-$(dir $(1))),$(inc-$(firstword $(subst /, ,$(1)))))

LIB_LIBS	:= -lpthread
# Linked into the library, so that it needs nothing but libc.
LIB_ARCHIVES	:= $(shell $(CC) -print-file-name=liburing.a)
TEST_LIBS	:= -lcriterion $(LIB_ARCHIVES) $(LIB_LIBS)

# Flags of single directories. Devices run on the kernel's stacks, of 32 KiB; the
# preload library is there from the start.
cflags-drivers/virtio/	:= -Wframe-larger-than=2048
cflags-tools/lkl/hijack/preload/ := -ftls-model=initial-exec
cflags-tools/lkl/hijack/service/ := -ftls-model=initial-exec

compile		= $(CC) $(HOST_CFLAGS) $(cflags-$(dir $<)) $(call include_path,$<) -MMD -MP -c -o $@ $<

# filechk: replace $@ by the lines made by $(1) only if they differ.
define filechk
	$(Q)mkdir -p $(@D)
	$(Q)$(1) > $@.tmp
	$(Q)cmp -s $@.tmp $@ && rm -f $@.tmp || mv $@.tmp $@
endef

all: $(B)/liblkl.so $(B)/liblkl.a $(B)/lkl.pc $(B)/liblkl-hijack.so \
     $(tools-y:%=$(B)/bin/%) $(links-y:%=$(B)/bin/%) $(B)/vmlinux

help:
	@echo 'Targets:'
	@echo '  all        library, headers, tools in $(B)/ (the default)'
	@echo '  deps       install missing Debian packages (root or sudo)'
	@echo '  demo       a source tree into an ext4 image and back, as an ordinary user'
	@echo '  check      build and run every test suite'
	@echo '  bench      measure against the host kernel, table and $(B)/bench.json'
	@echo '  soak       suites again and again, more damage: SOAK=<minutes>, default 30'
	@echo '  gdb        how to debug; PROG="program arguments" starts gdb on it'
	@echo '  install    DESTDIR= PREFIX=$(PREFIX) LIBDIR=$(LIBDIR)'
	@echo '  uninstall  the same files, removed'
	@echo '  clean      remove $(B)/'
	@echo 'Variables:'
	@echo '  KERNEL_SRC=<tree or tarball> of Linux 6.12.y'
	@echo '             now $(KERNEL_SRC)'
	@echo '  V=1        show commands'
	@echo '  OPT=       optimisation and debug flags of the host half, now $(OPT)'

# ---------------------------------------------------------------------------
# Kernel image: kernel source, overlay, configuration, vmlinux

SRC		:= $(B)/linux-src
KOBJ		:= $(B)/kernel
kmake		= $(MAKE) -C $(SRC) O=$(CURDIR)/$(KOBJ) ARCH=lkl \
		  KBUILD_BUILD_USER=lkl KBUILD_BUILD_HOST=lkl \
		  KBUILD_BUILD_VERSION=1 \
		  KBUILD_BUILD_TIMESTAMP="$$(date -u -r $(SRC)/Makefile)"

overlay		:= $(shell find arch/lkl -type f)

# Which source was asked for: unpacked again when that changes.
$(B)/kernel-src: FORCE
	$(call filechk,echo '$(KERNEL_SRC)')

$(B)/linux-src.stamp: $(B)/kernel-src $(if $(wildcard $(KERNEL_SRC)/.),,$(wildcard $(KERNEL_SRC)))
	@$(call say,UNPACK,$(KERNEL_SRC))
	$(Q)tools/build/unpack-kernel '$(KERNEL_SRC)' $(SRC)
	$(Q)rm -rf $(KOBJ) && touch $@

# The list of names, so that a file taken away counts as a change too.
$(B)/overlay.list: FORCE
	$(call filechk,printf '%s\n' $(sort $(overlay)))

$(B)/overlay.stamp: $(B)/linux-src.stamp $(B)/overlay.list $(overlay) host/ops.h \
		    tools/build/lay-overlay
	@$(call say,OVERLAY,arch/lkl)
	$(Q)tools/build/lay-overlay $(SRC) $(KOBJ)
	$(Q)touch $@

$(KOBJ)/.config: arch/lkl/configs/defconfig $(B)/linux-src.stamp | $(B)/overlay.stamp
	@$(call say,CONFIG,$<)
	$(Q)mkdir -p $(KOBJ)
	+$(Q)$(kmake) -s defconfig
	$(Q)touch $@

# Kbuild decides what to compile; it is only asked when something may differ.
# Two of them in one tree would spoil each other's files, hence the lock.
$(B)/kernel.stamp: $(B)/overlay.stamp $(KOBJ)/.config
	@$(call say,KERNEL,$(KOBJ)/vmlinux)
	+$(Q)flock $(B)/kernel.lock $(kmake) vmlinux
	$(Q)touch $@

# Newer than what depends on it only if Kbuild really linked it again.
$(KOBJ)/vmlinux: $(B)/kernel.stamp ;

$(B)/vmlinux: $(KOBJ)/vmlinux
	$(Q)ln -sfn kernel/vmlinux $@

$(B)/lkl-image: $(KOBJ)/vmlinux
	@$(call say,STRIP,$@)
	$(Q)strip --strip-all -o $@ $<

$(B)/lkl-image.syms: $(B)/lkl-image tools/build/image-syms
	@$(call say,SYMS,$@)
	$(Q)tools/build/image-syms $(KOBJ)/vmlinux $(B)/lkl-image .lkl_image > $@

# ---------------------------------------------------------------------------
# Host half

host_objs	:= $(posix-y) $(virtio-y) $(lib-y)
obj		= $(addprefix $(B)/obj/,$(1))
san		= $(addprefix $(B)/san/,$(1))

$(B)/flags: FORCE
	$(call filechk,echo '$(CC) $(HOST_CFLAGS) $(SAN_CFLAGS)')

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@$(call say,CC,$<)
	$(Q)$(compile)

$(B)/san/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@$(call say,CC,'$< [san]')
	$(Q)$(compile) $(SAN_CFLAGS)

# The kernel image, page-aligned, with a local symbol for each kernel function
# so that perf and addr2line can name text that is mapped from the library.
$(B)/obj/tools/lkl/lib/embed.o: tools/lkl/lib/embed.S $(B)/lkl-image \
				$(B)/lkl-image.syms $(B)/flags
	@mkdir -p $(@D)
	@$(call say,AS,$<)
	$(Q)$(CC) -DLKL_IMAGE_FILE='"$(B)/lkl-image"' -c -o $@.tmp $<
	$(Q)objcopy @$(B)/lkl-image.syms $@.tmp $@
	$(Q)rm -f $@.tmp

lib_objs	:= $(call obj,$(host_objs) $(image-y))
SOFILE		:= liblkl.so.$(VERSION)
SONAME		:= liblkl.so.$(SOMAJOR)

$(B)/$(SOFILE): $(lib_objs) tools/lkl/lib/lkl.map
	@$(call say,LD,$@)
	$(Q)$(CC) -shared -o $@ $(lib_objs) $(LIB_ARCHIVES) $(LIB_LIBS) \
		-Wl,-soname,$(SONAME) -Wl,--version-script=tools/lkl/lib/lkl.map \
		-Wl,--no-undefined -Wl,-z,relro,-z,now,-z,noexecstack,-z,nodelete

$(B)/$(SONAME): $(B)/$(SOFILE)
	$(Q)ln -sf $(SOFILE) $@

$(B)/liblkl.so: $(B)/$(SONAME)
	$(Q)ln -sf $(SONAME) $@

# One object with everything but the map's symbols made local, so that nothing
# but the API can clash with a program that links statically.
$(B)/liblkl.a: $(lib_objs) $(B)/lkl.names
	@$(call say,AR,$@)
	$(Q)$(CC) -r -nostdlib -o $(B)/obj/lkl.o $(lib_objs) $(LIB_ARCHIVES)
	$(Q)objcopy --keep-global-symbols=$(B)/lkl.names $(B)/obj/lkl.o
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(B)/obj/lkl.o

$(B)/lkl.names: tools/lkl/lib/lkl.map
	$(Q)sed -n '/global:/,/local:/s/^[[:space:]]*\([A-Za-z_][A-Za-z0-9_]*\);.*/\1/p' $< > $@

$(B)/lkl.pc: tools/lkl/lib/lkl.pc.in $(B)/pc.sed
	@$(call say,GEN,$@)
	$(Q)sed -f $(B)/pc.sed $< > $@

$(B)/pc.sed: FORCE
	$(call filechk,printf 's|@%s@|%s|\n' PREFIX '$(PREFIX)' LIBDIR '$(LIBDIR)' \
		VERSION '$(VERSION)' LIBS '$(LIB_LIBS)')

# The preload library: its constructor comes before all others, so that libc's
# functions are known when those call them.
HIJACK_MAP	:= tools/lkl/hijack/preload/preload.map

$(B)/liblkl-hijack.so: $(call obj,$(hijack-preload-y) $(hijack-config-y) \
		       $(hijack-apply-y)) $(HIJACK_MAP)
	@$(call say,LD,$@)
	$(Q)$(CC) -shared -o $@ $(filter %.o,$^) -lurcu-bp $(LIB_LIBS) \
		-Wl,-soname,liblkl-hijack.so -Wl,--version-script=$(HIJACK_MAP) \
		-Wl,--no-undefined -Wl,-z,initfirst,-z,nodelete \
		-Wl,-z,relro,-z,now,-z,noexecstack

# ---------------------------------------------------------------------------
# Public headers: copies, so that build/include is what gets installed

public_headers	:= $(addprefix $(B)/include/,$(notdir $(headers-y))) \
		   $(B)/include/host/ops.h $(B)/include/lkl_syscalls.h \
		   $(B)/include/lkl_names.h

# The system calls are the host processor's own.
syscalls-x86_64	:= $(SRC)/arch/x86/entry/syscalls/syscall_64.tbl common,64
syscalls-aarch64 := $(SRC)/scripts/syscall.tbl common,64,renameat,rlimit,memfd_secret

$(B)/include/lkl_syscalls.h: tools/lkl/scripts/gen-syscalls.sh $(B)/linux-src.stamp
	@mkdir -p $(@D)
	@$(call say,GEN,$@)
	$(Q)$< $(syscalls-$(CPU)) $(SRC)/include/linux/syscalls.h > $@

# The lkl_/LKL_ names of the host's structs and constants.
$(B)/include/lkl_names.h: tools/lkl/scripts/gen-names.sh $(headers-y)
	@mkdir -p $(@D)
	@$(call say,GEN,$@)
	$(Q)$< $(CC) $(headers-y) > $@

$(B)/include/host/ops.h: host/ops.h
	@mkdir -p $(@D)
	$(Q)cp $< $@

$(B)/include/%.h: tools/lkl/include/%.h
	@mkdir -p $(@D)
	$(Q)cp $< $@

all: $(public_headers)

# ---------------------------------------------------------------------------
# Tools

define tool_rule
$(B)/bin/$(1): $(call obj,$($(1)-y)) $(B)/liblkl.so
	@mkdir -p $$(@D)
	@$$(call say,LD,$$@)
	$$(Q)$$(CC) -o $$@ $(call obj,$($(1)-y)) -L$(B) -llkl $($(1)-libs) \
		$$(LIB_LIBS) -Wl,-rpath,'$$$$ORIGIN/..'
endef
$(foreach t,$(tools-y),$(eval $(call tool_rule,$(t))))

$(links-y:%=$(B)/bin/%): $(B)/bin/%: | $(tools-y:%=$(B)/bin/%)
	$(Q)ln -sfn $($*-to) $@

# ---------------------------------------------------------------------------
# Tests: unit and conformance take the host half's objects as they are, plain
# and under ASan and UBSan; boot is an ordinary program that uses the library.

test_programs	:= $(B)/tests/unit $(B)/tests/conformance \
		   $(B)/tests/unit-san $(B)/tests/conformance-san \
		   $(B)/tests/boot $(test-tools-y:%=$(B)/tests/%)

below		:= $(fake-y) $(posix-y) $(virtio-y)

$(B)/tests/unit: $(call obj,$(unit-y) $(below))
$(B)/tests/conformance: $(call obj,$(conformance-y) $(below))
$(B)/tests/unit-san: $(call san,$(unit-y) $(below))
$(B)/tests/conformance-san: $(call san,$(conformance-y) $(below))
$(B)/tests/unit $(B)/tests/conformance:
	@mkdir -p $(@D)
	@$(call say,LD,$@)
	$(Q)$(CC) -o $@ $^ $(TEST_LIBS)
$(B)/tests/unit-san $(B)/tests/conformance-san:
	@mkdir -p $(@D)
	@$(call say,LD,$@)
	$(Q)$(CC) $(SAN_CFLAGS) -o $@ $^ $(TEST_LIBS)

$(B)/tests/boot: $(call obj,$(boot-y)) $(B)/liblkl.so
	@mkdir -p $(@D)
	@$(call say,LD,$@)
	$(Q)$(CC) -o $@ $(call obj,$(boot-y)) -L$(B) -llkl $(TEST_LIBS) \
		-ldl -Wl,-rpath,'$$ORIGIN/..'

define test_tool_rule
$(B)/tests/$(1): $(call obj,$($(1)-y)) $($(1)-needs)
	@mkdir -p $$(@D)
	@$$(call say,LD,$$@)
	$$(Q)$$(CC) -o $$@ $$^ $($(1)-libs) $$(LIB_LIBS) -Wl,-rpath,'$$$$ORIGIN/..'
endef
$(foreach t,$(test-tools-y),$(eval $(call test_tool_rule,$(t))))

$(B)/tests/bench: $(call obj,$(bench-y)) $(B)/liblkl.so
	@mkdir -p $(@D)
	@$(call say,LD,$@)
	$(Q)$(CC) -o $@ $(call obj,$(bench-y)) -L$(B) -llkl $(LIB_LIBS) \
		-Wl,-rpath,'$$ORIGIN/..'

# The installed files, somewhere else, for the tests that look at them.
$(B)/stage.stamp: $(B)/liblkl.so $(B)/liblkl.a $(B)/lkl.pc $(public_headers) \
		  $(B)/liblkl-hijack.so \
		  $(tools-y:%=$(B)/bin/%) $(man-y) \
		  $(wildcard tools/lkl/completion/*) Makefile
	@$(call say,STAGE,$(B)/stage)
	$(Q)rm -rf $(B)/stage
	+$(Q)$(MAKE) -s install DESTDIR=$(CURDIR)/$(B)/stage PREFIX=/usr/local \
		LIBDIR=/usr/local/lib
	$(Q)touch $@

check-build: all $(test_programs) $(B)/stage.stamp
bench-build: all $(B)/tests/bench

deps:
	@.ci/deps

# Dependencies may appear while these run, so make is started anew after them.
demo: deps
	+@$(MAKE) all
	@tests/demo $(B)

check: deps
	+@$(MAKE) -k check-build && s=0 || s=$$?; tests/run --build-status $$s $(B)

bench: deps
	+@$(MAKE) bench-build
	@tests/bench/bench.py $(B)

SOAK		?= 30
soak: deps
	+@$(MAKE) check-build
	@tests/soak $(B) $(SOAK)

# ---------------------------------------------------------------------------
# Debugging

gdb: $(B)/vmlinux
ifdef PROG
	gdb -x tools/lkl/gdb/lkl-gdb.py --args $(PROG)
else
	@echo 'make gdb PROG="build/bin/cpfromfs -i disk.img -t ext4 / out"'
	@echo 'or, in any gdb session on a program that uses liblkl:'
	@echo '  (gdb) source $(CURDIR)/tools/lkl/gdb/lkl-gdb.py'
	@echo 'Then lkl-symbols (from $(B)/vmlinux, once a kernel is up), lkl-ps,'
	@echo 'lkl-bt and lkl-vcpus; `help lkl-bt` and so on say how.'
endif

# ---------------------------------------------------------------------------
# Install

dest_lib	:= $(DESTDIR)$(LIBDIR)
dest_inc	:= $(DESTDIR)$(PREFIX)/include/lkl
dest_bin	:= $(DESTDIR)$(PREFIX)/bin
dest_man	:= $(DESTDIR)$(PREFIX)/share/man
dest_bash	:= $(DESTDIR)$(PREFIX)/share/bash-completion/completions
dest_zsh	:= $(DESTDIR)$(PREFIX)/share/zsh/site-functions
# Outside the loader's default path, installed tools must know where to look.
run_path	:= $(if $(filter /usr/lib% /lib% /usr/local/lib,$(LIBDIR)),,-Wl$(comma)-rpath$(comma)$(LIBDIR))

install: all
	install -d $(dest_lib)/pkgconfig $(dest_inc)/host $(dest_bin)
	install -m 0755 $(B)/$(SOFILE) $(dest_lib)/
	ln -sf $(SOFILE) $(dest_lib)/$(SONAME)
	ln -sf $(SONAME) $(dest_lib)/liblkl.so
	install -m 0644 $(B)/liblkl.a $(dest_lib)/
	install -m 0755 $(B)/liblkl-hijack.so $(dest_lib)/
	install -m 0644 $(B)/lkl.pc $(dest_lib)/pkgconfig/
	cp -R $(B)/include/. $(dest_inc)/
	set -e; $(foreach t,$(tools-y),$(CC) -o $(dest_bin)/$(t) $(call obj,$($(t)-y)) \
		-L$(B) -llkl $($(t)-libs) $(LIB_LIBS) $(run_path);)
	set -e; $(foreach l,$(links-y),ln -sfn $($(l)-to) $(dest_bin)/$(l);)
	set -e; for p in $(man-y); do s=$${p##*.}; \
		install -d $(dest_man)/man$$s; \
		install -m 0644 $$p $(dest_man)/man$$s/; done
	install -d $(dest_bash) $(dest_zsh)
	set -e; for t in $(completed-y); do \
		install -m 0644 tools/lkl/completion/lkl.bash $(dest_bash)/$$t; done
	set -e; for t in lkl-hijack lkl-hijack.sh; do \
		install -m 0644 tools/lkl/completion/lkl-hijack.bash $(dest_bash)/$$t; done
	install -m 0644 tools/lkl/completion/_lkl $(dest_zsh)/
	[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || ldconfig

uninstall:
	rm -f $(dest_lib)/$(SOFILE) $(dest_lib)/$(SONAME) $(dest_lib)/liblkl.so \
		$(dest_lib)/liblkl-hijack.so \
		$(dest_lib)/liblkl.a $(dest_lib)/pkgconfig/lkl.pc
	rm -f $(addprefix $(dest_bin)/,$(tools-y) $(links-y))
	rm -rf $(dest_inc)
	for p in $(notdir $(man-y)); do rm -f $(dest_man)/man$${p##*.}/$$p; done
	rm -f $(addprefix $(dest_bash)/,$(completed-y) lkl-hijack lkl-hijack.sh) $(dest_zsh)/_lkl

clean:
	rm -rf $(B)

FORCE:

# Every object of the host half and the tests; any of them may include a header
# that is generated or copied, and is compiled only when those are there.
every-y	:= $(sort $(host_objs) $(image-y) $(hijack-preload-y) $(fake-y) $(unit-y) $(conformance-y) \
	$(boot-y) $(bench-y) $(foreach t,$(tools-y) $(test-tools-y),$($(t)-y)))
every_obj := $(call obj,$(every-y)) $(call san,$(every-y))

$(every_obj): | $(public_headers)

-include $(wildcard $(every_obj:%.o=%.d))
