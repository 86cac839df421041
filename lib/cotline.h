/* cotline.h - one event on one line, without an XML parser. Pure. */
#ifndef OTS_COTLINE_H
#define OTS_COTLINE_H

#include "buf.h"
#include "str.h"

/* Append the document without line breaks (LF, CR LF, CR), such that a parser
 * sees the same event: inside tags, comments and white space between tags a
 * break becomes a space, in text a character reference, and a CDATA section is
 * closed and opened again around one. Linear in the size. 0, or -1 (buf.h). */
int cotline_put(struct buf *out, struct slice xml);

#endif
