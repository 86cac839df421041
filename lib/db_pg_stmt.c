/* PostgreSQL for db.h: statements and rows. */
#include "db_pg.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct params {
	const char *value[DB_PARAMS_MAX];
	int length[DB_PARAMS_MAX], format[DB_PARAMS_MAX];
	char number[DB_PARAMS_MAX][PG_NUMBER_MAX];
	char *copy[DB_PARAMS_MAX]; /* of texts: with their NUL */
};

static void
params_init(struct params *q, size_t n)
{
	memset(q->value, 0, n * sizeof *q->value);
	memset(q->length, 0, n * sizeof *q->length);
	memset(q->format, 0, n * sizeof *q->format);
	memset(q->copy, 0, n * sizeof *q->copy);
}

static void
params_fini(struct params *q, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(q->copy[i]);
}

/* Places of a map have up to seven digits behind the point: such a number is a
 * whole one over 10^7, which is read back as the same, and costs a tenth of
 * printing all 17 digits. */
int
pg_double_text(char out[PG_NUMBER_MAX], double v)
{
	double up = v * 1e7 + (v < 0 ? -0.5 : 0.5);
	bool minus = v < 0;
	int64_t n;

	if (!(up > -9e15 && up < 9e15) || (double)(int64_t)up / 1e7 != v)
		return str_fmt(out, PG_NUMBER_MAX, "%.17g", v);
	n = minus ? -(int64_t)up : (int64_t)up;
	return str_fmt(out, PG_NUMBER_MAX, "%s%lld.%07lld", minus ? "-" : "",
	    (long long)(n / 10000000), (long long)(n % 10000000));
}

static int
param_set(struct params *q, size_t i, const struct db_val *v)
{
	switch (v->type) {
	case DB_NULL:
		break;
	case DB_BOOL:
		q->value[i] = v->i ? "t" : "f";
		break;
	case DB_I64:
		if (str_fmt(q->number[i], sizeof q->number[i], "%lld",
			(long long)v->i) < 0)
			return -1;
		q->value[i] = q->number[i];
		break;
	case DB_DOUBLE:
		if (pg_double_text(q->number[i], v->f) < 0)
			return -1;
		q->value[i] = q->number[i];
		break;
	case DB_TEXT:
		q->value[i] = q->copy[i] = slice_dup(v->s);
		return q->copy[i] ? 0 : -1;
	case DB_BLOB:
		q->value[i] = v->s.n ? v->s.p : "";
		q->length[i] = (int)v->s.n;
		q->format[i] = 1;
		break;
	}
	return 0;
}

static int
statement_name(unsigned id, char name[16])
{
	return str_fmt(name, 16, "s%u", id);
}

int
pg_prepare(struct db *d, unsigned id)
{
	struct pg *p = d->h;
	PGresult *res;
	char name[16];

	if (p->busy[id])
		return db_fail(d, EIO, "statement %u is in use", id);
	if (p->prepared[id])
		return 0;
	statement_name(id, name);
	if (!PQsendPrepare(p->c, name, d->schema->sql[id], 0, NULL))
		return pg_lost(d, "the connection was lost");
	res = pg_answer(d);
	if (!res)
		return -1;
	PQclear(res);
	p->prepared[id] = true;
	return 0;
}

int
pg_send(struct db *d, unsigned id, const struct db_val *v, size_t n)
{
	struct pg *p = d->h;
	struct params q;
	char name[16];
	size_t i;
	int sent;

	params_init(&q, n);
	for (i = 0; i < n; i++)
		if (param_set(&q, i, &v[i]) < 0) {
			params_fini(&q, n);
			return db_fail(d, EAGAIN, "no memory");
		}
	statement_name(id, name);
	sent = PQsendQueryPrepared(
	    p->c, name, (int)n, q.value, q.length, q.format, 0);
	params_fini(&q, n);
	return sent ? 0 : pg_lost(d, "the connection was lost");
}

static PGresult *
run(struct db *d, unsigned id, const struct db_val *v, size_t n)
{
	return pg_send(d, id, v, n) < 0 ? NULL : pg_answer(d);
}

int
pg_query(struct db *d, struct db_rows *r, const struct db_val *v, size_t n)
{
	PGresult *res = run(d, r->id, v, n);

	if (!res)
		return -1;
	r->h = res;
	r->n_rows = PQntuples(res);
	((struct pg *)d->h)->busy[r->id] = true;
	return 0;
}

int64_t
pg_exec(struct db *d, unsigned id, const struct db_val *v, size_t n)
{
	PGresult *res = run(d, id, v, n);
	int64_t changed;

	if (!res)
		return -1;
	changed = pg_number(PQcmdTuples(res));
	PQclear(res);
	return changed;
}

int
pg_next(struct db_rows *r)
{
	return ++r->row < r->n_rows;
}

void
pg_end(struct db_rows *r)
{
	PQclear(r->h);
	((struct pg *)r->db->h)->busy[r->id] = false;
}

bool
pg_null(const struct db_rows *r, int col)
{
	return PQgetisnull(r->h, r->row, col);
}

/* NULL: the server sent fewer columns than it was asked for. */
const char *
pg_text(const struct db_rows *r, int col)
{
	const char *text = PQgetvalue(r->h, r->row, col);

	return text ? text : "";
}

int64_t
pg_i64(const struct db_rows *r, int col)
{
	return pg_number(pg_text(r, col));
}

double
pg_double(const struct db_rows *r, int col)
{
	return strtod(pg_text(r, col), NULL);
}

bool
pg_bool(const struct db_rows *r, int col)
{
	return *pg_text(r, col) == 't';
}

int
pg_blob(struct db_rows *r, int col, struct slice *out)
{
	const char *text = pg_text(r, col);
	unsigned char *p;
	size_t n;

	*out = (struct slice){"", 0};
	if (!*text)
		return 0;
	p = PQunescapeBytea((const unsigned char *)text, &n);
	free(r->scratch);
	r->scratch = p ? malloc(n + 1) : NULL;
	if (r->scratch) {
		memcpy(r->scratch, p, n);
		*out = (struct slice){r->scratch, n};
	}
	PQfreemem(p);
	return r->scratch ? 0 : db_fail(r->db, EAGAIN, "no memory");
}
