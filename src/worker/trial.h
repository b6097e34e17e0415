/* Trying an object in a process of its own before this one touches it.
 *
 * A Trial owns a child that scans objects as the scan threads do, gets their bytes through a socket, and throws away
 * what it finds. It has neither our credentials nor our connections, and limits on memory and processor time. A child
 * that dies of an object proves that the object is guilty; whatever happens to us proves nothing. One thread. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

typedef struct Trial Trial;

typedef enum TrialVerdict {
    TRIAL_SURVIVED, /* read to the end, or refused in an orderly way */
    TRIAL_GUILTY,   /* the child died of it: *ret_reason */
    TRIAL_UNWANTED, /* broken off: is_wanted() said so */
} TrialVerdict;

typedef struct TrialOptions {
    const char *const *argv; /* borrowed, NULL-terminated; its first is the program */
    int64_t max_ms;          /* for one object, until the child is taken for hung */
    /* Asked several times a second while the child works: whether to go on. */
    bool (*is_wanted)(void *data);
    void *data;
} TrialOptions;

Trial *trial_new(const TrialOptions *options);
void trial_free(Trial *trial);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trial, trial_free)

/* Reads the object from a reader. */
typedef bool (*TrialOpen)(void *data, ByteReader *ret_reader, GError **error);
typedef void (*TrialClose)(void *data);

typedef struct TrialObject {
    const char *name;
    TrialOpen open; /* called again for each child that the object is given to */
    TrialClose close;
    void *data;
} TrialObject;

/* False if the object could not be fetched, or no child could be had; the error's kind says which, and the object is
 * neither guilty nor cleared. *ret_reason is owned by the caller. */
FALLIBLE bool trial_object(
    Trial *trial, const TrialObject *object, TrialVerdict *ret_verdict, char **ret_reason, GError **error);

/* The exit status with which a child says that the trouble is its own. */
enum { TRIAL_OWN_TROUBLE = 2 };

/* What goes to the child: 32-bit numbers in the machine's order. For each object the length of its name and the name,
 * then pieces, each behind its length, then one of these marks. The child answers with one byte. */
#define TRIAL_END    UINT32_C(0)
#define TRIAL_BROKEN UINT32_MAX
