/* keeper.h - the process that has the database: what the front wants of it goes
 * over a socketpair, as records.
 *
 *	front to keeper		lookup id name
 *	keeper to front		hash id [hash]		no hash: there is none
 *				nohash id		the database is away
 *				users ... users-end	as ots-auth(8) has them
 *				database state [why]	up, or away
 *				alive			every second
 *
 * It may stand still for as long as the database does; whoever talks to it has
 * to do without. Answers to lookups come in their order. */
#ifndef OTS_AUTH_KEEPER_H
#define OTS_AUTH_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

struct keeper_config {
	const char *uri;
	const char *snapshot, *ledger; /* NULL: none */
	uint64_t seed[2];
	bool was_up; /* one before this one had the database */
};

#define KEEPER_POLL_US  ((uint64_t)200000)
#define KEEPER_ALIVE_US ((uint64_t)1000000)
#define KEEPER_LINE_MAX ((size_t)1 << 20)

/* In a child (child.h): until the end of its input; the exit code. 100: the
 * database cannot be opened and a human must act; it was said on standard
 * error. */
int keeper_run(void *keeper_config);

#endif
