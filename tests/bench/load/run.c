#include "load.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"

#define MS             ((uint64_t)1000)
#define CONNECTING_MAX 500
#define CONNECT_LIMIT  (60000 * MS)
#define PROBE_EVERY    (100 * MS)
#define PROBE_LIMIT    (20000 * MS)
#define SETTLE         (300 * MS)  /* from the last probe to the measuring */
#define LINGER         (200 * MS)  /* for duplicates behind the last event */
#define QUIET          (2000 * MS) /* nothing more will come */
#define UNLIMITED_SECS 900

static void
wake_at(struct load *l, uint64_t at)
{
	struct itimerspec t = {
	    .it_value = {(time_t)(at / 1000000), (long)(at % 1000000 * 1000)}};

	(void)timerfd_settime(l->tick_fd, TFD_TIMER_ABSTIME, &t, NULL);
}

void
load_wake(struct load *l)
{
	wake_at(l, clock_mono_us());
}

static void
say(const char *phase, uint64_t since, uint64_t now)
{
	(void)printf("phase=%s ms=%llu\n", phase,
	    (unsigned long long)(now - since) / 1000);
	(void)fflush(stdout);
}

static void
take_use(struct load *l, int which)
{
	for (uint32_t i = 0; i < l->conf.n_pids; i++)
		(void)proc_use(l->conf.pid[i], &l->use[which][i]);
}

static void
enter(struct load *l, enum phase p, const char *name, uint64_t now)
{
	l->phase = p;
	say(name, l->t_start, now);
	wake_at(l, now);
}

/* ---- connecting ---- */

static uint64_t
settled(const struct load *l)
{
	return l->up + l->res.connect_failed + l->res.disconnected +
	    l->res.stopped_gone;
}

/* By TLS 1.3 a client thinks that it is connected before the server has looked
 * at its certificate; a ticket says more. */
static bool
all_welcome(const struct load *l)
{
	for (uint32_t i = 0; l->tls && i < l->total; i++)
		if (l->client[i].state == CLIENT_UP && !l->client[i].welcome)
			return false;
	return true;
}

static void next_round(struct load *l, uint64_t now);

static void
connect_more(struct load *l, uint64_t now)
{
	uint64_t due = (now - l->t_start) * l->conf.ramp / 1000000 + 1;
	uint64_t k;

	while (l->opened < l->total && l->opened < due &&
	    l->opened - settled(l) < CONNECTING_MAX) {
		/* The idle ones first. */
		k = l->opened++;
		k = k < l->conf.idle ? l->conf.clients + k : k - l->conf.idle;
		(void)client_open(&l->client[k]);
	}
	if (now - l->t_start > CONNECT_LIMIT ||
	    (l->opened == l->total && settled(l) >= l->total &&
		all_welcome(l))) {
		l->t_up = now;
		take_use(l, 3);
		take_use(l, 4);
		next_round(l, now);
		return;
	}
	wake_at(l, now + MS);
}

/* All come back at once. */
static void
open_all(struct load *l, uint64_t now)
{
	l->rounds++;
	l->t_again = now;
	for (uint32_t i = 0; i < l->total; i++)
		client_reset(&l->client[i]);
	for (uint32_t i = 0; i < l->total; i++)
		(void)client_open(&l->client[i]);
	wake_at(l, now + MS);
}

static void
next_round(struct load *l, uint64_t now)
{
	if (l->rounds < l->conf.again && settled(l) == l->up) {
		if (l->rounds == 0)
			enter(l, PHASE_AGAIN, "again", now);
		open_all(l, now);
	} else {
		enter(l, PHASE_PROBE, "connected", now);
	}
}

static void
come_back(struct load *l, uint64_t now)
{
	uint64_t took;

	if (now - l->t_again < CONNECT_LIMIT &&
	    (settled(l) < l->total || !all_welcome(l))) {
		wake_at(l, now + MS);
		return;
	}
	take_use(l, 4);
	l->res.again_us += now - l->t_again;
	for (uint32_t i = 0; i < l->total; i++) {
		took = l->client[i].welcome - l->client[i].began;
		if (l->client[i].welcome && took > l->res.again_longest_us)
			l->res.again_longest_us = took;
	}
	next_round(l, now);
}

/* ---- probing: everyone must hear somebody else ---- */

static uint64_t
deaf(const struct load *l)
{
	uint64_t n = 0;

	if (l->conf.clients == 0 || l->total == 1)
		return 0;
	for (uint32_t i = l->conf.clients == 1; i < l->total; i++)
		n += l->client[i].state == CLIENT_UP && !l->client[i].probed;
	return n;
}

static void
probe(struct load *l, uint64_t now)
{
	if (l->t_probe == 0)
		l->t_probe = now;
	l->res.deaf = deaf(l);
	if (l->res.deaf == 0 || now - l->t_probe > PROBE_LIMIT) {
		enter(l, PHASE_WAIT, "ready", now);
		wake_at(l, now + SETTLE);
		return;
	}
	for (uint32_t i = 0; i < 2 && i < l->conf.clients; i++) {
		if (event_position(l, i, 'w', 1, now) == 0)
			(void)client_send(&l->client[i]);
	}
	wake_at(l, now + PROBE_EVERY);
}

/* ---- measuring ---- */

static void
resume(void *arg)
{
	struct load *l = arg;

	for (uint32_t i = 0; i < l->conf.clients; i++)
		client_stop_reading(&l->client[i], false);
}

static int
begin(struct load *l, uint64_t now)
{
	take_use(l, 1);
	for (uint32_t i = l->senders; i < l->conf.clients; i++)
		client_stop_reading(&l->client[i], true);
	if (l->conf.stop_us > 0 &&
	    loop_timer_set(&l->loop, &l->resume, now + l->conf.stop_us) != 0)
		return -1;
	l->t_measure = now;
	l->in_before = l->in_bytes;
	l->out_before = l->out_bytes;
	enter(l, PHASE_MEASURE, "measure", now);
	return hostile_start(l);
}

/* When the k-th event of all senders is due: evenly phased. */
static uint64_t
due_of(const struct load *l, uint64_t k)
{
	return l->t_measure +
	    (uint64_t)((double)k * 1e6 / (l->conf.rate * l->senders));
}

/* To whom the k-th event goes. */
static uint32_t
addressee(const struct load *l, uint64_t k, uint32_t sender)
{
	double draw = (double)(uint32_t)(k * 2654435761u) / 4294967296.0;
	uint32_t others = l->senders - 1;

	if (others == 0 || draw >= l->conf.dm)
		return TO_ALL;
	return (sender + 1 + (uint32_t)((k / l->senders + k * 7) % others)) %
	    l->senders;
}

static void
send_event(struct load *l, uint64_t k, uint64_t due)
{
	uint32_t s = (uint32_t)(k % l->senders), to = addressee(l, k, s);
	struct client *c = &l->client[s];
	uint32_t seq = c->next_seq;
	int made;

	made = to == TO_ALL ? event_position(l, s, 'b', seq, due)
			    : event_chat(l, s, to, seq, due);
	l->sent[(size_t)s * l->max_seq + seq] = (struct sent){0, to};
	c->next_seq++;
	if (made != 0 || !client_send(c)) {
		c->next_seq--;
		l->res.skipped++;
		return;
	}
	l->res.sent++;
	l->res.sent_dm += to != TO_ALL;
}

static bool
all_sent(const struct load *l, uint64_t due)
{
	uint64_t len = l->conf.duration_us;

	return l->stop || l->senders == 0 ||
	    l->next_event / l->senders >= l->max_seq - 1 ||
	    (len > 0 && due >= l->t_measure + len);
}

static void
measure(struct load *l, uint64_t now)
{
	uint64_t due = l->senders > 0 ? due_of(l, l->next_event) : 0;

	while (!all_sent(l, due) && due <= now) {
		hist_add(&l->lag, now - due);
		send_event(l, l->next_event++, due);
		due = due_of(l, l->next_event);
		now = clock_mono_us();
	}
	if (!all_sent(l, due)) {
		wake_at(l, due);
		return;
	}
	/* With nobody to send, the time itself is the measured phase. */
	if (l->senders == 0 && !l->stop &&
	    (l->conf.duration_us == 0 ||
		now < l->t_measure + l->conf.duration_us)) {
		wake_at(l, now + 10 * MS);
		return;
	}
	l->t_end = now;
	hostile_end(l);
	enter(l, PHASE_DRAIN, "drain", now);
}

static void
drain(struct load *l, uint64_t now)
{
	uint64_t last = l->t_last > l->t_end ? l->t_last : l->t_end;
	bool all = check_all_arrived(l);

	if ((all && now - last > LINGER) || now - last > QUIET ||
	    now - l->t_end > l->conf.drain_us) {
		take_use(l, 2);
		l->phase = PHASE_DONE;
		loop_stop(&l->loop);
		return;
	}
	wake_at(l, now + 10 * MS);
}

static void
tick(void *arg, uint32_t events)
{
	struct load *l = arg;
	uint64_t n, now;

	(void)events;
	if (read(l->tick_fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		abort();
	now = clock_mono_us();
	switch (l->phase) {
	case PHASE_CONNECT:
		connect_more(l, now);
		break;
	case PHASE_AGAIN:
		come_back(l, now);
		break;
	case PHASE_PROBE:
		probe(l, now);
		break;
	case PHASE_WAIT:
		if (!l->conf.wait || l->go || l->stop)
			(void)begin(l, now);
		break;
	case PHASE_MEASURE:
		measure(l, now);
		break;
	case PHASE_DRAIN:
		drain(l, now);
		break;
	case PHASE_DONE:
		break;
	}
}

/* ---- all of it ---- */

static void
idle_turn(void *arg, uint32_t events)
{
	struct load *l = arg;

	(void)events;
	(void)loop_once(&l->idle_loop, 0);
}

/* Those of protobuf are spread evenly among the others. */
static void
set_kind(struct client *c, const struct load_conf *conf)
{
	double i = c->idx;

	c->asks = floor((i + 1) * conf->proto) > floor(i * conf->proto);
	c->framed = c->asks || conf->verify;
	c->frames_out = conf->frames;
}

static int
prepare(struct load *l)
{
	uint64_t secs = l->conf.duration_us > 0
	    ? l->conf.duration_us / 1000000 + 1
	    : UNLIMITED_SECS;
	uint64_t seed[2];
	double stoppers = l->conf.stop * (double)l->conf.clients;

	l->total = (uint32_t)(l->conf.clients + l->conf.idle);
	l->senders = (uint32_t)l->conf.clients - (uint32_t)(stoppers + 0.5);
	l->max_seq = (uint32_t)(l->conf.rate * (double)secs) + 2;
	clock_seed(seed);
	l->run = seed[0] % 1000000000;
	if (str_fmt(l->run_text, sizeof(l->run_text), "%llu",
		(unsigned long long)l->run) < 0)
		return -1;
	l->client = calloc((size_t)l->total + 1, sizeof(*l->client));
	l->chunk = malloc(CHUNK);
	if (l->client == NULL || l->chunk == NULL || check_init(l) != 0) {
		errno = ENOMEM;
		return -1;
	}
	for (uint32_t i = 0; i < l->total; i++) {
		l->client[i].load = l;
		l->client[i].idx = i;
		l->client[i].idle = i >= l->conf.clients;
		l->client[i].loop =
		    l->client[i].idle ? &l->idle_loop : &l->loop;
		l->client[i].stopper = i >= l->senders && i < l->conf.clients;
		set_kind(&l->client[i], &l->conf);
	}
	buf_init(&l->text, (size_t)1 << 20);
	buf_init(&l->frame, (size_t)1 << 20);
	loop_timer_init(&l->resume, resume, l);
	return 0;
}

int
load_run(struct load *l)
{
	int ret = -1;

	if (prepare(l) != 0 || secure_init(l) != 0 ||
	    loop_init(&l->loop) != 0 || loop_init(&l->idle_loop) != 0 ||
	    loop_add(&l->loop, &l->idle_io, l->idle_loop.ep, LOOP_IN, idle_turn,
		l) != 0)
		return -1;
	l->tick_fd =
	    timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (l->tick_fd < 0 ||
	    loop_add(&l->loop, &l->tick_io, l->tick_fd, LOOP_IN, tick, l) != 0)
		return -1;
	if (l->conf.control && control_open(l) != 0)
		return -1;
	take_use(l, 0);
	l->t_start = clock_mono_us();
	load_wake(l);
	ret = loop_run(&l->loop);
	check_judge(l);
	for (uint32_t i = 0; i < l->total; i++)
		client_close(&l->client[i], true);
	loop_del(&l->loop, &l->tick_io);
	loop_del(&l->loop, &l->idle_io);
	close(l->tick_fd);
	loop_fini(&l->idle_loop);
	loop_fini(&l->loop);
	check_fini(l);
	secure_fini(l);
	free(l->client);
	free(l->chunk);
	buf_fini(&l->text);
	buf_fini(&l->frame);
	buf_fini(&l->command);
	return ret;
}
