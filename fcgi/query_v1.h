/*
 * fcgi/query_v1.h - the query endpoint of InfluxDB 1.x
 */
#ifndef WEIR_FCGI_QUERY_V1_H
#define WEIR_FCGI_QUERY_V1_H

#include "http/http.h"

int	 query_v1_handle(struct http_request *req, struct err *err);

#endif
