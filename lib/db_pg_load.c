/* PostgreSQL for db.h: one statement for many rows, by COPY or in pipeline
 * mode. Texts of COPY: PostgreSQL, "COPY", text format. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "db_pg.h"

#define LOAD_SQL_MAX 8192
#define COPY_PIECE   ((size_t)64 << 10)
#define COPY_MAX     (DB_VALUE_MAX * 4) /* of a row; each byte may become two */
#define PIPE_ROWS    256 /* answers that are waited for at once */

enum how { LOAD_COPY, LOAD_STAGE, LOAD_PIPE };

/* "INSERT INTO table (columns) VALUES ($1, $2 ...)rest" */
struct insert {
	struct slice table, columns; /* with their brackets */
	const char *rest;
};

struct pg_load {
	enum how how;
	struct insert in;
	struct buf out; /* COPY: rows to be sent */
	int rows;       /* pipeline: without an answer */
};

/* Rows of a COPY ------------------------------------------------------------*/

static const char escaped[256] = {
    ['\\'] = '\\',
    ['\n'] = 'n',
    ['\r'] = 'r',
    ['\t'] = 't',
};

static void
put_text(struct buf *b, struct slice s)
{
	size_t from = 0, i;

	for (i = 0; i < s.n; i++) {
		char e = escaped[(unsigned char)s.p[i]];

		if (!e)
			continue;
		buf_append(b, s.p + from, i - from);
		buf_append(b, (char[]){'\\', e}, 2);
		from = i + 1;
	}
	buf_append(b, s.p + from, s.n - from);
}

static void
put_hex(struct buf *b, struct slice s)
{
	static const char digits[] = "0123456789abcdef";
	char *p;
	size_t i;

	buf_puts(b, "\\\\x");
	p = buf_reserve(b, s.n * 2);
	if (!p)
		return;
	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		p[2 * i] = digits[c >> 4];
		p[2 * i + 1] = digits[c & 15];
	}
	buf_commit(b, s.n * 2);
}

static void
put_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_putc(b, '-');
	buf_put_u64(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

static void
put_value(struct buf *b, const struct db_val *v)
{
	char number[PG_NUMBER_MAX];

	switch (v->type) {
	case DB_NULL:
		buf_puts(b, "\\N");
		break;
	case DB_BOOL:
		buf_putc(b, v->i ? 't' : 'f');
		break;
	case DB_I64:
		put_i64(b, v->i);
		break;
	case DB_DOUBLE:
		if (pg_double_text(number, v->f) > 0)
			buf_puts(b, number);
		break;
	case DB_TEXT:
		put_text(b, v->s);
		break;
	case DB_BLOB:
		put_hex(b, v->s);
		break;
	}
}

/* Begin ---------------------------------------------------------------------*/

/* What stands behind "$1, $2 ...)". NULL: something else. */
static const char *
behind_params(const char *at)
{
	char want[16];
	int i, n;

	for (i = 1; i <= DB_PARAMS_MAX; i++) {
		n = str_fmt(want, sizeof want, "$%d", i);
		if (strncmp(at, want, (size_t)n) != 0)
			return NULL;
		at += n;
		if (*at == ')')
			return at + 1;
		if (strncmp(at, ", ", 2) != 0)
			return NULL;
		at += 2;
	}
	return NULL;
}

static enum how
how_to_load(const char *sql, struct insert *in)
{
	static const char into[] = "INSERT INTO ", values[] = " VALUES (";
	const char *at = strstr(sql, values), *name = sql + sizeof into - 1,
		   *columns;

	if (strncmp(sql, into, sizeof into - 1) != 0 || !at)
		return LOAD_PIPE;
	columns = strchr(name, ' ');
	if (!columns || columns >= at)
		return LOAD_PIPE;
	in->table = (struct slice){name, (size_t)(columns - name)};
	in->columns = (struct slice){columns + 1, (size_t)(at - columns) - 1};
	in->rest = behind_params(at + sizeof values - 1);
	if (!in->rest)
		return LOAD_PIPE;
	if (!*in->rest)
		return LOAD_COPY;
	return !strncmp(in->rest, " ON CONFLICT ", 13) && !strchr(in->rest, '$')
	    ? LOAD_STAGE
	    : LOAD_PIPE;
}

/* Without the brackets. */
static struct slice
names(const struct insert *in)
{
	return (struct slice){in->columns.p + 1, in->columns.n - 2};
}

#define ARG(s) (int)(s).n, (s).p

/* May we make temporary tables? */
static int
may_stage(struct db *d, bool *may)
{
	PGresult *res = pg_simple(
	    d, "SELECT has_database_privilege(current_database(), 'TEMP')");

	if (!res)
		return -1;
	*may = PQntuples(res) == 1 && *PQgetvalue(res, 0, 0) == 't';
	PQclear(res);
	return 0;
}

/* Empty also when this transaction has loaded by it before. */
static int
make_stage(struct db *d, unsigned id, const struct insert *in)
{
	char sql[LOAD_SQL_MAX];
	PGresult *res;

	if (str_fmt(sql, sizeof sql,
		"CREATE TEMP TABLE IF NOT EXISTS ots_load_%u "
		"ON COMMIT DELETE ROWS AS SELECT %.*s FROM %.*s WITH NO DATA;"
		"DELETE FROM ots_load_%u",
		id, ARG(names(in)), ARG(in->table), id) < 0)
		return db_fail(d, EIO, "statement %u is too long", id);
	res = pg_simple(d, sql);
	PQclear(res);
	return res ? 0 : -1;
}

static int
begin_copy(struct db *d, const char *sql)
{
	struct pg *p = d->h;
	PGresult *res = NULL;
	ExecStatusType status;

	if (!PQsendQuery(p->c, sql))
		return pg_lost(d, "the connection was lost");
	if (pg_result(d, pg_until(d), &res) < 0)
		return -1;
	status = PQresultStatus(res);
	if (status == PGRES_COPY_IN) {
		PQclear(res);
		return 0;
	}
	if (status != PGRES_FATAL_ERROR)
		pg_lost(d, "an answer that makes no sense");
	else if (pg_fail_result(d, res) < 0 && p->c) {
		int err = errno;
		PGresult *more = NULL;

		/* It ends with the NULL behind the error. */
		if (pg_result(d, pg_until(d), &more) == 0)
			PQclear(more);
		errno = err;
	}
	PQclear(res);
	return -1;
}

static int
begin_stage(struct db *d, unsigned id, struct pg_load *q)
{
	struct pg *p = d->h;
	char sql[64];

	if (p->may_stage == 0) {
		bool may;

		if (may_stage(d, &may) < 0)
			return -1;
		p->may_stage = may ? 1 : -1;
	}
	if (p->may_stage < 0) {
		q->how = LOAD_PIPE;
		return 0;
	}
	if (make_stage(d, id, &q->in) < 0 ||
	    str_fmt(sql, sizeof sql, "COPY ots_load_%u FROM STDIN", id) < 0)
		return -1;
	return begin_copy(d, sql);
}

static int
begin(struct db_load *l, struct pg_load *q)
{
	struct pg *p = l->db->h;
	char sql[LOAD_SQL_MAX];

	q->how = how_to_load(l->db->schema->sql[l->id], &q->in);
	if (q->how == LOAD_COPY)
		return str_fmt(sql, sizeof sql, "COPY %.*s %.*s FROM STDIN",
			   ARG(q->in.table), ARG(q->in.columns)) < 0
		    ? db_fail(l->db, EIO, "statement %u is too long", l->id)
		    : begin_copy(l->db, sql);
	if (q->how == LOAD_STAGE && begin_stage(l->db, l->id, q) < 0)
		return -1;
	if (q->how == LOAD_PIPE && !PQenterPipelineMode(p->c))
		return pg_lost(l->db, "it knows no pipeline");
	return 0;
}

int
pg_load_begin(struct db_load *l)
{
	struct pg_load *q = calloc(1, sizeof *q);

	if (!q)
		return db_fail(l->db, EAGAIN, "no memory");
	buf_init(&q->out, COPY_MAX);
	if (begin(l, q) < 0) {
		int err = errno;

		free(q);
		errno = err;
		return -1;
	}
	l->h = q;
	return 0;
}

/* Copying -------------------------------------------------------------------*/

static int
send_piece(struct db_load *l, struct pg_load *q)
{
	struct pg *p = l->db->h;
	size_t n = buf_size(&q->out);

	if (n == 0)
		return 0;
	if (PQputCopyData(p->c, buf_data(&q->out), (int)n) != 1)
		return pg_lost(l->db, "the connection was lost");
	buf_clear(&q->out);
	return pg_flush(l->db, pg_until(l->db));
}

static int
copy_row(struct db_load *l, struct pg_load *q, const struct db_val *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i)
			buf_putc(&q->out, '\t');
		put_value(&q->out, &v[i]);
	}
	buf_putc(&q->out, '\n');
	if (q->out.failed)
		return db_fail(l->db, errno == ENOBUFS ? EINVAL : EAGAIN,
		    errno == ENOBUFS ? "a row is too long" : "no memory");
	return buf_size(&q->out) < COPY_PIECE ? 0 : send_piece(l, q);
}

/* The answer to all of it: COMMAND_OK and NULL. */
static int
end_copy(struct db_load *l, struct pg_load *q)
{
	struct pg *p = l->db->h;
	PGresult *res;

	if (send_piece(l, q) < 0)
		return -1;
	if (PQputCopyEnd(p->c, NULL) != 1)
		return pg_lost(l->db, "the connection was lost");
	res = pg_answer(l->db);
	if (!res)
		return -1;
	l->changed = pg_number(PQcmdTuples(res));
	PQclear(res);
	return 0;
}

/* Out of the temporary table. */
static int
end_stage(struct db_load *l, struct pg_load *q)
{
	const struct insert *in = &q->in;
	char sql[LOAD_SQL_MAX];
	PGresult *res;

	if (end_copy(l, q) < 0)
		return -1;
	if (str_fmt(sql, sizeof sql,
		"INSERT INTO %.*s %.*s SELECT %.*s FROM ots_load_%u%s",
		ARG(in->table), ARG(in->columns), ARG(names(in)), l->id,
		in->rest) < 0)
		return db_fail(l->db, EIO, "statement %u is too long", l->id);
	res = pg_simple(l->db, sql);
	if (!res)
		return -1;
	l->changed = pg_number(PQcmdTuples(res));
	PQclear(res);
	return 0;
}

/* Pipelines -----------------------------------------------------------------*/

/* Count what one answer says. Of errors the first one tells. */
static void
take_answer(struct db_load *l, PGresult *res, int *failed)
{
	switch (PQresultStatus(res)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
		l->changed += pg_number(PQcmdTuples(res));
		break;
	case PGRES_PIPELINE_ABORTED:
		break;
	default:
		if (!*failed) {
			pg_fail_result(l->db, res);
			*failed = errno;
		}
	}
}

/* Each row is answered by a result and a NULL, the end by a sync. */
static int
take_answers(struct db_load *l, struct pg_load *q)
{
	struct pg *p = l->db->h;
	uint64_t until = pg_until(l->db);
	int left = 2 * q->rows + 2, failed = 0;
	bool synced = false;
	PGresult *res;

	if (!PQpipelineSync(p->c))
		return pg_lost(l->db, "the connection was lost");
	while (!synced && left-- > 0) {
		if (pg_result(l->db, until, &res) < 0)
			return -1;
		synced = PQresultStatus(res) == PGRES_PIPELINE_SYNC;
		if (res && !synced)
			take_answer(l, res, &failed);
		PQclear(res);
		if (!p->c)
			return -1;
	}
	if (!synced)
		return pg_lost(l->db, "an answer that makes no sense");
	q->rows = 0;
	errno = failed;
	return failed ? -1 : 0;
}

static int
pipe_row(struct db_load *l, struct pg_load *q, const struct db_val *v, size_t n)
{
	if (pg_send(l->db, l->id, v, n) < 0)
		return -1;
	return ++q->rows < PIPE_ROWS ? 0 : take_answers(l, q);
}

static int
end_pipe(struct db_load *l, struct pg_load *q)
{
	struct pg *p = l->db->h;
	int r = q->rows ? take_answers(l, q) : 0, err = errno;

	if (p->c && !PQexitPipelineMode(p->c))
		return pg_lost(l->db, "an answer that makes no sense");
	errno = err;
	return r;
}

/* Both ----------------------------------------------------------------------*/

int
pg_load_row(struct db_load *l, const struct db_val *v, size_t n)
{
	struct pg_load *q = l->h;
	struct pg *p = l->db->h;

	if (!p->c)
		return db_fail(
		    l->db, EAGAIN, "postgresql: the connection was lost");
	return q->how == LOAD_PIPE ? pipe_row(l, q, v, n)
				   : copy_row(l, q, v, n);
}

static void
load_free(struct db_load *l)
{
	struct pg_load *q = l->h;

	buf_fini(&q->out);
	free(q);
}

int
pg_load_end(struct db_load *l)
{
	struct pg_load *q = l->h;
	struct pg *p = l->db->h;
	int r, err;

	if (!p->c)
		r = db_fail(
		    l->db, EAGAIN, "postgresql: the connection was lost");
	else if (q->how == LOAD_STAGE)
		r = end_stage(l, q);
	else
		r = q->how == LOAD_COPY ? end_copy(l, q) : end_pipe(l, q);
	err = errno;
	load_free(l);
	errno = err;
	return r;
}

/* What the server was sent of it does not matter: the transaction has failed,
 * and the ROLLBACK needs a connection that takes statements. */
void
pg_load_drop(struct db_load *l)
{
	struct pg_load *q = l->h;
	struct db *d = l->db;
	struct pg *p = d->h;
	char why[DB_WHY_MAX];
	bool conflict = d->conflict;

	memcpy(why, d->why, sizeof why);
	if (p->c && q->how != LOAD_PIPE && PQputCopyEnd(p->c, "given up") == 1)
		PQclear(pg_answer(d));
	else if (p->c && q->how == LOAD_PIPE)
		(void)end_pipe(l, q);
	memcpy(d->why, why, sizeof why);
	d->conflict = conflict;
	load_free(l);
}
