/* db.h on PostgreSQL: what the server says, and what that means. */
#include "db_fix.h"

static void
test_states(void **state)
{
	static const struct {
		const char *state;
		int err;
	} all[] = {{"23505", EEXIST}, {"42P01", ESTALE}, {"08P01", EIO},
	    {"40001", EAGAIN}, {"40P01", EAGAIN}, {"55P03", EAGAIN},
	    {"53100", EAGAIN}, {"53200", EAGAIN}, {"57014", EAGAIN},
	    {"58030", EAGAIN}, {"25006", EAGAIN}, {"42501", EACCES},
	    {"XX001", EACCES}, {"XX002", EACCES}, {"22003", EIO},
	    {"22P05", EIO}, {"23514", EIO}, {"54000", EIO}};
	struct fix *f = *state;
	char text[128], why[DB_WHY_MAX] = "";
	struct db *d = db_open(f->uri, &no_schema, why);
	size_t i;

	if (!d)
		fail_msg("%s", why);
	for (i = 0; is_pg(f) && i < sizeof all / sizeof *all; i++) {
		assert_true(str_fmt(text, sizeof text,
				"DO $$BEGIN RAISE EXCEPTION 'no' "
				"USING ERRCODE = '%s'; END$$",
				all[i].state) > 0);
		assert_int_equal(d->engine->script(d, text), -1);
		if (errno != all[i].err)
			fail_msg("%s: %s", all[i].state, strerror(errno));
	}
	db_close(&d);
}

/* Not every letter could be stored. */
static void
test_encoding(void **state)
{
	struct fix *f = *state;
	char uri[DB_URI_MAX], why[DB_WHY_MAX] = "";

	if (!is_pg(f))
		return;
	fix_script(f, "DROP DATABASE IF EXISTS ots_latin1");
	fix_script(f,
	    "CREATE DATABASE ots_latin1 ENCODING 'LATIN1' LOCALE 'C' "
	    "TEMPLATE template0");
	assert_true(
	    str_fmt(uri, sizeof uri, "%s&dbname=ots_latin1", f->uri) > 0);
	assert_null(db_open(uri, &no_schema, why));
	assert_int_equal(errno, EACCES);
	assert_non_null(strstr(why, "LATIN1"));
	fix_script(f, "DROP DATABASE ots_latin1");
}

#define TESTS(X) X(test_states), X(test_encoding)

FIX_MAIN(TESTS)
