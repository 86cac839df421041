/* cotmake.h - the events that a server makes itself, in canonical form.
 * Pure: time and uid come from the caller. All have how h-g-i-g-o, the point
 * 0,0,0 with ce and le 9999999, and stale 20 s later (cot-streaming 6, 7.8).
 * Each appends to *out: 0, or -1 with errno (buf.h). Texts are escaped here. */
#ifndef OTS_COTMAKE_H
#define OTS_COTMAKE_H

#include <stdint.h>

#include "buf.h"
#include "str.h"

/* Append text escaped for an attribute or an element: & < > " ' as entities,
 * TAB, LF, CR as character references; other C0 controls are left out. */
int cotmake_escape(struct buf *out, struct slice text);

/* The same as a whole attribute, a blank before it; a time as one. */
int cotmake_attr(struct buf *out, const char *name, struct slice value);
int cotmake_time(struct buf *out, const char *name, int64_t ms);

/* t-x-c-t-r, uid takPong. */
int cotmake_pong(struct buf *out, int64_t now_ms);

/* t-x-d-d: link_uid has left; link_type is the type of its last position. */
int cotmake_gone(struct buf *out, int64_t now_ms, struct slice uid,
    struct slice link_uid, struct slice link_type);

/* t-x-g-c: the groups of its receiver have changed. */
int cotmake_groups(struct buf *out, int64_t now_ms, struct slice uid);

/* b-a-o-can: cancels the alert of that uid. */
int cotmake_cancel(struct buf *out, int64_t now_ms, struct slice alert_uid,
    struct slice callsign);

#endif
