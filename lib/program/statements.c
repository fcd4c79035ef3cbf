/*
 * program/statements.c - what a site's settings let statements do, for every program that runs them
 */
#include "base/clock.h"
#include "program/program.h"
#include "query/query.h"

void
program_allow_statements(const struct settings *settings, struct query_request *request)
{
	request->management = settings->influxql_management;
	request->users = settings->influxql_users;
	request->delete_by_field = settings->influxql_delete_by_field;
	request->now_ns = clock_now_ns();
	request->limits.max_rows = settings->query_max_rows;
	request->limits.max_series = settings->query_max_series;
	request->limits.max_windows = settings->query_max_windows;
	request->limits.max_memory_bytes = settings->query_max_memory;
	request->limits.max_time_ms = (uint64_t)settings->query_timeout / 1000000;
}
