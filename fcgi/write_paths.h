/*
 * fcgi/write_paths.h - what the files of weir-write share
 */
#ifndef WEIR_FCGI_WRITE_PATHS_H
#define WEIR_FCGI_WRITE_PATHS_H

#include "http/http.h"
#include "write/write.h"

/*
 * write_v1_handle - POST /write, as InfluxDB 1.x; write_v2_handle - POST /api/v2/write
 */
int	 write_v1_handle(struct http_request *req, struct err *err);
int	 write_v2_handle(struct http_request *req, struct err *err);

/*
 * write_precision - the precision parameter
 *   in     names    of the parameters, as the text of a refusal has them: "db/rp/precision"
 *   errs   ERR_INVALID
 * write_answer - do what the parameters ask for, and answer
 *   in     request  where to and in which precision; the rest is filled in here
 *          grants   of who asks
 */
int	 write_precision(struct http_request *req, const char *names, enum precision *precision,
	     struct err *err);
int	 write_answer(struct http_request *req, struct write_request *request,
	     const struct grants *grants, struct err *err);

#endif
