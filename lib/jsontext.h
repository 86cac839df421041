/* jsontext.h - the one place that writes a string as JSON (RFC 8259). Pure. */
#ifndef OTS_JSONTEXT_H
#define OTS_JSONTEXT_H

#include <stdint.h>

#include "buf.h"
#include "str.h"

/* Append s with quotes and escapes. Bytes that are not UTF-8 become U+FFFD.
 * 0, or -1 with errno (buf.h). */
int json_str(struct buf *out, struct slice s);

/* Members of an object that was begun with "{": a comma goes before all but
 * the first, `,"name":"value"`. */
int json_put(struct buf *out, const char *name, struct slice value);
int json_puts(struct buf *out, const char *name, const char *value);
int json_put_u64(struct buf *out, const char *name, uint64_t value);
int json_put_bool(struct buf *out, const char *name, bool value);

#endif
