#include "load.h"

#include <stdio.h>
#include <stdlib.h>

#define TOLD            10 /* of each fault, with --verbose */
#define CELLS_BYTES_MAX ((size_t)2 << 30)

/* What receiver r has of sender s: the running number expected next at the
 * earliest, then one bit for each event. */
static uint32_t *
cell_of(const struct load *l, uint64_t r, uint64_t s)
{
	return l->cells + ((size_t)r * l->conf.clients + (size_t)s) * l->stride;
}

static bool
has(const uint32_t *cell, uint64_t seq)
{
	return cell[1 + seq / 32] >> (seq % 32) & 1;
}

static struct sent *
sent_of(const struct load *l, uint64_t sender, uint64_t seq)
{
	return &l->sent[(size_t)sender * l->max_seq + (size_t)seq];
}

int
check_init(struct load *l)
{
	size_t n = (size_t)l->conf.clients;

	l->stride = 1 + (l->max_seq + 31) / 32;
	if (n > 0 && l->stride > CELLS_BYTES_MAX / sizeof(uint32_t) / n / n)
		return -1;
	l->cells = calloc(n * n * l->stride + 1, sizeof(uint32_t));
	l->sent = calloc(n * l->max_seq + 1, sizeof(*l->sent));
	return l->cells != NULL && l->sent != NULL ? 0 : -1;
}

void
check_fini(struct load *l)
{
	free(l->cells);
	free(l->sent);
}

static void
arrived(
    struct client *c, const struct mark *m, const struct sent *ev, uint64_t now)
{
	struct load *l = c->load;

	l->t_last = now;
	if (c->stopper) {
		l->res.stopped_received++;
		return;
	}
	l->res.delivered++;
	if (ev->to != TO_ALL)
		l->res.delivered_dm++;
	hist_add(&l->latency, now > m->due ? now - m->due : 0);
}

/* A broadcast or a direct message of the measured phase. */
static void
check_measured(struct client *c, const struct mark *m, uint64_t now)
{
	struct load *l = c->load;
	const struct sent *ev = sent_of(l, m->sender, m->seq);
	uint32_t *cell;

	if (m->sender == c->idx) {
		l->res.echo++;
		return;
	}
	if (ev->to != TO_ALL && ev->to != c->idx) {
		l->res.misdelivered++;
		return;
	}
	if (c->idle) {
		l->res.idle_delivered++;
		return;
	}
	cell = cell_of(l, c->idx, m->sender);
	if (has(cell, m->seq)) {
		if (l->res.dup++ < TOLD && l->conf.verbose)
			(void)fprintf(stderr,
			    "dup s=%llu n=%llu r=%u at=%llu\n",
			    (unsigned long long)m->sender,
			    (unsigned long long)m->seq, c->idx,
			    (unsigned long long)now);
		return;
	}
	cell[1 + m->seq / 32] |= (uint32_t)1 << (m->seq % 32);
	if (m->seq < cell[0])
		l->res.reordered++;
	else
		cell[0] = (uint32_t)m->seq + 1;
	c->received++;
	arrived(c, m, ev, now);
}

void
check_mark(struct client *c, const struct mark *m, uint64_t now)
{
	struct load *l = c->load;

	if (m->run != l->run) {
		l->res.strange++;
		return;
	}
	switch (m->kind) {
	case 'w':
		l->res.warm++;
		if (m->sender == c->idx)
			l->res.echo++;
		if (m->seq > 0)
			c->probed = true;
		return;
	case 'x':
		l->res.forged++;
		return;
	case 'b':
	case 'd':
		if (m->sender >= l->conf.clients ||
		    m->seq >= l->client[m->sender].next_seq) {
			l->res.corrupt++;
			return;
		}
		check_measured(c, m, now);
		return;
	default:
		l->res.corrupt++;
	}
}

static uint64_t
readers(const struct load *l)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < l->conf.clients; i++)
		n += !l->client[i].stopper;
	return n;
}

bool
check_all_arrived(const struct load *l)
{
	uint64_t broadcasts = l->res.sent - l->res.sent_dm;
	uint64_t want = l->res.sent_dm;

	/* Only readers send, and direct messages go to readers only. */
	if (l->conf.clients > 0)
		want += broadcasts * (readers(l) - 1);
	return l->res.delivered >= want &&

	    l->res.idle_delivered >= broadcasts * l->conf.idle;
}

/* Was it underway while a program was down? */
static bool
in_gap(const struct load *l, const struct sent *ev)
{
	/* Not taken by the kernel at all (at 0): in no gap. */
	for (uint32_t i = 0; i < l->n_gaps; i++) {
		if (ev->at >= l->gap[i].from && ev->at <= l->gap[i].to)
			return true;
	}
	return false;
}

static void
judge_pair(struct load *l, uint64_t r, uint64_t s)
{
	const uint32_t *cell = cell_of(l, r, s);
	const struct sent *ev;

	for (uint32_t n = 0; n < l->client[s].next_seq; n++) {
		ev = sent_of(l, s, n);
		if (ev->to != TO_ALL && ev->to != r)
			continue;
		l->res.expected++;
		if (has(cell, n))
			continue;
		if (in_gap(l, ev))
			l->res.lost_gap++;
		else if (l->res.lost++ < TOLD && l->conf.verbose)
			(void)fprintf(stderr,
			    "lost s=%llu n=%u r=%llu at=%llu\n",
			    (unsigned long long)s, n, (unsigned long long)r,
			    (unsigned long long)ev->at);
	}
}

void
check_judge(struct load *l)
{
	for (uint64_t r = 0; r < l->conf.clients; r++) {
		if (l->client[r].stopper)
			continue;
		for (uint64_t s = 0; s < l->conf.clients; s++) {
			if (s != r && !l->client[s].stopper)
				judge_pair(l, r, s);
		}
	}
	l->res.idle_expected = (l->res.sent - l->res.sent_dm) * l->conf.idle;
}
