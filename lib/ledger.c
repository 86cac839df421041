#include "ledger.h"

#include <errno.h>

static bool
hex(struct slice s, size_t min, size_t max)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') ||
			(s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return s.n >= min && s.n <= max;
}

static bool
seconds(const struct rec *r, const char *label, int64_t *out)
{
	uint64_t v;

	if (rec_u64(r, label, INT64_MAX, &v) < 0)
		return false;
	*out = (int64_t)v;
	return true;
}

static bool
known_kind(struct slice s)
{
	return slice_is(s, "client") || slice_is(s, "server") ||
	    slice_is(s, "issuing") || slice_is(s, "root");
}

static bool
plain(const struct rec *r, const char *label, struct slice *out)
{
	return rec_raw(r, label, out) && !memchr(out->p, '\\', out->n);
}

static bool
parse_issued(const struct rec *r, struct ledger_line *l)
{
	(void)rec_raw(r, "uid", &l->uid);
	return plain(r, "kind", &l->kind) && known_kind(l->kind) &&
	    rec_raw(r, "name", &l->name) && l->name.n &&
	    plain(r, "der", &l->der) && l->der.n &&
	    seconds(r, "not-before", &l->not_before) &&
	    seconds(r, "not-after", &l->not_after);
}

static bool
parse_revoked(const struct rec *r, struct ledger_line *l)
{
	uint64_t v;

	if (rec_u64(r, "reason", 10, &v) < 0)
		return false;
	l->reason = (int)v;
	return true;
}

static bool
parse_whose(const struct rec *r, struct ledger_line *l)
{
	(void)rec_raw(r, "sha256", &l->sha256);
	return rec_raw(r, "serial", &l->serial) && hex(l->serial, 1, 40) &&
	    hex(l->sha256, l->what == LEDGER_ISSUED ? 1 : 0, 64) &&
	    l->sha256.n % 64 == 0;
}

int
ledger_parse(struct slice line, struct ledger_line *l)
{
	static _Thread_local struct rec r;
	bool good = true;

	*l = (struct ledger_line){0};
	if (rec_parse(&r, line) != 1) {
		errno = EBADMSG;
		return -1;
	}
	if (rec_is(&r, "issued")) {
		l->what = LEDGER_ISSUED;
		good = parse_whose(&r, l) && parse_issued(&r, l);
	} else if (rec_is(&r, "revoked")) {
		l->what = LEDGER_REVOKED;
		good = parse_whose(&r, l) && parse_revoked(&r, l);
	} else if (rec_is(&r, "crl")) {
		l->what = LEDGER_CRL;
		good = rec_u64(&r, "number", INT64_MAX, &l->number) == 0;
	}
	if (good && (l->what == LEDGER_OTHER || seconds(&r, "t", &l->t_us)))
		return 0;
	errno = EBADMSG;
	return -1;
}

bool
ledger_next(struct slice *text, struct slice *line)
{
	const char *lf = text->n ? memchr(text->p, '\n', text->n) : NULL;

	if (!lf)
		return false;
	*line = (struct slice){text->p, (size_t)(lf - text->p)};
	text->p += line->n + 1;
	text->n -= line->n + 1;
	return true;
}

int
ledger_write(struct buf *out, const struct ledger_line *l)
{
	static const char *const kinds[] = {"", "issued", "revoked", "crl"};
	struct rec_writer w;

	rec_begin(&w, out, kinds[l->what]);
	if (l->what == LEDGER_ISSUED) {
		rec_put(&w, "kind", l->kind);
		rec_put(&w, "name", l->name);
	}
	if (l->what != LEDGER_CRL) {
		rec_put(&w, "serial", l->serial);
		if (l->sha256.n)
			rec_put(&w, "sha256", l->sha256);
	} else {
		rec_put_u64(&w, "number", l->number);
	}
	rec_put_u64(&w, "t", (uint64_t)l->t_us);
	if (l->what == LEDGER_REVOKED)
		rec_put_u64(&w, "reason", (uint64_t)l->reason);
	if (l->what == LEDGER_ISSUED) {
		rec_put_u64(&w, "not-before", (uint64_t)l->not_before);
		rec_put_u64(&w, "not-after", (uint64_t)l->not_after);
		if (l->uid.n)
			rec_put(&w, "uid", l->uid);
		rec_put(&w, "der", l->der);
	}
	return rec_end(&w);
}
