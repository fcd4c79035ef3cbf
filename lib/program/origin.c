/*
 * program/origin.c - requests that a page of another site has made a browser send
 *
 * A browser that has been asked for user and password by weir's 401 sends them again with every
 * request to this host, whichever page has caused it: an image, a form, a script. Such a page
 * cannot read the answer, but what a write or a statement changes is changed. So:
 *
 *     Sec-Fetch-Site: cross-site    by GET nothing is changed, whatever the credential
 *     that, or a foreign Origin     nothing is changed by a Basic credential, the only one that a
 *                                   browser adds by itself; Token, Bearer and p are what the page
 *                                   itself has been given
 *
 * Browsers send Sec-Fetch-Site (Fetch Metadata, W3C) over https and to localhost; over plain http
 * to other hosts they send Origin with a POST, and nothing with an image. Clients that are no
 * browsers send neither header.
 */
#include "program/program.h"

/*
 * host_of - "https://example.org:8086" or "example.org:8086" without the scheme and the port
 */
static struct slice
host_of(struct slice s)
{
	size_t colon = slice_find(s, ':'), end;

	if (colon + 2 < s.n && s.p[colon + 1] == '/' && s.p[colon + 2] == '/')
		s = slice_make(s.p + colon + 3, s.n - colon - 3);
	end = s.n > 0 && s.p[0] == '[' ? slice_find(s, ']') : slice_find(s, ':');
	return slice_make(s.p, end);
}

/*
 * Has the page that asked another host? A proxy may have put the host that the browser knows into
 * X-Forwarded-Host.
 */
static bool
is_foreign_origin(struct http_request *req)
{
	struct slice origin = slice_trim(http_env(req, "HTTP_ORIGIN"));
	struct slice host = host_of(origin);

	if (origin.n == 0)
		return false;
	return !slice_eq_nocase(host, host_of(http_env(req, "HTTP_HOST"))) &&
	    !slice_eq_nocase(host, host_of(http_env(req, "HTTP_X_FORWARDED_HOST")));
}

bool
program_forbids_change(struct http_request *req)
{
	struct slice site = slice_trim(http_env(req, "HTTP_SEC_FETCH_SITE"));
	bool cross = slice_eq_nocase(site, SLICE("cross-site"));

	if (cross && req->method == HTTP_GET)
		return true;
	if (!req->credential.ambient || program_of(req)->settings.cross_site_basic)
		return false;
	return site.n != 0 ? cross : is_foreign_origin(req);
}

int
program_identify_writer(struct http_request *req, struct grants *grants, struct err *err)
{
	if (program_identify(req, grants, err) != 0)
		return -1;
	if (program_forbids_change(req))
		return err_set(err, ERR_FORBIDDEN, "a page of another site may not write with a "
		    "Basic credential, which browsers send unasked: send a token");
	return 0;
}
