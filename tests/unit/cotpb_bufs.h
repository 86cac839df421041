/* cotpb_bufs.h - the buffers that tests of TAK protocol messages work in. */
#ifndef COTPB_BUFS_H
#define COTPB_BUFS_H

#include "cotpb_fix.h"

static struct buf a, b, msg, out;

static inline int
bufs_setup(void **state)
{
	buf_init(&a, FIX_MAX);
	buf_init(&b, FIX_MAX);
	buf_init(&msg, FIX_MAX);
	buf_init(&out, FIX_MAX);
	return fix_setup(state);
}

static inline int
bufs_teardown(void **state)
{
	buf_fini(&a);
	buf_fini(&b);
	buf_fini(&msg);
	buf_fini(&out);
	return fix_teardown(state);
}

#endif
