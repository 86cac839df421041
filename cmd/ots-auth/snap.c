#include "snap.h"

#include <errno.h>
#include <stdlib.h>

struct snap *
snap_ref(struct snap *s)
{
	s->refs++;
	return s;
}

void
snap_drop(struct snap **sp)
{
	struct snap *s = *sp;

	*sp = NULL;
	if (s != NULL && --s->refs == 0)
		free(s);
}

void
snap_in_init(struct snap_in *in)
{
	*in = (struct snap_in){.begun = false};
	buf_init(&in->text, SNAP_MAX);
}

void
snap_in_fini(struct snap_in *in)
{
	buf_fini(&in->text);
}

static int
fail(struct snap_in *in, int err)
{
	in->begun = false;
	buf_clear(&in->text);
	buf_release(&in->text);
	errno = err;
	return -1;
}

static int
begin(struct snap_in *in, const struct rec *r)
{
	buf_clear(&in->text);
	in->count = 0;
	if (rec_u64(r, "revision", UINT64_MAX, &in->revision) < 0)
		return fail(in, EBADMSG);
	in->begun = true;
	return 0;
}

static int
finish(struct snap_in *in, const struct rec *r, struct snap **out)
{
	uint64_t revision, count;
	struct snap *s;

	if (rec_u64(r, "revision", UINT64_MAX, &revision) < 0 ||
	    rec_u64(r, "count", UINT64_MAX, &count) < 0 ||
	    revision != in->revision || count != in->count)
		return fail(in, EBADMSG);
	s = malloc(sizeof *s + buf_size(&in->text));
	if (s == NULL)
		return fail(in, ENOMEM);
	*s = (struct snap){.refs = 1,
	    .revision = revision,
	    .count = count,
	    .n = buf_size(&in->text)};
	memcpy(s->text, buf_data(&in->text), s->n);
	(void)fail(in, 0);
	*out = s;
	return 1;
}

int
snap_in_feed(struct snap_in *in, const struct rec *r, struct snap **out)
{
	bool first = rec_is(r, "users"), last = rec_is(r, "users-end");

	if (first && begin(in, r) < 0)
		return -1;
	if (!in->begun)
		return fail(in, EBADMSG);
	if (!first && !last) {
		if (!rec_is(r, "user") && !rec_is(r, "device"))
			return fail(in, EBADMSG);
		in->count++;
	}
	if (buf_put(&in->text, r->line) < 0 || buf_putc(&in->text, '\n') < 0)
		return fail(in, errno);
	return last ? finish(in, r, out) : 0;
}
