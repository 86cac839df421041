/* Numbers for types, group sets and cells. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "store_db.h"

enum { CELL_KNOWN = 1, CELL_NEW = 2 };

static const struct store_key no_groups = {.known = true, .text = {"", 0}};

#define SETS_MAX  65536 /* in memory */
#define NAMES_MAX ((size_t)1 << 20)

/* Entries -------------------------------------------------------------------*/

static void
free_keys(struct map *m)
{
	struct slice text;
	size_t pos = 0;
	void *v;

	while (map_next(m, &pos, &text, &v))
		free(v);
	map_fini(m);
}

/* The entry of a text; a new one is put into the list. NULL: no memory. */
static struct store_key *
key_at(struct map *m, struct slice text, struct store_key **list)
{
	void **at = map_at(m, text, true);
	struct store_key *k;

	if (!at)
		return NULL;
	if (*at)
		return *at;
	k = calloc(1, sizeof *k + text.n + 1);
	if (!k) {
		map_del(m, text);
		return NULL;
	}
	if (text.n)
		memcpy(k + 1, text.p, text.n);
	k->text = (struct slice){(const char *)(k + 1), text.n};
	if (list) {
		k->next = *list;
		*list = k;
	}
	*at = k;
	return k;
}

/* Types ---------------------------------------------------------------------*/

/* Of what the last event of a uid is worth keeping: not of chats, file
 * transfers, and what programs tell each other. */
static bool
worth_keeping(struct slice type)
{
	return !slice_starts(type, "t-") && !slice_starts(type, "b-t-f") &&
	    !slice_starts(type, "b-f-t") && !slice_starts(type, "y-");
}

/* Without its last part, or "". */
static struct slice
shorter(struct slice type)
{
	while (type.n && type.p[type.n - 1] != '-')
		type.n--;
	if (type.n)
		type.n--;
	return type;
}

const struct store_key *
store_type(struct store *s, struct slice type)
{
	const struct store_key *k;

	k = s->keys.last_type;
	if (k && slice_eq(k->text, type))
		return k;
	while (type.n > STORE_KEY_MAX)
		type = shorter(type);
	k = map_get(&s->keys.types, type);
	while (!k && s->keys.types.n >= STORE_TYPES_MAX && type.n) {
		type = shorter(type);
		k = map_get(&s->keys.types, type);
	}
	if (!k)
		k = key_at(&s->keys.types, type, &s->keys.new_types);
	s->keys.last_type = k;
	return k;
}

static int
read_types(struct store *s)
{
	struct store_key *k;
	struct db_rows r;
	int got;

	if (db_query(s->db, &r, STORE_SQL_TYPES, DB_NO_VALUES) < 0)
		return -1;
	while ((got = db_next(&r)) == 1) {
		k = key_at(&s->keys.types, slice_of(db_get_text(&r, 1)), NULL);
		if (!k) {
			db_end(&r);
			return db_fail(s->db, EAGAIN, "no memory");
		}
		k->id = db_get_i64(&r, 0);
		k->known = true;
	}
	db_end(&r);
	return got < 0 ? -1 : 0;
}

/* Group sets ----------------------------------------------------------------*/

/* Names as store_groups_next reads them. */
static void
put_name(struct buf *b, struct slice name)
{
	size_t i;

	for (i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (c == '\\' || c == '\t')
			buf_putc(b, '\\');
		buf_putc(b, c == '\t' ? 't' : c);
	}
}

int
store_groups_next(const char **at, char *out, size_t size)
{
	const char *p = *at;
	size_t n = 0;

	if (!p || !*p || size == 0)
		return -1;
	for (; *p && *p != '\t' && n < size - 1; p++) {
		if (*p == '\\' && p[1])
			p++;
		else {
			out[n++] = *p;
			continue;
		}
		out[n++] = *p == 't' ? '\t' : *p;
	}
	out[n] = '\0';
	p += strcspn(p, "\t");
	*at = *p ? p + 1 : p;
	return (int)n;
}

int
store_groups_put(struct buf *out, const struct slice *groups, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i)
			buf_putc(out, '\t');
		put_name(out, groups[i]);
	}
	return out->failed ? -1 : 0;
}

/* Are these, as they are, the names of the set? */
static bool
same_names(const struct store_key *k, const struct slice *groups, size_t n)
{
	const char *p = k->text.p, *end = p + k->text.n;
	size_t i, at;

	for (i = 0; i < n; i++) {
		if (i && (p == end || *p++ != '\t'))
			return false;
		for (at = 0; at < groups[i].n; at++, p++)
			if (p == end || *p != groups[i].p[at] || *p == '\\' ||
			    *p == '\t')
				return false;
	}
	return p == end;
}

const struct store_key *
store_set(struct store *s, const struct slice *groups, size_t n)
{
	const struct store_key *k = s->keys.last_set;
	struct buf b;

	if (n == 0)
		return &no_groups;
	if (k && same_names(k, groups, n))
		return k;
	k = NULL;
	buf_init(&b, NAMES_MAX);
	if (store_groups_put(&b, groups, n) == 0)
		k = key_at(&s->keys.sets,
		    buf_size(&b) ? buf_slice(&b) : SLICE(""),
		    &s->keys.new_sets);
	buf_fini(&b);
	s->keys.last_set = k;
	return k;
}

/* Of all programs alike: it stands in the database. */
static int64_t
set_hash(struct slice names)
{
	static const uint64_t seed[2] = {1, 2};

	return (int64_t)(map_hash(seed, names) >> 1);
}

/* Cells ---------------------------------------------------------------------*/

void
store_cell_seen(struct store *s, int64_t cell)
{
	if (s->keys.cells[cell])
		return;
	s->keys.cells[cell] = CELL_NEW;
	s->keys.n_new_cells++;
}

static int
write_cells(struct store *s, struct db *d)
{
	struct db_load l;
	int64_t i;

	if (!s->keys.n_new_cells)
		return 0;
	if (db_load_begin(d, &l, STORE_SQL_CELL_ADD) < 0)
		return -1;
	for (i = 0; i < STORE_CELLS; i++)
		if (s->keys.cells[i] == CELL_NEW &&
		    db_load_row(&l, DB_VALUES(dbv_i64(i))) < 0)
			return -1;
	return db_load_end(&l) < 0 ? -1 : 0;
}

/* Writing -------------------------------------------------------------------*/

/* The counter is the lock: who waited for it finds what the other has added. */
static int
next_id(struct db *d, const char *name, int64_t *id)
{
	int r = db_one_i64(
	    d, STORE_SQL_COUNTER_NEXT, DB_VALUES(dbv_text(name)), id);

	return r == 0 ? db_fail(d, EIO, "the counter %s is missing", name)
	    : r < 0   ? -1
		      : 0;
}

static int
write_type(struct db *d, struct store_key *k, int64_t id)
{
	int r = db_one_i64(
	    d, STORE_SQL_TYPE, DB_VALUES(dbv_slice(k->text)), &k->id);

	if (r != 0)
		return r < 0 ? -1 : 0;
	k->id = id;
	return db_exec(d, STORE_SQL_TYPE_ADD,
		   DB_VALUES(dbv_i64(id), dbv_slice(k->text),
		       dbv_bool(worth_keeping(k->text)))) < 0
	    ? -1
	    : 0;
}

static int
write_members(struct db *d, const struct store_key *k)
{
	const char *at = k->text.p;
	char name[STORE_KEY_MAX + 1];

	while (store_groups_next(&at, name, sizeof name) >= 0)
		if (db_exec(d, STORE_SQL_SET_MEMBER_ADD,
			DB_VALUES(dbv_text(name), dbv_i64(k->id))) < 0)
			return -1;
	return 0;
}

static int
write_set(struct db *d, struct store_key *k, int64_t id)
{
	int64_t hash = set_hash(k->text);
	int r = db_one_i64(d, STORE_SQL_SET,
	    DB_VALUES(dbv_i64(hash), dbv_slice(k->text)), &k->id);

	if (r != 0)
		return r < 0 ? -1 : 0;
	k->id = id;
	if (db_exec(d, STORE_SQL_SET_ADD,
		DB_VALUES(dbv_i64(id), dbv_i64(hash), dbv_slice(k->text))) < 0)
		return -1;
	return write_members(d, k);
}

static int
write_keys(struct db *d, void *arg)
{
	struct store *s = arg;
	struct store_key *k;
	int64_t id;

	for (k = s->keys.new_types; k; k = k->next)
		if (next_id(d, "type", &id) < 0 || write_type(d, k, id) < 0)
			return -1;
	for (k = s->keys.new_sets; k; k = k->next)
		if (next_id(d, "group_set", &id) < 0 || write_set(d, k, id) < 0)
			return -1;
	return write_cells(s, d);
}

static void
all_known(struct store_key **list)
{
	struct store_key *k, *next;

	for (k = *list; k; k = next) {
		next = k->next;
		k->known = true;
		k->next = NULL;
	}
	*list = NULL;
}

int
store_keys_write(struct store *s)
{
	size_t i;

	if (!s->keys.new_types && !s->keys.new_sets && !s->keys.n_new_cells)
		return 0;
	if (db_transact(s->db, DB_ROWS, write_keys, s) < 0)
		return -1;
	all_known(&s->keys.new_types);
	all_known(&s->keys.new_sets);
	for (i = 0; s->keys.n_new_cells && i < STORE_CELLS; i++)
		if (s->keys.cells[i])
			s->keys.cells[i] = CELL_KNOWN;
	s->keys.n_new_cells = 0;
	return 0;
}

static void
forget(struct map *m, struct store_key **list)
{
	struct store_key *k, *next;

	for (k = *list; k; k = next) {
		next = k->next;
		map_del(m, k->text);
		free(k);
	}
	*list = NULL;
}

void
store_keys_forget(struct store *s)
{
	s->keys.last_type = s->keys.last_set = NULL;
	forget(&s->keys.types, &s->keys.new_types);
	forget(&s->keys.sets, &s->keys.new_sets);
	if (s->keys.sets.n > SETS_MAX) {
		free_keys(&s->keys.sets);
		map_init(&s->keys.sets, s->seed);
	}
}

int
store_keys_init(struct store *s)
{
	map_init(&s->keys.types, s->seed);
	map_init(&s->keys.sets, s->seed);
	s->keys.cells = calloc(STORE_CELLS, 1);
	if (!s->keys.cells)
		return db_fail(s->db, EAGAIN, "no memory");
	return read_types(s);
}

void
store_keys_fini(struct store *s)
{
	free_keys(&s->keys.types);
	free_keys(&s->keys.sets);
	free(s->keys.cells);
}
