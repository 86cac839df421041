#include "slot.h"

#include <errno.h>
#include <stdlib.h>

#include "num.h"

bool
slots_node_valid(struct slice node)
{
	size_t i;

	if (node.n == 0 || node.n > SLOT_NODE_MAX)
		return false;
	for (i = 0; i < node.n; i++) {
		char c = node.p[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			(c >= '0' && c <= '9') || c == '_' || c == '-'))
			return false;
	}
	return true;
}

int
slots_init(struct slots *s, const char *node, uint32_t max, uint64_t first_gen)
{
	struct slice n = slice_of(node);

	if (!slots_node_valid(n) || max == 0 || max == SLOT_NONE) {
		errno = EINVAL;
		return -1;
	}
	*s = (struct slots){
	    .max = max, .first_free = SLOT_NONE, .next_gen = first_gen};
	memcpy(s->node, node, n.n);
	return 0;
}

void
slots_fini(struct slots *s)
{
	free(s->obj);
	free(s->gen);
	free(s->next_free);
	*s = (struct slots){.first_free = SLOT_NONE};
}

static int
grow_array(void *array, size_t n, size_t size)
{
	void **at = array, *p = reallocarray(*at, n, size);

	if (!p)
		return -1;
	*at = p;
	return 0;
}

static int
grow(struct slots *s)
{
	uint32_t cap = s->cap ? s->cap : 32, i;

	if (s->cap == s->max) {
		errno = ENFILE;
		return -1;
	}
	cap = cap > s->max / 2 ? s->max : cap * 2;
	if (grow_array(&s->obj, cap, sizeof *s->obj) < 0 ||
	    grow_array(&s->gen, cap, sizeof *s->gen) < 0 ||
	    grow_array(&s->next_free, cap, sizeof *s->next_free) < 0)
		return -1;
	/* The lowest slot is taken first: tables indexed by it stay dense. */
	for (i = cap; i-- > s->cap;) {
		s->obj[i] = NULL;
		s->gen[i] = 0;
		s->next_free[i] = s->first_free;
		s->first_free = i;
	}
	s->cap = cap;
	return 0;
}

int
slots_take(struct slots *s, void *obj, struct slot_id *id)
{
	uint32_t i;

	if (s->first_free == SLOT_NONE && grow(s) < 0)
		return -1;
	i = s->first_free;
	s->first_free = s->next_free[i];
	s->obj[i] = obj;
	s->gen[i] = s->next_gen++;
	s->used++;
	*id = (struct slot_id){i, s->gen[i]};
	return 0;
}

void *
slots_get(const struct slots *s, struct slot_id id)
{
	if (id.slot >= s->cap || s->gen[id.slot] != id.gen)
		return NULL;
	return s->obj[id.slot];
}

void
slots_free(struct slots *s, struct slot_id id)
{
	if (!slots_get(s, id))
		return;
	s->obj[id.slot] = NULL;
	s->next_free[id.slot] = s->first_free;
	s->first_free = id.slot;
	s->used--;
}

int
slots_text(const struct slots *s, struct slot_id id, char out[SLOT_TEXT_MAX])
{
	return str_fmt(out, SLOT_TEXT_MAX, "%s.%u.%llu", s->node, id.slot,
	    (unsigned long long)id.gen);
}

int
slots_parse(const struct slots *s, struct slice text, struct slot_id *id)
{
	const char *dot1, *dot2, *end = text.p + text.n;
	uint64_t slot, gen;

	errno = EINVAL;
	if (text.n == 0 || !(dot1 = memchr(text.p, '.', text.n)) ||
	    !(dot2 = memchr(dot1 + 1, '.', (size_t)(end - dot1 - 1))))
		return -1;
	if (num_u64((struct slice){dot1 + 1, (size_t)(dot2 - dot1 - 1)},
		UINT32_MAX - 1, &slot) < 0 ||
	    num_u64((struct slice){dot2 + 1, (size_t)(end - dot2 - 1)},
		UINT64_MAX, &gen) < 0)
		return -1;
	if (!slice_is(
		(struct slice){text.p, (size_t)(dot1 - text.p)}, s->node)) {
		errno = ENOENT;
		return -1;
	}
	*id = (struct slot_id){(uint32_t)slot, gen};
	return 0;
}
