/* clock.h - the two clocks. Microseconds. */
#ifndef OTS_CLOCK_H
#define OTS_CLOCK_H

#include <stdint.h>

uint64_t clock_mono_us(void); /* for deadlines and durations */
uint64_t clock_wall_us(void); /* since 1970, for labels and events */

/* 16 random bytes from getrandom(2). */
void clock_seed(uint64_t seed[2]);
/* A random UUID (version 4) as text with a NUL: 37 bytes. */
void clock_uuid(char out[37]);

#endif
