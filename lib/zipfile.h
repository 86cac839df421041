/* zipfile.h - a zip archive made in memory. The only module that knows libzip.
 * Entries stand in the order given, all with the same old date and mode 0600,
 * so that the same input gives the same archive. */
#ifndef OTS_ZIPFILE_H
#define OTS_ZIPFILE_H

#include <stddef.h>

#include "buf.h"
#include "str.h"

struct zipfile_entry {
	const char *name; /* "folder/file" */
	struct slice bytes;
};

/* May a file of an archive be called so? 1 to 255 bytes of A-Z a-z 0-9 and
 * . _ - @ + in parts between single slashes, none of which is empty, begins
 * with a dot or a hyphen or ends with a dot: nothing that any system could
 * take for a way out of the folder or for an option of a command. */
bool zipfile_name_ok(const char *name);

/* Append the archive to *out. 0, or -1 with errno: EINVAL (a name that is not
 * ok, or one twice, also when they differ only in case), ENOBUFS, ENOMEM, EIO
 * (the library failed). */
int zipfile_make(const struct zipfile_entry *e, size_t n, struct buf *out);

#endif
