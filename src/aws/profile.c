#include "aws/profile.h"

#include <string.h>

#define FILE_BYTES_MAX (4 * 1024 * 1024)

typedef struct Setting {
    char *value;
    char *place;
} Setting;

struct AwsProfile {
    char *name;
    GHashTable *settings; /* "region", "s3.addressing_style" -> Setting */
    GHashTable *services; /* "<section>.s3.endpoint_url" -> Setting */
    bool is_found;
};

typedef enum FileKind { FILE_CREDENTIALS, FILE_CONFIG } FileKind;

/* One file being read. */
typedef struct Reading {
    AwsProfile *profile;
    FileKind kind;
    const char *path;
    guint line;
    bool has_section;
    GHashTable *into; /* of the section that lines belong to, or NULL: somebody else's */
    char *prefix;     /* of settings: "" or "<section>." */
    char *parent;     /* setting whose indented lines follow, or NULL */
} Reading;

static bool read_file(AwsProfile *profile, FileKind kind, const char *path, GError **error);

static void setting_free(gpointer data)
{
    Setting *setting = data;

    if (setting->value != NULL)
        explicit_bzero(setting->value, strlen(setting->value));
    g_free(setting->value);
    g_free(setting->place);
    g_free(setting);
}

static char *file_path(const char *variable, const char *name)
{
    const char *path = g_getenv(variable);
    const char *home = g_getenv("HOME");

    if (path == NULL || *path == '\0')
        return g_build_filename(home != NULL ? home : g_get_home_dir(), ".aws", name, NULL);
    if (path[0] == '~' && path[1] == '/')
        return g_build_filename(home != NULL ? home : g_get_home_dir(), path + 2, NULL);
    return g_strdup(path);
}

static const char *environment(const char *name)
{
    const char *value = g_getenv(name);

    return value != NULL && *value != '\0' ? value : NULL;
}

bool aws_profile_load(const char *name, AwsProfile **ret_profile, GError **error)
{
    g_autoptr(AwsProfile) profile = g_new0(AwsProfile, 1);
    g_autofree char *credentials_path = file_path("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    g_autofree char *config_path = file_path("AWS_CONFIG_FILE", "config");
    const char *chosen = name != NULL ? name : environment("AWS_PROFILE");

    if (chosen == NULL)
        chosen = environment("AWS_DEFAULT_PROFILE");
    profile->name = g_strdup(chosen != NULL ? chosen : "default");
    profile->settings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, setting_free);
    profile->services = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, setting_free);
    TRY(read_file(profile, FILE_CONFIG, config_path, error));
    TRY(read_file(profile, FILE_CREDENTIALS, credentials_path, error));
    if (chosen != NULL && !profile->is_found)
        return fail(
            error, ERROR_INVALID, "profile \"%s\" is neither in %s nor in %s", chosen, credentials_path, config_path);
    *ret_profile = g_steal_pointer(&profile);
    return true;
}

void aws_profile_free(AwsProfile *profile)
{
    if (profile == NULL)
        return;
    g_free(profile->name);
    g_clear_pointer(&profile->settings, g_hash_table_unref);
    g_clear_pointer(&profile->services, g_hash_table_unref);
    g_free(profile);
}

const char *aws_profile_name(const AwsProfile *profile)
{
    return profile->name;
}

const char *aws_profile_get(const AwsProfile *profile, const char *setting)
{
    const Setting *found = g_hash_table_lookup(profile->settings, setting);

    return found != NULL ? found->value : NULL;
}

const char *aws_profile_place(const AwsProfile *profile, const char *setting)
{
    const Setting *found = g_hash_table_lookup(profile->settings, setting);

    return found != NULL ? found->place : NULL;
}

const char *aws_profile_endpoint(const AwsProfile *profile, const char *service)
{
    const char *section = aws_profile_get(profile, "services");

    if (section != NULL) {
        g_autofree char *name = g_strconcat(section, ".", service, ".endpoint_url", NULL);
        const Setting *setting = g_hash_table_lookup(profile->services, name);
        if (setting != NULL)
            return setting->value;
    }
    return aws_profile_get(profile, "endpoint_url");
}

const char *aws_region(const AwsProfile *profile)
{
    const char *region = environment("AWS_REGION");

    if (region == NULL)
        region = environment("AWS_DEFAULT_REGION");
    return region != NULL ? region : aws_profile_get(profile, "region");
}

const char *aws_endpoint(const AwsProfile *profile, const char *service)
{
    g_autofree char *upper = g_ascii_strup(service, -1);
    g_autofree char *variable = g_strconcat("AWS_ENDPOINT_URL_", upper, NULL);
    const char *ignored = environment("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");

    if (ignored != NULL && g_ascii_strcasecmp(ignored, "true") == 0)
        return NULL;
    const char *endpoint = environment(variable);
    if (endpoint == NULL)
        endpoint = environment("AWS_ENDPOINT_URL");
    return endpoint != NULL ? endpoint : aws_profile_endpoint(profile, service);
}

static bool starts_word(const char *text, const char *word)
{
    size_t len = strlen(word);

    return strncmp(text, word, len) == 0 && g_ascii_isspace(text[len]);
}

/* "[name]" of the credentials file, "[profile name]" or "[services name]" of the config file. */
static bool read_section(Reading *reading, char *line, GError **error)
{
    char *end = strchr(line, ']');

    if (end == NULL)
        return fail(error, ERROR_INVALID, "%s:%u: a section must end with \"]\"", reading->path, reading->line);
    *end = '\0';
    char *name = g_strstrip(line + 1);
    reading->has_section = true;
    reading->into = NULL;
    g_clear_pointer(&reading->parent, g_free);
    g_free(reading->prefix);
    reading->prefix = g_strdup("");
    if (reading->kind == FILE_CONFIG && starts_word(name, "services")) {
        reading->into = reading->profile->services;
        g_free(reading->prefix);
        reading->prefix = g_strconcat(g_strstrip(name + strlen("services")), ".", NULL);
        return true;
    }
    if (reading->kind == FILE_CONFIG && starts_word(name, "profile"))
        name = g_strstrip(name + strlen("profile"));
    else if (reading->kind == FILE_CONFIG && strcmp(name, "default") != 0)
        return true;
    if (strcmp(name, reading->profile->name) == 0) {
        reading->into = reading->profile->settings;
        reading->profile->is_found = true;
    }
    return true;
}

static void cut_comment(char *value)
{
    for (char *c = value; *c != '\0'; c++) {
        if ((*c == '#' || *c == ';') && c > value && g_ascii_isspace(c[-1])) {
            *c = '\0';
            g_strchomp(value);
            return;
        }
    }
}

static bool read_setting(Reading *reading, char *line, GError **error)
{
    bool is_nested = g_ascii_isspace(line[0]) && reading->parent != NULL;
    char *equals = strchr(line, '=');

    if (equals == NULL)
        return fail(
            error, ERROR_INVALID, "%s:%u: expected \"name = value\" or \"[section]\"", reading->path, reading->line);
    if (!reading->has_section)
        return fail(error, ERROR_INVALID, "%s:%u: a setting stands before the first \"[section]\"", reading->path,
            reading->line);
    *equals = '\0';
    g_autofree char *name = g_ascii_strdown(g_strstrip(line), -1);
    char *value = g_strstrip(equals + 1);
    cut_comment(value);
    if (!is_nested)
        g_clear_pointer(&reading->parent, g_free);
    if (!is_nested && *value == '\0') {
        reading->parent = g_steal_pointer(&name);
        return true;
    }
    if (reading->into == NULL)
        return true;
    Setting *setting = g_new0(Setting, 1);
    setting->value = g_strdup(value);
    setting->place = g_strdup_printf("%s:%u", reading->path, reading->line);
    g_hash_table_replace(reading->into,
        is_nested ? g_strconcat(reading->prefix, reading->parent, ".", name, NULL)
                  : g_strconcat(reading->prefix, name, NULL),
        setting);
    return true;
}

static bool read_line(Reading *reading, char *line, GError **error)
{
    const char *first = line + strspn(line, " \t\r");

    if (*first == '\0' || *first == '#' || *first == ';')
        return true;
    if (!g_utf8_validate(line, -1, NULL))
        return fail(error, ERROR_INVALID, "%s:%u: not UTF-8 text", reading->path, reading->line);
    if (*line == '[')
        return read_section(reading, line, error);
    return read_setting(reading, line, error);
}

static bool read_lines(Reading *reading, char *text, GError **error)
{
    char *rest = text;

    while (rest != NULL) {
        char *line = strsep(&rest, "\n");
        reading->line++;
        TRY(read_line(reading, line, error));
    }
    return true;
}

static bool read_file(AwsProfile *profile, FileKind kind, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) problem = NULL;
    gsize len = 0;

    if (!g_file_get_contents(path, &text, &len, &problem)) {
        if (g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
            g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
            return true;
        return fail(error, ERROR_INVALID, "%s", problem->message);
    }
    if (len > FILE_BYTES_MAX || strlen(text) != len)
        return fail(error, ERROR_INVALID, "%s: not a text file of settings", path);

    Reading reading = {.profile = profile, .kind = kind, .path = path};
    bool is_read = read_lines(&reading, text, error);
    explicit_bzero(text, len);
    g_free(reading.prefix);
    g_free(reading.parent);
    return is_read;
}
