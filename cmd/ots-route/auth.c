#include "auth.h"

#include <stdlib.h>

#include "clock.h"
#include "log.h"
#include "uplink.h"

/* A user in 64 groups both ways, all names of the longest and escaped. */
#define USER_LINE_MAX ((size_t)64 << 10)

struct auth {
	struct auth_config cfg;
	struct uplink up;
};

static void
on_up(void *arg)
{
	struct auth *a = arg;
	struct buf *out = uplink_out(&a->up);
	struct rec_writer w;

	log_kv(LOG_AUTH, "path", a->cfg.path, NULL);
	if (out == NULL)
		return;
	rec_begin(&w, out, "watch");
	(void)rec_end(&w); /* an empty queue has room */
	uplink_flush(&a->up);
}

static void
on_record(void *arg, const struct rec *rec)
{
	struct auth *a = arg;
	struct route_now now = {loop_now(a->cfg.loop), clock_wall_us()};

	if (route_auth(a->cfg.route, rec, now))
		a->cfg.on_users(a->cfg.arg);
}

static void
on_down(void *arg, int err)
{
	struct auth *a = arg;
	struct log_line l;

	route_auth_lost(a->cfg.route);
	log_open(&l, LOG_AUTH_AWAY);
	log_s(&l, "path", a->cfg.path);
	if (err != 0)
		log_errno(&l, err);
	else
		log_s(&l, "why", "it hung up");
	log_send(&l);
}

struct auth *
auth_open(const struct auth_config *cfg)
{
	struct auth *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->cfg = *cfg;
	a->up = (struct uplink){
	    .path = cfg->path,
	    .program = "ots-route",
	    .node = cfg->node,
	    .chunk = cfg->chunk,
	    .line_max = USER_LINE_MAX,
	    .on_up = on_up,
	    .on_record = on_record,
	    .on_down = on_down,
	    .arg = a,
	};
	if (uplink_open(&a->up, cfg->loop) < 0)
		auth_close(&a);
	return a;
}

void
auth_close(struct auth **ap)
{
	struct auth *a = *ap;

	*ap = NULL;
	if (a == NULL)
		return;
	uplink_close(&a->up);
	free(a);
}
