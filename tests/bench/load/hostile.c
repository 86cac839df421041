#include "load.h"
#include "hostile.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define MS          ((uint64_t)1000)
#define STEP_EVERY  (5 * MS)
#define ATTACK_TIME (1500 * MS) /* then it gives up */
#define PAUSE       (100 * MS)  /* before the next one */
#define PAYLOAD_MAX ((size_t)16 << 20)
#define PIECE       ((size_t)65536)

/* One hostile client: it goes through all attacks, one after the other. */
struct foe {
	struct load *load;
	struct loop_io io;
	struct loop_timer timer;
	const struct attack *attack;
	size_t turn;
	struct buf payload;
	uint64_t until;
	bool open, all_sent;
};

static void start(struct foe *f);

static void
end(struct foe *f, bool reset)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	if (!f->open)
		return;
	if (reset)
		(void)setsockopt(
		    f->io.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	loop_del(&f->load->loop, &f->io);
	close(f->io.fd);
	f->open = false;
	buf_fini(&f->payload);
	f->turn++;
	(void)loop_timer_set(&f->load->loop, &f->timer,
	    loop_now(&f->load->loop) +
		(f->attack->step == 0 && f->attack->end == ATTACK_RESET
			? STEP_EVERY
			: PAUSE));
}

static void
sent_all(struct foe *f)
{
	f->all_sent = true;
	if (f->attack->end == ATTACK_RESET) {
		end(f, true);
		return;
	}
	if (f->attack->end == ATTACK_HALF)
		(void)shutdown(f->io.fd, SHUT_WR);
	(void)loop_mod(&f->load->loop, &f->io,
	    f->attack->end == ATTACK_HOLD ? 0 : LOOP_IN);
}

static void
push(struct foe *f)
{
	size_t n = buf_size(&f->payload);
	ssize_t done = 0;

	if (n > PIECE)
		n = PIECE;
	if (f->attack->step > 0 && n > f->attack->step)
		n = f->attack->step;
	if (n > 0)
		done = send(f->io.fd, buf_data(&f->payload), n,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	if (done < 0 && errno != EAGAIN && errno != EINTR) {
		f->load->res.hostile_closed++;
		end(f, false);
		return;
	}
	if (done > 0)
		buf_consume(&f->payload, (size_t)done);
	if (buf_size(&f->payload) == 0)
		sent_all(f);
	else if (f->attack->step > 0)
		(void)loop_mod(&f->load->loop, &f->io, LOOP_IN);
}

static void
ready(void *arg, uint32_t events)
{
	struct foe *f = arg;
	ssize_t n;

	if (events & (LOOP_IN | EPOLLHUP | EPOLLERR)) {
		n = recv(f->io.fd, f->load->chunk, PIECE, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			f->load->res.hostile_closed++;
			end(f, false);
			return;
		}
	}
	if ((events & LOOP_OUT) && !f->all_sent)
		push(f);
}

static void
turn(void *arg)
{
	struct foe *f = arg;
	uint64_t now = loop_now(&f->load->loop);

	if (!f->open) {
		start(f);
		return;
	}
	if (now >= f->until) {
		end(f, true);
		return;
	}
	if (f->attack->step > 0 && !f->all_sent)
		push(f);
	if (f->open)
		(void)loop_timer_set(&f->load->loop, &f->timer,
		    f->attack->step > 0 && !f->all_sent ? now + STEP_EVERY
							: f->until);
}

static void
start(struct foe *f)
{
	struct load *l = f->load;
	const struct sockaddr *to = (const struct sockaddr *)&l->conf.server.ss;
	uint64_t now = loop_now(&l->loop);
	int fd;

	f->attack = &attacks[f->turn % n_attacks];
	f->all_sent = false;
	f->until = now + ATTACK_TIME;
	(void)loop_timer_set(&l->loop, &f->timer, now + STEP_EVERY);
	fd = socket(
	    to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (connect(fd, to, l->conf.server.len) != 0 && errno != EINPROGRESS) {
		close(fd);
		return;
	}
	if (loop_add(&l->loop, &f->io, fd, LOOP_IN | LOOP_OUT, ready, f) != 0) {
		close(fd);
		return;
	}
	f->open = true;
	buf_init(&f->payload, PAYLOAD_MAX);
	f->attack->make(&f->payload, l->run_text);
	l->res.attacks++;
}

int
hostile_start(struct load *l)
{
	struct foe *f;

	l->foe = calloc((size_t)l->conf.hostile + 1, sizeof(*l->foe));
	if (l->foe == NULL)
		return -1;
	l->n_foes = (uint32_t)l->conf.hostile;
	for (uint32_t i = 0; i < l->n_foes; i++) {
		f = &l->foe[i];
		f->load = l;
		f->turn = i;
		loop_timer_init(&f->timer, turn, f);
		if (loop_timer_set(
			&l->loop, &f->timer, loop_now(&l->loop) + i * MS) != 0)
			return -1;
	}
	return 0;
}

void
hostile_end(struct load *l)
{
	for (uint32_t i = 0; i < l->n_foes; i++) {
		end(&l->foe[i], true);
		loop_timer_clear(&l->loop, &l->foe[i].timer);
	}
	free(l->foe);
	l->foe = NULL;
	l->n_foes = 0;
}
