/*
 * model/grants.h - what the one who asks may do
 */
#ifndef WEIR_MODEL_GRANTS_H
#define WEIR_MODEL_GRANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum grant_action {
	GRANT_READ = 1,
	GRANT_WRITE = 2,
};

enum grant_resource {		/* on disk: never renumber */
	GRANT_BUCKETS = 1,
	GRANT_DBRPS = 2,
	GRANT_AUTHORIZATIONS = 3,
};

struct grant {
	uint8_t		 actions;	/* of enum grant_action, or-ed */
	uint8_t		 resource;
	uint64_t	 id;		/* of one bucket; 0 = every one of the resource */
};

struct grants {
	bool		 known;		/* a valid credential was shown */
	uint64_t	 owner_id;	/* of the token */
	size_t		 n;
	const struct grant *list;
};

/*
 * grants_allow - may a bucket (id 0: every bucket) be read or written?
 * grants_allow_resource - the same for another kind of resource
 * grants_all_access - read and write on every resource
 */
bool	 grants_allow(const struct grants *g, enum grant_action action, uint64_t bucket_id);
bool	 grants_allow_resource(const struct grants *g, enum grant_action action,
	     enum grant_resource resource, uint64_t id);
bool	 grants_all_access(const struct grants *g);

#endif
