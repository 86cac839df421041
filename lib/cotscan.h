/* cotscan.h - what may be known of a CoT event without parsing XML.
 * Pure. For programs that must not link an XML parser: ots-listen recognises
 * pings, ots-route gives a repeated event new times, ots-replay moves times.
 *
 * Canonical XML (what ots-parse writes, see ots-record(5)) begins with
 *   <event version="2.0" time="T" start="T" stale="T" type="..." uid="..."
 * where each T has 24 bytes (timetext.h), so places are known by offset. */
#ifndef OTS_COTSCAN_H
#define OTS_COTSCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "str.h"

/* Raw value (entities not undone) of an attribute of the root start tag of any
 * event document; false: not there, or the tag is not well-formed so far. */
bool cotscan_attr(struct slice xml, const char *name, struct slice *raw);

/* Inside a start tag: the name at *i, which moves behind it. */
struct slice cotscan_name(struct slice xml, size_t *i);
/* One name="value", the value raw, behind blanks at *i, which moves behind it.
 * False at the end of the tag, or of sense; *i stays. */
bool cotscan_next(
    struct slice xml, size_t *i, struct slice *name, struct slice *value);

/* Is it a canonical event? */
bool cotscan_canonical(struct slice xml);

/* Append a canonical event with other times; -1 with errno EINVAL if it is not
 * canonical, or ENOBUFS, ENOMEM. */
int cotscan_retime(struct buf *out, struct slice xml, int64_t time_ms,
    int64_t start_ms, int64_t stale_ms);

/* The same with another type. */
int cotscan_retype(struct buf *out, struct slice xml, const char *type);

#endif
