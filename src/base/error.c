#include "base/error.h"

#include <stdarg.h>

#undef fail /* the analyzer's macro; here is the function itself */

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

/* clang-format off */
G_DEFINE_QUARK(trawl-error-quark, trawl_error)
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
