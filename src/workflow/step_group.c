#include "workflow/step_group.h"

enum { MEMBERS_MAX = 16 };

typedef struct Member {
    StepWrite write;
    void *data;
    bool is_settled;
    GroupOutcome outcome;
    GError *error;
} Member;

struct StepGroup {
    Db *db;
    GMutex mutex;
    GCond settled;
    struct {
        GQueue waiting; /* Member; each belongs to its own thread */
        bool is_led;    /* somebody writes */
    } locked;
};

StepGroup *step_group_new(Db *db)
{
    StepGroup *group = g_new0(StepGroup, 1);

    group->db = db;
    g_mutex_init(&group->mutex);
    g_cond_init(&group->settled);
    g_queue_init(&group->locked.waiting);
    return group;
}

void step_group_free(StepGroup *group)
{
    if (group == NULL)
        return;
    g_assert(g_queue_is_empty(&group->locked.waiting));
    g_cond_clear(&group->settled);
    g_mutex_clear(&group->mutex);
    g_free(group);
}

/* A part that lost its lease is left out. */
static bool write_part(Member *member, DbTx *tx, GError **error)
{
    g_autoptr(GError) failure = NULL;

    member->outcome = GROUP_WRITTEN;
    if (member->write(member->data, tx, &failure))
        return true;
    if (!error_is(failure, ERROR_LOST_LEASE)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    member->outcome = GROUP_FAILED;
    member->error = g_steal_pointer(&failure);
    return true;
}

static bool write_all(Db *db, GPtrArray *members, GError **error)
{
    g_autoptr(DbTx) tx = NULL;

    TRY(db_begin(db, DB_WRITE, &tx, error));
    for (guint i = 0; i < members->len; i++)
        TRY(write_part(g_ptr_array_index(members, i), tx, error));
    return db_commit(g_steal_pointer(&tx), error);
}

static void note_failure(GPtrArray *members, const GError *failure)
{
    for (guint i = 0; i < members->len; i++) {
        Member *member = g_ptr_array_index(members, i);
        g_clear_error(&member->error);
        member->outcome = members->len > 1 ? GROUP_SPOILT : GROUP_FAILED;
        if (members->len == 1)
            member->error = g_error_copy(failure);
    }
}

static GPtrArray *take_members_locked(StepGroup *group)
{
    GPtrArray *members = g_ptr_array_new();

    while (members->len < MEMBERS_MAX && !g_queue_is_empty(&group->locked.waiting))
        g_ptr_array_add(members, g_queue_pop_head(&group->locked.waiting));
    return members;
}

static void lead_locked(StepGroup *group)
{
    g_autoptr(GPtrArray) members = take_members_locked(group);
    g_autoptr(GError) failure = NULL;

    group->locked.is_led = true;
    g_mutex_unlock(&group->mutex);
    if (!write_all(group->db, members, &failure))
        note_failure(members, failure);
    g_mutex_lock(&group->mutex);
    for (guint i = 0; i < members->len; i++)
        ((Member *)g_ptr_array_index(members, i))->is_settled = true;
    group->locked.is_led = false;
    g_cond_broadcast(&group->settled);
}

GroupOutcome step_group_write(StepGroup *group, StepWrite write, void *data, GError **error)
{
    Member member = {.write = write, .data = data};

    g_mutex_lock(&group->mutex);
    g_queue_push_tail(&group->locked.waiting, &member);
    while (!member.is_settled) {
        if (group->locked.is_led)
            g_cond_wait(&group->settled, &group->mutex);
        else
            lead_locked(group);
    }
    g_mutex_unlock(&group->mutex);
    if (member.error != NULL)
        g_propagate_error(error, member.error);
    return member.outcome;
}
