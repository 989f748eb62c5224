// SPDX-License-Identifier: Apache-2.0
#include "discovery/search_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace room_router {
namespace {

using testing::ElementsAre;

TEST(SearchList, AsItIsFirstOrLastByItsDots) {
  const SearchList list{.domains = {"jitsi.svc.cluster.local", "svc.cluster.local"}, .ndots = 2};
  EXPECT_THAT(CompleteName("_http._tcp.web", list),
              ElementsAre("_http._tcp.web", "_http._tcp.web.jitsi.svc.cluster.local",
                          "_http._tcp.web.svc.cluster.local"));
  EXPECT_THAT(
      CompleteName("web.jitsi", list),
      ElementsAre("web.jitsi.jitsi.svc.cluster.local", "web.jitsi.svc.cluster.local", "web.jitsi"));
}

TEST(SearchList, AFinalDotOrNoDomainsMeanNothingElse) {
  EXPECT_THAT(CompleteName("web.", {.domains = {"example.org"}, .ndots = 5}), ElementsAre("web"));
  EXPECT_THAT(CompleteName("web", {}), ElementsAre("web"));
}

}  // namespace
}  // namespace room_router
