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

if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  file(READ ${SOURCE} text)
  file(WRITE ${OUTPUT} "#include \"${HEADER}\"\n\n"
    "const std::string_view ${NAME} = R\"embedded(${text})embedded\";\n")
endif()
