#include "base/process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BOOT_DIGITS = 8, STAT_START_TIME_FIELD = 22 };

static char *boot_id(void)
{
    g_autofree char *text = NULL;

    if (!g_file_get_contents("/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
        return g_strdup("00000000");
    return g_strndup(text, BOOT_DIGITS);
}

/* The start time in clock ticks since boot (proc(5), field 22 of stat), or NULL if there is no such process or it is a
 * zombie. Field 2, the name, may hold spaces, so counting starts behind its last parenthesis. */
static char *start_time(const char *pid)
{
    g_autofree char *path = g_strdup_printf("/proc/%s/stat", pid);
    g_autofree char *stat = NULL;

    if (!g_file_get_contents(path, &stat, NULL, NULL))
        return NULL;
    const char *rest = strrchr(stat, ')');
    if (rest == NULL || strlen(rest) < 3 || rest[2] == 'Z' || rest[2] == 'X')
        return NULL;
    g_auto(GStrv) fields = g_strsplit(rest + 2, " ", -1);
    int index = STAT_START_TIME_FIELD - 3;
    return (int)g_strv_length(fields) > index ? g_strdup(fields[index]) : NULL;
}

static gpointer make_identity(G_GNUC_UNUSED gpointer data)
{
    g_autofree char *boot = boot_id();
    g_autofree char *pid = g_strdup_printf("%d", (int)getpid());
    g_autofree char *start = start_time(pid);

    return g_strdup_printf("%s/%s/%s/%s", g_get_host_name(), boot, pid, start != NULL ? start : "0");
}

const char *process_identity(void)
{
    static GOnce once = G_ONCE_INIT;

    return g_once(&once, make_identity, NULL);
}

ProcessLife process_life(const char *identity)
{
    g_auto(GStrv) parts = g_strsplit(identity, "/", -1);
    g_autofree char *boot = boot_id();

    if (g_strv_length(parts) != 4 || !g_str_equal(parts[0], g_get_host_name()))
        return PROCESS_UNKNOWN;
    if (!g_str_equal(parts[1], boot))
        return PROCESS_DEAD;
    if (strspn(parts[2], "0123456789") != strlen(parts[2]))
        return PROCESS_UNKNOWN;
    g_autofree char *start = start_time(parts[2]);
    return start != NULL && g_str_equal(start, parts[3]) ? PROCESS_ALIVE : PROCESS_DEAD;
}

static gpointer make_host_runner(G_GNUC_UNUSED gpointer data)
{
    return g_strconcat("host:", g_get_host_name(), NULL);
}

const char *process_host_runner(void)
{
    static GOnce once = G_ONCE_INIT;

    return g_once(&once, make_host_runner, NULL);
}
