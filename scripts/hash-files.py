#!/usr/bin/env python3
"""A C header with one string, which changes when one of the files does.

    hash-files.py NAME OUTPUT FILE..."""
import hashlib
import pathlib
import sys

name, output, *files = sys.argv[1:]
total = hashlib.sha256()
for file in files:
    total.update(hashlib.sha256(pathlib.Path(file).read_bytes()).digest())
pathlib.Path(output).write_text(f'#pragma once\n\n#define {name} "{total.hexdigest()}"\n', encoding="utf-8")
