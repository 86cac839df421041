/* crowd.h - strangers who are not let in yet: whose turn it is, and who must go
 * when there are too many. Pure.
 *
 * Each has a site: its IPv4 address, or the /64 of its IPv6 one. When a site,
 * or all of them together, are too many, the one that we have waited for
 * longest without progress goes (of that site, or of all): silent sockets keep
 * nobody out. Progress is counted CROWD_MOVES times at most, so that sending a
 * byte now and then is no way to stay. Who has sent something and waits for us
 * is not sent away; if that is all of them, the newcomer is.
 *
 * Of those who wait for us the sites have their turn one after another, and
 * within a site it is the order in which they came: a thousand of one address
 * do not keep one of another waiting. */
#ifndef OTS_LISTEN_CROWD_H
#define OTS_LISTEN_CROWD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "map.h"
#include "str.h"

/* A handshake comes in two or three pieces, a password in one. */
#define CROWD_MOVES 4

TAILQ_HEAD(guests, guest);
TAILQ_HEAD(sites, site);

struct site {
	struct guests waiting;  /* we wait for them: longest first */
	struct guests ready;    /* they wait for us */
	TAILQ_ENTRY(site) turn; /* while some do */
	uint32_t n;             /* all of the site */
};

/* Zeroed, inside the caller's struct. */
struct guest {
	TAILQ_ENTRY(guest) all, same; /* all: in crowd.waiting, unless ready */
	struct site *site;
	struct slice key; /* of the site: the caller's memory */
	uint8_t moves;
	bool ready;
};

struct crowd {
	struct map sites;
	struct guests waiting;
	struct sites turns; /* whose guests are ready */
	uint32_t n, n_ready, max, max_site;
};

void crowd_init(
    struct crowd *c, const uint64_t seed[2], uint32_t max, uint32_t max_site);
void crowd_fini(struct crowd *c);

/* Is there room for one more of that site? If somebody must go first, that is
 * *out (crowd_leave it), else NULL. false: no, and nobody may be sent away. */
bool crowd_room(const struct crowd *c, struct slice site, struct guest **out);
/* site: must outlive the guest. 0, or -1 ENOMEM. */
int crowd_join(struct crowd *c, struct guest *g, struct slice site);
void crowd_leave(struct crowd *c, struct guest *g);

/* It waits for us from now on. */
void crowd_ready(struct crowd *c, struct guest *g);
/* Whose turn it is, or NULL: we wait for it again (and that was progress),
 * until crowd_ready. */
struct guest *crowd_next(struct crowd *c);
/* Any of them; NULL: there is none. */
struct guest *crowd_any(const struct crowd *c);

#endif
