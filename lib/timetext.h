/* timetext.h - times as CoT and our records write them.
 * Pure. Times are milliseconds or microseconds since 1970 in UTC.
 * Forms read and written: cot-streaming 1.2 (YYYY-MM-DDTHH:MM:SS[.f...]Z). */
#ifndef OTS_TIMETEXT_H
#define OTS_TIMETEXT_H

#include <stdint.h>

#include "str.h"

/* "2024-05-06T07:08:09.123Z": always 24 bytes. */
#define TIMETEXT_LEN 24

/* Clients refuse a time at or past 2^32 seconds (2106-02-07T06:28:16Z); this
 * is the last millisecond before it. */
#define TIMETEXT_MAX_MS ((int64_t)4294967295999)

/* Any fraction is cut to milliseconds; Z or an offset +HH:MM, -HH:MM. Years
 * 1900 to 9999. 0, or -1 with errno EINVAL. */
int timetext_parse(struct slice s, int64_t *ms);

/* Writes TIMETEXT_LEN bytes and a NUL. Times before 1970 or after
 * TIMETEXT_MAX_MS are clamped. */
void timetext_format(int64_t ms, char out[TIMETEXT_LEN + 1]);

#endif
