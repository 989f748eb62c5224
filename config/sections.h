// SPDX-License-Identifier: Apache-2.0
// The description of every part of the YAML file: its keys in order, how their values are written,
// the rules over them. One function per part, run with a Reader to load it and with a Writer to
// print it, so that the two cannot differ. schema.json says the same for editors (tests compare).
//
// `Form` is Reader or Writer; both are instantiated in the .cc files.
#pragma once

#include <map>
#include <string>

#include "config/config.h"

namespace room_router::config {

template <class Form>
void Describe(Form& form, Config& config);

template <class Form>
void Describe(Form& form, Node& node);
template <class Form>
void Describe(Form& form, Process& process);
template <class Form>
void Describe(Form& form, ListenerTls& tls);
template <class Form>
void DescribeListeners(Form& form, Config& config);
template <class Form>
void DescribeAdmin(Form& form, Config& config);
template <class Form>
void Describe(Form& form, Timeouts& timeouts);
template <class Form>
void Describe(Form& form, Limits& limits);
template <class Form>
void Describe(Form& form, RoomKey& room_key);
template <class Form>
void Describe(Form& form, Headers& headers);
template <class Form>
void Describe(Form& form, Shards& shards);
template <class Form>
void Describe(Form& form, Health& health);
template <class Form>
void Describe(Form& form, Placement& placement);
template <class Form>
void Describe(Form& form, StickTable& table);
template <class Form>
void Describe(Form& form, Peers& peers);
template <class Form>
void DescribePinsAndBans(Form& form, Config& config);
template <class Form>
void Describe(Form& form, Bridges& bridges);
template <class Form>
void Describe(Form& form, Drain& drain);
template <class Form>
void Describe(Form& form, Logging& logging);
template <class Form>
void DescribeErrors(Form& form, Config& config);

}  // namespace room_router::config
