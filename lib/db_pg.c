/* PostgreSQL for db.h: the connection. Never waits for the server longer than
 * CONNECT_MS or ANSWER_MS: then the connection is lost. */
#include "db_pg.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

#define CONNECT_MS  5000
#define ANSWER_MS   30000
#define OPTIONS_MAX 64

static void
lose(struct pg *p)
{
	PQfinish(p->c);
	p->c = NULL;
}

int
pg_lost(struct db *d, const char *text)
{
	struct pg *p = d->h;

	pg_fail(d, EAGAIN, text);
	lose(p);
	errno = EAGAIN;
	return -1;
}

/* Waiting -------------------------------------------------------------------*/

static int
wait_until(struct pg *p, short events, uint64_t until)
{
	struct pollfd fd = {.fd = PQsocket(p->c), .events = events};
	uint64_t now = clock_mono_us();
	int r;

	if (now >= until || fd.fd < 0)
		return -1;
	r = poll(&fd, 1, (int)((until - now) / 1000) + 1);
	return r < 0 && errno != EINTR ? -1 : 0;
}

uint64_t
pg_until(const struct db *d)
{
	(void)d;
	return clock_mono_us() + ANSWER_MS * UINT64_C(1000);
}

/* Both ways at once: a server that cannot write does not read. */
int
pg_flush(struct db *d, uint64_t until)
{
	struct pg *p = d->h;
	int unsent;

	while ((unsent = PQflush(p->c)) > 0) {
		if (wait_until(p, POLLIN | POLLOUT, until) < 0)
			return pg_lost(d, "no answer");
		if (!PQconsumeInput(p->c))
			return pg_lost(d, "the connection was lost");
	}
	return unsent < 0 ? pg_lost(d, "the connection was lost") : 0;
}

int
pg_result(struct db *d, uint64_t until, PGresult **res)
{
	struct pg *p = d->h;

	if (pg_flush(d, until) < 0)
		return -1;
	while (PQisBusy(p->c)) {
		if (wait_until(p, POLLIN, until) < 0)
			return pg_lost(d, "no answer");
		if (!PQconsumeInput(p->c))
			return pg_lost(d, "the connection was lost");
	}
	*res = PQgetResult(p->c);
	return 0;
}

/* COPY is not answered here: PQgetResult would tell of it again and again. */
static bool
strange(ExecStatusType status)
{
	return status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
	    status != PGRES_FATAL_ERROR;
}

PGresult *
pg_answer(struct db *d)
{
	uint64_t until = pg_until(d);
	PGresult *res = NULL, *kept = NULL;
	bool bad = false;

	for (;;) {
		if (pg_result(d, until, &res) < 0) {
			PQclear(kept);
			return NULL;
		}
		if (!res)
			break;
		if (strange(PQresultStatus(res)) || clock_mono_us() > until) {
			PQclear(res);
			PQclear(kept);
			pg_lost(d, "an answer that makes no sense");
			return NULL;
		}
		if (bad) {
			PQclear(res);
			continue;
		}
		PQclear(kept);
		kept = res;
		bad = PQresultStatus(res) == PGRES_FATAL_ERROR;
	}
	if (!kept)
		pg_lost(d, "no answer");
	else if (bad) {
		pg_fail_result(d, kept);
		PQclear(kept);
		kept = NULL;
	}
	return kept;
}

PGresult *
pg_simple(struct db *d, const char *sql)
{
	struct pg *p = d->h;

	if (!p->c) {
		db_fail(d, EAGAIN, "postgresql: the connection was lost");
		return NULL;
	}
	if (!PQsendQuery(p->c, sql)) {
		pg_lost(d, "the connection was lost");
		return NULL;
	}
	return pg_answer(d);
}

static int
pg_script(struct db *d, const char *sql)
{
	PGresult *res = pg_simple(d, sql);
	int r = res ? 0 : -1;

	/* COMMIT of a transaction that had failed says ROLLBACK. */
	if (res && !strcmp(sql, "COMMIT") &&
	    strcmp(PQcmdStatus(res), "COMMIT") != 0)
		r = db_fail(d, EIO, "postgresql: the change was undone");
	PQclear(res);
	return r;
}

int64_t
pg_number(const char *text)
{
	return (int64_t)strtoll(text, NULL, 10);
}

static int
pg_scalar(struct db *d, const char *sql, int64_t *out)
{
	PGresult *res = pg_simple(d, sql);

	if (!res)
		return -1;
	if (PQntuples(res) > 0 && PQnfields(res) > 0)
		*out = pg_number(PQgetvalue(res, 0, 0));
	PQclear(res);
	return 0;
}

/* Connecting ----------------------------------------------------------------*/

static void
quiet(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

/* libpq gives no SQLSTATE for a refused connection, but verbose texts hold it:
 * "... FATAL:  28P01: password authentication failed ...". */
static int
connect_errno(struct db *d, const char *text)
{
	char state[6] = "";
	size_t n;

	for (; *text && *text != '\n'; text++) {
		if (strncmp(text, ":  ", 3) != 0)
			continue;
		n = strspn(text + 3, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");
		if (n == 5 && text[8] == ':') {
			memcpy(state, text + 3, 5);
			return pg_errno(d, state) == EACCES ? EACCES : EAGAIN;
		}
	}
	return EAGAIN;
}

static int
fail_connect(struct db *d)
{
	struct pg *p = d->h;
	char text[512];
	int err;

	if (str_fmt(text, sizeof text, "%.500s", PQerrorMessage(p->c)) < 0)
		*text = '\0';
	err = connect_errno(d, text);
	d->conflict = false;
	lose(p);
	return pg_fail(d, err, text);
}

static PGconn *
begin_connect(const struct pg *p)
{
	const char *keys[OPTIONS_MAX], *values[OPTIONS_MAX];
	const PQconninfoOption *o;
	size_t n = 0;

	/* What the URI says stands behind and so overrides. */
	keys[n] = "fallback_application_name", values[n++] = "ots";
	keys[n] = "client_encoding", values[n++] = "UTF8";
	keys[n] = "tcp_user_timeout", values[n++] = "10000";
	keys[n] = "keepalives_idle", values[n++] = "30";
	for (o = p->info; o->keyword && n < OPTIONS_MAX - 1; o++)
		if (o->val && strcmp(o->keyword, "client_encoding") != 0)
			keys[n] = o->keyword, values[n++] = o->val;
	keys[n] = values[n] = NULL;
	return PQconnectStartParams(keys, values, 0);
}

/* Where a server keeps LATIN1 it refuses what has no letter there. */
static int
check_encoding(struct db *d)
{
	struct pg *p = d->h;
	const char *name = PQparameterStatus(p->c, "server_encoding");

	if (!name || !strcmp(name, "UTF8") || !strcmp(name, "SQL_ASCII"))
		return 0;
	db_fail(d, EACCES,
	    "postgresql: the database has the encoding %.32s: make one with "
	    "ENCODING 'UTF8' TEMPLATE template0",
	    name);
	lose(p);
	errno = EACCES;
	return -1;
}

static int
set_up(struct db *d)
{
	if (check_encoding(d) < 0)
		return -1;
	return pg_script(d,
	    "SET statement_timeout = '25s'; SET lock_timeout = '10s';"
	    "SET idle_in_transaction_session_timeout = '60s';"
	    "SET standard_conforming_strings = on;"
	    "SET client_min_messages = error;"
	    /* Compiling costs more than our statements. */
	    "SELECT set_config(name, 'off', false) FROM pg_settings "
	    "WHERE name = 'jit';"
	    /* What is committed must outlive a crash of the server: ots-store
	     * has no other copy of it then. */
	    "SELECT set_config(name, 'on', false) FROM pg_settings "
	    "WHERE name = 'synchronous_commit' AND setting = 'off'");
}

static int
pg_connect(struct db *d)
{
	struct pg *p = d->h;
	uint64_t until = clock_mono_us() + CONNECT_MS * UINT64_C(1000);
	PostgresPollingStatusType s = PGRES_POLLING_WRITING;

	p->c = begin_connect(p);
	if (!p->c)
		return db_fail(d, EAGAIN, "no memory");
	PQsetErrorVerbosity(p->c, PQERRORS_VERBOSE);
	PQsetNoticeProcessor(p->c, quiet, NULL);
	if (PQstatus(p->c) == CONNECTION_BAD)
		return fail_connect(d);
	while (s != PGRES_POLLING_OK) {
		if (wait_until(p, s == PGRES_POLLING_WRITING ? POLLOUT : POLLIN,
			until) < 0)
			return pg_lost(d, "no answer to the connection");
		s = PQconnectPoll(p->c);
		if (s == PGRES_POLLING_FAILED)
			return fail_connect(d);
	}
	p->may_stage = 0;
	memset(p->prepared, 0, d->schema->n_sql * sizeof *p->prepared);
	if (PQsetnonblocking(p->c, 1) < 0)
		return pg_lost(d, "unable to set the connection up");
	return set_up(d);
}

static int
pg_ready(struct db *d)
{
	struct pg *p = d->h;

	if (p->c && PQstatus(p->c) == CONNECTION_OK)
		return 0;
	if (d->inside)
		return db_fail(
		    d, EAGAIN, "postgresql: the connection was lost");
	if (p->c)
		lose(p);
	return pg_connect(d);
}

/* A password with these letters splits the URI at a wrong place: a part of it
 * ends in the text of an error. */
static bool
splits(const char *uri)
{
	const char *from = strstr(uri, "://"), *at = strrchr(uri, '@');

	return from && at && at > from + 3 &&
	    strcspn(from + 3, "/?#@") < (size_t)(at - from - 3);
}

/* "postgresql://user:password" without a host has the password as its port. */
static bool
bad_port(const PQconninfoOption *o)
{
	for (; o->keyword; o++)
		if (!strcmp(o->keyword, "port") && o->val)
			return o->val[strspn(o->val, "0123456789,")] != '\0';
	return false;
}

static int
pg_open(struct db *d, const char *uri)
{
	struct pg *p = d->h = calloc(1, sizeof *p);
	PQconninfoOption *o;
	char *text = NULL;

	if (!p)
		return db_fail(d, EAGAIN, "no memory");
	p->prepared = calloc(d->schema->n_sql + 1, sizeof *p->prepared);
	p->busy = calloc(d->schema->n_sql + 1, sizeof *p->busy);
	if (!p->prepared || !p->busy)
		return db_fail(d, EAGAIN, "no memory");
	if (!splits(uri))
		p->info = PQconninfoParse(uri, &text);
	if (!p->info || bad_port(p->info)) {
		/* The text of libpq may quote the password. */
		PQfreemem(text);
		return db_fail(d, EINVAL,
		    "not postgresql://USER:PASSWORD@HOST:PORT/DATABASE; in a "
		    "password write / ? # @ %% as "
		    "%%2F %%3F %%23 %%40 %%25");
	}
	for (o = p->info; o->keyword; o++)
		if (!strcmp(o->keyword, "password"))
			p->secret = o->val;
	return pg_connect(d);
}

static void
pg_close(struct db *d)
{
	struct pg *p = d->h;
	PQconninfoOption *o;

	PQfinish(p->c);
	for (o = p->info; o && o->keyword; o++)
		if (o->val)
			explicit_bzero(o->val, strlen(o->val));
	PQconninfoFree(p->info);
	free(p->prepared);
	free(p->busy);
	free(p);
	d->h = NULL;
}

/* Its autovacuum makes the room usable again, beside us and with breaks. */
static int
pg_compact(struct db *d)
{
	(void)d;
	return 0;
}

const struct db_engine db_pg = {
    .begin = {"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
	"BEGIN ISOLATION LEVEL SERIALIZABLE",
	"BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL lock_timeout = '100ms'",
	/* The last must see what the one before it, who held the lock, did. */
	"BEGIN ISOLATION LEVEL READ COMMITTED",
	"BEGIN ISOLATION LEVEL READ COMMITTED"},
    .lock = "SELECT pg_advisory_xact_lock(8088808908443844609)",
    .has_versions = "SELECT count(*) FROM pg_class "
		    "WHERE oid = to_regclass('ots_schema')",
    .open = pg_open,
    .close = pg_close,
    .ready = pg_ready,
    .script = pg_script,
    .scalar = pg_scalar,
    .prepare = pg_prepare,
    .query = pg_query,
    .exec = pg_exec,
    .next = pg_next,
    .end = pg_end,
    .get_null = pg_null,
    .get_i64 = pg_i64,
    .get_bool = pg_bool,
    .get_double = pg_double,
    .get_text = pg_text,
    .get_blob = pg_blob,
    .load_begin = pg_load_begin,
    .load_row = pg_load_row,
    .load_end = pg_load_end,
    .load_drop = pg_load_drop,
    .compact = pg_compact,
};
