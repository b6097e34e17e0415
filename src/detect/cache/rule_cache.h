/* Checked rule files, kept beside the compiled Hyperscan database: reading and checking the YAML of all rules takes a
 * hundred times as long.
 *
 * An image is found by the hash of the file's text and of everything that made it: the sources that read and check
 * rules, and the libraries. It is written whole or not at all, so that many processes may share a directory. */
#pragma once

#include "detect/rule_yaml.h"

/* NULL: it is not there, or not as it was written. text: the YAML. */
RuleDocument *rule_cache_read(const char *cache_dir, Bytes text);

/* The document was made from the text, and its facts are known. Only speed is lost if this fails. */
void rule_cache_write(const char *cache_dir, Bytes text, const RuleDocument *document);
