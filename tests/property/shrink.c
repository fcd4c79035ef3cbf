/*
 * tests/property/shrink.c - smaller statements to try when one has had two answers
 *
 * Every step drops one thing: a clause, a field, a source, a side of a condition; or the same
 * within a subquery; or puts the subquery into its outer statement's place.
 */
#include "property.h"

static bool
drop_clause(struct statement *s, unsigned step)
{
	struct statement before = *s;

	switch (step) {
	case 0:
		s->limit = s->skip = s->slimit = s->sskip = 0;
		break;
	case 1:
		s->where = NULL;
		break;
	case 2:
		s->has_from = false;
		s->has_to &= s->interval != 0;
		break;
	case 3:
		s->has_from = false;
		break;
	case 4:
		s->has_to &= s->interval != 0; /* else it would be now */
		break;
	case 5:
		s->fill = FILL_DEFAULT;
		break;
	case 6:
		s->n_dimensions = 0;
		s->all_dimensions = false;
		break;
	case 7:
		s->n_dimensions -= s->n_dimensions != 0;
		break;
	case 8:
		s->offset = 0;
		break;
	case 9:
		s->zone = NULL;
		s->zone_ns = 0;
		break;
	case 10:
		s->interval = s->offset = 0;
		break;
	case 12:
		s->n_sources -= s->n_sources > 1;
		break;
	case 13:
		if (s->n_sources > 1)
			s->sources[0] = s->sources[--s->n_sources];
		break;
	case 14:
		s->limit = s->skip = 0;
		break;
	case 15:
		s->slimit = s->sskip = 0;
		break;
	case 16:
		s->limit = 0;
		break;
	case 17:
		s->skip = 0;
		break;
	}
	return memcmp(&before, s, sizeof(before)) != 0;
}

static bool
drop_field(struct statement *s, unsigned which)
{
	if (s->n_fields <= 1 || which >= s->n_fields)
		return false;
	memmove(&s->fields[which], &s->fields[which + 1],
	    (s->n_fields - which - 1) * sizeof(s->fields[0]));
	s->n_fields--;
	return true;
}

static bool
simplify(struct statement *s, unsigned step)
{
	struct node *e = s->fields[step / 4 < s->n_fields ? step / 4 : 0].expr;

	if (step / 4 >= s->n_fields)
		return false;
	if (step % 4 == 2 && s->fields[step / 4].alias != NULL) {
		s->fields[step / 4].alias = NULL;
		return true;
	}
	if (step % 4 < 2 && e->kind == NODE_BINARY && e->args[step % 4]->kind != NODE_INTEGER &&
	    e->args[step % 4]->kind != NODE_FLOAT) {
		s->fields[step / 4].expr = e->args[step % 4];
		return true;
	}
	if (step % 4 == 3 && e->kind == NODE_CALL && e->args[0]->kind == NODE_CALL) {
		s->fields[step / 4].expr = e->args[0];
		return true;
	}
	return false;
}

static bool
halve_condition(struct statement *s, unsigned side)
{
	if (s->where == NULL ||
	    (strcmp(s->where->text, "AND") != 0 && strcmp(s->where->text, "OR") != 0))
		return false;
	s->where = s->where->args[side];
	return true;
}

static struct statement *
copy_of(const struct statement *s, struct arena *arena)
{
	struct statement *copy = arena_alloc(arena, sizeof(*copy));

	memcpy(copy, s, sizeof(*s));
	return copy;
}

static void
ascend(struct statement *s, struct arena *arena)
{
	s->descending = false;
	for (size_t i = 0; i < s->n_sources; i++) {
		if (s->sources[i].subquery == NULL)
			continue;
		s->sources[i].subquery = copy_of(s->sources[i].subquery, arena);
		ascend(s->sources[i].subquery, arena);
	}
}

static bool
shrink_once(struct statement *s, unsigned step, struct arena *arena)
{
	if (step == 11) {
		bool changed = s->descending;

		ascend(s, arena);
		return changed;
	}
	if (step < 18)
		return drop_clause(s, step);
	if (step < 26)
		return drop_field(s, step - 18);
	if (step < 28)
		return halve_condition(s, step - 26);
	return simplify(s, step - 28);
}

struct statement *
statement_shrink(const struct statement *s, unsigned step, struct arena *arena)
{
	struct statement *smaller = copy_of(s, arena);
	struct statement *sub = s->sources[0].subquery;

	if (step < 60)
		return shrink_once(smaller, step, arena) ? smaller : NULL;
	if (sub == NULL)
		return NULL;
	if (step == 60)
		return sub;
	sub = statement_shrink(sub, step - 61, arena);
	if (sub == NULL || sub->descending != s->descending)
		return NULL;
	smaller->sources[0].subquery = sub;
	return smaller;
}
