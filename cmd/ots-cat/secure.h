/* secure.h - TLS of ots-cat: certificates from files, and what is said when it
 * does not work. What is impossible ends the program (die.h). */
#ifndef CAT_SECURE_H
#define CAT_SECURE_H

#include <stdbool.h>
#include <stdint.h>

#include "tls.h"

struct secure_config {
	const char *p12, *cert, *key, *ca; /* files, or NULL */
	uint64_t password_fd;              /* or SECRET_FD_NONE */
	bool anyone;                       /* do not verify the server */
	bool check_name;
};

struct tls_ctx *secure_context(const struct secure_config *cfg);

/* One line on standard error about why TLS with peer failed (tls_why), and the
 * exit code: 100 if a human must act. */
int secure_failed(
    const struct secure_config *cfg, const char *peer, const char *why);

/* Who the server is, in a debug event. */
void secure_tell(const struct tls *t);

#endif
