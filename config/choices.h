// SPDX-License-Identifier: Apache-2.0
// The words of the configuration that stand for enumerators, as lists for Choice (scalars.h).
//
// The order is the one messages show. schema.json and docs/configuration.md list the same words.
// Constants only; a new enumerator of config.h needs its word here, else it prints as "".
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "config/config.h"

namespace room_router::config {

template <class Value, size_t kCount>
using Words = std::array<std::pair<std::string_view, Value>, kCount>;

inline constexpr Words<RoomNames, 3> kRoomNamesWords{
    {{"plain", RoomNames::kPlain}, {"hashed", RoomNames::kHashed}, {"absent", RoomNames::kAbsent}}};
inline constexpr Words<AdminLevel, 3> kAdminLevelWords{{{"user", AdminLevel::kUser},
                                                        {"operator", AdminLevel::kOperator},
                                                        {"admin", AdminLevel::kAdmin}}};
inline constexpr Words<RoomKeyMode, 2> kRoomKeyModeWords{
    {{"jitsi", RoomKeyMode::kJitsi}, {"query", RoomKeyMode::kQuery}}};
inline constexpr Words<Keepalive, 2> kKeepaliveWords{
    {{"local", Keepalive::kLocal}, {"forward", Keepalive::kForward}}};
inline constexpr Words<EndpointClass, 7> kEndpointClassWords{
    {{"signalling", EndpointClass::kSignalling},
     {"page", EndpointClass::kPage},
     {"static", EndpointClass::kStatic},
     {"whiteboard", EndpointClass::kWhiteboard},
     {"etherpad", EndpointClass::kEtherpad},
     {"bridge", EndpointClass::kBridge},
     {"unlock", EndpointClass::kUnlock}}};
inline constexpr Words<HealthCheck::Type, 3> kCheckTypeWords{
    {{"tcp", HealthCheck::Type::kTcp},
     {"http", HealthCheck::Type::kHttp},
     {"agent", HealthCheck::Type::kAgent}}};
inline constexpr Words<Agreement, 2> kAgreementWords{
    {{"majority", Agreement::kMajority}, {"local", Agreement::kLocal}}};
inline constexpr Words<ShardLabel::Source, 2> kLabelSourceWords{
    {{"target", ShardLabel::Source::kTarget}, {"srv", ShardLabel::Source::kSrv}}};
inline constexpr Words<bool, 2> kInitialStateWords{{{"ready", false}, {"drain", true}}};
inline constexpr Words<bool, 1> kBalanceWords{{{"least-outstanding", true}}};
inline constexpr Words<PlacementAlgorithm, 4> kPlacementWords{
    {{"rendezvous", PlacementAlgorithm::kRendezvous},
     {"bounded-rendezvous", PlacementAlgorithm::kBoundedRendezvous},
     {"least-rooms", PlacementAlgorithm::kLeastRooms},
     {"round-robin", PlacementAlgorithm::kRoundRobin}}};
inline constexpr Words<Peers::ServerKey, 3> kServerKeyWords{
    {{"auto", Peers::ServerKey::kAuto},
     {"name", Peers::ServerKey::kName},
     {"address", Peers::ServerKey::kAddress}}};
inline constexpr Words<bool, 2> kHealWords{{{"close", true}, {"report", false}}};
inline constexpr Words<std::string_view, 2> kBanActionWords{
    {{"redirect", "redirect"}, {"403", "403"}}};
inline constexpr Words<std::string_view, 2> kTlsVersionWords{{{"1.2", "1.2"}, {"1.3", "1.3"}}};
inline constexpr Words<bool, 2> kSandboxWords{{{"auto", true}, {"off", false}}};
inline constexpr Words<LogLevel, 4> kLogLevelWords{{{"debug", LogLevel::kDebug},
                                                    {"info", LogLevel::kInfo},
                                                    {"warning", LogLevel::kWarning},
                                                    {"error", LogLevel::kError}}};
inline constexpr Words<AccessFormat, 3> kAccessFormatWords{{{"json", AccessFormat::kJson},
                                                            {"httplog", AccessFormat::kHttplog},
                                                            {"off", AccessFormat::kOff}}};

}  // namespace room_router::config
