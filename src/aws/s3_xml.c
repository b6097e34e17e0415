#include "aws/s3_xml.h"

#include "base/clock.h"

#include <expat.h>
#include <string.h>

#define DEPTH_MAX 16
#define TEXT_MAX  8192
/* 1 PiB: far beyond the biggest object there can be, and the sizes of thousands of entries add up without overflow. */
#define SIZE_MAX_BYTES ((guint64)1 << 50)

/* The texts that are kept, by parent and name. */
typedef enum Field {
    FIELD_NONE,
    FIELD_TRUNCATED,
    FIELD_NEXT_TOKEN,
    FIELD_ENCODING,
    FIELD_CODE,
    FIELD_MESSAGE,
    FIELD_REGION,
    FIELD_KEY,
    FIELD_SIZE,
    FIELD_ETAG,
    FIELD_MODIFIED,
    FIELD_COUNT,
} Field;

typedef struct FieldName {
    const char *parent; /* "ListBucketResult", "Contents" or "Error" */
    const char *name;
    Field field;
} FieldName;

static const FieldName field_names[] = {
    {"ListBucketResult", "IsTruncated", FIELD_TRUNCATED},
    {"ListBucketResult", "NextContinuationToken", FIELD_NEXT_TOKEN},
    {"ListBucketResult", "EncodingType", FIELD_ENCODING},
    {"Contents", "Key", FIELD_KEY},
    {"Contents", "Size", FIELD_SIZE},
    {"Contents", "ETag", FIELD_ETAG},
    {"Contents", "LastModified", FIELD_MODIFIED},
    {"Error", "Code", FIELD_CODE},
    {"Error", "Message", FIELD_MESSAGE},
    {"Error", "Region", FIELD_REGION},
};

typedef enum Root { ROOT_NONE, ROOT_LISTING, ROOT_ERROR, ROOT_OTHER } Root;

struct S3Xml {
    XML_Parser parser;
    uint32_t max_keys;
    char *problem; /* why parsing was stopped, or NULL */
    guint depth;
    Root root;
    bool is_in_contents;
    Field field; /* whose text is being gathered */
    GString *text;
    char *values[FIELD_COUNT]; /* of the root, and of the entry being read */
    GArray *entries;           /* keys not decoded yet */
    bool is_cut;
};

static void on_start(void *data, const char *name, const char **attributes);
static void on_end(void *data, const char *name);
static void on_text(void *data, const char *text, int len);
static void on_doctype(void *data, const char *name, const char *system, const char *public, int has_subset);

static void entry_clear(gpointer data)
{
    S3ListEntry *entry = data;

    g_free(entry->key);
    g_free(entry->etag);
}

static GArray *entries_new(void)
{
    GArray *entries = g_array_new(FALSE, FALSE, sizeof(S3ListEntry));

    g_array_set_clear_func(entries, entry_clear);
    return entries;
}

void s3_list_result_clear(S3ListResult *result)
{
    g_clear_pointer(&result->entries, g_array_unref);
    g_clear_pointer(&result->next_token, g_free);
}

S3Xml *s3_xml_new(uint32_t max_keys)
{
    S3Xml *xml = g_new0(S3Xml, 1);

    xml->max_keys = max_keys;
    xml->text = g_string_new(NULL);
    xml->entries = entries_new();
    xml->parser = XML_ParserCreate(NULL);
    g_assert(xml->parser != NULL);
    XML_SetUserData(xml->parser, xml);
    XML_SetElementHandler(xml->parser, on_start, on_end);
    XML_SetCharacterDataHandler(xml->parser, on_text);
    XML_SetStartDoctypeDeclHandler(xml->parser, on_doctype);
    return xml;
}

void s3_xml_free(S3Xml *xml)
{
    if (xml == NULL)
        return;
    XML_ParserFree(xml->parser);
    g_string_free(xml->text, TRUE);
    for (size_t i = 0; i < FIELD_COUNT; i++)
        g_free(xml->values[i]);
    g_array_unref(xml->entries);
    g_free(xml->problem);
    g_free(xml);
}

static bool parse(S3Xml *xml, const void *data, size_t len, int is_final, GError **error)
{
    if (XML_Parse(xml->parser, data != NULL ? data : "", (int)len, is_final) != XML_STATUS_ERROR)
        return true;
    enum XML_Error code = XML_GetErrorCode(xml->parser);
    bool is_cut_short = is_final && (code == XML_ERROR_NO_ELEMENTS || code == XML_ERROR_UNCLOSED_TOKEN ||
                                        code == XML_ERROR_PARTIAL_CHAR || code == XML_ERROR_UNCLOSED_CDATA_SECTION);
    return fail(error, is_cut_short ? ERROR_TRUNCATED : ERROR_PROTOCOL,
        "the answer is not XML that S3 sends (line %lu: %s)", (unsigned long)XML_GetCurrentLineNumber(xml->parser),
        xml->problem != NULL ? xml->problem : XML_ErrorString(code));
}

bool s3_xml_feed(S3Xml *xml, const void *data, size_t len, GError **error)
{
    const char *bytes = data;

    while (len > 0) {
        size_t part = MIN(len, (size_t)1 << 20);
        TRY(parse(xml, bytes, part, 0, error));
        bytes += part;
        len -= part;
    }
    return true;
}

bool s3_xml_finish(S3Xml *xml, GError **error)
{
    return parse(xml, NULL, 0, 1, error);
}

static const char *value_of(const S3Xml *xml, Field field)
{
    return xml->values[field] != NULL ? xml->values[field] : "";
}

bool s3_xml_error(const S3Xml *xml, S3ErrorAnswer *ret_answer)
{
    if (xml->root != ROOT_ERROR)
        return false;
    ret_answer->code = value_of(xml, FIELD_CODE);
    ret_answer->message = value_of(xml, FIELD_MESSAGE);
    ret_answer->region = value_of(xml, FIELD_REGION);
    return true;
}

/* In place. encoding-type=url is percent-encoding, and AWS writes a space as a plus sign. */
static bool decode_key(S3ListEntry *entry)
{
    char *to = entry->key;

    for (const char *from = entry->key; *from != '\0'; from++) {
        if (*from == '+') {
            *to++ = ' ';
        } else if (*from != '%') {
            *to++ = *from;
        } else if (g_ascii_isxdigit(from[1]) && g_ascii_isxdigit(from[2])) {
            *to++ = (char)(g_ascii_xdigit_value(from[1]) << 4 | g_ascii_xdigit_value(from[2]));
            from += 2;
        } else {
            return false;
        }
    }
    *to = '\0';
    entry->key_len = (size_t)(to - entry->key);
    return entry->key_len > 0;
}

bool s3_xml_listing(S3Xml *xml, S3ListResult *ret_result, GError **error)
{
    if (xml->root != ROOT_LISTING)
        return fail(error, ERROR_PROTOCOL, "the answer is XML, but no listing of S3");
    const char *truncated = value_of(xml, FIELD_TRUNCATED);
    if (strcmp(truncated, "true") != 0 && strcmp(truncated, "false") != 0)
        return fail(error, ERROR_PROTOCOL, "the listing does not say whether it is truncated");
    if (g_ascii_strcasecmp(value_of(xml, FIELD_ENCODING), "url") == 0) {
        for (guint i = 0; i < xml->entries->len; i++) {
            if (!decode_key(&g_array_index(xml->entries, S3ListEntry, i)))
                return fail(error, ERROR_PROTOCOL, "the listing holds a key that is not URL-encoded as announced");
        }
    }
    ret_result->entries = g_steal_pointer(&xml->entries);
    xml->entries = entries_new();
    ret_result->is_truncated = xml->is_cut || strcmp(truncated, "true") == 0;
    bool has_token = !xml->is_cut && ret_result->is_truncated && *value_of(xml, FIELD_NEXT_TOKEN) != '\0';
    ret_result->next_token = has_token ? g_strdup(value_of(xml, FIELD_NEXT_TOKEN)) : NULL;
    return true;
}

static void stop(S3Xml *xml, const char *problem)
{
    g_free(xml->problem);
    xml->problem = g_strdup(problem);
    XML_StopParser(xml->parser, XML_FALSE);
}

static Field find_field(const char *parent, const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(field_names); i++) {
        if (strcmp(field_names[i].parent, parent) == 0 && strcmp(field_names[i].name, name) == 0)
            return field_names[i].field;
    }
    return FIELD_NONE;
}

static Root root_of(const char *name)
{
    if (strcmp(name, "ListBucketResult") == 0)
        return ROOT_LISTING;
    return strcmp(name, "Error") == 0 ? ROOT_ERROR : ROOT_OTHER;
}

static void on_start(void *data, const char *name, G_GNUC_UNUSED const char **attributes)
{
    S3Xml *xml = data;

    xml->depth++;
    xml->field = FIELD_NONE;
    g_string_truncate(xml->text, 0);
    if (xml->depth > DEPTH_MAX)
        stop(xml, "nested too deep");
    else if (xml->depth == 1)
        xml->root = root_of(name);
    else if (xml->depth == 2 && xml->root == ROOT_LISTING && strcmp(name, "Contents") == 0)
        xml->is_in_contents = true;
    else if (xml->depth == 2 && xml->root == ROOT_LISTING)
        xml->field = find_field("ListBucketResult", name);
    else if (xml->depth == 2 && xml->root == ROOT_ERROR)
        xml->field = find_field("Error", name);
    else if (xml->depth == 3 && xml->is_in_contents)
        xml->field = find_field("Contents", name);
}

static void on_text(void *data, const char *text, int len)
{
    S3Xml *xml = data;

    if (xml->field == FIELD_NONE)
        return;
    if (xml->text->len + (size_t)len > TEXT_MAX)
        stop(xml, "a text is too long");
    else
        g_string_append_len(xml->text, text, len);
}

static char *bare_etag(const char *text)
{
    const char *start = g_str_has_prefix(text, "W/") ? text + 2 : text;
    size_t len = strlen(start);

    if (len >= 2 && start[0] == '"' && start[len - 1] == '"')
        return g_strndup(start + 1, len - 2);
    return g_strdup(start);
}

/* It goes out again in If-Match. */
static bool is_sendable(const char *etag)
{
    for (const unsigned char *c = (const unsigned char *)etag; *c != '\0'; c++) {
        if (*c < ' ' || *c == '"' || *c >= 0x7f)
            return false;
    }
    return true;
}

static bool read_size(S3Xml *xml, uint64_t *ret_size)
{
    guint64 size = 0;

    if (!g_ascii_string_to_unsigned(value_of(xml, FIELD_SIZE), 10, 0, G_MAXUINT64, &size, NULL)) {
        stop(xml, "an entry without a size");
        return false;
    }
    if (size > SIZE_MAX_BYTES) {
        g_autofree char *problem =
            g_strdup_printf("size %" G_GUINT64_FORMAT ", expected at most %" G_GUINT64_FORMAT, size, SIZE_MAX_BYTES);
        stop(xml, problem);
        return false;
    }
    *ret_size = size;
    return true;
}

static void end_contents(S3Xml *xml)
{
    S3ListEntry entry = {0};

    xml->is_in_contents = false;
    if (xml->entries->len >= xml->max_keys) {
        xml->is_cut = true;
        return;
    }
    if (*value_of(xml, FIELD_KEY) == '\0') {
        stop(xml, "an entry without a key");
        return;
    }
    if (!read_size(xml, &entry.size_bytes))
        return;
    entry.etag = bare_etag(value_of(xml, FIELD_ETAG));
    if (!is_sendable(entry.etag)) {
        g_free(entry.etag);
        stop(xml, "an ETag that cannot be");
        return;
    }
    if (!clock_parse_iso(value_of(xml, FIELD_MODIFIED), &entry.modified_ms, NULL))
        entry.modified_ms = 0;
    entry.key = g_steal_pointer(&xml->values[FIELD_KEY]);
    entry.key_len = strlen(entry.key);
    g_array_append_val(xml->entries, entry);
    for (Field field = FIELD_KEY; field < FIELD_COUNT; field++)
        g_clear_pointer(&xml->values[field], g_free);
}

static void on_end(void *data, G_GNUC_UNUSED const char *name)
{
    S3Xml *xml = data;

    if (xml->field != FIELD_NONE) {
        g_free(xml->values[xml->field]);
        xml->values[xml->field] = g_strdup(xml->text->str);
        xml->field = FIELD_NONE;
    }
    if (xml->depth == 2 && xml->is_in_contents)
        end_contents(xml);
    xml->depth--;
}

static void on_doctype(void *data, G_GNUC_UNUSED const char *name, G_GNUC_UNUSED const char *system,
    G_GNUC_UNUSED const char *public, G_GNUC_UNUSED int has_subset)
{
    stop(data, "a DOCTYPE");
}
