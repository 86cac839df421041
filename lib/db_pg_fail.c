/* PostgreSQL for db.h: what went wrong, in its words and as an errno. */
#include "db_pg.h"

#include <errno.h>
#include <string.h>

/* Put stars over a password. */
static void
mask(char *text, const char *secret)
{
	size_t n = secret ? strlen(secret) : 0;
	char *at = text;

	while (n && (at = strstr(at, secret)) != NULL) {
		memset(at, '*', n);
		at += n;
	}
}

int
pg_fail(struct db *d, int err, const char *text)
{
	struct pg *p = d->h;
	char line[DB_WHY_MAX];
	size_t n = strcspn(text, "\n");

	if (str_fmt(line, sizeof line, "%.*s", (int)(n < 200 ? n : 200), text) <
	    0)
		*line = '\0';
	mask(line, p->secret);
	return db_fail(d, err, "postgresql: %s", line);
}

/* PostgreSQL, appendix A. */
int
pg_errno(struct db *d, const char *state)
{
	struct slice s = slice_of(state);

	if (slice_is(s, "23505"))
		return EEXIST;
	if (slice_is(s, "42P01") || slice_is(s, "3F000"))
		return ESTALE;
	if (slice_is(s, "08P01")) /* our mistake, not the connection's */
		return EIO;
	/* Serialization failure, deadlock, lock timeout. */
	if (slice_is(s, "40001") || slice_is(s, "40P01") ||
	    slice_is(s, "55P03")) {
		d->conflict = true;
		return EAGAIN;
	}
	/* Connection, resources, operator intervention, system error; a server
	 * that only reads for now. */
	if (slice_starts(s, "08") || slice_starts(s, "53") ||
	    slice_starts(s, "57") || slice_starts(s, "58") ||
	    slice_is(s, "25006"))
		return EAGAIN;
	/* Authorization, no such database, rights; damaged. */
	if (slice_starts(s, "28") || slice_is(s, "3D000") ||
	    slice_is(s, "42501") || slice_is(s, "XX001") ||
	    slice_is(s, "XX002"))
		return EACCES;
	return EIO;
}

int
pg_fail_result(struct db *d, const PGresult *res)
{
	struct pg *p = d->h;
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);

	if (PQstatus(p->c) == CONNECTION_BAD)
		return pg_lost(d, text ? text : "the connection was lost");
	return pg_fail(d, pg_errno(d, state ? state : ""),
	    text ? text : "an error without a text");
}
