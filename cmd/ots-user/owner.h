/* owner.h - root works on a SQLite database as the owner of its folder, so that
 * the service that has the folder can use what is made there, and nothing that
 * lies there can lead root elsewhere. */
#ifndef OTS_USER_OWNER_H
#define OTS_USER_OWNER_H

#include "db.h"

/* Root, and the folder of the database (or the nearest one above it that there
 * is) belongs to somebody else: go there, become that user for good, and make
 * uri relative to it. Otherwise nothing. Ends the program if it fails. */
void owner_become(char uri[DB_URI_MAX]);

#endif
