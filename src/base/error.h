/* Errors: one table of kinds decides the HTTP status and whether a retry can help.
 *
 * Fallible functions return bool and take GError **. An error is set once, at its origin; above it is only
 * propagated or prefixed (g_prefix_error). The text is for people and never holds scanned content. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum ErrorKind {
#define ERROR_KIND(name, text, http_status, retryable) ERROR_##name,
#include "base/error.def"
#undef ERROR_KIND
    ERROR_KIND_COUNT
} ErrorKind;

#define FALLIBLE __attribute__((warn_unused_result))

/* Returns false from the calling function if the call returned false. The only macro that hides a return. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        if (!(call))                                                                                                   \
            return false;                                                                                              \
    } while (0)

#define TRAWL_ERROR (trawl_error_quark())
GQuark trawl_error_quark(void);

/* Sets the error and returns false, always. */
bool fail(GError **error, ErrorKind kind, const char *format, ...) G_GNUC_PRINTF(3, 4);
#ifdef __clang_analyzer__ /* which cannot see from here that it is false */
#define fail(...) ((void)(fail)(__VA_ARGS__), false)
#endif

/* What an INVALID is about, for programs: nobody reads it from the text. */
typedef struct ErrorPlace {
    const char *field; /* of what was given; NULL: of no single one */
    unsigned line;     /* from 1; 0: unknown */
} ErrorPlace;

/* As fail(), INVALID, with the place. The text begins with the field, "field: what". */
bool fail_at(GError **error, const ErrorPlace *place, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* The same for a reason whose origin could not know the field. */
bool fail_in(GError **error, const char *field, GError *take_reason);
#ifdef __clang_analyzer__
#define fail_at(...) ((void)(fail_at)(__VA_ARGS__), false)
#define fail_in(...) ((void)(fail_in)(__VA_ARGS__), false)
#endif

/* All NULL or 0 if nobody said. The error's. */
ErrorPlace error_place(const GError *error);
/* The text as its origin wrote it, without the field and without what was put before it on its way. */
const char *error_what(const GError *error);

/* The kind of an error; ERROR_INTERNAL for errors of other domains. NULL is a bug of the caller. */
ErrorKind error_kind(const GError *error);
bool error_is(const GError *error, ErrorKind kind);

/* Facts of a kind: its stable name ("not_found"), HTTP status, and whether trying again can help. */
const char *error_kind_name(ErrorKind kind);
int error_kind_http_status(ErrorKind kind);
bool error_kind_is_retryable(ErrorKind kind);
