/* listen_fix.h - what the tests of the core of ots-listen share: three clients,
 * bytes and records in, records and queues out. */
#ifndef LISTEN_FIX_H
#define LISTEN_FIX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../cmd/ots-listen/listen.h"

struct fixture {
	struct listen l;
	struct buf out;
	struct client c[4];
};

static inline void
set_up(struct fixture *f, size_t queue_max)
{
	const uint64_t seed[2] = {1, 2};
	struct listen_config cfg = {.node = "n",
	    .max_clients = 4,
	    .max_event = 1 << 20,
	    .max_send = 65536,
	    .queue_max = queue_max,
	    .queue_total = 1 << 30,
	    .input_total = 1 << 20};
	int i;

	*f = (struct fixture){0};
	buf_init(&f->out, 1 << 24);
	assert_int_equal(listen_init(&f->l, &cfg, &f->out, seed, 100), 0);
	listen_time(&f->l, 1000000000, 5000000);
	for (i = 0; i < 3; i++)
		assert_int_equal(
		    listen_join(&f->l, &f->c[i], "tcp", "peer:1", NULL), 0);
	buf_clear(&f->out);
}

static inline void
tear_down(struct fixture *f)
{
	int i;

	for (i = 0; i < 3; i++)
		if (f->c[i].peer)
			listen_leave(&f->l, &f->c[i], "eof");
	assert_int_equal(f->l.slots.used, 0);
	assert_true(f->l.kept_bytes == 0);
	listen_fini(&f->l);
	buf_fini(&f->out);
}

static inline void
record(struct fixture *f, const char *line)
{
	static struct rec r;

	assert_int_equal(rec_parse(&r, slice_of(line)), 1);
	listen_record(&f->l, &r);
}

/* In memory of its own: secrets are overwritten there. */
static inline int
bytes(struct fixture *f, int i, const char *p, size_t n)
{
	static char copy[2 << 20];

	assert_true(n <= sizeof copy);
	memcpy(copy, p, n);
	return listen_input(&f->l, &f->c[i], copy, n);
}

static inline int
input(struct fixture *f, int i, const char *text)
{
	return bytes(f, i, text, strlen(text));
}

/* What waits for client i, appended to *got and taken away. */
static inline void
take(struct fixture *f, int i, struct buf *got)
{
	struct iovec iov[16];
	size_t sum = 0;
	int n, k;

	n = fan_iov(&f->c[i].q, iov, 16, SIZE_MAX);
	for (k = 0; k < n; k++) {
		assert_int_equal(
		    buf_append(got, iov[k].iov_base, iov[k].iov_len), 0);
		sum += iov[k].iov_len;
	}
	fan_sent(&f->l.fan, &f->c[i].q, sum);
}

static inline void
queued_bytes(struct fixture *f, int i, struct slice want)
{
	struct buf got;

	buf_init(&got, 1 << 20);
	take(f, i, &got);
	if (!slice_eq(buf_slice(&got), want))
		print_error("got %zu bytes: %.*s\nwant %zu: %.*s\n",
		    buf_size(&got), (int)buf_size(&got), buf_data(&got), want.n,
		    (int)want.n, want.p);
	assert_true(slice_eq(buf_slice(&got), want));
	buf_fini(&got);
}

static inline void
queued(struct fixture *f, int i, const char *want)
{
	queued_bytes(f, i, slice_of(want));
}

static inline void
written(struct fixture *f, const char *want)
{
	assert_int_equal(buf_putc(&f->out, '\0'), 0);
	assert_string_equal(buf_data(&f->out), want);
	buf_clear(&f->out);
}

#endif
