/* Who is heard on a mesh, and which version is written to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../cmd/ots-listen/mesh.h"

#define S ((uint64_t)1000000)

static const uint64_t seed[2] = {1, 2};

static void
test_version(void **state)
{
	struct mesh m;
	struct slice a = SLICE("192.0.2.1:1"), b = SLICE("192.0.2.2:1");

	(void)state;
	mesh_init(&m, MESH_AUTO, seed);
	/* nobody is there */
	assert_int_equal(mesh_kind(&m, 0), FAN_XML);
	mesh_heard(&m, a, true, 10 * S);
	assert_int_equal(mesh_kind(&m, 10 * S), FAN_PB);
	/* an old device, until it is believed to be gone */
	mesh_heard(&m, b, false, 20 * S);
	assert_int_equal(mesh_kind(&m, 20 * S), FAN_XML);
	mesh_heard(&m, a, true, 100 * S);
	assert_int_equal(mesh_kind(&m, 140 * S), FAN_XML);
	assert_int_equal(mesh_kind(&m, 140 * S + 1), FAN_PB);
	/* one that says what it reads, and writes XML for the others */
	mesh_heard(&m, b, true, 150 * S);
	mesh_heard(&m, b, false, 151 * S);
	assert_int_equal(mesh_kind(&m, 200 * S), FAN_PB);
	/* the first has fallen silent, the second goes on in XML only */
	mesh_heard(&m, b, false, 260 * S);
	assert_int_equal(mesh_kind(&m, 270 * S), FAN_PB);
	assert_int_equal(mesh_kind(&m, 270 * S + 1), FAN_XML);
	assert_int_equal(m.n_heard, 1);
	/* all are gone */
	mesh_heard(&m, b, true, 300 * S);
	assert_int_equal(mesh_kind(&m, 300 * S), FAN_PB);
	assert_int_equal(mesh_kind(&m, 421 * S), FAN_XML);
	assert_int_equal(m.n_heard, 0);
	mesh_fini(&m);
	/* the order decides */
	mesh_init(&m, MESH_ALWAYS_PB, seed);
	assert_int_equal(mesh_kind(&m, 0), FAN_PB);
	mesh_heard(&m, b, false, 1);
	assert_int_equal(mesh_kind(&m, 1), FAN_PB);
	mesh_fini(&m);
	mesh_init(&m, MESH_ALWAYS_XML, seed);
	mesh_heard(&m, b, true, 1);
	assert_int_equal(mesh_kind(&m, 1), FAN_XML);
	mesh_fini(&m);
}

/* Made-up senders: bounded, and whoever is not known any more may be one who
 * reads XML only. */
static void
test_hostile_senders(void **state)
{
	struct mesh m;
	char name[NET_TEXT_MAX];
	uint64_t now = 1000 * S;
	int i;

	(void)state;
	mesh_init(&m, MESH_AUTO, seed);
	mesh_heard(&m, SLICE("192.0.2.1:1"), false, now);
	for (i = 0; i < 100000; i++) {
		assert_true(str_fmt(name, sizeof name, "[2001:db8::%x]:%u",
				(unsigned)i, (unsigned)i & 0xffff) > 0);
		mesh_heard(&m, slice_of(name), true, now + (uint64_t)i);
		assert_true(m.n_heard <= MESH_SENDERS_MAX);
		assert_int_equal(mesh_kind(&m, now + (uint64_t)i), FAN_XML);
	}
	assert_int_equal(m.n_heard, MESH_SENDERS_MAX);
	assert_int_equal(m.by_name.n, MESH_SENDERS_MAX);
	/* who stays: those heard last */
	now += 100000;
	mesh_heard(&m, slice_of(name), true, now + 119 * S);
	assert_int_equal(mesh_kind(&m, now + 119 * S), FAN_XML);
	assert_int_equal(mesh_kind(&m, now + 121 * S), FAN_PB);
	assert_int_equal(m.n_heard, 1);
	/* a name that no address has */
	memset(name, 'x', sizeof name);
	mesh_heard(&m, (struct slice){name, sizeof name}, true, now + 122 * S);
	assert_int_equal(m.n_heard, 1);
	mesh_fini(&m);
}

/* Against the rule as it is said. */
static void
test_version_model(void **state)
{
	enum { N = 12 };
	uint64_t heard[N] = {0}, v1[N] = {0}, now = 1000 * S, x = 7;
	struct mesh m;
	int i, k, differs = 0;

	(void)state;
	mesh_init(&m, MESH_AUTO, seed);
	for (i = 0; i < 200000; i++) {
		char name[2] = {'a', '\0'};
		uint32_t there = 0, can = 0;

		x = x * 6364136223846793005u + 1442695040888963407u;
		k = (int)((x >> 33) % N);
		now += (x >> 40) % (40 * S);
		name[0] = (char)('a' + k);
		heard[k] = now;
		/* some never do */
		if (k % 4 && (x >> 50) % 3 == 0)
			v1[k] = now;
		mesh_heard(&m, slice_of(name), v1[k] == now, now);
		now += (x >> 20) % (200 * S) < 30 * S ? 100 * S : 0;
		for (k = 0; k < N; k++) {
			bool is = heard[k] && now - heard[k] <= 120 * S;

			there += is;
			can += is && v1[k] && now - v1[k] <= 120 * S;
		}
		assert_int_equal(mesh_kind(&m, now),
		    there && can == there ? FAN_PB : FAN_XML);
		assert_int_equal(m.n_heard, there);
		assert_int_equal(m.n_v1, can);
		differs += there && can == there;
	}
	assert_true(differs > 100 && differs < i - 100);
	mesh_fini(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_version),
	    cmocka_unit_test(test_hostile_senders),
	    cmocka_unit_test(test_version_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
