/* SPDX-License-Identifier: Apache-2.0 */
/* directory.h - for the files behind media.h: all under engine.lock. */
#pragma once
#include "engine.h"

/** NULL: there is none. */
struct endpoint *directory_find(const struct media_engine *engine, uint64_t id);
/** Send a command to its endpoint's thread, in order. @return false: no room (counted), nothing was done. */
bool directory_dispatch(struct media_engine *engine, const struct command *command, uint32_t reserve);
