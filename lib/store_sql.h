/* store_sql.h - the statements of store.h, for both engines: X(id, text).
 * Parameters are $1, $2 ...; nothing that only one engine knows
 * (test_statements prepares each on both). An INSERT that ends with its
 * parameters in order is a COPY on PostgreSQL (db.h). Of what belongs to an
 * event, $1 is its id and $2 its group set. */
#ifndef OTS_STORE_SQL_H
#define OTS_STORE_SQL_H

/* In an upsert, coalesce(excluded.x, table.x): what is not known this time
 * stays as it was. */

#define STORE_EVENT_COLUMNS                                                    \
	"type_id, how, time, start, stale, lat, lon, hae, ce, le, "            \
	"username, device, callsign, group_set, xml"

#define STORE_SQL_PROGRESS(X)                                                  \
	X(PLACE, "SELECT segment, off FROM ots_spool WHERE name = $1")         \
	X(PLACE_ADD,                                                           \
	    "INSERT INTO ots_spool (name, segment, off, changed) "             \
	    "VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING")           \
	X(PLACE_MOVE,                                                          \
	    "UPDATE ots_spool SET segment = $2, off = $3, changed = $4 "       \
	    "WHERE name = $1 AND segment = $5 AND off = $6")                   \
	X(COUNTER, "SELECT value FROM ots_store_counters WHERE name = $1")     \
	X(COUNTER_MOVE,                                                        \
	    "UPDATE ots_store_counters SET value = $2 "                        \
	    "WHERE name = $1 AND value = $3")                                  \
	X(COUNTER_NEXT,                                                        \
	    "UPDATE ots_store_counters SET value = value + 1 "                 \
	    "WHERE name = $1 RETURNING value")                                 \
	X(TYPES, "SELECT id, type FROM ots_types ORDER BY id")                 \
	X(TYPE, "SELECT id FROM ots_types WHERE type = $1")                    \
	X(TYPE_ADD,                                                            \
	    "INSERT INTO ots_types (id, type, keep) VALUES ($1, $2, $3)")      \
	X(SET, "SELECT id FROM ots_group_sets WHERE hash = $1 AND names = $2") \
	X(SET_ADD,                                                             \
	    "INSERT INTO ots_group_sets (id, hash, names) "                    \
	    "VALUES ($1, $2, $3)")                                             \
	X(SET_MEMBER_ADD,                                                      \
	    "INSERT INTO ots_group_set_members (group_name, group_set) "       \
	    "VALUES ($1, $2) ON CONFLICT (group_name, group_set) DO NOTHING")  \
	X(CELL_ADD,                                                            \
	    "INSERT INTO ots_cells (cell) VALUES ($1) "                        \
	    "ON CONFLICT (cell) DO NOTHING")

#define STORE_SQL_EVENTS(X)                                                    \
	X(EVENT_ADD,                                                           \
	    "INSERT INTO ots_events (id, uid, cell, " STORE_EVENT_COLUMNS ") " \
	    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, " \
	    "$14, $15, $16, $17, $18)")                                        \
	X(POSITION_ADD,                                                        \
	    "INSERT INTO ots_positions (id, uid, lat, lon, hae, ce, speed, "   \
	    "course, battery) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")    \
	X(VISIT_ADD,                                                           \
	    "INSERT INTO ots_visits (id, uid, cell) VALUES ($1, $2, $3)")      \
	X(DEVICE_PUT,                                                          \
	    "INSERT INTO ots_devices (last_event, group_set, uid, callsign, "  \
	    "team, role, device, platform, os, version, phone, endpoint, "     \
	    "username, type, first_seen, last_seen, stale, lat, lon, hae, "    \
	    "speed, course, battery, connected_at, conn, disconnected_at, "    \
	    "shown) "                                                          \
	    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, " \
	    "$14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, "     \
	    "$26, $27) ON CONFLICT (uid) DO UPDATE SET last_event = "          \
	    "coalesce(excluded.last_event, ots_devices.last_event), "          \
	    "group_set = coalesce(excluded.group_set, "                        \
	    "ots_devices.group_set), callsign = coalesce(excluded.callsign, "  \
	    "ots_devices.callsign), team = coalesce(excluded.team, "           \
	    "ots_devices.team), role = coalesce(excluded.role, "               \
	    "ots_devices.role), device = coalesce(excluded.device, "           \
	    "ots_devices.device), platform = coalesce(excluded.platform, "     \
	    "ots_devices.platform), os = coalesce(excluded.os, "               \
	    "ots_devices.os), version = coalesce(excluded.version, "           \
	    "ots_devices.version), phone = coalesce(excluded.phone, "          \
	    "ots_devices.phone), endpoint = coalesce(excluded.endpoint, "      \
	    "ots_devices.endpoint), username = CASE WHEN excluded.type IS "    \
	    "NULL THEN ots_devices.username ELSE excluded.username END, "      \
	    "type = coalesce(excluded.type, "                                  \
	    "ots_devices.type), last_seen = excluded.last_seen, stale = "      \
	    "coalesce(excluded.stale, ots_devices.stale), lat = "              \
	    "coalesce(excluded.lat, ots_devices.lat), lon = "                  \
	    "coalesce(excluded.lon, ots_devices.lon), hae = "                  \
	    "coalesce(excluded.hae, ots_devices.hae), speed = "                \
	    "coalesce(excluded.speed, ots_devices.speed), course = "           \
	    "coalesce(excluded.course, ots_devices.course), battery = "        \
	    "coalesce(excluded.battery, ots_devices.battery), connected_at = " \
	    "CASE WHEN excluded.conn = ots_devices.conn THEN "                 \
	    "ots_devices.connected_at ELSE coalesce(excluded.connected_at, "   \
	    "ots_devices.connected_at) END, conn = coalesce(excluded.conn, "   \
	    "ots_devices.conn), disconnected_at = "                            \
	    "coalesce(excluded.disconnected_at, "                              \
	    "ots_devices.disconnected_at), shown = coalesce(excluded.shown, "  \
	    "CASE WHEN excluded.conn = ots_devices.conn OR excluded.conn IS "  \
	    "NULL THEN ots_devices.shown ELSE 0 END)")                         \
	X(DEVICE_MOVE, /* what else there is to say stands there */            \
	    "INSERT INTO ots_devices (last_event, group_set, uid, "            \
	    "first_seen, last_seen, stale, lat, lon, hae, speed, course, "     \
	    "battery, shown) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, "     \
	    "$10, $11, $12, $13) ON CONFLICT (uid) DO UPDATE SET last_event "  \
	    "= coalesce(excluded.last_event, ots_devices.last_event), "        \
	    "group_set = coalesce(excluded.group_set, "                        \
	    "ots_devices.group_set), last_seen = excluded.last_seen, stale = " \
	    "coalesce(excluded.stale, ots_devices.stale), lat = "              \
	    "coalesce(excluded.lat, ots_devices.lat), lon = "                  \
	    "coalesce(excluded.lon, ots_devices.lon), hae = "                  \
	    "coalesce(excluded.hae, ots_devices.hae), speed = "                \
	    "coalesce(excluded.speed, ots_devices.speed), course = "           \
	    "coalesce(excluded.course, ots_devices.course), battery = "        \
	    "coalesce(excluded.battery, ots_devices.battery), shown = "        \
	    "coalesce(excluded.shown, ots_devices.shown)")                     \
	X(DEVICE_AWAY,                                                         \
	    "UPDATE ots_devices SET conn = '', disconnected_at = $2, "         \
	    "shown = 0 WHERE conn <> '' AND conn = $1")                        \
	X(DEVICES_HIDDEN,                                                      \
	    "UPDATE ots_devices SET shown = 0 "                                \
	    "WHERE conn <> '' AND conn = $1")                                  \
	X(DEVICE_LEFT,                                                         \
	    "UPDATE ots_devices SET shown = 0 WHERE uid = $2 AND conn = $1")   \
	X(DEVICES_AWAY, /* who was shown is to be shown again */               \
	    "UPDATE ots_devices SET conn = '', disconnected_at = $3, "         \
	    "shown = CASE WHEN EXISTS (SELECT 1 FROM ots_connections c "       \
	    "WHERE c.conn = ots_devices.conn AND c.incognito > 0) THEN 0 "     \
	    "ELSE shown END WHERE conn <> '' AND conn > $1 AND conn < $2 "     \
	    "AND last_seen < $3")                                              \
	X(CONN_PUT,                                                            \
	    "INSERT INTO ots_connections (conn, username, serial, via, peer, " \
	    "opened, closed, why, device, incognito, own_groups) "             \
	    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON "        \
	    "CONFLICT (conn) DO UPDATE SET username = "                        \
	    "coalesce(excluded.username, ots_connections.username), serial = " \
	    "coalesce(excluded.serial, ots_connections.serial), via = "        \
	    "coalesce(excluded.via, ots_connections.via), peer = "             \
	    "coalesce(excluded.peer, ots_connections.peer), opened = "         \
	    "coalesce(ots_connections.opened, excluded.opened), closed = "     \
	    "coalesce(ots_connections.closed, excluded.closed), why = "        \
	    "coalesce(ots_connections.why, excluded.why), device = "           \
	    "coalesce(excluded.device, ots_connections.device), incognito = "  \
	    "coalesce(excluded.incognito, ots_connections.incognito), "        \
	    "own_groups = "                                                    \
	    "coalesce(excluded.own_groups, ots_connections.own_groups)")       \
	X(CONNS_GONE,                                                          \
	    "UPDATE ots_connections SET closed = $3, why = 'restart' "         \
	    "WHERE closed IS NULL AND conn > $1 AND conn < $2 "                \
	    "AND coalesce(opened, 0) < $3")

#define STORE_SQL_FACTS(X)                                                     \
	X(ROOM_PUT,                                                            \
	    "INSERT INTO ots_chatrooms (id, name, parent, owner) VALUES ($1, " \
	    "$2, $3, $4) ON CONFLICT (id) DO UPDATE SET name = "               \
	    "coalesce(excluded.name, ots_chatrooms.name), parent = "           \
	    "coalesce(excluded.parent, ots_chatrooms.parent), owner = "        \
	    "coalesce(excluded.owner, ots_chatrooms.owner)")                   \
	X(MEMBER_ADD,                                                          \
	    "INSERT INTO ots_chat_members (room, uid) VALUES ($1, $2) "        \
	    "ON CONFLICT (room, uid) DO NOTHING")                              \
	X(CHAT_ADD,                                                            \
	    "INSERT INTO ots_chats (id, group_set, device, uid, room, "        \
	    "sender_uid, sender_callsign, text, time, message, username) "     \
	    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)")           \
	X(RECEIPT_ADD,                                                         \
	    "INSERT INTO ots_receipts (id, group_set, device, chat, kind, "    \
	    "who) VALUES ($1, $2, $3, $4, $5, $6)")                            \
	X(ITEM_PUT,                                                            \
	    "INSERT INTO ots_items (id, group_set, deleted, device, uid, "     \
	    "kind, type, callsign, lat, lon, remarks, color, iconset, "        \
	    "parent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "   \
	    "$12, $13, $14) ON CONFLICT (uid) DO UPDATE SET "                  \
	    "id = excluded.id, group_set = excluded.group_set, "               \
	    "deleted = excluded.deleted, device = excluded.device, "           \
	    "kind = excluded.kind, type = excluded.type, "                     \
	    "callsign = excluded.callsign, lat = excluded.lat, "               \
	    "lon = excluded.lon, remarks = excluded.remarks, "                 \
	    "color = excluded.color, iconset = excluded.iconset, "             \
	    "parent = excluded.parent")                                        \
	X(ITEM_DELETED, /* by one who shares a group with it */                \
	    "UPDATE ots_items SET deleted = $1 WHERE uid = $3 "                \
	    "AND (group_set = $2 OR EXISTS ("                                  \
	    "SELECT 1 FROM ots_group_set_members a "                           \
	    "JOIN ots_group_set_members b ON b.group_name = a.group_name "     \
	    "WHERE a.group_set = ots_items.group_set AND b.group_set = $2))")  \
	X(DELETION_ADD,                                                        \
	    "INSERT INTO ots_deletions (id, group_set, device, uid) "          \
	    "VALUES ($1, $2, $3, $4)")                                         \
	X(ALERT_AGAIN,                                                         \
	    "UPDATE ots_alerts SET last = $3, lat = $4, lon = $5 "             \
	    "WHERE uid = $1 AND username = $2 AND cancelled = 0")              \
	X(ALERT_ADD,                                                           \
	    "INSERT INTO ots_alerts (id, group_set, device, uid, username, "   \
	    "type, callsign, started, last, lat, lon, cancelled) "             \
	    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)")        \
	X(ALERT_CANCEL,                                                        \
	    "UPDATE ots_alerts SET cancelled = $3 "                            \
	    "WHERE uid = $1 AND username = $2 AND cancelled = 0")              \
	X(CASEVAC_PUT,                                                         \
	    "INSERT INTO ots_casevacs (id, group_set, device, uid, callsign, " \
	    "lat, lon, title, facts) "                                         \
	    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "                     \
	    "ON CONFLICT (uid) DO UPDATE SET id = excluded.id, "               \
	    "group_set = excluded.group_set, device = excluded.device, "       \
	    "callsign = excluded.callsign, lat = excluded.lat, "               \
	    "lon = excluded.lon, title = excluded.title, "                     \
	    "facts = excluded.facts")                                          \
	X(VIDEO_PUT,                                                           \
	    "INSERT INTO ots_videos (id, group_set, device, uid, title, "      \
	    "facts) VALUES ($1, $2, $3, $4, $5, $6) "                          \
	    "ON CONFLICT (uid) DO UPDATE SET id = excluded.id, "               \
	    "group_set = excluded.group_set, device = excluded.device, "       \
	    "title = excluded.title, facts = excluded.facts")                  \
	X(SHARE_ADD,                                                           \
	    "INSERT INTO ots_fileshares (id, group_set, device, uid, title, "  \
	    "facts) VALUES ($1, $2, $3, $4, $5, $6)")                          \
	X(STATS_ADD,                                                           \
	    "INSERT INTO ots_stats (id, group_set, device, facts) "            \
	    "VALUES ($1, $2, $3, $4)")

#define STORE_SQL_MAIL(X)                                                      \
	X(LETTER_ADD,                                                          \
	    "INSERT INTO ots_letters (id, group_set, device, uid, username, "  \
	    "expires, xml) VALUES ($1, $2, $3, $4, $5, $6, $7)")               \
	X(MAIL_ADD,                                                            \
	    "INSERT INTO ots_mail (id, receiver, username, receipt, expires) " \
	    "VALUES ($1, $2, $3, $4, $5) "                                     \
	    "ON CONFLICT (id, receiver) DO NOTHING")                           \
	X(MAIL_SENT,                                                           \
	    "UPDATE ots_mail SET state = 1, tries = tries + 1, sent = $3, "    \
	    "conn = $4 WHERE receipt = $1 AND receiver = $2 AND state < 2")    \
	X(MAIL_DELIVERED,                                                      \
	    "UPDATE ots_mail SET state = 2, sent = $3 "                        \
	    "WHERE receipt = $1 AND receiver = $2 AND state < 2 "              \
	    "AND username = $4")                                               \
	X(MAIL,                                                                \
	    "SELECT m.id, m.expires, m.tries, m.receipt, l.uid, l.device, "    \
	    "l.username, g.names, l.xml FROM ots_mail m "                      \
	    "JOIN ots_letters l ON l.id = m.id "                               \
	    "LEFT JOIN ots_group_sets g ON g.id = l.group_set "                \
	    "WHERE m.receiver = $1 AND m.username = $2 AND m.state < 2 "       \
	    "AND m.id > $8 AND m.id <= $3 AND m.expires > $4 "                 \
	    "AND (m.state = 0 OR "                                             \
	    "(m.conn <> $6 AND (m.sent < $5 OR NOT EXISTS ("                   \
	    "SELECT 1 FROM ots_connections c "                                 \
	    "WHERE c.conn = m.conn AND c.closed IS NULL)))) "                  \
	    "ORDER BY m.id LIMIT $7")                                          \
	X(MAIL_COUNT,                                                          \
	    "SELECT count(*) FROM ots_mail WHERE receiver = $1 "               \
	    "AND username = $2 AND state < 2 AND expires > $3")                \
	X(MAIL_RECEIVERS,                                                      \
	    "SELECT receiver, username FROM ots_mail "                         \
	    "WHERE receipt = $1 AND state < 2 ORDER BY receiver")

#define STORE_DEVICE_SELECT                                                    \
	"SELECT d.uid, d.callsign, d.username, d.conn, d.last_seen, "          \
	"d.connected_at FROM ots_devices d "

#define STORE_SQL_READ(X)                                                      \
	X(DEVICE, STORE_DEVICE_SELECT "WHERE d.uid = $1")                      \
	X(DEVICES_NAMED,                                                       \
	    STORE_DEVICE_SELECT "WHERE d.callsign = $1 ORDER BY d.uid "        \
				"LIMIT 1000")                                  \
	X(DEVICES,                                                             \
	    STORE_DEVICE_SELECT "WHERE d.uid > $1 AND d.last_seen >= $2 "      \
				"ORDER BY d.uid LIMIT 500")                    \
	X(CONNS_OPEN,                                                          \
	    "SELECT conn, username, device, incognito, own_groups "            \
	    "FROM ots_connections "                                            \
	    "WHERE closed IS NULL AND conn > $1 ORDER BY conn LIMIT 500")      \
	X(DEVICES_LATEST,                                                      \
	    "SELECT d.uid, d.shown, coalesce(e.stale, l.stale), "              \
	    "coalesce(e.username, l.username), g.names, "                      \
	    "coalesce(e.xml, l.xml) "                                          \
	    "FROM ots_devices d "                                              \
	    "LEFT JOIN ots_events e ON e.id = d.shown "                        \
	    "LEFT JOIN ots_latest l ON l.uid = d.uid AND l.id = d.shown "      \
	    "LEFT JOIN ots_group_sets g "                                      \
	    "ON g.id = coalesce(e.group_set, l.group_set) "                    \
	    "WHERE d.uid > $1 AND d.shown > 0 AND coalesce(d.conn, '') = '' "  \
	    "AND coalesce(e.stale, l.stale) > $2 ORDER BY d.uid LIMIT 32")

/* Two for each table: the first and last key of those that are to go ($2:
 * behind which), and to let them go. All bounds are given, so that PostgreSQL,
 * which plans without the values, sees a narrow range. */
#define STORE_OLD(X, name, table, key, where)                                  \
	X(name##_OLD,                                                          \
	    "SELECT min(k), max(k) FROM (SELECT " key " AS k FROM " table      \
	    " WHERE " where key " <= $1 AND " key " > $2 ORDER BY " key        \
	    " LIMIT 1000) AS old")                                             \
	X(name##_DEL,                                                          \
	    "DELETE FROM " table " WHERE " where key " >= $1 AND " key         \
	    " <= $2")

#define STORE_SQL_RETAIN(X)                                                    \
	STORE_OLD(X, EVENTS, "ots_events", "id", "")                           \
	STORE_OLD(X, LATEST, "ots_latest", "id", "")                           \
	STORE_OLD(X, POSITIONS, "ots_positions", "id", "")                     \
	STORE_OLD(X, VISITS, "ots_visits", "id", "")                           \
	STORE_OLD(X, CHATS, "ots_chats", "id", "")                             \
	STORE_OLD(X, RECEIPTS, "ots_receipts", "id", "")                       \
	STORE_OLD(X, ITEMS, "ots_items", "id", "")                             \
	STORE_OLD(X, ALERTS, "ots_alerts", "id", "")                           \
	STORE_OLD(X, CASEVACS, "ots_casevacs", "id", "")                       \
	STORE_OLD(X, VIDEOS, "ots_videos", "id", "")                           \
	STORE_OLD(X, SHARES, "ots_fileshares", "id", "")                       \
	STORE_OLD(X, STATS, "ots_stats", "id", "")                             \
	STORE_OLD(X, DELETIONS, "ots_deletions", "id", "")                     \
	STORE_OLD(X, CONNECTIONS, "ots_connections", "closed",                 \
	    "closed IS NOT NULL AND ")                                         \
	STORE_OLD(X, LETTERS, "ots_letters", "expires", "")                    \
	STORE_OLD(X, MAIL, "ots_mail", "expires", "")                          \
	X(DEVICES_PAGE,                                                        \
	    "SELECT count(*), max(uid) FROM (SELECT uid FROM ots_devices "     \
	    "WHERE uid > $1 ORDER BY uid LIMIT 1000) AS page")                 \
	X(DEVICES_DEL,                                                         \
	    "DELETE FROM ots_devices WHERE uid > $1 AND uid <= $2 "            \
	    "AND last_seen <= $3 AND coalesce(conn, '') = ''")                 \
	X(EVENTS_KEEP, /* the last event of a uid that goes with these */      \
	    "INSERT INTO ots_latest (uid, id, " STORE_EVENT_COLUMNS ") "       \
	    "SELECT e.uid, e.id, e.type_id, e.how, e.time, e.start, e.stale, " \
	    "e.lat, e.lon, e.hae, e.ce, e.le, e.username, e.device, "          \
	    "e.callsign, e.group_set, e.xml FROM ots_events e "                \
	    "JOIN ots_types t ON t.id = e.type_id AND t.keep "                 \
	    "WHERE e.id >= $1 AND e.id <= $2 AND NOT EXISTS ("                 \
	    "SELECT 1 FROM ots_events n WHERE n.uid = e.uid AND n.id > e.id) " \
	    "ON CONFLICT (uid) DO UPDATE SET id = excluded.id, "               \
	    "type_id = excluded.type_id, how = excluded.how, "                 \
	    "time = excluded.time, start = excluded.start, "                   \
	    "stale = excluded.stale, lat = excluded.lat, "                     \
	    "lon = excluded.lon, hae = excluded.hae, ce = excluded.ce, "       \
	    "le = excluded.le, username = excluded.username, "                 \
	    "device = excluded.device, callsign = excluded.callsign, "         \
	    "group_set = excluded.group_set, xml = excluded.xml")

#define STORE_SQL(X)                                                           \
	STORE_SQL_PROGRESS(X)                                                  \
	STORE_SQL_EVENTS(X)                                                    \
	STORE_SQL_FACTS(X)                                                     \
	STORE_SQL_MAIL(X)                                                      \
	STORE_SQL_READ(X)                                                      \
	STORE_SQL_RETAIN(X)

#endif
