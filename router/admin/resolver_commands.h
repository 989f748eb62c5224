// SPDX-License-Identifier: Apache-2.0
// `show resolvers [<id>]` and `show stat domain resolvers`: what became of the questions to DNS.
//
// One section, "default", with one nameserver that stands for all: which one answers is the
// resolver's choice. Lines HAProxy has and we don't count are 0. Pure.
#pragma once

#include <string>

#include "router/admin/cli_command.h"

namespace room_router::admin {

CliCommands ResolverCommands();

std::string ResolverCsv(const AdminView& view);

}  // namespace room_router::admin
