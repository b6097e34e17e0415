#include "listing/listing_filter.h"

#include <fnmatch.h>
#include <locale.h>

const char *exclusion_name(Exclusion exclusion)
{
    static const char *const names[EXCLUSION_COUNT] = {
        [EXCLUSION_NONE] = "none",
        [EXCLUSION_NOT_INCLUDED] = "not_included",
        [EXCLUSION_EXCLUDED] = "excluded",
        [EXCLUSION_TOO_LARGE] = "too_large",
    };

    return names[exclusion];
}

FilterScope filter_begin(void)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

    return (FilterScope){.utf8 = utf8, .before = utf8 != (locale_t)0 ? uselocale(utf8) : NULL};
}

void filter_end(FilterScope *scope)
{
    if (scope->utf8 == NULL)
        return;
    uselocale(scope->before);
    freelocale(scope->utf8);
    *scope = (FilterScope){0};
}

/* Without FNM_PATHNAME '*' also crosses '/'. */
static bool matches_any(const char *const *globs, const char *key)
{
    for (; *globs != NULL; globs++) {
        if (fnmatch(*globs, key, 0) == 0)
            return true;
    }
    return false;
}

Exclusion listing_filter_apply(const ListingFilter *filter, const ObjectEntry *entry)
{
    bool has_include = filter->include != NULL && filter->include[0] != NULL;

    if (has_include && !matches_any(filter->include, entry->key))
        return EXCLUSION_NOT_INCLUDED;
    if (filter->exclude != NULL && matches_any(filter->exclude, entry->key))
        return EXCLUSION_EXCLUDED;
    if (filter->max_object_bytes > 0 && entry->size_bytes > filter->max_object_bytes)
        return EXCLUSION_TOO_LARGE;
    return EXCLUSION_NONE;
}
