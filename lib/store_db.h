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
	struct store_piece *first, *spare;
	size_t used; /* bytes that were asked for */
};
/* For any type. NULL: no memory. */
void *store_mem_take(struct store_mem *m, size_t n);
/* Copy *s, which may be absent; a NUL comes behind it. false: no memory. */
bool store_mem_copy(struct store_mem *m, struct slice *s);
/* All of it ends; as much is kept for the next batch. */
void store_mem_reset(struct store_mem *m);
void store_mem_fini(struct store_mem *m);

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
	const struct store_key *last_type, *last_set;
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
	X(VISITS, VISIT_ADD, 3, 1)                                             \
	X(AWAY, DEVICE_AWAY, 2, 0)                                             \
	X(HIDDEN, DEVICES_HIDDEN, 1, 0)                                        \
	X(LEFT, DEVICE_LEFT, 2, 0)                                             \
	X(DEVICES, DEVICE_PUT, D_COUNT, 2)                                     \
	X(CONNS, CONN_PUT, 11, 0)                                              \
	X(CONNS_GONE, CONNS_GONE, 3, 0)                                        \
	X(DEVICES_AWAY, DEVICES_AWAY, 3, 0)                                    \
	X(ROOMS, ROOM_PUT, 4, 0)                                               \
	X(MEMBERS, MEMBER_ADD, 2, 0)                                           \
	X(CHATS, CHAT_ADD, 11, 2)                                              \
	X(RECEIPTS, RECEIPT_ADD, 6, 2)                                         \
	X(DELETIONS, DELETION_ADD, 4, 2)                                       \
	X(ITEMS_DELETED, ITEM_DELETED, 3, 2)                                   \
	X(ITEMS, ITEM_PUT, 14, 2)                                              \
	X(CASEVACS, CASEVAC_PUT, 9, 2)                                         \
	X(VIDEOS, VIDEO_PUT, 6, 2)                                             \
	X(SHARES, SHARE_ADD, 6, 2)                                             \
	X(STATS, STATS_ADD, 4, 2)                                              \
	X(LETTERS, LETTER_ADD, 7, 2)                                           \
	X(MAIL, MAIL_ADD, 5, 1)                                                \
	X(SENT, MAIL_SENT, 4, 0)                                               \
	X(DELIVERED, MAIL_DELIVERED, 4, 0)

enum store_table {
#define X(name, sql, n, lead) T_##name,
	STORE_TABLES(X)
#undef X
	    T_COUNT
};

struct store_fact {
	struct store_fact *next;
	uint32_t event; /* STORE_NO_EVENT: its first values are null */
	/* Of an item: the event that deleted it. Of a device: that by which it
	 * is shown. Of a connection: the first behind the last by which its
	 * devices were hidden. */
	uint32_t other;
	uint32_t walk; /* of a device: the last that has come by it */
	bool moves;    /* of a device: DEVICE_MOVE says it all */
	struct db_val v[];
};

/* Facts of one table, in their order; by_key where a newer row replaces an
 * older one of the same key. */
struct store_facts {
	struct store_fact *first, **last;
	struct map by_key;
};

/* Tracks are of what is in the field. */
static inline bool
store_has_position(const struct store_row *r)
{
	return r->e.located && slice_starts(r->e.type, "a-");
}

/* Values of DEVICE_PUT; of CONN_PUT. */
enum {
	D_EVENT,
	D_SET,
	D_UID,
	D_CALLSIGN,
	D_USERNAME = 12,
	D_TYPE,
	D_FIRST,
	D_LAST,
	D_STALE,
	D_LAT,
	D_LON,
	D_HAE,
	D_SPEED,
	D_COURSE,
	D_BATTERY,
	D_CONNECTED,
	D_CONN,
	D_DISCONNECTED,
	D_SHOWN,
	D_COUNT
};
enum { C_OPENED = 5, C_CLOSED, C_WHY, C_DEVICE, C_INCOGNITO, C_GROUPS };

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
	struct store_visits *visits; /* NULL: none are known */
	int64_t
	    last_id; /* of the newest event in the database, as far as known */
	struct store_place place;
	struct map known; /* store_known.c: devices */
	uint64_t known_until;
	uint32_t walk; /* over devices: the last one */
	bool placed;
	bool unsure; /* whether the batch is in the database */
	/* Where retention goes on. */
	char device[STORE_KEY_MAX + 1];
	int64_t gone[STORE_SQL_COUNT]; /* by the statement that looks for it */
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

static inline struct db_val
store_or_empty(struct slice s)
{
	return s.n ? dbv_slice(s) : dbv_text("");
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

/* Has the database been told that this device is at that connection? */
bool store_known_at(
    const struct store *s, struct slice device, struct slice conn);
/* Write the devices of the batch: all of a row, or only where it is. */
int store_write_devices(struct db *d, const struct store *s);
/* The batch is in the database. */
void store_known_done(struct store *s);
void store_known_fini(struct store *s);

/* What the batch says of the device d->uid: false: nothing. Texts as loans
 * until it ends. */
bool store_batch_device(struct store *s, struct store_device *d);
/* The next device of the batch that this walk has not come by, of that callsign
 * (p NULL: any), from *at on. NULL: none. */
const char *store_batch_next(
    struct store *s, struct slice callsign, const struct store_fact **at);
/* As store_each_receiver, of the batch. What fn returned last, or 0. */
int store_batch_receivers(struct store *s, struct slice receipt,
    int (*fn)(void *arg, struct slice uid, struct slice user), void *arg);

/* A position that was added last: there is a row of ots_visits from less than
 * STORE_VISIT_US before it, or it makes one. */
#define STORE_DAY_US   INT64_C(86400000000)
#define STORE_VISIT_US (2 * STORE_DAY_US)
int store_add_visit(struct store *s, const struct store_row *r);
/* Rows of a batch that is given up were not written. */
void store_visits_forget(struct store *s);

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
