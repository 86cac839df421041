#include <unistd.h>

#include "link.h"
#include "tls.h"

static ssize_t
read_plain(struct link *k, void *p, size_t n)
{
	return tls_read(k->tls, p, n);
}

static ssize_t
write_plain(struct link *k, const struct iovec *iov, int n, bool *full)
{
	ssize_t done = tls_writev(k->tls, iov, n);

	*full = tls_held(k->tls) > 0;
	return done;
}

static int
flush(struct link *k)
{
	return tls_held(k->tls) ? tls_flush(k->tls) : 0;
}

static bool
holds(const struct link *k)
{
	return tls_held(k->tls) > 0;
}

static void
hang_up(struct link *k)
{
	tls_free(&k->tls);
	close(k->fd);
	k->fd = -1;
}

const struct link_ops link_tls = {
    .via = "tls",
    .budget = (size_t)128 << 10,
    .budget_least = (size_t)16 << 10,
    .strangers = true,
    .read = read_plain,
    .writev = write_plain,
    .flush = flush,
    .holds = holds,
    .close = hang_up,
};
