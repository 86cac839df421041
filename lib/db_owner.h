/* db_owner.h - root works on a SQLite database as the owner of its folder, so
 * that the service that has the folder can use what is made there, and nothing
 * that lies there can lead root elsewhere. */
#ifndef OTS_DB_OWNER_H
#define OTS_DB_OWNER_H

#include "db.h"

/* If this is root, and the folder of the database (or the nearest one above it
 * that there is) belongs to somebody else: goes there, becomes that user for
 * good, and makes uri relative to it. Otherwise nothing. 0, or -1: why, and
 * errno EAGAIN (temporary) or EINVAL (a human must act); the process may then
 * be in the folder, or have lost some rights, and should end. */
int db_become_owner(char uri[DB_URI_MAX], char why[DB_WHY_MAX]);

#endif
