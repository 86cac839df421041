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

/* The keys are in another table, k. */
#define QUERY_HEADS(X, name, table, key, of, keys, where)                      \
	X(name,                                                                \
	    "SELECT k." of ", (SELECT e.id FROM " table " e WHERE e." key      \
	    " = k." of " AND e.id > $1 AND e.id <= $2 ORDER BY e.id LIMIT 1) " \
	    "FROM " keys " k WHERE " where)

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
	QUERY_IDS(X, ALERTS, "ots_alerts", "")                                 \
	QUERY_IDS(X, ALERTS_UID, "ots_alerts", "uid = $4 AND ")                \
	QUERY_HEADS(X, TYPE_HEADS, "ots_events", "type_id", "id", "ots_types", \
	    "k.type >= $3 AND k.type < $4")                                    \
	QUERY_HEADS(X, CELL_HEADS, "ots_events", "cell", "cell", "ots_cells",  \
	    "k.cell >= $3 AND k.cell <= $4")                                   \
	QUERY_HEADS(X, SET_HEADS, "ots_events", "group_set", "group_set",      \
	    "ots_group_set_members", "k.group_name = $3")                      \
	QUERY_HEADS(X, CHAT_SET_HEADS, "ots_chats", "group_set", "group_set",  \
	    "ots_group_set_members", "k.group_name = $3")                      \
	X(SETS,                                                                \
	    "SELECT group_set FROM ots_group_set_members "                     \
	    "WHERE group_name = $1 ORDER BY group_set")                        \
	X(NEWEST, "SELECT value FROM ots_store_counters WHERE name = $1")

#define QUERY_SQL_ROWS(X)                                                      \
	X(EVENT_ROWS,                                                          \
	    "SELECT e.group_set, e.id, e.time, e.start, e.stale, e.uid, "      \
	    "t.type, e.how, e.username, e.device, e.callsign, g.names, "       \
	    "e.xml, "                                                          \
	    "e.lat, e.lon, e.hae, e.ce, e.le, e.cell FROM ots_events e "       \
	    "LEFT JOIN ots_types t ON t.id = e.type_id "                       \
	    "LEFT JOIN ots_group_sets g ON g.id = e.group_set "                \
	    "WHERE e.id IN " QUERY_IN " ORDER BY e.id")                        \
	X(CHAT_ROWS,                                                           \
	    "SELECT c.group_set, c.id, c.time, c.uid, c.room, r.name, "        \
	    "c.sender_uid, c.sender_callsign, d.username, c.device, g.names, " \
	    "c.text FROM ots_chats c "                                         \
	    "LEFT JOIN ots_chatrooms r ON r.id = c.room "                      \
	    "LEFT JOIN ots_devices d ON d.uid = c.device "                     \
	    "LEFT JOIN ots_group_sets g ON g.id = c.group_set "                \
	    "WHERE c.id IN " QUERY_IN " ORDER BY c.id")                        \
	X(ALERT_ROWS,                                                          \
	    "SELECT a.group_set, a.id, a.started, a.last, a.cancelled, "       \
	    "a.uid, "                                                          \
	    "a.type, a.callsign, a.username, a.device, g.names, a.lat, a.lon " \
	    "FROM ots_alerts a "                                               \
	    "LEFT JOIN ots_group_sets g ON g.id = a.group_set "                \
	    "WHERE a.id IN " QUERY_IN " ORDER BY a.id")

#define QUERY_DEVICE_SELECT                                                    \
	"SELECT d.group_set, d.uid, d.callsign, d.team, d.role, d.device, "    \
	"d.platform, d.os, d.version, d.phone, d.endpoint, d.username, "       \
	"d.type, d.conn, g.names, d.first_seen, d.last_seen, d.stale, "        \
	"d.connected_at, d.disconnected_at, d.battery, d.lat, d.lon, d.hae, "  \
	"d.speed, d.course FROM ots_devices d "                                \
	"LEFT JOIN ots_group_sets g ON g.id = d.group_set "

/* The newest event of a uid, and what is left of it when it is forgotten. */
#define QUERY_WHO(table, end)                                                  \
	"SELECT e.group_set, t.type, e.callsign, e.username, g.names "         \
	"FROM " table " e LEFT JOIN ots_types t ON t.id = e.type_id "          \
	"LEFT JOIN ots_group_sets g ON g.id = e.group_set "                    \
	"WHERE e.uid = $1" end

#define QUERY_SQL_UIDS(X)                                                      \
	X(DEVICE, QUERY_DEVICE_SELECT "WHERE d.uid = $1")                      \
	X(DEVICES,                                                             \
	    QUERY_DEVICE_SELECT "WHERE d.uid > $1 ORDER BY d.uid LIMIT 100")   \
	X(TRACK_NEXT,                                                          \
	    "SELECT uid FROM ots_positions WHERE uid > $1 "                    \
	    "ORDER BY uid LIMIT 1")                                            \
	X(TRACK_FIRST,                                                         \
	    "SELECT id FROM ots_positions WHERE uid = $3 AND id > $1 "         \
	    "AND id <= $2 ORDER BY id LIMIT 1")                                \
	X(TRACK_LAST,                                                          \
	    "SELECT id FROM ots_positions WHERE uid = $3 AND id > $1 "         \
	    "AND id <= $2 ORDER BY id DESC LIMIT 1")                           \
	X(TRACK_WHO, QUERY_WHO("ots_events", " ORDER BY e.id DESC LIMIT 1"))   \
	X(TRACK_LATEST, QUERY_WHO("ots_latest", ""))                           \
	X(POINTS,                                                              \
	    "SELECT id, battery, lat, lon, hae, ce, speed, course "            \
	    "FROM ots_positions WHERE uid = $4 AND id > $1 AND id <= $2 "      \
	    "ORDER BY id LIMIT $3")

#define QUERY_SQL(X)                                                           \
	QUERY_SQL_IDS(X)                                                       \
	QUERY_SQL_ROWS(X)                                                      \
	QUERY_SQL_UIDS(X)

#endif
