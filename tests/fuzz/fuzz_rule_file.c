/* Any bytes as a rule file. Loaded, or refused with a reason; then all that is wrong is told, at least that. */
#include "detect/rule_faults.h"

#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *make_folder(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = g_dir_make_tmp("trawl-fuzz-XXXXXX", &error);

    if (folder == NULL)
        g_error("%s", error->message);
    return folder;
}

static void check_faults(const RuleFaults *faults)
{
    g_autofree char *text = rule_faults_text(faults);

    g_assert_cmpuint(rule_faults_total(faults), >=, 1);
    g_assert_cmpuint(rule_faults_kept(faults), ==, MIN(rule_faults_total(faults), (uint64_t)RULE_FAULTS_MAX));
    g_assert_cmpuint(strlen(text), >, 0);
    for (uint32_t i = 0; i < rule_faults_kept(faults); i++)
        g_assert_cmpstr(rule_faults_at(faults, i)->what, !=, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *folder = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(RuleSet) rules = NULL;
    g_autoptr(RuleFaults) faults = rule_faults_new();

    if (folder == NULL)
        folder = make_folder();
    g_autofree char *path = g_build_filename(folder, "a.yaml", NULL);
    const char *const folders[] = {folder, NULL};
    if (!g_file_set_contents(path, (const char *)data, (gssize)size, &error))
        g_error("%s", error->message);
    if (!rule_set_load(folders, NULL, &rules, &error)) {
        g_assert_true(error_is(error, ERROR_INVALID));
        rule_set_find_faults(folders, NULL, error, faults);
        check_faults(faults);
    }
    (void)remove(path);
    return 0;
}
