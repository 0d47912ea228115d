# SPDX-License-Identifier: Apache-2.0
# Compiler rules and the few helpers that every CMakeLists.txt of the tree uses.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

set(FARSEAT_SANITIZE "" CACHE STRING "asan, tsan or fuzz; empty for none")

# What holds for code of ours (not for generated code).
add_library(far_rules INTERFACE)
target_compile_definitions(far_rules INTERFACE _GNU_SOURCE FARSEAT_VERSION="${PROJECT_VERSION}")
target_compile_options(far_rules INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes
  -Wmissing-prototypes -Wvla -Werror -g -fno-omit-frame-pointer)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  # Asserts stay on in releases (STYLE.md 8), so NDEBUG is never set.
  set(CMAKE_C_FLAGS_RELEASE "-O2")
  # With optimization gcc also sees texts that snprintf may cut short (their size is the limit that we want), and
  # with fortification it takes a result that is cast to void for one that was forgotten.
  target_compile_options(far_rules INTERFACE -fstack-protector-strong -D_FORTIFY_SOURCE=2
    $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation> -Wno-unused-result)
  add_link_options(-Wl,-z,relro,-z,now -pie)
endif()
if(FARSEAT_SANITIZE STREQUAL "asan")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(FARSEAT_SANITIZE STREQUAL "tsan")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(FARSEAT_SANITIZE STREQUAL "fuzz")
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
endif()

# far_pkg(NAME package...): an imported target PkgConfig::NAME; a missing one names the remedy.
function(far_pkg name)
  pkg_check_modules(${name} QUIET IMPORTED_TARGET GLOBAL ${ARGN})
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "${ARGN} not found: run './farseat up' once (it installs cli/packages.txt), or install its -dev package")
  endif()
endfunction()

# tests_LABEL builds the programs of one label, so that `./farseat test` builds no more than it runs.
foreach(label unit sim fuzz tsan integration chaos e2e containers)
  add_custom_target(tests_${label})
endforeach()

# far_test(NAME name LABEL unit|sim|integration|chaos [tsan] SOURCES ... LIBS ... [TIMEOUT s]): one cmocka program.
# The second label tsan is for tests of threads: they also run under the thread sanitizer.
function(far_test)
  cmake_parse_arguments(T "" "NAME;TIMEOUT" "LABEL;SOURCES;LIBS" ${ARGN})
  add_executable(${T_NAME} ${T_SOURCES})
  find_library(CMOCKA cmocka REQUIRED)
  target_include_directories(${T_NAME} PRIVATE ${PROJECT_SOURCE_DIR}/tests/include)
  target_link_libraries(${T_NAME} PRIVATE far_rules ${T_LIBS} ${CMOCKA})
  add_test(NAME ${T_NAME} COMMAND ${T_NAME} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 120)
  endif()
  set_tests_properties(${T_NAME} PROPERTIES LABELS "${T_LABEL}" TIMEOUT ${T_TIMEOUT})
  foreach(label ${T_LABEL})
    add_dependencies(tests_${label} ${T_NAME})
  endforeach()
endfunction()

# far_fuzz(NAME fuzz_x SOURCES ... LIBS ...): a libFuzzer target in the fuzz preset; in every other preset
# a program that replays its seeds (tests/fuzz/corpus/x), registered as a test with the label fuzz.
function(far_fuzz)
  cmake_parse_arguments(T "" "NAME" "SOURCES;LIBS" ${ARGN})
  string(REPLACE "fuzz_" "" noun ${T_NAME})
  set(corpus ${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${noun})
  add_executable(${T_NAME} ${T_SOURCES})
  target_include_directories(${T_NAME} PRIVATE ${PROJECT_SOURCE_DIR}/tests/include)
  target_link_libraries(${T_NAME} PRIVATE far_rules ${T_LIBS})
  if(FARSEAT_SANITIZE STREQUAL "fuzz")
    target_link_options(${T_NAME} PRIVATE -fsanitize=fuzzer)
    add_test(NAME ${T_NAME} COMMAND ${T_NAME} -runs=20000 -max_total_time=20 ${corpus})
  else()
    target_sources(${T_NAME} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.c)
    add_test(NAME ${T_NAME} COMMAND ${T_NAME} ${corpus})
  endif()
  set_tests_properties(${T_NAME} PROPERTIES LABELS fuzz TIMEOUT 120)
  add_dependencies(tests_fuzz ${T_NAME})
endfunction()

# far_pure(TARGET [--math]): after linking, prove by its symbols that a core does no I/O and reads no clock.
function(far_pure target)
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${PROJECT_SOURCE_DIR}/cmake/check_pure.sh ${ARGN} $<TARGET_FILE:${target}> VERBATIM)
endfunction()
