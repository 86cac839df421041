/* The schema of accounts.h: forward-only migrations, numbered by their place,
 * in the dialect of each engine. A migration that was released is never
 * changed: a change is the next one. Names begin with ots_, because the
 * database may be one that others use, too. */
#include "accounts_db.h"

/* Names are compared byte by byte in both engines. */
static const char sqlite_1[] =
    "CREATE TABLE ots_counters ("
    " name text PRIMARY KEY, value bigint NOT NULL);"
    "INSERT INTO ots_counters VALUES"
    " ('revision', 1), ('bitpos', 3), ('users', 0);"

    "CREATE TABLE ots_users ("
    " id bigint PRIMARY KEY,"
    " name text NOT NULL UNIQUE,"
    " folded text NOT NULL UNIQUE," /* the name in lower case */
    " hash text,"
    " admin boolean NOT NULL,"
    " disabled boolean NOT NULL,"
    " created bigint NOT NULL,"
    " changed_by text NOT NULL," /* device that changed its groups last */
    " changed_rev bigint NOT NULL);"

    "CREATE TABLE ots_groups ("
    " id bigint PRIMARY KEY,"
    " name text NOT NULL UNIQUE,"
    " description text NOT NULL,"
    " bitpos bigint NOT NULL UNIQUE,"
    " created bigint NOT NULL);"
    "INSERT INTO ots_groups VALUES (1, '__ANON__', '', 2,"
    " CAST(strftime('%s', 'now') AS bigint) * 1000000);"

    "CREATE TABLE ots_members ("
    " user_id bigint NOT NULL REFERENCES ots_users ON DELETE CASCADE,"
    " group_id bigint NOT NULL REFERENCES ots_groups ON DELETE CASCADE,"
    " direction bigint NOT NULL CHECK (direction IN (1, 2)),"
    " PRIMARY KEY (user_id, group_id, direction));"
    "CREATE INDEX ots_members_group ON ots_members (group_id);"

    "CREATE TABLE ots_choices ("
    " user_id bigint NOT NULL REFERENCES ots_users ON DELETE CASCADE,"
    " device text NOT NULL,"
    " group_id bigint NOT NULL REFERENCES ots_groups ON DELETE CASCADE,"
    " direction bigint NOT NULL CHECK (direction IN (1, 2)),"
    " active boolean NOT NULL,"
    " chosen_by text NOT NULL,"
    " rev bigint NOT NULL,"
    " PRIMARY KEY (user_id, device, group_id, direction));"
    "CREATE INDEX ots_choices_group ON ots_choices (group_id);"

    "CREATE TABLE ots_certificates ("
    " sha256 text PRIMARY KEY,"
    " serial text NOT NULL,"
    " kind text NOT NULL,"
    " name text NOT NULL,"
    " uid text NOT NULL,"
    " issued bigint NOT NULL,"
    " not_before bigint NOT NULL,"
    " not_after bigint NOT NULL,"
    " revoked bigint NOT NULL);"
    "CREATE INDEX ots_certificates_name ON ots_certificates (name);";

static const char pg_1[] =
    "CREATE TABLE ots_counters ("
    " name text PRIMARY KEY, value bigint NOT NULL);"
    "INSERT INTO ots_counters VALUES"
    " ('revision', 1), ('bitpos', 3), ('users', 0);"

    "CREATE TABLE ots_users ("
    " id bigint PRIMARY KEY,"
    " name text COLLATE \"C\" NOT NULL UNIQUE,"
    " folded text COLLATE \"C\" NOT NULL UNIQUE,"
    " hash text,"
    " admin boolean NOT NULL,"
    " disabled boolean NOT NULL,"
    " created bigint NOT NULL,"
    " changed_by text NOT NULL,"
    " changed_rev bigint NOT NULL);"

    "CREATE TABLE ots_groups ("
    " id bigint PRIMARY KEY,"
    " name text COLLATE \"C\" NOT NULL UNIQUE,"
    " description text NOT NULL,"
    " bitpos bigint NOT NULL UNIQUE,"
    " created bigint NOT NULL);"
    "INSERT INTO ots_groups VALUES (1, '__ANON__', '', 2,"
    " CAST(extract(epoch FROM now()) AS bigint) * 1000000);"

    "CREATE TABLE ots_members ("
    " user_id bigint NOT NULL REFERENCES ots_users ON DELETE CASCADE,"
    " group_id bigint NOT NULL REFERENCES ots_groups ON DELETE CASCADE,"
    " direction bigint NOT NULL CHECK (direction IN (1, 2)),"
    " PRIMARY KEY (user_id, group_id, direction));"
    "CREATE INDEX ots_members_group ON ots_members (group_id);"

    "CREATE TABLE ots_choices ("
    " user_id bigint NOT NULL REFERENCES ots_users ON DELETE CASCADE,"
    " device text COLLATE \"C\" NOT NULL,"
    " group_id bigint NOT NULL REFERENCES ots_groups ON DELETE CASCADE,"
    " direction bigint NOT NULL CHECK (direction IN (1, 2)),"
    " active boolean NOT NULL,"
    " chosen_by text NOT NULL,"
    " rev bigint NOT NULL,"
    " PRIMARY KEY (user_id, device, group_id, direction));"
    "CREATE INDEX ots_choices_group ON ots_choices (group_id);"

    "CREATE TABLE ots_certificates ("
    " sha256 text COLLATE \"C\" PRIMARY KEY,"
    " serial text NOT NULL,"
    " kind text NOT NULL,"
    " name text COLLATE \"C\" NOT NULL,"
    " uid text NOT NULL,"
    " issued bigint NOT NULL,"
    " not_before bigint NOT NULL,"
    " not_after bigint NOT NULL,"
    " revoked bigint NOT NULL);"
    "CREATE INDEX ots_certificates_name ON ots_certificates (name);";

static const struct db_migration migrations[] = {
    {sqlite_1, pg_1},
};

static const char *const sql[] = {
#define X(id, text) [SQL_##id] = (text),
    ACCOUNTS_SQL(X)
#undef X
};

const struct db_schema accounts_schema = {
    "accounts",
    migrations,
    sizeof migrations / sizeof *migrations,
    sql,
    SQL_COUNT,
};
