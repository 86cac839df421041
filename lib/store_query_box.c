/* Boxes on the map, and prefixes: what becomes a list of keys. */
#include <string.h>

#include "str.h"
#include "store.h"
#include "store_query_own.h"

enum { ROWS = 180, COLUMNS = 360 };

static bool
between(const struct store_box *b, double lon)
{
	return b->west <= b->east ? lon >= b->west && lon <= b->east
				  : lon >= b->west || lon <= b->east;
}

bool
query_box_has(const struct store_box *b, double lat, double lon)
{
	if (!(lat >= b->south && lat <= b->north))
		return false;
	/* The two sides of the date line are one place. */
	return between(b, lon) || (lon >= 180 && between(b, -180)) ||
	    (lon <= -180 && between(b, 180));
}

static void
mark(bool column[COLUMNS], double west, double east)
{
	int64_t x, last = store_cell(0, east) % COLUMNS;

	for (x = store_cell(0, west) % COLUMNS; x <= last; x++)
		column[x] = true;
}

static void
mark_columns(bool column[COLUMNS], const struct store_box *b)
{
	if (b->west <= b->east) {
		mark(column, b->west, b->east);
	} else {
		mark(column, b->west, 180);
		mark(column, -180, b->east);
	}
	if (between(b, 180))
		column[0] = true;
	if (between(b, -180))
		column[COLUMNS - 1] = true;
}

/* A row of cells: what is marked, in one piece or several. */
static size_t
add_row(
    const bool column[COLUMNS], int64_t y, struct query_cells *out, size_t n)
{
	int64_t x;

	for (x = 0; x < COLUMNS; x++) {
		int64_t cell = y * COLUMNS + x;

		if (!column[x])
			continue;
		if (n && out[n - 1].last == cell - 1)
			out[n - 1].last = cell;
		else
			out[n++] = (struct query_cells){cell, cell};
	}
	return n;
}

size_t
query_box_cells(
    const struct store_box *b, struct query_cells out[QUERY_CELLS_MAX])
{
	bool column[COLUMNS] = {false};
	int64_t y = store_cell(b->south, 0) / COLUMNS;
	int64_t last = store_cell(b->north, 0) / COLUMNS;
	size_t n = 0;

	mark_columns(column, b);
	for (; y <= last; y++)
		n = add_row(column, y, out, n);
	return n;
}

struct query_band
query_box_band(const struct store_box *b)
{
	struct query_band band = {.first = store_cell(b->south, -180),
	    .last = store_cell(b->north, -180) + COLUMNS - 1};
	bool column[COLUMNS] = {false};
	int64_t x;

	mark_columns(column, b);
	for (x = 0; x < COLUMNS; x++)
		if (column[x] && !column[(x + COLUMNS - 1) % COLUMNS])
			band.column = x;
	for (x = 1; x < COLUMNS; x++)
		band.more += column[(band.column + x) % COLUMNS];
	return band;
}

/* Texts are compared byte by byte. The next byte is ASCII, or, as it must be
 * UTF-8, the end is behind the last character that there can be. */
int
query_prefix_end(const char *prefix, char *out, size_t size)
{
	size_t n = strlen(prefix);

	if (n && prefix[n - 1] > 0 && prefix[n - 1] < 0x7e)
		return str_fmt(
		    out, size, "%.*s%c", (int)n - 1, prefix, prefix[n - 1] + 1);
	return str_fmt(out, size, "%s\xF4\x8F\xBF\xBF", prefix);
}
