/* fanout_own.h - what the files of fanout.h share. */
#ifndef OTS_LISTEN_FANOUT_OWN_H
#define OTS_LISTEN_FANOUT_OWN_H

#include "fanout.h"

/* Tell the receipts of the deliveries that the next n bytes end. */
void fan_receipts_sent(struct fan *f, struct fan_queue *q, size_t n);
/* Tell all receipts of the queue that their deliveries will not be sent. */
void fan_receipts_lost(struct fan *f, struct fan_queue *q);

#endif
