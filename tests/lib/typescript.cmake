# SPDX-License-Identifier: Apache-2.0
# Tests in TypeScript: compiled by Debian's tsc (package node-typescript), run by Node.js 18's own test runner against
# the deployment that FARSEAT_* names (./farseat test starts one).
find_program(TSC tsc)
find_program(NODE NAMES node nodejs)
set(FAR_JS ${CMAKE_BINARY_DIR}/js)

if(NOT TARGET tests_js)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/lib/*.ts
       ${PROJECT_SOURCE_DIR}/tests/integration/*.ts ${PROJECT_SOURCE_DIR}/tests/chaos/*.ts
       ${PROJECT_SOURCE_DIR}/tests/containers/*.ts)
  if(TSC AND NODE)
    add_custom_command(OUTPUT ${FAR_JS}/compiled
      COMMAND ${TSC} -p ${PROJECT_SOURCE_DIR}/tests/tsconfig.json --outDir ${FAR_JS}
      COMMAND ${CMAKE_COMMAND} -E touch ${FAR_JS}/compiled
      DEPENDS ${sources} ${PROJECT_SOURCE_DIR}/tests/tsconfig.json
      COMMENT "Compiling the tests in TypeScript" VERBATIM)
    add_custom_target(tests_js ALL DEPENDS ${FAR_JS}/compiled)
  else()
    message(WARNING "tsc or node not found: tests in TypeScript will fail; './farseat up' installs nodejs and node-typescript")
    add_custom_target(tests_js)
  endif()
endif()

# far_node_test(NAME x LABEL integration|chaos TIMEOUT s): x.ts beside the CMakeLists.txt that calls it.
function(far_node_test)
  cmake_parse_arguments(T "" "NAME;LABEL;TIMEOUT" "" ${ARGN})
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR}/tests ${CMAKE_CURRENT_SOURCE_DIR})
  add_test(NAME ${T_NAME} COMMAND node ${FAR_JS}/${folder}/${T_NAME}.js WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${T_NAME} PROPERTIES LABELS ${T_LABEL} TIMEOUT ${T_TIMEOUT}
    ENVIRONMENT "FARSEAT_TREE=${PROJECT_SOURCE_DIR}" RESOURCE_LOCK deployment)
  add_dependencies(tests_${T_LABEL} tests_js)
endfunction()
