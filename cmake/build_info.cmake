# Writes build_info.h; run at every build, it touches the file only when something changed.
# cmake -DSOURCE=… -DOUTPUT=… -DVERSION=… -DPROMETHEUS_CPP=… -DYAML_CPP=… [-DCOMMIT=…] -P build_info.cmake
if(NOT COMMIT)
  # safe.directory: a container often builds a checkout that belongs to another user.
  execute_process(COMMAND git -c safe.directory=${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
    WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE COMMIT ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
if(NOT COMMIT)
  set(COMMIT unknown)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
#pragma once
#include <string_view>
namespace room_router::build_info {
inline constexpr std::string_view kVersion = "@VERSION@";
inline constexpr std::string_view kCommit = "@COMMIT@";
inline constexpr std::string_view kPrometheusCpp = "@PROMETHEUS_CPP@";
inline constexpr std::string_view kYamlCpp = "@YAML_CPP@";
}  // namespace room_router::build_info
]])
