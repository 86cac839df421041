/* receipt.h - receipts that deliveries ask for (part of listen.h).
 * Pure. The text stands once, whoever is sent the delivery: each queue that has
 * it holds a reference, and so does each client whose link has taken it but may
 * not have written it yet. A delivery without a receipt costs nothing. */
#ifndef OTS_LISTEN_RECEIPT_H
#define OTS_LISTEN_RECEIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

#define RECEIPT_MAX 256 /* bytes, as it stands in a record */

struct fan_queue;

struct receipt {
	uint32_t refs, n;
	char text[];
};

/* Those whose deliveries the link has taken, oldest first. */
struct receipts {
	struct receipt **v;
	uint32_t n, cap;
};

/* With one reference. NULL: too long, or no memory. */
struct receipt *receipt_new(struct slice raw);
/* NULL is none. */
void receipt_unref(struct receipt *r);

/* Its delivery was just pushed to this queue. */
void receipt_wait(struct fan_queue *q, struct receipt *r);

/* Take over a reference. False: no memory, it was given back. */
bool receipts_add(struct receipts *all, struct receipt *r);
void receipts_clear(struct receipts *all);

#endif
