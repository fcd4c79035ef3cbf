/*
 * program/settings_table.h - every setting of weir, a row each: kind, name, default, help
 *
 * NAME
 *     weir.conf - settings of a weir store
 *
 * DESCRIPTION
 *     A file of lines NAME = VALUE. Blank lines and lines that begin with # say nothing; a value may
 *     stand in double quotes, which keep blanks at its ends. An unknown name or a value that is none
 *     is an error: weir(1) ends with it, and the programs of a web server answer 503 and tell it
 *     in the server's log.
 *
 *     A setting has a default. HOME/weir.conf, weir.conf beside the program and WEIR_NAME in the
 *     environment (the name in capitals) say otherwise, each beating the one before. Programs that
 *     stay up read all this when they start; `weir settings` prints what came of it, as a file to
 *     begin with.
 *
 * VALUES
 *     text         anything but nothing
 *     size         bytes; k, M, G, T are powers of 1024, as 64k
 *     number       a whole number
 *     duration     of ns us ms s m h d w, as 500ms or 1h30m
 *     yes or no    also true, on, 1; false, off, 0
 *
 * SETTINGS
 *     @insert
 *
 * FILES
 *     HOME/weir.conf    settings of this store; all but home
 *     weir.conf         beside the program; a relative home is taken from that folder
 *
 * EXAMPLES
 *         # a small machine with a slow disk
 *         cache_size = 8M
 *         compact_size = 2M
 *         lock_wait = 30s
 *
 * SEE ALSO
 *     weir(1), weir-write(8), weir-query(8)
 */

/*
 * Expanded into struct settings and into the table that reads and explains them: define
 * SETTING(kind, name, default, help), include this file, undefine it. A row is the manual of its
 * setting: `weir settings` and weir.conf(5) print it, and weir.conf and WEIR_NAME take it by this
 * name.
 *
 *     TEXT      any text                       const char *
 *     SIZE      bytes; k, M, G, T: 1024^n      uint64_t
 *     COUNT     a whole number                 uint64_t
 *     DURATION  ns us ms s m h d w, as 1h30m   int64_t, ns
 *     FLAG      yes or no                      bool
 */
SETTING(TEXT,	  home, WEIR_HOME_DEFAULT,
    "the directory of the store; not in the home's own weir.conf")
SETTING(SIZE,	  cache_size, "16M",
    "memory that all processes share for pages of the store; taken when nobody has it open")
SETTING(SIZE,	  checkpoint_size, "8M",
    "log between two checkpoints: recovery after a crash takes about 6 ms per MB of it")
SETTING(SIZE,	  compact_size, "8M",
    "journal that is worth moving into chunks, after a reply and in steps; 32M at most")
SETTING(SIZE,	  backlog_limit, "64M",
    "journal past which a write first works some of it off")
SETTING(SIZE,	  disk_reserve, "64M",
    "free disk space that writes leave alone: below it they are answered with 503")
SETTING(DURATION, lock_wait, "10s",
    "how long a request queues for the store before it is answered with 503")
SETTING(COUNT,	  max_columns, "1000",
    "tags and fields of a measurement, time included; further ones are refused line by line")
SETTING(COUNT,	  max_measurements, "0",
    "measurements of a bucket; 0 is any number")
SETTING(COUNT,	  max_series, "2000000",
    "series of a bucket; points of further ones are refused, with the tag that has most values; "
    "0 is any number")
SETTING(SIZE,	  body_limit, "50000000",
    "a request body as it is sent; more is answered with 413")
SETTING(SIZE,	  inflated_limit, "250000000",
    "a request body after gunzip; more is answered with 413")
SETTING(SIZE,	  spool_threshold, "4M",
    "a request body kept in memory; what is longer waits in an unnamed file in spool_dir")
SETTING(TEXT,	  spool_dir, "/tmp",
    "where long request bodies wait until they have been read to their end")
SETTING(SIZE,	  memo_size, "32M",
    "what one weir-write process remembers of series it has seen; a full memory is emptied")
SETTING(FLAG,	  precision_u_is_us, "no",
    "take precision=u of a write as microseconds, as InfluxDB 1.x does, instead of refusing it")
SETTING(DURATION, auto_bucket_retention, "0s",
    "how long a bucket that a write has made keeps its points; 0s is for ever")
SETTING(FLAG,	  influxql_management, "no",
    "let an all-access token run CREATE DATABASE and its like, SELECT INTO, EXPLAIN, DROP SERIES")
SETTING(FLAG,	  influxql_delete_by_field, "no",
    "let DELETE ask for values of fields, which InfluxDB 1.x refuses: DELETE FROM m WHERE v > 5")
SETTING(FLAG,	  influxql_users, "no",
    "with influxql_management, let it run CREATE USER, GRANT and their like too")
SETTING(FLAG,	  cross_site_basic, "no",
    "let pages of other sites write and change with Basic credentials, which browsers send unasked")
SETTING(COUNT,	  password_checks, "4",
    "passwords hashed at a time, over all processes: each takes 19 MiB; 0 is any number")
SETTING(DURATION, query_timeout, "30s",
    "how long a query may run; 0s is without a limit")
SETTING(COUNT,	  query_max_running, "0",
    "queries that run at a time, over all processes; more wait, and get a 503 after lock_wait; "
    "0 is any number")
SETTING(COUNT,	  query_max_rows, "0",
    "rows in the answer of a statement; 0 is any number")
SETTING(COUNT,	  query_max_series, "2000000",
    "series that a statement may look at; 0 is any number")
SETTING(COUNT,	  query_max_windows, "1000000",
    "windows of GROUP BY time() in one series of an answer; 0 is any number")
SETTING(SIZE,	  query_max_memory, "512M",
    "memory of one statement; also what MessagePack, which must be counted before it is sent, "
    "holds")
SETTING(COUNT,	  chunk_size, "10000",
    "rows of a document of a chunked answer, where the request names no number")
SETTING(FLAG,	  compress, "yes",
    "gzip the answers of queries for clients that ask; no where the web server does it")
