/*
 * admin/admin.h - the verbs of buckets, DBRP mappings, tokens and users, and the way from db to bucket
 *
 * Conductor: each verb is one transaction. The command line calls them as the owner of the store;
 * those that a client's request reaches take its grants. What they return lives in `arena`.
 */
#ifndef WEIR_ADMIN_ADMIN_H
#define WEIR_ADMIN_ADMIN_H

#include "auth/auth.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/grants.h"
#include "store/store.h"

#define ADMIN_NAME_MAX		64	/* bytes of a database, a bucket, a policy (http-api 6.2) */
#define ADMIN_DESCRIPTION_MAX	1024

/* ---- ids: 16 lower-case hexadecimal digits, never zero ---- */

#define ADMIN_ID_CHARS 16

int		 admin_id_parse(struct slice text, uint64_t *id);	/* -1: it is none */
void		 admin_id_format(char out[ADMIN_ID_CHARS + 1], uint64_t id);

/* ---- buckets.c ---- */

/*
 * A change leaves out what is not to be touched.
 */
struct admin_bucket_change {
	const struct slice *name;
	const struct slice *description;
	const int64_t	*retention_ns;
};

/*
 * admin_bucket_find - by id when `which` is one and there is such a bucket, else by name
 * admin_bucket_list - all of them, by name
 * admin_bucket_delete - with its mappings and all its points
 *   errs   ERR_INVALID    the name: 1 to 64 bytes of letters, digits, / _ - . and space; the
 *                         description; a negative retention
 *          ERR_NOT_FOUND  bucket "x" not found
 *          ERR_CONFLICT   bucket with name x already exists
 *          and those of store_txn
 */
int		 admin_bucket_create(struct store *store, struct arena *arena, struct slice name,
		     struct slice description, int64_t retention_ns, struct store_bucket *out,
		     struct err *err);
int		 admin_bucket_find(struct store *store, struct arena *arena, struct slice which,
		     struct store_bucket *out, struct err *err);
int		 admin_bucket_list(struct store *store, struct arena *arena,
		     struct store_bucket **list, size_t *n, struct err *err);
int		 admin_bucket_update(struct store *store, struct arena *arena, struct slice which,
		     const struct admin_bucket_change *change, struct store_bucket *out,
		     struct err *err);
int		 admin_bucket_delete(struct store *store, struct arena *arena, struct slice which,
		     struct err *err);

/*
 * admin_bucket_resolve - the bucket of an /api/v2/write: id, else exact name; no mappings
 *   in     which    the bucket parameter
 *   errs   ERR_INVALID    missing bucket value; namespace name length must be between 1 and 64
 *                         characters; namespace name 'X' contains invalid character, ...
 *          ERR_NOT_FOUND  bucket "x" not found
 *          ERR_FORBIDDEN  insufficient permissions for write: also for a name that does not exist,
 *                         unless every bucket may be written
 */
int		 admin_bucket_resolve(struct store *store, struct arena *arena,
		     const struct grants *grants, struct slice which, struct store_bucket *out,
		     struct err *err);

/* ---- dbrps.c: mappings, stored ---- */

/*
 * admin_dbrp_create - map (database, policy) to a bucket, which is named or an id
 * admin_dbrp_delete - by id, or by pair
 * admin_dbrp_list - the stored ones, by database and policy; of one database unless it is ""
 *   errs   ERR_INVALID    a name: 1 to 64 bytes of printable UTF-8 without / and \, not . or ..
 *          ERR_NOT_FOUND  bucket "x" not found; unable to find DBRP
 *          ERR_CONFLICT   another DBRP mapping with same orgID, db, and rp exists
 */
int		 admin_dbrp_create(struct store *store, struct arena *arena, struct slice database,
		     struct slice policy, struct slice bucket, bool is_default,
		     struct store_dbrp *out, struct err *err);
int		 admin_dbrp_delete(struct store *store, struct arena *arena, uint64_t id,
		     struct err *err);
int		 admin_dbrp_delete_pair(struct store *store, struct arena *arena,
		     struct slice database, struct slice policy, struct err *err);
int		 admin_dbrp_list(struct store *store, struct arena *arena, struct slice database,
		     struct store_dbrp **list, size_t *n, struct err *err);

/* ---- resolve.c: from db and rp to a bucket (http-api 7.1) ---- */

enum admin_use { ADMIN_QUERY, ADMIN_WRITE };

struct admin_destination {
	bool		 create;	/* ADMIN_WRITE: nothing is there, but these grants may make
					   it: admin_dbrp_create_by_write, once a line is good */
	struct store_bucket bucket;	/* unless `create` */
};

/*
 * admin_dbrp_resolve - stored mapping, else a bucket by its name, first hit wins
 *
 *   in     use       ADMIN_WRITE asks for GRANT_WRITE, ADMIN_QUERY for GRANT_READ
 *          database  the db parameter, or what the query text says
 *          policy    the rp; "" and '' mean the default one
 *   errs, writing  ERR_INVALID    namespace name length must be between 1 and 64 characters;
 *                                 namespace name 'X' contains invalid character, ...
 *                  ERR_NOT_FOUND  database not found: "db"
 *                  ERR_FORBIDDEN  insufficient permissions for write
 *   errs, reading  ERR_INVALID    database name required
 *                  ERR_NOT_FOUND  database not found: db; retention policy not found: rp;
 *                                 default retention policy not set for: db
 *                  ERR_FORBIDDEN  requires READ on db
 *          A scoped token gets ERR_FORBIDDEN for a name that does not exist, as for one it may not
 *          use.
 */
int		 admin_dbrp_resolve(struct store *store, struct arena *arena,
		     const struct grants *grants, enum admin_use use, struct slice database,
		     struct slice policy, struct admin_destination *out, struct err *err);

/*
 * admin_dbrp_create_by_write - bucket DB/RP (RP is autogen when absent) and the mapping to it. On
 *     disk with the points that follow: the caller's store_sync covers it
 *
 *   in     retention_ns  of a bucket that is made
 *   out    *bucket       the new one, or what somebody else has made since admin_dbrp_resolve
 *   errs   ERR_INVALID, ERR_FORBIDDEN as admin_dbrp_resolve
 */
int		 admin_dbrp_create_by_write(struct store *store, struct arena *arena,
		     const struct grants *grants, struct slice database, struct slice policy,
		     int64_t retention_ns, struct store_bucket *bucket, struct err *err);

/*
 * A retention policy as SHOW RETENTION POLICIES and the DBRP API list it: stored, or virtual (a
 * bucket `a/b` is database a with policy b, a bucket `a` is database a with policy autogen, unless
 * a stored mapping has that pair).
 */
struct admin_policy {
	uint64_t	 id;		/* of the mapping; of the bucket when virtual */
	struct slice	 database;
	struct slice	 name;
	uint64_t	 bucket_id;
	struct slice	 bucket_name;
	int64_t		 retention_ns;	/* 0 = for ever */
	bool		 is_default;	/* at most one of each database */
	bool		 is_virtual;
};

/*
 * admin_policies - what may be read, by database and name; of one database unless it is ""
 * admin_databases - the names of databases of which something may be read, each once, in byte order
 */
int		 admin_policies(struct store *store, struct arena *arena,
		     const struct grants *grants, struct slice database,
		     struct admin_policy **list, size_t *n, struct err *err);
int		 admin_databases(struct store *store, struct arena *arena,
		     const struct grants *grants, struct slice **names, size_t *n,
		     struct err *err);

/* ---- databases.c: databases and policies as InfluxQL makes, changes and drops them ---- */

struct admin_policy_spec {
	struct slice	 database;
	struct slice	 name;		/* "" = autogen */
	const int64_t	*retention_ns;	/* 0 = for ever; NULL = not said: for ever, or as it is */
	const int64_t	*shard_ns;	/* checked as InfluxDB does, and forgotten: weir has no shards */
	bool		 is_default;
};

/*
 * admin_database_create - a database with one policy: bucket DATABASE/POLICY and a mapping to it
 *   in     with_policy  the spec says more than the database's name
 * admin_policy_create - one more policy
 *   both   what is there already and is the same is no error
 * admin_policy_restore - a policy that an export tells of, and its database: what is there already
 *     stays as it is. It was one before, so that it may be shorter than an hour, and its name may be
 *     the rest of a bucket's that has several slashes
 *   in     bucket_name  the bucket that it leads to; "" = DATABASE/POLICY
 *          spec         a database's name alone: with policy autogen, if it has none
 * admin_policy_alter - retention, and to be the default
 * admin_policy_drop, admin_database_drop - mappings and buckets with all their points; none there
 *     is no error. A bucket that another pair of database and policy leads to stays
 *   errs   ERR_INVALID    invalid name; retention policy duration must be at least 1h0m0s;
 *                         retention policy duration must be greater than the shard duration
 *          ERR_NOT_FOUND  database not found: x; retention policy not found: x
 *          ERR_CONFLICT   retention policy already exists; retention policy conflicts with an
 *                         existing policy
 */
int		 admin_database_create(struct store *store, struct arena *arena,
		     const struct admin_policy_spec *spec, bool with_policy, struct err *err);
int		 admin_database_drop(struct store *store, struct arena *arena,
		     struct slice database, struct err *err);
int		 admin_policy_create(struct store *store, struct arena *arena,
		     const struct admin_policy_spec *spec, struct err *err);
int		 admin_policy_restore(struct store *store, struct arena *arena,
		     const struct admin_policy_spec *spec, struct slice bucket_name,
		     struct err *err);
int		 admin_policy_alter(struct store *store, struct arena *arena,
		     const struct admin_policy_spec *spec, struct err *err);
int		 admin_policy_drop(struct store *store, struct arena *arena,
		     struct slice database, struct slice name, struct err *err);

/* ---- tokens.c ---- */

struct admin_token_spec {
	struct slice	 description;
	const struct grant *grants;
	size_t		 n_grants;
	int64_t		 expires_ns;	/* 0 = never */
	struct slice	 text;		/* "" = a random one; else the token itself, for tests */
};

/*
 * admin_all_access - the grants of an all-access token: read and write, every kind of resource
 */
extern const struct grant admin_all_access[];
extern const size_t	  admin_n_all_access;

/*
 * admin_token_create - make a token
 *   out    *text    the token, of which there is no other copy
 *   errs   ERR_INVALID   no grant, a grant on a bucket that is none, a text that is too short or
 *                        too long or has blanks or a colon in it
 *          ERR_CONFLICT  a token of this text exists
 * admin_token_adopt - an all-access token of which only the hash is known; as for create
 * admin_tokens_made - how many there have ever been, deleted ones too
 * admin_token_list - all, by id; hashes, not tokens
 * admin_token_set_active - inactive tokens are refused with 403
 * admin_token_delete - ERR_NOT_FOUND token not found
 */
int		 admin_token_create(struct store *store, struct arena *arena,
		     const struct admin_token_spec *spec, struct slice *text,
		     struct store_token *out, struct err *err);
int		 admin_token_adopt(struct store *store, struct arena *arena,
		     struct slice description, const uint8_t hash[STORE_TOKEN_HASH_BYTES],
		     struct store_token *out, struct err *err);
int		 admin_tokens_made(struct store *store, struct arena *arena, uint64_t *n,
		     struct err *err);
int		 admin_token_list(struct store *store, struct arena *arena,
		     struct store_token **list, size_t *n, struct err *err);
int		 admin_token_set_active(struct store *store, struct arena *arena, uint64_t id,
		     bool active, struct store_token *out, struct err *err);
int		 admin_token_delete(struct store *store, struct arena *arena, uint64_t id,
		     struct err *err);

/* ---- users.c ---- */

struct admin_user_change {
	enum {
		ADMIN_GRANT_ADD,
		ADMIN_GRANT_SET,	/* of the buckets it is about, these actions and no other */
		ADMIN_GRANT_REMOVE,
	} how;
	const struct grant *grants;	/* what it is about ... */
	size_t		 n_grants;
	struct slice	 database;	/* ... or, unless "", every bucket of a database */
	uint8_t		 actions;	/* on them */
};

/*
 * admin_user_create - a user with a password, and grants if there are any
 * admin_user_set_password - another one; the old one is refused from then on
 * admin_user_change - what a user may do
 * admin_user_list - all, by name; hashes, not passwords
 * admin_user_delete
 *   errs   ERR_INVALID    the name: 1 to 255 bytes of printable UTF-8 without a colon; the password:
 *                         1 to 4096 bytes without NUL; a grant on a bucket that is none
 *          ERR_CONFLICT   user already exists
 *          ERR_NOT_FOUND  user not found; database not found: x
 *          ERR_UNAVAILABLE  no memory to hash the password
 */
int		 admin_user_create(struct store *store, struct arena *arena, struct slice name,
		     struct slice password, const struct grant *grants, size_t n_grants,
		     struct err *err);
int		 admin_user_set_password(struct store *store, struct arena *arena,
		     struct slice name, struct slice password, struct err *err);
int		 admin_user_change(struct store *store, struct arena *arena, struct slice name,
		     const struct admin_user_change *change, struct err *err);
int		 admin_user_list(struct store *store, struct arena *arena,
		     struct store_user **list, size_t *n, struct err *err);
int		 admin_user_delete(struct store *store, struct arena *arena, struct slice name,
		     struct err *err);

/*
 * admin_user_databases - what a user may do, by database: of its buckets the most
 *   out    *list   a row a database of which there is something; actions as in struct grant
 *   errs   ERR_NOT_FOUND  user not found
 */
struct admin_user_database {
	struct slice	 database;
	uint8_t		 actions;
};
int		 admin_user_databases(struct store *store, struct arena *arena, struct slice name,
		     struct admin_user_database **list, size_t *n, struct err *err);

/* ---- setup.c ---- */

/*
 * admin_setup - a new store, and its first all-access token if one is asked for
 *   in     options  home and sizes
 *          text     of the token; "" = no token
 *   errs   those of store_create and admin_token_create
 */
int		 admin_setup(const struct store_options *options, struct slice text,
		     struct arena *arena, struct err *err);

#endif
