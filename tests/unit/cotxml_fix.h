/* cotxml_fix.h - what the tests of documents of strangers share. */
#ifndef COTXML_FIX_H
#define COTXML_FIX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "buf.h"
#include "cotxml.h"

#define MAX ((size_t)1 << 20)

#define T     "2024-05-06T07:08:09Z"
#define TIMES "time='" T "' start='" T "' stale='" T "' "
#define HEAD  "<event uid='U' type='t' how='h' " TIMES ">"
#define POINT "<point lat='1' lon='2' hae='3' ce='4' le='5'/>"

static struct cotxml *xml;
static struct cot cot;

static inline int
setup(void **state)
{
	(void)state;
	xml = cotxml_new(MAX);
	return xml ? 0 : -1;
}

static inline int
teardown(void **state)
{
	(void)state;
	cotxml_free(&xml);
	return 0;
}

static inline enum cot_why
parse(const char *doc)
{
	return cotxml_parse(xml, slice_of(doc), NULL, &cot);
}

#endif
