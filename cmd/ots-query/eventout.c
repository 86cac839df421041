#include "eventout.h"

#include "column.h"
#include "num.h"
#include "record.h"
#include "store.h"
#include "timetext.h"

/* A record has so many fields at most; the others are about twenty. */
#define GROUPS_MAX (REC_FIELDS_MAX - 32)

static void
put_time(struct rec_writer *w, const char *label, int64_t us)
{
	char text[TIMETEXT_LEN + 1];

	timetext_format(us / 1000, text);
	rec_puts(w, label, text);
}

static void
put_real(struct rec_writer *w, const char *label, double v)
{
	struct buf text = {.max = NUM_FIXED8_SIZE};

	column_real(&text, v);
	rec_put(w, label, buf_slice(&text));
	buf_fini(&text);
}

static void
put_groups(struct rec_writer *w, const char *groups)
{
	char name[STORE_KEY_MAX + 1];
	int i;

	for (i = 0; i < GROUPS_MAX &&
	     store_groups_next(&groups, name, sizeof name) >= 0;
	     i++)
		rec_puts(w, "group", name);
}

int
event_record(struct buf *b, const struct store_event_row *e)
{
	struct rec_writer w;

	rec_begin(&w, b, "cot");
	rec_puts(&w, "uid", e->uid);
	rec_puts(&w, "type", e->type);
	rec_puts(&w, "how", e->how);
	put_time(&w, "time", e->time);
	put_time(&w, "start", e->start);
	put_time(&w, "stale", e->stale);
	put_real(&w, "lat", e->lat);
	put_real(&w, "lon", e->lon);
	put_real(&w, "hae", e->hae);
	put_real(&w, "ce", e->ce);
	put_real(&w, "le", e->le);
	if (e->callsign)
		rec_puts(&w, "callsign", e->callsign);
	if (e->user)
		rec_puts(&w, "user", e->user);
	put_groups(&w, e->groups);
	rec_put_u64(&w, "t", e->id > 0 ? (uint64_t)e->id : 0);
	rec_puts(&w, "xml", e->xml);
	return rec_end(&w);
}
