/* files.h - whole files, and all of what there is to write. */
#ifndef OTS_FILES_H
#define OTS_FILES_H

#include "buf.h"

/* Append what is left to read of fd, or the whole file of that name, to *out:
 * its maximum is that of all that is in it then (one with `wipe` leaves no
 * trace of a secret). Waits for what comes by a pipe. 0, or -1 with errno:
 * EFBIG (there is more), ENOMEM, or that of open(2) or read(2). *out is the
 * caller's also then, and holds what was read before. */
int files_read_fd(int fd, struct buf *out);
int files_read(const char *path, struct buf *out);

/* Write all of it. 0, or -1 with errno. */
int files_write_fd(int fd, struct slice bytes);

#endif
