#!/usr/bin/env python3
"""Writes a state machine's definition as a C function that returns its text: embed-machine.py IN OUT."""
import json
import sys

with open(sys.argv[1], encoding="utf-8") as source:
    text = source.read()
json.loads(text)  # a definition that is no JSON must not reach the binary
lines = "\n".join("    " + json.dumps(line + "\n") for line in text.splitlines())
with open(sys.argv[2], "w", encoding="utf-8") as target:
    target.write('#include "workflow/scanner_machine.h"\n\n'
                 f"static const char definition[] =\n{lines};\n\n"
                 "const char *scanner_machine_definition(void)\n{\n    return definition;\n}\n")
