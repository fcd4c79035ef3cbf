/*
 * store/schema.c - what a process remembers of buckets, measurements, columns and tag values
 *
 * Names never change their meaning while the schema generation stands, so what is remembered is
 * right, only perhaps not all. Everything lies in one arena and is forgotten together: when the
 * generation moves, when a transaction failed half-way, or when it has grown past its limit.
 */
#include "base/memory.h"
#include "store/store_priv.h"

#define LIMIT_BYTES (16u << 20)

void
schema_init(struct schema *schema)
{
	memset(schema, 0, sizeof(*schema));
	schema->arena = arena_new(16384);
	schema->limit_bytes = LIMIT_BYTES;
}

void
schema_forget(struct schema *schema)
{
	for (struct schema_bucket *b = schema->buckets; b != NULL; b = b->next) {
		for (size_t i = 0; i < b->measurements.n; i++) {
			struct schema_measurement *m =
			    (struct schema_measurement *)(uintptr_t)b->measurements.entries[i].value;

			table_free(&m->columns);
		}
		table_free(&b->measurements);
	}
	table_free(&schema->values);
	table_free(&schema->texts);
	schema->text_list = NULL;
	schema->n_texts = schema->cap_texts = 0;
	schema->buckets = NULL;
	schema->generation = 0;
	arena_reset(schema->arena);
}

void
schema_free(struct schema *schema)
{
	schema_forget(schema);
	arena_free(schema->arena);
	schema->arena = NULL;
}

struct schema_bucket *
schema_bucket_known(struct schema *schema, uint64_t bucket_id)
{
	for (struct schema_bucket *b = schema->buckets; b != NULL; b = b->next)
		if (b->id == bucket_id)
			return b;
	return NULL;
}

struct schema_measurement *
schema_measurement_known(struct schema_bucket *bucket, struct slice name)
{
	struct table_entry *e = table_get(&bucket->measurements, name);

	return e == NULL ? NULL : (struct schema_measurement *)(uintptr_t)e->value;
}

const struct column *
schema_column_known(const struct schema_measurement *m, struct slice name)
{
	struct table_entry *e = table_get(&m->columns, name);

	return e == NULL ? NULL : &m->list[e->value];
}

struct schema_bucket *
schema_add_bucket(struct schema *schema, uint64_t id, int64_t retention_ns, uint64_t n_measurements)
{
	struct schema_bucket *b = arena_zalloc(schema->arena, sizeof(*b));

	b->id = id;
	b->retention_ns = retention_ns;
	b->n_measurements = n_measurements;
	b->next = schema->buckets;
	schema->buckets = b;
	return b;
}

struct schema_measurement *
schema_add_measurement(struct schema *schema, struct schema_bucket *bucket, struct slice name,
    uint32_t id)
{
	struct schema_measurement *m = arena_zalloc(schema->arena, sizeof(*m));

	m->id = id;
	m->name = arena_copy(schema->arena, name);
	table_put(&bucket->measurements, m->name, NULL)->value = (uintptr_t)m;
	return m;
}

void
schema_add_column(struct schema *schema, struct schema_measurement *m, const struct column *column)
{
	struct slice name;
	bool made;

	if (table_get(&m->columns, column->name) != NULL)
		return;
	name = arena_copy(schema->arena, column->name);
	if (m->n == m->cap) {
		size_t cap = m->cap == 0 ? 16 : m->cap * 2;

		m->list = arena_grow(schema->arena, m->list, m->cap, cap);
		m->cap = cap;
	}
	m->list[m->n] = *column;
	m->list[m->n].name = name;
	table_put(&m->columns, name, &made)->value = m->n++;
}

/*
 * The words of a tag value's key in the table: 4 bytes, 4 bytes, the value.
 */
static struct slice
value_name(char *room, size_t cap, uint32_t measurement_id, uint32_t key, struct slice value)
{
	if (value.n + 8 > cap)
		return (struct slice){ NULL, 0 };
	memcpy(room, &measurement_id, 4);
	memcpy(room + 4, &key, 4);
	memcpy(room + 8, value.p, value.n);
	return slice_make(room, value.n + 8);
}

#define NAME_ROOM 264		/* longer values are not remembered */

bool
schema_value_known(struct schema *schema, uint32_t measurement_id, uint32_t key,
    struct slice value, uint64_t *id)
{
	char room[NAME_ROOM];
	struct slice name = value_name(room, sizeof(room), measurement_id, key, value);
	struct table_entry *e = name.n == 0 ? NULL : table_get(&schema->values, name);

	if (e == NULL)
		return false;
	*id = e->value;
	return true;
}

void
schema_add_value(struct schema *schema, uint32_t measurement_id, uint32_t key, struct slice value,
    uint64_t id)
{
	char room[NAME_ROOM];
	struct slice name = value_name(room, sizeof(room), measurement_id, key, value);

	if (name.n == 0 || table_get(&schema->values, name) != NULL)
		return;
	table_put(&schema->values, arena_copy(schema->arena, name), NULL)->value = id;
}

struct text_name {
	uint32_t	 measurement_id, key;
	uint64_t	 value_id;
};

static struct slice
text_name_slice(const struct text_name *name)
{
	return slice_make((const char *)name, sizeof(*name));
}

bool
schema_text_known(struct schema *schema, uint32_t measurement_id, uint32_t key, uint64_t value_id,
    struct slice *text)
{
	const struct text_name name = { measurement_id, key, value_id };
	struct table_entry *e = table_get(&schema->texts, text_name_slice(&name));

	if (e == NULL)
		return false;
	*text = schema->text_list[e->value];
	return true;
}

void
schema_add_text(struct schema *schema, uint32_t measurement_id, uint32_t key, uint64_t value_id,
    struct slice text)
{
	const struct text_name name = { measurement_id, key, value_id };

	if (table_get(&schema->texts, text_name_slice(&name)) != NULL)
		return;
	if (schema->n_texts == schema->cap_texts) {
		size_t cap = schema->cap_texts == 0 ? 256 : schema->cap_texts * 2;

		schema->text_list = arena_grow(schema->arena, schema->text_list, schema->cap_texts, cap);
		schema->cap_texts = cap;
	}
	schema->text_list[schema->n_texts] = arena_copy(schema->arena, text);
	table_put(&schema->texts, arena_copy(schema->arena, text_name_slice(&name)), NULL)->value =
	    schema->n_texts++;
}
