#include "options.h"

struct app options_app = {.format = FORMAT_DEFAULT};

#define FORMATS                                                                \
	OPT_WORDS(&options_app.format, "record", "cot", "json", "csv",         \
	    "table", "gpx", "kml")

/* Those from there on all commands have. */
enum { COMMON_OPTS = 2 };

static const struct opt query_opts[] = {
    {'t', "type", "PREFIX", NULL, OPT_FN, NULL, 0, 0, args_type,
	"of types that begin with that: a-f, b-t-f"},
    {'b', "bbox", "BOX", NULL, OPT_FN, NULL, 0, 0, args_bbox,
	"in the box LAT1,LON1,LAT2,LON2, from south-west"},
    [COMMON_OPTS] = {'s', "since", "TIME", NULL, OPT_FN, NULL, 0, 0, args_since,
	"not before: 2024-05-06T07:08:09Z, 2h, yesterday"},
    {0, "until", "TIME", NULL, OPT_FN, NULL, 0, 0, args_until, "before that"},
    {'u', "uid", "UID", NULL, OPT_FN, NULL, 0, 0, args_uid,
	"of that uid (chat: of that sender)"},
    {'g', "group", "NAME", NULL, OPT_FN, NULL, 0, 0, args_group,
	"sent into that group"},
    {0, "user", "NAME", NULL, OPT_FN, NULL, 0, 0, args_user,
	"of that user of the server"},
    {'l', "limit", "N", NULL, OPT_U64, &options_app.limit, 1, INT64_MAX, NULL,
	"the first N only"},
    {'f', "format", "FORMAT", NULL, OPT_WORD, FORMATS, 0, 0, NULL,
	"record, cot, json, csv, table, gpx or kml"},
    {0},
};

const struct opt_command options_commands[] = {
    {"events", "[options]", "all that was sent; record, cot, json, csv, table",
	query_opts, 0, 0, run_events},
    {"tracks", "[options]", "where all were; table, json, csv, gpx, kml",
	query_opts, 0, 0, run_tracks},
    {"chat", "[options]", "what was written; table, json, csv",
	query_opts + COMMON_OPTS, 0, 0, run_chat},
    {"devices", "[options]", "who was here; table, json, csv", query_opts, 0, 0,
	run_devices},
    {"alerts", "[options]", "emergencies; table, json, csv", query_opts, 0, 0,
	run_alerts},
    {0},
};

static const struct opt opts[] = {
    {'D', "database", "URI", NULL, OPT_STR, &options_app.database, 0, 0, NULL,
	"SQLite file or postgresql:// (as ots-user)"},
    {0, "data", "DIR", NULL, OPT_STR, &options_app.data, 0, 0, NULL,
	"folder with db/ots.db (OTS_DATA_FOLDER, ~/ots)"},
    {0},
};

const struct opt_prog options_prog = {
    .name = "ots-query",
    .synopsis = "[options] COMMAND [options]",
    .about = "What ots-store has kept, as records, JSON, CSV or maps.",
    .opts = opts,
    .ctx = &options_app.args,
};
