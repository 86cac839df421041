/* spool.h - what came in and is not yet in the database: a stream of lines in a
 * folder of files. One process appends and forwards (the filter), one other
 * reads and releases (the writer). Each may be killed at any moment: what the
 * filter has read from its input is in the spool, because it reads straight
 * into a mapped file; and the writer begins again where the database says.
 *
 * A place is a number of bytes since the spool began. It only grows, and says
 * for ever which record is meant: where the database is emptied or the folder
 * is, spool_id tells one spool from another.
 *
 * Files of the folder:
 *   N.rec    segments, 16 MiB each, allocated at once; what is committed is
 *            used again under a new number
 *   state    the places, mapped by both processes (spool_own.h)
 *   id       the name of this spool in the database
 *   lock, writer.lock   held by the filter, by the writer
 *   status   how it stands, one record (status.h) */
#ifndef OTS_STORE_SPOOL_H
#define OTS_STORE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "str.h"

#define SPOOL_SEGMENT ((size_t)16 << 20) /* REC_LINE_MAX fits into two */
#define SPOOL_MAX_MIN (4 * (uint64_t)SPOOL_SEGMENT)
#define SPOOL_ID_MAX  37 /* a UUID as text, with its NUL */
#define SPOOL_WHY_MAX 256

/* ---- the writer's side ---- */

struct spool_reader;

enum spool_got {
	SPOOL_NOTHING, /* no whole record is there yet: spool_wait */
	SPOOL_RECORDS, /* here are some */
	SPOOL_COMMIT,  /* commit and spool_release what you have, then go on */
	SPOOL_END      /* asked to end (of an input, only when all is read) */
};

/* Waits until no other writer has this spool: until it has died. wake_fd: the
 * eventfd that the filter writes to; -1: none (then waits are 20 ms). NULL with
 * errno. Begins at the oldest record that is not released. */
struct spool_reader *spool_reader_open(const char *dir, int wake_fd);
void spool_reader_close(struct spool_reader **r);

/* Under this name the database keeps how far it is. A loan. */
const char *spool_id(const struct spool_reader *r);

/* The database has everything before this place: call it once, first, before
 * anything was handed out. A place that the spool does not know is passed over:
 * what was released remains so. */
void spool_seek(struct spool_reader *r, uint64_t committed);

/* The next whole lines, at most max bytes (but one line at least), each with
 * its LF; lines may be empty, torn, or no records: nobody has looked at them.
 * They begin where those before ended. The memory is a loan until the next
 * spool_release or spool_seek, over any number of calls: a batch may keep its
 * slices. SPOOL_COMMIT comes when more cannot be held (after 16 MiB or more),
 * and never when all that was handed out is released. */
enum spool_got spool_next(
    struct spool_reader *r, size_t max, struct slice *lines);

/* The place behind what was handed out last: what to put into the database, in
 * the transaction that has these records, and only if the place that is there
 * is still the one before (another writer's commit may have come in late). */
uint64_t spool_place(const struct spool_reader *r);

/* Everything before this place (one that spool_place has told) is committed:
 * it is never read again, its files are used again or removed. Slices die. */
void spool_release(struct spool_reader *r, uint64_t place);

/* Until there is more than the last spool_next has seen, or the writer is asked
 * to end, or for us microseconds. 1: one of the first two; 0: time is over. */
int spool_wait(struct spool_reader *r, uint64_t us);
/* Until the writer is asked to end at once (1), or for us microseconds (0): to
 * gather a batch, or to wait for the database. Not ended by new records. */
int spool_pause(struct spool_reader *r, uint64_t us);

/* Bytes that were skipped since it was opened: files that have gone, lines over
 * REC_LINE_MAX. */
uint64_t spool_lost(const struct spool_reader *r);

/* ---- the filter's side ---- */

struct spool;

struct spool_config {
	const char *dir;
	uint64_t max;     /* bytes of files, 4 segments at least */
	size_t segment;   /* 0: SPOOL_SEGMENT; else a multiple of the page */
	int wake_fd;      /* eventfd, or -1 */
	uint64_t wait_us; /* for a filter that has it still */
};

/* What was found when it was opened. */
enum spool_found {
	SPOOL_NEW,
	SPOOL_CLEAN,
	SPOOL_KILLED,  /* the last filter was killed: nothing is missing */
	SPOOL_CRASHED, /* the machine went down: what was not on the disk is
			* missing */
	SPOOL_REBUILT  /* its state was damaged, and is made from the files */
};

/* Why there is no room. */
enum spool_full { SPOOL_ROOM, SPOOL_AT_MAX, SPOOL_DISK };

/* Makes the folder if it is missing (not those above it). NULL with errno and
 * a text that names the thing and the remedy. EBUSY: another filter has it.
 * EPROTO: of another version of this program. */
struct spool *spool_open(const struct spool_config *c, char why[SPOOL_WHY_MAX]);
/* What is forwarded and what is not stays known, and is synced. */
void spool_close(struct spool **s);
enum spool_found spool_found(const struct spool *s);

/* Where to read to: *n bytes, want of them if it can be. They are zero. NULL:
 * not one; spool_why says why. Ends before the next call. */
char *spool_room(struct spool *s, size_t want, size_t *n);
enum spool_full spool_why(const struct spool *s, int *err);
/* n bytes have been read to there. */
void spool_wrote(struct spool *s, size_t n);
/* The read failed, with an errno; EFAULT: the disk has no room. What it has put
 * there has not been read, and is nothing. */
void spool_unread(struct spool *s);
/* The same for bytes in other memory: all of them, or -1 and nothing. */
int spool_append(struct spool *s, const char *p, size_t n);
/* The record that was begun, spool_tail, goes on elsewhere or never: its
 * beginning becomes a line that is no record, and counts as forwarded. Until
 * that can be written there is no room. */
void spool_cut(struct spool *s);

/* What is to be forwarded next: whole records, unless one is so long that its
 * beginning goes ahead. At the start it begins with a record, which the last
 * filter, if it was killed, may have forwarded already. */
struct slice spool_pending(const struct spool *s);
void spool_forwarded(struct spool *s, size_t n);
/* What has come in of a record that is not whole, as far as it is not
 * forwarded; when nothing is pending. */
struct slice spool_tail(const struct spool *s);
/* Let that be pending: its rest comes another way. */
void spool_flush(struct spool *s);
/* Is the record that came in last not whole? */
bool spool_begun(const struct spool *s);

/* Count what was forwarded without being kept. */
void spool_missed(struct spool *s, uint64_t records, uint64_t bytes);

/* The writer is to end: when it has read all that is there (the input has
 * ended), or at once. False again: go on, for a new writer. */
enum spool_ask { SPOOL_GO_ON, SPOOL_DRAIN, SPOOL_STOP };
void spool_ask(struct spool *s, enum spool_ask ask);

struct spool_places {
	uint64_t written;   /* end of what came in */
	uint64_t forwarded; /* whole records */
	uint64_t released;  /* in the database */
	uint64_t waiting;   /* bytes between these two, without gaps */
	uint64_t files;     /* bytes that the segments in use have */
	uint64_t missed_records, missed_bytes; /* since the spool began */
};
struct spool_places spool_places(const struct spool *s);

#endif
