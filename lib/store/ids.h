/*
 * store/ids.h - ids that users see: 64 bits at random, never 0
 */
#ifndef WEIR_STORE_IDS_H
#define WEIR_STORE_IDS_H

#include "store/store_priv.h"

/*
 * ids_new - an id that no record of this kind (`kind` id -> ...) has yet
 * ids_key - the key of the record that an id has
 * ids_put, ids_get - a record that holds one id: 0, 1 = there is none, -1
 * ids_list - the ids in all such records whose keys begin with a prefix, in key order
 */
struct key ids_key(struct arena *arena, char kind, uint64_t id);
int	 ids_new(struct txn *txn, char kind, uint64_t *id, struct err *err);
int	 ids_put(struct txn *txn, const struct key *key, uint64_t id, struct err *err);
int	 ids_get(struct txn *txn, const struct key *key, uint64_t *id, struct err *err);
int	 ids_list(struct txn *txn, struct slice prefix, uint64_t **ids, size_t *n, struct err *err);

#endif
