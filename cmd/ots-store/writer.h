/* writer.h - the process that feeds the database from the spool: batch after
 * batch, for as long as it takes. A child of the filter, which starts it anew
 * when it ends, and dies with it.
 *
 * A batch is written in one transaction with the place in the spool behind it,
 * so whatever is killed, each record is in the database once. While the
 * database is away the writer waits. Where it refuses a batch for what is in
 * it, the batch is halved until the culprit is found; of that one the event is
 * kept without what it says, or, if even that is refused, counted and left out.
 *
 * What is known of the world: which device is at a connection is learnt from
 * its events, and after a restart from the database; the groups of a user are
 * those of the moment when its event is written, not when it came; those of the
 * mesh stand in the open of its socket. */
#ifndef OTS_STORE_WRITER_H
#define OTS_STORE_WRITER_H

#include "mail.h"
#include "retain.h"
#include "stats.h"

struct writer_config {
	const char *uri;   /* of the database */
	const char *node;  /* name of this server */
	const char *spool; /* folder */
	int wake_fd;       /* for spool_reader_open */
	/* A pipe: whole records written here are put into the stream between
	 * two others, soon but not at once. It is full while the next program
	 * does not read. -1: none. */
	int inject_fd;
	struct store_stats *stats; /* shared with the filter */
	struct mail_config mail;
	struct retain_config retain;
};

/* What is meant when nobody says otherwise: mail and retention. */
void writer_defaults(struct writer_config *c);
/* For opt.h: off, direct or all. NULL, or what is wrong. */
const char *writer_mailbox(void *mail_config, const char *text);

/* Runs in a process of its own, which has these two descriptors and standard
 * error; 0 and 1 are /dev/null. Signals but SIGKILL are ignored: it is asked to
 * end by the spool. Returns the exit code: 0 after SPOOL_END; EXIT_USAGE if a
 * human must act (it is started again all the same, every 30 seconds). */
int writer_run(const struct writer_config *c);

#endif
