/* lag.h - how old is what waits? Pure. Remembers when which place was written,
 * the more coarsely the longer ago. */
#ifndef OTS_STORE_LAG_H
#define OTS_STORE_LAG_H

#include <stddef.h>
#include <stdint.h>

#define LAG_MARKS 64

struct lag {
	struct lag_mark {
		uint64_t at, place;
	} mark[LAG_MARKS];
	size_t n;
};

/* At that time (of any clock that never goes back), so much was written. */
void lag_mark(struct lag *l, uint64_t now, uint64_t written);
/* How long ago the first byte behind `released` was written, at most. */
uint64_t lag_of(const struct lag *l, uint64_t now, uint64_t released);

#endif
