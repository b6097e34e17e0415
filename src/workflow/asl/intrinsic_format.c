/* States.Format: a template, and how Step Functions shows values in it. */
#include "workflow/asl/data.h"
#include "workflow/asl/intrinsic_functions.h"

#include <string.h>

static void append_shown(GString *text, const json_t *value);

static void append_shown_object(GString *text, const json_t *object)
{
    const char *separator = "";
    const char *name = NULL;
    json_t *member = NULL;

    g_string_append_c(text, '{');
    json_object_foreach((json_t *)object, name, member)
    {
        g_string_append_printf(text, "%s%s=", separator, name);
        append_shown(text, member);
        separator = ", ";
    }
    g_string_append_c(text, '}');
}

/* Objects and arrays as Step Functions shows them: {a=1, b=[2, 3]}. */
static void append_shown(GString *text, const json_t *value)
{
    if (json_is_string(value)) {
        g_string_append(text, json_string_value(value));
    } else if (json_is_object(value)) {
        append_shown_object(text, value);
    } else if (json_is_array(value)) {
        g_string_append_c(text, '[');
        for (size_t i = 0; i < json_array_size(value); i++) {
            g_string_append(text, i > 0 ? ", " : "");
            append_shown(text, json_array_get(value, i));
        }
        g_string_append_c(text, ']');
    } else {
        g_autofree char *scalar = asl_json_text(value);
        g_string_append(text, scalar);
    }
}

/* A template on its way into text; used counts the arguments that found their place. */
typedef struct Format {
    const IntrinsicArgs *args;
    GString *text;
    size_t used;
} Format;

/* What stands at *at, which is moved on behind it. NULL: all is well. */
static const char *format_piece(Format *format, const char **at)
{
    const char *here = *at;

    if (*here == '\\' && here[1] != '\0' && strchr("'\\{}", here[1]) != NULL) {
        g_string_append_c(format->text, here[1]);
        *at = here + 2;
        return NULL;
    }
    if (*here != '{' && *here != '}') {
        g_string_append_c(format->text, *here);
        *at = here + 1;
        return NULL;
    }
    if (here[0] != '{' || here[1] != '}')
        return "A brace that is no placeholder {} must be escaped.";
    if (format->used >= format->args->count)
        return "There are more placeholders than arguments.";
    append_shown(format->text, format->args->values[format->used++]);
    *at = here + 2;
    return NULL;
}

json_t *intrinsic_format(const IntrinsicArgs *args, char **ret_problem)
{
    const char *at = args->format != NULL ? args->format : json_string_value(args->values[0]);
    g_autoptr(GString) text = g_string_new(NULL);
    Format format = {.args = args, .text = text, .used = 1};

    if (at == NULL)
        return intrinsic_problem(ret_problem, "The first argument must be a string.");
    while (*at != '\0') {
        const char *trouble = format_piece(&format, &at);
        if (trouble != NULL)
            return intrinsic_problem(ret_problem, trouble);
    }
    if (format.used != args->count)
        return intrinsic_problem(ret_problem, "There are more arguments than placeholders.");
    return json_string(text->str);
}
