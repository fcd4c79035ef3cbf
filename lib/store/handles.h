/*
 * store/handles.h - the library's handles of an environment; always inside
 */
#ifndef WEIR_STORE_HANDLES_H
#define WEIR_STORE_HANDLES_H

#include "store/store_priv.h"

/*
 * handles_recover - alone, and after whoever died inside: new regions, new handles, a new generation
 * handles_rejoin - handles of the generation that others have made
 * handles_bring_log_in - recover and write all of the log to the databases' files, with nothing open
 *     afterwards; pages that cannot be read are passed by
 *   all three  0, or an error number of the system's or the library's; page_trouble may say more
 * handles_close - those of sound regions
 */
int	 handles_recover(struct env *env);
int	 handles_rejoin(struct env *env);
int	 handles_bring_log_in(struct env *env);
void	 handles_close(struct env_handles *h);

#endif
