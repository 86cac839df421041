#include "identity.h"

#include <errno.h>
#include <stdlib.h>

#include "record.h"

/* May it be a user's name? */
static bool
name_valid(struct slice user)
{
	size_t i;

	if (user.n == 0 || user.n >= TLS_USER_MAX)
		return false;
	for (i = 0; i < user.n; i++)
		if ((unsigned char)user.p[i] < 0x20 || user.p[i] == 0x7f)
			return false;
	return utf8_valid(user.p, user.n);
}

int
identity_set(
    struct identity *who, const struct tls_peer *peer, struct slice user)
{
	struct buf raw = {.max = sizeof who->raw - 1};
	int r = -1;

	if (!name_valid(user)) {
		errno = EINVAL;
		return -1;
	}
	*who = (struct identity){.peer = *peer};
	memcpy(who->user, user.p, user.n);
	if (rec_escape(&raw, user) == 0) {
		memcpy(who->raw, buf_data(&raw), buf_size(&raw));
		r = 0;
	}
	buf_fini(&raw);
	return r;
}

void
sessions_init(struct sessions *all, const uint64_t seed[2])
{
	map_init(&all->by_user, seed);
}

/* All sessions have left. */
void
sessions_fini(struct sessions *all)
{
	map_fini(&all->by_user);
}

int
sessions_join(struct sessions *all, struct identity *who)
{
	void **at = map_at(&all->by_user, slice_of(who->user), true);
	struct person *one;

	if (!at)
		return -1;
	if (!*at) {
		one = calloc(1, sizeof *one);
		if (!one) {
			map_del(&all->by_user, slice_of(who->user));
			return -1;
		}
		TAILQ_INIT(&one->sessions);
		*at = one;
	}
	one = *at;
	who->person = one;
	TAILQ_INSERT_TAIL(&one->sessions, who, same);
	one->n++;
	return 0;
}

void
sessions_leave(struct sessions *all, struct identity *who)
{
	struct person *one = who->person;

	if (!one)
		return;
	TAILQ_REMOVE(&one->sessions, who, same);
	who->person = NULL;
	if (--one->n > 0)
		return;
	map_del(&all->by_user, slice_of(who->user));
	free(one);
}
