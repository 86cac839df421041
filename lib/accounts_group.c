/* Groups, memberships and channel choices of accounts.h. */
#include <errno.h>
#include <string.h>

#include "accounts_db.h"
#include "clock.h"

/* Text that is shown and sent: UTF-8 without control characters, those of
 * U+0080 to U+009F too, which some terminals obey. */
static bool
plain(const char *s, size_t max)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = strlen(s), i;

	for (i = 0; i < n; i++)
		if (u[i] < 0x20 || u[i] == 0x7f ||
		    (u[i] == 0xc2 && u[i + 1] < 0xa0))
			return false;
	return n <= max && utf8_valid(s, n);
}

static int
check_group(struct db *d, const char *name)
{
	if (!*name || *name == ' ' || !plain(name, ACCOUNT_GROUP_MAX - 1))
		return db_fail(d, EINVAL,
		    "the name of a group is 1 to 64 bytes of UTF-8 and does "
		    "not begin with white space");
	return 0;
}

static int
check_direction(struct db *d, int dirs)
{
	return dirs >= ACCOUNT_IN && dirs <= ACCOUNT_BOTH
	    ? 0
	    : db_fail(d, EINVAL, "a direction is in, out or both");
}

int
accounts_group(struct db *d, const char *name, int64_t *id)
{
	int r = db_one_i64(d, SQL_GROUP, DB_VALUES(dbv_text(name)), id);

	if (r == 0)
		return db_fail(d, ENOENT, "no such group: %.64s", name);
	return r < 0 ? -1 : 0;
}

/* Groups --------------------------------------------------------------------*/

struct group_change {
	const char *name, *description;
};

static int
group_add(struct db *d, void *arg)
{
	const struct group_change *c = arg;
	int64_t id, next;
	int got = db_one_i64(d, SQL_GROUP, DB_VALUES(dbv_text(c->name)), &id);

	if (got == 1)
		return db_fail(
		    d, EEXIST, "there is a group %.64s already", c->name);
	if (got < 0)
		return -1;
	if (accounts_counter_next(d, "bitpos", &next) < 0)
		return -1;
	return db_exec(d, SQL_GROUP_ADD,
		   DB_VALUES(dbv_i64(accounts_id()), dbv_text(c->name),
		       dbv_text(c->description), dbv_i64(next - 1),
		       dbv_i64((int64_t)clock_wall_us()))) < 0
	    ? -1
	    : 0;
}

int
accounts_group_add(
    struct accounts *a, const char *group, const char *description)
{
	struct group_change c = {group, description ? description : ""};

	if (check_group(a->db, group) < 0)
		return -1;
	if (!plain(c.description, 256))
		return db_fail(a->db, EINVAL,
		    "a description has at most 256 bytes of UTF-8");
	return accounts_write(a, group_add, &c);
}

static int
group_del(struct db *d, void *arg)
{
	const struct group_change *c = arg;
	int64_t id, rev, changed;

	if (accounts_group(d, c->name, &id) < 0)
		return -1;
	if (id == ACCOUNT_ANON_ID)
		return db_fail(d, EPERM,
		    "the group %s stays: it is that of users without a group",
		    c->name);
	if (accounts_counter(d, "revision", &rev) < 0)
		return -1;
	changed = db_exec(d, SQL_GROUP_USERS_CHANGED,
	    DB_VALUES(dbv_i64(id), dbv_i64(rev + 1)));
	if (changed < 0 ||
	    db_exec(d, SQL_GROUP_DEL, DB_VALUES(dbv_i64(id))) < 0)
		return -1;
	return changed ? accounts_bump(d, &rev) : 0;
}

int
accounts_group_del(struct accounts *a, const char *group)
{
	struct group_change c = {.name = group};

	return accounts_write(a, group_del, &c);
}

int
accounts_each_group(struct accounts *a,
    int (*fn)(void *arg, const struct account_group *g), void *arg)
{
	struct account_group g;
	struct db_rows r;
	int got;

	if (db_query(a->db, &r, SQL_GROUPS, DB_NO_VALUES) < 0)
		return -1;
	while ((got = db_next(&r)) == 1) {
		g = (struct account_group){
		    .bitpos = (int)db_get_i64(&r, 3),
		    .created = db_get_i64(&r, 4),
		};
		if (str_fmt(g.name, sizeof g.name, "%s", db_get_text(&r, 1)) <
			0 ||
		    str_fmt(g.description, sizeof g.description, "%s",
			db_get_text(&r, 2)) < 0) {
			got = db_fail(a->db, EIO, "a group's name is too long");
			break;
		}
		if (fn(arg, &g) != 0)
			break;
	}
	db_end(&r);
	return got < 0 ? -1 : 0;
}

/* Memberships ---------------------------------------------------------------*/

struct member_change {
	const char *user, *group, *device, *by;
	int dirs;
	bool active;
	struct user_row u;
	int64_t group_id;
};

static int
find_both(struct db *d, struct member_change *c)
{
	if (accounts_user(d, c->user, &c->u) < 0 ||
	    accounts_group(d, c->group, &c->group_id) < 0)
		return -1;
	return 0;
}

/* Run a statement with user, group, direction for each direction: the rows
 * changed. */
static int64_t
each_direction(struct db *d, unsigned id, int64_t user, int64_t group, int dirs)
{
	int64_t n, all = 0;
	int bit;

	for (bit = ACCOUNT_IN; bit <= ACCOUNT_OUT; bit <<= 1) {
		if (!(dirs & bit))
			continue;
		n = db_exec(d, id,
		    DB_VALUES(dbv_i64(user), dbv_i64(group), dbv_i64(bit)));
		if (n < 0)
			return -1;
		all += n;
	}
	return all;
}

static int
change_member(struct accounts *a, const char *user, const char *group,
    enum account_direction dirs, int (*fn)(struct db *d, void *arg))
{
	struct member_change c = {
	    .user = user, .group = group, .dirs = (int)dirs};

	if (check_direction(a->db, c.dirs) < 0)
		return -1;
	return accounts_write(a, fn, &c);
}

static int
join(struct db *d, void *arg)
{
	struct member_change *c = arg;
	int64_t had = 0, n;

	if (find_both(d, c) < 0 ||
	    db_one_i64(d, SQL_MEMBER_COUNT, DB_VALUES(dbv_i64(c->u.id)), &had) <
		0)
		return -1;
	n = each_direction(d, SQL_MEMBER_ADD, c->u.id, c->group_id, c->dirs);
	if (n <= 0)
		return (int)n;
	/* It no longer is in __ANON__ for want of another, and what was chosen
	 * there is not to wake up one day. */
	if (!had && c->group_id != ACCOUNT_ANON_ID &&
	    each_direction(
		d, SQL_CHOICE_DEL, c->u.id, ACCOUNT_ANON_ID, ACCOUNT_BOTH) < 0)
		return -1;
	return accounts_bump_user(d, c->u.id, "");
}

int
accounts_join(struct accounts *a, const char *user, const char *group,
    enum account_direction dirs)
{
	return change_member(a, user, group, dirs, join);
}

static int
leave(struct db *d, void *arg)
{
	struct member_change *c = arg;
	int64_t n;

	if (find_both(d, c) < 0)
		return -1;
	n = each_direction(d, SQL_MEMBER_DEL, c->u.id, c->group_id, c->dirs);
	if (n <= 0)
		return (int)n;
	if (each_direction(d, SQL_CHOICE_DEL, c->u.id, c->group_id, c->dirs) <
	    0)
		return -1;
	return accounts_bump_user(d, c->u.id, "");
}

int
accounts_leave(struct accounts *a, const char *user, const char *group,
    enum account_direction dirs)
{
	return change_member(a, user, group, dirs, leave);
}

/* Channel choices -----------------------------------------------------------*/

/* The directions of the group that the user holds. */
static int
held(struct db *d, const struct member_change *c, int *dirs)
{
	struct db_rows r;
	bool any = false;
	int got;

	*dirs = 0;
	if (db_query(d, &r, SQL_MEMBERS, DB_VALUES(dbv_i64(c->u.id))) < 0)
		return -1;
	while ((got = db_next(&r)) == 1) {
		any = true;
		if (db_get_i64(&r, 4) == c->group_id)
			*dirs |= (int)db_get_i64(&r, 3);
	}
	if (!any && c->group_id == ACCOUNT_ANON_ID)
		*dirs = ACCOUNT_BOTH;
	return got < 0 ? -1 : 0;
}

/* 1: changed, 0: it was so. */
static int64_t
choose(struct db *d, const struct member_change *c, int bit, int64_t rev)
{
	struct db_val key[] = {dbv_i64(c->u.id), dbv_text(c->device),
	    dbv_i64(c->group_id), dbv_i64(bit)};
	struct db_rows r;
	int got;

	/* Where the user has chosen nothing, all is active. */
	if (!*c->device && c->active) {
		if (db_query(d, &r, SQL_CHOICE_GET, key, 4) < 0)
			return -1;
		got = db_next(&r);
		db_end(&r);
		if (got != 1)
			return got;
	}
	return db_exec(d, SQL_CHOICE_PUT,
	    DB_VALUES(key[0], key[1], key[2], key[3], dbv_bool(c->active),
		dbv_text(c->by), dbv_i64(rev)));
}

/* Make room for one more device. */
static int
limit_devices(struct db *d, const struct member_change *c)
{
	char device[ACCOUNT_DEVICE_MAX + 1];
	struct db_val user = dbv_i64(c->u.id), self = dbv_text(c->device);
	struct db_rows r;
	int64_t n = 0;
	int got;

	if (db_one_i64(d, SQL_DEVICE_COUNT, DB_VALUES(user, self), &n) < 0)
		return -1;
	if (n < ACCOUNT_DEVICES_MAX)
		return 0;
	if (db_query(d, &r, SQL_DEVICE_OLDEST, DB_VALUES(user, self)) < 0)
		return -1;
	got = db_next(&r);
	if (got == 1 &&
	    str_fmt(device, sizeof device, "%s", db_get_text(&r, 0)) < 0)
		got = db_fail(d, EIO, "a device's uid is too long");
	db_end(&r);
	if (got == 1 &&
	    db_exec(d, SQL_DEVICE_DEL, DB_VALUES(user, dbv_text(device))) < 0)
		got = -1;
	return got < 0 ? -1 : 0;
}

static int
channel(struct db *d, void *arg)
{
	struct member_change *c = arg;
	int64_t rev, n, changed = 0;
	int dirs, bit;

	if (find_both(d, c) < 0 || held(d, c, &dirs) < 0 ||
	    accounts_counter(d, "revision", &rev) < 0)
		return -1;
	dirs &= c->dirs;
	if (!dirs)
		return 0;
	if (*c->device && limit_devices(d, c) < 0)
		return -1;
	for (bit = ACCOUNT_IN; bit <= ACCOUNT_OUT; bit <<= 1) {
		n = dirs & bit ? choose(d, c, bit, rev + 1) : 0;
		if (n < 0)
			return -1;
		changed += n;
	}
	if (!changed)
		return 0;
	return *c->device ? accounts_bump(d, &rev)
			  : accounts_bump_user(d, c->u.id, c->by);
}

int
accounts_channel(struct accounts *a, const char *user, const char *device,
    const char *group, enum account_direction dirs, bool active, const char *by)
{
	struct member_change c = {.user = user,
	    .group = group,
	    .device = device,
	    .by = by,
	    .dirs = (int)dirs,
	    .active = active};

	if (check_direction(a->db, c.dirs) < 0)
		return -1;
	if (!plain(device, ACCOUNT_DEVICE_MAX) ||
	    !plain(by, ACCOUNT_DEVICE_MAX))
		return db_fail(a->db, EINVAL,
		    "the uid of a device has at most 256 bytes of UTF-8");
	return accounts_write(a, channel, &c);
}
