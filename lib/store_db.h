/* store_db.h - what the files of store.h share; only they, what reads the same
 * tables (with store_schema's migrations and statements of its own) and tests
 * include it. */
#ifndef OTS_STORE_DB_H
#define OTS_STORE_DB_H

#include "db.h"
#include "map.h"
#include "store.h"
#include "store_sql.h"

enum store_sql {
#define X(id, text) STORE_SQL_##id,
	STORE_SQL(X)
#undef X
	    STORE_SQL_COUNT
};

extern const struct db_schema store_schema;

/* Memory of a batch: pieces that never move.
 * ---------------------------------*/

struct store_piece;
struct store_mem {
	struct store_piece *first;
	size_t used; /* bytes that were asked for */
};
/* For any type. NULL: no memory. */
void *store_mem_take(struct store_mem *m, size_t n);
/* Copy *s, which may be absent. false: no memory. */
bool store_mem_copy(struct store_mem *m, struct slice *s);
void store_mem_reset(struct store_mem *m);

/* Types, group sets and cells: numbers for what occurs.
 * ------------------------ An entry gets its number in a transaction of its own
 * before the batch's, and keeps it when that one is undone: it is in the
 * database by then. */
struct store_key {
	int64_t id; /* 0: none yet, unless `known` */
	bool known;
	struct slice text;
	struct store_key *next; /* of those that are new */
};
struct store_keys {
	struct map types, sets;
	struct store_key *new_types, *new_sets;
	unsigned char *cells; /* by cell: CELL_... */
	size_t n_new_cells;
};
int store_keys_init(struct store *s);
void store_keys_fini(struct store *s);
/* NULL: no memory. */
const struct store_key *store_type(struct store *s, struct slice type);
const struct store_key *store_set(
    struct store *s, const struct slice *groups, size_t n);
void store_cell_seen(struct store *s, int64_t cell);
/* Give all that is new its number. */
int store_keys_write(struct store *s);
/* Forget what is new: no row refers to it any more. */
void store_keys_forget(struct store *s);

/* Rows of a batch
 * ------------------------------------------------------------*/

#define STORE_NO_EVENT UINT32_MAX

struct store_row {
	struct store_event e;
	int64_t id, cell; /* -1: no place */
	const struct store_key *type, *set;
	bool letter; /* ots_letters has it */
};

/* One row for a table: X(name, statement, values, lead): with 1 its first value
 * is the id of its event, with 2 also the second its group set. They are
 * written in this order. */
#define STORE_TABLES(X)                                                        \
	X(AWAY, DEVICE_AWAY, 2, 0)                                             \
	X(DEVICES, DEVICE_PUT, 26, 2)                                          \
	X(CONNS, CONN_PUT, 9, 0)                                               \
	X(CONNS_GONE, CONNS_GONE, 3, 0)                                        \
	X(DEVICES_AWAY, DEVICES_AWAY, 3, 0)                                    \
	X(ROOMS, ROOM_PUT, 4, 0)                                               \
	X(MEMBERS, MEMBER_ADD, 2, 0)                                           \
	X(CHATS, CHAT_ADD, 9, 2)                                               \
	X(RECEIPTS, RECEIPT_ADD, 6, 2)                                         \
	X(DELETIONS, DELETION_ADD, 4, 2)                                       \
	X(ITEMS_DELETED, ITEM_DELETED, 3, 2)                                   \
	X(ITEMS, ITEM_PUT, 14, 2)                                              \
	X(CASEVACS, CASEVAC_PUT, 9, 2)                                         \
	X(VIDEOS, VIDEO_PUT, 6, 2)                                             \
	X(SHARES, SHARE_ADD, 6, 2)                                             \
	X(STATS, STATS_ADD, 4, 2)                                              \
	X(LETTERS, LETTER_ADD, 7, 2)                                           \
	X(MAIL, MAIL_ADD, 4, 1)                                                \
	X(SENT, MAIL_SENT, 3, 0)                                               \
	X(DELIVERED, MAIL_DELIVERED, 3, 0)

enum store_table {
#define X(name, sql, n, lead) T_##name,
	STORE_TABLES(X)
#undef X
	    T_COUNT
};

struct store_fact {
	struct store_fact *next;
	uint32_t event;   /* STORE_NO_EVENT: its first values are null */
	uint32_t deleted; /* of an item: the event that did it */
	struct db_val v[];
};

/* Facts of one table, in their order; by_key where a newer row replaces an
 * older one of the same key. */
struct store_facts {
	struct store_fact *first, **last;
	struct map by_key;
};

struct store_alarm {
	struct store_alarm *next;
	uint32_t event;
	struct store_alert a;
};

struct store {
	struct db *db;
	uint64_t seed[2];
	struct store_keys keys;
	struct store_mem mem;
	struct store_row *row;
	size_t n_rows, cap_rows, n_facts;
	struct store_facts fact[T_COUNT];
	struct store_alarm *alarms, **last_alarm;
	int64_t
	    last_id; /* of the newest event in the database, as far as known */
	struct store_place place;
	bool placed;
	bool unsure; /* whether the batch is in the database */
	/* Where retention and vacuum go on. */
	char device[STORE_KEY_MAX + 1];
	size_t vacuum_at;
};

/* Set errno: -1. */
int store_fail(int err);
/* Is there no room for one more? */
bool store_full(const struct store *s);

static inline bool
store_key_fits(struct slice s)
{
	return s.p && s.n <= STORE_KEY_MAX;
}

/* A new row; v are its values behind those of the event that was added last.
 * Values are copied. 0, or -1. */
int store_put(
    struct store *s, enum store_table t, const struct db_val *v, size_t n);
/* The same, instead of an older one of that key; of the last event. */
int store_put_newest(struct store *s, enum store_table t, struct slice key,
    const struct db_val *v, size_t n);
/* The row of a key, or a new one. NULL: no memory. */
struct store_fact *store_fact_at(
    struct store *s, enum store_table t, struct slice key, uint32_t event);
/* Replace its values from that one on; merge: by those that are known only.
 * false: no memory. */
bool store_fact_set(struct store *s, struct store_fact *f, size_t from,
    const struct db_val *v, size_t n);
bool store_fact_merge(struct store *s, struct store_fact *f, size_t from,
    const struct db_val *v, size_t n);

/* What an event says of the device that sent it. */
int store_add_device(struct store *s, const struct store_event *e);
/* At the end of the batch. */
void store_settle_devices(struct store *s);

/* Write the batch, in a transaction. */
struct store_job {
	struct store *s;
	struct slice spool;
	struct store_place place;
};
int store_write(struct db *d, void *arg);
int store_read_place(
    struct db *d, struct slice spool, struct store_place *out, bool *there);

#endif
