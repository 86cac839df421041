/* What ots-listen knows of strangers and of its CAs, without sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../cmd/ots-listen/crowd.h"
#include "../../cmd/ots-listen/trust.h"
#include "net.h"

static const uint64_t seed[2] = {1, 2};

/* ---- strangers ---- */

#define A SLICE("AAAA")
#define B SLICE("BBBB")

static void
joins(struct crowd *c, struct guest *g, struct slice site)
{
	struct guest *out;

	assert_true(crowd_room(c, site, &out));
	assert_null(out);
	assert_int_equal(crowd_join(c, g, site), 0);
}

/* Who must go so that one more of that site may come; NULL: nobody may. */
static void
goes_first(const struct crowd *c, struct slice site, const struct guest *want)
{
	struct guest *out;

	assert_int_equal(crowd_room(c, site, &out), want != NULL);
	assert_ptr_equal(out, want);
}

static void
leave_all(struct crowd *c, struct guest *g, int n)
{
	while (n--)
		crowd_leave(c, &g[n]);
	assert_int_equal(c->n, 0);
	assert_int_equal(c->n_ready, 0);
	assert_true(c->sites.n == 0);
	crowd_fini(c);
}

static void
test_crowd_turns(void **state)
{
	struct guest g[4] = {0};
	struct crowd c;
	int i;

	(void)state;
	crowd_init(&c, seed, 10, 10);
	for (i = 0; i < 4; i++)
		joins(&c, &g[i], i & 1 ? B : A);
	assert_null(crowd_next(&c));
	crowd_ready(&c, &g[2]);
	crowd_ready(&c, &g[0]);
	crowd_ready(&c, &g[3]);
	crowd_ready(&c, &g[0]); /* said twice */
	assert_int_equal(c.n_ready, 3);
	crowd_leave(&c, &g[3]);
	crowd_leave(&c, &g[3]);
	assert_ptr_equal(crowd_next(&c), &g[2]);
	assert_ptr_equal(crowd_next(&c), &g[0]);
	assert_null(crowd_next(&c));
	leave_all(&c, g, 4);
}

/* Many of one site do not keep one of another waiting. */
static void
test_crowd_sites(void **state)
{
	struct guest g[5] = {0};
	struct crowd c;
	int i;

	(void)state;
	crowd_init(&c, seed, 10, 10);
	for (i = 0; i < 5; i++)
		joins(&c, &g[i], i == 4 ? B : A);
	for (i = 0; i < 5; i++)
		crowd_ready(&c, &g[i]);
	assert_ptr_equal(crowd_next(&c), &g[0]);
	assert_ptr_equal(crowd_next(&c), &g[4]);
	assert_ptr_equal(crowd_next(&c), &g[1]);
	crowd_ready(&c, &g[4]);
	assert_ptr_equal(crowd_next(&c), &g[2]);
	crowd_leave(&c, &g[3]);
	assert_ptr_equal(crowd_next(&c), &g[4]);
	assert_null(crowd_next(&c));
	crowd_ready(&c, &g[1]);
	assert_ptr_equal(crowd_any(&c), &g[1]);
	crowd_leave(&c, &g[1]);
	assert_non_null(crowd_any(&c));
	leave_all(&c, g, 5);
	assert_null(crowd_any(&c));
}

static void
lost(const char *before, const char *now, bool want)
{
	assert_int_equal(trust_lost(slice_of(before), slice_of(now)), want);
}

#define PEM(text)                                                              \
	"-----BEGIN CERTIFICATE-----\n" text "\n-----END CERTIFICATE-----\n"

static void
test_trust(void **state)
{
	(void)state;
	lost("", "", false);
	lost(PEM("AAAA"), PEM("AAAA"), false);
	lost(PEM("AAAA"), "", true);
	lost("", PEM("AAAA"), false);
	lost(PEM("AAAA"), PEM("AAAB"), true);
	lost(PEM("AAAA"), PEM("AAAAB"), true);
	lost(PEM("AAAAB"), PEM("AAAA"), true);
	lost(PEM("AA\r\nAA"), "subject=x\n" PEM("BB") PEM(" AAAA"), false);
	lost(PEM("AA") PEM("BB"), PEM("BB") PEM("AA"), false);
	lost(PEM("AA") PEM("BB"), PEM("BB") PEM("CC"), true);
	lost(PEM("AA"), "-----BEGIN CERTIFICATE-----\nAA", true);
}

/* Of a site, and of all, the one without progress for longest goes. */
static void
test_crowd_caps(void **state)
{
	struct guest g[5] = {0};
	struct crowd c;
	int i;

	(void)state;
	crowd_init(&c, seed, 4, 3);
	for (i = 0; i < 3; i++)
		joins(&c, &g[i], A);
	goes_first(&c, A, &g[0]);
	joins(&c, &g[3], B);
	/* all are too many: the oldest of all, for any site */
	goes_first(&c, B, &g[0]);
	goes_first(&c, A, &g[0]);
	/* who moves goes last */
	crowd_ready(&c, &g[0]);
	assert_ptr_equal(crowd_next(&c), &g[0]);
	goes_first(&c, A, &g[1]);
	crowd_leave(&c, &g[1]);
	joins(&c, &g[4], A);
	goes_first(&c, A, &g[2]);
	goes_first(&c, B, &g[2]);
	/* who waits for us is not sent away, another site's guest neither */
	for (i = 0; i < 5; i++)
		if (i == 0 || i == 2 || i == 4)
			crowd_ready(&c, &g[i]);
	goes_first(&c, A, NULL);
	goes_first(&c, B, &g[3]);
	crowd_ready(&c, &g[3]);
	goes_first(&c, B, NULL);
	leave_all(&c, g, 5);
}

/* A byte now and then keeps nobody in for long. */
static void
test_crowd_drip(void **state)
{
	struct guest g[2] = {0};
	struct crowd c;
	int i;

	(void)state;
	crowd_init(&c, seed, 2, 2);
	joins(&c, &g[0], A);
	joins(&c, &g[1], A);
	for (i = 0; i < CROWD_MOVES; i++) {
		crowd_ready(&c, &g[0]);
		assert_ptr_equal(crowd_next(&c), &g[0]);
		goes_first(&c, A, &g[1]);
	}
	crowd_ready(&c, &g[0]);
	assert_ptr_equal(crowd_next(&c), &g[0]);
	goes_first(&c, A, &g[0]);
	leave_all(&c, g, 2);
}

static void
site_is(const char *addr, size_t n, const char *want)
{
	unsigned char site[NET_SITE_MAX];
	struct net_addr a;

	assert_int_equal(net_parse(slice_of(addr), &a), 0);
	assert_int_equal(net_site(&a, site), n);
	assert_memory_equal(site, want, n);
}

static void
test_sites(void **state)
{
	(void)state;
	site_is("192.0.2.7:1", 4, "\xc0\x00\x02\x07");
	site_is("[::ffff:192.0.2.7]:1", 4, "\xc0\x00\x02\x07");
	site_is("[2001:db8:1:2:3:4:5:6]:1", 8, "\x20\x01\x0d\xb8\0\1\0\2");
}
int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_crowd_turns),
	    cmocka_unit_test(test_crowd_sites),
	    cmocka_unit_test(test_crowd_caps),
	    cmocka_unit_test(test_crowd_drip),
	    cmocka_unit_test(test_sites),
	    cmocka_unit_test(test_trust),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
