/* base64.h - bytes as text (RFC 4648, with padding). Pure. */
#ifndef OTS_BASE64_H
#define OTS_BASE64_H

#include "buf.h"
#include "str.h"

/* Append. 0, or -1 with errno (buf.h). */
int base64_encode(struct buf *out, struct slice bytes);

#endif
