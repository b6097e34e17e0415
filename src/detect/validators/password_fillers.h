/* What stands where a password would, and is none. */
#pragma once

#include "detect/validators/validators_internal.h"

/* What stands where a secret will be: variables, markup, masks. is_variable: "$NAME", "%NAME%", "%s" alone. */
bool is_template(Bytes value);
bool is_variable(Bytes value);

/* A word that says that a password goes here. is_placeholder: that, a template, or next to nothing. */
bool is_placeholder_word(Bytes value);
bool is_placeholder(Bytes value);

/* "1.302140", "1.3.6.1.4.1": numbers of versions and objects. */
bool is_dotted_number(Bytes value);

/* "password", "edit_password", "dashboard-token": what is called a password is a name. */
bool is_name_of_password(Bytes value);

/* A label, a rule of a form ("required|min:8"), a hash, the name of a file. */
bool is_of_other_kind(Bytes value);

/* "CHANGE_ME", "DB_PASSWORD": the name of a constant. */
bool is_constant(Bytes value);

/* "process.env.DB_PASS", "os.getenv('X')": code that gets the value from elsewhere. */
bool is_reference(Bytes value);

/* word, words: in lower case. */
bool contains_ignoring_case(Bytes value, const char *word);
bool ends_ignoring_case(Bytes value, const char *word);
bool contains_one_of(Bytes value, const char *const *words, size_t count);
/* A part of a regular expression: a program looks for a password. */
bool is_of_pattern(Bytes value);
