/* mail_fix.h - what the tests of mail.h share. */
#ifndef OTS_MAIL_FIX_H
#define OTS_MAIL_FIX_H

#include "rows_fix.h"

/* How many wait for a device of a user (NULL: of none). */
static inline int64_t
waiting_of(struct world *w, const char *user, const char *uid)
{
	int64_t n = -1;

	assert_int_equal(store_mail_count(w->store, slice_of(uid),
			     slice_of(user ? user : ""), NOW, &n),
	    0);
	return n;
}

static inline int64_t
waiting(struct world *w, const char *uid)
{
	return waiting_of(w, NULL, uid);
}

static inline void
delivered(struct world *w, const char *conn, const char *receipt)
{
	char line[256];

	assert_true(
	    str_fmt(line, sizeof line, "ev:delivered\tconn:%s\treceipt:%s",
		conn, receipt) > 0);
	add(w, line);
}

#define LETTER_IN(conn, groups)                                                \
	"ev:mail|conn:" conn "|receipt:n.1.1/1714979200000000|" groups         \
	"uid:c1|xml:<event><detail><__chat id=\"x\"/></detail></event>\n"
#define LETTER(conn) LETTER_IN(conn, "group:__ANON__|")
#define RECEIPT      "n.1.1/1714979200000000"
#define LONG_AGO     (NOW - 100 * SECOND) /* of LETTER */

static inline void
send(struct world *w, int64_t now)
{
	assert_int_equal(
	    mail_send(&w->rows.mail, &w->rows.conns, &w->out, now, now), 0);
	commit(w);
}

/* For one who comes now, if any. */
static inline void
expect_mail(struct world *w, const char *want)
{
	send(w, NOW + 3 * SECOND);
	expect_out(w, want);
}

#endif
