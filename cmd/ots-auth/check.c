#include "check.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "address.h"
#include "limit.h"
#include "recall.h"
#include "secret.h"

#define NAMES_MAX     16384
#define NAME_FAILS    5
#define ADDRESS_FAILS 20
#define RECALL_MAX    65536

#define WHY_WRONG   "wrong name or password"
#define WHY_LIMITED "too many attempts"
#define WHY_BUSY    "busy"
#define WHY_AWAY    "the database is away"

/* One of those that wait for a job. */
struct asker {
	STAILQ_ENTRY(asker) link;
	struct slot_id client;
	size_t id_n, peer_n;
	char id[CHECK_ID_MAX];
	char peer[NET_TEXT_MAX];
};

enum state { LOOKED_UP, WAITS, AT_WORK };

TAILQ_HEAD(jobs, job);

struct job {
	TAILQ_ENTRY(job) link; /* in c->jobs[state] */
	STAILQ_HEAD(, asker) askers;
	uint64_t no, until;
	uint64_t revision; /* of the users, when the hash came */
	enum state state;
	uint8_t same[RECALL_MARK]; /* key in c->equal */
	char name[ACCOUNT_NAME_MAX];
	char hash[PASSWD_HASH_MAX];
	size_t secret_n;
	char secret[PASSWD_MAX];
};

struct check {
	struct check_config cfg;
	struct jobs jobs[AT_WORK + 1];
	unsigned n_jobs, n_waits, n_asks;
	struct map equal; /* by struct job.same */
	struct limit *names, *addresses;
	struct recall *recall;
	uint64_t next_no, revision;
	uint64_t counters[CHECK_COUNTERS];
};

struct check *
check_new(const struct check_config *cfg)
{
	struct check *c = calloc(1, sizeof *c);

	if (c == NULL)
		return NULL;
	c->cfg = *cfg;
	for (int s = 0; s <= AT_WORK; s++)
		TAILQ_INIT(&c->jobs[s]);
	map_init(&c->equal, cfg->seed);
	c->names = limit_new(cfg->seed, NAME_FAILS, NAMES_MAX);
	c->addresses = limit_new(cfg->seed, ADDRESS_FAILS, NAMES_MAX);
	c->recall = recall_new(cfg->seed, RECALL_MAX);
	if (c->names == NULL || c->addresses == NULL || c->recall == NULL)
		check_free(&c);
	return c;
}

/* --- limits --- */

static void
address_fail(struct check *c, const struct job *j, uint64_t now)
{
	char key[2][ADDRESS_KEY_MAX];
	struct slice a, before = {NULL, 0};
	const struct asker *k;
	int i = 0;

	STAILQ_FOREACH(k, &j->askers, link)
	{
		a = address_key((struct slice){k->peer, k->peer_n}, key[i]);
		if (a.n == 0 || slice_eq(a, before))
			continue;
		limit_fail(c->addresses, a, now);
		before = a;
		i = !i;
	}
}

static bool
limited(struct check *c, const char *name, struct slice peer, uint64_t now)
{
	char key[ADDRESS_KEY_MAX];
	struct slice a = address_key(peer, key);

	return limit_wait(c->names, slice_of(name), now) > 0 ||
	    (a.n > 0 && limit_wait(c->addresses, a, now) > 0);
}

/* --- jobs --- */

static void
move(struct check *c, struct job *j, enum state to)
{
	TAILQ_REMOVE(&c->jobs[j->state], j, link);
	c->n_waits -= j->state == WAITS;
	j->state = to;
	c->n_waits += to == WAITS;
	TAILQ_INSERT_TAIL(&c->jobs[to], j, link);
}

static void
job_free(struct check *c, struct job *j)
{
	struct asker *k;

	TAILQ_REMOVE(&c->jobs[j->state], j, link);
	c->n_waits -= j->state == WAITS;
	c->n_jobs--;
	(void)map_del(
	    &c->equal, (struct slice){(const char *)j->same, sizeof j->same});
	while ((k = STAILQ_FIRST(&j->askers)) != NULL) {
		STAILQ_REMOVE_HEAD(&j->askers, link);
		c->n_asks--;
		free(k);
	}
	secret_wipe(j, sizeof *j);
	free(j);
}

void
check_free(struct check **cp)
{
	struct check *c = *cp;
	struct job *j, *next;

	*cp = NULL;
	if (c == NULL)
		return;
	for (int s = 0; s <= AT_WORK; s++) {
		for (j = TAILQ_FIRST(&c->jobs[s]); j != NULL; j = next) {
			next = TAILQ_NEXT(j, link);
			job_free(c, j);
		}
	}
	map_fini(&c->equal);
	limit_free(&c->names);
	limit_free(&c->addresses);
	recall_free(&c->recall);
	free(c);
}

static void
tell(struct check *c, const struct job *j, const char *why)
{
	struct check_ask ask = {.name = slice_of(j->name)};
	const struct asker *k;

	STAILQ_FOREACH(k, &j->askers, link)
	{
		ask.client = k->client;
		ask.id = (struct slice){k->id, k->id_n};
		ask.peer = (struct slice){k->peer, k->peer_n};
		c->cfg.verdict(c->cfg.arg, &ask, why);
	}
}

static void
end(struct check *c, struct job *j, enum check_counter what, const char *why)
{
	c->counters[what]++;
	tell(c, j, why);
	job_free(c, j);
}

static void
end_wrong(struct check *c, struct job *j, uint64_t now)
{
	limit_fail(c->names, slice_of(j->name), now);
	address_fail(c, j, now);
	end(c, j, CHECK_WRONG, WHY_WRONG);
}

static struct slice
secret_of(const struct job *j)
{
	return (struct slice){j->secret, j->secret_n};
}

/* The one who asked first: if it must wait, the guess is not tried. */
static bool
job_limited(struct check *c, const struct job *j, uint64_t now)
{
	const struct asker *k = STAILQ_FIRST(&j->askers);

	return limited(c, j->name, (struct slice){k->peer, k->peer_n}, now);
}

/* To the workers that are idle. Limits are looked at again: what waited may
 * have been guesses, the first of which were wrong meanwhile. */
static void
dispatch(struct check *c, uint64_t now)
{
	struct job *j;

	while ((j = TAILQ_FIRST(&c->jobs[WAITS])) != NULL) {
		if (job_limited(c, j, now)) {
			end(c, j, CHECK_LIMITED, WHY_LIMITED);
			continue;
		}
		if (!c->cfg.work(c->cfg.arg, j->no, j->hash, secret_of(j)))
			return;
		move(c, j, AT_WORK);
	}
}

static struct job *
find(struct check *c, enum state state, uint64_t no)
{
	struct job *j;

	TAILQ_FOREACH(j, &c->jobs[state], link)
	{
		if (j->no == no)
			return j;
	}
	return NULL;
}

/* --- what comes --- */

static int
add_asker(struct check *c, struct job *j, const struct check_ask *ask)
{
	struct asker *k;

	if (c->n_asks >= CHECK_ASKS_MAX)
		return -1;
	k = calloc(1, sizeof *k);
	if (k == NULL)
		return -1;
	k->client = ask->client;
	k->id_n = ask->id.n;
	memcpy(k->id, ask->id.p, ask->id.n);
	k->peer_n = ask->peer.n < sizeof k->peer ? ask->peer.n : sizeof k->peer;
	if (k->peer_n > 0)
		memcpy(k->peer, ask->peer.p, k->peer_n);
	STAILQ_INSERT_TAIL(&j->askers, k, link);
	c->n_asks++;
	return 0;
}

/* NULL: too many. */
static struct job *
job_new(struct check *c, const char *name, struct slice secret,
    const uint8_t same[RECALL_MARK], uint64_t now)
{
	struct job *j;

	if (c->n_jobs >= CHECK_JOBS_MAX)
		return NULL;
	j = calloc(1, sizeof *j);
	if (j == NULL)
		return NULL;
	STAILQ_INIT(&j->askers);
	j->no = ++c->next_no;
	j->until = now + CHECK_LOOKUP_US;
	memcpy(j->same, same, RECALL_MARK);
	memcpy(j->name, name, strlen(name) + 1);
	memcpy(j->secret, secret.p, secret.n);
	j->secret_n = secret.n;
	TAILQ_INSERT_TAIL(&c->jobs[LOOKED_UP], j, link);
	c->n_jobs++;
	if (map_put(&c->equal,
		(struct slice){(const char *)j->same, sizeof j->same}, j) == 0)
		return j;
	job_free(c, j);
	return NULL;
}

/* A request that is answered at once. */
static void
refuse(struct check *c, const struct check_ask *ask, enum check_counter what,
    const char *why)
{
	struct check_ask told = *ask;

	told.secret = (struct slice){NULL, 0};
	c->counters[what]++;
	c->cfg.verdict(c->cfg.arg, &told, why);
}

/* A name or password that nobody can have: no secret is told by the time that
 * it takes. */
static bool
possible(const struct check_ask *ask)
{
	return ask->name.n > 0 && ask->name.n < ACCOUNT_NAME_MAX &&
	    memchr(ask->name.p, '\0', ask->name.n) == NULL &&
	    ask->secret.n > 0 && ask->secret.n <= PASSWD_MAX;
}

static void
impossible(struct check *c, const struct check_ask *ask, uint64_t now)
{
	char key[ADDRESS_KEY_MAX];
	struct slice a = address_key(ask->peer, key);

	if (a.n > 0)
		limit_fail(c->addresses, a, now);
	refuse(c, ask, CHECK_WRONG, WHY_WRONG);
}

static void
ask_new(struct check *c, const struct check_ask *ask, const char *name,
    const uint8_t same[RECALL_MARK], uint64_t now)
{
	struct job *j = job_new(c, name, ask->secret, same, now);

	if (j == NULL) {
		refuse(c, ask, CHECK_BUSY, WHY_BUSY);
		return;
	}
	if (add_asker(c, j, ask) < 0) {
		refuse(c, ask, CHECK_BUSY, WHY_BUSY);
		job_free(c, j);
		return;
	}
	c->cfg.lookup(c->cfg.arg, j->no, j->name);
}

void
check_ask(struct check *c, const struct check_ask *ask, uint64_t now)
{
	char name[ACCOUNT_NAME_MAX];
	uint8_t same[RECALL_MARK];
	struct job *j;

	c->counters[CHECK_ASKED]++;
	if (!possible(ask)) {
		impossible(c, ask, now);
		return;
	}
	memcpy(name, ask->name.p, ask->name.n);
	name[ask->name.n] = '\0';
	if (limited(c, name, ask->peer, now)) {
		refuse(c, ask, CHECK_LIMITED, WHY_LIMITED);
		return;
	}
	recall_same(c->recall, name, ask->secret, same);
	j = map_get(&c->equal, (struct slice){(const char *)same, sizeof same});
	if (j == NULL) {
		ask_new(c, ask, name, same, now);
		return;
	}
	c->counters[CHECK_SHARED]++;
	if (add_asker(c, j, ask) < 0)
		refuse(c, ask, CHECK_BUSY, WHY_BUSY);
}

/* Nobody can look it up now. Whose password was right a moment ago comes in,
 * if nothing that we know of has changed. */
static void
away(struct check *c, struct job *j, uint64_t now)
{
	if (!recall_right_away(
		c->recall, j->name, secret_of(j), c->revision, now)) {
		end(c, j, CHECK_AWAY, WHY_AWAY);
		return;
	}
	c->counters[CHECK_REMEMBERED]++;
	end(c, j, CHECK_RIGHT, NULL);
}

void
check_hash(struct check *c, uint64_t no, const char *hash, uint64_t now)
{
	struct job *j = find(c, LOOKED_UP, no);

	if (j == NULL)
		return;
	if (hash == NULL || str_fmt(j->hash, sizeof j->hash, "%s", hash) < 0) {
		away(c, j, now);
		return;
	}
	/* The keeper tells in order: what this list does not have yet, the hash
	 * may have, but never the other way round. */
	j->revision = c->revision;
	recall_confirm(c->recall, j->name, j->hash, j->revision);
	if (recall_right(c->recall, j->name, j->hash, secret_of(j), now)) {
		c->counters[CHECK_REMEMBERED]++;
		end(c, j, CHECK_RIGHT, NULL);
		return;
	}
	if (c->n_waits >= CHECK_PER_WORKER * c->cfg.workers) {
		end(c, j, CHECK_BUSY, WHY_BUSY);
		return;
	}
	move(c, j, WAITS);
	dispatch(c, now);
}

static void
end_right(struct check *c, struct job *j, uint64_t now)
{
	recall_put(c->recall, j->name, j->hash, secret_of(j), j->revision, now);
	limit_forget(c->names, slice_of(j->name));
	end(c, j, CHECK_RIGHT, NULL);
}

void
check_done(struct check *c, uint64_t no, enum check_result result, uint64_t now)
{
	struct job *j = find(c, AT_WORK, no);

	if (j != NULL && result == CHECK_IS_LOST)
		end(c, j, CHECK_BUSY, WHY_BUSY);
	else if (j != NULL && result == CHECK_IS_RIGHT && j->hash[0] != '\0')
		end_right(c, j, now);
	else if (j != NULL)
		end_wrong(c, j, now);
	dispatch(c, now);
}

void
check_more(struct check *c, uint64_t now)
{
	dispatch(c, now);
}

void
check_revision(struct check *c, uint64_t revision)
{
	c->revision = revision;
}

uint64_t
check_deadline(const struct check *c)
{
	const struct job *j = TAILQ_FIRST(&c->jobs[LOOKED_UP]);

	return j != NULL ? j->until : UINT64_MAX;
}

void
check_tick(struct check *c, uint64_t now)
{
	struct job *j;

	while (
	    (j = TAILQ_FIRST(&c->jobs[LOOKED_UP])) != NULL && j->until <= now)
		away(c, j, now);
}

uint64_t
check_count(const struct check *c, enum check_counter n)
{
	return c->counters[n];
}

const char *
check_counter_name(enum check_counter n)
{
	static const char *const names[CHECK_COUNTERS] = {"asked", "right",
	    "wrong", "remembered", "shared", "limited", "busy", "away"};

	return names[n];
}

unsigned
check_pending(const struct check *c)
{
	return c->n_asks;
}
