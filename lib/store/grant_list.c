/*
 * store/grant_list.c - the grants of a token or a user, as the last fields of its record
 *
 *     number of grants, per grant: actions, resource, id
 */
#include "store/store_priv.h"

#define MAX_GRANTS	100000
#define GRANT_BYTES	24

void
grant_list_put(struct record *r, const struct grant *list, size_t n)
{
	record_u64(r, n);
	for (size_t i = 0; i < n; i++) {
		record_u64(r, list[i].actions);
		record_u64(r, list[i].resource);
		record_u64(r, list[i].id);
	}
}

int
grant_list_get(struct record_reader *r, const char *what, struct arena *arena, struct grant **list,
    size_t *n, struct err *err)
{
	uint64_t count = record_get_u64(r);

	if (count > MAX_GRANTS || count * GRANT_BYTES != r->rest.n)
		return err_set(err, ERR_CORRUPT, "a %s record miscounts its grants", what);
	*n = count;
	*list = arena_array(arena, struct grant, count + 1);
	for (size_t i = 0; i < count; i++) {
		(*list)[i].actions = (uint8_t)record_get_u64(r);
		(*list)[i].resource = (uint8_t)record_get_u64(r);
		(*list)[i].id = record_get_u64(r);
	}
	return record_close(r, what, err);
}

int
grant_list_check(const char *what, size_t n, struct err *err)
{
	return n <= MAX_GRANTS ? 0 :
	    err_set(err, ERR_INVALID, "a %s may have at most %d grants", what, MAX_GRANTS);
}
