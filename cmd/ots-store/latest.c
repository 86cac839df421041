#include "latest.h"

#include <errno.h>
#include <string.h>

#include "cotwalk.h"
#include "log.h"
#include "record.h"

/* So much is said at once: who reads it has other things to read, too. */
#define STEP ((size_t)512 << 10)

void
latest_wanted(struct latest *l)
{
	l->wanted = true;
	l->after[0] = '\0';
}

/* ---- one record ---- */

struct telling {
	struct latest *latest;
	struct buf *out;
	struct buf text; /* of one value */
	bool enough;
};

static void
put_attr(struct rec_writer *w, struct telling *t, const struct cotwalk *walk,
    const char *name)
{
	struct slice raw = cotwalk_attr(walk, name);
	char *to;

	if (!raw.p)
		return;
	buf_clear(&t->text);
	to = buf_reserve(&t->text, raw.n);
	if (to)
		rec_put(w, name, (struct slice){to, cotwalk_undo(to, raw)});
	else
		w->err = ENOMEM;
}

/* What ots-parse would say of it, as far as it is of use for a position. */
static void
put_labels(struct rec_writer *w, struct telling *t, struct slice xml)
{
	static const char *const event[] = {
	    "uid", "type", "how", "time", "start", "stale", NULL};
	static const char *const point[] = {
	    "lat", "lon", "hae", "ce", "le", NULL};
	static const char *const contact[] = {"callsign", "endpoint", NULL};
	const char *const *names;
	struct cotwalk walk;
	bool told = false;

	cotwalk_init(&walk, xml);
	while (
	    cotwalk_next(&walk) != COTWALK_BAD && walk.token != COTWALK_DONE) {
		names = NULL;
		if (walk.token != COTWALK_START)
			continue;
		if (walk.depth == 1)
			names = event;
		else if (walk.depth == 2 && slice_is(walk.name, "point"))
			names = point;
		else if (walk.depth == 3 && !told &&
		    slice_is(walk.name, "contact"))
			names = contact;
		told |= names == contact;
		for (; names && *names; names++)
			put_attr(w, t, &walk, *names);
	}
}

static int
put_latest(void *arg, const struct store_latest *l)
{
	struct telling *t = arg;
	const char *groups = l->groups;
	char name[STORE_KEY_MAX + 1];
	struct rec_writer w;
	int n;

	rec_begin(&w, t->out, "latest");
	put_labels(&w, t, slice_of(l->xml));
	if (l->user)
		rec_puts(&w, "user", l->user);
	while ((n = store_groups_next(&groups, name, sizeof name)) >= 0)
		rec_put(&w, "group", (struct slice){name, (size_t)n});
	rec_puts(&w, "xml", l->xml);
	if (rec_end(&w) < 0)
		t->latest->left++;
	else
		t->latest->told++;
	if (str_fmt(t->latest->after, sizeof t->latest->after, "%s", l->uid) <
	    0)
		return 1; /* no key is that long */
	t->enough = buf_size(t->out) >= STEP;
	return t->enough;
}

static void
done(struct latest *l)
{
	struct log_line line;

	l->wanted = false;
	l->after[0] = '\0';
	if (l->told + l->left == 0)
		return;
	log_open(&line, LOG_LATEST);
	log_u64(&line, "positions", l->told);
	if (l->left)
		log_u64(&line, "left-out", l->left);
	log_send(&line);
}

int
latest_send(struct latest *l, struct buf *out, int64_t now)
{
	struct telling t = {.latest = l, .out = out};
	int r;

	if (!l->wanted || buf_size(out) >= STEP)
		return 0;
	if (!l->after[0])
		l->told = l->left = 0;
	buf_init(&t.text, REC_LINE_MAX);
	r = store_each_latest(l->store, l->after, now, put_latest, &t);
	buf_fini(&t.text);
	if (r == 0 && !t.enough)
		done(l);
	return r;
}
