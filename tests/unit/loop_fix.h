/* loop_fix.h - for tests that run a loop and are its other end, too: turns of
 * the loop until something has happened, within PATIENCE. */
#ifndef LOOP_FIX_H
#define LOOP_FIX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "clock.h"
#include "loop.h"

#define PATIENCE ((uint64_t)20000000)

/* One turn, until a deadline. */
static inline void
loop_turn(struct loop *l, uint64_t until)
{
	assert_true(clock_mono_us() < until);
	assert_int_equal(loop_once(l, 10000), 0);
}

static inline void
loop_count(struct loop *l, const unsigned *count, unsigned want)
{
	uint64_t until = clock_mono_us() + PATIENCE;

	while (*count < want)
		loop_turn(l, until);
	assert_int_equal(*count, want);
}

/* What comes from fd next is this text. */
static inline void
loop_hear(struct loop *l, int fd, const char *want)
{
	uint64_t until = clock_mono_us() + PATIENCE;
	char got[512];
	size_t n = 0;
	ssize_t r;

	assert_true(strlen(want) <= sizeof got);
	while (n < strlen(want)) {
		r = read(fd, got + n, strlen(want) - n);
		assert_true(r != 0);
		if (r > 0)
			n += (size_t)r;
		else
			loop_turn(l, until);
	}
	assert_memory_equal(got, want, n);
}

#endif
