/*
 * influxql/parse_name.c - names with dots between them, and references with their ::type
 */
#include "base/utf8.h"
#include "influxql/influxql_priv.h"

#define SEGMENTS_SHOWN_MAX 600		/* bytes, in a message */

static int
fail_segments(struct parser *p, const struct slice *names, size_t n)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < n; i++) {
		bool last = i + 1 == n;

		if (i > 0)
			buf_putc(&text, '.');
		if (!last && influxql_token_plain(names[i]))
			buf_printf(&text, "\"" SLICE_FMT "\"", SLICE_ARG(names[i]));
		else if (names[i].n > 0 || i == 0 || last)
			influxql_print_ident(&text, names[i]);
	}
	influxql_parser_fail_at(p, (struct position){ 0, 0 }, "too many segments in " SLICE_FMT,
	    SLICE_ARG(utf8_cut(buf_slice(&text), SEGMENTS_SHOWN_MAX)));
	buf_free(&text);
	return -1;
}

/* names = ident { "." [ ident ] } . */
int
influxql_parse_names(struct parser *p, struct slice names[3], size_t *n, bool *open)
{
	struct slice *all = arena_array(p->arena, struct slice, 4);
	size_t cap = 4;

	*open = false;
	if (influxql_parser_ident(p, &all[0]) != 0)
		return -1;
	for (*n = 1;; ++*n) {
		struct token dot = influxql_parser_scan(p);
		uint32_t rune;

		if (dot.kind != TOKEN_DOT) {
			influxql_parser_back(p, &dot);
			break;
		}
		rune = influxql_parser_peek(p);
		if (rune == '/' || rune == ':') {
			*open = true;
			break;
		}
		if (*n == cap) {
			all = arena_grow(p->arena, all, cap, 2 * cap);
			cap *= 2;
		}
		all[*n] = slice_make(NULL, 0);
		if (rune != '.' && influxql_parser_ident(p, &all[*n]) != 0)
			return -1;
	}
	if (*n > 3)
		return fail_segments(p, all, *n);
	memcpy(names, all, *n * sizeof(names[0]));
	return 0;
}

/* type = "float" | "integer" | "unsigned" | "string" | "boolean" | "field" | "tag" . */
static int
parse_cast(struct parser *p, enum expr_cast *cast)
{
	struct token token = influxql_parser_scan(p);

	if (token.kind == TOKEN_FIELD) {
		*cast = CAST_FIELD;
		return 0;
	}
	if (token.kind == TOKEN_TAG) {
		*cast = CAST_TAG;
		return 0;
	}
	if (token.kind != TOKEN_IDENT)
		return influxql_parser_found(p, &token,
		    "float, integer, string, boolean, field, tag");
	for (enum expr_cast c = CAST_FLOAT; c <= CAST_BOOLEAN; c++) {
		if (slice_eq_nocase(token.text, slice_from(influxql_cast_name(c)))) {
			*cast = c;
			return 0;
		}
	}
	return influxql_parser_found(p, &token,
	    "float, integer, unsigned, string, boolean, field, tag");
}

static struct slice
join_names(struct parser *p, const struct slice *names, size_t n)
{
	struct slice joined = names[0];

	for (size_t i = 1; i < n; i++)
		joined = arena_printf(p->arena, SLICE_FMT "." SLICE_FMT, SLICE_ARG(joined),
		    SLICE_ARG(names[i]));
	return joined;
}

/* var_ref = ident { "." ident } [ "::" type ] . */
struct expr *
influxql_parse_ref(struct parser *p, struct position at)
{
	struct expr *e = influxql_parser_node(p, EXPR_REF, at);
	struct slice names[3];
	struct token token;
	size_t n;
	bool open;

	if (influxql_parse_names(p, names, &n, &open) != 0)
		return NULL;
	e->ref.name = join_names(p, names, n);
	token = influxql_parser_scan(p);
	if (token.kind != TOKEN_DOUBLE_COLON) {
		influxql_parser_back(p, &token);
		return e;
	}
	return parse_cast(p, &e->ref.cast) == 0 ? e : NULL;
}
