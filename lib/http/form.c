/*
 * http/form.c - parameters in the body of a POST
 *
 * The Content-Type tells how they are written. Some clients send a type for which there is no body,
 * or a JSON type with everything in the URL: such a body is not looked at.
 */
#include "http/http_priv.h"

static bool
url_has_query(struct http_inside *inside)
{
	struct slice q;

	return http_params_find(&inside->params[HTTP_FROM_URL], "q", &q) && q.n != 0;
}

static int
read_body(struct http_request *req, struct slice *body, struct err *err)
{
	return http_body_whole(req, SIZE_MAX - BUF_SLACK, body, err);
}

static int
read_form(struct http_request *req, struct err *err)
{
	struct http_inside *inside = req->inside;
	struct slice header = http_env(req, "CONTENT_TYPE");
	struct slice type = http_media_type(header), body;

	if (slice_eq_nocase(type, SLICE("application/x-www-form-urlencoded"))) {
		if (read_body(req, &body, err) != 0)
			return -1;
		http_params_parse(&inside->params[HTTP_FROM_FORM], req->arena, body);
	} else if (slice_eq_nocase(type, SLICE("multipart/form-data"))) {
		if (read_body(req, &body, err) != 0)
			return -1;
		if (body.n != 0)
			return http_multipart_parse(&inside->params[HTTP_FROM_PARTS], req->arena,
			    header, body, err);
	} else if (type.n == 0 || slice_eq_nocase(type, SLICE("application/vnd.influxql"))) {
		if (read_body(req, &body, err) != 0)
			return -1;
		if (body.n != 0 && !url_has_query(inside))
			http_params_add(&inside->params[HTTP_FROM_FORM], req->arena, SLICE("q"),
			    body);
	}
	return 0;
}

int
http_form_read(struct http_request *req, struct err *err)
{
	struct http_inside *inside = req->inside;

	if (!inside->form_read && req->method == HTTP_POST)
		read_form(req, &inside->form_trouble);
	inside->form_read = true;
	if (inside->form_trouble.code != ERR_NONE)
		return err_set(err, inside->form_trouble.code, "%s", inside->form_trouble.text);
	return 0;
}
