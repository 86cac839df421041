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

/* A finite number with eight decimals, as printf's %.8f; beyond 1e40 in the
 * form %.17g. Zero has no sign. Always fits, without a NUL, and num_double
 * reads it. Returns the length. */
#define NUM_FIXED8_SIZE 64
size_t num_fixed8(double v, char out[NUM_FIXED8_SIZE]);

#endif
