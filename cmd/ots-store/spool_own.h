/* spool_own.h - what both sides of the spool share: the state file and the
 * segments. All stores to the state are single, so that a process that is
 * killed between two of them leaves nothing half said. */
#ifndef OTS_STORE_SPOOL_OWN_H
#define OTS_STORE_SPOOL_OWN_H

#include <stdatomic.h>

#include "spool.h"

#define SPOOL_VERSION 1
/* Segments that the filter has mapped, and how far behind the newest one is
 * that is used again: as many stay when all is committed. */
#define SPOOL_RING 4
/* No place is beyond this one, so that sums do not wrap. */
#define SPOOL_PLACE_MAX (UINT64_MAX / 4)

struct spool_state {
	char magic[8];
	uint32_t version;
	uint32_t size;         /* of this struct */
	uint64_t segment;      /* bytes of one */
	char boot[40];         /* of the machine, when it was opened last */
	_Atomic uint32_t open; /* by a filter, which has not closed it */
	/* What was lost when the machine went down: nothing is between. */
	_Atomic uint64_t gap_from, gap_to;
	_Atomic uint64_t missed_records, missed_bytes;

	/* Of the filter. written <= ready <= end; the bytes from written to
	 * ready are zero but for what the last read has put there: a record has
	 * no NUL. border: everything before it is forwarded, and behind it a
	 * record begins. end: of the segments that are there. */
	_Alignas(64) _Atomic uint64_t written;
	_Atomic uint64_t ready, border, end;
	_Atomic uint32_t ask;

	/* Of the writer. What is before synced is on the disk. */
	_Alignas(64) _Atomic uint64_t released;
	_Atomic uint64_t synced;
	_Atomic uint32_t waiting; /* for an event on wake_fd */
};

static inline uint64_t
place_get(const _Atomic uint64_t *p)
{
	return atomic_load_explicit(p, memory_order_acquire);
}

static inline void
place_set(_Atomic uint64_t *p, uint64_t v)
{
	atomic_store_explicit(p, v, memory_order_release);
}

static inline uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Segments with lower numbers may be used again or removed. */
static inline uint64_t
spool_bound(const struct spool_state *st)
{
	return least(place_get(&st->released), place_get(&st->border)) /
	    st->segment;
}

/* The state file: *fresh if it was made now, and is all zero but for its head.
 * create false: it must be there. NULL with errno: EPROTO: of another version;
 * EBADMSG: damaged, or of other segments (segment 0: any). */
struct spool_state *state_open(
    int dir, bool create, size_t segment, bool *fresh, int *fd);
/* Take the damaged file out of the way. */
int state_discard(int dir);
/* Do the places make sense? */
bool state_sane(const struct spool_state *st);
void state_close(struct spool_state **st, int fd);

/* The id file; made if it is missing and make is set. 0, or -1 with errno. */
int state_id(int dir, bool make, char id[SPOOL_ID_MAX]);
/* Another one: the spool begins anew. 0, or -1 with errno. */
int state_new_id(int dir);
/* The boot of this machine, cut or empty if it cannot be told. */
void state_boot(char boot[40]);
/* Lock that file of the folder, for up to wait_us: its descriptor, or -1 with
 * errno EBUSY or another. */
int state_lock(int dir, const char *name, uint64_t wait_us);

/* ---- to the disk ---- */

/* Up to here it is on the disk, or in the database. */
uint64_t spool_kept(const struct spool_state *st);
/* All that has come in is, from now on. Slow. 0, or -1 with errno. */
int spool_sync(int dir, struct spool_state *st, int state_fd);

/* The database is behind: what has waited for it for five seconds, and for ten
 * at the most, is to be synced. Zero at first; monotonic time. */
struct sync_pace {
	uint64_t at, place;
};
bool sync_due(struct sync_pace *p, uint64_t now, const struct spool_state *st);

/* ---- segments ---- */

/* For reading and writing, allocated; *made if it was not there. The
 * descriptor, or -1 with errno. */
int segment_make(int dir, uint64_t number, size_t size, bool *made);
/* Only for reading; ENOENT also if it is too short. */
int segment_open(int dir, uint64_t number, size_t size);
int segment_rename(int dir, uint64_t from, uint64_t to);
int segment_unlink(int dir, uint64_t number);
/* Call fn for each that is there, in no order. 0, or -1 with errno. */
int segment_each(int dir, void (*fn)(void *arg, uint64_t number), void *arg);
/* By write(2) rather than in the mapping, where a full disk would be a SIGBUS:
 * n bytes to that place of a file; zero to [from, to). 0, or -1 with errno
 * (ENOSPC, EIO). */
int segment_put(int fd, uint64_t at, const char *p, size_t n);
int segment_zero(int fd, uint64_t from, uint64_t to);
/* Room in the address space for that many bytes, on a border of 2 MiB. NULL
 * with errno. *whole, *size: what to munmap in the end. */
char *segment_reserve(size_t bytes, void **whole, size_t *size);

/* ---- the filter ---- */

struct spool {
	int dir, lock, state_fd, wake_fd;
	struct spool_state *st;
	uint64_t seg; /* bytes of a segment */
	uint64_t max; /* segments */
	/* Segment n is mapped at n % SPOOL_RING, and once more behind the last
	 * when that is the first: so two that follow each other always lie side
	 * by side. */
	char *ring;
	void *whole;
	size_t whole_size;
	int fd[SPOOL_RING];
	uint64_t number[SPOOL_RING];
	/* As in the state, which says it to others. f: forwarded, to the byte.
	 * line: the last line begins there. */
	uint64_t w, ready, end, border, f, line;
	bool ours;  /* the state says that it is open */
	bool flush; /* forward what is there, whole or not */
	bool cut;   /* the record that was begun is still to be cut */
	enum spool_full why;
	int err;
	enum spool_found found;
};

/* Where in the ring; good until the end of the next segment. */
static inline char *
spool_at(const struct spool *s, uint64_t place)
{
	return s->ring + place / s->seg % SPOOL_RING * s->seg + place % s->seg;
}

/* Map a segment; fd becomes the spool's. 0, or -1 with errno. */
int spool_map(struct spool *s, uint64_t number, int fd);
/* Find the places again, and map what they need; sets found. 0, or -1 with
 * errno: EBADMSG: the state makes no sense. */
int spool_recover(struct spool *s);
/* Make the state from the files. The state is fresh. 0, or -1 with errno. */
int spool_rebuild(struct spool *s);

#endif
