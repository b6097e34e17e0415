#include "app/command.h"

#include <locale.h>
#include <signal.h>
#include <string.h>

static const Command commands[] = {
    {"scan", "Scan buckets and directories, show progress, print a report", command_scan},
    {"serve", "Serve the HTTP API, with workers inside", command_serve},
    {"jobs", "List jobs, or show one", command_jobs},
    {"findings", "Print the findings of a job", command_findings},
    {"executions", "List executions of the workflow, by date", command_executions},
    {"rules", "List the detectors", command_rules},
    {"verify", "Check the counters of a job against its pages", command_verify},
};

static int print_usage(FILE *stream, int status)
{
    (void)fprintf(stream, "Usage: trawl COMMAND [OPTION…] [ARGUMENT…]\n\n"
                          "Finds sensitive data in S3 buckets and directories.\n\nCommands:\n");
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        (void)fprintf(stream, "  %-10s %s\n", commands[i].name, commands[i].summary);
    (void)fprintf(stream, "\nTry: trawl scan s3://BUCKET/PREFIX\n     trawl COMMAND --help\n");
    return status;
}

int main(int argc, char **argv)
{
    (void)setlocale(LC_ALL, "");
    (void)setlocale(LC_NUMERIC, "C"); /* numbers in JSON and CSV have a point */
    (void)signal(SIGPIPE, SIG_IGN);

    if (argc < 2)
        return print_usage(stderr, EXIT_TROUBLE);
    if (g_str_equal(argv[1], "--help") || g_str_equal(argv[1], "-h") || g_str_equal(argv[1], "help"))
        return print_usage(stdout, EXIT_CLEAN);
    if (g_str_equal(argv[1], "--version")) {
        (void)printf("trawl %s\n", TRAWL_VERSION);
        return EXIT_CLEAN;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
        if (g_str_equal(argv[1], commands[i].name))
            return commands[i].run(&commands[i], argc - 1, argv + 1);
    (void)fprintf(stderr,
        "trawl: '%s' is no command: expected scan, serve, jobs, findings, executions, rules or verify\n", argv[1]);
    return EXIT_TROUBLE;
}
