/* The routes on a store in memory, as the server would call them. */
#include "api/api.h"

#include "base/clock.h"
#include "jobs/jobs.h"
#include "store/db_sqlite.h"
#include "store/migrate.h"
#include "workflow/scanner_machine.h"

#include <jansson.h>
#include <string.h>

#define KEY_A      "aaaaaaaaaaaaaaaaaaaa"
#define UNKNOWN_ID "00000000-0000-4000-8000-000000000000"

enum { T0_S = 1762682400 }; /* 2025-11-09T10:00:00Z */

typedef struct Fixture {
    Db *db;
    Workflow *workflow;
    ApiKeys *keys;
    Api *api;
    int created;
} Fixture;

typedef struct Answer {
    HttpReply *reply;
    json_t *body;
} Answer;

static void answer_clear(Answer *answer)
{
    http_reply_free(answer->reply);
    json_decref(answer->body);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

static void count_job(void *data)
{
    (void)g_atomic_int_add(&((Fixture *)data)->created, 1);
}

static void fixture_init(Fixture *fixture, const char *keys)
{
    g_autoptr(GError) error = NULL;
    const char *definition = scanner_machine_definition();

    clock_freeze_ms(T0_S * INT64_C(1000));
    g_assert_true(db_sqlite_open(DB_SQLITE_MEMORY, &fixture->db, &error));
    g_assert_true(migrate_up(fixture->db, &error));
    fixture->workflow = workflow_new(&(WorkflowOptions){.db = fixture->db});
    g_assert_true(workflow_add_machine(fixture->workflow, JOB_MACHINE, definition, &error));
    if (keys != NULL)
        g_assert_true(api_keys_parse("keys", keys, &fixture->keys, &error));
    const ApiOptions options = {.db = fixture->db,
        .workflow = fixture->workflow,
        .rules_id = "rules",
        .keys = fixture->keys,
        .token_key = {7, 7, 7},
        .job_created = count_job,
        .data = fixture};
    g_assert_true(api_new(&options, &fixture->api, &error));
    g_assert_no_error(error);
}

static void fixture_clear(Fixture *fixture)
{
    api_free(fixture->api);
    api_keys_free(fixture->keys);
    workflow_free(fixture->workflow);
    db_close(fixture->db);
    clock_freeze_ms(-1);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

/* query: "name=value&name=value", taken as it is */
static void ask_with_key(
    const Fixture *fixture, const char *method, const char *target, const char *body, const char *key, Answer *ret)
{
    g_auto(GStrv) parts = g_strsplit(target, "?", 2);
    g_auto(GStrv) pairs = g_strsplit(parts[1] != NULL ? parts[1] : "", "&", -1);
    HttpPair query[8] = {{0}};
    size_t count = 0;
    const HttpPair headers[] = {{"Host", "localhost:8080"}, {"Content-Type", "application/json"}, {"x-api-key", key}};

    for (; pairs[count] != NULL; count++) {
        char *equals = strchr(pairs[count], '=');
        *equals = '\0';
        query[count] = (HttpPair){pairs[count], equals + 1};
    }
    const HttpCall call = {.method = method,
        .path = parts[0],
        .query = query,
        .query_count = count,
        .headers = headers,
        .header_count = key != NULL ? 3 : 2,
        .body = {(const uint8_t *)body, body != NULL ? strlen(body) : 0},
        .peer = "127.0.0.1",
        .request_id = "0123456789abcdef"};
    ret->reply = api_handle(fixture->api, &call);
    const Bytes text = http_reply_body(ret->reply);
    g_assert_cmpstr(http_reply_header(ret->reply, "Content-Type"), ==, "application/json");
    g_assert_true(g_utf8_validate_len((const char *)text.data, text.len, NULL));
    ret->body = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    g_assert_true(json_is_object(ret->body));
}

static int ask(const Fixture *fixture, const char *method, const char *target, const char *body, Answer *ret)
{
    ask_with_key(fixture, method, target, body, NULL, ret);
    return http_reply_status(ret->reply);
}

static const char *text_of(const Answer *answer, const char *name)
{
    return json_string_value(json_object_get(answer->body, name));
}

static const char *message_of(const Answer *answer)
{
    return json_string_value(json_object_get(json_object_get(answer->body, "error"), "message"));
}

static const char *code_of(const Answer *answer)
{
    return json_string_value(json_object_get(json_object_get(answer->body, "error"), "code"));
}

static char *create(const Fixture *fixture, const char *bucket)
{
    g_auto(Answer) answer = {0};
    g_autofree char *body = g_strdup_printf("{\"bucket\":\"%s\"}", bucket);

    g_assert_cmpint(ask(fixture, "POST", "/scan", body, &answer), ==, 202);
    return g_strdup(text_of(&answer, "job_id"));
}

static void test_a_scan_answers_as_the_reference_says(void)
{
    g_auto(Fixture) fixture = {0};
    g_auto(Answer) answer = {0};
    JobId id = {{0}};

    fixture_init(&fixture, NULL);
    g_assert_cmpint(
        ask(&fixture, "POST", "/scan", "{\"bucket\":\"my-bucket\",\"prefix\":\"path/\"}", &answer), ==, 202);
    g_assert_true(job_id_parse(text_of(&answer, "job_id"), &id, NULL));
    g_assert_cmpstr(text_of(&answer, "bucket"), ==, "my-bucket");
    g_assert_cmpstr(text_of(&answer, "prefix"), ==, "path/");
    g_assert_cmpstr(text_of(&answer, "status"), ==, "listing");
    g_assert_cmpstr(
        text_of(&answer, "message"), ==, "Job created. Objects are being listed and enqueued asynchronously.");
    g_assert_true(json_is_true(json_object_get(answer.body, "async")));
    g_autofree char *arn =
        g_strdup_printf("arn:aws:states:us-east-1:000000000000:execution:s3-scanner:scan-%s", id.text);
    g_assert_cmpstr(text_of(&answer, "execution_arn"), ==, arn);
    g_assert_cmpuint(json_object_size(answer.body), ==, 7);
    g_assert_cmpint(fixture.created, ==, 1);
}

static const struct {
    const char *name;
    json_type type;
} job_fields[] = {
    {"job_id", JSON_STRING},
    {"bucket", JSON_STRING},
    {"prefix", JSON_STRING},
    {"created_at", JSON_STRING},
    {"updated_at", JSON_STRING},
    {"status", JSON_STRING},
    {"status_message", JSON_STRING},
    {"step_function_status", JSON_STRING},
    {"execution_arn", JSON_STRING},
    {"total", JSON_INTEGER},
    {"queued", JSON_INTEGER},
    {"processing", JSON_INTEGER},
    {"succeeded", JSON_INTEGER},
    {"failed", JSON_INTEGER},
    {"skipped", JSON_INTEGER},
    {"failures", JSON_OBJECT},
    {"total_findings", JSON_INTEGER},
    {"progress_percent", JSON_INTEGER},
    {"bytes_total", JSON_INTEGER},
    {"bytes_done", JSON_INTEGER},
    {"listing_complete", JSON_FALSE},
    {"paused", JSON_FALSE},
    {"objects_per_second", JSON_INTEGER},
    {"eta_seconds", JSON_NULL},
    {"data_source", JSON_STRING},
};

static void test_a_new_job_is_listing_in_real_time(void)
{
    static const char *const queries[] = {"", "?real_time=true", "?real_time=false"};
    g_auto(Fixture) fixture = {0};

    fixture_init(&fixture, NULL);
    g_autofree char *id = create(&fixture, "my-bucket");
    for (size_t i = 0; i < G_N_ELEMENTS(queries); i++) {
        g_auto(Answer) answer = {0};
        g_autofree char *target = g_strdup_printf("/jobs/%s%s", id, queries[i]);
        g_assert_cmpint(ask(&fixture, "GET", target, NULL, &answer), ==, 200);
        for (size_t j = 0; j < G_N_ELEMENTS(job_fields); j++) {
            const json_t *value = json_object_get(answer.body, job_fields[j].name);
            g_test_message("%s", job_fields[j].name);
            g_assert_nonnull(value);
            g_assert_cmpint(json_typeof(value), ==, job_fields[j].type);
        }
        g_assert_cmpuint(json_object_size(answer.body), ==, G_N_ELEMENTS(job_fields));
        g_assert_cmpstr(text_of(&answer, "job_id"), ==, id);
        g_assert_cmpstr(text_of(&answer, "created_at"), ==, "2025-11-09T10:00:00Z");
        g_assert_cmpstr(text_of(&answer, "status"), ==, "listing");
        g_assert_cmpstr(text_of(&answer, "status_message"), ==, "Step Functions is listing S3 objects");
        g_assert_cmpstr(text_of(&answer, "step_function_status"), ==, "RUNNING");
        g_assert_cmpstr(text_of(&answer, "data_source"), ==, "real_time");
    }
}

static const struct {
    const char *method, *target, *body;
    int status;
    const char *code, *message, *allow;
} refusals[] = {
    {"GET", "/", NULL, 404, "not_found", "no such path: /", NULL},
    {"GET", "/job", NULL, 404, "not_found", "no such path: /job", NULL},
    {"GET", "/jobs/", NULL, 404, "not_found", "no such path", NULL},
    {"GET", "/jobs/" UNKNOWN_ID "/", NULL, 404, "not_found", "no such path", NULL},
    {"GET", "/jobs/" UNKNOWN_ID "/pages", NULL, 404, "not_found", "no such path", NULL},
    {"GET", "/jobs//findings", NULL, 404, "not_found", "no such path", NULL},
    {"GET", "/scan", NULL, 405, "method_not_allowed", "GET /scan: expected POST", "POST"},
    {"GET", "/jobs/" UNKNOWN_ID "/objects", NULL, 404, "not_found", UNKNOWN_ID, NULL},
    {"GET", "/jobs/" UNKNOWN_ID "/cancel", NULL, 405, "method_not_allowed", "expected POST", "POST"},
    {"POST", "/jobs/" UNKNOWN_ID "/cancel", NULL, 404, "not_found", UNKNOWN_ID, NULL},
    {"POST", "/jobs/" UNKNOWN_ID "/retry", "{\"objects\":\"none\"}", 400, "invalid", "'none'", NULL},
    {"GET", "/jobs?from=2025-11-10&to=2025-11-10", NULL, 400, "invalid", "expected a time after 'from'", NULL},
    {"POST", "/jobs", "{}", 405, "method_not_allowed", "expected GET, HEAD", "GET, HEAD"},
    {"DELETE", "/jobs/" UNKNOWN_ID, NULL, 405, "method_not_allowed", "DELETE", "GET, HEAD"},
    {"OPTIONS", "/scan", NULL, 405, "method_not_allowed", "OPTIONS", "POST"},
    {"PUT", "/healthz", NULL, 405, "method_not_allowed", "PUT", "GET, HEAD"},
    {"GET", "/jobs/" UNKNOWN_ID, NULL, 404, "not_found", UNKNOWN_ID, NULL},
    {"GET", "/jobs/" UNKNOWN_ID "/findings", NULL, 404, "not_found", UNKNOWN_ID, NULL},
    {"GET", "/jobs/abc", NULL, 400, "invalid", "expected a UUID", NULL},
    {"GET", "/jobs/abc/findings", NULL, 400, "invalid", "expected a UUID", NULL},
    {"GET", "/jobs/a\nb", NULL, 400, "invalid", "job id 'a b'", NULL},
    {"GET", "/jobs/" UNKNOWN_ID "?real_time=yes", NULL, 400, "invalid", "'real_time': expected true or false", NULL},
    {"GET", "/jobs/" UNKNOWN_ID "?realtime=true", NULL, 400, "invalid", "'realtime' is not known", NULL},
    {"GET", "/jobs?limit=0", NULL, 400, "invalid", "'limit'", NULL},
    {"GET", "/jobs?limit=1001", NULL, 400, "invalid", "'limit'", NULL},
    {"GET", "/jobs?status=done", NULL, 400, "invalid", "'status': expected listing, processing", NULL},
    {"GET", "/jobs?nextToken=AAAA", NULL, 400, "invalid", "invalid token", NULL},
    {"GET", "/jobs?page=2", NULL, 400, "invalid", "'page' is not known here; expected limit, nextToken", NULL},
    {"GET", "/jobs/" UNKNOWN_ID "/findings?severity=bad", NULL, 400, "invalid", "'severity': expected low, medium",
        NULL},
    {"GET", "/jobs/" UNKNOWN_ID "/findings?status=failed", NULL, 400, "invalid", "'status' is not known", NULL},
    {"GET", "/healthz?verbose=1", NULL, 400, "invalid", "'verbose' is not known here; expected none", NULL},
    {"POST", "/scan", NULL, 400, "invalid", "the request body is empty", NULL},
    {"POST", "/scan", "{\"bucket\":", 400, "invalid", "line 1, column", NULL},
    {"POST", "/scan?bucket=abc", "{\"bucket\":\"abc\"}", 400, "invalid", "'bucket' is not known here", NULL},
    {"POST", "/scan", "{\"bucket\":\"file:///etc\"}", 403, "forbidden", "--allow-files", NULL},
    {"POST", "/scan", "{\"bucket\":\"abc\",\"options\":{\"endpoint\":\"http://169.254.169.254\"}}", 403, "forbidden",
        "options.endpoint", NULL},
};

static void test_refusals_say_what_and_why(void)
{
    g_auto(Fixture) fixture = {0};

    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_auto(Answer) answer = {0};
        g_test_message("%s %s", refusals[i].method, refusals[i].target);
        g_assert_cmpint(
            ask(&fixture, refusals[i].method, refusals[i].target, refusals[i].body, &answer), ==, refusals[i].status);
        g_assert_cmpstr(code_of(&answer), ==, refusals[i].code);
        g_assert_cmpstr(http_reply_header(answer.reply, "Allow"), ==, refusals[i].allow);
        if (strstr(message_of(&answer), refusals[i].message) == NULL)
            g_error("expected <%s> in <%s>", refusals[i].message, message_of(&answer));
    }
    g_assert_cmpint(fixture.created, ==, 0);
}

static void test_with_keys_every_request_needs_one(void)
{
    static const char *const targets[][2] = {{"GET", "/healthz"}, {"GET", "/jobs"}, {"POST", "/scan"},
        {"GET", "/jobs/" UNKNOWN_ID}, {"GET", "/jobs/" UNKNOWN_ID "/findings"}, {"GET", "/no/such/path"},
        {"DELETE", "/jobs"}};
    g_auto(Fixture) fixture = {0};

    fixture_init(&fixture, KEY_A "\n");
    for (size_t i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_auto(Answer) without = {0};
        g_auto(Answer) wrong = {0};
        g_auto(Answer) right = {0};
        ask_with_key(&fixture, targets[i][0], targets[i][1], NULL, NULL, &without);
        ask_with_key(&fixture, targets[i][0], targets[i][1], NULL, "bbbbbbbbbbbbbbbbbbbb", &wrong);
        ask_with_key(&fixture, targets[i][0], targets[i][1], NULL, KEY_A, &right);
        g_assert_cmpint(http_reply_status(without.reply), ==, 401);
        g_assert_true(g_str_has_prefix(http_reply_header(without.reply, "WWW-Authenticate"), "Bearer"));
        g_assert_cmpint(http_reply_status(wrong.reply), ==, 401);
        g_assert_cmpint(http_reply_status(right.reply), !=, 401);
    }
}

static void test_the_server_is_healthy(void)
{
    g_auto(Fixture) fixture = {0};
    g_auto(Answer) answer = {0};

    fixture_init(&fixture, NULL);
    g_assert_cmpint(ask(&fixture, "GET", "/healthz", NULL, &answer), ==, 200);
    g_assert_cmpstr(text_of(&answer, "status"), ==, "ok");
}

/* Asks page after page and gives the values of a member of the rows; then_created: a job made after the first page. */
static GPtrArray *collect_pages(
    const Fixture *fixture, const char *target, const char *list, const char *member, const char *then_created)
{
    GPtrArray *values = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *token = NULL;

    do {
        g_auto(Answer) answer = {0};
        g_autofree char *page = token == NULL ? g_strdup(target) : g_strdup_printf("%s&nextToken=%s", target, token);
        size_t i = 0;
        json_t *row = NULL;
        g_assert_cmpint(ask(fixture, "GET", page, NULL, &answer), ==, 200);
        json_array_foreach(json_object_get(answer.body, list), i, row)
            g_ptr_array_add(values, g_strdup(json_string_value(json_object_get(row, member))));
        g_free(token);
        token = g_strdup(text_of(&answer, "nextToken"));
        if (then_created != NULL) {
            g_free(create(fixture, then_created));
            then_created = NULL;
        }
    } while (token != NULL);
    return values;
}

static void test_jobs_are_listed_newest_first_and_stable_under_inserts(void)
{
    static const char *const expected[] = {"bucket-4", "bucket-3", "bucket-2", "bucket-1", "bucket-0"};
    g_auto(Fixture) fixture = {0};

    fixture_init(&fixture, NULL);
    for (int i = 0; i < 5; i++) {
        g_autofree char *bucket = g_strdup_printf("bucket-%d", i);
        clock_freeze_ms((T0_S + i) * INT64_C(1000));
        g_free(create(&fixture, bucket));
    }
    clock_freeze_ms((T0_S + 100) * INT64_C(1000));
    g_autoptr(GPtrArray) buckets = collect_pages(&fixture, "/jobs?limit=2", "jobs", "bucket", "late-bucket");
    g_assert_cmpuint(buckets->len, ==, G_N_ELEMENTS(expected));
    for (guint i = 0; i < buckets->len; i++)
        g_assert_cmpstr(g_ptr_array_index(buckets, i), ==, expected[i]);

    g_autoptr(GPtrArray) one = collect_pages(&fixture, "/jobs?bucket=bucket-3", "jobs", "bucket", NULL);
    g_assert_cmpuint(one->len, ==, 1);
    g_autoptr(GPtrArray) none = collect_pages(&fixture, "/jobs?status=completed", "jobs", "bucket", NULL);
    g_assert_cmpuint(none->len, ==, 0);
    g_autoptr(GPtrArray) all = collect_pages(&fixture, "/jobs?status=listing", "jobs", "bucket", NULL);
    g_assert_cmpuint(all->len, ==, 6);
}

static void test_jobs_of_the_same_moment_are_all_listed_once(void)
{
    g_auto(Fixture) fixture = {0};
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    fixture_init(&fixture, NULL);
    for (int i = 0; i < 7; i++)
        g_free(create(&fixture, "same-bucket"));
    g_autoptr(GPtrArray) ids = collect_pages(&fixture, "/jobs?limit=3", "jobs", "job_id", NULL);
    for (guint i = 0; i < ids->len; i++)
        g_assert_true(g_hash_table_add(seen, g_ptr_array_index(ids, i)));
    g_assert_cmpuint(g_hash_table_size(seen), ==, 7);
}

static void test_a_token_is_refused_with_other_filters(void)
{
    g_auto(Fixture) fixture = {0};
    g_auto(Answer) first = {0};
    g_auto(Answer) other = {0};
    g_auto(Answer) same = {0};

    fixture_init(&fixture, NULL);
    g_free(create(&fixture, "bucket-a"));
    g_free(create(&fixture, "bucket-b"));
    g_assert_cmpint(ask(&fixture, "GET", "/jobs?limit=1", NULL, &first), ==, 200);
    const char *token = text_of(&first, "nextToken");
    g_assert_nonnull(token);
    g_autofree char *with_status = g_strdup_printf("/jobs?limit=1&status=listing&nextToken=%s", token);
    g_assert_cmpint(ask(&fixture, "GET", with_status, NULL, &other), ==, 400);
    g_autofree char *with_limit = g_strdup_printf("/jobs?limit=5&nextToken=%s", token);
    g_assert_cmpint(ask(&fixture, "GET", with_limit, NULL, &same), ==, 200);
}

static void insert_finding(Db *db, const char *job_id, int64_t n, const char *key)
{
    g_autoptr(GError) error = NULL;
    DbTx *tx = NULL;

    g_assert_true(db_begin(db, DB_WRITE, &tx, &error));
    g_assert_true(DB_EXEC(tx, SQL_FINDING_INSERT, NULL, &error, db_text(job_id), db_int(0), db_int(0), db_int(n),
        db_text("my-bucket"), db_text(key), db_text(n % 2 == 0 ? "fin.credit_card" : "personal.email"),
        db_text(n % 2 == 0 ? "financial" : "personal"), db_text(n % 2 == 0 ? "high" : "low"), db_text("validated"),
        db_int(n + 1), db_text("****"), db_text("f"), db_int(0),
        db_text("[{\"offset\":1,\"length\":2,\"line\":3,\"column\":4,\"member\":null}]"),
        db_text(n % 2 == 0 ? "PCI,ISO 27001" : ""), db_int(0)));
    g_assert_true(db_commit(tx, &error));
    g_assert_no_error(error);
}

static const struct {
    const char *filter;
    guint expected;
} finding_filters[] = {
    {"limit=3", 7},
    {"limit=1", 7},
    {"limit=7", 7},
    {"limit=2&detector=fin.credit_card", 4},
    {"limit=2&severity=low", 3},
    {"category=personal", 3},
    {"key=b c", 1},
    {"limit=3&compliance=PCI", 4},
    {"compliance=ISO 27001&severity=high", 4},
    {"compliance=ISO", 0},
    {"compliance=pci", 0},
    {"compliance=PCI&severity=low", 0},
    {"detector=none", 0},
    {"detector=fin.credit_card&severity=low", 0},
};

static void test_findings_are_paged_and_filtered(void)
{
    static const char *const keys[] = {"a", "b c", "d\xff", "e\xc3\xa9", "f\n", "g", "h"};
    g_auto(Fixture) fixture = {0};

    fixture_init(&fixture, NULL);
    g_autofree char *id = create(&fixture, "my-bucket");
    g_autofree char *other = create(&fixture, "my-bucket");
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        insert_finding(fixture.db, id, (int64_t)i, keys[i]);
    insert_finding(fixture.db, other, 0, "elsewhere");

    for (size_t i = 0; i < G_N_ELEMENTS(finding_filters); i++) {
        g_autofree char *target = g_strdup_printf("/jobs/%s/findings?%s", id, finding_filters[i].filter);
        g_autoptr(GPtrArray) found = collect_pages(&fixture, target, "findings", "key", NULL);
        g_test_message("%s", target);
        g_assert_cmpuint(found->len, ==, finding_filters[i].expected);
    }

    g_auto(Answer) answer = {0};
    g_autofree char *target = g_strdup_printf("/jobs/%s/findings?limit=1", id);
    g_assert_cmpint(ask(&fixture, "GET", target, NULL, &answer), ==, 200);
    json_t *row = json_array_get(json_object_get(answer.body, "findings"), 0);
    json_t *expected =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:[s,s],s:i,s:s,s:s,s:b,s:[],s:[{s:i,s:i,s:i,s:i,s:n}]}", "id",
            "6f580383e92a0cc9c8846ac083a7f137", "job_id", id, "bucket", "my-bucket", "key", "a", "detector",
            "fin.credit_card", "category", "financial", "severity", "high", "tier", "validated", "compliance", "PCI",
            "ISO 27001", "count", 1, "masked", "****", "fingerprint", "f", "truncated", 0, "also", "locations",
            "offset", 1, "length", 2, "line", 3, "column", 4, "member");
    g_assert_true(json_equal(row, expected));
    g_assert_cmpstr(text_of(&answer, "job_id"), ==, id);
    json_decref(expected);
}

enum { CLIENTS = 4, JOBS_A_CLIENT = 20 };

static gpointer create_jobs(gpointer data)
{
    const Fixture *fixture = data;

    for (int i = 0; i < JOBS_A_CLIENT; i++)
        g_free(create(fixture, "busy-bucket"));
    return NULL;
}

static void test_clients_at_the_same_time_do_not_get_in_each_others_way(void)
{
    g_auto(Fixture) fixture = {0};
    GThread *clients[CLIENTS] = {NULL};

    fixture_init(&fixture, NULL);
    for (size_t i = 0; i < CLIENTS; i++)
        clients[i] = g_thread_new("client", create_jobs, &fixture);
    for (size_t i = 0; i < CLIENTS; i++)
        (void)g_thread_join(clients[i]);
    g_autoptr(GPtrArray) ids = collect_pages(&fixture, "/jobs?limit=7", "jobs", "job_id", NULL);
    g_assert_cmpuint(ids->len, ==, CLIENTS * JOBS_A_CLIENT);
}

static void test_bad_settings_are_refused_at_the_start(void)
{
    static const char *const bad_defaults[] = {
        "[]", "{", "5", "{\"a\":1,\"a\":2}", "{\"endpiont\":\"http://localhost\"}"};
    Api *api = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(bad_defaults); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_false(api_new(&(ApiOptions){.default_options = bad_defaults[i]}, &api, &error));
        g_assert_true(error_is(error, ERROR_INVALID));
    }
    g_autoptr(GError) error = NULL;
    g_assert_false(api_new(&(ApiOptions){.allow_files = "/no/such/directory"}, &api, &error));
    g_assert_true(error_is(error, ERROR_INVALID));
    g_assert_nonnull(strstr(error->message, "--allow-files /no/such/directory"));
}

static int change(const Fixture *fixture, const char *id, const char *what, Answer *ret)
{
    g_autofree char *target = g_strdup_printf("/jobs/%s/%s", id, what);

    return ask(fixture, "POST", target, NULL, ret);
}

static void test_a_change_answers_the_new_status_and_a_conflict_the_job_as_it_is(void)
{
    g_auto(Fixture) fixture = {0};

    fixture_init(&fixture, NULL);
    g_autofree char *id = create(&fixture, "my-bucket");
    for (int again = 0; again < 2; again++) {
        g_auto(Answer) answer = {0};
        g_assert_cmpint(change(&fixture, id, "cancel", &answer), ==, 200);
        g_assert_cmpstr(text_of(&answer, "status"), ==, "aborted");
        g_assert_cmpstr(text_of(&answer, "step_function_status"), ==, "ABORTED");
    }
    g_auto(Answer) refused = {0};
    g_assert_cmpint(change(&fixture, id, "pause", &refused), ==, 409);
    g_assert_cmpstr(code_of(&refused), ==, "conflict");
    const json_t *job = json_object_get(refused.body, "job");
    g_assert_cmpstr(json_string_value(json_object_get(job, "status")), ==, "aborted");
    g_assert_cmpstr(json_string_value(json_object_get(job, "job_id")), ==, id);
    g_assert_cmpint(fixture.created, ==, 3); /* whoever waits for work hears of each */
}

static void test_every_route_is_told_for_documents(void)
{
    size_t count = 0;

    for (const ApiRouteInfo *info = api_route_info(0); info != NULL; info = api_route_info(++count))
        g_assert_true(info->method != NULL && info->pattern[0] == '/' && info->summary != NULL);
    g_assert_cmpuint(count, >=, 17);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/api/a-scan-answers-as-the-reference-says", test_a_scan_answers_as_the_reference_says);
    g_test_add_func("/api/a-new-job-is-listing-in-real-time", test_a_new_job_is_listing_in_real_time);
    g_test_add_func("/api/refusals-say-what-and-why", test_refusals_say_what_and_why);
    g_test_add_func("/api/with-keys-every-request-needs-one", test_with_keys_every_request_needs_one);
    g_test_add_func("/api/the-server-is-healthy", test_the_server_is_healthy);
    g_test_add_func("/api/jobs-are-listed-newest-first-and-stable-under-inserts",
        test_jobs_are_listed_newest_first_and_stable_under_inserts);
    g_test_add_func(
        "/api/jobs-of-the-same-moment-are-all-listed-once", test_jobs_of_the_same_moment_are_all_listed_once);
    g_test_add_func("/api/a-token-is-refused-with-other-filters", test_a_token_is_refused_with_other_filters);
    g_test_add_func("/api/findings-are-paged-and-filtered", test_findings_are_paged_and_filtered);
    g_test_add_func("/api/clients-at-the-same-time-do-not-get-in-each-others-way",
        test_clients_at_the_same_time_do_not_get_in_each_others_way);
    g_test_add_func("/api/bad-settings-are-refused-at-the-start", test_bad_settings_are_refused_at_the_start);
    g_test_add_func("/api/a-change-answers-the-new-status-and-a-conflict-the-job-as-it-is",
        test_a_change_answers_the_new_status_and_a_conflict_the_job_as_it_is);
    g_test_add_func("/api/every-route-is-told-for-documents", test_every_route_is_told_for_documents);
    return g_test_run();
}
