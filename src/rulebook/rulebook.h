/* The rules of a store: those of the installation, and custom ones that clients keep in it.
 *
 * Each change of the custom rules makes a new set of all of them. A job keeps the set of the moment it was created at,
 * so that all its objects are looked at by the same rules, whoever scans them and whatever changes meanwhile. A
 * Rulebook is shared by all threads; it keeps the sets that were asked for lately, compiled. */
#pragma once

#include "base/ids.h"
#include "detect/detect.h"
#include "store/db.h"

#include <jansson.h>

/* Of all custom rules together: every change writes all of them anew, and every worker compiles them. */
enum { CUSTOM_RULES_MAX = 1000, CUSTOM_RULES_BYTES_MAX = 4 * 1024 * 1024 };

typedef struct Rulebook Rulebook;

typedef struct RulebookOptions {
    Db *db;                         /* borrowed */
    const char *const *directories; /* of the installation's rules; copied */
    const char *cache_dir;          /* NULL: none; copied */
    RuleSet *installed;             /* what these directories hold; referenced */
} RulebookOptions;

Rulebook *rulebook_new(const RulebookOptions *options);
void rulebook_free(Rulebook *book);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rulebook, rulebook_free)

/* Borrowed. */
RuleSet *rulebook_installed(const Rulebook *book);

typedef struct CustomRule {
    char *id;
    int64_t version; /* 1, then one more with each change */
    int64_t created_ms, updated_ms;
    char *document; /* JSON object */
} CustomRule;

void custom_rule_clear(CustomRule *rule);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(CustomRule, custom_rule_clear)

typedef enum RulebookChange { RULEBOOK_CREATED, RULEBOOK_REPLACED, RULEBOOK_UNCHANGED } RulebookChange;

/* Keeps a rule as a client wrote it (custom_rule.h). Without `version` it must be new; with it, it replaces that
 * version. What is there already, word for word, is no conflict. INVALID names the field; CONFLICT if the id is taken,
 * the version is not the current one, or there are CUSTOM_RULES_MAX; TOO_LARGE if they are too long together. */
FALLIBLE bool rulebook_put(
    Rulebook *book, const json_t *given, CustomRule *ret_rule, RulebookChange *ret_change, GError **error);

/* FORBIDDEN for a rule of the installation, unless a custom one from before it has the same id. NOT_FOUND. */
FALLIBLE bool rulebook_delete(Rulebook *book, const char *id, GError **error);

/* NOT_FOUND unless there is such a custom rule. */
FALLIBLE bool rulebook_find(Rulebook *book, const char *id, CustomRule *ret_rule, GError **error);

/* CustomRule values in order of id. Free with g_array_unref. */
FALLIBLE bool rulebook_list(Rulebook *book, GArray **ret_rules, GError **error);

/* The installed rules and the custom ones of this moment, or of the moment at which the job was created; a new
 * reference. INVALID if they do not go together. NOT_FOUND. */
FALLIBLE bool rulebook_rules(Rulebook *book, RuleSet **ret_rules, GError **error);
FALLIBLE bool rulebook_rules_of_job(Rulebook *book, const JobId *id, RuleSet **ret_rules, GError **error);
