# Writes a .cc that defines a std::string_view with a file's content.
# cmake -DINPUT=… -DOUTPUT=… -DNAME=kDashboardHtml -P embed_file.cmake
file(READ ${INPUT} CONTENT)
file(WRITE ${OUTPUT} "#include \"router/admin/assets.h\"
const std::string_view room_router::admin::${NAME} = R\"embedded_file(${CONTENT})embedded_file\";
")
