/* store_query_sql.h - the statements of store_query.h, for both engines:
 * X(id, text). Each finds its rows by an index, in its order (test_query looks
 * at the plans).
 *
 * Where ids are asked for: $1 < id <= $2, at most $3 of them, $4 is the key. A
 * list of keys comes with the first id of each, as an id of one may be far from
 * those of others. */
#ifndef OTS_STORE_QUERY_SQL_H
#define OTS_STORE_QUERY_SQL_H

#define QUERY_IN                                                               \
	"($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "  \
	"$16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, "    \
	"$29, $30, $31, $32)"
#define QUERY_IN_MAX 32

#define QUERY_IDS(X, name, table, where)                                       \
	X(name,                                                                \
	    "SELECT id FROM " table " WHERE " where "id > $1 AND id <= $2 "    \
	    "ORDER BY id LIMIT $3")

/* The keys are in another table, k; $5: no more than so many. */
#define QUERY_HEADS(X, name, table, key, of, keys, where)                      \
	X(name,                                                                \
	    "SELECT k." of ", (SELECT e.id FROM " table " e WHERE e." key      \
	    " = k." of " AND e.id > $1 AND e.id <= $2 ORDER BY e.id LIMIT 1) " \
	    "FROM " keys " k WHERE " where " LIMIT $5")

#define QUERY_SQL_IDS(X)                                                       \
	QUERY_IDS(X, EVENTS, "ots_events", "")                                 \
	QUERY_IDS(X, EVENTS_UID, "ots_events", "uid = $4 AND ")                \
	QUERY_IDS(X, EVENTS_TYPE, "ots_events", "type_id = $4 AND ")           \
	QUERY_IDS(X, EVENTS_CELL, "ots_events", "cell = $4 AND ")              \
	QUERY_IDS(X, EVENTS_SET, "ots_events", "group_set = $4 AND ")          \
	QUERY_IDS(X, EVENTS_USER, "ots_events", "username = $4 AND ")          \
	QUERY_IDS(X, CHATS, "ots_chats", "")                                   \
	QUERY_IDS(X, CHATS_SENDER, "ots_chats", "sender_uid = $4 AND ")        \
	QUERY_IDS(X, CHATS_SET, "ots_chats", "group_set = $4 AND ")            \
	QUERY_IDS(X, CHATS_USER, "ots_chats", "username = $4 AND ")            \
	QUERY_IDS(X, ALERTS, "ots_alerts", "")                                 \
	QUERY_IDS(X, ALERTS_UID, "ots_alerts", "uid = $4 AND ")                \
	QUERY_HEADS(X, TYPE_HEADS, "ots_events", "type_id", "id", "ots_types", \
	    "k.type >= $3 AND k.type < $4")                                    \
	QUERY_HEADS(X, CELL_HEADS, "ots_events", "cell", "cell", "ots_cells",  \
	    "k.cell >= $3 AND k.cell <= $4")                                   \
	QUERY_HEADS(X, SET_HEADS, "ots_events", "group_set", "group_set",      \
	    "ots_group_set_members",                                           \
	    "k.group_name = $3 AND k.group_set >= $4")                         \
	QUERY_HEADS(X, CHAT_SET_HEADS, "ots_chats", "group_set", "group_set",  \
	    "ots_group_set_members",                                           \
	    "k.group_name = $3 AND k.group_set >= $4")                         \
	X(SETS,                                                                \
	    "SELECT group_set FROM ots_group_set_members "                     \
	    "WHERE group_name = $1 ORDER BY group_set")                        \
	X(NEWEST, "SELECT value FROM ots_store_counters WHERE name = $1")

/* Types, groups and rooms are looked up for each row: a join would read the
 * whole of their tables. */
#define QUERY_SQL_ROWS(X)                                                      \
	X(EVENT_ROWS,                                                          \
	    "SELECT e.group_set, e.id, e.time, e.start, e.stale, e.uid, "      \
	    "(SELECT t.type FROM ots_types t WHERE t.id = e.type_id), "        \
	    "e.how, e.username, e.device, e.callsign, "                        \
	    "(SELECT g.names FROM ots_group_sets g WHERE g.id = "              \
	    "e.group_set), "                                                   \
	    "e.xml, e.lat, e.lon, e.hae, e.ce, e.le, e.cell "                  \
	    "FROM ots_events e WHERE e.id IN " QUERY_IN " ORDER BY e.id")      \
	X(CHAT_ROWS,                                                           \
	    "SELECT c.group_set, c.id, c.time, c.uid, c.room, "                \
	    "(SELECT r.name FROM ots_chatrooms r WHERE r.id = c.room), "       \
	    "c.sender_uid, c.sender_callsign, c.username, c.device, "          \
	    "(SELECT g.names FROM ots_group_sets g WHERE g.id = "              \
	    "c.group_set), "                                                   \
	    "c.text, c.message "                                               \
	    "FROM ots_chats c WHERE c.id IN " QUERY_IN " ORDER BY c.id")       \
	X(ALERT_ROWS,                                                          \
	    "SELECT a.group_set, a.id, a.started, a.last, a.cancelled, "       \
	    "a.uid, "                                                          \
	    "a.type, a.callsign, a.username, a.device, "                       \
	    "(SELECT g.names FROM ots_group_sets g WHERE g.id = "              \
	    "a.group_set), "                                                   \
	    "a.lat, a.lon "                                                    \
	    "FROM ots_alerts a WHERE a.id IN " QUERY_IN " ORDER BY a.id")

#define QUERY_DEVICE_SELECT                                                    \
	"SELECT d.group_set, d.uid, d.callsign, d.team, d.role, d.device, "    \
	"d.platform, d.os, d.version, d.phone, d.endpoint, d.username, "       \
	"d.type, d.conn, "                                                     \
	"(SELECT g.names FROM ots_group_sets g WHERE g.id = d.group_set), "    \
	"d.first_seen, d.last_seen, d.stale, "                                 \
	"d.connected_at, d.disconnected_at, d.battery, d.lat, d.lon, d.hae, "  \
	"d.speed, d.course FROM ots_devices d "

/* Tracks, by uid: from when to when in the time ($1 < id <= $2), and its newest
 * event, or what is left of it. $3: which uid, or behind which; $4: how many.
 */
#define QUERY_UID_BEHIND(uid)                                                  \
	"(SELECT p.uid FROM ots_positions p WHERE p.uid > " uid                \
	" ORDER BY p.uid LIMIT 1)"
#define QUERY_UIDS_ALL                                                         \
	QUERY_UID_BEHIND("$3")                                                 \
	" UNION ALL SELECT " QUERY_UID_BEHIND(                                 \
	    "u.uid") " FROM u WHERE u.uid IS NOT NULL"
#define QUERY_UIDS_ONE                                                         \
	"(SELECT p.uid FROM ots_positions p WHERE p.uid = $3 LIMIT 1)"
#define QUERY_SINCE                                                            \
	"(SELECT p.id FROM ots_positions p WHERE p.uid = u.uid "               \
	"AND p.id > $1 AND p.id <= $2 ORDER BY p.id LIMIT 1) AS since "
#define QUERY_UNTIL                                                            \
	"(SELECT p.id FROM ots_positions p WHERE p.uid = y.uid "               \
	"AND p.id > $1 AND p.id <= $2 ORDER BY p.id DESC LIMIT 1) AS until "
#define QUERY_NEWEST_OF                                                        \
	"(SELECT n.id FROM ots_events n WHERE n.uid = y.uid "                  \
	"ORDER BY n.id DESC LIMIT 1) AS newest "
#define QUERY_TRACKS(uids, where)                                              \
	"WITH RECURSIVE u(uid) AS (SELECT " uids ") "                          \
	"SELECT coalesce(e.group_set, l.group_set), x.uid, x.since, x.until, " \
	"(SELECT t.type FROM ots_types t "                                     \
	"WHERE t.id = coalesce(e.type_id, l.type_id)), "                       \
	"coalesce(e.callsign, l.callsign), coalesce(e.username, l.username), " \
	"(SELECT g.names FROM ots_group_sets g "                               \
	"WHERE g.id = coalesce(e.group_set, l.group_set)) "                    \
	"FROM (SELECT y.uid, y.since, " QUERY_UNTIL ", " QUERY_NEWEST_OF       \
	"FROM (SELECT u.uid, " QUERY_SINCE                                     \
	"FROM u WHERE u.uid IS NOT NULL) AS y "                                \
	"WHERE y.since IS NOT NULL " where "LIMIT $4) AS x "                   \
	"LEFT JOIN ots_events e ON e.id = x.newest "                           \
	"LEFT JOIN ots_latest l ON l.uid = x.uid AND e.id IS NULL "            \
	"ORDER BY x.uid"

/* Visits to the cells of a box: from which row's beginning to which one's end;
 * its first column, and how many are behind that, around the world. */
#define QUERY_VISITS(what, uid, since, first, last, column, more)              \
	"SELECT " what " FROM ots_visits v WHERE v.uid = " uid                 \
	" AND v.cell >= " first " AND v.cell <= " last                         \
	" AND (v.cell + 360 - " column ") % 360 <= " more " AND v.id > " since \
	" AND v.id <= $2"

#define QUERY_SQL_UIDS(X)                                                      \
	X(DEVICE, QUERY_DEVICE_SELECT "WHERE d.uid = $1")                      \
	X(DEVICES,                                                             \
	    QUERY_DEVICE_SELECT "WHERE d.uid > $1 ORDER BY d.uid LIMIT 100")   \
	X(TRACKS, QUERY_TRACKS(QUERY_UIDS_ALL, ""))                            \
	X(TRACKS_BOX, /* $5: since when visits count */                        \
	    QUERY_TRACKS(QUERY_UIDS_ALL,                                       \
		"AND EXISTS (" QUERY_VISITS(                                   \
		    "1", "y.uid", "$5", "$6", "$7", "$8", "$9") ") "))         \
	X(TRACK, QUERY_TRACKS(QUERY_UIDS_ONE, ""))                             \
	X(VISITS, QUERY_VISITS("v.id", "$3", "$1", "$4", "$5", "$6", "$7"))    \
	X(POINTS,                                                              \
	    "SELECT id, battery, lat, lon, hae, ce, speed, course "            \
	    "FROM ots_positions WHERE uid = $4 AND id > $1 AND id <= $2 "      \
	    "ORDER BY id LIMIT $3")

#define QUERY_SQL(X)                                                           \
	QUERY_SQL_IDS(X)                                                       \
	QUERY_SQL_ROWS(X)                                                      \
	QUERY_SQL_UIDS(X)

#endif
