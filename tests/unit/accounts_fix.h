/* accounts_fix.h - what the tests of accounts.h share: short checks, and the
 * snapshot and memberships as text. */
#ifndef OTS_ACCOUNTS_FIX_H
#define OTS_ACCOUNTS_FIX_H

#include "db_fix.h"

#include "accounts.h"
#include "accounts_db.h"
#include "buf.h"

static inline struct accounts *
open_it(const struct fix *f)
{
	char why[256] = "";
	struct accounts *a = accounts_open(f->uri, why);

	if (!a)
		fail_msg("%s", why);
	return a;
}

static inline uint64_t
revision(struct accounts *a)
{
	uint64_t rev = 0;

	if (accounts_revision(a, &rev) < 0)
		fail_msg("%s", accounts_why(a));
	return rev;
}

#define OK(call)                                                               \
	do {                                                                   \
		if ((call) != 0)                                               \
			fail_msg("%s: %s", #call, accounts_why(a));            \
	} while (0)
/* The call changes what the snapshot tells; or it does not. */
#define CHANGES(call)                                                          \
	do {                                                                   \
		uint64_t rev_ = revision(a);                                   \
		OK(call);                                                      \
		assert_true(revision(a) > rev_);                               \
	} while (0)
#define CHANGES_NOT(call)                                                      \
	do {                                                                   \
		uint64_t rev_ = revision(a);                                   \
		OK(call);                                                      \
		assert_int_equal(revision(a), rev_);                           \
	} while (0)

/* The snapshot as text: "alice:in=A,B,:out=A,;alice/DEV:...". */
static inline void
put_names(struct buf *b, const char *key, const char *const *names, size_t n)
{
	size_t i;

	buf_puts(b, key);
	for (i = 0; i < n; i++) {
		buf_puts(b, names[i]);
		buf_putc(b, ',');
	}
}

static int
put_view(void *arg, const struct account_view *v)
{
	struct buf *b = arg;

	buf_puts(b, v->user);
	if (v->device)
		buf_fmt(b, "/%s", v->device);
	buf_puts(b, v->admin ? " admin" : "");
	buf_puts(b, v->disabled ? " disabled" : "");
	put_names(b, " in=", v->in, v->n_in);
	put_names(b, " out=", v->out, v->n_out);
	if (*v->by)
		buf_fmt(b, " by=%s", v->by);
	buf_puts(b, ";");
	return 0;
}

static inline const char *
snapshot(struct accounts *a)
{
	static char text[8192];
	struct buf b;
	uint64_t rev;

	buf_init(&b, sizeof text - 1);
	OK(accounts_snapshot(a, put_view, &b, &rev));
	assert_int_equal(rev, revision(a));
	assert_false(b.failed);
	if (buf_size(&b))
		memcpy(text, buf_data(&b), buf_size(&b));
	text[buf_size(&b)] = '\0';
	buf_fini(&b);
	return text;
}

static int
put_member(void *arg, const struct account_member *m)
{
	return buf_fmt(
	    arg, "%s@%d:%d/%d;", m->group, m->bitpos, m->active, m->dirs);
}

static inline const char *
members(struct accounts *a, const char *user, const char *device)
{
	static char text[1024];
	struct buf b;

	buf_init(&b, sizeof text - 1);
	OK(accounts_each_member(a, user, device, put_member, &b));
	if (buf_size(&b))
		memcpy(text, buf_data(&b), buf_size(&b));
	text[buf_size(&b)] = '\0';
	buf_fini(&b);
	return text;
}

#endif
