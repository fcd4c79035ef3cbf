/*
 * http/credentials.c - the token or password that came with a request, not yet judged
 *
 *     p=SECRET, u=USER                URL, then the urlencoded body; only on v1 paths
 *     Authorization: Token SECRET
 *     Authorization: Token USER:SECRET    only on v1 paths; elsewhere the whole is the secret
 *     Authorization: Bearer SECRET
 *     Authorization: Basic BASE64         of USER:SECRET
 *     Authorization: Basic USER:SECRET    a colon cannot occur in base64, so it is meant literally
 *
 * A `p` that is not empty beats the header, and nothing else is tried after it. The secret is what
 * follows the first colon. Schemes are taken in any case, with any number of blanks behind them. An
 * empty secret is none.
 */
#include "http/http_priv.h"

static const char *const header_names[] = {
	"HTTP_AUTHORIZATION",
	"REDIRECT_HTTP_AUTHORIZATION",		/* Apache, after a rewrite */
	"REDIRECT_REDIRECT_HTTP_AUTHORIZATION",
};

#define N_HEADER_NAMES (sizeof(header_names) / sizeof(header_names[0]))

static void
found(struct http_credential *c, struct slice user, struct slice secret)
{
	if (secret.n != 0)
		*c = (struct http_credential){ .present = true, .user = user, .secret = secret };
}

/*
 * found_pair - user:secret; without a colon nothing is found
 */
static void
found_pair(struct http_credential *c, struct slice pair)
{
	size_t colon = slice_find(pair, ':');

	if (colon < pair.n)
		found(c, slice_make(pair.p, colon),
		    slice_make(pair.p + colon + 1, pair.n - colon - 1));
}

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	if (c == '/' || c == '_')
		return 63;
	return -1;
}

/*
 * base64_decode - in either alphabet, padded or not; false when it holds anything else
 */
static bool
base64_decode(struct arena *arena, struct slice text, struct slice *plain)
{
	uint32_t bits = 0;
	size_t n = 0, n_bits = 0;
	char *p;

	while (text.n != 0 && text.p[text.n - 1] == '=')
		text.n--;
	p = arena_alloc(arena, text.n / 4 * 3 + 3);
	for (size_t i = 0; i < text.n; i++) {
		int digit = base64_digit(text.p[i]);

		if (digit < 0)
			return false;
		bits = bits << 6 | (uint32_t)digit;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			p[n++] = (char)(bits >> n_bits & 0xff);
		}
	}
	*plain = slice_make(p, n);
	return text.n % 4 != 1;
}

static size_t
blank_at(struct slice s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
		n++;
	return n;
}

void
http_credentials_parse(struct http_credential *c, struct arena *arena, struct slice header,
    bool with_user)
{
	struct slice scheme, rest, plain;

	*c = (struct http_credential){ 0 };
	header = slice_trim(header);
	scheme = slice_make(header.p, blank_at(header));
	rest = slice_trim(slice_make(header.p + scheme.n, header.n - scheme.n));
	if (slice_eq_nocase(scheme, SLICE("Token"))) {
		if (with_user && slice_find(rest, ':') < rest.n)
			found_pair(c, rest);
		else
			found(c, SLICE(""), rest);
	} else if (slice_eq_nocase(scheme, SLICE("Bearer"))) {
		found(c, SLICE(""), rest);
	} else if (slice_eq_nocase(scheme, SLICE("Basic"))) {
		if (slice_find(rest, ':') < rest.n)
			found_pair(c, rest);
		else if (base64_decode(arena, rest, &plain))
			found_pair(c, plain);
		c->ambient = c->present;
	}
}

static bool
find_in_params(struct http_request *req, enum http_params_source source)
{
	struct http_params *params = &req->inside->params[source];
	struct slice user, secret;

	http_params_find(params, "u", &user);
	http_params_find(params, "p", &secret);
	if (user.n == 0)
		http_params_find(&req->inside->params[HTTP_FROM_URL], "u", &user);
	found(&req->credential, user, secret);
	return req->credential.present;
}

void
http_credentials_find(struct http_request *req)
{
	bool v1 = req->route != NULL && (req->route->flags & HTTP_V1) != 0;
	struct slice header = SLICE("");

	req->credential = (struct http_credential){ 0 };
	if (v1 && (find_in_params(req, HTTP_FROM_URL) || find_in_params(req, HTTP_FROM_FORM)))
		return;
	for (size_t i = 0; i < N_HEADER_NAMES && header.n == 0; i++)
		header = slice_trim(http_env(req, header_names[i]));
	http_credentials_parse(&req->credential, req->arena, header, v1);
}
