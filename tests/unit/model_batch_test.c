/*
 * tests/unit/model_batch_test.c - batches: names found again, rows added and dropped, rejects kept
 */
#include "unit.h"

#include "base/utf8.h"
#include "model/batch.h"

#define N_NAMES 3000

static struct slice
name_of(char text[16], unsigned i)
{
	return slice_make(text, (size_t)snprintf(text, 16, "n%u", i));
}

static void
test_names(void **state)
{
	struct arena *a = arena_new(4096);
	struct batch_table *tables[N_NAMES];
	struct batch batch;
	char text[16];
	uint64_t seed = 1;

	(void)state;
	batch_init(&batch, a, NULL);
	for (unsigned i = 0; i < N_NAMES; i++) {
		tables[i] = batch_table(&batch, name_of(text, i));
		memset(text, '?', sizeof(text));		/* names are copied */
		UNIT_SAME("table", tables[i]->name, name_of(text, i));
		assert_ptr_equal(batch_table(&batch, name_of(text, i)), tables[i]);
	}
	for (int round = 0; round < 10000; round++) {
		unsigned i = (unsigned)(unit_random(&seed) % N_NAMES);

		assert_ptr_equal(batch_table(&batch, name_of(text, i)), tables[i]);
		i = (i + 1) % N_NAMES;
		assert_ptr_equal(batch_table(&batch, name_of(text, i)), tables[i]);
	}
	assert_int_equal(batch.n_tables, N_NAMES);
	arena_free(a);
}

static void
test_columns(void **state)
{
	static const enum value_type types[] = { VALUE_FLOAT, VALUE_STRING };
	struct arena *a = arena_new(4096);
	struct batch_table *table;
	struct batch batch;
	char text[16];
	uint64_t seed = 2;

	(void)state;
	batch_init(&batch, a, NULL);
	table = batch_table(&batch, SLICE("m"));
	for (unsigned i = 0; i < 200; i++)
		for (unsigned k = 0; k < 2; k++)
			batch_column(&batch, table, name_of(text, i), types[k]);
	assert_int_equal(table->n_columns, 400);
	for (int round = 0; round < 5000; round++) {
		unsigned i = (unsigned)(unit_random(&seed) % 200), k = (unsigned)round % 2;
		struct batch_column *c = batch_column(&batch, table, name_of(text, i), types[k]);

		assert_int_equal(c - table->columns, 2 * i + k);
		assert_int_equal(c->type, types[k]);
		UNIT_SAME("column", c->name, name_of(text, i));
	}
	arena_free(a);
}

/*
 * Rows with a column that comes late and one that is sparse; all is found again.
 */
static void
test_rows(void **state)
{
	struct arena *a = arena_new(4096);
	struct batch_table *table;
	struct batch_column *c;
	struct batch batch;

	(void)state;
	batch_init(&batch, a, NULL);
	table = batch_table(&batch, SLICE("m"));
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t row = batch_table_add_row(&batch, table, (int64_t)i * 10, i / 7, i + 1);

		assert_int_equal(row, i);
		c = batch_column(&batch, table, SLICE("all"), VALUE_INTEGER);
		assert_false(batch_has(c, row));
		c->cells[row].i = -(int64_t)i;
		batch_set_present(c, row);
		batch_set_present(c, row);			/* counts once */
		if (i < 333 || i % 3 != 0)
			continue;
		c = batch_column(&batch, table, SLICE("some"), VALUE_STRING);
		c->cells[row].u = batch_column_add_string(&batch, c, SLICE("text"));
		batch_set_present(c, row);
	}
	assert_int_equal(batch.n_rows, 1000);
	c = batch_column(&batch, table, SLICE("all"), VALUE_INTEGER);
	assert_int_equal(c->n_present, 1000);
	c = batch_column(&batch, table, SLICE("some"), VALUE_STRING);
	assert_int_equal(c->n_present, 223);
	assert_int_equal(c->first_row, 333);
	assert_int_equal(c->n_strings, 223);
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(table->times[i], (int64_t)i * 10);
		assert_int_equal(table->series[i], i / 7);
		assert_int_equal(table->lines[i], i + 1);
		assert_int_equal(table->columns[0].cells[i].i, -(int64_t)i);
		assert_int_equal(batch_has(&table->columns[1], i), i >= 333 && i % 3 == 0);
	}
	for (uint32_t i = 1000; i < table->cap_rows; i++)
		assert_false(batch_has(&table->columns[0], i));
	arena_free(a);
}

static void
test_drop_row(void **state)
{
	struct arena *a = arena_new(4096);
	struct batch_table *table;
	struct batch_column *c;
	struct batch batch;

	(void)state;
	batch_init(&batch, a, NULL);
	table = batch_table(&batch, SLICE("m"));
	for (uint32_t round = 0; round < 3; round++) {
		uint32_t row = batch_table_add_row(&batch, table, 5, 0, round + 1);

		assert_int_equal(row, 0);
		c = batch_column(&batch, table, SLICE("s"), VALUE_STRING);
		assert_false(batch_has(c, row));
		c->cells[row].u = batch_column_add_string(&batch, c, SLICE("text"));
		batch_set_present(c, row);
		batch_table_drop_row(&batch, table);
		assert_false(batch_has(c, row));
		assert_int_equal(c->n_present, 0);
		assert_int_equal(c->n_strings, 0);
		assert_int_equal(table->n_rows, 0);
		assert_int_equal(batch.n_rows, 0);
	}
	arena_free(a);
}

/*
 * The same refs in two batches after each other, and the same place in two tables.
 */
static void
test_refs(void **state)
{
	static struct series_ref refs[100];
	struct arena *a = arena_new(4096);
	struct batch_table *table;
	struct batch batch;
	uint64_t before = 0;

	(void)state;
	for (int round = 0; round < 3; round++) {
		batch_init(&batch, a, NULL);
		assert_true(batch.number > before);
		before = batch.number;
		table = batch_table(&batch, SLICE("m"));
		for (uint32_t i = 0; i < 200; i++)
			assert_int_equal(batch_table_add_ref(&batch, table,
			    &refs[(i * 7 + (uint32_t)round) % 100]), i % 100);
		assert_int_equal(table->n_refs, 100);
		table = batch_table(&batch, SLICE("other"));
		assert_int_equal(batch_table_add_ref(&batch, table, &refs[50]), 0);
		assert_ptr_equal(table->refs[0], &refs[50]);
		arena_reset(a);
	}
	arena_free(a);
}

static void
test_rejects(void **state)
{
	struct arena *a = arena_new(4096);
	struct batch_rejects rejects;
	char text[2000];

	(void)state;
	batch_rejects_init(&rejects, a);
	for (uint64_t i = 0; i < 500; i++)
		batch_reject(&rejects, i % 2 != 0 ? BATCH_REJECT_SYNTAX : BATCH_REJECT_LIMIT,
		    1 + i * 37 % 500, "line %llu", (unsigned long long)(1 + i * 37 % 500));
	assert_int_equal(rejects.n, 500);
	assert_int_equal(rejects.n_of[BATCH_REJECT_SYNTAX], 250);
	assert_int_equal(rejects.n_of[BATCH_REJECT_LIMIT], 250);
	assert_int_equal(rejects.n_kept, BATCH_REJECTS_KEPT);
	for (size_t i = 0; i < BATCH_REJECTS_KEPT; i++) {
		snprintf(text, sizeof(text), "line %zu", i + 1);
		assert_int_equal(rejects.kept[i].line, i + 1);
		UNIT_SAME("reject", rejects.kept[i].text, slice_from(text));
	}
	batch_rejects_init(&rejects, a);
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xC3\xA4", 3);
	batch_reject(&rejects, BATCH_REJECT_SYNTAX, 9, "x%s", text);
	batch_reject(&rejects, BATCH_REJECT_SYNTAX, 9, "second");
	assert_int_equal(rejects.kept[0].text.n, 511);
	assert_true(utf8_valid(rejects.kept[0].text));
	UNIT_SAME("of one line, in order", rejects.kept[1].text, SLICE("second"));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_drop_row),
		cmocka_unit_test(test_refs),
		cmocka_unit_test(test_rejects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
