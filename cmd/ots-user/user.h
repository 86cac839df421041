/* user.h - the commands of ots-user(1). Each is a run of opt.h: it returns the
 * exit code, or ends the program by die. */
#ifndef OTS_USER_H
#define OTS_USER_H

#include <stdbool.h>
#include <stdint.h>

#include "accounts.h"
#include "db.h"
#include "secret.h"

struct app {
	const char *database, *data; /* options */
	char uri[DB_URI_MAX];
	struct accounts *a;
	/* Options of commands. */
	bool json, admin, if_missing;
	bool ask, random, none; /* whence a password */
	uint64_t password_fd;   /* or SECRET_FD_NONE */
	const char *description, *device;
};

/* The exit code for what accounts_ has just failed with: 1 for a plain no (no
 * such user, exists already, may not be removed), 100, 111. Keeps errno. */
int failed_code(void);
/* End with that and accounts_why. */
_Noreturn void failed(const struct app *app);

/* account.c */
int run_add(void *ctx, int nargs, char **args);
int run_passwd(void *ctx, int nargs, char **args);
int run_disable(void *ctx, int nargs, char **args);
int run_enable(void *ctx, int nargs, char **args);
int run_del(void *ctx, int nargs, char **args);
int run_admin(void *ctx, int nargs, char **args);
int run_first(void *ctx, int nargs, char **args);

/* group.c */
int run_group_add(void *ctx, int nargs, char **args);
int run_group_del(void *ctx, int nargs, char **args);
int run_join(void *ctx, int nargs, char **args);
int run_leave(void *ctx, int nargs, char **args);
int run_channel(void *ctx, int nargs, char **args);

/* show.c */
int run_list(void *ctx, int nargs, char **args);
int run_show(void *ctx, int nargs, char **args);
int run_group_list(void *ctx, int nargs, char **args);

#endif
