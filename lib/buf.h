/* buf.h - a growable run of bytes with a maximum from birth.
 * Pure. Append freely and look at `failed` once: after the first append that
 * would pass the maximum (errno ENOBUFS) or found no memory (ENOMEM), all
 * later ones do nothing and return -1 with the same errno, until buf_clear.
 * What is in the buffer are the bytes p[off] .. p[len - 1]; a view of them dies
 * at the next change.
 * Zeroed memory with only `max` set is a valid empty buffer. One with `wipe`
 * overwrites its memory before it gives it back, for secrets. */
#ifndef OTS_BUF_H
#define OTS_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"

struct buf {
	char *p;
	size_t off, len, cap, max;
	bool failed, no_memory; /* no_memory: that is why it failed */
	bool wipe;
};

void buf_init(struct buf *b, size_t max);
void buf_fini(struct buf *b);

static inline size_t
buf_size(const struct buf *b)
{
	return b->len - b->off;
}

static inline const char *
buf_data(const struct buf *b)
{
	/* An empty buffer has no memory, and NULL + 0 is undefined. */
	return b->off ? b->p + b->off : b->p;
}

static inline struct slice
buf_slice(const struct buf *b)
{
	return (struct slice){buf_data(b), buf_size(b)};
}

/* Make room for n more bytes at the end: where to write them, or NULL. Follow
 * with buf_commit of what was written. May move the bytes. */
char *buf_reserve(struct buf *b, size_t n);

static inline void
buf_commit(struct buf *b, size_t n)
{
	b->len += n;
}

/* 0, or -1 (see above). The source may not lie in the buffer itself. */
int buf_append(struct buf *b, const void *p, size_t n);
int buf_putc(struct buf *b, char c);
int buf_puts(struct buf *b, const char *s);
int buf_put(struct buf *b, struct slice s);
int buf_put_u64(struct buf *b, uint64_t v);
int buf_fmt(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Forget n bytes at the front (n <= buf_size). */
void buf_consume(struct buf *b, size_t n);
/* Cut back to `size` bytes (size <= buf_size). */
void buf_truncate(struct buf *b, size_t size);
/* Forget everything and the failure; keep the memory. */
void buf_clear(struct buf *b);
/* Empty: give the memory back. Not empty: nothing. */
void buf_release(struct buf *b);
/* Overwrite the memory beside the bytes in the buffer: what was in it. */
void buf_wipe_rest(struct buf *b);

#endif
