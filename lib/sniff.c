#include "sniff.h"

enum sniff
sniff(struct slice *bytes)
{
	char first;

	while (bytes->n && is_blank(*bytes->p)) {
		bytes->p++;
		bytes->n--;
	}
	if (bytes->n == 0)
		return SNIFF_MORE;
	first = *bytes->p;
	if (first != '<' && first != '\xEF' && first != '\xBF')
		return SNIFF_RECORDS;
	return slice_find(*bytes, SLICE("\nev:")) ? SNIFF_RECORDS : SNIFF_COT;
}
