/* num.h - numbers from text. Pure, independent of the locale.
 * Each takes the whole slice or fails; on failure *out is untouched. */
#ifndef OTS_NUM_H
#define OTS_NUM_H

#include <stdint.h>

#include "str.h"

/* Decimal digits only, at most max. 0, or -1 with errno EINVAL or ERANGE. */
int num_u64(struct slice s, uint64_t max, uint64_t *out);

/* A finite decimal number as in XML Schema double without INF and NaN:
 * sign, digits, fraction, exponent. At most 64 bytes. 0, or -1 with errno
 * EINVAL or ERANGE. */
int num_double(struct slice s, double *out);

/* A decimal number, from 0 up, of units of unit_us, as microseconds; up to
 * 30000 years. */
int num_us(struct slice s, double unit_us, uint64_t *out);

/* Bytes, optionally with a suffix K, M or G (powers of 1024). */
int num_bytes(struct slice s, uint64_t max, uint64_t *out);

#endif
