/* Addresses and sockets of datagrams. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net.h"

static struct net_addr
addr(const char *text)
{
	struct net_addr a;

	assert_int_equal(net_parse(slice_of(text), &a), 0);
	return a;
}

static bool
is_group(const char *text)
{
	struct net_addr a = addr(text);

	return net_is_group(&a);
}

static bool
is_local(const char *text)
{
	struct net_addr a = addr(text);

	return net_is_local(&a);
}

static bool
same_peer(const char *x, const char *y)
{
	struct net_addr a = addr(x), b = addr(y);

	return net_same_peer(&a, &b);
}

static void
test_addresses(void **state)
{
	(void)state;
	assert_true(is_group("224.0.0.1:1") && is_group("239.255.255.255:1"));
	assert_true(is_group("[ff02::1]:1"));
	assert_false(is_group("223.255.255.255:1") || is_group("240.0.0.1:1"));
	assert_false(is_group("[fe80::1]:1") || is_group("[::]:1"));
	assert_true(is_local("127.0.0.1:1"));
	assert_false(
	    is_local("198.51.100.77:1") || is_local("[2001:db8::1]:1"));
	assert_true(same_peer("192.0.2.1:1", "192.0.2.1:2"));
	assert_false(same_peer("192.0.2.1:1", "192.0.2.2:1"));
	assert_true(same_peer("[2001:db8::1]:1", "[2001:db8::1]:2"));
	assert_false(same_peer("[2001:db8::1]:1", "[2001:db8::2]:1"));
	assert_false(same_peer("192.0.2.1:1", "[::ffff:192.0.2.1]:1"));
	/* there, ports tell programs apart */
	assert_true(same_peer("127.0.0.1:1", "127.0.0.1:1"));
	assert_false(same_peer("127.0.0.1:1", "127.0.0.1:2"));
	assert_false(same_peer("[::1]:1", "[::1]:2"));
}

/* What may be our own is, where there is no descriptor to find out with. */
static void
test_not_known(void **state)
{
	struct rlimit was, none;
	bool far, near;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
	none = was;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	far = is_local("198.51.100.77:1");
	near = is_local("127.0.0.1:1");
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
	assert_true(far && near);
	assert_false(is_local("198.51.100.77:1"));
}

/* n datagrams of one byte each, from a socket for IPv4. */
static uint16_t
send_some(const struct net_addr *to, int n)
{
	uint16_t port;
	int fd = net_open_udp(AF_INET, &port);
	char c;

	assert_true(fd >= 0 && port > 0);
	while (n-- > 0) {
		c = (char)('a' + n);
		assert_int_equal(sendto(fd, &c, 1, 0,
				     (const struct sockaddr *)&to->ss, to->len),
		    1);
	}
	close(fd);
	return port;
}

/* Bound to all addresses: an IPv4 sender is one, whatever the socket is. */
static void
test_receive(void **state)
{
	static char room[NET_BATCH][8];
	struct net_datagram d[NET_BATCH];
	struct net_addr any = addr(":0"), bound, to;
	char text[NET_TEXT_MAX], want[NET_TEXT_MAX];
	uint32_t lost = 7;
	uint16_t port;
	int fd = net_bind_udp(&any, &bound), i, n = 0;
	struct pollfd p = {.fd = fd, .events = POLLIN};

	(void)state;
	assert_true(fd >= 0 && net_port(&bound) > 0);
	assert_true(
	    str_fmt(text, sizeof text, "127.0.0.1:%u", net_port(&bound)) > 0);
	to = addr(text);
	port = send_some(&to, 20);
	assert_true(str_fmt(want, sizeof want, "127.0.0.1:%u", port) > 0);
	for (i = 0; i < NET_BATCH; i++) {
		d[i].p = room[i];
		d[i].n = sizeof room[i];
	}
	assert_int_equal(poll(&p, 1, 10000), 1);
	n = net_receive(fd, d, 1000, &lost);
	assert_int_equal(n, NET_BATCH);
	for (i = 0; i < n; i++) {
		assert_int_equal(d[i].n, 1);
		assert_int_equal(d[i].p[0], 'a' + 19 - i);
		assert_true(net_text(&d[i].from, text) > 0);
		assert_string_equal(text, want);
		d[i].n = sizeof room[i];
	}
	assert_int_equal(net_receive(fd, d, NET_BATCH, &lost), 20 - NET_BATCH);
	errno = 0;
	assert_int_equal(net_receive(fd, d, NET_BATCH, &lost), -1);
	assert_int_equal(errno, EAGAIN);
	/* nothing was lost, so nothing was said */
	assert_true(lost == 7 || lost == 0);
	/* two cannot have one port */
	assert_int_equal(net_bind_udp(&bound, &any), -1);
	assert_int_equal(errno, EADDRINUSE);
	close(fd);
}

static void
test_no_interface(void **state)
{
	struct net_group g = {addr("239.2.3.1:6969"), "no-such-one", 1};
	uint16_t port;
	unsigned index;
	int tx = -1;

	(void)state;
	errno = 0;
	assert_int_equal(net_join(&g, &tx, &port, &index), -1);
	assert_int_equal(errno, ENODEV);
	assert_int_equal(tx, -1);
	g.addr = addr("[ff15::1]:6969");
	assert_int_equal(net_join(&g, &tx, &port, &index), -1);
	assert_int_equal(tx, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_not_known),
	    cmocka_unit_test(test_receive),
	    cmocka_unit_test(test_no_interface),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
