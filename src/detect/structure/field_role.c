#include "detect/structure/field_role.h"

#include <string.h>

enum { ROLE_NAME_MAX = 21 };

typedef struct RoleName {
    char name[ROLE_NAME_MAX + 1];
    FieldRole role;
} RoleName;

static const RoleName roles[] = {
    {"name", FIELD_LABEL},
    {"key", FIELD_LABEL},
    {"label", FIELD_LABEL},
    {"field", FIELD_LABEL},
    {"fieldname", FIELD_LABEL},
    {"fieldlabel", FIELD_LABEL},
    {"property", FIELD_LABEL},
    {"attribute", FIELD_LABEL},
    {"attributename", FIELD_LABEL},
    {"param", FIELD_LABEL},
    {"parameter", FIELD_LABEL},
    {"parameterkey", FIELD_LABEL},
    {"parametername", FIELD_LABEL},
    {"variable", FIELD_LABEL},
    {"column", FIELD_LABEL},
    {"columnname", FIELD_LABEL},
    {"question", FIELD_LABEL},
    {"setting", FIELD_LABEL},
    {"optionname", FIELD_LABEL},
    {"id", FIELD_KIND},
    {"type", FIELD_KIND},
    {"kind", FIELD_KIND},
    {"title", FIELD_KIND},
    {"system", FIELD_KIND},
    {"value", FIELD_VALUE},
    {"val", FIELD_VALUE},
    {"values", FIELD_VALUE},
    {"answer", FIELD_VALUE},
    {"default", FIELD_VALUE},
    {"defaultvalue", FIELD_VALUE},
    {"parametervalue", FIELD_VALUE},
    {"stringvalue", FIELD_VALUE},
    {"fieldvalue", FIELD_VALUE},
    {"attributevalue", FIELD_VALUE},
    {"columns", FIELD_COLUMNS},
    {"cols", FIELD_COLUMNS},
    {"colnames", FIELD_COLUMNS},
    {"columnnames", FIELD_COLUMNS},
    {"header", FIELD_COLUMNS},
    {"headers", FIELD_COLUMNS},
    {"fields", FIELD_COLUMNS},
    {"fieldnames", FIELD_COLUMNS},
    {"table", FIELD_TABLE},
    {"worksheet", FIELD_TABLE},
    {"dl", FIELD_PAIRS},
    {"tr", FIELD_ROW},
    {"row", FIELD_ROW},
    {"tablerow", FIELD_ROW},
    {"td", FIELD_CELL},
    {"cell", FIELD_DATA_CELL},
    {"tablecell", FIELD_DATA_CELL},
    {"dd", FIELD_CELL},
    {"entry", FIELD_CELL},
    {"th", FIELD_HEAD_CELL},
    {"dt", FIELD_HEAD_CELL},
    {"index", FIELD_INDEX},
    {"colspan", FIELD_SPAN},
    {"numbercolumnsrepeated", FIELD_SPAN},
};

FieldRole field_role(Bytes name)
{
    char plain[ROLE_NAME_MAX + 1] = {0};
    size_t len = 0;

    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] == '_' || name.data[i] == '-')
            continue;
        if (len == ROLE_NAME_MAX)
            return FIELD_PLAIN;
        plain[len++] = g_ascii_tolower((char)name.data[i]);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
        if (memcmp(roles[i].name, plain, sizeof plain) == 0)
            return roles[i].role;
    return FIELD_PLAIN;
}
