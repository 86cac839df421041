/* ots-parse - hostile bytes in, checked events out. See ots-parse(1). */
#include <string.h>

#include "cotcanon.h"
#include "cotxml.h"
#include "die.h"
#include "io.h"
#include "log.h"
#include "notify.h"
#include "opt.h"
#include "parse.h"
#include "run.h"
#include "sandbox.h"

static const char *
set_flow_tag(void *ctx, const char *text)
{
	struct parse_conf *conf = ctx;

	if (!cotcanon_tag_valid(slice_of(text)))
		return "not a name of 1 to 64 of A-Z a-z 0-9 _ . -";
	conf->flow_tag = text;
	return NULL;
}

/* From here on only reading 0 and writing 1 and 2 is left. */
static void
enter_sandbox(void)
{
	switch (sandbox_enter(sandbox_filter_calls, sandbox_filter_n)) {
	case 1:
		return;
	case 0:
		log_kv(LOG_SANDBOX, "why", "built for a checker", NULL);
		return;
	default:
		die_sys(EXIT_TEMP, "unable to enter the sandbox");
	}
}

int
main(int argc, char **argv)
{
	static struct parse p;
	struct parse_conf conf = {
	    .node = "local",
	    .on_bad_message = run_bad_message,
	    .on_bad_record = run_bad_record,
	};
	uint64_t max_event = (uint64_t)1 << 20;
	const struct opt opts[] = {
	    {'f', "format", "FORMAT", NULL, OPT_WORD,
		OPT_WORDS(&conf.format, "record", "xml", "json", "pb"), 0, 0,
		NULL, "record (default), xml, json or pb"},
	    {'i', "input", "INPUT", NULL, OPT_WORD,
		OPT_WORDS(&conf.input, "auto", "record", "cot"), 0, 0, NULL,
		"record, cot, or auto (default): by the first bytes"},
	    {0, "flow-tag", "NAME", NULL, OPT_FN, NULL, 0, 0, set_flow_tag,
		"mark events with this flow tag, drop those that have it"},
	    {0, "max-event", "BYTES", NULL, OPT_BYTES, &max_event,
		COTXML_SIZE_MIN, COTXML_SIZE_MAX, NULL,
		"longest event, 1K to 8M (default 1M)"},
	    {0, "node", "NAME", "OTS_NODE_ID", OPT_NODE, &conf.node, 0, 0, NULL,
		"name of this machine in hello (default local)"},
	    {0},
	};
	const struct opt_prog prog = {"ots-parse", "[OPTIONS] <IN >OUT",
	    "Turns frames of ots-listen, or a bare CoT stream, into checked "
	    "events.",
	    opts, &conf, 0, 0};
	struct opt_common common;

	opt_parse(&prog, &common, argc, argv);
	conf.max_event = (size_t)max_event;
	if (parse_init(&p, &conf) < 0 || parse_hello(&p) < 0)
		die_sys(EXIT_TEMP, "unable to start");
	if (common.check_only)
		return 0;
	if (io_start() < 0)
		die_sys(EXIT_TEMP, "unable to handle signals");
	notify_ready(common.ready_fd);
	enter_sandbox();
	run_loop(&p);
	parse_fini(&p);
	return 0;
}
