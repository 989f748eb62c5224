// SPDX-License-Identifier: Apache-2.0
// What is said about a directive that no translator takes: that Room Router does it without a
// setting, or why it is not carried over and what to do instead. Pure.
#pragma once

#include <string>

#include "config/haproxy/ledger.h"

namespace room_router::config::haproxy {

struct Reason {
  Fate fate;
  std::string text;
};

Reason Explain(const Directive& directive);
// The same of a whole section that is not a proxy.
Reason ExplainSection(const std::string& kind);

}  // namespace room_router::config::haproxy
