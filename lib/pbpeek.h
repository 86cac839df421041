/* pbpeek.h - what ots-listen must know of a TakMessage, without protobuf-c:
 * whether it is a ping. Pure; for bytes of strangers. */
#ifndef OTS_PBPEEK_H
#define OTS_PBPEEK_H

#include "str.h"

enum pbpeek {
	PBPEEK_MALFORMED, /* as far as was looked */
	PBPEEK_NONE,      /* there is no event in it, which is legal */
	PBPEEK_EVENT,
};

/* *type: that of its event, a loan; empty if it has none. */
enum pbpeek pbpeek_type(struct slice msg, struct slice *type);

#endif
