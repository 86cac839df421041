#include "latest.h"

#include <errno.h>

#include "cotwalk.h"
#include "log.h"
#include "record.h"

void
latest_wanted(struct latest *l)
{
	l->wanted = true;
}

/* ---- one record ---- */

struct telling {
	struct buf *out;
	struct buf text; /* of one value */
	uint64_t told, left;
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
		t->left++;
	else
		t->told++;
	return 0;
}

int
latest_send(struct latest *l, struct buf *out, int64_t now)
{
	struct telling t = {.out = out};
	struct log_line line;
	int r;

	buf_init(&t.text, REC_LINE_MAX);
	r = store_each_latest(l->store, now, put_latest, &t);
	buf_fini(&t.text);
	if (r < 0)
		return -1;
	l->wanted = false;
	l->told += t.told;
	log_open(&line, LOG_LATEST);
	log_u64(&line, "positions", t.told);
	if (t.left)
		log_u64(&line, "left-out", t.left);
	log_send(&line);
	return 0;
}
