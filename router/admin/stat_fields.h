// SPDX-License-Identifier: Apache-2.0
// What each column of the statistics and each line of `show info` is: tags, type, description.
//
// One table each, which all formats use. Tags and types are HAProxy 2.6's, the words are ours.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "router/admin/field.h"
#include "router/admin/stat_row.h"

namespace room_router::admin {

// By column. In a row of the BACKEND some are tagged differently.
std::span<const Field, kStatColumns> StatFields();
Field StatField(size_t column, int row_type);

// HAProxy's number of a column: `-` is a mark in the CSV and has none.
std::optional<size_t> StatPosition(size_t column);

struct InfoField {
  size_t position = 0;  // HAProxy's, with gaps
  Field field;
};
std::span<const InfoField> InfoFields();

}  // namespace room_router::admin
