/* Any bytes as a datagram: what is found lies inside it and is bounded; what
 * we make of it again is read as the same; its record is a record. */
#include "../../cmd/ots-listen/mesh.h"
#include "fuzz.h"

#define MAX ((size_t)8192)

static void
check(struct slice bytes, const struct mesh_datagram *d)
{
	must(d->what <= MESH_BAD);
	must((d->what == MESH_BAD) == (d->why != NULL));
	must(d->garbage <= bytes.n);
	if (d->what != MESH_XML && d->what != MESH_PB)
		return;
	must(d->event.n && d->event.n <= MAX);
	must(d->event.p >= bytes.p);
	must(d->event.p + d->event.n <= bytes.p + bytes.n);
	must(d->garbage + d->event.n <= bytes.n);
	must(d->v1 == (d->what == MESH_PB));
}

/* As a delivery it becomes a datagram that holds the same. */
static void
return_trip(const struct mesh_datagram *d)
{
	static char frame[FRAME_HEAD_MAX + MAX], datagram[MAX + 16];
	struct slice delivery = d->event, bytes = {datagram, 0};
	struct iovec v[MESH_PIECES];
	struct mesh_datagram again;
	size_t head;
	int i, n;

	if (d->what == MESH_PB) {
		head = frame_head(frame, d->event.n);
		memcpy(frame + head, d->event.p, d->event.n);
		delivery = (struct slice){frame, head + d->event.n};
	}
	n = mesh_pieces(delivery, v);
	must(n == (d->what == MESH_PB ? 2 : 1));
	for (i = 0; i < n; i++) {
		memcpy(datagram + bytes.n, v[i].iov_base, v[i].iov_len);
		bytes.n += v[i].iov_len;
	}
	mesh_read(bytes, MAX + 16, &again);
	must(again.what == d->what && again.garbage == 0);
	must(d->what == MESH_PB ? again.event.n == d->event.n + 2 &&
		    memcmp(again.event.p + 2, d->event.p, d->event.n) == 0
				: slice_eq(again.event, d->event));
}

static void
record(char *p, size_t n)
{
	static const uint64_t seed[2] = {1, 2};
	struct listen_config cfg = {
	    .node = "n", .max_clients = 1, .max_event = MAX};
	struct client c = {.group = "mesh"};
	struct mesh_counters count = {0};
	struct rec_lines lines;
	struct slice line;
	static struct rec r;
	struct listen l;
	struct mesh m;
	struct buf out;

	buf_init(&out, 1 << 20);
	must(listen_init(&l, &cfg, &out, seed, 1) == 0);
	mesh_init(&m, MESH_AUTO, seed);
	must(listen_join(&l, &c, "udp", "p", NULL) == 0);
	mesh_input(&m, &count, &l, &c, p, n, "192.0.2.1:1");
	rec_lines_init(&lines, 1 << 20);
	rec_lines_feed(&lines, buf_data(&out), buf_size(&out));
	while (rec_lines_next(&lines, &line) == 1)
		must(rec_parse(&r, line) == 1);
	must(c.messages + count.bad + count.ignored + count.control == 1);
	must(m.n_heard == !count.bad);
	rec_lines_fini(&lines);
	listen_leave(&l, &c, "eof");
	listen_fini(&l);
	mesh_fini(&m);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char copy[UINT16_MAX];
	struct mesh_datagram d;
	struct slice bytes = {(const char *)data, size};

	if (size > sizeof copy)
		return 0;
	mesh_read(bytes, MAX, &d);
	check(bytes, &d);
	if (d.what == MESH_XML || d.what == MESH_PB)
		return_trip(&d);
	memcpy(copy, data, size);
	record(copy, size);
	return 0;
}
