# superd_module(NAME SOURCES...): a shared object NAME.so that superd-worker loads, with a SUPERD_SERVICE in it.
function(superd_module name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE superd::sdk)
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so" CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
endfunction()
