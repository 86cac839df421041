/* origin.h - is the file of the database still the one that was opened? Who
 * writes to one that was removed, or replaced by a copy of last week, writes
 * for nobody. */
#ifndef OTS_STORE_ORIGIN_H
#define OTS_STORE_ORIGIN_H

#include <stdint.h>
#include <sys/types.h>

struct origin {
	const char *path; /* a loan; NULL: it has no file */
	dev_t dev;
	ino_t ino;
};

enum origin_is {
	ORIGIN_SAME,
	ORIGIN_GONE, /* none is there, or one that is not whole yet */
	ORIGIN_OTHER
};

/* The database of that URI was opened now. */
void origin_note(struct origin *o, const char *uri);
/* wall: microseconds since 1970. A new file counts when it has not been written
 * for two seconds: somebody may be copying it. */
enum origin_is origin_now(const struct origin *o, uint64_t wall);

#endif
