#include "jobs/listing_place.h"

#include <string.h>

bool listing_place_parse(const ObjectPosition *position, ListingPlace *ret_place, GError **error)
{
    const char *at = position->text;
    int64_t numbers[3] = {-1, -1, -1};

    for (size_t i = 0; i < G_N_ELEMENTS(numbers) && *position->text != '\0'; i++) {
        g_autofree char *part = g_strndup(at, strcspn(at, "/"));
        gint64 number = 0;
        if (!g_ascii_string_to_signed(part, 10, -1, INT32_MAX, &number, NULL))
            return fail(error, ERROR_INVALID, "place in the list of objects: '%.47s' is none", position->text);
        numbers[i] = number;
        at += strlen(part) + (at[strlen(part)] == '/' ? 1 : 0);
    }
    if (*position->text != '\0' && *at != '\0')
        return fail(error, ERROR_INVALID, "place in the list of objects: '%.47s' is none", position->text);
    *ret_place = (ListingPlace){numbers[0], numbers[1], numbers[2]};
    return true;
}

void listing_place_format(const ListingPlace *place, ObjectPosition *ret_position)
{
    g_snprintf(ret_position->text, sizeof ret_position->text,
        "%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT, place->shard, place->page_no, place->ordinal);
}
