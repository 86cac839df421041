/* format.h - records as JSON, for people and scripts. Pure. */
#ifndef OTS_FORMAT_H
#define OTS_FORMAT_H

#include "buf.h"
#include "record.h"

/* One object on one line: labels are keys, values strings; of a label that
 * repeats, an array; pb, which nobody can read, is left out. Bytes that are not
 * UTF-8 become U+FFFD. 0, or -1 with errno (buf.h). */
int format_json(struct buf *out, const struct rec *r);

/* A JSON string with its quotes. */
int format_json_string(struct buf *out, struct slice text);

#endif
