/* Deliveries, queues, and what a full queue may lose; and keys. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../cmd/ots-listen/fanout.h"
#include "../../cmd/ots-listen/gather.h"
#include "../../cmd/ots-listen/keys.h"
#include "buf.h"

static struct fan_ref
lay_as(struct fan *f, enum fan_kind kind, const char *text,
    enum fan_class class, uint64_t uid)
{
	size_t n = strlen(text);
	char *to = fan_reserve(f, kind, n);

	assert_non_null(to);
	memcpy(to, text, n);
	return fan_commit(f, kind, n, class, uid);
}

static struct fan_ref
lay(struct fan *f, const char *text, enum fan_class class, uint64_t uid)
{
	return lay_as(f, FAN_XML, text, class, uid);
}

/* Send everything, `step` bytes at a time, and say what it was. */
static char *
drain(struct fan *f, struct fan_queue *q, size_t step)
{
	struct iovec iov[8];
	struct buf out;
	char *text;
	size_t n, k;
	int pieces, i;

	buf_init(&out, 1 << 20);
	while (q->bytes) {
		pieces = fan_iov(q, iov, 8, 1 << 20);
		assert_true(pieces > 0);
		for (n = 0, i = 0; i < pieces && n < step; i++) {
			k = iov[i].iov_len < step - n ? iov[i].iov_len
						      : step - n;
			assert_int_equal(
			    buf_append(&out, iov[i].iov_base, k), 0);
			n += k;
		}
		fan_sent(f, q, n);
	}
	assert_int_equal(q->n, 0);
	text = slice_dup(buf_slice(&out));
	buf_fini(&out);
	return text;
}

static void
expect(struct fan *f, struct fan_queue *q, size_t step, const char *want)
{
	char *text = drain(f, q, step);

	assert_string_equal(text, want);
	free(text);
}

static void
test_ranges(void **state)
{
	struct fan f;
	struct fan_queue q = {0}, all = {0};
	struct fan_ref r;
	struct iovec iov[4];
	size_t step;

	(void)state;
	fan_init(&f);
	for (step = 1; step < 14; step++) {
		r = lay(&f, "aaa", FAN_CHAT, 1);
		assert_int_equal(fan_push(&q, r), 1);
		assert_int_equal(fan_push(&q, r), 0); /* once only */
		assert_int_equal(fan_push(&all, r), 1);
		r = lay(&f, "bb", FAN_CHAT, 2); /* its own: not to q */
		assert_int_equal(fan_push(&all, r), 1);
		r = lay(&f, "c", FAN_CHAT, 3);
		assert_int_equal(fan_push(&q, r), 1);
		assert_int_equal(fan_push(&all, r), 1);
		r = lay(&f, "dddd", FAN_CHAT, 4);
		assert_int_equal(fan_push(&q, r), 1);
		assert_int_equal(fan_push(&all, r), 1);
		/* Consecutive deliveries are one piece of memory. */
		assert_int_equal(fan_iov(&q, iov, 4, 1 << 20), 2);
		assert_int_equal(fan_iov(&all, iov, 4, 1 << 20), 1);
		assert_int_equal(q.bytes, 8);
		expect(&f, &q, step, "aaacdddd");
		expect(&f, &all, step, "aaabbcdddd");
	}
	fan_clear(&f, &q);
	fan_clear(&f, &all);
	fan_fini(&f);
}

/* Random deliveries, receivers and partial sends against plain strings. */
static void
test_against_model(void **state)
{
	enum { QUEUES = 7 };
	struct fan f;
	struct fan_queue q[QUEUES] = {0};
	struct buf model[QUEUES];
	struct iovec iov[3];
	static char text[FAN_KINDS][3000];
	unsigned seed = 1, i, k, n, kind;
	struct fan_ref ref[FAN_KINDS];
	size_t got, sum;
	int pieces, p;

	(void)state;
	fan_init(&f);
	for (k = 0; k < QUEUES; k++)
		buf_init(&model[k], 1 << 24);
	for (i = 0; i < 30000; i++) {
		seed = seed * 1103515245 + 12345;
		n = (seed >> 8) % sizeof text[0];
		for (kind = 0; kind < FAN_KINDS; kind++) {
			memset(text[kind], "aA"[kind] + (int)(i % 26), n);
			text[kind][n] = '\0';
			ref[kind] = lay_as(
			    &f, (enum fan_kind)kind, text[kind], FAN_CHAT, i);
		}
		for (k = 0; k < QUEUES; k++) {
			if ((seed >> (10 + k)) & 1)
				continue;
			kind = k < 3 ? k % 2 : (seed >> 9) & 1;
			assert_int_equal(fan_push(&q[k], ref[kind]), 1);
			assert_int_equal(
			    buf_append(&model[k], text[kind], n), 0);
		}
		k = (seed >> 20) % QUEUES;
		if (i % 97 == 0)
			assert_int_equal(fan_detach(&f, &q[k]), 0);
		while (q[k].bytes > (seed >> 12) % 200000) {
			pieces = fan_iov(&q[k], iov, 3, 5000);
			for (p = 0, sum = 0; p < pieces; p++) {
				got = iov[p].iov_len;
				sum += got;
				assert_true(sum <= 5000);
				if (p + 1 == pieces)
					got = (got + 1) / 2;
				assert_memory_equal(
				    iov[p].iov_base, buf_data(&model[k]), got);
				buf_consume(&model[k], got);
				fan_sent(&f, &q[k], got);
				if (p + 1 == pieces)
					break;
			}
		}
		assert_int_equal(q[k].bytes, buf_size(&model[k]));
	}
	for (k = 0; k < QUEUES; k++) {
		fan_clear(&f, &q[k]);
		buf_fini(&model[k]);
	}
	assert_true(f.live <= FAN_KINDS); /* only the current chunks are left */
	fan_fini(&f);
}

static void
test_policy(void **state)
{
	struct fan f;
	struct fan_queue q = {0};

	(void)state;
	fan_init(&f);
	assert_int_equal(fan_push(&q, lay(&f, "old1.", FAN_POSITION, 1)), 1);
	assert_int_equal(fan_push(&q, lay(&f, "chat.", FAN_CHAT, 1)), 1);
	assert_int_equal(fan_push(&q, lay(&f, "item.", FAN_ITEM, 2)), 1);
	assert_int_equal(fan_push(&q, lay(&f, "new1.", FAN_POSITION, 1)), 1);
	assert_int_equal(fan_push(&q, lay(&f, "pos3.", FAN_POSITION, 3)), 1);
	assert_int_equal(fan_push(&q, lay(&f, "ITEM.", FAN_ITEM, 2)), 1);
	assert_int_equal(fan_push(&q, lay(&f, "ctrl.", FAN_CONTROL, 3)), 1);
	/* Two are replaced, that is enough. */
	assert_int_equal(fan_shrink(&f, &q, 25), 0);
	assert_int_equal(q.replaced, 2);
	assert_int_equal(q.dropped, 0);
	assert_int_equal(q.bytes, 25);
	/* The oldest position goes. */
	assert_int_equal(fan_shrink(&f, &q, 20), 0);
	assert_int_equal(q.dropped, 1);
	/* Then the other; chat, item and control cannot. */
	assert_int_equal(fan_shrink(&f, &q, 14), -1);
	assert_int_equal(fan_shrink(&f, &q, 15), 0);
	expect(&f, &q, 100, "chat.ITEM.ctrl.");
	fan_clear(&f, &q);
	fan_fini(&f);
}

/* What is partly on its way must go on whole. */
static void
test_policy_partly_sent(void **state)
{
	struct fan f;
	struct fan_queue q = {0};

	(void)state;
	fan_init(&f);
	assert_int_equal(fan_push(&q, lay(&f, "first.", FAN_POSITION, 1)), 1);
	assert_int_equal(fan_push(&q, lay(&f, "second.", FAN_POSITION, 1)), 1);
	assert_int_equal(fan_push(&q, lay(&f, "third.", FAN_POSITION, 1)), 1);
	fan_sent(&f, &q, 2);
	assert_int_equal(fan_shrink(&f, &q, 10), 0);
	expect(&f, &q, 3, "rst.third.");
	fan_clear(&f, &q);
	fan_fini(&f);
}

static void
test_detach_frees_shared(void **state)
{
	struct fan f;
	struct fan_queue slow = {0}, quick = {0};
	static char big[100001];
	struct fan_ref r;
	int i;

	(void)state;
	memset(big, 'x', sizeof big - 1);
	fan_init(&f);
	for (i = 0; i < 100; i++) {
		r = lay(&f, big, FAN_CHAT, 1);
		assert_int_equal(fan_push(&quick, r), 1);
		if (i % 10 == 0)
			assert_int_equal(fan_push(&slow, r), 1);
		fan_sent(&f, &quick, quick.bytes);
		if (fan_crowded(&f))
			assert_int_equal(fan_detach(&f, &slow), 0);
	}
	assert_int_equal(slow.bytes, 1000000);
	assert_int_equal(fan_detach(&f, &slow), 0);
	assert_true(f.live <= 1);
	fan_sent(&f, &slow, 1000000);
	fan_clear(&f, &slow);
	fan_clear(&f, &quick);
	fan_fini(&f);
}

/* A queue that holds both kinds, one queue of each, and all that is done to
 * them. */
static void
test_kinds(void **state)
{
	struct fan f;
	struct fan_queue x = {0}, p = {0}, both = {0};
	struct iovec iov[4];
	struct fan_ref as[FAN_KINDS];
	int i;

	(void)state;
	fan_init(&f);
	for (i = 0; i < 3; i++) {
		as[FAN_XML] = lay_as(&f, FAN_XML, "<x>", FAN_POSITION, 1);
		as[FAN_PB] = lay_as(&f, FAN_PB, "pb", FAN_POSITION, 1);
		assert_int_equal(fan_push(&x, as[FAN_XML]), 1);
		assert_int_equal(fan_push(&p, as[FAN_PB]), 1);
		assert_int_equal(fan_push(&both, as[i ? FAN_PB : FAN_XML]), 1);
		assert_int_equal(fan_push(&both, as[i ? FAN_PB : FAN_XML]), 0);
	}
	/* Each encoding lies end to end. */
	assert_int_equal(fan_iov(&x, iov, 4, 1 << 20), 1);
	assert_int_equal(fan_iov(&p, iov, 4, 1 << 20), 1);
	assert_int_equal(fan_iov(&both, iov, 4, 1 << 20), 2);
	assert_int_equal(both.bytes, 7);
	assert_int_equal(fan_push(&both, lay(&f, "chat", FAN_CHAT, 2)), 1);
	fan_sent(&f, &both, 1);
	/* What is on its way goes on whole; then the newest of each uid. */
	assert_int_equal(fan_shrink(&f, &both, 8), 0);
	assert_int_equal(both.replaced, 1);
	assert_int_equal(fan_push(&both, as[FAN_PB]), 1);
	assert_int_equal(fan_detach(&f, &both), 0);
	expect(&f, &x, 2, "<x><x><x>");
	expect(&f, &p, 3, "pbpbpb");
	/* The chunks of both kinds are used again, the copy is its own. */
	lay_as(&f, FAN_XML, "?????????????????", FAN_CHAT, 0);
	lay_as(&f, FAN_PB, "?????????????????", FAN_CHAT, 0);
	expect(&f, &both, 1, "x>pbchatpb");
	assert_true(f.live <= FAN_KINDS);
	fan_clear(&f, &x);
	fan_clear(&f, &p);
	fan_clear(&f, &both);
	fan_fini(&f);
}

/* Delivery by delivery. */
static void
test_each(void **state)
{
	struct fan f;
	struct fan_queue q = {0};
	struct iovec iov[8];

	(void)state;
	fan_init(&f);
	assert_int_equal(fan_each(&q, iov, 8), 0);
	assert_int_equal(fan_push(&q, lay(&f, "one", FAN_CHAT, 1)), 1);
	assert_int_equal(fan_push(&q, lay(&f, "three", FAN_CHAT, 2)), 1);
	lay(&f, "not for q", FAN_CHAT, 3);
	assert_int_equal(fan_push(&q, lay(&f, "four", FAN_CHAT, 4)), 1);
	assert_int_equal(
	    fan_push(&q, lay_as(&f, FAN_PB, "pb", FAN_CHAT, 5)), 1);
	assert_int_equal(fan_each(&q, iov, 2), 2);
	assert_int_equal(fan_each(&q, iov, 8), 4);
	assert_memory_equal(iov[0].iov_base, "one", iov[0].iov_len);
	assert_memory_equal(iov[1].iov_base, "three", iov[1].iov_len);
	assert_memory_equal(iov[2].iov_base, "four", iov[2].iov_len);
	assert_int_equal(iov[3].iov_len, 2);
	fan_sent(&f, &q, 3 + 5);
	assert_int_equal(q.skip, 0);
	assert_int_equal(fan_each(&q, iov, 8), 2);
	assert_int_equal(iov[0].iov_len, 4);
	fan_sent(&f, &q, 6);
	assert_int_equal(fan_each(&q, iov, 8), 0);
	fan_clear(&f, &q);
	fan_fini(&f);
}

static void
test_keys(void **state)
{
	const uint64_t seed[2] = {1, 2};
	struct keys k;
	struct holder a = {0}, b = {0}, c = {0};
	static char long_name[KEYS_LEN_MAX + 1];
	const struct key *g;

	(void)state;
	keys_init(&k, seed);
	memset(long_name, 'x', sizeof long_name);
	assert_int_equal(keys_bind(&k, &a, SLICE("group:1")), 1);
	assert_int_equal(keys_bind(&k, &a, SLICE("group:1")), 0);
	assert_int_equal(keys_bind(&k, &b, SLICE("group:1")), 1);
	assert_int_equal(keys_bind(&k, &c, SLICE("group:1")), 1);
	assert_int_equal(keys_bind(&k, &b, SLICE("uid:b")), 1);
	assert_int_equal(keys_bind(&k, &b, SLICE("")), -1);
	assert_int_equal(
	    keys_bind(&k, &b, (struct slice){long_name, sizeof long_name}), -1);
	g = keys_find(&k, SLICE("group:1"));
	assert_int_equal(g->n, 3);
	assert_true(keys_unbind(&k, &a, SLICE("group:1")));
	assert_false(keys_unbind(&k, &a, SLICE("group:1")));
	assert_int_equal(g->n, 2);
	assert_false(keys_holds(&a, g));
	assert_true(keys_holds(&b, g) && keys_holds(&c, g));
	keys_leave(&k, &b);
	assert_null(keys_find(&k, SLICE("uid:b")));
	assert_int_equal(g->n, 1);
	assert_ptr_equal(g->member[0], &c);
	keys_leave(&k, &c);
	keys_leave(&k, &a);
	assert_null(keys_find(&k, SLICE("group:1")));
	assert_int_equal(k.by_name.n, 0);
	keys_fini(&k);
}

static void
test_gather(void **state)
{
	struct gather g = {.max_us = 20000};

	(void)state;
	/* Nothing is known yet: at once. */
	assert_true(gather_due(&g) == 0);
	gather_begin(&g, 1000000);
	gather_spent(&g, 50);
	assert_true(gather_due(&g) == 1000000 + 50 * GATHER_SHARE);
	/* Slices add up, and the maximum bounds. */
	gather_spent(&g, 5000);
	assert_true(gather_due(&g) == 1020000);
	gather_begin(&g, 2000000);
	assert_true(gather_due(&g) == 2000000);
}

static void
test_gather_spread(void **state)
{
	struct gather g = {.max_us = 1000000};

	(void)state;
	/* Nothing is known, or one slice: no waiting. */
	assert_true(gather_spread(&g, 100) == 0);
	gather_spent(&g, 100000);
	assert_true(gather_spread(&g, 0) == 0);
	assert_true(gather_spread(&g, 1) == 0);
	/* All slices fit into the time between two flushes. */
	assert_true(gather_spread(&g, 300) == 2500);
}

static void
test_gather_reading(void **state)
{
	struct gather g = {.max_us = 20000};

	(void)state;
	/* A few clients, flushed at once: read at once. */
	gather_begin(&g, 1000000);
	gather_spent(&g, 100);
	assert_true(gather_read_at(&g, 1000050, false) == 1000050);
	/* Many: 5 ms before the next flush, or the one after. */
	gather_spent(&g, 5000);
	assert_true(gather_read_at(&g, 1006000, false) == 1015000);
	assert_true(gather_read_at(&g, 1015000, false) == 1035000);
	assert_true(gather_read_at(&g, 1019000, false) == 1035000);
	/* Nothing was flushed for long: at once. */
	assert_true(gather_read_at(&g, 2000000, false) == 2000000);
	/* Much to read: spread. */
	assert_true(gather_read_at(&g, 1006000, true) == 1008500);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ranges),
	    cmocka_unit_test(test_against_model),
	    cmocka_unit_test(test_policy),
	    cmocka_unit_test(test_policy_partly_sent),
	    cmocka_unit_test(test_detach_frees_shared),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_each),
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_gather),
	    cmocka_unit_test(test_gather_spread),
	    cmocka_unit_test(test_gather_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
