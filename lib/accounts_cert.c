/* The table of certificates of accounts.h. */
#include <errno.h>

#include "accounts_db.h"

struct batch {
	const struct account_cert *c;
	size_t n;
};

static int
put_all(struct db *d, void *arg)
{
	const struct batch *b = arg;
	size_t i;

	for (i = 0; i < b->n; i++) {
		const struct account_cert *c = &b->c[i];

		if (db_exec(d, SQL_CERT_PUT,
			DB_VALUES(dbv_text(c->serial), dbv_text(c->sha256),
			    dbv_text(c->kind), dbv_text(c->name),
			    dbv_text(c->uid ? c->uid : ""), dbv_i64(c->issued),
			    dbv_i64(c->not_before), dbv_i64(c->not_after),
			    dbv_i64(c->revoked))) < 0)
			return -1;
	}
	return 0;
}

int
accounts_certs(struct accounts *a, const struct account_cert *c, size_t n)
{
	struct batch b = {c, n};

	return n ? db_transact(a->db, DB_TRY, put_all, &b) : 0;
}
