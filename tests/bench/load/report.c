#include "load.h"

#include <stdio.h>

typedef unsigned long long ull;

static void
put(const char *key, uint64_t value)
{
	(void)printf("%s=%llu\n", key, (ull)value);
}

/* What one connection costs, the first and those made again. */
static void
report_connecting(const struct load *l)
{
	uint64_t first = 0, again = 0;

	put("resumed", l->res.resumed);
	if (l->rounds > 0) {
		put("again", l->rounds);
		put("again_ms", l->res.again_us / 1000 / l->rounds);
		put("again_longest_ms", l->res.again_longest_us / 1000);
	}
	for (uint32_t i = 0; i < l->conf.n_pids; i++) {
		first += l->use[3][i].cpu_ns - l->use[0][i].cpu_ns;
		again += l->use[4][i].cpu_ns - l->use[3][i].cpu_ns;
	}
	if (l->conf.n_pids == 0 || l->total == 0)
		return;
	put("connect_cpu_us", first / 1000 / l->total);
	if (l->rounds > 0)
		put("again_cpu_us", again / 1000 / l->total / l->rounds);
}

static void
report_processes(const struct load *l)
{
	uint64_t deliveries =
	    l->res.delivered + l->res.idle_delivered + l->res.stopped_received;
	uint64_t cpu, all = 0, before = 0, now = 0;
	const struct proc_use *u[3];

	for (uint32_t i = 0; i < l->conf.n_pids; i++) {
		for (int k = 0; k < 3; k++)
			u[k] = &l->use[k][i];
		cpu = u[2]->cpu_ns - u[1]->cpu_ns;
		all += cpu;
		before += u[0]->rss_kib;
		now += u[1]->rss_kib;
		(void)printf(
		    "pid%u=%d\npid%u_cpu_us=%llu\npid%u_rss_kib=%llu,%llu,"
		    "%llu\npid%u_pss_kib=%llu,%llu,%llu\n",
		    i, l->conf.pid[i], i, (ull)cpu / 1000, i,
		    (ull)u[0]->rss_kib, (ull)u[1]->rss_kib, (ull)u[2]->rss_kib,
		    i, (ull)u[0]->pss_kib, (ull)u[1]->pss_kib,
		    (ull)u[2]->pss_kib);
	}
	if (l->conf.n_pids == 0)
		return;
	put("server_cpu_us", all / 1000);
	if (deliveries > 0)
		(void)printf("server_cpu_us_per_delivery=%.3f\n",
		    (double)all / 1000 / (double)deliveries);
	if (l->total > 0 && now > before)
		(void)printf("kib_per_connection=%.2f\n",
		    (double)(now - before) / (double)l->total);
}

static void
report_latency(const struct load *l)
{
	double secs = (double)(l->t_end - l->t_measure) / 1e6;

	put("p50_us", hist_quantile(&l->latency, 0.5));
	put("p90_us", hist_quantile(&l->latency, 0.9));
	put("p99_us", hist_quantile(&l->latency, 0.99));
	put("max_us", l->latency.max);
	put("lag_p99_us", hist_quantile(&l->lag, 0.99));
	put("drain_ms",
	    l->t_last > l->t_end ? (l->t_last - l->t_end) / 1000 : 0);
	if (secs > 0)
		(void)printf("deliveries_per_s=%.0f\nmeasured_s=%.3f\n",
		    (double)(l->res.delivered + l->res.idle_delivered) / secs,
		    secs);
}

/* Over the connections, in the measured phase. */
static void
report_bytes(const struct load *l)
{
	uint64_t in = l->in_bytes - l->in_before;
	uint64_t out = l->out_bytes - l->out_before;
	uint64_t deliveries =
	    l->res.delivered + l->res.idle_delivered + l->res.stopped_received;
	double secs = (double)(l->t_end - l->t_measure) / 1e6;

	if (secs > 0)
		(void)printf("bytes_per_s=%.0f\n", (double)in / secs);
	if (deliveries > 0)
		(void)printf("bytes_per_delivery=%.1f\n",
		    (double)in / (double)deliveries);
	if (l->res.sent > 0)
		(void)printf(
		    "bytes_per_sent=%.1f\n", (double)out / (double)l->res.sent);
}

/* The properties that must hold: each of these must be 0. */
static bool
report_faults(const struct load *l)
{
	const struct results *r = &l->res;
	const struct {
		const char *name;
		uint64_t n;
	} fault[] = {
	    {"lost", r->lost},
	    {"dup", r->dup},
	    {"echo", r->echo},
	    {"reordered", r->reordered},
	    {"misdelivered", r->misdelivered},
	    {"forged", r->forged},
	    {"corrupt", r->corrupt},
	    {"garbage", r->garbage},
	    {"disconnected", r->disconnected},
	    {"connect_failed", r->connect_failed},
	    {"deaf", r->deaf},
	    {"idle_lost",
		l->n_gaps == 0 && r->idle_expected > r->idle_delivered
		    ? r->idle_expected - r->idle_delivered
		    : 0},
	};
	bool good = true;

	for (size_t i = 0; i < sizeof(fault) / sizeof(fault[0]); i++) {
		put(fault[i].name, fault[i].n);
		good &= fault[i].n == 0;
	}
	return good;
}

bool
report(struct load *l)
{
	const struct results *r = &l->res;
	bool good;

	(void)printf("run=%s\n", l->run_text);
	put("clients", l->conf.clients);
	put("idle", l->conf.idle);
	put("connect_ms", (l->t_up - l->t_start) / 1000);
	put("sent", r->sent);
	put("sent_dm", r->sent_dm);
	put("skipped", r->skipped);
	put("expected", r->expected);
	put("delivered", r->delivered);
	put("delivered_dm", r->delivered_dm);
	good = report_faults(l);
	put("lost_gap", r->lost_gap);
	put("warm", r->warm);
	put("strange", r->strange);
	if (l->conf.proto > 0)
		put("changed", r->changed);
	if (r->offers > 0)
		put("offers", r->offers);
	if (l->conf.idle > 0)
		put("idle_delivered", r->idle_delivered);
	if (l->senders < l->conf.clients) {
		put("stopped", l->conf.clients - l->senders);
		put("stopped_received", r->stopped_received);
		put("stopped_gone", r->stopped_gone);
	}
	if (l->conf.hostile > 0) {
		put("attacks", r->attacks);
		put("hostile_closed", r->hostile_closed);
	}
	report_connecting(l);
	report_latency(l);
	report_bytes(l);
	report_processes(l);
	(void)printf("result=%s\n", good ? "pass" : "fail");
	return fflush(stdout) == 0 && good;
}
