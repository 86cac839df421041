/* Users, groups, directions, devices and alerts at random, against a model of
 * who sees whom. */
#include "route_model.h"

#define ROUNDS 12000

static void
do_open(struct fix *f, int i)
{
	struct client *c = &client_of[i];
	unsigned gen = c->gen + 1;
	char user[32] = "via:tcp";
	bool welcome;

	*c = (struct client){.live = true, .uid = -1, .gen = gen};
	c->user = (int)rnd(USERS + 1) - 1;
	if (c->user != TCP)
		assert_true(str_fmt(user, sizeof(user), "via:tls|user:u%d",
				c->user) > 0);
	welcome = choice_of(c->user, -1).on;
	put(f, "ev:open|conn:n.%d.%u|%s|peer:1.1.1.%d:1", i, gen, user, i);
	read_all(f);
	assert_int_equal(c->doomed, !welcome);
}

static void
do_close(struct fix *f, int i)
{
	client_of[i].live = false;
	for (int a = 0; a < CLIENTS; a++) {
		if (alarms[a].from == i)
			alarms[a].from = -1;
	}
	put(f, "ev:close|conn:n.%d.%u", i, client_of[i].gen);
	read_all(f);
}

static void
check_event(int i, int to)
{
	for (int k = 0; k < CLIENTS; k++) {
		bool want = there(k) && k != i && there(i) &&
		    (in_of(i) & out_of(k)) != 0 &&
		    (to < 0 || client_of[k].uid == to);

		assert_int_equal(client_of[k].got, want ? 1 : 0);
	}
}

static void
do_sa(struct fix *f, int i, bool shared)
{
	struct client *c = &client_of[i];

	if (c->uid < 0 && there(i))
		c->uid = shared ? (int)rnd(8) : i;
	put(f,
	    "ev:cot|conn:n.%d.%u|uid:U%c|type:a-f|callsign:C%d|endpoint:|"
	    "user:u0|stale:" FRESH "|xml:<x/>",
	    i, c->gen, 'A' + (c->uid < 0 ? 0 : c->uid), i);
	read_all(f);
}

static void
do_event(struct fix *f, int i)
{
	int to = rnd(2) == 0 ? -1 : (int)rnd(UIDS);
	char dest[32] = "how:h";

	if (to >= 0)
		assert_true(
		    str_fmt(dest, sizeof(dest), "dest-uid:U%c", 'A' + to) > 0);
	put(f, "ev:cot|conn:n.%d.%u|uid:e|type:u-d|%s|xml:<x/>", i,
	    client_of[i].gen, dest);
	read_all(f);
	check_event(i, to);
}

static void
do_alarm(struct fix *f, int i)
{
	struct client *c = &client_of[i];

	if (c->uid < 0 || !there(i))
		return;
	if (alarms[i].on && (alarms[i].from != i || rnd(2) == 0)) {
		if (alarms[i].user != c->user || alarms[i].uid != c->uid)
			return;
		alarms[i].on = false;
		put(f,
		    "ev:cot|conn:n.%d.%u|uid:X%c|type:b-a-o-can|"
		    "xml:<b-a-o-can/>",
		    i, c->gen, 'a' + i);
		read_all(f);
		for (int k = 0; k < CLIENTS; k++)
			assert_false(
			    there(k) && k != i && client_of[k].alarm[i]);
		return;
	}
	alarms[i].on = true;
	alarms[i].user = c->user;
	alarms[i].uid = c->uid;
	alarms[i].from = i;
	put(f,
	    "ev:cot|conn:n.%d.%u|uid:X%c|type:b-a-o-tbl|emergency:911|"
	    "xml:" CANON(NOW_TEXT, FRESH, "b-a-o-tbl", "x"),
	    i, c->gen, 'a' + i);
	read_all(f);
}

static size_t
put_choice(char *text, size_t size, const struct choice *c)
{
	size_t n = 0;

	for (int g = 0; g < GROUPS; g++) {
		if (c->in & (1u << g))
			n += (size_t)snprintf(
			    text + n, size - n, "|in:%s", group[g]);
		if (c->out & (1u << g))
			n += (size_t)snprintf(
			    text + n, size - n, "|out:%s", group[g]);
	}
	if (c->by >= 0)
		n += (size_t)snprintf(
		    text + n, size - n, "|by:U%c", 'A' + c->by);
	n += (size_t)snprintf(text + n, size - n, "\n");
	assert_true(n < size);
	return n;
}

static void
put_users(struct fix *f)
{
	static char text[1 << 15];
	size_t n = 0;

	text[0] = '\0';
	for (int u = 0; u < USERS; u++) {
		if (!users_now[u].known)
			continue;
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "ev:user|name:u%d%s", u,
		    users_now[u].disabled ? "|disabled:1" : "");
		n += put_choice(text + n, sizeof(text) - n, &users_now[u].all);
		for (int d = 0; d < UIDS; d++) {
			if (!users_now[u].device[d].on)
				continue;
			n += (size_t)snprintf(text + n, sizeof(text) - n,
			    "ev:device|user:u%d|uid:U%c", u, 'A' + d);
			n += put_choice(text + n, sizeof(text) - n,
			    &users_now[u].device[d]);
		}
	}
	users(f, text);
}

static void
choose(struct choice *c)
{
	*c = (struct choice){true, rnd(1u << GROUPS), rnd(1u << GROUPS),
	    rnd(2) == 0 ? -1 : (int)rnd(UIDS)};
}

static void
change_user(int u)
{
	switch (rnd(8)) {
	case 0:
		users_now[u].disabled = !users_now[u].disabled;
		break;
	case 1:
		users_now[u].known = !users_now[u].known;
		memset(users_now[u].device, 0, sizeof(users_now[u].device));
		choose(&users_now[u].all);
		break;
	case 2:
	case 3:
		choose(&users_now[u].device[rnd(UIDS)]);
		break;
	case 4:
		users_now[u].device[rnd(UIDS)].on = false;
		break;
	default:
		choose(&users_now[u].all);
	}
}

static bool
same(const struct choice *a, const struct choice *b)
{
	return a->in == b->in && a->out == b->out;
}

/* Does the change concern this client, and who asked for it? */
static bool
concerns(int i, struct choice was, int *by)
{
	int u = client_of[i].user, d = client_of[i].uid;

	*by = -1;
	if (u == TCP)
		return false;
	if (!same(&users_now[u].all, &users_was[u].all)) {
		*by = users_now[u].all.by;
		return true;
	}
	if (d >= 0 && users_now[u].device[d].on)
		*by = users_now[u].device[d].by;
	struct choice now = choice_of(u, d);

	return !same(&now, &was);
}

static void
do_users(struct fix *f)
{
	struct choice was[CLIENTS];
	bool before[CLIENTS], moved[CLIENTS];
	unsigned n = rnd(3) == 0 ? USERS : 1;
	char text[KEY_MAX];
	int by;

	for (int i = 0; i < CLIENTS; i++) {
		before[i] = there(i);
		was[i] = choice_of(client_of[i].user, client_of[i].uid);
	}
	memcpy(users_was, users_now, sizeof(users_was));
	while (n-- > 0)
		change_user((int)rnd(USERS));
	for (int a = 0; a < CLIENTS; a++) {
		if (alarms[a].on && !choice_of(alarms[a].user, -1).on)
			alarms[a].on = false;
	}
	n = 0;
	for (int i = 0; i < CLIENTS; i++) {
		struct choice now =
		    choice_of(client_of[i].user, client_of[i].uid);

		n += there(i) && now.on && !same(&now, &was[i]);
	}
	exact = one_by_one || n < 2;
	put_users(f);
	read_all(f);
	for (int i = 0; i < CLIENTS; i++) {
		bool want;

		moved[i] = false;
		if (!before[i])
			continue;
		assert_int_equal(there(i), choice_of(client_of[i].user, -1).on);
		if (!there(i))
			continue;
		want = concerns(i, was[i], &by);
		moved[i] = want;
		if (!exact)
			by = -1;
		if (by >= 0 && by == client_of[i].uid)
			want = false;
		assert_int_equal(client_of[i].told, want ? 1 : 0);
		text[0] = '\0';
		if (by >= 0)
			assert_true(
			    str_fmt(text, sizeof(text), ".U%c", 'A' + by) > 0);
		if (want)
			assert_string_equal(client_of[i].by, text);
	}
	/* With many at once, those concerned are left to t-x-g-c. */
	check_maps(exact ? NULL : moved);
	if (!exact) {
		for (int i = 0; i < CLIENTS; i++) {
			for (int u = 0; u < UIDS && moved[i]; u++)
				client_of[i].map[u] = may_see(i, u);
			for (int a = 0; a < CLIENTS && moved[i]; a++)
				client_of[i].alarm[a] = may_see_alarm(i, a);
		}
	}
	exact = true;
}

static void
remember(void)
{
	for (int k = 0; k < CLIENTS; k++) {
		struct client *c = &client_of[k];

		c->known = c->uid >= 0;
		memcpy(c->map_was, c->map, sizeof(c->map));
		memcpy(c->alarm_was, c->alarm, sizeof(c->alarm));
	}
}

static void
step(struct fix *f)
{
	int i = (int)rnd(CLIENTS);

	remember();
	if (rnd(8) == 0)
		do_users(f);
	else if (!client_of[i].live)
		do_open(f, i);
	else if (client_of[i].doomed || rnd(10) == 0)
		do_close(f, i);
	else if (rnd(3) == 0)
		do_sa(f, i, one_by_one);
	else if (rnd(6) == 0)
		do_alarm(f, i);
	else
		do_event(f, i);
	check_maps(NULL);
	assert_false(route_pending(f->r));
}

static void
run(uint64_t seed, bool always)
{
	struct fix *f = fix_new_auth();

	rng_state = seed;
	one_by_one = always;
	exact = true;
	memset(users_now, 0, sizeof(users_now));
	memset(client_of, 0, sizeof(client_of));
	memset(alarms, 0, sizeof(alarms));
	f->r->cfg.latest_max = (size_t)1 << 30;
	if (!one_by_one)
		f->r->exact_max = 0;
	for (int u = 0; u < USERS; u++) {
		users_now[u].known = u > 0;
		choose(&users_now[u].all);
	}
	put_users(f);
	sync_now(f, "n");
	for (int turn = 0; turn < ROUNDS; turn++)
		step(f);
	for (int i = 0; i < CLIENTS; i++) {
		remember();
		if (client_of[i].live)
			do_close(f, i);
	}
	memset(users_now, 0, sizeof(users_now));
	put_users(f);
	/* Nothing is left behind but alerts of who had no user. */
	assert_int_equal(f->r->conns.n + f->r->idents.n + f->r->uids.n +
		f->r->callsigns.n + f->r->latest_bytes + f->r->users.all.n +
		f->r->waits + f->r->held,
	    0);
	assert_int_equal(f->r->groups.names.n, 1);
	fix_free(f);
}

static void
test_exact(void **state)
{
	(void)state;
	run(88172645463325252u, true);
	run(1234567890123u, true);
}

static void
test_many(void **state)
{
	(void)state;
	run(362436069362436069u, false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_exact),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("route-model", tests, NULL, NULL);
}
