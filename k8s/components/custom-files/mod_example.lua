-- SPDX-License-Identifier: Apache-2.0
module:log("info", "a module of one's own is loaded");
