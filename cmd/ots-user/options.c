#include "options.h"

struct app options_app = {.password_fd = SECRET_FD_NONE, .device = ""};

/* The first of those that `passwd` has, too. */
enum { PASSWORD_OPTS = 2 };

static const struct opt add_opts[] = {
    {'a', "admin", NULL, NULL, OPT_FLAG, &options_app.admin, 0, 0, NULL,
	"they administer the server"},
    {0, "if-missing", NULL, NULL, OPT_FLAG, &options_app.if_missing, 0, 0, NULL,
	"leave those that exist as they are"},
    [PASSWORD_OPTS] = {'p', "password", NULL, NULL, OPT_FLAG, &options_app.ask,
	0, 0, NULL, "ask for the password on the terminal"},
    {0, "password-fd", "FD", NULL, OPT_U64, &options_app.password_fd, 0,
	SECRET_FD_MAX, NULL, "passwords are the lines of descriptor FD"},
    {'r', "random-password", NULL, NULL, OPT_FLAG, &options_app.random, 0, 0,
	NULL, "make a random password and print it once"},
    {0, "no-password", NULL, NULL, OPT_FLAG, &options_app.none, 0, 0, NULL,
	"no password: certificates only"},
    {0},
};

static const struct opt group_opts[] = {
    {0, "description", "TEXT", NULL, OPT_STR, &options_app.description, 0, 0,
	NULL, "what it is for"},
    {0, "if-missing", NULL, NULL, OPT_FLAG, &options_app.if_missing, 0, 0, NULL,
	"leave one that exists as it is"},
    {0},
};

static const struct opt json_opts[] = {
    {'j', "json", NULL, NULL, OPT_FLAG, &options_app.json, 0, 0, NULL,
	"one JSON object per line"},
    {0},
};

static const struct opt channel_opts[] = {
    {0, "device", "UID", NULL, OPT_STR, &options_app.device, 0, 0, NULL,
	"for that device only"},
    {0},
};

const struct opt_command options_commands[] = {
    {"add", "[options] USER ...", "make users", add_opts, 1, -1, run_add},
    {"passwd", "[options] USER", "set a password", add_opts + PASSWORD_OPTS, 1,
	1, run_passwd},
    {"disable", "USER ...", "refuse users and end their connections", NULL, 1,
	-1, run_disable},
    {"enable", "USER ...", "let them in again", NULL, 1, -1, run_enable},
    {"del", "USER ...", "remove users", NULL, 1, -1, run_del},
    {"list", "[-j]", "list users and their groups", json_opts, 0, 0, run_list},
    {"show", "[-j] USER", "show a user and its devices", json_opts, 1, 1,
	run_show},
    {"admin", "USER on|off", "give or take administration", NULL, 2, 2,
	run_admin},
    {"group add", "[options] NAME", "make a group", group_opts, 1, 1,
	run_group_add},
    {"group del", "NAME", "remove a group", NULL, 1, 1, run_group_del},
    {"group list", "[-j]", "list groups", json_opts, 0, 0, run_group_list},
    {"join", "USER GROUP [in|out|both]", "put a user into a group", NULL, 2, 3,
	run_join},
    {"leave", "USER GROUP [in|out|both]", "take a user out of a group", NULL, 2,
	3, run_leave},
    {"channel", "[options] USER GROUP [in|out|both] on|off",
	"switch a group on or off", channel_opts, 3, 4, run_channel},
    {"first", "", "the first start: make the administrator", NULL, 0, 0,
	run_first},
    {0},
};

static const struct opt opts[] = {
    {0, "database", "URI", NULL, OPT_STR, &options_app.database, 0, 0, NULL,
	"sqlite:PATH or postgresql://..."},
    {0, "data", "DIR", NULL, OPT_STR, &options_app.data, 0, 0, NULL,
	"data folder of the server (~/ots)"},
    {0},
};

const struct opt_prog options_prog = {
    .name = "ots-user",
    .synopsis = "[options] COMMAND [argument ...]",
    .about = "Users, groups and passwords of the server.",
    .opts = opts,
    .ctx = &options_app,
};
