/* publish.h - the list of users as records, out of the database, and the file
 * that it is kept in: the last list, without secrets, for a start while the
 * database is away. */
#ifndef OTS_AUTH_PUBLISH_H
#define OTS_AUTH_PUBLISH_H

#include "accounts.h"
#include "buf.h"
#include "snap.h"

/* Groups of one record in one direction; what is more is left out. */
#define PUBLISH_GROUPS 100

struct publish_result {
	uint64_t revision, records;
	uint64_t cut; /* groups that were left out */
};

/* Append users ... users-end to out (unchanged on failure). 0, or -1 with errno
 * as of accounts.h, or ENOBUFS, ENOMEM: too much for out. */
int publish(struct accounts *a, struct buf *out, struct publish_result *res);

/* Replace the file so that it is whole or as before, also after a power cut;
 * mode 0600. 0, or -1 with errno. */
int publish_save(const char *path, struct slice records);
/* What is kept there: 1; 0: there is no file; -1 with errno (EBADMSG: it is
 * none of ours, or torn). */
int publish_load(const char *path, struct snap **out);

#endif
