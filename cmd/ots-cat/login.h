/* login.h - secrets from descriptors, and the first words of who has a user
 * name (cot-streaming 3.1). */
#ifndef CAT_LOGIN_H
#define CAT_LOGIN_H

#include <stdint.h>

#include "buf.h"
#include "secret.h"
#include "str.h"

/* The next line from fd, without its end, into *out, which is wiped when it is
 * freed. Not a byte behind it is read, so that several may come on one
 * descriptor. What goes wrong ends the program: `option` names the culprit. */
void login_secret(struct buf *out, uint64_t fd, const char *option);

/* Append the <auth> document. 0, or -1 with errno (buf.h). */
int login_put(struct buf *out, struct slice user, struct slice password,
    struct slice uid);

#endif
