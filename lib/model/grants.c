/*
 * model/grants.c - what the one who asks may do
 */
#include "model/grants.h"

bool
grants_allow(const struct grants *g, enum grant_action action, uint64_t bucket_id)
{
	return grants_allow_resource(g, action, GRANT_BUCKETS, bucket_id);
}

/*
 * A grant of id 0 is one for all of the resource; to be allowed all of it needs such a grant.
 */
bool
grants_allow_resource(const struct grants *g, enum grant_action action,
    enum grant_resource resource, uint64_t id)
{
	if (!g->known)
		return false;
	for (size_t i = 0; i < g->n; i++) {
		const struct grant *grant = &g->list[i];

		if (grant->resource == resource && (grant->actions & action) == action &&
		    (grant->id == 0 || grant->id == id))
			return true;
	}
	return false;
}

bool
grants_all_access(const struct grants *g)
{
	static const enum grant_resource all[] = {
		GRANT_BUCKETS, GRANT_DBRPS, GRANT_AUTHORIZATIONS
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!grants_allow_resource(g, GRANT_READ, all[i], 0) ||
		    !grants_allow_resource(g, GRANT_WRITE, all[i], 0))
			return false;
	return true;
}
