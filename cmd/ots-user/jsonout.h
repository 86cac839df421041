/* jsonout.h - JSON objects, one per line, into a buffer. Pure. Keys are ours,
 * values are anybody's UTF-8. A failure is the buffer's (buf.h). */
#ifndef OTS_USER_JSONOUT_H
#define OTS_USER_JSONOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

/* "key": with a comma before it where one belongs; key NULL: only that. */
void json_key(struct buf *b, const char *key);
void json_open(struct buf *b, const char *key, char bracket);
void json_close(struct buf *b, char bracket);
void json_text(struct buf *b, const char *key, const char *value);
void json_bool(struct buf *b, const char *key, bool value);
void json_i64(struct buf *b, const char *key, int64_t value);
/* Microseconds as "2024-05-06T07:08:09.123Z". */
void json_time(struct buf *b, const char *key, int64_t us);

#endif
