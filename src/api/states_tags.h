/* Inside api/: tags of state machines, a JSON object from key to value where they are stored. */
#pragma once

#include "api/states_call.h"

/* The call's member tags as stored JSON, owned by the caller; "{}" without it. */
FALLIBLE bool states_tags_new(StatesCall *call, char **ret_tags, GError **error);
