#include "clock.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

static uint64_t
get(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) < 0)
		abort(); /* these clocks always exist */
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t
clock_mono_us(void)
{
	return get(CLOCK_MONOTONIC);
}

uint64_t
clock_wall_us(void)
{
	return get(CLOCK_REALTIME);
}

void
clock_seed(uint64_t seed[2])
{
	/* 16 bytes are never short and never interrupted: getrandom(2). */
	if (getrandom(seed, 16, 0) != 16)
		abort();
}

void
clock_uuid(char out[37])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char r[16];
	int i, at = 0;

	if (getrandom(r, sizeof r, 0) != (ssize_t)sizeof r)
		abort();
	r[6] = (unsigned char)((r[6] & 0x0f) | 0x40);
	r[8] = (unsigned char)((r[8] & 0x3f) | 0x80);
	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		out[at++] = hex[r[i] >> 4];
		out[at++] = hex[r[i] & 15];
	}
	out[at] = '\0';
}
