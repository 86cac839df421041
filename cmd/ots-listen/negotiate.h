/* negotiate.h - the change of a stream to TAK protocol version 1
 * (cot-streaming 4.2; part of listen.h): offer, request, answer. */
#ifndef OTS_LISTEN_NEGOTIATE_H
#define OTS_LISTEN_NEGOTIATE_H

#include "listen.h"

/* A t-x-takp event that c sent as XML. If it is a request, it is answered; and
 * if the answer is yes, nothing but frames goes either way from here on. */
void negotiate(struct listen *l, struct client *c, struct slice xml);

#endif
