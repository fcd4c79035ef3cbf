/*
 * cgi-bin/weir_commands.c - the table of commands: words, options, and what runs each
 *
 * Help, the manual page, completion and the reading of a command line all go by it.
 */
#include "weir.h"

const struct weir_option weir_json_option[] = {
	{ "json", NULL, "print JSON" },
	{ NULL, NULL, NULL },
};

static const struct weir_option no_options[] = {
	{ NULL, NULL, NULL },
};

static const struct weir_option init_options[] = {
	{ "token", "TEXT", "make a first all-access token of this text (for tests)" },
	{ NULL, NULL, NULL },
};

static const struct weir_option bucket_create_options[] = {
	{ "retention", "DURATION", "how long points are kept, as 30d; 0 is for ever" },
	{ "description", "TEXT", "what it is for" },
	{ "json", NULL, "print JSON" },
	{ NULL, NULL, NULL },
};

static const struct weir_option bucket_update_options[] = {
	{ "name", "NAME", "its new name" },
	{ "retention", "DURATION", "how long points are kept, as 30d; 0 is for ever" },
	{ "description", "TEXT", "what it is for" },
	{ "json", NULL, "print JSON" },
	{ NULL, NULL, NULL },
};

static const struct weir_option dbrp_create_options[] = {
	{ "db", "NAME", "the database (required)" },
	{ "rp", "NAME", "the retention policy (autogen unless given)" },
	{ "bucket", "NAME", "the bucket, or its id (required)" },
	{ "default", NULL,
	    "what the database means without a policy; its first mapping always is" },
	{ "json", NULL, "print JSON" },
	{ NULL, NULL, NULL },
};

static const struct weir_option dbrp_list_options[] = {
	{ "db", "NAME", "of this database alone" },
	{ "json", NULL, "print JSON" },
	{ NULL, NULL, NULL },
};

static const struct weir_option dbrp_delete_options[] = {
	{ "db", "NAME", "the database, when no id is given" },
	{ "rp", "NAME", "its policy" },
	{ NULL, NULL, NULL },
};

#define GRANT_OPTIONS \
	{ "all-access", NULL, "everything, making databases by a write included" }, \
	{ "read", "BUCKET", "read this bucket, or all of a database; may be given again" }, \
	{ "write", "BUCKET", "write to this bucket, or all of a database; may be given again" }

static const struct weir_option token_create_options[] = {
	GRANT_OPTIONS,
	{ "description", "TEXT", "whose it is" },
	{ "expires", "DURATION", "refuse it after this time, as 90d" },
	{ "token", "TEXT", "the token itself instead of a random one (for tests)" },
	{ "json", NULL, "print JSON" },
	{ NULL, NULL, NULL },
};

static const struct weir_option check_options[] = {
	{ "repair", NULL, "mend what can be mended, drop what is damaged, and nothing else" },
	{ "upgrade", NULL, "give a store of format 2, if it is well, checksums on its pages: format 3" },
	{ "json", NULL, "print JSON, a line for each damaged piece" },
	{ NULL, NULL, NULL },
};

#define PASSWORD_OPTION \
	{ "password", "TEXT", "the password, for tests: `ps` shows it for a moment" }

static const struct weir_option user_create_options[] = {
	GRANT_OPTIONS,
	PASSWORD_OPTION,
	{ NULL, NULL, NULL },
};

static const struct weir_option user_password_options[] = {
	PASSWORD_OPTION,
	{ NULL, NULL, NULL },
};

static const struct weir_option user_grant_options[] = {
	GRANT_OPTIONS,
	{ NULL, NULL, NULL },
};

static const struct weir_option write_options[] = {
	{ "bucket", "NAME", "into this bucket, by name or id" },
	{ "db", "NAME", "into this database: its bucket is made if need be" },
	{ "rp", "NAME", "and this retention policy" },
	{ "precision", "UNIT", "of times: ns us ms s m h; by their size unless given" },
	{ "json", NULL, "print JSON, a line a file" },
	{ NULL, NULL, NULL },
};

static const struct weir_option query_options[] = {
	{ "db", "NAME", "the database" },
	{ "rp", "NAME", "the retention policy" },
	{ "bucket", "NAME", "the same as --db with the name of a bucket" },
	{ "epoch", "UNIT", "times as numbers: ns us ms s m h" },
	{ "json", NULL, "print JSON, as /query answers" },
	{ "pretty", NULL, "with --json: a line an item" },
	{ "csv", NULL, "print CSV, as /query answers" },
	{ NULL, NULL, NULL },
};

static const struct weir_option export_options[] = {
	{ "db", "NAME", "this database alone" },
	{ "rp", "NAME", "and this retention policy" },
	{ "bucket", "NAME", "this bucket alone, by name or id" },
	{ "measurement", "NAME", "this measurement alone" },
	{ "from", "TIME", "points not before it: 2026-01-31T12:00:00Z, or nanoseconds" },
	{ "to", "TIME", "points not after it" },
	{ "output", "FILE", "into this file, which is there once it is whole" },
	{ "lines-only", NULL, "nothing but line protocol: no CREATE, no comments" },
	{ NULL, NULL, NULL },
};

static const struct weir_option import_options[] = {
	{ "db", "NAME", "all into this database, whatever the file says" },
	{ "rp", "NAME", "and this retention policy" },
	{ "bucket", "NAME", "all into this bucket, by name or id" },
	{ "precision", "UNIT", "of times: ns us ms s m h; ns unless given" },
	{ "json", NULL, "print JSON, a line a file" },
	{ NULL, NULL, NULL },
};

const struct weir_command weir_commands[] = {
	{ "init", "", "make a store", 0, 0, init_options, weir_init },
	{ "settings", "", "what is set, and what it means", 0, 0, no_options, weir_settings },
	{ "compact", "", "move the journal into chunks, as from cron", 0, 0, no_options, weir_compact },
	{ "stats", "", "how much there is, a row a measurement", 0, 0, weir_json_option, weir_stats },
	{ "check", "", "read every byte back and verify it", 0, 0, check_options, weir_check },
	{ "bucket create", "NAME", "make a bucket", 1, 1, bucket_create_options,
	    weir_bucket_create },
	{ "bucket list", "", "all buckets", 0, 0, weir_json_option, weir_bucket_list },
	{ "bucket update", "NAME|ID", "change a bucket", 1, 1, bucket_update_options,
	    weir_bucket_update },
	{ "bucket delete", "NAME|ID", "delete a bucket and all its points", 1, 1, no_options,
	    weir_bucket_delete },
	{ "dbrp create", "", "map a database and retention policy to a bucket", 0, 0,
	    dbrp_create_options, weir_dbrp_create },
	{ "dbrp list", "", "mappings, those by name too", 0, 0, dbrp_list_options, weir_dbrp_list },
	{ "dbrp delete", "[ID]", "delete a stored mapping", 0, 1, dbrp_delete_options,
	    weir_dbrp_delete },
	{ "token create", "", "make a token, and show it this once", 0, 0, token_create_options,
	    weir_token_create },
	{ "token first", "FILE", "make a token, and the file to be uploaded for it", 1, 1,
	    no_options, weir_token_first },
	{ "token list", "", "all tokens, without their texts", 0, 0, weir_json_option,
	    weir_token_list },
	{ "token delete", "ID", "delete a token", 1, 1, no_options, weir_token_delete },
	{ "token activate", "ID", "let an inactive token in again", 1, 1, no_options,
	    weir_token_activate },
	{ "token deactivate", "ID", "refuse a token with 403", 1, 1, no_options,
	    weir_token_deactivate },
	{ "user create", "NAME", "make a user; the password is asked for, or read from a pipe", 1,
	    1, user_create_options, weir_user_create },
	{ "user list", "", "all users, and what they may do", 0, 0, weir_json_option,
	    weir_user_list },
	{ "user delete", "NAME", "delete a user", 1, 1, no_options, weir_user_delete },
	{ "user password", "NAME", "give a user another password", 1, 1, user_password_options,
	    weir_user_password },
	{ "user grant", "NAME", "let a user read or write", 1, 1, user_grant_options,
	    weir_user_grant },
	{ "user revoke", "NAME", "do not let a user read or write any more", 1, 1,
	    user_grant_options, weir_user_revoke },
	{ "write", "FILE...", "store files of line protocol; - is standard input", 1, -1,
	    write_options, weir_write },
	{ "query", "TEXT", "run InfluxQL; - reads it from standard input", 1, 1, query_options,
	    weir_query },
	{ "export", "", "print all points as line protocol, with where they go", 0, 0,
	    export_options, weir_export },
	{ "import", "FILE...", "take in what weir export or influx_inspect export has written", 1,
	    -1, import_options, weir_import },
};

const size_t weir_n_commands = sizeof(weir_commands) / sizeof(weir_commands[0]);
