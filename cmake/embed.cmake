# Compiles a text file in as a string_view.
# embed_text(<target> <file> <qualified::name> <header that declares it>)
function(embed_text target file name header)
  string(MAKE_C_IDENTIFIER ${file} stem)
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${stem}_text.cc)
  add_custom_command(OUTPUT ${output} DEPENDS ${source} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake VERBATIM
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${source} -DOUTPUT=${output} -DNAME=${name} -DHEADER=${header}
      -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake)
  target_sources(${target} PRIVATE ${output})
endfunction()

# Compiles text files of a folder in as a span of room_router::admin::Asset.
# embed_assets(<target> <folder> <qualified::name> <header that declares it> <file>...)
function(embed_assets target folder name header)
  string(MAKE_C_IDENTIFIER ${folder} stem)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${stem}_assets.cc)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/ OUTPUT_VARIABLE sources)
  add_custom_command(OUTPUT ${output} DEPENDS ${sources} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake VERBATIM
    COMMAND ${CMAKE_COMMAND} "-DSOURCES=${sources}" -DOUTPUT=${output} -DNAME=${name} -DHEADER=${header}
      -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake)
  target_sources(${target} PRIVATE ${output})
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  return()
endif()
if(SOURCE)
  file(READ ${SOURCE} text)
  file(WRITE ${OUTPUT} "#include \"${HEADER}\"\n\n"
    "const std::string_view ${NAME} = R\"embedded(${text})embedded\";\n")
else()
  file(WRITE ${OUTPUT} "#include \"${HEADER}\"\n\n"
    "static constexpr room_router::admin::Asset kFiles[] = {\n")
  foreach(source IN LISTS SOURCES)
    file(READ ${source} text)
    get_filename_component(file ${source} NAME)
    file(APPEND ${OUTPUT} "    {\"${file}\", R\"embedded(${text})embedded\"},\n")
  endforeach()
  file(APPEND ${OUTPUT}
    "};\n\nconstinit const std::span<const room_router::admin::Asset> ${NAME} = kFiles;\n")
endif()
