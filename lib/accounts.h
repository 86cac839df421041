/* accounts.h - users, groups and memberships (of db.h, either engine).
 * Names are [A-Za-z0-9._@-]{1,64} for users; groups 1 to 64 bytes of UTF-8
 * without control characters, never beginning with white space. Functions
 * return 0, or -1 with errno: ENOENT (no such user or group: accounts_why names
 * it), EEXIST, EINVAL (a bad name), EPERM (it may not be removed), EIO (the
 * database: accounts_why), EAGAIN (the database is away). */
#ifndef OTS_ACCOUNTS_H
#define OTS_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACCOUNT_NAME_MAX  65 /* with NUL */
#define ACCOUNT_GROUP_MAX 65
#define ACCOUNT_HASH_MAX  160 /* "$argon2id$..." and NUL */
#define ACCOUNT_ANON      "__ANON__"

enum account_direction { ACCOUNT_IN = 1, ACCOUNT_OUT = 2, ACCOUNT_BOTH = 3 };

struct accounts;

/* uri: "sqlite:PATH", a path, or "postgresql://..." . Makes the database and
 * runs migrations when they are due. NULL: *err says why; errno EAGAIN: trying
 * again later may help. */
struct accounts *accounts_open(const char *uri, char err[256]);
void accounts_close(struct accounts **a);
const char *accounts_why(const struct accounts *a);

struct account {
	char name[ACCOUNT_NAME_MAX];
	bool admin, disabled, password; /* password: it has one */
	int64_t created;                /* microseconds */
};

/* Names that differ only in case are one name: EEXIST. */
int accounts_add(struct accounts *a, const char *user, bool admin);
/* With a password at once (hash NULL: none). */
int accounts_add_hash(
    struct accounts *a, const char *user, bool admin, const char *hash);
/* The first administrator, if there never was a user: else EEXIST. tell (may be
 * NULL) is called once it is sure, before it is done; if it fails (not 0),
 * nothing is done: ECANCELED. Of several who try at once one succeeds. */
int accounts_first(struct accounts *a, const char *user, const char *hash,
    int (*tell)(void *arg), void *arg);
/* Was there ever a user? */
int accounts_ever(struct accounts *a, bool *ever);
/* Both end all that hangs on it. The last enabled administrator stays: EPERM */
int accounts_del(struct accounts *a, const char *user);
int accounts_disable(struct accounts *a, const char *user, bool disabled);
int accounts_admin(struct accounts *a, const char *user, bool admin);
/* hash NULL: no password, so none is right. */
int accounts_set_hash(struct accounts *a, const char *user, const char *hash);
/* 0; -1 ENOENT: no such user, or it is disabled; hash "" : it has none. */
int accounts_hash(
    struct accounts *a, const char *user, char hash[ACCOUNT_HASH_MAX]);
int accounts_get(struct accounts *a, const char *user, struct account *out);
/* In the order of names (of their bytes); fn returns nonzero to stop. No fn of
 * this module may call another function of it. */
int accounts_each(struct accounts *a,
    int (*fn)(void *arg, const struct account *u), void *arg);
int accounts_count(struct accounts *a, uint64_t *n);

int accounts_group_add(
    struct accounts *a, const char *group, const char *description);
/* __ANON__ stays: EPERM. */
int accounts_group_del(struct accounts *a, const char *group);
struct account_group {
	char name[ACCOUNT_GROUP_MAX];
	char description[257];
	int bitpos; /* marti-http 5.2: never used again */
	int64_t created;
};
int accounts_each_group(struct accounts *a,
    int (*fn)(void *arg, const struct account_group *g), void *arg);

/* Join adds directions, leave takes them; what is so already is no change. */
int accounts_join(struct accounts *a, const char *user, const char *group,
    enum account_direction d);
int accounts_leave(struct accounts *a, const char *user, const char *group,
    enum account_direction d);
/* Direction bits that are in a group, and those of them that are active (for
 * device, or "" for all of the user's devices that have no choice of their
 * own). A user without any membership is in __ANON__ both ways. */
struct account_member {
	const char *user, *group;
	int bitpos;
	int dirs, active;
};
int accounts_each_member(struct accounts *a, const char *user,
    const char *device, int (*fn)(void *arg, const struct account_member *m),
    void *arg);
/* Channel choice (marti-http 5.3): pairs that the user does not hold are
 * ignored. device "": for the user. by: the device that asks, or "". A device
 * keeps its own choice when the user's changes; a user has at most 64 such
 * devices, the one that chose longest ago is forgotten. */
int accounts_channel(struct accounts *a, const char *user, const char *device,
    const char *group, enum account_direction d, bool active, const char *by);

/* Changes with every change of what accounts_snapshot tells and of a password,
 * by whatever program, and not when nothing changes; cheap. */
int accounts_revision(struct accounts *a, uint64_t *rev);

/* Everything that routing needs, of one moment: each user once, with the groups
 * that are active, and each device that has made a choice of its own. */
struct account_view {
	const char *user;
	const char *device; /* NULL: the user itself */
	const char *by;     /* device that changed it last; "": none did, or
			       somebody else has since */
	bool disabled, admin;
	const char *const *in, *const *out;
	size_t n_in, n_out;
};
int accounts_snapshot(struct accounts *a,
    int (*fn)(void *arg, const struct account_view *v), void *arg,
    uint64_t *rev);

/* The table of issued certificates, fed from the ledger of ots-certs(1). */
struct account_cert {
	const char *serial, *sha256, *kind, *name, *uid; /* uid may be "" */
	int64_t issued, not_before, not_after,
	    revoked; /* seconds; revoked 0: no */
};
/* Insert or update n of them in one transaction. It does not wait while others
 * write: EAGAIN. */
int accounts_certs(struct accounts *a, const struct account_cert *c, size_t n);

#endif
