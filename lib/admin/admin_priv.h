/*
 * admin/admin_priv.h - what the files of the room share
 */
#ifndef WEIR_ADMIN_ADMIN_PRIV_H
#define WEIR_ADMIN_ADMIN_PRIV_H

#include "admin/admin.h"

/* ---- names.c ---- */

/*
 * admin_names_bucket - may the owner of the store give a bucket this name?
 * admin_names_mapping - the same of a database or policy; `what` begins the error text
 * admin_names_length - is it 1 to 64 bytes long? The text is that of a write.
 * admin_names_written - may a write make a bucket of this name? The text counts characters from 0.
 * admin_names_known - could the store hold it at all? If not it need not be asked.
 */
int	 admin_names_bucket(struct slice name, struct err *err);
int	 admin_names_mapping(const char *what, struct slice name, struct err *err);
int	 admin_names_length(struct slice name, struct err *err);
int	 admin_names_written(struct slice name, struct err *err);
bool	 admin_names_known(struct slice name);

/*
 * admin_names_impossible - holds a character that no bucket's name may have, whoever gives it
 */
bool	 admin_names_impossible(struct slice name);

/* ---- buckets.c ---- */

/*
 * admin_bucket_of - by id when `which` is one and there is such a bucket, else by name
 */
int	 admin_bucket_of(struct txn *txn, struct slice which, struct store_bucket *out,
	     struct err *err);

/*
 * admin_change - a transaction that writes, and is on disk when this returns
 * admin_take_away - one that makes room, which a full disk does not forbid
 */
int	 admin_change(struct store *store, struct arena *arena,
	     int (*body)(struct txn *txn, void *arg, struct err *err), void *arg, struct err *err);
int	 admin_take_away(struct store *store, struct arena *arena,
	     int (*body)(struct txn *txn, void *arg, struct err *err), void *arg, struct err *err);

/* ---- tokens.c ---- */

/*
 * admin_grants_check - in a body: is every bucket one? ERR_INVALID
 */
int	 admin_grants_check(struct txn *txn, const struct grant *grants, size_t n, struct err *err);

/* ---- policies.c ---- */

/*
 * admin_policies_read - in a body: every pair of database and policy there is, by database and
 *     name; of several of one pair the first is the one that counts
 * admin_policies_visible - leave out those that another one hides, and mark the defaults; returns
 *     how many are left
 */
int	 admin_policies_read(struct txn *txn, struct arena *arena, struct admin_policy **list,
	     size_t *n, struct err *err);
size_t	 admin_policies_visible(struct admin_policy *list, size_t n);

#endif
