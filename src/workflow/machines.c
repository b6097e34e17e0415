#include "workflow/machines.h"

#include "base/clock.h"

void state_machine_clear(StateMachine *machine)
{
    g_free(machine->arn);
    g_free(machine->name);
    g_free(machine->definition);
    g_free(machine->role_arn);
    g_free(machine->type);
    g_free(machine->status);
    g_free(machine->revision);
    g_free(machine->settings);
    g_free(machine->tags);
    *machine = (StateMachine){0};
}

char *machine_own_role(const char *arn)
{
    g_auto(GStrv) fields = g_strsplit(arn, ":", -1);

    return g_strdup_printf("arn:aws:iam::%s:role/trawl", g_strv_length(fields) > 4 ? fields[4] : "");
}

bool machine_keep(Workflow *workflow, Db *db, const char *name, const char *definition, GError **error)
{
    g_autofree char *arn = workflow_machine_arn(workflow, name);
    g_autofree char *role = machine_own_role(arn);
    g_autofree char *revision = g_uuid_string_random();
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    TRY(DB_EXEC(tx, SQL_MACHINE_KEEP, NULL, error, db_text(arn), db_text(name), db_text(definition), db_text(role),
        db_text(revision), db_int(clock_now_ms())));
    return db_commit(g_steal_pointer(&tx), error);
}

bool machine_find(DbTx *tx, const char *arn, StateMachine *ret_machine, bool *ret_found, GError **error)
{
    g_autoptr(DbRows) rows = NULL;

    TRY(DB_QUERY(tx, SQL_MACHINE_FIND, &rows, error, db_text(arn)));
    TRY(db_rows_next(rows, ret_found, error));
    if (!*ret_found)
        return true;
    *ret_machine = (StateMachine){
        .arn = g_strdup(db_rows_text(rows, 0)),
        .name = g_strdup(db_rows_text(rows, 1)),
        .definition = g_strdup(db_rows_text(rows, 2)),
        .role_arn = g_strdup(db_rows_text(rows, 3)),
        .type = g_strdup(db_rows_text(rows, 4)),
        .status = g_strdup(db_rows_text(rows, 5)),
        .revision = g_strdup(db_rows_text(rows, 6)),
        .settings = g_strdup(db_rows_text(rows, 7)),
        .tags = g_strdup(db_rows_text(rows, 8)),
        .created_ms = db_rows_int(rows, 9),
        .updated_ms = db_rows_int(rows, 10),
    };
    return true;
}

bool machine_insert(DbTx *tx, const StateMachine *machine, int64_t *ret_now_ms, GError **error)
{
    g_autofree char *revision = g_uuid_string_random();
    int64_t now_ms = clock_now_ms();
    int64_t changed = 0;

    TRY(DB_EXEC(tx, SQL_MACHINE_INSERT, &changed, error, db_text(machine->arn), db_text(machine->name),
        db_text(machine->definition), db_text(machine->role_arn), db_text(machine->type), db_text(revision),
        db_text(machine->settings), db_text(machine->tags), db_int(now_ms)));
    if (changed != 1)
        return fail(error, ERROR_CONFLICT, "there is a state machine %s already", machine->arn);
    *ret_now_ms = now_ms;
    return true;
}

bool machine_update(DbTx *tx, const StateMachine *machine, char **ret_revision, int64_t *ret_now_ms, GError **error)
{
    g_autofree char *revision = g_uuid_string_random();
    int64_t now_ms = clock_now_ms();
    int64_t changed = 0;

    TRY(DB_EXEC(tx, SQL_MACHINE_UPDATE, &changed, error, db_text(machine->arn), db_text(machine->definition),
        db_text(machine->role_arn), db_text(machine->settings), db_text(revision), db_int(now_ms)));
    if (changed != 1)
        return fail(error, ERROR_NOT_FOUND, "there is no state machine %s", machine->arn);
    *ret_revision = g_steal_pointer(&revision);
    *ret_now_ms = now_ms;
    return true;
}

bool machine_set_tags(DbTx *tx, const char *arn, const char *tags, GError **error)
{
    return DB_EXEC(tx, SQL_MACHINE_TAG, NULL, error, db_text(arn), db_text(tags));
}

bool machine_delete(DbTx *tx, const char *arn, GError **error)
{
    return DB_EXEC(tx, SQL_MACHINE_DELETE, NULL, error, db_text(arn));
}

bool machines_list(DbTx *tx, int64_t after_ms, const char *after_arn, uint32_t limit, MachineVisitor visitor,
    void *data, GError **error)
{
    g_autoptr(DbRows) rows = NULL;
    bool has_row = false;

    TRY(DB_QUERY(tx, SQL_MACHINES_LIST, &rows, error, db_int(after_ms), db_text(after_arn), db_int(limit)));
    TRY(db_rows_next(rows, &has_row, error));
    while (has_row) {
        const StateMachine machine = {
            .arn = (char *)db_rows_text(rows, 0),
            .name = (char *)db_rows_text(rows, 1),
            .type = (char *)db_rows_text(rows, 2),
            .created_ms = db_rows_int(rows, 3),
        };
        visitor(data, &machine);
        TRY(db_rows_next(rows, &has_row, error));
    }
    return true;
}
