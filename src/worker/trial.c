#include "worker/trial.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SLICE_MS = 200,
    PIECE_BYTES = 64 << 10,
    KILLS_MAX = 3, /* somebody may kill a child that is innocent, but hardly three times in a row */
};

struct Trial {
    TrialOptions options;
    pid_t pid; /* 0: none */
    int fd;
    bool is_fresh; /* no object was given to this child before */
    uint8_t *piece;
};

/* How it went with one child. */
typedef enum Encounter {
    ENCOUNTER_SURVIVED,
    ENCOUNTER_DIED,
    ENCOUNTER_HUNG,
    ENCOUNTER_UNWANTED,
} Encounter;

Trial *trial_new(const TrialOptions *options)
{
    Trial *trial = g_new0(Trial, 1);

    trial->options = *options;
    trial->fd = -1;
    trial->piece = g_malloc(PIECE_BYTES);
    return trial;
}

/* *ret_status as waitpid() gives it. */
static void end_child(Trial *trial, int *ret_status)
{
    if (trial->pid == 0)
        return;
    (void)close(trial->fd);
    while (waitpid(trial->pid, ret_status, 0) < 0 && errno == EINTR)
        ;
    trial->pid = 0;
    trial->fd = -1;
}

static void kill_child(Trial *trial)
{
    int status = 0;

    if (trial->pid != 0)
        (void)kill(trial->pid, SIGKILL);
    end_child(trial, &status);
}

void trial_free(Trial *trial)
{
    if (trial == NULL)
        return;
    kill_child(trial);
    g_free(trial->piece);
    g_free(trial);
}

/* What a scan may need; nothing that opens a door. */
static char **child_environment(void)
{
    static const char *const names[] = {"PATH", "HOME", "XDG_CACHE_HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
        "LD_LIBRARY_PATH", "LD_PRELOAD", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"};
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = g_getenv(names[i]);
        g_autofree char *line = value != NULL ? g_strdup_printf("%s=%s", names[i], value) : NULL;
        if (line != NULL)
            g_strv_builder_add(builder, line);
    }
    return g_strv_builder_end(builder);
}

static int spawn(Trial *trial, int child_fd)
{
    g_auto(GStrv) environment = child_environment();
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;

    (void)sigemptyset(&none);
    (void)sigemptyset(&defaults);
    (void)sigaddset(&defaults, SIGPIPE);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawnattr_init(&attributes);
    (void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    (void)posix_spawnattr_setsigmask(&attributes, &none);
    (void)posix_spawnattr_setsigdefault(&attributes, &defaults);
    (void)posix_spawn_file_actions_adddup2(&actions, child_fd, STDIN_FILENO);
    (void)posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    int code = posix_spawn(
        &trial->pid, trial->options.argv[0], &actions, &attributes, (char *const *)trial->options.argv, environment);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return code;
}

static bool start_child(Trial *trial, GError **error)
{
    int fds[2] = {-1, -1};

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return fail(error, ERROR_BUSY, "trial: no socket: %s", g_strerror(errno));
    int code = spawn(trial, fds[1]);
    (void)close(fds[1]);
    if (code != 0) {
        (void)close(fds[0]);
        trial->pid = 0;
        return fail(error, ERROR_BUSY, "trial: no process: %s", g_strerror(code));
    }
    trial->fd = fds[0];
    trial->is_fresh = true;
    return true;
}

/* Until the socket is ready for events, or the child is not worth waiting for any more. */
static Encounter wait_for(const Trial *trial, short events, int64_t end_ms)
{
    struct pollfd poll_fd = {.fd = trial->fd, .events = events};

    while (poll(&poll_fd, 1, SLICE_MS) <= 0) {
        if (!trial->options.is_wanted(trial->options.data))
            return ENCOUNTER_UNWANTED;
        if (clock_monotonic_ms() >= end_ms)
            return ENCOUNTER_HUNG;
    }
    return ENCOUNTER_SURVIVED;
}

static Encounter send_all(const Trial *trial, const void *data, size_t len, int64_t end_ms)
{
    const uint8_t *at = data;

    while (len > 0) {
        ssize_t sent = send(trial->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return ENCOUNTER_DIED;
        if (sent < 0) {
            Encounter waited = wait_for(trial, POLLOUT, end_ms);
            if (waited != ENCOUNTER_SURVIVED)
                return waited;
            continue;
        }
        at += sent;
        len -= (size_t)sent;
    }
    return ENCOUNTER_SURVIVED;
}

static Encounter send_number(const Trial *trial, uint32_t number, int64_t end_ms)
{
    return send_all(trial, &number, sizeof number, end_ms);
}

static Encounter send_piece(const Trial *trial, const void *data, size_t len, int64_t end_ms)
{
    Encounter sent = send_number(trial, (uint32_t)len, end_ms);

    return sent == ENCOUNTER_SURVIVED ? send_all(trial, data, len, end_ms) : sent;
}

static Encounter receive_answer(const Trial *trial, int64_t end_ms)
{
    Encounter waited = wait_for(trial, POLLIN, end_ms);
    uint8_t answer = 0;

    if (waited != ENCOUNTER_SURVIVED)
        return waited;
    return recv(trial->fd, &answer, 1, 0) == 1 ? ENCOUNTER_SURVIVED : ENCOUNTER_DIED;
}

/* False if the object stops coming. */
static bool send_object(
    Trial *trial, const char *name, const ByteReader *reader, Encounter *ret_encounter, GError **error)
{
    int64_t end_ms = clock_monotonic_ms() + trial->options.max_ms;
    Encounter encounter = send_piece(trial, name, strlen(name), end_ms);
    size_t len = 1;

    while (encounter == ENCOUNTER_SURVIVED && len > 0) {
        if (!trial->options.is_wanted(trial->options.data)) {
            encounter = ENCOUNTER_UNWANTED;
            break;
        }
        TRY(byte_reader_read(reader, trial->piece, PIECE_BYTES, &len, error));
        if (len > 0)
            encounter = send_piece(trial, trial->piece, len, end_ms);
    }
    if (encounter == ENCOUNTER_SURVIVED)
        encounter = send_number(trial, TRIAL_END, end_ms);
    if (encounter == ENCOUNTER_SURVIVED)
        encounter = receive_answer(trial, end_ms);
    *ret_encounter = encounter;
    return true;
}

static bool meet(Trial *trial, const TrialObject *object, Encounter *ret_encounter, GError **error)
{
    ByteReader reader = {0};

    TRY(object->open(object->data, &reader, error));
    bool is_read = send_object(trial, object->name, &reader, ret_encounter, error);
    object->close(object->data);
    if (!is_read) /* the child waits for the rest: a new one costs less than a way back */
        kill_child(trial);
    return is_read;
}

typedef enum Death { DEATH_OF_OBJECT, DEATH_BY_KILL, DEATH_BY_ORDER, DEATH_OF_ITSELF } Death;

static Death judge_death(int status, char **ret_reason)
{
    if (WIFEXITED(status)) {
        *ret_reason = g_strdup_printf("the process that scanned it ended with status %d", WEXITSTATUS(status));
        return WEXITSTATUS(status) == TRIAL_OWN_TROUBLE ? DEATH_OF_ITSELF : DEATH_OF_OBJECT;
    }
    int number = WTERMSIG(status);
    *ret_reason = g_strdup_printf("the process that scanned it died: %s", g_strsignal(number));
    if (number == SIGKILL)
        return DEATH_BY_KILL;
    bool is_order = number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT;
    return is_order ? DEATH_BY_ORDER : DEATH_OF_OBJECT;
}

/* What the end of a child says about the object. *ret_is_over false: it is to be tried again with another. */
static bool judge(Trial *trial, uint32_t *kills, bool *ret_is_over, char **ret_reason, GError **error)
{
    bool was_fresh = trial->is_fresh;
    g_autofree char *reason = NULL;
    int status = 0;

    end_child(trial, &status);
    Death death = judge_death(status, &reason);
    if (death == DEATH_OF_ITSELF)
        return fail(error, ERROR_BUSY, "trial: %s", reason);
    bool is_kill = death == DEATH_BY_KILL || death == DEATH_BY_ORDER;
    if (is_kill)
        (*kills)++;
    if (death == DEATH_BY_ORDER && *kills >= KILLS_MAX)
        return fail(error, ERROR_BUSY, "trial: %s", reason);
    /* A child may also die of what an earlier object left behind. */
    *ret_is_over = was_fresh && (!is_kill || *kills >= KILLS_MAX);
    *ret_reason = *ret_is_over ? g_steal_pointer(&reason) : NULL;
    return true;
}

bool trial_object(Trial *trial, const TrialObject *object, TrialVerdict *ret_verdict, char **ret_reason, GError **error)
{
    uint32_t kills = 0;
    bool is_guilty = false;

    while (!is_guilty) {
        Encounter encounter = ENCOUNTER_SURVIVED;
        if (trial->pid == 0)
            TRY(start_child(trial, error));
        TRY(meet(trial, object, &encounter, error));
        switch (encounter) {
        case ENCOUNTER_SURVIVED:
            trial->is_fresh = false;
            *ret_verdict = TRIAL_SURVIVED;
            return true;
        case ENCOUNTER_UNWANTED:
            kill_child(trial);
            *ret_verdict = TRIAL_UNWANTED;
            return true;
        case ENCOUNTER_HUNG:
            kill_child(trial);
            *ret_reason = g_strdup("the process that scanned it came to no end");
            is_guilty = true;
            break;
        case ENCOUNTER_DIED:
            TRY(judge(trial, &kills, &is_guilty, ret_reason, error));
            break;
        }
    }
    *ret_verdict = TRIAL_GUILTY;
    return true;
}
