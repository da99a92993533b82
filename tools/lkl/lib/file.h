/* SPDX-License-Identifier: GPL-2.0 */
/*
 * file.h - small files of the kernel (sysfs, procfs), whole
 *
 * Layer:   tools/lkl/lib, internal, above system calls.
 * Users:   blockdev.c, sysctl.c.
 */
#ifndef LKL_LIB_FILE_H
#define LKL_LIB_FILE_H

#include <stddef.h>

/**
 * file_read - read a small file
 * @path: its name
 * @buf: filled, without a newline at the end, and terminated
 * @size: its size in bytes; more is cut off
 *
 * Return: 0 or the error of open(2) or read(2).
 */
int file_read(const char *path, char *buf, size_t size);

/**
 * file_write - write a small file with one call
 * @path: its name
 * @str: what to write
 *
 * Return: 0 or the error of open(2) or write(2); -EIO if it takes only a part.
 */
int file_write(const char *path, const char *str);

#endif /* LKL_LIB_FILE_H */
