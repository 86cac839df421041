/* The schema of store.h: forward-only migrations, numbered by their place. A
 * migration that was released is never changed: a change is the next one.
 * The engines differ in the words only: ID is the key that is a number (in
 * SQLite this very spelling makes it the table's order), KEY a text that is
 * compared byte by byte, HOT a table whose rows change often.
 *
 * An event's id is the time of its arrival, made unique, and each fact has the
 * id of the event that told it: keys by id are the indexes by time, ranges of
 * ids are ranges of time, and rows are appended. Other indexes begin with what
 * a question names and end with the id, so that a reader walks them in order of
 * time. What no question asks for has no index: each costs every event. */
#include "store_db.h"

/* Of the columns of a fact. */
#define FACT                                                                   \
	" group_set bigint NOT NULL,"                                          \
	" device text,"

/* What occurs: small, so that the prefix of a type, a group or a box on the map
 * becomes a list of keys. */
#define SMALL_1(ID, KEY, HOT)                                                  \
	"CREATE TABLE ots_store_counters ("                                    \
	" name text PRIMARY KEY, value bigint NOT NULL)" HOT ";"               \
	"INSERT INTO ots_store_counters VALUES"                                \
	" ('event', 0), ('type', 0), ('group_set', 0);"                        \
	"CREATE TABLE ots_spool ("                                             \
	" name " KEY " PRIMARY KEY,"                                           \
	" segment bigint NOT NULL,"                                            \
	" off bigint NOT NULL,"                                                \
	" changed bigint NOT NULL)" HOT ";"                                    \
	"CREATE TABLE ots_types ("                                             \
	" id " ID ","                                                          \
	" type " KEY " NOT NULL UNIQUE,"                                       \
	" keep boolean NOT NULL);" /* the last event of a uid */               \
	"INSERT INTO ots_types VALUES (0, '', false);"                         \
	"CREATE TABLE ots_group_sets ("                                        \
	" id " ID ","                                                          \
	" hash bigint NOT NULL," /* of names, which may be long */             \
	" names text NOT NULL);"                                               \
	"CREATE INDEX ots_group_sets_hash ON ots_group_sets (hash);"           \
	"INSERT INTO ots_group_sets VALUES (0, 0, '');"                        \
	"CREATE TABLE ots_group_set_members ("                                 \
	" group_name " KEY " NOT NULL,"                                        \
	" group_set bigint NOT NULL,"                                          \
	" PRIMARY KEY (group_name, group_set));"                               \
	"CREATE INDEX ots_group_set_members_set"                               \
	" ON ots_group_set_members (group_set);"                               \
	"CREATE TABLE ots_cells (cell " ID ");" /* store_cell */

#define EVENT_COLUMNS                                                          \
	" type_id bigint NOT NULL,"                                            \
	" how text NOT NULL,"                                                  \
	" time bigint NOT NULL,"                                               \
	" start bigint NOT NULL,"                                              \
	" stale bigint NOT NULL,"                                              \
	" lat double precision NOT NULL,"                                      \
	" lon double precision NOT NULL,"                                      \
	" hae double precision NOT NULL,"                                      \
	" ce double precision NOT NULL,"                                       \
	" le double precision NOT NULL,"                                       \
	" device text,"                                                        \
	" callsign text,"                                                      \
	" group_set bigint NOT NULL,"                                          \
	" xml text NOT NULL"

#define EVENTS_1(ID, KEY, HOT)                                                 \
	"CREATE TABLE ots_events ("                                            \
	" id " ID ","                                                          \
	" uid " KEY " NOT NULL,"                                               \
	" username " KEY ","                                                   \
	" cell bigint," /* null: no place */                                   \
	    EVENT_COLUMNS ");"                                                 \
	"CREATE INDEX ots_events_uid ON ots_events (uid, id);"                 \
	"CREATE INDEX ots_events_type ON ots_events (type_id, id);"            \
	"CREATE INDEX ots_events_group_set ON ots_events (group_set, id);"     \
	"CREATE INDEX ots_events_username ON ots_events (username, id)"        \
	" WHERE username IS NOT NULL;"                                         \
	"CREATE INDEX ots_events_cell ON ots_events (cell, id)"                \
	" WHERE cell IS NOT NULL;" /* The last event of a uid of which         \
				      ots_events has none left. */             \
	"CREATE TABLE ots_latest ("                                            \
	" uid " KEY " PRIMARY KEY,"                                            \
	" id bigint NOT NULL,"                                                 \
	" username text," EVENT_COLUMNS ");"                                   \
	"CREATE INDEX ots_latest_id ON ots_latest (id);"

/* A visit: with this event a uid came to a cell, or it was its first one there
 * for a day. So a box on the map becomes some days of some uids
 * (store_visit.c).
 */
#define TRACKS_1(ID, KEY, HOT)                                                 \
	"CREATE TABLE ots_positions ("                                         \
	" id " ID ","                                                          \
	" uid " KEY " NOT NULL,"                                               \
	" lat double precision NOT NULL,"                                      \
	" lon double precision NOT NULL,"                                      \
	" hae double precision NOT NULL,"                                      \
	" ce double precision NOT NULL,"                                       \
	" speed double precision,"                                             \
	" course double precision,"                                            \
	" battery bigint);"                                                    \
	"CREATE INDEX ots_positions_uid ON ots_positions (uid, id);"           \
	"CREATE TABLE ots_visits ("                                            \
	" id " ID ","                                                          \
	" uid " KEY " NOT NULL,"                                               \
	" cell bigint NOT NULL);"                                              \
	"CREATE INDEX ots_visits_uid ON ots_visits (uid, cell, id);"

/* No index may have a column that changes with each position, or PostgreSQL
 * writes to all of them each time. */
#define DEVICES_1(ID, KEY, HOT)                                                \
	"CREATE TABLE ots_devices ("                                           \
	" uid " KEY " PRIMARY KEY,"                                            \
	" callsign " KEY ","                                                   \
	" team text,"                                                          \
	" role text,"                                                          \
	" device text,"                                                        \
	" platform text,"                                                      \
	" os text,"                                                            \
	" version text,"                                                       \
	" phone text,"                                                         \
	" endpoint text,"                                                      \
	" username text,"                                                      \
	" type text,"                                                          \
	" first_seen bigint NOT NULL,"                                         \
	" last_seen bigint NOT NULL," /* Its newest place, with the groups     \
					 that it was sent into. */             \
	" last_event bigint,"                                                  \
	" group_set bigint,"                                                   \
	" stale bigint,"                                                       \
	" lat double precision,"                                               \
	" lon double precision,"                                               \
	" hae double precision,"                                               \
	" speed double precision,"                                             \
	" course double precision,"                                            \
	" battery bigint,"                                                     \
	" conn " KEY "," /* '' and null: away */                               \
	" connected_at bigint,"                                                \
	" disconnected_at bigint," /* The event by which it is on the others'  \
				      maps; 0 and null: not. */                \
	" shown bigint)" HOT ";"                                               \
	"CREATE INDEX ots_devices_callsign ON ots_devices (callsign, uid);"    \
	"CREATE INDEX ots_devices_conn ON ots_devices (conn)"                  \
	" WHERE conn <> '';"                                                   \
	"CREATE TABLE ots_connections ("                                       \
	" conn " KEY " PRIMARY KEY,"                                           \
	" username text,"                                                      \
	" serial text,"                                                        \
	" via text,"                                                           \
	" peer text,"                                                          \
	" opened bigint,"                                                      \
	" closed bigint,"                                                      \
	" why text,"                                                           \
	" device text,"                                                        \
	" incognito bigint,"                                                   \
	" own_groups text)" HOT ";" /* named by its open */                    \
	"CREATE INDEX ots_connections_open ON ots_connections (conn)"          \
	" WHERE closed IS NULL;"                                               \
	"CREATE INDEX ots_connections_closed ON ots_connections (closed)"      \
	" WHERE closed IS NOT NULL;"

#define CHATS_1(ID, KEY, HOT)                                                  \
	"CREATE TABLE ots_chatrooms ("                                         \
	" id " KEY " PRIMARY KEY,"                                             \
	" name text,"                                                          \
	" parent text,"                                                        \
	" owner text)" HOT ";"                                                 \
	"CREATE TABLE ots_chat_members ("                                      \
	" room " KEY " NOT NULL,"                                              \
	" uid " KEY " NOT NULL,"                                               \
	" PRIMARY KEY (room, uid));"                                           \
	"CREATE TABLE ots_chats ("                                             \
	" id " ID "," FACT " uid " KEY " NOT NULL,"                            \
	" room " KEY ","                                                       \
	" sender_uid " KEY ","                                                 \
	" sender_callsign text,"                                               \
	" username " KEY ","                                                   \
	" text text,"                                                          \
	" time bigint NOT NULL,"                                               \
	" message " KEY " NOT NULL);" /* its id; of all events of a chat */    \
	"CREATE INDEX ots_chats_uid ON ots_chats (uid);"                       \
	"CREATE INDEX ots_chats_message ON ots_chats (message);"               \
	"CREATE INDEX ots_chats_room ON ots_chats (room, id);"                 \
	"CREATE INDEX ots_chats_sender ON ots_chats (sender_uid, id);"         \
	"CREATE INDEX ots_chats_group_set ON ots_chats (group_set, id);"       \
	"CREATE INDEX ots_chats_username ON ots_chats (username, id)"          \
	" WHERE username IS NOT NULL;"                                         \
	"CREATE TABLE ots_receipts ("                                          \
	" id " ID "," FACT " chat " KEY " NOT NULL," /* ots_chats.message */   \
	" kind text NOT NULL,"                                                 \
	" who text);"                                                          \
	"CREATE INDEX ots_receipts_chat ON ots_receipts (chat);"

#define FACTS_1(ID, KEY, HOT)                                                  \
	"CREATE TABLE ots_items ("                                             \
	" id bigint NOT NULL," FACT " uid " KEY " PRIMARY KEY,"                \
	" kind text NOT NULL,"                                                 \
	" type text NOT NULL,"                                                 \
	" callsign text,"                                                      \
	" lat double precision NOT NULL,"                                      \
	" lon double precision NOT NULL,"                                      \
	" remarks text,"                                                       \
	" color text,"                                                         \
	" iconset text,"                                                       \
	" parent text,"                                                        \
	" deleted bigint NOT NULL);" /* id of the event that did it, or 0 */   \
	"CREATE INDEX ots_items_id ON ots_items (id);"                         \
	"CREATE INDEX ots_items_kind ON ots_items (kind, id);"                 \
	"CREATE TABLE ots_alerts ("                                            \
	" id " ID "," FACT " uid " KEY " NOT NULL,"                            \
	" username text NOT NULL,"                                             \
	" type text NOT NULL,"                                                 \
	" callsign text,"                                                      \
	" started bigint NOT NULL,"                                            \
	" last bigint NOT NULL," /* when it was told last */                   \
	" lat double precision NOT NULL,"                                      \
	" lon double precision NOT NULL,"                                      \
	" cancelled bigint NOT NULL);" /* when, or 0 */                        \
	"CREATE INDEX ots_alerts_uid ON ots_alerts (uid, id);"                 \
	"CREATE TABLE ots_casevacs ("                                          \
	" id bigint NOT NULL," FACT " uid " KEY " PRIMARY KEY,"                \
	" callsign text,"                                                      \
	" lat double precision NOT NULL,"                                      \
	" lon double precision NOT NULL,"                                      \
	" title text,"                                                         \
	" facts text);" /* JSON */                                             \
	"CREATE INDEX ots_casevacs_id ON ots_casevacs (id);"                   \
	"CREATE TABLE ots_videos ("                                            \
	" id bigint NOT NULL," FACT " uid " KEY " PRIMARY KEY,"                \
	" title text,"                                                         \
	" facts text);"                                                        \
	"CREATE INDEX ots_videos_id ON ots_videos (id);"                       \
	"CREATE TABLE ots_fileshares ("                                        \
	" id " ID "," FACT " uid text NOT NULL,"                               \
	" title text,"                                                         \
	" facts text);"                                                        \
	"CREATE TABLE ots_stats ("                                             \
	" id " ID ","                                                          \
	" group_set bigint NOT NULL,"                                          \
	" device " KEY ","                                                     \
	" facts text);"                                                        \
	"CREATE INDEX ots_stats_device ON ots_stats (device, id);"             \
	"CREATE TABLE ots_deletions ("                                         \
	" id bigint NOT NULL," FACT " uid " KEY " NOT NULL,"                   \
	" PRIMARY KEY (id, uid));"                                             \
	"CREATE INDEX ots_deletions_uid ON ots_deletions (uid);"

/* A letter has all that its delivery needs: the event may be forgotten before
 * it. state: 0 pending, 1 sent to the connection conn, 2 delivered. username:
 * whose device the receiver was, '' nobody's. */
#define MAIL_1(ID, KEY, HOT)                                                   \
	"CREATE TABLE ots_letters ("                                           \
	" id " ID "," FACT " uid text NOT NULL,"                               \
	" username text,"                                                      \
	" expires bigint NOT NULL,"                                            \
	" xml text NOT NULL);"                                                 \
	"CREATE INDEX ots_letters_expires ON ots_letters (expires);"           \
	"CREATE TABLE ots_mail ("                                              \
	" id bigint NOT NULL,"                                                 \
	" receiver " KEY " NOT NULL,"                                          \
	" username text NOT NULL,"                                             \
	" receipt " KEY " NOT NULL,"                                           \
	" state bigint NOT NULL DEFAULT 0,"                                    \
	" tries bigint NOT NULL DEFAULT 0,"                                    \
	" sent bigint NOT NULL DEFAULT 0,"                                     \
	" conn text NOT NULL DEFAULT '',"                                      \
	" expires bigint NOT NULL,"                                            \
	" PRIMARY KEY (id, receiver));"                                        \
	"CREATE INDEX ots_mail_waiting ON ots_mail (receiver, id)"             \
	" WHERE state < 2;"                                                    \
	"CREATE INDEX ots_mail_receipt ON ots_mail (receipt, receiver);"       \
	"CREATE INDEX ots_mail_expires ON ots_mail (expires);"

#define VERSION_1(ID, KEY, HOT)                                                \
	SMALL_1(ID, KEY, HOT)                                                  \
	EVENTS_1(ID, KEY, HOT)                                                 \
	TRACKS_1(ID, KEY, HOT)                                                 \
	DEVICES_1(ID, KEY, HOT)                                                \
	CHATS_1(ID, KEY, HOT)                                                  \
	FACTS_1(ID, KEY, HOT)                                                  \
	MAIL_1(ID, KEY, HOT)

static const char sqlite_1[] = VERSION_1("integer PRIMARY KEY", "text", "");

/* Large tables are tidied after a small part of them has changed. */
static const char pg_1[] = VERSION_1("bigint PRIMARY KEY", "text COLLATE \"C\"",
    " WITH (fillfactor = 60)") "ALTER TABLE ots_events SET "
			       "(autovacuum_vacuum_scale_factor = 0.02,"
			       " autovacuum_vacuum_insert_scale_factor = 0.1);"
			       "ALTER TABLE ots_positions SET "
			       "(autovacuum_vacuum_scale_factor = 0.02,"
			       " autovacuum_vacuum_insert_scale_factor = 0.1);";

static const struct db_migration migrations[] = {
    {sqlite_1, pg_1},
};

static const char *const sql[] = {
#define X(id, text) [STORE_SQL_##id] = (text),
    STORE_SQL(X)
#undef X
};

const struct db_schema store_schema = {
    "store",
    migrations,
    sizeof migrations / sizeof *migrations,
    sql,
    STORE_SQL_COUNT,
};
