/* passwd.h - passwords (libsodium): argon2id, 64 MiB, 3 passes (0.1 s).
 * Run passwd_check where 0.1 s and 64 MiB may be spent, never in a loop that
 * serves others. */
#ifndef OTS_PASSWD_H
#define OTS_PASSWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PASSWD_HASH_MAX 160
#define PASSWD_MIN      8
#define PASSWD_MAX      1024

/* Before anything else here. 0, or -1: no random numbers. */
int passwd_init(void);
/* Length PASSWD_MIN to PASSWD_MAX, UTF-8 without control characters: NULL, or
 * what is wrong. */
const char *passwd_bad(const char *password, size_t n);
/* 0, or -1: no memory. */
int passwd_hash(const char *password, size_t n, char out[PASSWD_HASH_MAX]);
/* hash "": never right, but it takes as long. */
bool passwd_check(const char *hash, const char *password, size_t n);
/* A random password that can be read aloud and typed: 20 letters and digits (99
 * bits) in groups of five, "abcde-fgh23-...". */
void passwd_random(char out[32]);
/* A keyed hash for remembering what was right without keeping it: key is
 * random per process. */
void passwd_mark(const uint8_t key[32], const char *user, const char *hash,
    const char *password, size_t n, uint8_t out[32]);
void passwd_key(uint8_t key[32]);

#endif
