/* Paths as people write them. */
#pragma once

#include "detect/structure/path.h"

/* "/patients/patient/@ssn", "$.patient.ssn[2]" */
typedef enum PathStyle { PATH_OF_ELEMENTS, PATH_OF_MEMBERS } PathStyle;

/* What is too long ends with an ellipsis. Returns text's string; NULL: the place has no path. */
const char *path_show(const Path *path, PathPlace place, PathStyle style, GString *text);
