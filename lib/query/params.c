/*
 * query/params.c - bound parameters: a JSON object to a list that the parser looks names up in
 *
 *     {"h": "a", "n": 2, "f": 2.5, "b": true, "r": {"regex": "^a"}, "d": {"duration": "1m"}}
 *
 * A number with a point is a float, any other an integer, by its text: 1e3 is refused and so is
 * what int64 cannot hold, as InfluxDB does. jansson would turn both into something else, so numbers are
 * put in quotes behind a mark before it sees them (keep_numbers), and it reads strings alone.
 *
 * A value that can stand for nothing (an array, null) is an error only where it is used, so it
 * becomes a PARAM_BAD with its reason.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "query/query_priv.h"

#define NUMBER_MARK '\x01'	/* a byte that JSON allows in no string as it is */

static bool
is_number_char(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/*
 * number = [ "-" ] ( "0" | digit1 { digit } ) [ "." digits ] [ ( "e" | "E" ) [ sign ] digits ]
 */
static bool
is_json_number(struct slice s)
{
	size_t i = 0, from;

#define DIGITS() for (from = i; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
	if (i < s.n && s.p[i] == '-')
		i++;
	DIGITS();
	if (i == from || (s.p[from] == '0' && i - from > 1))
		return false;
	if (i < s.n && s.p[i] == '.') {
		i++;
		DIGITS();
		if (i == from)
			return false;
	}
	if (i < s.n && (s.p[i] | 0x20) == 'e') {
		i++;
		if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
			i++;
		DIGITS();
		if (i == from)
			return false;
	}
#undef DIGITS
	return i == s.n;
}

/*
 * The text with each number N outside of strings as "\u0001N". A string that begins with that
 * character is refused: nobody could tell it from a number.
 */
static int
keep_numbers(struct slice text, struct buf *out, struct err *err)
{
	bool in_string = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (in_string && c == '\\' && i + 1 < text.n) {
			if (text.p[i - 1] == '"' && text.n - i >= 6 &&
			    memcmp(text.p + i, "\\u0001", 6) == 0)
				return err_set(err, ERR_INVALID,
				    "error parsing query parameters: invalid character in string");
			buf_putc(out, c);
			buf_putc(out, text.p[++i]);
			continue;
		}
		if (c == '"')
			in_string = !in_string;
		if (!in_string && ((c >= '0' && c <= '9') || c == '-')) {
			struct slice number = slice_make(text.p + i, 0);

			while (i + number.n < text.n && is_number_char(number.p[number.n]))
				number.n++;
			if (!is_json_number(number))
				return err_set(err, ERR_INVALID, "error parsing query parameters: "
				    "invalid number '%.*s'", (int)(number.n < 64 ? number.n : 64),
				    number.p);
			buf_puts(out, "\"\\u0001");
			buf_put_slice(out, number);
			buf_putc(out, '"');
			i += number.n - 1;
			continue;
		}
		buf_putc(out, c);
	}
	return 0;
}

static struct slice
text_of(const json_t *string)
{
	return slice_make(json_string_value(string), json_string_length(string));
}

static bool
is_number(const json_t *value)
{
	return json_is_string(value) && json_string_length(value) != 0 &&
	    json_string_value(value)[0] == NUMBER_MARK;
}

static bool
is_text(const json_t *value)
{
	return json_is_string(value) && !is_number(value);
}

/*
 * The text of a number without its mark, and whether it has the shape of an integer.
 */
static struct slice
number_of(const json_t *value, bool *integer)
{
	struct slice text = text_of(value);

	text = slice_make(text.p + 1, text.n - 1);
	*integer = slice_find(text, '.') == text.n && slice_find(text, 'e') == text.n &&
	    slice_find(text, 'E') == text.n;
	return text;
}

static void
bad(struct arena *arena, struct influxql_param *param, const char *why)
{
	param->kind = PARAM_BAD;
	param->text = arena_printf(arena, "%s", why);
}

/*
 * Go's name of a type, as its %T prints it.
 */
static const char *
type_name(const json_t *value)
{
	if (json_is_array(value))
		return "[]interface {}";
	if (json_is_object(value))
		return "map[string]interface {}";
	return "<nil>";
}

/*
 * kind = "identifier" | "ident" | "regex" | "string" | "float" | "number" | "integer" | "int" |
 *        "duration"
 */
static void
bind_object(const json_t *object, struct arena *arena, struct influxql_param *param)
{
	static const struct {
		const char	*name;
		enum influxql_param_kind kind;
		bool		 takes_text, takes_integer, takes_float;
		const char	*otherwise;
	} kinds[] = {
		{ "ident", PARAM_IDENTIFIER, 1, 0, 0, "identifier must be a string value" },
		{ "identifier", PARAM_IDENTIFIER, 1, 0, 0, "identifier must be a string value" },
		{ "regex", PARAM_REGEX, 1, 0, 0, "regex literal must be a string value" },
		{ "string", PARAM_STRING, 1, 0, 0, "string literal must be a string value" },
		{ "float", PARAM_FLOAT, 0, 1, 1, "number literal must be a float value" },
		{ "number", PARAM_FLOAT, 0, 1, 1, "number literal must be a float value" },
		{ "int", PARAM_INTEGER, 0, 1, 0, "integer literal must be an integer value" },
		{ "integer", PARAM_INTEGER, 0, 1, 0, "integer literal must be an integer value" },
		{ "duration", PARAM_DURATION, 1, 1, 0,
		    "duration literal must be a string or integer value" },
	};
	void *entry = json_object_iter((json_t *)object);
	const char *key;
	const json_t *value;
	bool integer = false;

	if (json_object_size(object) != 1) {
		bad(arena, param, "bound object parameter value must have exactly one entry");
		return;
	}
	key = json_object_iter_key(entry);
	value = json_object_iter_value(entry);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, key) != 0)
			continue;
		param->kind = kinds[i].kind;
		param->text = is_number(value) ? number_of(value, &integer) :
		    is_text(value) ? text_of(value) : slice_make(NULL, 0);
		if (!(is_text(value) && kinds[i].takes_text) &&
		    !(is_number(value) && integer && kinds[i].takes_integer) &&
		    !(is_number(value) && !integer && kinds[i].takes_float))
			bad(arena, param, kinds[i].otherwise);
		param->text = arena_copy(arena, param->text);
		return;
	}
	param->kind = PARAM_BAD;
	param->text = arena_printf(arena, "unknown bind object type: %.100s", key);
}

static int
bind_number(const json_t *value, struct arena *arena, struct influxql_param *param, struct err *err)
{
	bool integer;
	struct slice text = arena_copy(arena, number_of(value, &integer));

	param->text = text;
	param->kind = slice_find(text, '.') != text.n ? PARAM_FLOAT : PARAM_INTEGER;
	if (param->kind == PARAM_FLOAT)
		return 0;
	errno = 0;
	(void)strtoll(text.p, NULL, 10);
	if (!integer || errno == ERANGE)
		return err_set(err, ERR_INVALID, "error parsing json value: strconv.ParseInt: "
		    "parsing \"%.64s\": %s", text.p,
		    integer ? "value out of range" : "invalid syntax");
	return 0;
}

static int
bind(const json_t *value, struct arena *arena, struct influxql_param *param, struct err *err)
{
	if (is_number(value))
		return bind_number(value, arena, param, err);
	if (json_is_string(value)) {
		param->kind = PARAM_STRING;
		param->text = arena_copy(arena, text_of(value));
	} else if (json_is_boolean(value)) {
		param->kind = PARAM_BOOLEAN;
		param->text = json_is_true(value) ? SLICE("true") : SLICE("false");
	} else if (json_is_object(value)) {
		bind_object(value, arena, param);
	} else {
		param->kind = PARAM_BAD;
		param->text = arena_printf(arena, "unable to bind parameter with type %s",
		    type_name(value));
	}
	return 0;
}

static const char *
go_name(const json_t *value)
{
	return json_is_array(value) ? "array" : json_is_boolean(value) ? "bool" :
	    is_number(value) ? "number" : "string";
}

static int
load(struct slice text, json_t **root, struct err *err)
{
	struct buf marked = { 0 };
	json_error_t why;

	*root = NULL;
	if (keep_numbers(text, &marked, err) != 0) {
		buf_free(&marked);
		return -1;
	}
	*root = json_loadb(marked.p != NULL ? marked.p : "", marked.n,
	    JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
	buf_free(&marked);
	if (*root != NULL)
		return 0;
	if (json_error_code(&why) == json_error_premature_end_of_input)
		return err_set(err, ERR_INVALID, "error parsing query parameters: unexpected EOF");
	return err_set(err, ERR_INVALID, "error parsing query parameters: %s", why.text);
}

static int
by_name(const void *a, const void *b)
{
	return slice_cmp(((const struct influxql_param *)a)->name,
	    ((const struct influxql_param *)b)->name);
}

int
query_params_read(struct slice text, struct arena *arena, struct influxql_params *params,
    struct err *err)
{
	struct influxql_param *list;
	const char *key;
	json_t *root, *value;
	size_t n = 0;
	int result = -1;

	if (slice_trim(text).n == 0)
		return 0;
	if (load(text, &root, err) != 0)
		return -1;
	if (json_is_null(root)) {
		result = 0;
		goto done;
	}
	if (!json_is_object(root)) {
		err_set(err, ERR_INVALID, "error parsing query parameters: json: cannot unmarshal "
		    "%s into Go value of type map[string]interface {}", go_name(root));
		goto done;
	}
	list = arena_array(arena, struct influxql_param, json_object_size(root) + 1);
	json_object_foreach(root, key, value) {
		list[n].name = arena_copy(arena, slice_from(key));
		if (bind(value, arena, &list[n], err) != 0)
			goto done;
		n++;
	}
	qsort(list, n, sizeof(*list), by_name);
	params->list = list;
	params->n = n;
	result = 0;
done:
	json_decref(root);
	return result;
}
