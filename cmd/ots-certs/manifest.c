#include "manifest.h"

#include <stdbool.h>

#include "pref.h"

/* value NULL: only what stands before it. */
static bool
attribute(struct buf *out, const char *before, const char *value)
{
	(void)buf_puts(out, before);
	if (pref_escape(out, value) < 0)
		return false;
	return buf_puts(out, "\"/>\n") == 0;
}

int
manifest_make(struct buf *out, const char *uid, const char *name,
    const char *const *files, size_t n)
{
	bool good;
	size_t i;

	(void)buf_puts(
	    out, "<MissionPackageManifest version=\"2\">\n  <Configuration>\n");
	good = attribute(out, "    <Parameter name=\"uid\" value=\"", uid) &&
	    attribute(out, "    <Parameter name=\"name\" value=\"", name);
	(void)buf_puts(out,
	    "    <Parameter name=\"onReceiveImport\" value=\"true\"/>\n"
	    "    <Parameter name=\"onReceiveDelete\" value=\"true\"/>\n"
	    "  </Configuration>\n  <Contents>\n");
	for (i = 0; i < n && good; i++)
		good = attribute(
		    out, "    <Content ignore=\"false\" zipEntry=\"", files[i]);
	(void)buf_puts(out, "  </Contents>\n</MissionPackageManifest>\n");
	return good && !out->failed ? 0 : -1;
}
