/*
 * base/log.h - one line to standard error per real problem
 *
 * Web servers put a program's standard error into their error log, some at a high level: no
 * chatter, and never a token. The same line comes once a minute at most.
 */
#ifndef WEIR_BASE_LOG_H
#define WEIR_BASE_LOG_H

void	 log_name(const char *program);		/* what lines begin with; borrowed for ever */
void	 log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	 log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
