#include "keys.h"

#include <errno.h>
#include <stdlib.h>

void
keys_init(struct keys *k, const uint64_t seed[2])
{
	map_init(&k->by_name, seed);
}

void
keys_fini(struct keys *k)
{
	size_t pos = 0;
	void *v;

	while (map_next(&k->by_name, &pos, NULL, &v)) {
		struct key *key = v;

		free(key->member);
		free(key);
	}
	map_fini(&k->by_name);
}

static struct key *
find_or_make(struct keys *k, struct slice name)
{
	void **at = map_at(&k->by_name, name, true);
	struct key *key;
	char *text;

	if (!at)
		return NULL;
	if (*at)
		return *at;
	key = calloc(1, sizeof *key + name.n);
	if (!key) {
		(void)map_del(&k->by_name, name);
		return NULL;
	}
	text = (char *)(key + 1);
	memcpy(text, name.p, name.n);
	key->name = (struct slice){text, name.n};
	*at = key;
	return key;
}

static void
drop_if_empty(struct keys *k, struct key *key)
{
	if (key->n)
		return;
	(void)map_del(&k->by_name, key->name);
	free(key->member);
	free(key);
}

bool
keys_holds(const struct holder *h, const struct key *key)
{
	uint32_t i;

	for (i = 0; i < h->n; i++)
		if (h->held[i].key == key)
			return true;
	return false;
}

/* Room for one more element of an array that doubles. */
static int
room(void *array, uint32_t n, uint32_t *cap, size_t size)
{
	void **at = array, *p;
	uint32_t want = *cap ? *cap * 2 : 4;

	if (n < *cap)
		return 0;
	p = reallocarray(*at, want, size);
	if (!p)
		return -1;
	*at = p;
	*cap = want;
	return 0;
}

int
keys_bind(struct keys *k, struct holder *h, struct slice name)
{
	struct key *key;

	if (name.n == 0 || name.n > KEYS_LEN_MAX || h->n >= KEYS_PER_HOLDER) {
		errno = E2BIG;
		return -1;
	}
	key = find_or_make(k, name);
	if (!key)
		return -1;
	if (keys_holds(h, key))
		return 0;
	if (room(&h->held, h->n, &h->cap, sizeof *h->held) < 0 ||
	    room(&key->member, key->n, &key->cap, sizeof(struct holder *)) <
		0) {
		drop_if_empty(k, key);
		errno = ENOMEM;
		return -1;
	}
	h->held[h->n++] = (struct held){key, key->n};
	key->member[key->n++] = h;
	return 1;
}

/* Take the i-th key from the holder; the last member of the key and the last
 * key of the holder move into the gaps. */
static void
release(struct keys *k, struct holder *h, uint32_t i)
{
	struct key *key = h->held[i].key;
	uint32_t at = h->held[i].at, j;
	struct holder *moved = key->member[key->n - 1];

	key->member[at] = moved;
	for (j = 0; j < moved->n; j++)
		if (moved->held[j].key == key) {
			moved->held[j].at = at;
			break;
		}
	key->n--;
	h->held[i] = h->held[--h->n];
	drop_if_empty(k, key);
}

bool
keys_unbind(struct keys *k, struct holder *h, struct slice name)
{
	const struct key *key = keys_find(k, name);
	uint32_t i;

	for (i = 0; key && i < h->n; i++)
		if (h->held[i].key == key) {
			release(k, h, i);
			return true;
		}
	return false;
}

void
keys_leave(struct keys *k, struct holder *h)
{
	while (h->n)
		release(k, h, h->n - 1);
	free(h->held);
	*h = (struct holder){0};
}

const struct key *
keys_find(const struct keys *k, struct slice name)
{
	return map_get(&k->by_name, name);
}
