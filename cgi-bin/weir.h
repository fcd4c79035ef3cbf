/*
 * cgi-bin/weir.h - what the files of the command line share
 *
 * weir_commands.c holds the table of commands; a row names its words, its options and the function
 * that runs it. Help, dispatch and checks in weir.c read the same row.
 */
#ifndef WEIR_CGI_BIN_WEIR_H
#define WEIR_CGI_BIN_WEIR_H

#include <stdio.h>

#include "admin/admin.h"
#include "model/precision.h"
#include "model/rows.h"
#include "model/value.h"
#include "program/program.h"
#include "write/write.h"

enum weir_exit {
	WEIR_OK = 0,
	WEIR_FAILED = 1,	/* the error stands on standard error */
	WEIR_USAGE = 2,		/* the command line is not one of ours */
	WEIR_PARTLY = 3,	/* lines of a write, or statements of a query, were refused */
	WEIR_DAMAGED = 4,	/* check found damage */
};

struct weir_option {
	const char	*name;		/* without the dashes; NULL ends a list */
	const char	*argument;	/* what to call its value; NULL = it takes none */
	const char	*help;
};

struct weir;

struct weir_command {
	const char	*name;		/* one word or two: "bucket create" */
	const char	*arguments;	/* "NAME", "FILE..." */
	const char	*purpose;
	int		 min_args, max_args;	/* -1 = any number */
	const struct weir_option *options;
	int		(*run)(struct weir *weir, struct err *err);	/* weir_exit; or -1, *err */
};

extern const struct weir_command weir_commands[];
extern const size_t weir_n_commands;

struct weir_given {		/* an option as it was typed */
	const char	*name;
	const char	*value;
};

struct weir {
	struct program	 program;
	struct arena	*arena;
	const struct weir_command *command;
	struct weir_given *given;
	size_t		 n_given;
	const char	**args;
	size_t		 n_args;
};

/*
 * weir_option - the value of an option, the last one when it was given often; "" when it was not
 * weir_flag - was it given?
 * weir_store - the store, opened
 * weir_usage - complain about the command line: prints the text, WEIR_USAGE
 */
struct slice	 weir_option(const struct weir *weir, const char *name);
bool		 weir_flag(const struct weir *weir, const char *name);
int		 weir_store(struct weir *weir, struct store **store, struct err *err);
int		 weir_usage(const struct weir *weir, const char *fmt, ...)
		     __attribute__((format(printf, 2, 3)));

/* ---- weir_table.c: rows for people and for machines ---- */

/*
 * A list of rows. For people: aligned columns, numbers to the right, control characters escaped so
 * that no stored name can play with the terminal. For machines: a JSON array of objects.
 */
struct weir_table {
	struct arena	*arena;
	const struct slice *columns;
	size_t		 n_columns;
	struct slice	*cells;		/* as people see them */
	struct value	*values;
	size_t		 n_rows, cap_rows;
	size_t		*widths;	/* of columns; kept from the first page on */
	bool		*right;
};

/*
 * weir_table_begin - an empty one; columns are borrowed
 * weir_table_add - a row of n_columns values; times are printed in `epoch`, or as RFC 3339
 * weir_table_print - header and rows, aligned
 * weir_table_more - rows without a header, aligned as those before
 * weir_table_print_json - a JSON array; weir_table_print_object - the first row alone
 * weir_table_show - as --json says: for people, or for machines
 */
void		 weir_table_begin(struct weir_table *table, struct arena *arena,
		     const struct slice *columns, size_t n_columns);
void		 weir_table_add(struct weir_table *table, const struct value *values,
		     enum precision epoch);
void		 weir_table_print(struct weir_table *table, FILE *to);
void		 weir_table_more(struct weir_table *table, FILE *to);
void		 weir_table_print_json(const struct weir_table *table, FILE *to);
void		 weir_table_print_object(const struct weir_table *table, FILE *to);

void		 weir_table_show(const struct weir *weir, struct weir_table *table);

struct value	 weir_text(struct slice text);
struct value	 weir_id(struct arena *arena, uint64_t id);
struct value	 weir_time(int64_t ns);		/* to the second; 0: none */
struct value	 weir_duration(struct arena *arena, int64_t ns);
struct value	 weir_bool(bool b);

/*
 * weir_print_text - a text with its control characters escaped
 */
void		 weir_print_text(struct slice text, FILE *to);

/* ---- weir_answer.c: a query's answer as tables ---- */

struct rows_sink *weir_answer_begin(struct arena *arena, FILE *to, enum precision epoch);

/*
 * weir_answer_watch - a sink that passes everything on to `sink`, and counts errors
 */
struct rows_sink *weir_answer_watch(struct arena *arena, struct rows_sink *sink, size_t *n_errors);

/* ---- weir_input.c: files of lines that come in ---- */

struct weir_input {
	const char	*name;
	int		 fd;
	char		*piece;		/* a piece of the file, and slack */
	uint64_t	 n_read;
	uint64_t	 size;		/* 0 = not known */
	int64_t		 begun_ns;
	int64_t		 shown_ns;
	bool		 progress;	/* somebody watches */
};

/*
 * weir_input_open - a file by its name, or standard input for "-"
 * weir_input_next - the next piece of it, as write_request takes them; n 0 at the end
 * weir_input_end_progress - wipe the line that told how far it has got
 */
int		 weir_input_open(struct weir_input *in, const char *name, struct err *err);
int		 weir_input_next(void *from, struct slice *piece, struct err *err);
void		 weir_input_end_progress(const struct weir_input *in);
void		 weir_input_close(struct weir_input *in);

/* ---- weir_write.c: writes by the command line ---- */

/*
 * weir_write_request - a write as the options and the site's settings say; in `precision` without
 *     --precision. weir_exit, or -1
 * weir_print_rejects - why lines were refused; each of the text's lines is escaped
 * weir_print_report - what became of a file: for people, or as --json says
 */
int		 weir_write_request(struct weir *weir, enum precision precision,
		     struct write_request *request, struct err *err);
void		 weir_print_rejects(const char *name, struct slice text);
void		 weir_print_report(struct weir *weir, const char *name,
		     const struct write_report *report);

/* ---- weir_grants.c: what a token or a user may do ---- */

extern const struct grants weir_owner;	/* what the command line may do: everything */

/*
 * weir_permissions - in words
 * weir_read_grants - what --read, --write and --all-access say: a bucket by its name or id, or a
 *     database, which is all the buckets it has now
 */
struct slice	 weir_permissions(struct weir *weir, const struct grant *list, size_t n,
		     const struct store_bucket *buckets, size_t n_buckets);
int		 weir_read_grants(struct weir *weir, struct store *store,
		     const struct grant **grants, size_t *n, struct err *err);

/* ---- the commands ---- */

extern const struct weir_option weir_json_option[];

int	 weir_init(struct weir *weir, struct err *err);			/* weir_store.c */
int	 weir_settings(struct weir *weir, struct err *err);
int	 weir_compact(struct weir *weir, struct err *err);
int	 weir_stats(struct weir *weir, struct err *err);		/* weir_stats.c */
int	 weir_check(struct weir *weir, struct err *err);		/* weir_check.c */

int	 weir_bucket_create(struct weir *weir, struct err *err);	/* weir_bucket.c */
int	 weir_bucket_list(struct weir *weir, struct err *err);
int	 weir_bucket_update(struct weir *weir, struct err *err);
int	 weir_bucket_delete(struct weir *weir, struct err *err);

int	 weir_dbrp_create(struct weir *weir, struct err *err);		/* weir_dbrp.c */
int	 weir_dbrp_list(struct weir *weir, struct err *err);
int	 weir_dbrp_delete(struct weir *weir, struct err *err);

int	 weir_token_create(struct weir *weir, struct err *err);		/* weir_token.c */
int	 weir_token_first(struct weir *weir, struct err *err);
int	 weir_token_list(struct weir *weir, struct err *err);
int	 weir_token_delete(struct weir *weir, struct err *err);
int	 weir_token_activate(struct weir *weir, struct err *err);
int	 weir_token_deactivate(struct weir *weir, struct err *err);

int	 weir_user_create(struct weir *weir, struct err *err);		/* weir_user.c */
int	 weir_user_list(struct weir *weir, struct err *err);
int	 weir_user_delete(struct weir *weir, struct err *err);
int	 weir_user_password(struct weir *weir, struct err *err);
int	 weir_user_grant(struct weir *weir, struct err *err);
int	 weir_user_revoke(struct weir *weir, struct err *err);

int	 weir_write(struct weir *weir, struct err *err);		/* weir_write.c */
int	 weir_query(struct weir *weir, struct err *err);		/* weir_query.c */
int	 weir_export(struct weir *weir, struct err *err);		/* weir_export.c */
int	 weir_import(struct weir *weir, struct err *err);		/* weir_import.c */

#endif
