#include "recall.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "accounts.h"
#include "secret.h"

struct entry {
	TAILQ_ENTRY(entry) link; /* by `until`, the first to end first */
	uint64_t until, revision;
	uint8_t mark[RECALL_MARK];
	char name[ACCOUNT_NAME_MAX];
	char hash[PASSWD_HASH_MAX];
};

struct recall {
	struct map map;
	TAILQ_HEAD(, entry) entries;
	uint8_t key[32];
	unsigned max;
};

struct recall *
recall_new(const uint64_t seed[2], unsigned max)
{
	struct recall *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	map_init(&r->map, seed);
	TAILQ_INIT(&r->entries);
	passwd_key(r->key);
	r->max = max;
	return r;
}

static void
drop(struct recall *r, struct entry *e)
{
	(void)map_del(&r->map, slice_of(e->name));
	TAILQ_REMOVE(&r->entries, e, link);
	secret_wipe(e, sizeof *e);
	free(e);
}

void
recall_free(struct recall **rp)
{
	struct recall *r = *rp;
	struct entry *e, *next;

	*rp = NULL;
	if (r == NULL)
		return;
	for (e = TAILQ_FIRST(&r->entries); e != NULL; e = next) {
		next = TAILQ_NEXT(e, link);
		drop(r, e);
	}
	map_fini(&r->map);
	secret_wipe(r, sizeof *r);
	free(r);
}

static struct entry *
find(struct recall *r, const char *name, uint64_t now)
{
	struct entry *e = map_get(&r->map, slice_of(name));

	if (e == NULL || e->until > now)
		return e;
	drop(r, e);
	return NULL;
}

static bool
fits(const struct recall *r, const struct entry *e, struct slice secret)
{
	uint8_t mark[RECALL_MARK], diff = 0;

	passwd_mark(r->key, e->name, e->hash, secret.p, secret.n, mark);
	for (size_t i = 0; i < sizeof mark; i++)
		diff = (uint8_t)(diff | (mark[i] ^ e->mark[i]));
	secret_wipe(mark, sizeof mark);
	return diff == 0;
}

static struct entry *
make(struct recall *r, const char *name)
{
	struct entry *e;

	while (r->map.n >= r->max)
		drop(r, TAILQ_FIRST(&r->entries));
	e = calloc(1, sizeof *e);
	if (e == NULL)
		return NULL;
	if (str_fmt(e->name, sizeof e->name, "%s", name) < 0 ||
	    map_put(&r->map, slice_of(name), e) < 0) {
		free(e);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&r->entries, e, link);
	return e;
}

void
recall_put(struct recall *r, const char *name, const char *hash,
    struct slice secret, uint64_t revision, uint64_t now)
{
	struct entry *e = find(r, name, now);

	if (e == NULL)
		e = make(r, name);
	if (e == NULL)
		return;
	if (str_fmt(e->hash, sizeof e->hash, "%s", hash) < 0) {
		drop(r, e);
		return;
	}
	e->until = now + RECALL_US;
	e->revision = revision;
	TAILQ_REMOVE(&r->entries, e, link);
	TAILQ_INSERT_TAIL(&r->entries, e, link);
	passwd_mark(r->key, name, hash, secret.p, secret.n, e->mark);
}

bool
recall_right(struct recall *r, const char *name, const char *hash,
    struct slice secret, uint64_t now)
{
	const struct entry *e = find(r, name, now);

	return e != NULL && strcmp(e->hash, hash) == 0 && fits(r, e, secret);
}

bool
recall_right_away(struct recall *r, const char *name, struct slice secret,
    uint64_t revision, uint64_t now)
{
	const struct entry *e = find(r, name, now);

	return e != NULL && e->revision == revision && fits(r, e, secret);
}

void
recall_confirm(
    struct recall *r, const char *name, const char *hash, uint64_t revision)
{
	struct entry *e = map_get(&r->map, slice_of(name));

	if (e == NULL)
		return;
	if (*hash == '\0' || strcmp(e->hash, hash) != 0)
		drop(r, e);
	else
		e->revision = revision;
}

unsigned
recall_count(const struct recall *r)
{
	return (unsigned)r->map.n;
}

void
recall_same(const struct recall *r, const char *name, struct slice secret,
    uint8_t out[RECALL_MARK])
{
	passwd_mark(r->key, name, "", secret.p, secret.n, out);
}
