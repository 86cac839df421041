#include "column.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "jsontext.h"
#include "num.h"
#include "store.h"
#include "store_query.h"
#include "str.h"
#include "timetext.h"

/* Values --------------------------------------------------------------------*/

static const void *
member(const struct column *c, const void *row)
{
	return (const char *)row + c->at;
}

static const char *
text_of(const struct column *c, const void *row)
{
	const char *const *p = member(c, row);

	return *p;
}

static int64_t
number_of(const struct column *c, const void *row)
{
	const int64_t *p = member(c, row);

	return *p;
}

static double
real_of(const struct column *c, const void *row)
{
	const double *p = member(c, row);

	return *p;
}

static bool
known(const struct column *c, const void *row)
{
	switch (c->type) {
	case COLUMN_TEXT:
	case COLUMN_GROUPS:
		return text_of(c, row) != NULL;
	case COLUMN_TIME:
	case COLUMN_COUNT:
		return number_of(c, row) != STORE_UNKNOWN;
	case COLUMN_REAL:
		return !isnan(real_of(c, row));
	}
	return false;
}

void
column_real(struct buf *b, double v)
{
	char text[NUM_FIXED8_SIZE];
	size_t n = num_fixed8(v, text);

	if (memchr(text, '.', n) && !memchr(text, 'e', n)) {
		while (text[n - 1] == '0')
			n--;
		if (text[n - 1] == '.')
			n--;
	}
	buf_append(b, text, n);
}

static void
put_time(struct buf *b, int64_t us)
{
	char text[TIMETEXT_LEN + 1];

	timetext_format(us / 1000, text);
	buf_append(b, text, TIMETEXT_LEN);
}

/* What needs no quotes in any format. */
static void
put_number(struct buf *b, const struct column *c, const void *row)
{
	if (c->type == COLUMN_TIME)
		put_time(b, number_of(c, row));
	else if (c->type == COLUMN_COUNT)
		buf_fmt(b, "%lld", (long long)number_of(c, row));
	else
		column_real(b, real_of(c, row));
}

static bool
is_text(const struct column *c)
{
	return c->type == COLUMN_TEXT || c->type == COLUMN_GROUPS;
}

/* JSON ----------------------------------------------------------------------*/

static void
json_groups(struct buf *b, const char *groups)
{
	char name[STORE_KEY_MAX + 1];
	bool first = true;

	buf_putc(b, '[');
	for (; store_groups_next(&groups, name, sizeof name) >= 0;
	     first = false) {
		if (!first)
			buf_putc(b, ',');
		json_str(b, slice_of(name));
	}
	buf_putc(b, ']');
}

static void
json_value(struct buf *b, const struct column *c, const void *row)
{
	if (c->type == COLUMN_TEXT) {
		json_str(b, slice_of(text_of(c, row)));
	} else if (c->type == COLUMN_GROUPS) {
		json_groups(b, text_of(c, row));
	} else if (c->type == COLUMN_TIME) {
		buf_putc(b, '"');
		put_number(b, c, row);
		buf_putc(b, '"');
	} else {
		put_number(b, c, row);
	}
}

void
column_json(struct buf *b, const struct column *c, const void *row)
{
	char before = '{';

	for (; c->name; c++) {
		if (!known(c, row))
			continue;
		buf_fmt(b, "%c\"%s\":", before, c->name);
		json_value(b, c, row);
		before = ',';
	}
	buf_puts(b, before == '{' ? "{}\n" : "}\n");
}

/* CSV -----------------------------------------------------------------------*/

static void
csv_text(struct buf *b, const char *text)
{
	size_t n = strlen(text);

	if (!strpbrk(text, "\",\r\n") &&
	    !(n && (is_blank(text[0]) || is_blank(text[n - 1])))) {
		buf_append(b, text, n);
		return;
	}
	buf_putc(b, '"');
	for (; *text; text++) {
		if (*text == '"')
			buf_putc(b, '"');
		buf_putc(b, *text);
	}
	buf_putc(b, '"');
}

void
column_csv_names(struct buf *b, const struct column *c)
{
	for (; c->name; c++)
		buf_fmt(b, "%s%s", c->name, c[1].name ? "," : "\r\n");
}

void
column_csv(struct buf *b, const struct column *c, const void *row)
{
	for (; c->name; c++) {
		if (known(c, row) && is_text(c))
			csv_text(b, text_of(c, row));
		else if (known(c, row))
			put_number(b, c, row);
		buf_puts(b, c[1].name ? "," : "\r\n");
	}
}

/* Table ---------------------------------------------------------------------*/

/* The last column of the table. */
static bool
is_last(const struct column *c)
{
	for (c++; c->name; c++)
		if (c->width)
			return false;
	return true;
}

/* How many columns of a terminal a piece takes, about: one a character. */
static size_t
columns(struct slice s)
{
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static void
table_text(struct buf *b, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	for (; *p; p++) {
		if (*p == '\n')
			buf_puts(b, "\\n");
		else if (*p == '\t')
			buf_puts(b, "\\t");
		else if (*p < 0x20 || *p == 0x7f)
			buf_fmt(b, "\\x%02x", *p);
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0)
			buf_fmt(b, "\\x%02x", *++p);
		else
			buf_putc(b, (char)*p);
	}
}

static void
table_groups(struct buf *b, const char *groups)
{
	char name[STORE_KEY_MAX + 1];
	const char *before = "";

	for (; store_groups_next(&groups, name, sizeof name) >= 0;
	     before = ", ") {
		buf_puts(b, before);
		table_text(b, name);
	}
}

static void
table_end(struct buf *b, const struct column *c, size_t from)
{
	size_t n =
	    columns((struct slice){buf_data(b) + from, buf_size(b) - from});

	if (is_last(c)) {
		buf_putc(b, '\n');
		return;
	}
	for (; n < c->width; n++)
		buf_putc(b, ' ');
	buf_puts(b, "  ");
}

void
column_table_names(struct buf *b, const struct column *c)
{
	const char *p;

	for (; c->name; c++) {
		size_t from = buf_size(b);

		if (!c->width)
			continue;
		for (p = c->name; *p; p++)
			buf_putc(b, (char)toupper((unsigned char)*p));
		table_end(b, c, from);
	}
}

void
column_table(struct buf *b, const struct column *c, const void *row)
{
	for (; c->name; c++) {
		size_t from = buf_size(b);

		if (!c->width)
			continue;
		if (!known(c, row))
			buf_putc(b, '-');
		else if (c->type == COLUMN_TEXT)
			table_text(b, text_of(c, row));
		else if (c->type == COLUMN_GROUPS)
			table_groups(b, text_of(c, row));
		else
			put_number(b, c, row);
		table_end(b, c, from);
	}
}
