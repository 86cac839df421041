/* How long the batches of retention take that forget what is older.
 *
 *   ots-forget [-k KIND] [-n BATCHES] [-v] AGE URI
 *
 * AGE in seconds. KIND is one of those of --keep in ots-store(8): events; -n:
 * no more than so many batches; -v: give the room back, too. Prints a line of
 * key=value for each of the two. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "num.h"
#include "store.h"

#define STEPS_MAX 1000000

static uint64_t took[STEPS_MAX];
static size_t n_steps;

_Noreturn static void
give_up(const char *what, const char *why)
{
	fprintf(stderr, "ots-forget: fatal: %s: %s\n", what, why);
	exit(111);
}

static int
by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
part_ms(double part)
{
	return (double)took[(size_t)((double)(n_steps - 1) * part)] / 1000;
}

static void
say(const char *what, const char *uri, uint64_t rows)
{
	uint64_t all = 0;
	size_t i;

	for (i = 0; i < n_steps; i++)
		all += took[i];
	if (n_steps == 0)
		n_steps = 1;
	qsort(took, n_steps, sizeof *took, by_size);
	printf("bench=forget what=%s engine=%s batches=%zu rows=%llu "
	       "median_ms=%.1f p99_ms=%.1f max_ms=%.1f seconds=%.1f\n",
	    what, strncmp(uri, "postgres", 8) == 0 ? "postgresql" : "sqlite",
	    n_steps, (unsigned long long)rows, part_ms(0.5), part_ms(0.99),
	    part_ms(1), (double)all / 1e6);
	n_steps = 0;
}

static void
forget(struct store *s, enum store_kind kind, int64_t before, uint64_t max,
    const char *uri)
{
	uint64_t rows = 0, start;
	int64_t n = 1;

	while (n > 0 && n_steps < max && n_steps < STEPS_MAX) {
		start = clock_mono_us();
		n = store_retain(s, kind, before);
		took[n_steps++] = clock_mono_us() - start;
		if (n < 0)
			give_up(uri, store_why(s));
		rows += (uint64_t)n;
	}
	say(store_kind_name(kind), uri, rows);
}

static void
vacuum(struct store *s, uint64_t max, const char *uri)
{
	uint64_t start;
	int more = 1;

	while (more > 0 && n_steps < max && n_steps < STEPS_MAX) {
		start = clock_mono_us();
		more = store_vacuum(s);
		took[n_steps++] = clock_mono_us() - start;
		if (more < 0)
			give_up(uri, store_why(s));
	}
	say("vacuum", uri, 0);
}

int
main(int argc, char **argv)
{
	enum store_kind kind = STORE_EVENTS;
	uint64_t max = STEPS_MAX, age;
	bool room = false;
	char why[256];
	struct store *s;
	int c;

	while ((c = getopt(argc, argv, "k:n:v")) != -1)
		if (c == 'k' && store_kind_of(slice_of(optarg), &kind) < 0)
			give_up(optarg, "no such kind");
		else if (c == 'n' &&
		    num_u64(slice_of(optarg), STEPS_MAX, &max) < 0)
			give_up(optarg, "not a number for this");
		else if (c == 'v')
			room = true;
		else if (c == '?')
			return 100;
	if (optind != argc - 2 ||
	    num_us(slice_of(argv[optind]), 1e6, &age) < 0) {
		fprintf(stderr,
		    "usage: ots-forget [-k KIND] [-n BATCHES] [-v] AGE URI\n");
		return 100;
	}
	s = store_open(argv[optind + 1], why);
	if (!s)
		give_up(argv[optind + 1], why);
	if (store_heavy(s) < 0)
		give_up(argv[optind + 1], store_why(s));
	forget(
	    s, kind, (int64_t)(clock_wall_us() - age), max, argv[optind + 1]);
	if (room)
		vacuum(s, max, argv[optind + 1]);
	store_close(&s);
	return 0;
}
