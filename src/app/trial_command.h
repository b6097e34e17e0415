/* The command line of the process that tries objects (command_trial.c): written here, read there. */
#pragma once

#include "worker/scan_object.h"

enum { TRIAL_LIMITS = 6 };

/* argv of a trial with these rules and options; free with g_strfreev(). NULL if our own program cannot be found. */
char **trial_command_line(char *const *rule_directories, const ScanOptions *scan);

/* The limits, from their numbers as the command line gives them. */
void trial_limits_from_numbers(const int64_t *numbers, ExtractLimits *ret_limits);
