/* A checked rule document as one block of bytes: what loading a known rule file again costs is reading it.
 *
 * Everything that the schema of rule_yaml.c knows is written, by the schema: a new field of rules needs nothing here.
 * An image is for the program that wrote it and for nobody else (rule_cache.h sees to that). Yet reading trusts
 * nothing: any bytes are either refused or give a document as well formed as the YAML reader's. */
#pragma once

#include "detect/rule_facts.h"

/* The document's facts are known. */
GByteArray *rule_image_pack(const RuleDocument *document);

/* An image that starts at from in bytes; the document keeps the bytes. NULL, and the bytes are freed: it is broken. */
RuleDocument *rule_image_unpack(char *take_bytes, size_t len, size_t from);
