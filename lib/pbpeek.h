/* pbpeek.h - what ots-listen must know of a TakMessage, without protobuf-c:
 * whether it is a ping. Pure; for bytes of strangers. */
#ifndef OTS_PBPEEK_H
#define OTS_PBPEEK_H

#include <stdbool.h>

#include "str.h"

/* The type of its event: a loan, empty if it has none. False: there is no event
 * in it, or it is malformed as far as was looked. */
bool pbpeek_type(struct slice msg, struct slice *type);

#endif
