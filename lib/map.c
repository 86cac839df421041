#include "map.h"

#include <errno.h>
#include <stdlib.h>

struct map_entry {
	struct map_entry *next;
	uint64_t hash;
	void *value;
	size_t n;
	char key[];
};

static uint64_t
rotl(uint64_t x, int b)
{
	return (x << b) | (x >> (64 - b));
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[0] = rotl(v[0], 32);
	v[2] += v[3];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[2] = rotl(v[2], 32);
}

/* SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF"). */
uint64_t
map_hash(const uint64_t seed[2], struct slice key)
{
	uint64_t v[4] = {seed[0] ^ 0x736f6d6570736575u,
	    seed[1] ^ 0x646f72616e646f6du, seed[0] ^ 0x6c7967656e657261u,
	    seed[1] ^ 0x7465646279746573u};
	uint64_t m;
	size_t i = 0, k;

	for (; key.n - i >= 8; i += 8) {
		memcpy(&m, key.p + i, 8);
		v[3] ^= m;
		sip_round(v);
		v[0] ^= m;
	}
	m = (uint64_t)key.n << 56;
	for (k = 0; i + k < key.n; k++)
		m |= (uint64_t)(unsigned char)key.p[i + k] << (8 * k);
	v[3] ^= m;
	sip_round(v);
	v[0] ^= m;
	v[2] ^= 0xff;
	for (k = 0; k < 3; k++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void
map_init(struct map *m, const uint64_t seed[2])
{
	*m = (struct map){.seed = {seed[0], seed[1]}};
}

void
map_fini(struct map *m)
{
	struct map_entry *e, *next;
	size_t i;

	for (i = 0; i < m->cap; i++)
		for (e = m->tab[i]; e; e = next) {
			next = e->next;
			free(e);
		}
	free(m->tab);
	map_init(m, m->seed);
}

/* The pointer to the entry of key, or to the NULL where it would hang. */
static struct map_entry **
find(const struct map *m, struct slice key, uint64_t hash)
{
	struct map_entry **at = &m->tab[hash & (m->cap - 1)];

	while (*at &&
	    ((*at)->hash != hash || (*at)->n != key.n ||
		(key.n && memcmp((*at)->key, key.p, key.n) != 0)))
		at = &(*at)->next;
	return at;
}

void *
map_get(const struct map *m, struct slice key)
{
	struct map_entry *e;

	if (m->n == 0)
		return NULL;
	e = *find(m, key, map_hash(m->seed, key));
	return e ? e->value : NULL;
}

static int
grow(struct map *m)
{
	size_t cap = m->cap ? m->cap * 2 : 16, i;
	struct map_entry **tab = calloc(cap, sizeof *tab), *e, *next;

	if (!tab)
		return -1;
	for (i = 0; i < m->cap; i++)
		for (e = m->tab[i]; e; e = next) {
			next = e->next;
			e->next = tab[e->hash & (cap - 1)];
			tab[e->hash & (cap - 1)] = e;
		}
	free(m->tab);
	m->tab = tab;
	m->cap = cap;
	return 0;
}

void **
map_at(struct map *m, struct slice key, bool make)
{
	uint64_t hash = map_hash(m->seed, key);
	struct map_entry *e, **at;

	if (m->cap) {
		e = *find(m, key, hash);
		if (e)
			return &e->value;
	}
	if (!make)
		return NULL;
	if (key.n > SIZE_MAX - sizeof *e || (m->n >= m->cap && grow(m) < 0)) {
		errno = ENOMEM;
		return NULL;
	}
	e = malloc(sizeof *e + key.n);
	if (!e) {
		errno = ENOMEM;
		return NULL;
	}
	at = &m->tab[hash & (m->cap - 1)];
	*e = (struct map_entry){.next = *at, .hash = hash, .n = key.n};
	if (key.n)
		memcpy(e->key, key.p, key.n);
	*at = e;
	m->n++;
	return &e->value;
}

int
map_put(struct map *m, struct slice key, void *value)
{
	void **at = map_at(m, key, true);

	if (!at)
		return -1;
	*at = value;
	return 0;
}

void *
map_del(struct map *m, struct slice key)
{
	struct map_entry **at, *e;
	void *value;

	if (m->n == 0)
		return NULL;
	at = find(m, key, map_hash(m->seed, key));
	e = *at;
	if (!e)
		return NULL;
	value = e->value;
	*at = e->next;
	free(e);
	m->n--;
	return value;
}

/* A position is the bucket and, plus one, how many of its entries are still to
 * come: counted from the end of the chain, so that removing the entry just
 * returned does not move it. */
bool
map_next(const struct map *m, size_t *pos, struct slice *key, void **v)
{
	size_t bucket = *pos >> 16, left = *pos & 0xffff;
	struct map_entry *e;
	size_t count, i;

	for (; bucket < m->cap; bucket++, left = 0) {
		count = 0;
		for (e = m->tab[bucket]; e && count < 0xfffe; e = e->next)
			count++;
		if (left == 0)
			left = count + 1; /* the bucket is new */
		if (left <= 1)
			continue;
		/* Entries before the one to return may have been removed. */
		e = m->tab[bucket];
		for (i = count; i + 1 > left && e; i--)
			e = e->next;
		if (!e)
			continue;
		*pos = bucket << 16 | (left - 1);
		if (key)
			*key = (struct slice){e->key, e->n};
		if (v)
			*v = e->value;
		return true;
	}
	*pos = m->cap << 16;
	return false;
}
