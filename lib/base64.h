/* base64.h - bytes as text (RFC 4648, with padding). Pure. */
#ifndef OTS_BASE64_H
#define OTS_BASE64_H

#include <sys/types.h>

#include "buf.h"
#include "str.h"

/* Append. 0, or -1 with errno (buf.h). */
int base64_encode(struct buf *out, struct slice bytes);

/* Bytes that text of n bytes holds at most. */
#define BASE64_DECODED_MAX(n) ((n) / 4 * 3)
/* Decode into `to`, which has BASE64_DECODED_MAX(text.n) bytes: how many, or -1
 * (not base64: padding is wanted, and nothing but the alphabet is taken). */
ssize_t base64_decode(char *to, struct slice text);

#endif
