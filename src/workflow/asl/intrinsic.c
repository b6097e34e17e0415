/* Parsing and evaluating calls. */
#include "workflow/asl/intrinsic.h"

#include "workflow/asl/data.h"
#include "workflow/asl/intrinsic_functions.h"

#include <string.h>

enum { NESTING_MAX = 10, TEXT_BYTES_MAX = 64 * 1024 };
#define PREFIX "States."

typedef struct Expression {
    const IntrinsicFunction *function; /* NULL: path or literal */
    GPtrArray *args;                   /* Expression * */
    char *path;
    json_t *literal;
    char *raw; /* of a quoted literal */
} Expression;

static void expression_free(gpointer data)
{
    Expression *expression = data;

    if (expression == NULL)
        return;
    g_clear_pointer(&expression->args, g_ptr_array_unref);
    g_free(expression->path);
    json_decref(expression->literal);
    g_free(expression->raw);
    g_free(expression);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Expression, expression_free)

typedef struct CallText {
    const char *at;
    const char *problem;
    unsigned nesting;
} CallText;

static Expression *bad(CallText *text, const char *problem)
{
    if (text->problem == NULL)
        text->problem = problem;
    return NULL;
}

static void skip_spaces(CallText *text)
{
    while (g_ascii_isspace(*text->at))
        text->at++;
}

bool asl_is_intrinsic(const char *text)
{
    return g_str_has_prefix(text, PREFIX);
}

/* 'text': a backslash takes the meaning of a quote, brace or backslash behind it away, and stands nowhere else. */
static Expression *parse_string(CallText *text)
{
    g_autoptr(Expression) expression = g_new0(Expression, 1);
    g_autoptr(GString) plain = g_string_new(NULL);
    const char *start = ++text->at;

    for (; *text->at != '\0' && *text->at != '\''; text->at++) {
        if (*text->at == '\\' && (text->at[1] == '\0' || strchr("'\\{}", text->at[1]) == NULL))
            return bad(text, "a backslash is only for ', \\, { and }");
        text->at += *text->at == '\\';
        g_string_append_c(plain, *text->at);
    }
    if (*text->at != '\'')
        return bad(text, "a string has no end");
    expression->raw = g_strndup(start, (gsize)(text->at - start));
    expression->literal = json_string(plain->str);
    text->at++;
    return expression->literal != NULL ? g_steal_pointer(&expression) : bad(text, "not UTF-8");
}

/* A path ends at a comma or parenthesis outside of its brackets and quotes. */
static Expression *parse_path(CallText *text)
{
    g_autoptr(Expression) expression = g_new0(Expression, 1);
    const char *start = text->at;
    unsigned brackets = 0;
    char quote = '\0';

    for (; *text->at != '\0'; text->at++) {
        char c = *text->at;
        if (quote != '\0') {
            quote = c == quote ? '\0' : quote;
            continue;
        }
        if (brackets == 0 && (c == ',' || c == ')' || g_ascii_isspace(c)))
            break;
        if (c == '\'' || c == '"')
            quote = c;
        brackets += c == '[';
        brackets -= c == ']' && brackets > 0;
    }
    expression->path = g_strndup(start, (gsize)(text->at - start));
    const char *problem = asl_path_problem(expression->path, ASL_PATH_ANY);
    return problem == NULL ? g_steal_pointer(&expression) : bad(text, problem);
}

/* A number, true, false or null. */
static Expression *parse_constant(CallText *text)
{
    g_autoptr(Expression) expression = g_new0(Expression, 1);
    size_t len = strcspn(text->at, ",) \t\r\n");
    g_autofree char *token = g_strndup(text->at, len);

    if (len > 0 && strchr("[{\"", *text->at) == NULL)
        expression->literal = json_loads(token, JSON_DECODE_ANY, NULL);
    text->at += len;
    return expression->literal != NULL ? g_steal_pointer(&expression) : bad(text, "not an argument of a function");
}

static Expression *parse_call(CallText *text);

static Expression *parse_argument(CallText *text)
{
    skip_spaces(text);
    if (*text->at == '\'')
        return parse_string(text);
    if (*text->at == '$')
        return parse_path(text);
    return asl_is_intrinsic(text->at) ? parse_call(text) : parse_constant(text);
}

static bool parse_arguments(CallText *text, Expression *call)
{
    skip_spaces(text);
    if (*text->at == ')')
        return true;
    for (;;) {
        Expression *argument = parse_argument(text);
        if (argument == NULL)
            return false;
        g_ptr_array_add(call->args, argument);
        skip_spaces(text);
        if (*text->at != ',')
            return true;
        text->at++;
    }
}

static Expression *parse_call(CallText *text)
{
    g_autoptr(Expression) call = g_new0(Expression, 1);
    const char *name = text->at + strlen(PREFIX);
    size_t len = strcspn(name, "( ");

    if (++text->nesting > NESTING_MAX)
        return bad(text, "functions are nested more than 10 deep");
    call->function = intrinsic_find(name, len);
    if (call->function == NULL)
        return bad(text, "there is no such function");
    call->args = g_ptr_array_new_with_free_func(expression_free);
    text->at = name + len;
    if (*text->at != '(')
        return bad(text, "a function needs its arguments in parentheses");
    text->at++;
    if (!parse_arguments(text, call))
        return NULL;
    if (*text->at != ')')
        return bad(text, "a parenthesis is not closed");
    text->at++;
    text->nesting--;
    return g_steal_pointer(&call);
}

static Expression *parse(const char *source, const char **ret_problem)
{
    CallText text = {.at = source};

    if (strlen(source) > TEXT_BYTES_MAX) {
        *ret_problem = "an expression of more than 64 KiB";
        return NULL;
    }
    g_autoptr(Expression) expression =
        asl_is_intrinsic(source) ? parse_call(&text) : bad(&text, "a function starts with States.");
    skip_spaces(&text);
    if (expression != NULL && *text.at != '\0')
        text.problem = "nothing may follow the call of a function";
    *ret_problem = text.problem;
    return text.problem == NULL ? g_steal_pointer(&expression) : NULL;
}

const char *asl_intrinsic_problem(const char *text)
{
    const char *problem = NULL;
    g_autoptr(Expression) expression = parse(text, &problem);

    return problem;
}

/* One evaluation of a whole text. */
typedef struct Evaluation {
    const char *text;
    const AslScope *scope;
    TaskError *error;
} Evaluation;

static json_t *evaluate(const Evaluation *evaluation, const Expression *expression);

static json_t *evaluate_path(const Evaluation *evaluation, const char *path)
{
    json_t *value = NULL;

    if (asl_path_find(path, evaluation->scope, &value) == JSON_PATH_FOUND)
        return value;
    g_autofree char *input = asl_json_text(evaluation->scope->input);
    asl_fail(evaluation->error, ASL_RUNTIME,
        "The function '%s' had the following error: The JsonPath argument for the field '%s' could not be found in the "
        "input '%s'",
        evaluation->text, path, input);
    return NULL;
}

static json_t *run_function(const Evaluation *evaluation, const Expression *call, const GPtrArray *values)
{
    const IntrinsicFunction *function = call->function;
    const Expression *first = values->len > 0 ? g_ptr_array_index(call->args, 0) : NULL;
    IntrinsicArgs args = {
        .values = (const json_t *const *)values->pdata,
        .count = values->len,
        .format = first != NULL && first->raw != NULL ? first->raw : NULL,
    };
    g_autofree char *problem = NULL;
    json_t *result = NULL;

    if (args.count < function->args_min || args.count > function->args_max)
        problem = g_strdup_printf("States.%s does not take %zu arguments.", function->name, args.count);
    else
        result = function->run(&args, &problem);
    if (result == NULL)
        asl_fail(evaluation->error, ASL_INTRINSIC, "The function '%s' had the following error: %s", evaluation->text,
            problem != NULL ? problem : "The arguments are not valid.");
    return result;
}

static json_t *evaluate_call(const Evaluation *evaluation, const Expression *call)
{
    g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);

    for (guint i = 0; i < call->args->len; i++) {
        json_t *value = evaluate(evaluation, g_ptr_array_index(call->args, i));
        if (value == NULL)
            return NULL;
        g_ptr_array_add(values, value);
    }
    return run_function(evaluation, call, values);
}

static json_t *evaluate(const Evaluation *evaluation, const Expression *expression)
{
    if (expression->function != NULL)
        return evaluate_call(evaluation, expression);
    if (expression->path != NULL)
        return evaluate_path(evaluation, expression->path);
    return json_incref(expression->literal);
}

bool asl_intrinsic_call(const char *text, const AslScope *scope, json_t **ret_value, TaskError *ret_error)
{
    const char *problem = NULL;
    g_autoptr(Expression) expression = parse(text, &problem);
    Evaluation evaluation = {.text = text, .scope = scope, .error = ret_error};

    if (expression == NULL)
        return asl_fail(ret_error, ASL_INTRINSIC, "The function '%s' had the following error: %s", text, problem);
    *ret_value = evaluate(&evaluation, expression);
    return *ret_value != NULL;
}
