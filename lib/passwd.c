#include "passwd.h"

#include <sodium.h>
#include <string.h>

#include "str.h"

/* What a hash costs, written down so that a library's new default changes
 * nothing by surprise. The hash itself says how it was made. */
#define PASSWD_OPS 3
#define PASSWD_MEM ((size_t)64 << 20)

_Static_assert(PASSWD_HASH_MAX >= crypto_pwhash_STRBYTES, "room for a hash");

int
passwd_init(void)
{
	return sodium_init() < 0 ? -1 : 0;
}

const char *
passwd_bad(const char *password, size_t n)
{
	size_t i;

	if (n < PASSWD_MIN)
		return "a password has at least 8 characters";
	if (n > PASSWD_MAX)
		return "a password has at most 1024 bytes";
	if (!utf8_valid(password, n))
		return "a password is UTF-8";
	for (i = 0; i < n; i++)
		if ((unsigned char)password[i] < 0x20 || password[i] == 0x7f)
			return "a password has no control characters";
	return NULL;
}

int
passwd_hash(const char *password, size_t n, char out[PASSWD_HASH_MAX])
{
	memset(out, 0, PASSWD_HASH_MAX);
	return crypto_pwhash_str_alg(out, password, n, PASSWD_OPS, PASSWD_MEM,
		   crypto_pwhash_ALG_ARGON2ID13) == 0
	    ? 0
	    : -1;
}

bool
passwd_check(const char *hash, const char *password, size_t n)
{
	char scratch[PASSWD_HASH_MAX];

	if (n > PASSWD_MAX)
		return false;
	if (!*hash) {
		(void)passwd_hash(password, n, scratch);
		sodium_memzero(scratch, sizeof scratch);
		return false;
	}
	return crypto_pwhash_str_verify(hash, password, n) == 0;
}

void
passwd_random(char out[32])
{
	/* Without those that look or sound alike in print: 0 1 i l o. */
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
	size_t i, at = 0;

	for (i = 0; i < 20; i++) {
		if (i && i % 5 == 0)
			out[at++] = '-';
		out[at++] = letters[randombytes_uniform(sizeof letters - 1)];
	}
	out[at] = '\0';
}

static void
mark_part(crypto_generichash_state *s, const char *p, size_t n)
{
	uint64_t len = n;

	crypto_generichash_update(s, (const unsigned char *)&len, sizeof len);
	crypto_generichash_update(s, (const unsigned char *)p, n);
}

void
passwd_mark(const uint8_t key[32], const char *user, const char *hash,
    const char *password, size_t n, uint8_t out[32])
{
	crypto_generichash_state s;

	crypto_generichash_init(&s, key, 32, 32);
	mark_part(&s, user, strlen(user));
	mark_part(&s, hash, strlen(hash));
	mark_part(&s, password, n);
	crypto_generichash_final(&s, out, 32);
	sodium_memzero(&s, sizeof s);
}

void
passwd_key(uint8_t key[32])
{
	randombytes_buf(key, 32);
}
