/* A definition as a Mermaid graph. Any thread. */
#pragma once

#include <jansson.h>

/* "flowchart TD …", owned by the caller; of a valid definition. */
char *asl_graph(const json_t *definition);
