#include "app/command.h"
#include "app/engine.h"
#include "app/lease_flag.h"
#include "app/scan_options.h"
#include "base/log.h"
#include "base/process.h"

#include <signal.h>
#include <stdlib.h>

typedef struct WorkerCommandOptions {
    SourceFlags source;
    char *store, *lease;
} WorkerCommandOptions;

static void worker_command_options_clear(WorkerCommandOptions *options)
{
    source_flags_clear(&options->source);
    g_free(options->store);
    g_free(options->lease);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WorkerCommandOptions, worker_command_options_clear)

static bool parse(const Command *command, int *argc, char ***argv, WorkerCommandOptions *options, GError **error)
{
    enum { OWN_COUNT = 2 };
    GOptionEntry entries[OWN_COUNT + SOURCE_FLAG_COUNT + 1] = {
        STORE_ENTRY(&options->store),
        LEASE_ENTRY(&options->lease),
    };

    source_flags_entries(&options->source, entries + OWN_COUNT);
    TRY(command_parse(command, entries, "",
        "Any number of workers, on any hosts, share one store. Credentials come from the environment of each; the\n"
        "rules and the key of fingerprints must be those of the servers (--rules, --fingerprint-key-file).\n"
        "SIGTERM ends a worker: what it works on is given back at once.",
        argc, argv, error));
    if (*argc > 1)
        return fail(error, ERROR_INVALID, "'%s': expected no argument", (*argv)[1]);
    return true;
}

static bool start(const WorkerCommandOptions *options, Engine **ret_engine, GError **error)
{
    g_autoptr(Engine) engine = NULL;
    EngineOptions engine_options = {0};

    TRY(source_flags_engine(&options->source, &engine_options, error));
    TRY(lease_parse(options->lease, &engine_options.lease_ms, error));
    engine_options.store = options->store;
    engine_options.patience = WORKER_KEEPS_ON;
    TRY(engine_open(&engine_options, &engine, error));
    TRY(engine_start(engine, NULL, NULL, error));
    *ret_engine = g_steal_pointer(&engine);
    return true;
}

/* Signals are blocked before any thread is made, so that all of them leave them to this one. */
static void wait_for_signal(const sigset_t *signals)
{
    int number = 0;

    (void)sigwait(signals, &number);
    (void)fprintf(stderr, "trawl worker: stopping\n");
    (void)signal(number, SIG_DFL);
    (void)pthread_sigmask(SIG_UNBLOCK, signals, NULL); /* a second one ends us at once */
}

int command_worker(const Command *command, int argc, char **argv)
{
    g_auto(WorkerCommandOptions) options = {0};
    g_autoptr(Engine) engine = NULL;
    g_autoptr(GError) error = NULL;
    sigset_t signals;

    if (!parse(command, &argc, &argv, &options, &error))
        return command_fail(command, error);
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGTERM);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    if (!start(&options, &engine, &error))
        return command_fail(command, error);
    (void)fprintf(stderr, "trawl worker: ready (%s)\n", process_identity());
    wait_for_signal(&signals);
    engine_cancel(engine);
    return EXIT_CLEAN;
}
