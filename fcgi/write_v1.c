/*
 * fcgi/write_v1.c - /write as InfluxDB 1.x has it: db and rp say where to
 *
 * The pair is mapped to a bucket, which an all-access token makes by its first good line. `u`,
 * `consistency`, `org` and all that is not known are ignored, and an empty parameter is an absent
 * one. The body is line protocol whatever its Content-Type says.
 */
#include "program/program.h"
#include "write_paths.h"

int
write_v1_handle(struct http_request *req, struct err *err)
{
	struct write_request request = {
		.to = WRITE_TO_DATABASE,
		.database = http_param(req, "db"),
		.policy = http_param(req, "rp"),
	};
	struct grants grants;

	if (program_identify_writer(req, &grants, err) != 0 ||
	    write_precision(req, "db/rp/precision", &request.precision, err) != 0)
		return -1;
	return write_answer(req, &request, &grants, err);
}
