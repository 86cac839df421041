/* Commands that tell: list, show, group list. For people as a table, with
 * --json as one object per line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "die.h"
#include "jsonout.h"
#include "timetext.h"
#include "user.h"

#define TEXT_MAX ((size_t)64 << 20)

/* The text so far to standard output. */
static void
put(struct buf *b)
{
	if (b->failed)
		die(EXIT_TEMP, "no memory");
	if (buf_size(b))
		fwrite(buf_data(b), 1, buf_size(b), stdout);
	buf_clear(b);
	if (ferror(stdout))
		die_sys(EXIT_TEMP, "unable to write to standard output");
}

static void
put_end(struct buf *b)
{
	put(b);
	buf_fini(b);
	if (fflush(stdout) != 0)
		die_sys(EXIT_TEMP, "unable to write to standard output");
}

/* Text and blanks up to that many columns (one for each character), two at
 * least. */
static size_t
columns(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void
cell(struct buf *b, const char *text, size_t width)
{
	size_t n = columns(text);

	buf_puts(b, text);
	for (; n < width + 2; n++)
		buf_putc(b, ' ');
}

/* Users ---------------------------------------------------------------------*/

struct row {
	struct account u;
	char *in, *out; /* names of groups, inactive ones in brackets */
};

struct rows {
	struct row *r;
	size_t n, cap;
};

static int
take_user(void *arg, const struct account *u)
{
	struct rows *l = arg;
	struct row *r;

	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		r = reallocarray(l->r, l->cap, sizeof *r);
		if (!r)
			die(EXIT_TEMP, "no memory");
		l->r = r;
	}
	l->r[l->n++] = (struct row){.u = *u};
	return 0;
}

static void
rows_free(struct rows *l)
{
	while (l->n) {
		l->n--;
		free(l->r[l->n].in);
		free(l->r[l->n].out);
	}
	free(l->r);
}

struct names {
	struct buf in, out;
};

static void
name_group(struct buf *b, const struct account_member *m, int dir)
{
	if (!(m->dirs & dir))
		return;
	buf_fmt(b, m->active & dir ? "%s%s" : "%s(%s)", buf_size(b) ? ", " : "",
	    m->group);
}

static int
take_member(void *arg, const struct account_member *m)
{
	struct names *n = arg;

	name_group(&n->in, m, ACCOUNT_IN);
	name_group(&n->out, m, ACCOUNT_OUT);
	return 0;
}

/* A user may go while we look: then it has no groups. */
static void
each_member(const struct app *app, const char *user,
    int (*fn)(void *arg, const struct account_member *m), void *arg)
{
	if (accounts_each_member(app->a, user, "", fn, arg) < 0 &&
	    errno != ENOENT)
		failed(app);
}

/* "-" for nothing. */
static char *
text_of(struct buf *b)
{
	char *s;

	if (!buf_size(b))
		buf_puts(b, "-");
	s = b->failed ? NULL : slice_dup(buf_slice(b));

	if (!s)
		die(EXIT_TEMP, "no memory");
	buf_fini(b);
	return s;
}

static void
load_groups(const struct app *app, struct row *r)
{
	struct names n;

	buf_init(&n.in, TEXT_MAX);
	buf_init(&n.out, TEXT_MAX);
	each_member(app, r->u.name, take_member, &n);
	r->in = text_of(&n.in);
	r->out = text_of(&n.out);
}

static void
put_table(const struct rows *l)
{
	size_t name = strlen("USER"), in = strlen("IN"), i;
	struct buf b;

	for (i = 0; i < l->n; i++) {
		if (columns(l->r[i].u.name) > name)
			name = columns(l->r[i].u.name);
		if (columns(l->r[i].in) > in)
			in = columns(l->r[i].in);
	}
	buf_init(&b, TEXT_MAX);
	cell(&b, "USER", name);
	buf_puts(&b, "ROLE   STATE     PASSWORD  ");
	cell(&b, "IN", in);
	buf_puts(&b, "OUT\n");
	for (i = 0; i < l->n; i++) {
		const struct row *r = &l->r[i];

		cell(&b, r->u.name, name);
		cell(&b, r->u.admin ? "admin" : "user", 5);
		cell(&b, r->u.disabled ? "disabled" : "enabled", 8);
		cell(&b, r->u.password ? "yes" : "no", 8);
		cell(&b, r->in, in);
		buf_fmt(&b, "%s\n", r->out);
	}
	put_end(&b);
}

static void
json_member(
    struct buf *b, const struct account_member *m, int dir, const char *name)
{
	if (!(m->dirs & dir))
		return;
	json_open(b, NULL, '{');
	json_text(b, "name", m->group);
	json_text(b, "direction", name);
	json_i64(b, "bitpos", m->bitpos);
	json_bool(b, "active", (m->active & dir) != 0);
	json_close(b, '}');
}

static int
put_member(void *arg, const struct account_member *m)
{
	json_member(arg, m, ACCOUNT_IN, "IN");
	json_member(arg, m, ACCOUNT_OUT, "OUT");
	return 0;
}

/* Without its closing bracket. */
static void
json_user(const struct app *app, struct buf *b, const struct account *u)
{
	json_open(b, NULL, '{');
	json_text(b, "name", u->name);
	json_bool(b, "admin", u->admin);
	json_bool(b, "disabled", u->disabled);
	json_bool(b, "password", u->password);
	json_time(b, "created", u->created);
	json_open(b, "groups", '[');
	each_member(app, u->name, put_member, b);
	json_close(b, ']');
}

int
run_list(void *ctx, int nargs, char **args)
{
	const struct app *app = ctx;
	struct rows l = {0};
	struct buf b;
	size_t i;

	(void)nargs;
	(void)args;
	if (accounts_each(app->a, take_user, &l) < 0)
		failed(app);
	buf_init(&b, TEXT_MAX);
	for (i = 0; i < l.n; i++) {
		if (!app->json) {
			load_groups(app, &l.r[i]);
			continue;
		}
		json_user(app, &b, &l.r[i].u);
		buf_puts(&b, "}\n");
		put(&b);
	}
	put_end(&b);
	if (!app->json)
		put_table(&l);
	rows_free(&l);
	return 0;
}

/* One user ------------------------------------------------------------------*/

struct devices {
	const char *user;
	bool json;
	struct buf b;
};

static void
put_names(
    struct devices *d, const char *key, const char *const *names, size_t n)
{
	size_t i;

	if (d->json)
		json_open(&d->b, key, '[');
	else
		buf_fmt(&d->b, "  %s:", key);
	for (i = 0; i < n; i++)
		if (d->json)
			json_text(&d->b, NULL, names[i]);
		else
			buf_fmt(&d->b, "%s %s", i ? "," : "", names[i]);
	if (d->json)
		json_close(&d->b, ']');
	else if (!n)
		buf_puts(&d->b, " -");
}

/* A device with a choice of its own. */
static int
take_device(void *arg, const struct account_view *v)
{
	struct devices *d = arg;

	if (!v->device || strcmp(v->user, d->user) != 0)
		return 0;
	if (d->json) {
		json_open(&d->b, NULL, '{');
		json_text(&d->b, "uid", v->device);
	} else {
		buf_fmt(&d->b, "device    %s", v->device);
	}
	put_names(d, "in", v->in, v->n_in);
	put_names(d, "out", v->out, v->n_out);
	buf_puts(&d->b, d->json ? "}" : "\n");
	return 0;
}

static void
put_user(const struct app *app, struct buf *b, const struct account *u)
{
	struct row r = {.u = *u};
	char created[TIMETEXT_LEN + 1];

	load_groups(app, &r);
	timetext_format(u->created / 1000, created);
	buf_fmt(b,
	    "user      %s\nrole      %s\nstate     %s\npassword  %s\n"
	    "created   %s\nin        %s\nout       %s\n",
	    u->name, u->admin ? "admin" : "user",
	    u->disabled ? "disabled" : "enabled", u->password ? "yes" : "no",
	    created, r.in, r.out);
	free(r.in);
	free(r.out);
}

int
run_show(void *ctx, int nargs, char **args)
{
	const struct app *app = ctx;
	struct devices d = {.user = args[0], .json = app->json};
	struct account u;
	uint64_t rev;

	(void)nargs;
	if (accounts_get(app->a, args[0], &u) < 0)
		failed(app);
	buf_init(&d.b, TEXT_MAX);
	if (app->json) {
		json_user(app, &d.b, &u);
		json_open(&d.b, "devices", '[');
	} else {
		put_user(app, &d.b, &u);
	}
	if (accounts_snapshot(app->a, take_device, &d, &rev) < 0)
		failed(app);
	buf_puts(&d.b, app->json ? "]}\n" : "");
	put_end(&d.b);
	return 0;
}

/* Groups --------------------------------------------------------------------*/

struct groups {
	bool json;
	size_t width; /* 0: measure */
	size_t widest;
	struct buf b;
};

static int
take_group(void *arg, const struct account_group *g)
{
	struct groups *l = arg;
	char bit[16];

	if (columns(g->name) > l->widest)
		l->widest = columns(g->name);
	if (l->json) {
		json_open(&l->b, NULL, '{');
		json_text(&l->b, "name", g->name);
		json_text(&l->b, "description", g->description);
		json_i64(&l->b, "bitpos", g->bitpos);
		json_time(&l->b, "created", g->created);
		buf_puts(&l->b, "}\n");
	} else if (l->width) {
		cell(&l->b, g->name, l->width);
		if (str_fmt(bit, sizeof bit, "%d", g->bitpos) < 0)
			return -1;
		cell(&l->b, bit, strlen("BITPOS"));
		buf_fmt(&l->b, "%s\n", g->description);
	}
	return 0;
}

int
run_group_list(void *ctx, int nargs, char **args)
{
	const struct app *app = ctx;
	struct groups l = {.json = app->json, .widest = strlen("GROUP")};

	(void)nargs;
	(void)args;
	buf_init(&l.b, TEXT_MAX);
	if (accounts_each_group(app->a, take_group, &l) < 0)
		failed(app);
	if (!app->json) {
		l.width = l.widest;
		cell(&l.b, "GROUP", l.width);
		buf_puts(&l.b, "BITPOS  DESCRIPTION\n");
		if (accounts_each_group(app->a, take_group, &l) < 0)
			failed(app);
	}
	put_end(&l.b);
	return 0;
}
