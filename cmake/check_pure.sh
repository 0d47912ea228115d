#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_pure.sh [--math] OBJECT...: fail when a pure core refers to anything outside the allow-list
# (clock, random, sockets, stdio ...). --math admits libm: for formulas, never for what replicas must agree on.
allowed='malloc|calloc|free|realloc|mem(cpy|move|set|cmp|chr)|str(n?cmp|n?len|n?chr|rchr|str|ncasecmp)|__(assert_fail|stack_chk_fail)|__mem(cpy|move|set)_chk|_GLOBAL_OFFSET_TABLE_|__(asan|ubsan|tsan|sanitizer|sancov)_.*'
allowed="$allowed|protobuf_c_.*|farseat__v1__.*|qsort|bsearch|v?snprintf|__v?snprintf_chk|strspn"
[ "$1" = --math ] && { allowed="$allowed|exp|log|pow|sqrt|lgamma(_r)?"; shift; }
own=$(nm --defined-only "$@" | awk 'NF==3{print $3}' | sort -u)
bad=$(nm --undefined-only "$@" | awk '$1=="U"{print $2}' | sort -u | grep -Ev "^($allowed)\$" | grep -vxF "${own:-none}")
[ -z "$bad" ] || { echo "not pure: $bad"; exit 1; }
