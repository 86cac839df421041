#include "rename.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHAT "GeoChat."
#define BAO  "BAO.F."

/* A uid may have dots itself; so many of them are tried. */
#define DOTS 16

static const char *const suffixes[] = {"-ping", "-9-1-1"};

void
rename_init(struct rename *m, const uint64_t seed[2])
{
	*m = (struct rename){.prefix = {"", 0}};
	map_init(&m->map, seed);
}

void
rename_fini(struct rename *m)
{
	struct slice key;
	size_t pos = 0;
	void *v;

	while (map_next(&m->map, &pos, &key, &v))
		free(v);
	map_fini(&m->map);
}

bool
rename_active(const struct rename *m)
{
	return m->n || m->prefix.n;
}

/* The device's uid without what was appended to it; *suffix is the rest. */
static struct slice
base_of(struct slice id, struct slice *suffix)
{
	size_t i, n;

	for (i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		n = strlen(suffixes[i]);
		if (id.n <= n || !slice_ends(id, suffixes[i]))
			continue;
		*suffix = (struct slice){id.p + id.n - n, n};
		return (struct slice){id.p, id.n - n};
	}
	*suffix = (struct slice){"", 0};
	return id;
}

static int
put(struct rename *m, struct slice from, char *to)
{
	void **at;

	if (from.n == 0 || from.n > RENAME_UID_MAX) {
		errno = EINVAL;
		goto fail;
	}
	at = map_at(&m->map, from, false);
	if (!at && m->n == RENAME_UIDS_MAX) {
		errno = ENFILE;
		goto fail;
	}
	if (!at) {
		at = map_at(&m->map, from, true);
		if (!at)
			goto fail;
		m->n++;
	}
	free(*at);
	*at = to;
	return 0;
fail:
	free(to);
	return -1;
}

int
rename_add(struct rename *m, struct slice from, struct slice to)
{
	char *text = slice_dup(to);

	return text ? put(m, from, text) : -1;
}

int
rename_learn(struct rename *m, struct slice uid)
{
	struct slice suffix, base = base_of(uid, &suffix);
	char *text;

	if (m->prefix.n == 0 || base.n == 0 || base.n > RENAME_UID_MAX ||
	    slice_starts(base, CHAT) || map_get(&m->map, base))
		return 0;
	if (m->n == RENAME_UIDS_MAX) {
		m->unknown++;
		return 0;
	}
	text = malloc(m->prefix.n + base.n + 1);
	if (!text)
		return -1;
	memcpy(text, m->prefix.p, m->prefix.n);
	memcpy(text + m->prefix.n, base.p, base.n);
	text[m->prefix.n + base.n] = '\0';
	return put(m, base, text);
}

static const char *
known(const struct rename *m, struct slice uid)
{
	return uid.n && uid.n <= RENAME_UID_MAX ? map_get(&m->map, uid) : NULL;
}

/* The longest known uid that *rest begins with, up to a dot or the end. */
static const char *
known_start(const struct rename *m, struct slice rest, size_t *n)
{
	const char *got = NULL, *name;
	size_t i, dots = 0;

	for (i = 0; i <= rest.n && i <= RENAME_UID_MAX && dots < DOTS; i++) {
		if (i < rest.n && rest.p[i] != '.')
			continue;
		dots++;
		name = known(m, (struct slice){rest.p, i});
		if (name) {
			got = name;
			*n = i;
		}
	}
	return got;
}

/* GeoChat.SENDER.CONVERSATION.MESSAGE: the first two may be uids. */
static bool
chat_id(const struct rename *m, struct slice id, struct buf *out)
{
	size_t before = buf_size(out), n, part;
	struct slice rest = {id.p + strlen(CHAT), id.n - strlen(CHAT)};
	const char *name, *dot;
	bool changed = false;

	buf_puts(out, CHAT);
	for (part = 0; part < 2 && rest.n; part++) {
		name = known_start(m, rest, &n);
		if (name) {
			changed = true;
			buf_puts(out, name);
		} else {
			dot = memchr(rest.p, '.', rest.n);
			n = dot ? (size_t)(dot - rest.p) : rest.n;
			buf_append(out, rest.p, n);
		}
		if (n < rest.n) /* the dot */
			buf_putc(out, rest.p[n++]);
		rest.p += n;
		rest.n -= n;
	}
	buf_put(out, rest);
	if (!changed)
		buf_truncate(out, before);
	return changed;
}

/* BAO.F.ATAK.UID: where a chat's text comes from. */
static bool
source_id(const struct rename *m, struct slice id, struct buf *out)
{
	size_t n = strlen(BAO);
	const char *dot = memchr(id.p + n, '.', id.n - n), *name;

	if (!dot)
		return false;
	n = (size_t)(dot - id.p) + 1;
	name = known(m, (struct slice){id.p + n, id.n - n});
	if (!name)
		return false;
	buf_append(out, id.p, n);
	buf_puts(out, name);
	return true;
}

bool
rename_id(const struct rename *m, struct slice id, bool own, struct buf *out)
{
	struct slice suffix, base;
	const char *name = known(m, id);

	if (id.n == 0)
		return false;
	if (name) {
		buf_puts(out, name);
		return true;
	}
	if (slice_starts(id, CHAT))
		return chat_id(m, id, out);
	if (slice_starts(id, BAO) && source_id(m, id, out))
		return true;
	base = base_of(id, &suffix);
	name = suffix.n ? known(m, base) : NULL;
	if (name) {
		buf_puts(out, name);
		buf_put(out, suffix);
		return true;
	}
	if (!own || m->prefix.n == 0)
		return false;
	buf_put(out, m->prefix);
	buf_put(out, id);
	return true;
}
