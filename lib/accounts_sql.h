/* accounts_sql.h - the statements of accounts.h, for both engines: X(id, text).
 * Parameters are $1, $2 ...; times are microseconds, ids are ours. Nothing that
 * only one engine knows: test_statements prepares each on both and looks for
 * such words. */
#ifndef OTS_ACCOUNTS_SQL_H
#define OTS_ACCOUNTS_SQL_H

#define ACCOUNTS_SQL(X)                                                        \
	/* Users. */                                                           \
	X(USER,                                                                \
	    "SELECT id, name, admin, disabled, hash IS NOT NULL, created, "    \
	    "coalesce(hash, '') FROM ots_users WHERE name = $1")               \
	X(USER_FOLDED, "SELECT name FROM ots_users WHERE folded = $1")         \
	X(USERS,                                                               \
	    "SELECT id, name, admin, disabled, hash IS NOT NULL, created, "    \
	    "changed_by, changed_rev FROM ots_users ORDER BY name")            \
	X(USER_COUNT, "SELECT count(*) FROM ots_users")                        \
	X(USER_ADD,                                                            \
	    "INSERT INTO ots_users (id, name, folded, admin, hash, created, "  \
	    "disabled, changed_by, changed_rev) "                              \
	    "VALUES ($1, $2, $3, $4, $5, $6, false, '', 0)")                   \
	X(USER_DEL, "DELETE FROM ots_users WHERE id = $1")                     \
	X(USER_SET_DISABLED,                                                   \
	    "UPDATE ots_users SET disabled = $2 WHERE id = $1")                \
	X(USER_SET_ADMIN, "UPDATE ots_users SET admin = $2 WHERE id = $1")     \
	X(USER_SET_HASH, "UPDATE ots_users SET hash = $2 WHERE id = $1")       \
	X(USER_CHANGED,                                                        \
	    "UPDATE ots_users SET changed_by = $2, changed_rev = $3 "          \
	    "WHERE id = $1")                                                   \
	X(OTHER_ADMINS,                                                        \
	    "SELECT count(*) FROM ots_users "                                  \
	    "WHERE admin AND NOT disabled AND id <> $1")                       \
                                                                               \
	/* Groups. */                                                          \
	X(GROUP, "SELECT id FROM ots_groups WHERE name = $1")                  \
	X(GROUPS,                                                              \
	    "SELECT id, name, description, bitpos, created FROM ots_groups "   \
	    "ORDER BY name")                                                   \
	X(GROUP_ADD,                                                           \
	    "INSERT INTO ots_groups (id, name, description, bitpos, created) " \
	    "VALUES ($1, $2, $3, $4, $5)")                                     \
	X(GROUP_DEL, "DELETE FROM ots_groups WHERE id = $1")                   \
	X(GROUP_USERS_CHANGED,                                                 \
	    "UPDATE ots_users SET changed_by = '', changed_rev = $2 "          \
	    "WHERE id IN (SELECT user_id FROM ots_members "                    \
	    "WHERE group_id = $1)")                                            \
                                                                               \
	/* Memberships, one row for each direction. */                         \
	X(MEMBER_ADD,                                                          \
	    "INSERT INTO ots_members (user_id, group_id, direction) "          \
	    "VALUES ($1, $2, $3) "                                             \
	    "ON CONFLICT (user_id, group_id, direction) DO NOTHING")           \
	X(MEMBER_DEL,                                                          \
	    "DELETE FROM ots_members "                                         \
	    "WHERE user_id = $1 AND group_id = $2 AND direction = $3")         \
	X(MEMBER_COUNT, "SELECT count(*) FROM ots_members WHERE user_id = $1") \
	X(MEMBERS,                                                             \
	    "SELECT m.user_id, g.name, g.bitpos, m.direction, g.id "           \
	    "FROM ots_members m JOIN ots_groups g ON g.id = m.group_id "       \
	    "WHERE m.user_id = $1 ORDER BY g.name, m.direction")               \
	X(MEMBERS_ALL,                                                         \
	    "SELECT m.user_id, g.name, g.bitpos, m.direction, g.id "           \
	    "FROM ots_members m JOIN ots_groups g ON g.id = m.group_id "       \
	    "JOIN ots_users u ON u.id = m.user_id "                            \
	    "ORDER BY u.name, g.name, m.direction")                            \
                                                                               \
	/* Channel choices: device '' is the user. */                          \
	X(CHOICE_PUT,                                                          \
	    "INSERT INTO ots_choices (user_id, device, group_id, direction, "  \
	    "active, chosen_by, rev) VALUES ($1, $2, $3, $4, $5, $6, $7) "     \
	    "ON CONFLICT (user_id, device, group_id, direction) DO UPDATE "    \
	    "SET active = excluded.active, chosen_by = excluded.chosen_by, "   \
	    "rev = excluded.rev WHERE ots_choices.active <> excluded.active")  \
	X(CHOICE_GET,                                                          \
	    "SELECT active FROM ots_choices WHERE user_id = $1 "               \
	    "AND device = $2 AND group_id = $3 AND direction = $4")            \
	X(CHOICE_DEL,                                                          \
	    "DELETE FROM ots_choices "                                         \
	    "WHERE user_id = $1 AND group_id = $2 AND direction = $3")         \
	X(DEVICE_COUNT,                                                        \
	    "SELECT count(DISTINCT device) FROM ots_choices "                  \
	    "WHERE user_id = $1 AND device <> '' AND device <> $2")            \
	X(DEVICE_OLDEST,                                                       \
	    "SELECT device FROM ots_choices WHERE user_id = $1 "               \
	    "AND device <> '' AND device <> $2 "                               \
	    "GROUP BY device ORDER BY max(rev), device LIMIT 1")               \
	X(DEVICE_DEL,                                                          \
	    "DELETE FROM ots_choices WHERE user_id = $1 AND device = $2")      \
	X(CHOICES,                                                             \
	    "SELECT user_id, device, group_id, direction, active, chosen_by, " \
	    "rev FROM ots_choices WHERE user_id = $1 ORDER BY device")         \
	X(CHOICES_ALL,                                                         \
	    "SELECT c.user_id, c.device, c.group_id, c.direction, c.active, "  \
	    "c.chosen_by, c.rev FROM ots_choices c "                           \
	    "JOIN ots_users u ON u.id = c.user_id "                            \
	    "ORDER BY u.name, c.device")                                       \
                                                                               \
	/* Counters: revision, bitpos (the next one), users (ever made). */    \
	X(COUNTER, "SELECT value FROM ots_counters WHERE name = $1")           \
	X(COUNTER_NEXT,                                                        \
	    "UPDATE ots_counters SET value = value + 1 WHERE name = $1 "       \
	    "RETURNING value")                                                 \
                                                                               \
	/* Certificates: times in seconds, as in the ledger. */                \
	X(CERT_PUT,                                                            \
	    "INSERT INTO ots_certificates (serial, sha256, kind, name, uid, "  \
	    "issued, not_before, not_after, revoked) "                         \
	    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "                     \
	    "ON CONFLICT (sha256) DO UPDATE SET serial = excluded.serial, "    \
	    "kind = excluded.kind, name = excluded.name, uid = excluded.uid, " \
	    "issued = excluded.issued, not_before = excluded.not_before, "     \
	    "not_after = excluded.not_after, revoked = excluded.revoked "      \
	    "WHERE ots_certificates.revoked <> excluded.revoked "              \
	    "OR ots_certificates.serial <> excluded.serial "                   \
	    "OR ots_certificates.not_after <> excluded.not_after "             \
	    "OR ots_certificates.name <> excluded.name "                       \
	    "OR ots_certificates.uid <> excluded.uid")                         \
	X(CERT_COUNT, "SELECT count(*) FROM ots_certificates")

#endif
