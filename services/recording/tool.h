/* SPDX-License-Identifier: Apache-2.0 */
/* tool.h - what farseat-recording does with files and keys beside serving, for operators:
 *
 *   --verify FILE --keys DIR      check every chunk and the sum; prints the metadata
 *   --export FILE --keys DIR      the same, and the WAV on standard output
 *   --new-key DIR                 make a new master key; recordings from now on use it, no restart is needed
 *   --rewrap STORE --keys DIR     wrap every file's key by the newest master key, so that older ones may go
 */
#pragma once
#include <stdbool.h>

/** Whether argv asks for one of these. */
bool tool_wanted(int argc, char **argv);
/** Run it. @return exit status: 0; 1: damaged or failed; 2: usage. */
int tool_main(int argc, char **argv);
