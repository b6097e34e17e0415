/* The subcommands of trawl, and what they share: exit status, error lines, options of every store reader.
 *
 * Results go to standard output, all else to standard error. Each command is one function in its own file. */
#pragma once

#include "base/error.h"
#include "detect/detect.h"
#include "store/db.h"

#include <stdio.h>

typedef enum ExitStatus {
    EXIT_CLEAN = 0,     /* all read, nothing found */
    EXIT_FOUND = 1,     /* something found */
    EXIT_TROUBLE = 2,   /* bad usage, or it could not run */
    EXIT_INCOMPLETE = 3 /* nothing found, but some objects could not be read */
} ExitStatus;

typedef struct Command {
    const char *name;
    const char *summary; /* one line for `trawl --help` */
    /* argv[0] is the command's name */
    int (*run)(const struct Command *command, int argc, char **argv);
} Command;

int command_scan(const Command *command, int argc, char **argv);
int command_serve(const Command *command, int argc, char **argv);
int command_jobs(const Command *command, int argc, char **argv);
int command_findings(const Command *command, int argc, char **argv);
int command_executions(const Command *command, int argc, char **argv);
int command_rules(const Command *command, int argc, char **argv);
int command_workflow(const Command *command, int argc, char **argv);
int command_verify(const Command *command, int argc, char **argv);
int command_migrate(const Command *command, int argc, char **argv);
int command_refresh(const Command *command, int argc, char **argv);
int command_prune(const Command *command, int argc, char **argv);
int command_worker(const Command *command, int argc, char **argv);
int command_trial(const Command *command, int argc, char **argv); /* not for people */

/* "trawl scan: <text>" on standard error; always EXIT_TROUBLE. */
int command_fail(const Command *command, const GError *error);

typedef enum OutputFormat { FORMAT_TABLE, FORMAT_JSON, FORMAT_JSONL, FORMAT_CSV } OutputFormat;

/* Text of --format to its value; NULL is the table. */
FALLIBLE bool output_format_parse(const char *text, OutputFormat *ret_format, GError **error);

/* Parses argv with these options and the ones every command has (--log-level, --log-format). usage is what follows the
 * command's name, details stand below the options in --help. What is no option stays in argv[1] …; *ret_argc counts. */
FALLIBLE bool command_parse(const Command *command, const GOptionEntry *entries, const char *usage, const char *details,
    int *argc, char ***argv, GError **error);

/* The option that every command which needs the store has; target: char **. */
#define STORE_ENTRY(target)                                                                                            \
    {                                                                                                                  \
        "store", 0, 0, G_OPTION_ARG_STRING, (target), "Where jobs are kept: sqlite:PATH, PATH or postgresql://…",      \
            "STORE"                                                                                                    \
    }

/* Opens the store of --store (NULL: TRAWL_STORE, RDS_PROXY_ENDPOINT, or a file at the default place), bringing its
 * schema up to date. *ret_path (may be NULL) is the SQLite file, or for a server one in the user's state directory:
 * what belongs to this installation lies beside it. */
FALLIBLE bool command_open_store(const char *store, Db **ret_db, char **ret_path, GError **error);

/* The same for programs that run for long: a server that is not there (yet) is tried again for a minute, unless SIGINT
 * or SIGTERM, which the caller has blocked, ends it. */
FALLIBLE bool command_await_store(const char *store, Db **ret_db, char **ret_path, GError **error);

/* As command_open_store(), for commands that only read: NOT_FOUND instead of a new, empty store. */
FALLIBLE bool command_read_store(const char *store, Db **ret_db, GError **error);

typedef enum StoreMaking { STORE_MUST_EXIST, STORE_MAY_BE_MADE } StoreMaking;

/* The store as it is: its schema may be older, newer or not there. */
FALLIBLE bool command_connect_store(const char *store, StoreMaking making, Db **ret_db, GError **error);

typedef enum RuleDefaults { RULES_WITH_DEFAULTS, RULES_WITHOUT_DEFAULTS } RuleDefaults;

/* Where rules are: those that come with the program (TRAWL_RULES, beside it, or installed), then --rules;
 * NULL-terminated, each directory once. */
FALLIBLE bool command_rule_directories(
    char *const *rules_option, RuleDefaults defaults, char ***ret_directories, GError **error);

/* Loads the rules of these directories, and runs the examples of those that --rules names. INVALID tells all that is
 * wrong (detect/rule_faults.h), in lines. */
FALLIBLE bool command_load_rules(
    char *const *directories, char *const *rules_option, RuleSet **ret_rules, GError **error);

/* Runs the examples of the rules of these directories, NULL: of all rules. INVALID likewise. */
FALLIBLE bool command_check_examples(RuleSet *rules, char *const *directories, GError **error);

/* ~/.cache/trawl, made if missing; NULL if it cannot be had or others may write to it (then nothing is cached). */
char *command_cache_directory(void);
