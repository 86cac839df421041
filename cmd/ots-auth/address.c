#include "address.h"

struct slice
address_key(struct slice peer, char key[ADDRESS_KEY_MAX])
{
	unsigned char site[NET_SITE_MAX];
	struct net_addr a;
	size_t n = peer.n < ADDRESS_KEY_MAX ? peer.n : ADDRESS_KEY_MAX;

	if (n > 0 && net_parse(peer, &a) == 0) {
		n = net_site(&a, site);
		memcpy(key, site, n);
	} else if (n > 0) {
		memcpy(key, peer.p, n);
	}
	return (struct slice){key, n};
}
