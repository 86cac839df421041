/* manifest.h - MANIFEST/manifest.xml of a data package (marti-http 3.9).
 * Pure. */
#ifndef OTS_CERTS_MANIFEST_H
#define OTS_CERTS_MANIFEST_H

#include <stddef.h>

#include "buf.h"

/* Append the manifest of a package with that uid and name, which holds the
 * files of those n names. The device imports them and then deletes the package:
 * it holds a key. 0, or -1 with errno as pref_make. */
int manifest_make(struct buf *out, const char *uid, const char *name,
    const char *const *files, size_t n);

#endif
