/* SPDX-License-Identifier: GPL-2.0 */
/*
 * embed.S - the kernel image inside the library
 *
 * Layer:   tools/lkl/lib; found by loader.c.
 *
 * The image starts on a page of the file that contains it, so that the loader
 * can map it from there. The build adds a symbol for each kernel function to
 * this section, by its offset (tools/build/image-syms): profilers look names
 * up by file offset. For them the two symbols below have neither type nor
 * size, or they would seem to be one large function that covers all others,
 * and nothing may precede the image in its section.
 */
	.section .lkl_image, "a", @progbits
	.balign	4096
	.globl	lkl_image_start
	.hidden	lkl_image_start
lkl_image_start:
	.incbin	LKL_IMAGE_FILE
	.globl	lkl_image_end
	.hidden	lkl_image_end
lkl_image_end:
	.balign	4096

	.section .note.GNU-stack, "", @progbits
