/* str.h - slices of bytes, and text built without surprises.
 * Pure. A slice is a loan: it never owns what it points at. Sizes are bytes. */
#ifndef OTS_STR_H
#define OTS_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *p;
	size_t n;
};

/* A string literal as a slice. */
#define SLICE(lit) ((struct slice){(lit), sizeof(lit) - 1})

static inline struct slice
slice_of(const char *s)
{
	return (struct slice){s, strlen(s)};
}

static inline bool
slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Is the slice exactly the NUL-terminated s? */
static inline bool
slice_is(struct slice a, const char *s)
{
	return slice_eq(a, slice_of(s));
}

static inline bool
slice_starts(struct slice a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.n >= n && memcmp(a.p, prefix, n) == 0;
}

static inline bool
slice_ends(struct slice a, const char *suffix)
{
	size_t n = strlen(suffix);

	return a.n >= n && memcmp(a.p + a.n - n, suffix, n) == 0;
}

/* White space of XML. */
static inline bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Copy as a NUL-terminated string that the caller frees. NULL: no memory. */
char *slice_dup(struct slice a);

/* First place of needle in hay, or NULL. */
const char *slice_find(struct slice hay, struct slice needle);

/* Like snprintf, but a text that does not fit is a failure: the length, or -1
 * with errno ENOSPC and dst an empty string. */
int str_fmt(char *dst, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Is it well-formed UTF-8 (no surrogates, no overlong forms, no NUL)? */
bool utf8_valid(const char *p, size_t n);

#endif
