/* The name that a value is assigned to. Only validators include this. */
#pragma once

#include "base/bytes.h"

#define SETTING_NAME_MAX 64

/* The identifier as it is written and in lower case, with dots, dashes and underscores; NUL at the end. */
typedef struct SettingName {
    char text[SETTING_NAME_MAX + 1], lower[SETTING_NAME_MAX + 1];
    size_t len, end; /* end: where it ends in front of the value */
} SettingName;

/* The identifier in front of an operator, quotes, a type or a wrapper ("api_key" of "api_key: str = \""). before ends
 * where the value begins. False if there is none near. */
bool setting_name_read(Bytes before, SettingName *ret_name);

/* The name of a column. False if it is empty. */
bool setting_name_of(Bytes text, SettingName *ret_name);

/* "tokenType", "secret_path": it says something of a secret. */
bool setting_name_is_attribute(const SettingName *name);
/* Ends like the name of a key or token and is none, or none that is secret. */
bool setting_name_is_no_secret(const SettingName *name);
/* Says that the value is secret, as "key" alone does not. */
bool setting_name_is_strong(const SettingName *name);
/* Likewise, and nothing stands behind the word that says so: "client_secret", not "secretsmanager". */
/* Not of a path or a pattern, which begin like "PAT". */
bool setting_name_is_of_key(const SettingName *name);
bool setting_name_ends_like_key(const SettingName *name);
/* "passwordLabel": about passwords. */
bool setting_name_is_about_passwords(const SettingName *name);
/* If there is "pass" in the name, whether it stands for a password. */
bool setting_name_is_of_password(const SettingName *name);
/* The name of a function that takes something else than the secret's value. */
bool setting_name_is_of_reader(const SettingName *name);
/* "pass" and no more, which tests and passages are called, too. */
bool setting_name_is_plain_pass(const SettingName *name);
