# together(TARGET [ALONE SOURCE...]): compiles TARGET's sources in batches, in a fraction of the time; most of the work
# is about headers that all include. No two sources of a batch have a private name in common (together.py); those ALONE
# are in none, for what they hide or see of another for some other reason. SUPERD_TOGETHER=OFF: source by source.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

# One source's private name may hide in another what it does not hide there; and a source that another includes
# looks like a header, of which g++ expects no private types. Linked to last: these have to follow -Wshadow.
add_library(together_settings INTERFACE)
target_compile_options(together_settings INTERFACE -Wno-shadow
  $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local;-Wno-subobject-linkage>)

function(together target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "ALONE")
  get_target_property(type ${target} TYPE)
  if(NOT SUPERD_TOGETHER OR type STREQUAL "INTERFACE_LIBRARY")
    return()
  endif()
  get_target_property(directory ${target} SOURCE_DIR)
  get_target_property(sources ${target} SOURCES)
  list(TRANSFORM arg_ALONE PREPEND ${directory}/)
  set(batched)
  foreach(source ${sources})
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${directory})
    get_source_file_property(own ${source} TARGET_DIRECTORY ${target} COMPILE_DEFINITIONS)
    if(source MATCHES "\\.cpp$" AND EXISTS ${source} AND NOT own AND NOT source IN_LIST arg_ALONE)
      list(APPEND batched ${source})
    else()
      set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
  execute_process(COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/packaging/together.py ${batched}
    OUTPUT_VARIABLE grouped COMMAND_ERROR_IS_FATAL ANY)
  while(grouped)
    list(POP_FRONT grouped group source)
    set_source_files_properties(${source} TARGET_DIRECTORY ${target} PROPERTIES UNITY_GROUP batch_${group})
  endwhile()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  target_link_libraries(${target} PRIVATE together_settings)
endfunction()
