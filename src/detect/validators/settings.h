/* What stands around the value of a setting. */
#pragma once

#include "detect/validators/setting_names.h"
#include "detect/validators/validators_internal.h"

/* Shorter, a key must show more than its letters. */
enum { SHORT_KEY_LEN = 16 };

/* A letter, a digit, or what parts the words of a name. */
bool is_of_name(uint8_t c);

/* Code without blanks: programs made small for browsers, where names are as short as they come. */
bool is_minified(const Surroundings *surroundings);

/* The last byte before a position that is no blank; the text's first if there is none. */
const uint8_t *last_visible(Bytes text, size_t end);

bool ends_with(Bytes text, const char *word);
bool is_regular_expression(Bytes value);

/* "load_key(data", "config.get(name": a function and what follows its parenthesis. */
bool is_call_of_name(Bytes value);

/* Nothing but blanks and quotes between the name and the value: as often prose ("pass `x`") or a list of words. */
bool is_after_blank(Bytes before, const SettingName *name);

/* The text ends here, or with a blank or one of the marks. */
bool ends_there(Bytes after, const char *marks);

/* Marks that no issued token has. */
bool has_marks(Bytes value);

/* What the value is, as a key or token of that name. */
Verdict key_verdict(Bytes value, const SettingName *name);

/* With letters and digits, and marks or both cases. */
Verdict noted_password_verdict(Bytes value);

/* "Summer2024", "Monkey49%": a word and a number. */
bool is_word_with_number(Bytes value);

/* What a generator drew, so that it cannot be the name of anything. */
bool is_drawn(Bytes value);

/* "user=svc" behind an empty password. */
bool is_next_setting(Bytes value);

/* The first of the marks in the value; NULL if it has none. */
const uint8_t *strpbrk_of(Bytes value, const char *marks);
