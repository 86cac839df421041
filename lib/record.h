/* record.h - ots-record(5): the only code that knows the format of the wires.
 * Pure. One record is one line of label:value fields separated by TAB; the
 * first label is ev, its value the kind. In values TAB, LF, CR and backslash
 * are \t \n \r \\ ; NUL never occurs. Everything here is bounded: a line by
 * REC_LINE_MAX, its fields by REC_FIELDS_MAX, a label by REC_LABEL_MAX. */
#ifndef OTS_RECORD_H
#define OTS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "str.h"

#define REC_LINE_MAX   ((size_t)16 << 20)
#define REC_FIELDS_MAX 256
#define REC_LABEL_MAX  64
#define REC_VERSION    1

struct rec_field {
	struct slice label;
	struct slice raw; /* the value as it stands in the line, escaped */
};

/* A record read: views into its line. */
struct rec {
	struct slice line; /* without the LF */
	struct slice kind;
	bool escaped; /* there is an escape in it */
	size_t n;     /* fields, ev included */
	struct rec_field f[REC_FIELDS_MAX];
};

/* Split a line (without its LF). 1: a record; 0: an empty line or a TAB alone,
 * which mean nothing; -1 with errno EBADMSG: not a record (no ev first, a field
 * without colon, a bad label, a bad escape, a NUL or CR), or E2BIG: over a
 * limit. */
int rec_parse(struct rec *r, struct slice line);

/* The raw value of the first field of that label; false if there is none. */
bool rec_raw(const struct rec *r, const char *label, struct slice *raw);

/* The same without escapes: a view into the line where nothing was escaped,
 * else into *scratch, to which the text is appended (it must not move again
 * while the view lives: reserve enough, or use one scratch a value). */
bool rec_value(const struct rec *r, const char *label, struct buf *scratch,
    struct slice *value);

/* Walk fields of a label that may repeat: *pos starts at 0. */
bool rec_next(
    const struct rec *r, const char *label, size_t *pos, struct slice *raw);

/* Decimal value of a label. 0, or -1: absent or not a number up to max. */
int rec_u64(
    const struct rec *r, const char *label, uint64_t max, uint64_t *out);

bool rec_is(const struct rec *r, const char *kind);

/* Append raw with its escapes undone. 0, or -1 with errno (buf.h). */
int rec_unescape(struct buf *out, struct slice raw);
/* The same into memory of at least raw.n bytes, for a raw value that rec_parse
 * has checked: how many bytes it became. */
size_t rec_unescape_into(char *to, struct slice raw);
/* Append value escaped. 0, or -1; EILSEQ: it holds a NUL. */
int rec_escape(struct buf *out, struct slice value);

/* Writing: begin, put fields, end. If anything failed (a NUL in a value, a bad
 * label, the buffer's maximum), rec_end takes the whole record back and
 * returns -1, so that a line is whole or absent. */
struct rec_writer {
	struct buf *b;
	size_t start; /* buf_size at the beginning */
	int err;
};

void rec_begin(struct rec_writer *w, struct buf *b, const char *kind);
void rec_put(struct rec_writer *w, const char *label, struct slice value);
void rec_puts(struct rec_writer *w, const char *label, const char *value);
void rec_put_u64(struct rec_writer *w, const char *label, uint64_t value);
/* A value that is already escaped, as it stands in another record. */
void rec_put_raw(struct rec_writer *w, const char *label, struct slice raw);
/* All fields of r but the first (ev) and those whose label is in `skip`
 * (NULL-terminated list, or NULL). */
void rec_put_fields(
    struct rec_writer *w, const struct rec *r, const char *const *skip);
int rec_end(struct rec_writer *w);

/* The first bytes of every program: an LF, so that a predecessor's torn line
 * ends, and ev:hello version program node [round] [t]. round, t 0: no label. */
int rec_hello(struct buf *b, const char *program, const char *node,
    uint64_t round, uint64_t t);

/* Cut a byte stream into lines. Feed borrows p until rec_lines_next returns 0,
 * which copies what is left of an unfinished line. */
struct rec_lines {
	struct buf keep; /* the unfinished line */
	const char *p;   /* the borrowed bytes not yet looked at */
	size_t n;
	bool skipping; /* inside a line that passed the maximum */
	bool spent;    /* the line in keep was handed out */
	uint64_t dropped;
};

void rec_lines_init(struct rec_lines *l, size_t line_max);
void rec_lines_fini(struct rec_lines *l);
void rec_lines_feed(struct rec_lines *l, const char *p, size_t n);
/* 1: *line is the next line, without LF, until the next call; 0: feed more.
 * A line over the maximum is skipped and counted in dropped. */
int rec_lines_next(struct rec_lines *l, struct slice *line);
/* After a 0: was a line begun that may still become whole? */
bool rec_lines_open(const struct rec_lines *l);
/* End of the stream: the last line, if it lacks its LF, is torn: 1 if so. */
int rec_lines_end(struct rec_lines *l);

#endif
