/*
 * program/health.c - /ping and /health, the same from every program
 *
 * Neither asks for a token. /ping is 204, because influxdb-python takes nothing else, or 200 with a
 * version for those who ask for words. /health goes through the store once, so that it tells what
 * the next write would meet.
 */
#include "program/program.h"

static int
nothing(struct txn *txn, void *arg, struct err *err)
{
	(void)txn, (void)arg, (void)err;
	return 0;
}

int
program_ping(struct http_request *req, struct err *err)
{
	struct slice verbose = http_param(req, "verbose");

	(void)err;
	if (verbose.n == 0 || slice_eq(verbose, SLICE("0")) || slice_eq(verbose, SLICE("false")))
		http_reply_empty(req, 204);
	else
		http_reply_bytes(req, 200, "application/json",
		    SLICE("{\"version\":\"" PROGRAM_VERSION "\"}\n"));
	return 0;
}

int
program_health(struct http_request *req, struct err *err)
{
	struct store *store;
	bool ready = program_store(program_of(req), &store, err) == 0 &&
	    store_txn(store, STORE_READ, req->arena, nothing, NULL, err) == 0;

	http_reply_bytes(req, ready ? 200 : 503, "application/json",
	    arena_printf(req->arena, "{\"checks\":[],\"message\":\"%s\",\"name\":\"influxdb\","
	    "\"status\":\"%s\",\"version\":\"%s\"}\n",
	    ready ? "ready for queries and writes" : "the store cannot be used",
	    ready ? "pass" : "fail", PROGRAM_VERSION));
	return 0;
}
