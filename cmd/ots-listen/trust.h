/* trust.h - is one of the CAs gone that clients were let in by? Pure.
 * What is compared is the text of the certificates, which says no less than a
 * look inside; who was let in by which of them is not kept, for in the field
 * there is one, and it is taken away about never. */
#ifndef OTS_LISTEN_TRUST_H
#define OTS_LISTEN_TRUST_H

#include <stdbool.h>

#include "str.h"

/* Two files in PEM: is there a certificate in `before` that is not in `now`?
 * Line breaks and what stands between certificates do not count. */
bool trust_lost(struct slice before, struct slice now);

#endif
