#include "app/command.h"

#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>

enum { MALLOC_PIECE_MAX = 4 * 1024 * 1024, MALLOC_STEP = 1024 * 1024 };

static const Command commands[] = {
    {"scan", "Scan buckets and directories, show progress, print a report", command_scan},
    {"serve", "Serve the HTTP API, with workers inside", command_serve},
    {"worker", "Scan pages of the jobs of a store, beside any number of others", command_worker},
    {"jobs", "List, show, watch, cancel, pause, resume and retry jobs", command_jobs},
    {"findings", "Print the findings of a job", command_findings},
    {"executions", "List executions of the workflow, by date", command_executions},
    {"rules", "List the detectors", command_rules},
    {"workflow", "Check, run and draw state machines", command_workflow},
    {"verify", "Check the counters of a job against its pages", command_verify},
    {"migrate", "Bring the store's schema up to date, show it, or take it back", command_migrate},
    {"refresh", "Take the snapshot of all jobs' progress once", command_refresh},
    {"prune", "Delete jobs that ended long ago", command_prune},
};

/* What a worker starts for itself. */
static const Command trial = {"trial", "Try objects for a worker", command_trial};

static int print_usage(FILE *stream, int status)
{
    (void)fprintf(stream, "Usage: trawl COMMAND [OPTION…] [ARGUMENT…]\n\n"
                          "Finds sensitive data in S3 buckets and directories.\n\nCommands:\n");
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        (void)fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].summary);
    (void)fprintf(stream, "\nTry: trawl scan s3://BUCKET/PREFIX\n     trawl help COMMAND\n");
    return status;
}

static const Command *find_command(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (g_str_equal(name, commands[i].name))
            return &commands[i];
    return NULL;
}

static int no_command(const char *name)
{
    g_autoptr(GString) names = g_string_new(NULL);
    const size_t last = G_N_ELEMENTS(commands) - 1;

    for (size_t i = 0; i <= last; i++)
        g_string_append_printf(names, "%s%s", i == 0 ? "" : i == last ? " or " : ", ", commands[i].name);
    (void)fprintf(stderr, "trawl: '%s' is no command: expected %s\n", name, names->str);
    return EXIT_TROUBLE;
}

static int help(int argc, char **argv)
{
    const Command *command = argc > 2 ? find_command(argv[2]) : NULL;
    char option[] = "--help";
    char *ask[] = {argc > 2 ? argv[2] : NULL, option, NULL};

    if (argc == 2)
        return print_usage(stdout, EXIT_CLEAN);
    return command != NULL ? command->run(command, 2, ask) : no_command(argv[2]);
}

/* Loading rules takes and gives back pieces of a megabyte: they are used again instead of being asked of the system
 * each time. This is what malloc itself comes to after it saw such pieces. */
static void settle_malloc(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, MALLOC_PIECE_MAX);
    (void)mallopt(M_TRIM_THRESHOLD, 2 * MALLOC_PIECE_MAX);
    (void)mallopt(M_TOP_PAD, MALLOC_STEP);
}

int main(int argc, char **argv)
{
    settle_malloc();
    (void)setlocale(LC_ALL, "");
    (void)setlocale(LC_NUMERIC, "C"); /* numbers in JSON and CSV have a point */
    (void)signal(SIGPIPE, SIG_IGN);

    if (argc < 2)
        return print_usage(stderr, EXIT_TROUBLE);
    if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h"))
        return print_usage(stdout, EXIT_CLEAN);
    if (g_str_equal(argv[1], "help"))
        return help(argc, argv);
    if (g_str_equal(argv[1], "--version")) {
        (void)printf("trawl %s\n", TRAWL_VERSION);
        return EXIT_CLEAN;
    }
    if (g_str_equal(argv[1], trial.name))
        return trial.run(&trial, argc - 1, argv + 1);
    const Command *command = find_command(argv[1]);
    return command != NULL ? command->run(command, argc - 1, argv + 1) : no_command(argv[1]);
}
