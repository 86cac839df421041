/* column.h - rows as JSON, CSV (RFC 4180) and a table for people. Pure. A row
 * is a struct, a column a member of it. What is not known is left out, or
 * empty. A failure is the buffer's (buf.h). */
#ifndef OTS_QUERY_COLUMN_H
#define OTS_QUERY_COLUMN_H

#include <stddef.h>

#include "buf.h"

enum column_type {
	COLUMN_TEXT,   /* const char *, or NULL */
	COLUMN_TIME,   /* int64_t in microseconds, or STORE_UNKNOWN */
	COLUMN_COUNT,  /* int64_t, or STORE_UNKNOWN */
	COLUMN_REAL,   /* double, or NaN */
	COLUMN_GROUPS, /* const char * of store_groups_next */
};

struct column {
	const char *name; /* NULL ends the list */
	enum column_type type;
	size_t at;    /* offset of the member */
	size_t width; /* in the table; 0: it is not there */
};

/* One object on a line. */
void column_json(struct buf *b, const struct column *c, const void *row);
void column_csv_names(struct buf *b, const struct column *c);
/* Groups are separated by TAB, as they are stored. */
void column_csv(struct buf *b, const struct column *c, const void *row);
void column_table_names(struct buf *b, const struct column *c);
/* Control characters are shown as escapes. */
void column_table(struct buf *b, const struct column *c, const void *row);

/* A number without needless digits. */
void column_real(struct buf *b, double v);

#endif
