/* accounts_db.h - what the files of accounts.h share; only they and their tests
 * include it. */
#ifndef OTS_ACCOUNTS_DB_H
#define OTS_ACCOUNTS_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "accounts.h"
#include "accounts_sql.h"
#include "db.h"

/* In a snapshot each user has at most so many devices with choices of their
 * own; a further one replaces the one that chose longest ago. */
#define ACCOUNT_DEVICES_MAX 64
#define ACCOUNT_DEVICE_MAX  256 /* bytes of a device's uid */
#define ACCOUNT_ANON_ID     1
#define ACCOUNT_ANON_BIT    2

enum accounts_sql {
#define X(id, text) SQL_##id,
	ACCOUNTS_SQL(X)
#undef X
	    SQL_COUNT
};

extern const struct db_schema accounts_schema;

struct accounts {
	struct db *db;
};

/* Run fn in a transaction; it may take arg for one of its own. */
int accounts_write(
    struct accounts *a, int (*fn)(struct db *d, void *arg), void *arg);

struct user_row {
	int64_t id;
	bool admin, disabled;
};
/* 0; -1 ENOENT and db_why "no such user: X". */
int accounts_user(struct db *d, const char *name, struct user_row *u);
/* The same for a group. */
int accounts_group(struct db *d, const char *name, int64_t *id);

/* The next revision, which is that of this change. */
int accounts_bump(struct db *d, int64_t *rev);
/* What this user's groups are was changed by a device, or "". */
int accounts_bump_user(struct db *d, int64_t user_id, const char *by);
/* The value of a counter. */
int accounts_counter(struct db *d, const char *name, int64_t *value);
int accounts_counter_next(struct db *d, const char *name, int64_t *value);
/* A new id: positive, below 2^53 so that JSON readers keep it, and above those
 * of the migrations. */
int64_t accounts_id(void);

#endif
