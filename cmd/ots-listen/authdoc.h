/* authdoc.h - the document with which a client gives name and password:
 *   <auth><cot username="alice" password="secret" uid="ANDROID-1"/></auth>
 * (cot-streaming 3.1). Pure. It is the first in the stream, and the next one
 * may follow at once. */
#ifndef OTS_LISTEN_AUTHDOC_H
#define OTS_LISTEN_AUTHDOC_H

#include "frame.h"
#include "str.h"
#include "tls.h"

#define AUTHDOC_SECRET_MAX 1025 /* bytes of a password, and NUL */

struct authdoc {
	char user[TLS_USER_MAX];
	char secret[AUTHDOC_SECRET_MAX];
};

enum authdoc_is { AUTHDOC_MORE, AUTHDOC_WHOLE, AUTHDOC_BAD };

/* Look at the first bytes of a stream. AUTHDOC_WHOLE: *out is filled, and *used
 * bytes are the document. AUTHDOC_BAD: these are something else, or the
 * document is longer than FRAME_AUTH_MAX, or makes no sense. */
enum authdoc_is authdoc_read(
    struct slice bytes, struct authdoc *out, size_t *used);

#endif
