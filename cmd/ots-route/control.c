#include "state.h"

/* What a control type from a client means to us: cot-streaming 7.8. */

struct rule {
	const char *type; /* ends in *: a prefix */
	enum control what;
};

/* The first that fits. Pings and pongs never pass, t-b and its like are
 * subscriptions that a TAK server keeps for itself. Those that only a server
 * says would, from a client, wipe other clients' maps (t-x-g-c) or make them
 * fetch missions that are not there. */
static const struct rule rules[] = {
    {"t-x-c-t", CONTROL_CONSUMED},
    {"t-x-c-t-r", CONTROL_CONSUMED},
    {"t-x-takp-*", CONTROL_CONSUMED},
    {"t-b", CONTROL_CONSUMED},
    {"t-b-a", CONTROL_CONSUMED},
    {"t-b-c", CONTROL_CONSUMED},
    {"t-b-q", CONTROL_CONSUMED},
    {"t-x-c-m", CONTROL_CONSUMED},
    {"t-x-c-f", CONTROL_CONSUMED},
    {"t-x-c-i-e", CONTROL_CONSUMED},
    {"t-x-c-i-d", CONTROL_CONSUMED},
    {"t-x-g-c", CONTROL_FORBIDDEN},
    {"t-x-m-*", CONTROL_FORBIDDEN},
};

static bool
rule_fits(const struct rule *rule, struct slice type)
{
	size_t n = strlen(rule->type);

	if (rule->type[n - 1] == '*')
		return type.n >= n - 1 &&
		    memcmp(type.p, rule->type, n - 1) == 0;
	return slice_is(type, rule->type);
}

static enum control
control_look(struct slice type)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (rule_fits(&rules[i], type))
			return rules[i].what;
	}
	return CONTROL_FORWARD;
}

/* Who goes incognito leaves the others' maps, and newcomers are not told. The
 * mark among the client's keys is how a restarted ots-route knows of it. */
static void
set_incognito(struct route *r, struct conn *c, bool on, struct route_now now)
{
	struct rec_writer w;
	struct ident *i;

	/* One device of the mesh does not hide the others. */
	if (c->feed || c->mesh || c->incognito == on)
		return;
	c->incognito = on;
	rec_begin(&w, r->out, on ? "bind" : "unbind");
	rec_put_raw(&w, "conn", conn_id(c));
	rec_puts(&w, "key", CONTROL_INCOGNITO);
	route_end(r, &w);
	if (!on)
		return;
	TAILQ_FOREACH(i, &c->idents, link)
	{
		/* ots-listen may keep what we had no room for. */
		send_forget(r, c, name_text(i->uid));
		if (i->pos.in == NULL)
			continue;
		sight_gone(r, i, now);
		latest_drop(r, i);
	}
}

enum control
control_event(struct route *r, struct conn *c, const struct event *e,
    struct route_now now)
{
	enum control what;
	struct ident *i;

	if (!slice_starts(e->base, "t-"))
		return CONTROL_FORWARD;
	what = control_look(e->base);
	/* Local programs are the server: they may speak as it. */
	if (what == CONTROL_FORBIDDEN && c->feed)
		return CONTROL_FORWARD;
	if (slice_is(e->base, "t-x-c-i-e"))
		set_incognito(r, c, true, now);
	else if (slice_is(e->base, "t-x-c-i-d"))
		set_incognito(r, c, false, now);
	else if (slice_is(e->base, "t-x-d-d") && e->n_dest == 0) {
		/* It says itself, to all, that it leaves: then nothing is left
		 * to say when its connection closes. */
		i = ident_find(r, c, e->link_uid);
		if (i != NULL) {
			send_forget(r, c, e->link_uid);
			latest_drop(r, i);
		}
	}
	return what;
}
