// SPDX-License-Identifier: Apache-2.0
// The one translation unit that compiles Asio and Beast (see `asio` in CMakeLists.txt).
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
