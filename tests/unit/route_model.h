/* route_model.h - what is true of random users and clients, and what clients
 * are sent: their maps are kept from the records that ots-route writes, by a
 * small ots-listen, and compared with those that cot-streaming 7.1 lets their
 * owners see. It knows nothing of how ots-route does it. */
#ifndef ROUTE_MODEL_H
#define ROUTE_MODEL_H

#include "route_fix.h"

#define CLIENTS 12
#define USERS   5
#define UIDS    12
#define GROUPS  5 /* the last is __ANON__ */
#define ANON    (1u << (GROUPS - 1))
#define TCP     (-1)

static const char *const group[GROUPS] = {"g0", "g1", "g2", "g3", "__ANON__"};

struct choice {
	bool on;
	unsigned in, out;
	int by; /* a uid, or -1 */
};

static struct {
	bool known, disabled;
	struct choice all, device[UIDS];
} users_now[USERS], users_was[USERS];

static struct client {
	bool live, doomed;
	int user, uid; /* uid -1: it has not said */
	unsigned gen;
	char key[80][KEY_MAX];
	bool map[UIDS], alarm[CLIENTS];
	bool known; /* its uid was, before this step */
	bool map_was[UIDS], alarm_was[CLIENTS]; /* before this step */
	unsigned got, told;                     /* the present event; t-x-g-c */
	char by[KEY_MAX];
} client_of[CLIENTS];

static struct {
	bool on;
	int user, uid, from;
} alarms[CLIENTS];

static uint64_t rng_state;
static bool one_by_one, exact;

static unsigned
rnd(unsigned n)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return (unsigned)(rng_state % n);
}

/* --- what is true --- */

static struct choice
choice_of(int user, int uid)
{
	if (user == TCP)
		return (struct choice){true, ANON, ANON, -1};
	if (!users_now[user].known || users_now[user].disabled)
		return (struct choice){false, 0, 0, -1};
	if (uid >= 0 && users_now[user].device[uid].on)
		return users_now[user].device[uid];
	return users_now[user].all;
}

static unsigned
in_of(int i)
{
	return choice_of(client_of[i].user, client_of[i].uid).in;
}

static unsigned
out_of(int i)
{
	return choice_of(client_of[i].user, client_of[i].uid).out;
}

static bool
there(int i)
{
	return client_of[i].live && !client_of[i].doomed;
}

static bool
may_see(int viewer, int uid)
{
	for (int i = 0; i < CLIENTS; i++) {
		if (i != viewer && there(i) && client_of[i].uid == uid &&
		    (in_of(i) & out_of(viewer)) != 0)
			return true;
	}
	return false;
}

static bool
may_see_alarm(int viewer, int a)
{
	struct choice c = choice_of(alarms[a].user, alarms[a].uid);

	return alarms[a].on && (c.in & out_of(viewer)) != 0;
}

/* --- what clients are sent --- */

/* n.SLOT.GENERATION; -1: not the present one. */
static int
client_at(struct slice conn)
{
	char text[KEY_MAX], *end;
	unsigned long slot, gen;

	assert_true(conn.n < sizeof(text) && slice_starts(conn, "n."));
	memcpy(text, conn.p, conn.n);
	text[conn.n] = '\0';
	slot = strtoul(text + 2, &end, 10);
	assert_true(*end == '.' && slot < CLIENTS);
	gen = strtoul(end + 1, &end, 10);
	assert_true(*end == '\0');
	return client_of[slot].gen == gen ? (int)slot : -1;
}

static char *
key_at(struct client *c, struct slice key)
{
	for (size_t i = 0; i < sizeof(c->key) / sizeof(c->key[0]); i++) {
		if (slice_is(key, c->key[i]))
			return c->key[i];
	}
	return NULL;
}

static bool
answers(int i, struct slice key)
{
	char id[KEY_MAX];

	assert_true(
	    str_fmt(id, sizeof(id), "conn:n.%d.%u", i, client_of[i].gen) > 0);
	return slice_is(key, id) || key_at(&client_of[i], key) != NULL;
}

static void
on_bind(const struct rec *r, bool on)
{
	struct slice conn, key;
	size_t pos = 0;
	int i;

	assert_true(rec_raw(r, "conn", &conn));
	i = client_at(conn);
	assert_true(i >= 0);
	while (rec_next(r, "key", &pos, &key)) {
		char *at = key_at(&client_of[i], key);

		assert_true(on == (at == NULL));
		if (!on) {
			at[0] = '\0';
			continue;
		}
		at = key_at(&client_of[i], (struct slice){"", 0});
		assert_non_null(at);
		memcpy(at, key.p, key.n);
		at[key.n] = '\0';
	}
}

static bool
any(const struct rec *r, const char *label, int i, bool none)
{
	struct slice key;
	size_t pos = 0;

	while (rec_next(r, label, &pos, &key)) {
		none = false;
		if (answers(i, key))
			return true;
	}
	return none;
}

static void
take(int i, struct slice uid, struct slice xml)
{
	static const struct slice link = {"<link relation=\"p-p\" uid=\"", 26};
	struct client *c = &client_of[i];
	const char *at = slice_find(xml, link);
	int n = uid.p[1] - 'A';

	if (slice_find(xml, SLICE("t-x-g-c")) != NULL) {
		c->told++;
		assert_true(uid.n < KEY_MAX && uid.n >= 36);
		memcpy(c->by, uid.p + 36, uid.n - 36);
		c->by[uid.n - 36] = '\0';
	} else if (at != NULL) {
		char what = at[link.n];
		bool *seen = what == 'U' ? &c->map[at[link.n + 1] - 'A']
					 : &c->alarm[at[link.n + 1] - 'a'];
		int owner = what == 'U' ? at[link.n + 1] - 'A'
					: alarms[at[link.n + 1] - 'a'].uid;
		bool *was = what == 'U' ? &c->map_was[at[link.n + 1] - 'A']
					: &c->alarm_was[at[link.n + 1] - 'a'];

		/* Nobody is told that one goes whom he never saw. */
		if (exact && c->known && owner != c->uid)
			assert_true(*was);
		*seen = false;
	} else if (slice_find(xml, SLICE("b-a-o-can")) != NULL) {
		c->alarm[uid.p[1] - 'a'] = false;
	} else if (uid.p[0] == 'X') {
		assert_true(may_see_alarm(i, uid.p[1] - 'a'));
		c->alarm[uid.p[1] - 'a'] = true;
	} else if (uid.p[0] == 'U') {
		assert_true(may_see(i, n));
		c->map[n] = true;
	} else {
		c->got++;
	}
}

static void
on_send(const struct rec *r)
{
	struct slice but = {"", 0}, uid, xml;

	(void)rec_raw(r, "not", &but);
	assert_true(rec_raw(r, "uid", &uid) && rec_raw(r, "xml", &xml));
	for (int i = 0; i < CLIENTS; i++) {
		if (there(i) && !(but.n > 0 && client_at(but) == i) &&
		    any(r, "to", i, false) && any(r, "only", i, true))
			take(i, uid, xml);
	}
}

static void
on_hangup(const struct rec *r)
{
	struct slice conn;

	assert_true(rec_raw(r, "conn", &conn));
	assert_true(client_at(conn) >= 0);
	client_of[client_at(conn)].doomed = true;
}

static void
read_all(struct fix *f)
{
	static struct rec rec;
	struct rec_lines lines;
	struct slice line;

	route_batch_end(f->r, f->now);
	for (int i = 0; i < CLIENTS; i++)
		client_of[i].got = client_of[i].told = 0;
	rec_lines_init(&lines, REC_LINE_MAX);
	rec_lines_feed(&lines, buf_data(&f->out), buf_size(&f->out));
	while (rec_lines_next(&lines, &line) == 1) {
		assert_int_equal(rec_parse(&rec, line), 1);
		if (rec_is(&rec, "bind"))
			on_bind(&rec, true);
		else if (rec_is(&rec, "unbind"))
			on_bind(&rec, false);
		else if (rec_is(&rec, "hangup"))
			on_hangup(&rec);
		else if (rec_is(&rec, "send"))
			on_send(&rec);
	}
	rec_lines_fini(&lines);
	forget(f);
}

/* --- every map shows what it should --- */

static void
check_maps(bool moved[CLIENTS])
{
	for (int i = 0; i < CLIENTS; i++) {
		if (!there(i) || (moved != NULL && moved[i]))
			continue;
		for (int u = 0; u < UIDS; u++) {
			if (u != client_of[i].uid)
				assert_int_equal(
				    client_of[i].map[u], may_see(i, u));
		}
		/* Who has not said who it is waits for the next repeat. */
		for (int a = 0; a < CLIENTS && client_of[i].uid >= 0; a++) {
			if (alarms[a].on && i != alarms[a].from &&
			    client_of[i].uid != alarms[a].uid)
				assert_int_equal(
				    client_of[i].alarm[a], may_see_alarm(i, a));
		}
	}
}

#endif
