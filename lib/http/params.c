/*
 * http/params.c - names and values of a query string or a urlencoded body
 *
 * The text is copied once and decoded in place: a decoded value is never longer than its source,
 * so each stays where it was and the byte behind it, an `&` or the end, becomes its NUL. A `%`
 * without two hexadecimal digits stands for itself, and a `;` is an ordinary byte, since queries
 * hold them.
 */
#include "http/http_priv.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/*
 * decode - undo `+` and `%XX` within p[0 .. n); how long it is then
 */
static size_t
decode(char *p, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%' && n - i > 2 && hex_digit(p[i + 1]) >= 0 &&
		    hex_digit(p[i + 2]) >= 0) {
			c = (char)(hex_digit(p[i + 1]) << 4 | hex_digit(p[i + 2]));
			i += 2;
		}
		p[out++] = c;
	}
	return out;
}

void
http_params_add(struct http_params *params, struct arena *arena, struct slice name,
    struct slice value)
{
	if (params->n == HTTP_PARAMS_MAX)
		return;
	if (params->n == params->cap) {
		size_t cap = params->cap != 0 ? 2 * params->cap : 8;

		params->list = arena_grow(arena, params->list, params->cap, cap);
		params->cap = cap;
	}
	params->list[params->n++] = (struct http_pair){ name, value };
}

static struct slice
decoded(char *p, size_t n)
{
	size_t shorter = decode(p, n);

	p[shorter] = '\0';
	return slice_make(p, shorter);
}

void
http_params_parse(struct http_params *params, struct arena *arena, struct slice text)
{
	char *p = arena_string(arena, text), *end = p + text.n;

	while (p < end && params->n < HTTP_PARAMS_MAX) {
		size_t n = slice_find(slice_make(p, (size_t)(end - p)), '&');
		size_t n_name = slice_find(slice_make(p, n), '=');
		struct slice value = SLICE("");

		if (n_name < n)
			value = decoded(p + n_name + 1, n - n_name - 1);
		if (n != 0)
			http_params_add(params, arena, decoded(p, n_name), value);
		p += n + 1;
	}
}

bool
http_params_find(const struct http_params *params, const char *name, struct slice *value)
{
	struct slice want = slice_from(name);

	for (size_t i = 0; i < params->n; i++) {
		if (slice_eq(params->list[i].name, want)) {
			*value = params->list[i].value;
			return true;
		}
	}
	*value = SLICE("");
	return false;
}

struct slice
http_param(struct http_request *req, const char *name)
{
	struct slice value = SLICE("");

	for (int i = 0; i < HTTP_N_SOURCES && value.n == 0; i++)
		http_params_find(&req->inside->params[i], name, &value);
	return value;
}

bool
http_param_raw(struct http_request *req, const char *name, struct slice *value)
{
	for (int i = 0; i < HTTP_N_SOURCES; i++)
		if (http_params_find(&req->inside->params[i], name, value))
			return true;
	*value = SLICE("");
	return false;
}
