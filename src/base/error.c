#include "base/error.h"

#include <stdarg.h>

#undef fail /* the analyzer's macros; here are the functions themselves */
#undef fail_at
#undef fail_in

typedef struct KindFacts {
    const char *name;
    int http_status;
    bool is_retryable;
} KindFacts;

static const KindFacts kind_facts[ERROR_KIND_COUNT] = {
#define ERROR_KIND(kind, text, status, retryable)                                                                      \
    [ERROR_##kind] = {.name = (text), .http_status = (status), .is_retryable = (retryable)},
#include "base/error.def"
#undef ERROR_KIND
};

typedef struct TrawlErrorPrivate {
    char *field, *what; /* NULL: nobody said */
    unsigned line;
} TrawlErrorPrivate;

static void trawl_error_private_init(TrawlErrorPrivate *facts)
{
    *facts = (TrawlErrorPrivate){0};
}

static void trawl_error_private_copy(const TrawlErrorPrivate *from, TrawlErrorPrivate *to)
{
    *to = (TrawlErrorPrivate){.field = g_strdup(from->field), .what = g_strdup(from->what), .line = from->line};
}

static void trawl_error_private_clear(TrawlErrorPrivate *facts)
{
    g_free(facts->field);
    g_free(facts->what);
}

/* clang-format off */
G_DEFINE_EXTENDED_ERROR(TrawlError, trawl_error)
/* clang-format on */

bool fail(GError **error, ErrorKind kind, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autoptr(GError) made = g_error_new_valist(TRAWL_ERROR, (gint)kind, format, args);
    va_end(args);

    g_propagate_error(error, g_steal_pointer(&made));
    return false;
}

static void name_field(GError *error, const char *field)
{
    TrawlErrorPrivate *facts = trawl_error_get_private(error);

    if (facts->what == NULL)
        facts->what = g_strdup(error->message);
    g_free(facts->field);
    facts->field = g_strdup(field);
    g_prefix_error(&error, "%s: ", field);
}

bool fail_at(GError **error, const ErrorPlace *place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_autoptr(GError) made = g_error_new_valist(TRAWL_ERROR, (gint)ERROR_INVALID, format, args);
    va_end(args);

    trawl_error_get_private(made)->what = g_strdup(made->message);
    trawl_error_get_private(made)->line = place->line;
    if (place->field != NULL)
        name_field(made, place->field);
    g_propagate_error(error, g_steal_pointer(&made));
    return false;
}

bool fail_in(GError **error, const char *field, GError *take_reason)
{
    g_assert(take_reason->domain == TRAWL_ERROR);
    name_field(take_reason, field);
    g_propagate_error(error, take_reason);
    return false;
}

ErrorPlace error_place(const GError *error)
{
    if (error->domain != TRAWL_ERROR)
        return (ErrorPlace){0};
    const TrawlErrorPrivate *facts = trawl_error_get_private(error);
    return (ErrorPlace){.field = facts->field, .line = facts->line};
}

const char *error_what(const GError *error)
{
    const char *what = error->domain == TRAWL_ERROR ? trawl_error_get_private(error)->what : NULL;

    return what != NULL ? what : error->message;
}

ErrorKind error_kind(const GError *error)
{
    g_assert(error != NULL);
    if (error->domain != TRAWL_ERROR || error->code < 0 || error->code >= ERROR_KIND_COUNT)
        return ERROR_INTERNAL;
    return (ErrorKind)error->code;
}

bool error_is(const GError *error, ErrorKind kind)
{
    return error != NULL && error_kind(error) == kind;
}

const char *error_kind_name(ErrorKind kind)
{
    return kind_facts[kind].name;
}

int error_kind_http_status(ErrorKind kind)
{
    return kind_facts[kind].http_status;
}

bool error_kind_is_retryable(ErrorKind kind)
{
    return kind_facts[kind].is_retryable;
}
