/*
 * tests/property/data.c - random measurements: late and repeated points, missing fields and tags
 *
 * Three measurements share the names of some tags and fields; a name may be an integer in one and
 * a float in another. Values are multiples of 1/4, so that sums come out the same in any order. In
 * half of the data no two points have one time, so that every answer is certain; in the other half
 * times are whole seconds, which series share.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/number.h"
#include "property.h"

#define SPAN_S 600

uint64_t
dice_roll(struct dice *dice)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return dice->state * UINT64_C(0x2545F4914F6CDD1D);
}

unsigned
dice_below(struct dice *dice, unsigned n)
{
	return (unsigned)((dice_roll(dice) >> 32) % n);
}

bool
dice_chance(struct dice *dice, unsigned percent)
{
	return dice_below(dice, 100) < percent;
}

int
table_find(const struct table *table, const char *name)
{
	for (size_t i = 0; i < table->n_columns; i++)
		if (strcmp(table->columns[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* ---- a measurement ---- */

static const struct table_column fields[] = {
	{ "f", VALUE_FLOAT },
	{ "g", VALUE_FLOAT },
	{ "i", VALUE_INTEGER },
	{ "j", VALUE_INTEGER },
	{ "s", VALUE_STRING },
	{ "t", VALUE_BOOLEAN },
};

static const char *const tags[] = { "a", "b", "c" };

static void
make_columns(struct data *data, struct dice *dice, struct table *table, unsigned number)
{
	table->columns =
	    arena_array(data->arena, struct table_column, PROPERTY_N(fields) + PROPERTY_N(tags));
	table->dimensions = arena_array(data->arena, const char *, PROPERTY_N(tags));
	for (size_t i = 0; i < PROPERTY_N(tags); i++) {
		if (dice_chance(dice, 35))
			continue;
		table->columns[table->n_columns++] = (struct table_column){ tags[i], VALUE_TAG };
		table->dimensions[table->n_dimensions++] = tags[i];
	}
	for (size_t i = 0; i < PROPERTY_N(fields); i++) {
		struct table_column c = fields[i];

		if (i > 0 && dice_chance(dice, number == 0 ? 10 : 30))
			continue;
		if (c.type == VALUE_INTEGER && dice_chance(dice, 15))
			c.type = VALUE_FLOAT;
		table->columns[table->n_columns++] = c;
	}
}

static struct value
random_value(struct dice *dice, enum value_type type)
{
	static const char *const words[] = { "red", "green", "blue", "grey", "ebb" };
	struct value v = { .type = type };

	switch (type) {
	case VALUE_FLOAT:
		v.f = (double)dice_below(dice, dice_chance(dice, 50) ? 40 : 4000) / 4 - 5;
		break;
	case VALUE_INTEGER:
		v.i = (int64_t)dice_below(dice, dice_chance(dice, 50) ? 12 : 2000) - 4;
		break;
	case VALUE_BOOLEAN:
		v.b = dice_chance(dice, 50);
		break;
	default:
		v.type = VALUE_STRING;
		v.s = slice_from(words[dice_below(dice, PROPERTY_N(words))]);
	}
	return v;
}

/* ---- points ---- */

/*
 * The point of this series and time: a known one, or a new one without fields.
 */
static struct point *
find_point(struct data *data, struct table *table, const struct point *like)
{
	struct point *p;

	for (size_t i = 0; i < table->n_points; i++) {
		bool same = table->points[i].time == like->time;

		for (size_t c = 0; same && c < table->n_dimensions; c++)
			same = slice_eq(table->points[i].values[c].s, like->values[c].s);
		if (same)
			return &table->points[i];
	}
	p = &table->points[table->n_points++];
	p->name = table->name;
	p->time = like->time;
	p->values = arena_zalloc(data->arena, table->n_columns * sizeof(*p->values));
	memcpy(p->values, like->values, table->n_dimensions * sizeof(*p->values));
	return p;
}

static void
put_value(struct buf *line, const struct value *v)
{
	switch (v->type) {
	case VALUE_FLOAT:
		number_put_float(line, v->f);
		break;
	case VALUE_INTEGER:
		number_put_int(line, v->i);
		buf_putc(line, 'i');
		break;
	case VALUE_BOOLEAN:
		buf_puts(line, v->b ? "true" : "false");
		break;
	default:
		buf_printf(line, "\"" SLICE_FMT "\"", SLICE_ARG(v->s));
	}
}

/*
 * A line about the series and time of `like`: random fields, at least one.
 */
static void
write_line(struct data *data, struct dice *dice, struct table *table, const struct point *like,
    struct buf *out)
{
	struct point *p = find_point(data, table, like);
	size_t n_fields = table->n_columns - table->n_dimensions;
	size_t sure = table->n_dimensions + dice_below(dice, (unsigned)n_fields);
	unsigned percent = dice_chance(dice, 50) ? 90 : 50;
	char separator = ' ';

	buf_puts(out, table->name);
	for (size_t i = 0; i < table->n_dimensions; i++)
		if (p->values[i].s.n != 0)
			buf_printf(out, ",%s=" SLICE_FMT, table->columns[i].name,
			    SLICE_ARG(p->values[i].s));
	for (size_t i = table->n_dimensions; i < table->n_columns; i++) {
		if (i != sure && !dice_chance(dice, percent))
			continue;
		p->values[i] = random_value(dice, table->columns[i].type);
		buf_printf(out, "%c%s=", separator, table->columns[i].name);
		put_value(out, &p->values[i]);
		separator = ',';
	}
	buf_printf(out, " %" PRId64 "\n", p->time);
}

/*
 * The series and time of the next line: mostly later than the last, sometimes late, sometimes a
 * point that exists already.
 */
static void
choose_point(struct data *data, struct dice *dice, struct table *table, unsigned i, unsigned n,
    struct point *like)
{
	static const char *const values[] = { "x", "y", "z", "xy" };

	if (table->n_points != 0 && dice_chance(dice, 12)) {
		*like = table->points[dice_below(dice, (unsigned)table->n_points)];
		return;
	}
	for (size_t c = 0; c < table->n_dimensions; c++) {
		unsigned which = dice_below(dice, 5);

		like->values[c].type = VALUE_TAG;
		like->values[c].s = which < 4 ? slice_from(values[which]) : SLICE("");
	}
	if (dice_chance(dice, 20))
		i = dice_below(dice, n);
	like->time = data->first + (int64_t)((uint64_t)i * SPAN_S / n) * SECOND;
	if (data->shared_times)
		return;
	for (bool taken = true; taken;) { /* apart from every other point */
		like->time = data->first + (int64_t)((uint64_t)i * SPAN_S / n) * SECOND +
			     dice_below(dice, 1000000) * INT64_C(4000);
		taken = like->time >= data->last;
		for (size_t t = 0; t < PROPERTY_N(data->tables); t++)
			for (size_t k = 0; k < data->tables[t].n_points; k++)
				taken |= data->tables[t].points[k].time == like->time;
	}
}

/*
 * Only what was written exists: columns without a value are taken out.
 */
static void
drop_columns(struct table *table)
{
	for (size_t c = table->n_columns; c-- > 0;) {
		bool used = false;

		for (size_t i = 0; i < table->n_points; i++) {
			const struct value *v = &table->points[i].values[c];

			used |= v->type == VALUE_TAG ? v->s.n != 0 : v->type != VALUE_NULL;
		}
		if (used)
			continue;
		for (size_t i = 0; i < table->n_points; i++)
			memmove(&table->points[i].values[c], &table->points[i].values[c + 1],
			    (table->n_columns - c - 1) * sizeof(struct value));
		memmove(&table->columns[c], &table->columns[c + 1],
		    (table->n_columns - c - 1) * sizeof(struct table_column));
		table->n_columns--;
		if (c < table->n_dimensions) {
			memmove(&table->dimensions[c], &table->dimensions[c + 1],
			    (table->n_dimensions - c - 1) * sizeof(*table->dimensions));
			table->n_dimensions--;
		}
	}
}

void
data_make(struct data *data, uint64_t seed)
{
	static const int64_t starts[] = { 0, -300 * SECOND, 1500000000 * SECOND, 960 * SECOND };
	static const char *const names[] = { "m0", "m1", "n2" };
	struct dice dice = { seed * 2 + 1 };
	struct buf out = { 0 };
	struct point like;
	unsigned n, i;

	memset(data, 0, sizeof(*data));
	data->arena = arena_new(65536);
	data->seed = seed;
	dice_roll(&dice);
	data->shared_times = dice_chance(&dice, 40);
	data->first = starts[dice_below(&dice, PROPERTY_N(starts))];
	data->last = data->first + SPAN_S * SECOND - 1;
	n = 10 + dice_below(&dice, dice_chance(&dice, 70) ? 60 : 400);
	for (i = 0; i < PROPERTY_N(names); i++) {
		data->tables[i].name = names[i];
		make_columns(data, &dice, &data->tables[i], i);
		data->tables[i].points = arena_array(data->arena, struct point, n);
	}
	data->writes = arena_array(data->arena, struct slice, n);
	like.values = arena_array(data->arena, struct value, PROPERTY_N(tags));
	for (i = 0; i < n; i++) {
		struct value *values = like.values;
		struct table *table = &data->tables[dice_below(&dice, PROPERTY_N(names))];

		choose_point(data, &dice, table, i, n, &like);
		write_line(data, &dice, table, &like, &out);
		like.values = values;
		if (dice_chance(&dice, 25) || i + 1 == n) {
			data->writes[data->n_writes++] = arena_copy(data->arena, buf_slice(&out));
			buf_reset(&out);
		}
	}
	for (i = 0; i < PROPERTY_N(names); i++)
		drop_columns(&data->tables[i]);
	buf_free(&out);
}

void
data_free(struct data *data)
{
	arena_free(data->arena);
}
