#include "detect/keyword_spelling.h"
#include "detect/keyword_fold.h"

#include <string.h>

typedef enum Capitals { CAPITALS_FIRST, CAPITALS_WORDS } Capitals;

static char *capitalised(const char *keyword, Capitals capitals)
{
    GString *out = g_string_new(NULL);
    bool is_first = true;

    for (const char *at = keyword; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar letter = g_utf8_get_char(at);
        g_string_append_unichar(out, is_first ? g_unichar_totitle(letter) : letter);
        is_first = capitals == CAPITALS_WORDS && !g_unichar_isalnum(letter);
    }
    return g_string_free(out, FALSE);
}

static void fold(char *text)
{
    uint8_t before = 0;

    for (; *text != '\0'; text++) {
        uint8_t byte = (uint8_t)*text;
        *text = (char)keyword_lower(before, byte);
        before = byte;
    }
}

char **keyword_spellings(const char *keyword)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    char *spellings[] = {g_strdup(keyword), g_utf8_strup(keyword, -1), capitalised(keyword, CAPITALS_FIRST),
        capitalised(keyword, CAPITALS_WORDS)};

    for (size_t i = 0; i < G_N_ELEMENTS(spellings); i++) {
        char *folded = g_strdup(spellings[i]);
        fold(folded);
        if (g_hash_table_add(seen, folded))
            g_strv_builder_add(builder, spellings[i]);
        g_free(spellings[i]);
    }
    return g_strv_builder_end(builder);
}
