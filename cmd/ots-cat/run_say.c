/* What we say of ourselves: run_own.h. */
#include <stddef.h>

#include "clock.h"
#include "die.h"
#include "log.h"
#include "login.h"
#include "run_own.h"

/* ---- a person ---- */

static void
say_self(void *arg)
{
	struct run *r = arg;
	struct buf event;

	r->self_due = proto_is_mute(&r->cat.proto);
	if (r->self_due)
		return;
	if (buf_size(run_tx(r)) < QUEUE_HIGH) {
		buf_init(&event, CAT_MESSAGE_MAX);
		if (self_put(&event, &r->cfg->self,
			(int64_t)(clock_wall_us() / 1000)) == 0)
			cat_send(&r->cat, buf_slice(&event), run_tx(r));
		buf_fini(&event);
		run_flush(r);
	}
	if (r->cfg->self.interval_us)
		loop_timer_set(&r->loop, &r->interval,
		    loop_now(&r->loop) + r->cfg->self.interval_us);
}

/* The secret leaves no copy behind. */
static void
say_user(struct run *r)
{
	struct run_config *cfg = r->cfg;

	if (!cfg->user.n)
		return;
	r->conn.q.wipe = true;
	if (login_put(&r->conn.q, cfg->user, buf_slice(&cfg->password),
		cfg->self.uid) < 0)
		die(EXIT_TEMP, "no memory");
	buf_fini(&cfg->password);
}

void
run_say_first(struct run *r)
{
	say_user(r);
	cat_begin(&r->cat, run_tx(r), &r->out.q);
	wire_out_flush(&r->out);
	run_flush(r);
	if (r->cfg->self.callsign.n)
		say_self(r);
}

/* ---- the protocol ---- */

static void
on_late(void *arg)
{
	struct run *r = arg;

	proto_late(&r->cat.proto);
}

void
run_say_init(struct run *r)
{
	loop_timer_init(&r->interval, say_self, r);
	loop_timer_init(&r->proto, on_late, r);
}

static void
tell_version(const struct proto *p)
{
	if (p->state == PROTO_BINARY)
		log_kv(LOG_DEBUG, "proto", "protobuf", NULL);
	else if (p->state == PROTO_XML)
		log_kv(LOG_DEBUG, "proto", "xml", NULL);
}

/* The time for an answer begins when the request is out. */
static void
watch_time(struct run *r)
{
	const struct proto *p = &r->cat.proto;

	if (p->state != r->seen) {
		loop_timer_clear(&r->loop, &r->proto);
		r->seen = p->state;
		tell_version(p);
	}
	if (proto_is_timed(p) && r->proto.at == LOOP_NEVER &&
	    (p->state != PROTO_ASKED || run_all_sent(r)))
		loop_timer_set(
		    &r->loop, &r->proto, loop_now(&r->loop) + PROTO_WAIT_US);
}

void
run_negotiate(struct run *r)
{
	struct proto *p = &r->cat.proto;

	if (!r->connected || r->over || r->lingering)
		return;
	if (p->state == PROTO_OFFERED) {
		cat_ask(&r->cat, clock_wall_us(), run_tx(r));
		run_flush(r);
	}
	if (p->state == PROTO_OVER) {
		warnx_line("%s %s", r->link.peer, p->why);
		run_finish(r, EXIT_NO);
		return;
	}
	watch_time(r);
	if (r->self_due)
		say_self(r);
}
