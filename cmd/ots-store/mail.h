/* mail.h - chat for devices that are away: kept for each that is meant, sent
 * when it comes back, and no more when it has been delivered.
 *
 * A chat makes mail for every known device that it names, also for those that
 * are there: what ots-listen has written to a client comes back as `delivered`
 * and ends it. When a device says for the first time at a connection who it is,
 * what is left for it is put into the stream as `mail`, once; what is not
 * delivered then, once more at a later connection. Its mail is looked for only
 * after all records up to that moment are in the database. */
#ifndef OTS_STORE_MAIL_H
#define OTS_STORE_MAIL_H

#include "conns.h"
#include "facts.h"

enum mail_mode { MAIL_OFF, MAIL_DIRECT, MAIL_ALL };

struct mail_config {
	enum mail_mode mode;
	uint64_t age_us; /* it is kept for so long */
	uint64_t max;    /* for each device */
};

struct mail_visit;
struct mail_mark;
STAILQ_HEAD(mail_visits, mail_visit);
STAILQ_HEAD(mail_marks, mail_mark);

struct mail {
	struct store *store; /* a loan */
	const struct mail_config *conf;
	struct mail_visits visits; /* devices that have come */
	struct mail_marks marks;   /* sent, and the database must be told */
	size_t n_visits, n_marks;
	uint64_t full, sent; /* since the start */
};

void mail_init(struct mail *m, struct store *s, const struct mail_config *conf);
void mail_fini(struct mail *m);

/* The event in f was added: for whom it is. 0, or -1 as of store.h. */
int mail_chat(
    struct mail *m, const struct facts *f, const struct rec *r, int64_t now);
/* A device has come to that connection. */
void mail_arrived(
    struct mail *m, struct slice conn, struct slice device, int64_t now);

/* When the next one's mail is to be looked for; INT64_MAX: nobody's. */
int64_t mail_due(const struct mail *m);
/* Look for the mail of those whose time has come and who are still there:
 * append `mail` records, as far as the buffer has room (what has none waits for
 * their next connection). 0, or -1 as of store.h: call it again. */
int mail_send(
    struct mail *m, const struct conns *c, struct buf *out, int64_t now);

/* To the batch: what was sent. 0, or -1 as of store.h. */
int mail_mark(struct mail *m, int64_t now);
/* The batch that has these marks is in the database. */
void mail_done(struct mail *m);

#endif
