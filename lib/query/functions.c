/*
 * query/functions.c - the table of functions, and the point that a selector keeps
 */
#include "query/functions.h"

#include <stdlib.h>

#include "base/memory.h"
#include "query/eval.h"

#define STATES_ROW(name, kind, min, max, takes, result, label, code)                           \
	{ name, FUNCTION_##kind, min, max, TAKES_##takes, RESULT_##result, label, &code, NULL, \
		NULL },
#define SEQUENCE_ROW(name, kind, min, max, takes, result, label, code)                         \
	{ name, FUNCTION_##kind, min, max, TAKES_##takes, RESULT_##result, label, NULL, &code, \
		NULL },
#define MATH_ROW(name, n, result, code) \
	{ name, FUNCTION_MATH, n, n, TAKES_NUMBERS, RESULT_##result, name, NULL, NULL, code },

static const struct function functions[] = { FUNCTION_TABLE(STATES_ROW, SEQUENCE_ROW, MATH_ROW) };

const struct function *
query_functions_find(struct slice name)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (slice_eq(slice_from(functions[i].name), name))
			return &functions[i];
	return NULL;
}

bool
query_functions_take(const struct function *f, enum value_type type)
{
	switch (type) {
	case VALUE_FLOAT:
	case VALUE_INTEGER:
	case VALUE_UNSIGNED:
		return true;
	case VALUE_BOOLEAN:
		return f->takes != TAKES_NUMBERS;
	case VALUE_STRING:
		return f->takes == TAKES_ANY;
	default:
		return false;
	}
}

static size_t
text_bytes(struct value v)
{
	return value_is_text(v) ? v.s.n : 0;
}

static void
keep_text(struct buf *text, struct value *v)
{
	size_t at = text->n;

	if (!value_is_text(*v))
		return;
	buf_put_slice(text, v->s);
	v->s.p = text->p + at;
}

/*
 * Room for all strings is made first, so that none of them moves.
 */
void
query_functions_keep(struct kept *k, const struct fn_input *in, size_t row)
{
	size_t bytes;

	k->set = true;
	k->time = in->block->times[row];
	k->value = column_value(&in->block->columns[in->column], row);
	bytes = text_bytes(k->value);
	if (in->n_aux > 0 && k->aux == NULL)
		k->aux = memory_array(in->n_aux, sizeof(*k->aux));
	for (size_t i = 0; i < in->n_aux; i++) {
		k->aux[i] = column_value(&in->block->columns[in->aux[i]], row);
		bytes += text_bytes(k->aux[i]);
	}
	if (bytes == 0)
		return;
	buf_reset(&k->text);
	buf_reserve(&k->text, bytes);
	keep_text(&k->text, &k->value);
	for (size_t i = 0; i < in->n_aux; i++)
		keep_text(&k->text, &k->aux[i]);
}

void
query_functions_drop_kept(struct kept *k)
{
	free(k->aux);
	k->aux = NULL;
	buf_free(&k->text);
}

struct point
query_functions_kept_point(const struct kept *k)
{
	return (struct point){ k->time, k->value, k->aux };
}

bool
query_functions_less(struct value a, struct value b)
{
	switch (a.type) {
	case VALUE_FLOAT:
		return a.f < b.f;
	case VALUE_INTEGER:
	case VALUE_TIME:
		return a.i < b.i;
	case VALUE_UNSIGNED:
		return a.u < b.u;
	case VALUE_BOOLEAN:
		return !a.b && b.b;
	case VALUE_STRING:
	case VALUE_TAG:
		return slice_cmp(a.s, b.s) < 0;
	default:
		return false;
	}
}
