// SPDX-License-Identifier: Apache-2.0
// "Did you mean": the nearest of some known words by edit distance (optimal string alignment:
// insert, delete, replace and swap of neighbours count 1), `-` and `_` and letter case ignored.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace room_router::config {

// The nearest word, empty when none is near (more than a third of the letters differ).
std::string_view Suggest(std::string_view word, std::span<const std::string_view> known);

// "; did you mean X?", or "; known here: a, b, c".
std::string SuggestOrList(std::string_view word, std::span<const std::string_view> known);

}  // namespace room_router::config
