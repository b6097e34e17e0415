/* State machines for Step Functions clients. The scanner's own can be seen, run and tagged, and stays as it is. */
#include "api/states_call.h"
#include "api/states_tags.h"
#include "jobs/jobs.h"
#include "workflow/executions.h"
#include "workflow/machines.h"

#include <string.h>

enum { ROLE_CHARS_MAX = 256, NAME_CHARS_MAX = 80, MACHINES_TOKEN_CHARS = 1024 };

static bool refuse_missing(StatesCall *call, const char *arn, GError **error)
{
    return states_refuse(call, error, "StateMachineDoesNotExist", "State Machine Does Not Exist: '%s'", arn);
}

/* ---- ListStateMachines ---- */

typedef struct MachinePage {
    json_t *items;
    uint32_t limit;
    bool has_more;
    int64_t last_ms;
    char *last_arn;
} MachinePage;

static void list_machine(void *data, const StateMachine *machine)
{
    MachinePage *page = data;

    if (json_array_size(page->items) == page->limit) {
        page->has_more = true;
        return;
    }
    (void)json_array_append_new(
        page->items, json_pack("{s:s, s:s, s:s, s:o}", "stateMachineArn", machine->arn, "name", machine->name, "type",
                         machine->type, "creationDate", states_time(machine->created_ms)));
    page->last_ms = machine->created_ms;
    g_free(page->last_arn);
    page->last_arn = g_strdup(machine->arn);
}

static bool fill_machines(StatesCall *call, MachinePage *page, GError **error)
{
    g_autofree char *after_arn = g_strdup("");
    g_autoptr(DbTx) tx = NULL;
    int64_t after_ms = 0;

    TRY(states_token_read(call, "ListStateMachines", MACHINES_TOKEN_CHARS, &after_ms, &after_arn, error));
    TRY(states_max_results(call, &page->limit, error));
    TRY(db_begin(call->api->db, DB_READ, &tx, error));
    return machines_list(tx, after_ms, after_arn, page->limit + 1, list_machine, page, error);
}

bool states_list_machines(StatesCall *call, json_t **ret_answer, GError **error)
{
    MachinePage page = {.items = json_array()};
    const bool is_listed = fill_machines(call, &page, error);
    json_t *root = json_pack("{s:o}", "stateMachines", page.items);

    if (is_listed && page.has_more)
        (void)json_object_set_new(
            root, "nextToken", states_token_make(call, "ListStateMachines", page.last_ms, page.last_arn));
    g_free(page.last_arn);
    if (is_listed)
        *ret_answer = json_incref(root);
    json_decref(root);
    return is_listed;
}

/* ---- DescribeStateMachine ---- */

static json_t *setting(const StateMachine *machine, const char *name, json_t *take_default)
{
    json_t *settings = json_loads(machine->settings != NULL ? machine->settings : "{}", 0, NULL);
    json_t *given = json_incref(json_object_get(settings, name));

    json_decref(settings);
    if (given == NULL)
        return take_default;
    json_decref(take_default);
    return given;
}

static void add_settings(json_t *root, const StateMachine *machine)
{
    json_t *logging = json_pack("{s:s, s:b}", "level", "OFF", "includeExecutionData", 0);
    json_t *tracing = json_pack("{s:b}", "enabled", 0);
    json_t *encryption = json_pack("{s:s}", "type", "AWS_OWNED_KEY");

    (void)json_object_set_new(root, "loggingConfiguration", setting(machine, "loggingConfiguration", logging));
    (void)json_object_set_new(root, "tracingConfiguration", setting(machine, "tracingConfiguration", tracing));
    (void)json_object_set_new(root, "encryptionConfiguration", setting(machine, "encryptionConfiguration", encryption));
}

static bool read_machine(StatesCall *call, const char *arn, StateMachine *ret_machine, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    bool is_found = false;

    TRY(db_begin(call->api->db, DB_READ, &tx, error));
    TRY(machine_find(tx, arn, ret_machine, &is_found, error));
    return is_found || refuse_missing(call, arn, error);
}

bool states_describe_machine(StatesCall *call, json_t **ret_answer, GError **error)
{
    g_auto(StateMachine) machine = {0};
    const char *arn = NULL, *included = NULL;

    TRY(states_choice(call, "includedData", "METADATA_ONLY, ALL_DATA", &included, error));
    TRY(states_arn(call, "stateMachineArn", "stateMachine", &arn, error));
    TRY(read_machine(call, arn, &machine, error));
    json_t *root = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s}", "stateMachineArn", machine.arn, "name",
        machine.name, "status", machine.status, "roleArn", machine.role_arn, "type", machine.type, "creationDate",
        states_time(machine.created_ms), "revisionId", machine.revision);
    if (g_strcmp0(included, "METADATA_ONLY") != 0)
        (void)json_object_set_new(root, "definition", json_string(machine.definition));
    add_settings(root, &machine);
    *ret_answer = root;
    return true;
}

/* Definition and role are those of the start; the rest is the machine as it is now, and nothing if it is gone. */
bool states_describe_machine_for_execution(StatesCall *call, json_t **ret_answer, GError **error)
{
    g_auto(ExecutionRecord) record = {0};
    g_auto(StateMachine) machine = {0};
    g_autoptr(DbTx) tx = NULL;
    const char *arn = NULL, *included = NULL;
    bool is_found = false;

    TRY(states_choice(call, "includedData", "METADATA_ONLY, ALL_DATA", &included, error));
    TRY(states_arn(call, "executionArn", "execution", &arn, error));
    TRY(db_begin(call->api->db, DB_READ, &tx, error));
    TRY(execution_record_find(tx, arn, &record, &is_found, error));
    if (!is_found)
        return states_refuse(call, error, "ExecutionDoesNotExist", "Execution Does Not Exist: '%s'", arn);
    TRY(machine_find(tx, record.machine_arn, &machine, &is_found, error));
    const char *name = strrchr(record.machine_arn, ':');
    json_t *root =
        json_pack("{s:s, s:s, s:s, s:o}", "stateMachineArn", record.machine_arn, "name", name != NULL ? name + 1 : "",
            "roleArn", record.role_arn, "updateDate", states_time(is_found ? machine.updated_ms : record.started_ms));
    if (is_found)
        (void)json_object_set_new(root, "revisionId", json_string(machine.revision));
    if (g_strcmp0(included, "METADATA_ONLY") != 0)
        (void)json_object_set_new(root, "definition", json_string(record.definition));
    add_settings(root, &machine);
    *ret_answer = root;
    return true;
}

/* ---- CreateStateMachine, UpdateStateMachine, DeleteStateMachine ---- */

static const char *const setting_names[] = {
    "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration", NULL};

/* What was given of the settings, over those that there are; owned by the caller. */
static char *merge_settings(const StatesCall *call, const char *present)
{
    json_t *settings = json_loads(present, 0, NULL);

    for (size_t i = 0; setting_names[i] != NULL; i++) {
        json_t *given = json_object_get(call->params, setting_names[i]);
        if (json_is_object(given))
            (void)json_object_set(settings, setting_names[i], given);
    }
    char *text = json_dumps(settings, JSON_COMPACT | JSON_SORT_KEYS);
    char *owned = g_strdup(text);
    free(text);
    json_decref(settings);
    return owned;
}

static bool check_no_version(StatesCall *call, GError **error)
{
    bool is_published = false;

    TRY(states_flag(call, "publish", &is_published, error));
    return !is_published ||
           states_refuse(call, error, "ValidationException", "trawl does not keep versions: publish must not be true");
}

static bool read_new(StatesCall *call, StateMachine *machine, GError **error)
{
    const char *name = NULL, *definition = NULL, *role = NULL, *type = NULL;

    TRY(states_text(call, (TextParam){"name", PARAM_REQUIRED, 1, NAME_CHARS_MAX}, &name, error));
    if (!workflow_name_is_valid(name))
        return states_refuse(call, error, "InvalidName", "Invalid Name: '%s'", name);
    TRY(states_text(call, (TextParam){"definition", PARAM_REQUIRED, 1, DEFINITION_CHARS_MAX}, &definition, error));
    TRY(states_text(call, (TextParam){"roleArn", PARAM_REQUIRED, 1, ROLE_CHARS_MAX}, &role, error));
    if (!g_str_has_prefix(role, "arn:"))
        return states_refuse(call, error, "InvalidArn", "Invalid Role Arn: '%s'", role);
    TRY(states_choice(call, "type", "STANDARD, EXPRESS", &type, error));
    if (g_strcmp0(type, "EXPRESS") == 0)
        return states_refuse(
            call, error, "StateMachineTypeNotSupported", "trawl runs state machines of type STANDARD only");
    TRY(check_no_version(call, error));
    TRY(states_tags_new(call, &machine->tags, error));
    TRY(states_check_definition(call, definition, error));
    machine->arn = workflow_machine_arn(call->api->workflow, name);
    machine->name = g_strdup(name);
    machine->definition = g_strdup(definition);
    machine->role_arn = g_strdup(role);
    machine->type = g_strdup("STANDARD");
    machine->settings = merge_settings(call, "{}");
    return true;
}

static bool is_same(const StateMachine *a, const StateMachine *b)
{
    return g_strcmp0(a->definition, b->definition) == 0 && g_strcmp0(a->role_arn, b->role_arn) == 0 &&
           g_strcmp0(a->type, b->type) == 0 && g_strcmp0(a->settings, b->settings) == 0;
}

/* Creating the same once more is no error, and changes nothing. */
static bool create(StatesCall *call, const StateMachine *machine, int64_t *ret_created_ms, GError **error)
{
    g_auto(StateMachine) present = {0};
    g_autoptr(GError) trouble = NULL;
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(call->api->db, DB_WRITE, &tx, error));
    if (machine_insert(tx, machine, ret_created_ms, &trouble))
        return db_commit(g_steal_pointer(&tx), error);
    if (!error_is(trouble, ERROR_CONFLICT)) {
        g_propagate_error(error, g_steal_pointer(&trouble));
        return false;
    }
    g_clear_pointer(&tx, db_tx_free);
    TRY(read_machine(call, machine->arn, &present, error));
    if (!is_same(machine, &present))
        return states_refuse(
            call, error, "StateMachineAlreadyExists", "State Machine Already Exists: '%s'", machine->arn);
    *ret_created_ms = present.created_ms;
    return true;
}

bool states_create_machine(StatesCall *call, json_t **ret_answer, GError **error)
{
    g_auto(StateMachine) machine = {0};
    int64_t created_ms = 0;

    TRY(read_new(call, &machine, error));
    TRY(create(call, &machine, &created_ms, error));
    *ret_answer = json_pack("{s:s, s:o}", "stateMachineArn", machine.arn, "creationDate", states_time(created_ms));
    return true;
}

static bool refuse_own(StatesCall *call, const char *arn, GError **error)
{
    g_autofree char *own = workflow_machine_arn(call->api->workflow, JOB_MACHINE);

    if (strcmp(arn, own) == 0)
        return states_refuse(call, error, "AccessDeniedException",
            "%s belongs to trawl and is neither changed nor deleted; create a machine of your own from its definition",
            arn);
    return true;
}

static void replace(char **text, const char *by)
{
    if (by == NULL)
        return;
    g_free(*text);
    *text = g_strdup(by);
}

static bool has_any_setting(const StatesCall *call)
{
    for (size_t i = 0; setting_names[i] != NULL; i++)
        if (json_is_object(json_object_get(call->params, setting_names[i])))
            return true;
    return false;
}

static bool read_change(StatesCall *call, const char **ret_definition, const char **ret_role, GError **error)
{
    TRY(states_text(call, (TextParam){"definition", PARAM_OPTIONAL, 1, DEFINITION_CHARS_MAX}, ret_definition, error));
    TRY(states_text(call, (TextParam){"roleArn", PARAM_OPTIONAL, 1, ROLE_CHARS_MAX}, ret_role, error));
    if (*ret_definition == NULL && *ret_role == NULL && !has_any_setting(call))
        return states_refuse(call, error, "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be "
            "specified");
    TRY(check_no_version(call, error));
    return *ret_definition == NULL || states_check_definition(call, *ret_definition, error);
}

bool states_update_machine(StatesCall *call, json_t **ret_answer, GError **error)
{
    g_auto(StateMachine) machine = {0};
    g_autoptr(DbTx) tx = NULL;
    const char *arn = NULL, *definition = NULL, *role = NULL;
    g_autofree char *revision = NULL;
    int64_t now_ms = 0;
    bool is_found = false;

    TRY(states_arn(call, "stateMachineArn", "stateMachine", &arn, error));
    TRY(refuse_own(call, arn, error));
    TRY(read_change(call, &definition, &role, error));
    TRY(db_begin(call->api->db, DB_WRITE, &tx, error));
    TRY(machine_find(tx, arn, &machine, &is_found, error));
    if (!is_found)
        return refuse_missing(call, arn, error);
    replace(&machine.definition, definition);
    replace(&machine.role_arn, role);
    g_autofree char *settings = merge_settings(call, machine.settings);
    replace(&machine.settings, settings);
    TRY(machine_update(tx, &machine, &revision, &now_ms, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    *ret_answer = json_pack("{s:o, s:s}", "updateDate", states_time(now_ms), "revisionId", revision);
    return true;
}

bool states_delete_machine(StatesCall *call, json_t **ret_answer, GError **error)
{
    g_autoptr(DbTx) tx = NULL;
    const char *arn = NULL;

    TRY(states_arn(call, "stateMachineArn", "stateMachine", &arn, error));
    TRY(refuse_own(call, arn, error));
    TRY(db_begin(call->api->db, DB_WRITE, &tx, error));
    TRY(machine_delete(tx, arn, error));
    TRY(db_commit(g_steal_pointer(&tx), error));
    *ret_answer = json_object();
    return true;
}
