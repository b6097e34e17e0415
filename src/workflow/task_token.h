/* Internal to workflow/: the text under which a task is answered from outside. It is a secret of 256 random bits beside
 * the execution's ARN, so that a token whose task is over is told from one that never was. */
#pragma once

#include <glib.h>

/* Owned by the caller. */
char *task_token_new(const char *execution_arn);

/* The ARN in a token, owned by the caller; NULL if the text is none. */
char *task_token_execution(const char *token);
