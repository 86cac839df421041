/* config.h - what the options of ots-listen say. */
#ifndef OTS_LISTEN_CONFIG_H
#define OTS_LISTEN_CONFIG_H

#include "net.h"
#include "opt.h"
#include "server.h"

struct config {
	struct config_listener {
		const struct link_ops *ops;
		struct net_addr addr;
		const char *text;
	} listener[SERVER_LISTENERS_MAX];
	int n_listeners;
	bool tls; /* one of them is */
	struct mesh_config mesh;
	bool no_protobuf;
	struct tls_files files;
	const char *auth; /* socket of ots-auth, or NULL */
	enum enter_rule password;
	uint64_t per_user, handshake_timeout, unfinished_max,
	    unfinished_per_address;
	const char *node;
	uint64_t max_clients, max_event, max_send, queue_max, queue_burst,
	    queue_total;
	uint64_t input_total;
	uint64_t gather_max, dead_after;
};

/* The defaults; opt_parse with config_prog fills it. */
extern struct config config;
extern const struct opt_prog config_prog;

#endif
