/* address.h - which peers count as one where failures are counted. Pure. */
#ifndef OTS_AUTH_ADDRESS_H
#define OTS_AUTH_ADDRESS_H

#include "net.h"
#include "str.h"

#define ADDRESS_KEY_MAX NET_TEXT_MAX

/* Of "ADDR:PORT" the site (net.h): a host of IPv6 has 2^64 addresses. What is
 * no address stands for itself, cut. n 0: nobody. */
struct slice address_key(struct slice peer, char key[ADDRESS_KEY_MAX]);

#endif
