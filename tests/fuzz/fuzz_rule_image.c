/* A cached rule file that was tampered with: refused, or rules that load or are refused like any others. The input is
 * a list of changes to a sound image, since its layout is the compiler's: place (2 bytes), value (1 byte), again and
 * again; an odd byte at the end cuts the image short. */
#include "detect/cache/rule_image.h"
#include "detect/rule_internal.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char RULES[] = "rules:\n"
                            "  - id: sec.key\n"
                            "    name: n\n"
                            "    description: d\n"
                            "    category: secret\n"
                            "    severity: high\n"
                            "    severity_by_occurrences: [{occurrences: 7, severity: critical}]\n"
                            "    mask: all\n"
                            "    compliance: [PCI]\n"
                            "    engine: literal\n"
                            "    pattern: 'key_(?<value>[a-f]{8})'\n"
                            "    keywords: [token, api key]\n"
                            "    distance: 40\n"
                            "    min_entropy: 1.5\n"
                            "    ignore: [aaaaaaaa]\n"
                            "    examples: {match: [x], no_match: [y]}\n"
                            "  - id: id.number\n"
                            "    name: n\n"
                            "    description: d\n"
                            "    category: government\n"
                            "    severity: low\n"
                            "    mask: last4\n"
                            "    engine: class\n"
                            "    shape: digits\n"
                            "    forms: ['3-2-4']\n"
                            "    examples: {match: [x], no_match: [y]}\n";

static GByteArray *sound_image(void)
{
    g_autoptr(RuleDocument) document = NULL;
    g_autoptr(GError) error = NULL;

    if (!rule_document_parse("rules", (Bytes){.data = (const uint8_t *)RULES, .len = strlen(RULES)}, &document, &error))
        g_error("%s", error->message);
    for (unsigned i = 0; i < document->rules_count; i++) {
        if (!rule_facts_find(&document->rules[i], &document->facts[i], &error))
            g_error("%s", error->message);
    }
    return rule_image_pack(document);
}

static void use_rule(const RawRule *raw, RuleFacts *facts)
{
    g_autoptr(GError) error = NULL;
    CompiledRule rule;

    if (!compiled_rule_init(&rule, "image", raw, facts, FACTS_KNOWN, &error))
        return;
    if (rule.regex != NULL)
        (void)rule_regex_get(rule.regex);
    compiled_rule_clear(&rule);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static GByteArray *sound = NULL;

    if (sound == NULL)
        sound = sound_image();
    size_t len = size % 3 == 1 ? sound->len * data[size - 1] / 256 : sound->len;
    char *bytes = g_memdup2(sound->data, sound->len);
    for (size_t i = 0; i + 2 < size; i += 3)
        bytes[(data[i] << 8 | data[i + 1]) % sound->len] = (char)data[i + 2];
    g_autofree char *exact = g_memdup2(bytes, MAX(len, (size_t)1));
    g_free(bytes);
    g_autoptr(RuleDocument) document = rule_image_unpack(g_steal_pointer(&exact), len, 0);
    for (unsigned i = 0; document != NULL && i < document->rules_count; i++)
        use_rule(&document->rules[i], &document->facts[i]);
    return 0;
}
