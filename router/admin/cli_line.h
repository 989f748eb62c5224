// SPDX-License-Identifier: Apache-2.0
// One line of the admin socket → commands → words. `;` ends a command; a backslash takes the next
// character as it is (\t \n \r \e \xHH mean what `show table` means by them); a word that begins
// with ' or " ends at the same quote, backslashes count inside "…" only. Pure; refuses nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace room_router::admin {

using CliWords = std::vector<std::string>;

// Commands without words are left out; a blank line gives none.
std::vector<CliWords> SplitLine(std::string_view line);

}  // namespace room_router::admin
