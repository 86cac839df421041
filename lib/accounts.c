#include "accounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "accounts_db.h"
#include "clock.h"

struct accounts *
accounts_open(const char *uri, char err[256])
{
	struct accounts *a = calloc(1, sizeof *a);
	int e;

	_Static_assert(DB_WHY_MAX == 256, "texts of one size");
	if (!a) {
		str_fmt(err, 256, "no memory");
		errno = EAGAIN;
		return NULL;
	}
	a->db = db_open(uri, &accounts_schema, err);
	if (!a->db) {
		e = errno;
		free(a);
		errno = e;
		return NULL;
	}
	return a;
}

void
accounts_close(struct accounts **a)
{
	if (!*a)
		return;
	db_close(&(*a)->db);
	free(*a);
	*a = NULL;
}

const char *
accounts_why(const struct accounts *a)
{
	return db_why(a->db);
}

int
accounts_write(
    struct accounts *a, int (*fn)(struct db *d, void *arg), void *arg)
{
	return db_transact(a->db, DB_WRITE, fn, arg);
}

/* Counters ------------------------------------------------------------------*/

int
accounts_counter(struct db *d, const char *name, int64_t *value)
{
	int r = db_one_i64(d, SQL_COUNTER, DB_VALUES(dbv_text(name)), value);

	return r == 0 ? db_fail(d, EIO, "the counter %s is missing", name)
	    : r < 0   ? -1
		      : 0;
}

int
accounts_counter_next(struct db *d, const char *name, int64_t *value)
{
	int r =
	    db_one_i64(d, SQL_COUNTER_NEXT, DB_VALUES(dbv_text(name)), value);

	return r == 0 ? db_fail(d, EIO, "the counter %s is missing", name)
	    : r < 0   ? -1
		      : 0;
}

int
accounts_bump(struct db *d, int64_t *rev)
{
	return accounts_counter_next(d, "revision", rev);
}

int
accounts_bump_user(struct db *d, int64_t user_id, const char *by)
{
	int64_t rev;

	if (accounts_bump(d, &rev) < 0 ||
	    db_exec(d, SQL_USER_CHANGED,
		DB_VALUES(dbv_i64(user_id), dbv_text(by), dbv_i64(rev))) < 0)
		return -1;
	return 0;
}

int64_t
accounts_id(void)
{
	uint64_t seed[2];

	clock_seed(seed);
	return (int64_t)(seed[0] >> 12 | UINT64_C(1) << 52);
}

int
accounts_revision(struct accounts *a, uint64_t *rev)
{
	int64_t v;

	if (accounts_counter(a->db, "revision", &v) < 0)
		return -1;
	*rev = (uint64_t)v;
	return 0;
}

/* Users ---------------------------------------------------------------------*/

/* marti-http 2.5: names that need no quoting anywhere. */
static int
check_user(struct db *d, const char *name)
{
	size_t n = strspn(name,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789._@-");

	if (n < 1 || n >= ACCOUNT_NAME_MAX || name[n])
		return db_fail(d, EINVAL,
		    "the name of a user is 1 to 64 of A-Z a-z 0-9 . _ @ -");
	return 0;
}

/* The letters are ASCII. */
static void
fold(const char *name, char out[ACCOUNT_NAME_MAX])
{
	size_t i;

	for (i = 0; i < ACCOUNT_NAME_MAX - 1 && name[i]; i++)
		out[i] = (char)(name[i] >= 'A' && name[i] <= 'Z'
			? name[i] - 'A' + 'a'
			: name[i]);
	out[i] = '\0';
}

static void
copy(char *to, size_t size, const char *from)
{
	if (str_fmt(to, size, "%s", from) < 0)
		*to = '\0';
}

/* Of the first columns of SQL_USER and SQL_USERS. */
static void
read_account(const struct db_rows *r, struct account *out)
{
	*out = (struct account){
	    .admin = db_get_bool(r, 2),
	    .disabled = db_get_bool(r, 3),
	    .password = db_get_bool(r, 4),
	    .created = db_get_i64(r, 5),
	};
	copy(out->name, sizeof out->name, db_get_text(r, 1));
}

/* Its row, to be ended. */
static int
find_user(struct db *d, const char *name, struct db_rows *r)
{
	int got;

	if (db_query(d, r, SQL_USER, DB_VALUES(dbv_text(name))) < 0)
		return -1;
	got = db_next(r);
	if (got == 0)
		return db_fail(d, ENOENT, "no such user: %.64s", name);
	return got < 0 ? -1 : 0;
}

int
accounts_user(struct db *d, const char *name, struct user_row *u)
{
	struct db_rows r;

	if (find_user(d, name, &r) < 0)
		return -1;
	u->id = db_get_i64(&r, 0);
	u->admin = db_get_bool(&r, 2);
	u->disabled = db_get_bool(&r, 3);
	db_end(&r);
	return 0;
}

int
accounts_get(struct accounts *a, const char *user, struct account *out)
{
	struct db_rows r;

	if (find_user(a->db, user, &r) < 0)
		return -1;
	read_account(&r, out);
	db_end(&r);
	return 0;
}

int
accounts_hash(struct accounts *a, const char *user, char hash[ACCOUNT_HASH_MAX])
{
	struct db_rows r;
	int ret = 0;

	*hash = '\0';
	if (find_user(a->db, user, &r) < 0)
		return -1;
	if (db_get_bool(&r, 3))
		ret = db_fail(a->db, ENOENT, "%.64s is disabled", user);
	else if (str_fmt(hash, ACCOUNT_HASH_MAX, "%s", db_get_text(&r, 6)) < 0)
		ret =
		    db_fail(a->db, EIO, "the hash of %.64s is too long", user);
	db_end(&r);
	return ret;
}

int
accounts_each(struct accounts *a, int (*fn)(void *arg, const struct account *u),
    void *arg)
{
	struct account u;
	struct db_rows r;
	int got;

	if (db_query(a->db, &r, SQL_USERS, DB_NO_VALUES) < 0)
		return -1;
	while ((got = db_next(&r)) == 1) {
		read_account(&r, &u);
		if (fn(arg, &u) != 0)
			break;
	}
	db_end(&r);
	return got < 0 ? -1 : 0;
}

int
accounts_count(struct accounts *a, uint64_t *n)
{
	int64_t v = 0;

	if (db_one_i64(a->db, SQL_USER_COUNT, DB_NO_VALUES, &v) < 0)
		return -1;
	*n = (uint64_t)v;
	return 0;
}

struct new_user {
	const char *name, *hash;
	bool admin;
	int (*tell)(void *arg);
	void *arg;
};

static int
insert_user(struct db *d, const struct new_user *u)
{
	char folded[ACCOUNT_NAME_MAX];
	struct db_rows r;
	int64_t ever, rev;
	int got;

	fold(u->name, folded);
	if (db_query(d, &r, SQL_USER_FOLDED, DB_VALUES(dbv_text(folded))) < 0)
		return -1;
	got = db_next(&r);
	if (got == 1)
		db_fail(d, EEXIST, "there is a user %.64s already",
		    db_get_text(&r, 0));
	db_end(&r);
	if (got == 1)
		errno = EEXIST;
	if (got != 0)
		return -1;
	if (db_exec(d, SQL_USER_ADD,
		DB_VALUES(dbv_i64(accounts_id()), dbv_text(u->name),
		    dbv_text(folded), dbv_bool(u->admin), dbv_text(u->hash),
		    dbv_i64((int64_t)clock_wall_us()))) < 0 ||
	    accounts_counter_next(d, "users", &ever) < 0)
		return -1;
	return accounts_bump(d, &rev);
}

static int
add(struct db *d, void *arg)
{
	return insert_user(d, arg);
}

int
accounts_add(struct accounts *a, const char *user, bool admin)
{
	return accounts_add_hash(a, user, admin, NULL);
}

int
accounts_add_hash(
    struct accounts *a, const char *user, bool admin, const char *hash)
{
	struct new_user u = {.name = user, .hash = hash, .admin = admin};

	if (check_user(a->db, user) < 0)
		return -1;
	return accounts_write(a, add, &u);
}

/* The counter is the first thing written, so that of two who begin at once the
 * second waits here for the first. */
static int
first(struct db *d, void *arg)
{
	const struct new_user *u = arg;
	int64_t ever, n = 0;

	if (accounts_counter_next(d, "users", &ever) < 0 ||
	    db_one_i64(d, SQL_USER_COUNT, DB_NO_VALUES, &n) < 0)
		return -1;
	if (ever != 1 || n != 0)
		return db_fail(d, EEXIST, "there are or were users");
	if (insert_user(d, u) < 0)
		return -1;
	if (u->tell && u->tell(u->arg) != 0)
		return db_fail(d, ECANCELED, "it could not be told");
	return 0;
}

int
accounts_first(struct accounts *a, const char *user, const char *hash,
    int (*tell)(void *arg), void *arg)
{
	struct new_user u = {.name = user,
	    .hash = hash,
	    .admin = true,
	    .tell = tell,
	    .arg = arg};

	if (check_user(a->db, user) < 0)
		return -1;
	return accounts_write(a, first, &u);
}

int
accounts_ever(struct accounts *a, bool *ever)
{
	int64_t v;

	if (accounts_counter(a->db, "users", &v) < 0)
		return -1;
	*ever = v != 0;
	return 0;
}

/* Changes of a user ---------------------------------------------------------*/

struct change {
	const char *user, *hash;
	bool on;
};

/* Who administers must not lock everybody out. */
static int
keep_one_admin(struct db *d, const char *name, const struct user_row *u)
{
	int64_t others = 0;

	if (!u->admin || u->disabled)
		return 0;
	if (db_one_i64(
		d, SQL_OTHER_ADMINS, DB_VALUES(dbv_i64(u->id)), &others) < 0)
		return -1;
	return others ? 0
		      : db_fail(d, EPERM,
			    "%.64s is the last enabled administrator", name);
}

static int
del(struct db *d, void *arg)
{
	const struct change *c = arg;
	struct user_row u;
	int64_t rev;

	if (accounts_user(d, c->user, &u) < 0 ||
	    keep_one_admin(d, c->user, &u) < 0 ||
	    db_exec(d, SQL_USER_DEL, DB_VALUES(dbv_i64(u.id))) < 0)
		return -1;
	return accounts_bump(d, &rev);
}

int
accounts_del(struct accounts *a, const char *user)
{
	struct change c = {.user = user};

	return accounts_write(a, del, &c);
}

static int
disable(struct db *d, void *arg)
{
	const struct change *c = arg;
	struct user_row u;
	int64_t rev;

	if (accounts_user(d, c->user, &u) < 0)
		return -1;
	if (u.disabled == c->on)
		return 0;
	if ((c->on && keep_one_admin(d, c->user, &u) < 0) ||
	    db_exec(d, SQL_USER_SET_DISABLED,
		DB_VALUES(dbv_i64(u.id), dbv_bool(c->on))) < 0)
		return -1;
	return accounts_bump(d, &rev);
}

int
accounts_disable(struct accounts *a, const char *user, bool disabled)
{
	struct change c = {.user = user, .on = disabled};

	return accounts_write(a, disable, &c);
}

static int
set_admin(struct db *d, void *arg)
{
	const struct change *c = arg;
	struct user_row u;
	int64_t rev;

	if (accounts_user(d, c->user, &u) < 0)
		return -1;
	if (u.admin == c->on)
		return 0;
	if ((!c->on && keep_one_admin(d, c->user, &u) < 0) ||
	    db_exec(d, SQL_USER_SET_ADMIN,
		DB_VALUES(dbv_i64(u.id), dbv_bool(c->on))) < 0)
		return -1;
	return accounts_bump(d, &rev);
}

int
accounts_admin(struct accounts *a, const char *user, bool admin)
{
	struct change c = {.user = user, .on = admin};

	return accounts_write(a, set_admin, &c);
}

static int
set_hash(struct db *d, void *arg)
{
	const struct change *c = arg;
	struct user_row u;
	int64_t rev;

	if (accounts_user(d, c->user, &u) < 0 ||
	    db_exec(d, SQL_USER_SET_HASH,
		DB_VALUES(dbv_i64(u.id), dbv_text(c->hash))) < 0)
		return -1;
	/* Who remembers that the old one was right must hear of it, also where
	 * the hash cannot be looked up. */
	return accounts_bump(d, &rev);
}

int
accounts_set_hash(struct accounts *a, const char *user, const char *hash)
{
	struct change c = {.user = user, .hash = hash};

	return accounts_write(a, set_hash, &c);
}
