#include "lag.h"

#include <string.h>

/* The one that is missed least: where the two beside it are near each other for
 * their age. */
static size_t
least_needed(const struct lag *l, uint64_t now)
{
	double gap, best = 0;
	size_t i, found = 1;

	for (i = 1; i + 1 < l->n; i++) {
		gap = (double)(l->mark[i + 1].at - l->mark[i - 1].at) /
		    (double)(now - l->mark[i - 1].at + 1);
		if (i == 1 || gap < best) {
			best = gap;
			found = i;
		}
	}
	return found;
}

void
lag_mark(struct lag *l, uint64_t now, uint64_t written)
{
	size_t i;

	/* Nothing new: the last one may say so for longer. */
	if (l->n > 1 && l->mark[l->n - 1].place == written &&
	    l->mark[l->n - 2].place == written) {
		l->mark[l->n - 1].at = now;
		return;
	}
	if (l->n == LAG_MARKS) {
		i = least_needed(l, now);
		l->n--;
		memmove(
		    l->mark + i, l->mark + i + 1, (l->n - i) * sizeof *l->mark);
	}
	l->mark[l->n++] = (struct lag_mark){now, written};
}

uint64_t
lag_of(const struct lag *l, uint64_t now, uint64_t released)
{
	size_t i = l->n;

	while (i > 0 && l->mark[i - 1].place > released)
		i--;
	if (l->n == 0)
		return 0;
	return now - l->mark[i > 0 ? i - 1 : 0].at;
}
