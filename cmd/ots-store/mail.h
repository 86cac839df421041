/* mail.h - chat for devices that are away: kept for each that is meant, sent
 * when it comes back, and no more when it has been delivered.
 *
 * Whom a chat is for is what ots-route makes of its destinations
 * (cot-streaming 7.3). It makes mail for every known device that is meant, also
 * for those that are there: what ots-listen has written to a client comes back
 * as `delivered` and ends it. Mail is for the device of that user whose it was
 * when the chat was written; of no user, if it had none.
 *
 * When a device says for the first time at a connection who it is, mail from
 * before that is put into the stream as `mail`, once at that connection; later
 * chat it is sent by ots-route. What was not delivered when the connection
 * ended is sent again at the next one. Mail is looked for only after all
 * records up to that moment are in the database. */
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
	struct map sent;           /* marks, by receipt NUL connection */
	struct map waiting;        /* of the batch: how many a device has */
	size_t n_visits, n_fresh, n_marks;
	uint64_t n_full, n_sent; /* since the start */
};

void mail_init(struct mail *m, struct store *s, const struct mail_config *conf,
    const uint64_t seed[2]);
void mail_fini(struct mail *m);

/* The event in f was added: for whom it is. 0, or -1 as of store.h. */
int mail_chat(struct mail *m, const struct facts *f, const struct rec *r,
    const struct conns *c, int64_t now);
/* The client at that connection has taken what has that receipt, whichever of
 * its devices it is for. 0, or -1 as of store.h. */
int mail_delivered(struct mail *m, const struct conns *c, struct slice conn,
    struct slice receipt, int64_t now);
/* A device has come to that connection. Its mail is what has ids up to `upto`;
 * 0: what is in the database with the batch that is being made. */
void mail_arrived(struct mail *m, struct slice conn, struct slice device,
    int64_t upto, int64_t now);

/* When the next one's mail is to be looked for; INT64_MAX: nobody's. */
int64_t mail_due(const struct mail *m);
/* Look for the mail of those whose time has come by `upto` (all records up to
 * then are in the database) and who are still there: append `mail` records, as
 * far as the buffer has room (what has none waits for their next connection).
 * 0, or -1 as of store.h: call it again. */
int mail_send(struct mail *m, const struct conns *c, struct buf *out,
    int64_t upto, int64_t now);

/* A batch begins: to it, what was sent; of much of it the first part. 0, or -1
 * as of store.h. */
int mail_mark(struct mail *m, int64_t now);
/* The batch that has these marks is in the database. */
void mail_done(struct mail *m);

/* ---- within the family ---- */

/* Forget how many wait for whom. */
void mail_recount(struct mail *m);

#endif
