/*
 * fcgi/write_v2.c - /api/v2/write as InfluxDB 2 has it: bucket says where to
 *
 * A bucket's name, or its id; no mappings, and none is made. `org`, `orgID` and all that is not
 * known are ignored. The body is line protocol whatever its Content-Type says.
 */
#include "program/program.h"
#include "write_paths.h"

int
write_v2_handle(struct http_request *req, struct err *err)
{
	struct write_request request = {
		.to = WRITE_TO_BUCKET,
		.bucket = http_param(req, "bucket"),
	};
	struct grants grants;

	if (program_identify_writer(req, &grants, err) != 0 ||
	    write_precision(req, "org/bucket/precision", &request.precision, err) != 0)
		return -1;
	return write_answer(req, &request, &grants, err);
}
