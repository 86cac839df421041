/* tls_data.h - for the tests of what goes through a connection: links that are
 * up, and bytes that one knows again. */
#ifndef TLS_DATA_H
#define TLS_DATA_H

#include "tls_fix.h"

static struct tls_ctx *ctx;
static SSL_CTX *peers[2]; /* 1.2, 1.3 */

static inline int
data_setup(void **state)
{
	if (fix_setup(state) != 0)
		return -1;
	ctx = fix_server(NULL, NULL);
	peers[0] = fix_peer_ctx(&alice, TLS1_2_VERSION);
	peers[1] = fix_peer_ctx(&alice, TLS1_3_VERSION);
	return 0;
}

static inline int
data_teardown(void **state)
{
	tls_ctx_free(&ctx);
	SSL_CTX_free(peers[0]);
	SSL_CTX_free(peers[1]);
	return fix_teardown(state);
}

static inline struct link
up(int version, size_t n)
{
	struct link l = fix_link(ctx, peers[version], NULL);

	assert_int_equal(fix_handshake(&l, n), 1);
	fix_settle(&l);
	return l;
}

/* A generator of one's own: the same numbers everywhere. */
static uint32_t seed;

static inline size_t
number(size_t max)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % (max + 1);
}

static inline char
pattern(size_t at)
{
	return (char)(at * 2654435761u >> 13);
}

static inline void
put_pattern(char *p, size_t at, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = pattern(at + i);
}

static inline void
check_pattern(const char *p, size_t at, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != pattern(at + i))
			fail_msg("byte %zu is wrong", at + i);
}

static char room[ROOM];

#endif
