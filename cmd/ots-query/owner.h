/* owner.h - root reads a SQLite database as the owner of its folder, so that
 * nothing that lies there can lead root elsewhere. */
#ifndef OTS_QUERY_OWNER_H
#define OTS_QUERY_OWNER_H

#include "db.h"

/* The database must exist. If root asks, and its folder is somebody else's: go
 * there, become that user for good, and make uri relative to it. Ends the
 * program if it fails. */
void owner_become(char uri[DB_URI_MAX]);

#endif
