/* fuzz.h - what all fuzz targets begin with. */
#ifndef OTS_FUZZ_H
#define OTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is not so is a find. */
static inline void
must(bool truth)
{
	if (!truth)
		abort();
}

#endif
