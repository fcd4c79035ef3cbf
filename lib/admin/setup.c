/*
 * admin/setup.c - a store where there was none
 */
#include "admin/admin_priv.h"

int
admin_setup(const struct store_options *options, struct slice text, struct arena *arena,
    struct err *err)
{
	struct admin_token_spec spec = {
		.description = SLICE("first all-access token"),
		.grants = admin_all_access, .n_grants = admin_n_all_access, .text = text,
	};
	struct store_token token;
	struct store *store;
	struct slice shown;
	int result;

	if (store_create(options, err) != 0)
		return -1;
	if (text.n == 0)
		return 0;
	if (store_open(&store, options, err) != 0)
		return -1;
	result = admin_token_create(store, arena, &spec, &shown, &token, err);
	store_close(store);
	return result;
}
