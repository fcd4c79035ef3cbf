/*
 * http/route.c - which row of the table a request means
 *
 * A program can be reached in many ways: at the root of a host, under a prefix, under its own name
 * in cgi-bin with the endpoint behind it, through a rewrite. No single variable tells the endpoint
 * in all of them, but the path always ends with it:
 *
 *     SCRIPT_NAME            PATH_INFO       joined                          endpoint
 *     /write                                 /write                          /write
 *     /write                 /               /write                          /write
 *     /tsdb                  /api/v2/write   /tsdb/api/v2/write              /api/v2/write
 *     /cgi-bin/weir-write    /write          /cgi-bin/weir-write/write       /write
 *     /tsdb/query                            /tsdb/query                     /query
 *
 * So the longest path of the table that the joined one ends with is the route, and after that the
 * same is tried with REQUEST_URI, for programs behind a rewrite that names no path. What stands
 * before the endpoint is the site's own business, save that a short path is not found in the space
 * of a versioned one: /api/v9/write is not /write.
 */
#include "http/http_priv.h"

static const struct {
	const char	*name;
	enum http_method method;
} methods[] = {
	{ "GET", HTTP_GET },
	{ "HEAD", HTTP_HEAD },
	{ "POST", HTTP_POST },
	{ "PUT", HTTP_PUT },
	{ "PATCH", HTTP_PATCH },
	{ "DELETE", HTTP_DELETE },
	{ "OPTIONS", HTTP_OPTIONS },
};

#define N_METHODS (sizeof(methods) / sizeof(methods[0]))

enum http_method
http_method_from(struct slice name)
{
	for (size_t i = 0; i < N_METHODS; i++)
		if (slice_eq_nocase(name, slice_from(methods[i].name)))
			return methods[i].method;
	return HTTP_OTHER;
}

struct slice
http_route_allow(struct arena *arena, unsigned mask)
{
	struct slice list = SLICE("");

	for (size_t i = 0; i < N_METHODS; i++)
		if ((mask & methods[i].method) != 0)
			list = arena_printf(arena, SLICE_FMT "%s%s", SLICE_ARG(list),
			    list.n != 0 ? ", " : "", methods[i].name);
	return list;
}

static struct slice
without_slashes(struct slice path)
{
	while (path.n != 0 && path.p[path.n - 1] == '/')
		path.n--;
	return path;
}

/*
 * cut_segment - take the last "/segment" off a path
 */
static bool
cut_segment(struct slice *path, struct slice *segment)
{
	size_t at = path->n;

	while (at != 0 && path->p[at - 1] != '/')
		at--;
	if (at == 0)
		return false;
	*segment = slice_make(path->p + at, path->n - at);
	path->n = at - 1;
	return true;
}

static bool
in_versioned_space(struct slice before)
{
	struct slice version, api;

	return cut_segment(&before, &version) && cut_segment(&before, &api) &&
	    slice_eq(api, SLICE("api")) && version.n > 1 && version.p[0] == 'v';
}

/*
 * tail_length - how many bytes at the end of a path a row's own path matches, 0 = none
 */
static size_t
tail_length(struct slice path, const char *pattern, struct slice *segment)
{
	struct slice want = slice_from(pattern), stem = path;
	size_t n_segment = 0;

	*segment = SLICE("");
	if (slice_ends(want, SLICE("/*"))) {
		if (!cut_segment(&stem, segment) || segment->n == 0)
			return 0;
		want.n -= 2;
		n_segment = 1 + segment->n;
	}
	if (want.n == 0 || slice_eq(want, SLICE("/")) || !slice_ends(stem, want))
		return 0;
	if (in_versioned_space(slice_make(stem.p, stem.n - want.n)))
		return 0;
	return want.n + n_segment;
}

/*
 * find_in - the longest match of a path; among rows of equal length the one that takes the method
 */
static bool
find_in(struct http_request *req, struct slice path, unsigned *allow)
{
	size_t longest = 0;
	bool taken = false;

	for (size_t i = 0; i < req->program->n_routes; i++) {
		const struct http_route *row = &req->program->routes[i];
		struct slice segment;
		size_t n = tail_length(path, row->path, &segment);

		if (n == 0 || n < longest)
			continue;
		if (n > longest) {
			*allow = 0;
			taken = false;
		}
		longest = n;
		*allow |= row->methods;
		if (taken)
			continue;
		taken = (row->methods & req->method) != 0;
		req->route = row;
		req->segment = segment;
	}
	return longest != 0;
}

static bool
is_own_name(struct http_request *req, struct slice segment)
{
	struct slice name = slice_from(req->program->name), rest;

	if (name.n == 0 || !slice_starts(segment, name))
		return false;
	rest = slice_make(segment.p + name.n, segment.n - name.n);
	return rest.n == 0 || slice_eq(rest, SLICE(".fcgi")) || slice_eq(rest, SLICE(".cgi"));
}

static bool
is_root(struct http_request *req, struct slice path)
{
	struct slice segment;

	return path.n == 0 || (cut_segment(&path, &segment) && is_own_name(req, segment));
}

/*
 * find_root - the row of "/"; with `q` in the URL, that of "/query"
 */
static bool
find_root(struct http_request *req, unsigned *allow)
{
	struct slice q;

	if (http_params_find(&req->inside->params[HTTP_FROM_URL], "q", &q) && q.n != 0 &&
	    find_in(req, SLICE("/query"), allow))
		return true;
	for (size_t i = 0; i < req->program->n_routes; i++) {
		const struct http_route *row = &req->program->routes[i];

		if (!slice_eq(slice_from(row->path), SLICE("/")))
			continue;
		*allow |= row->methods;
		if (req->route == NULL || (req->route->methods & req->method) == 0)
			req->route = row;
	}
	return req->route != NULL;
}

enum err_code
http_route_find(struct http_request *req, unsigned *allow)
{
	struct slice script = http_env(req, "SCRIPT_NAME"), info = http_env(req, "PATH_INFO");
	struct slice uri = http_env(req, "REQUEST_URI");

	*allow = 0;
	req->path = without_slashes(arena_printf(req->arena, SLICE_FMT SLICE_FMT, SLICE_ARG(script),
	    SLICE_ARG(info)));
	uri.n = slice_find(uri, '?');
	uri = without_slashes(uri);
	if (!find_in(req, req->path, allow) && !find_in(req, uri, allow) &&
	    !(is_root(req, req->path) && is_root(req, uri) && find_root(req, allow)))
		return ERR_NOT_FOUND;
	return (req->route->methods & req->method) != 0 ? ERR_NONE : ERR_METHOD;
}
