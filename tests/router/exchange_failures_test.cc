// SPDX-License-Identifier: Apache-2.0
// Whole exchanges over connections of which the n-th operation fails, for every n: the client gets
// what it should, the beginning of it, or an error; nothing is left behind, nothing hangs.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>

#include "discovery/proxy_preface.h"
#include "router/client_connection.h"
#include "router/data_plane.h"
#include "tests/router/faulty_transport.h"
#include "tests/router/scripted_shard.h"

namespace room_router {
namespace {

using test::FaultPlan;
using test::FaultyTransport;

constexpr int kMostOperations = 4000;  // of one conversation; it never takes as many

struct Conversation {
  const char* name;
  std::string request;      // then the client ends its direction
  std::string in_response;  // what the whole answer ends with
};

std::string Chunked(size_t size) {
  const std::string body(size, 'b');
  char length[16];
  std::snprintf(length, sizeof length, "%zx\r\n", body.size());
  return length + body + "\r\n0\r\n\r\n";
}

const Conversation kConversations[] = {
    {"two pages on one connection",
     "GET /page HTTP/1.1\r\nHost: meet\r\n\r\n"
     "GET /page?room=a HTTP/1.1\r\nHost: meet\r\nConnection: close\r\n\r\n",
     "\r\n\r\nhello"},
    {"a chunked body there and back",
     "POST /http-bind?room=a HTTP/1.1\r\nHost: meet\r\nConnection: close\r\n"
     "Transfer-Encoding: chunked\r\n\r\n" +
         Chunked(9'000),
     Chunked(9'000)},
    {"a tunnel",
     "GET /xmpp-websocket?room=a HTTP/1.1\r\nHost: meet\r\nConnection: Upgrade\r\n"
     "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nhello through the tunnel",
     "\r\n\r\nhello through the tunnel"},
    {"a bridge channel",
     "GET /colibri-ws/jvb-0/1a/2b?pwd=x HTTP/1.1\r\nHost: meet\r\nConnection: Upgrade\r\n"
     "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\nhello through the channel",
     "\r\n\r\nhello through the channel"},
};

// One worker's data plane on a thread of its own, with one shard behind it, which is a bridge as
// well.
class ExchangeTest : public testing::Test {
 protected:
  // `announced`: by PROXY headers.
  explicit ExchangeTest(bool announced = false) : shard_(announced ? ProxyPreface({}, {}) : "") {
    config::Config config;
    config.listeners.resize(1);
    config.shards.proxy_protocol = announced;
    Shard shard{.id = 0, .name = "shard-0"};
    shard.state = ShardState::kUp;
    shard.endpoints = {{.id = 0, .name = "shard-0", .address = shard_.address(), .up = true}};
    auto set = std::make_shared<ShardSet>();
    set->answered = true;
    set->shards = {shard};
    set->Index();
    plane_.stats.listeners.resize(1);
    plane_.Apply(std::make_shared<const ConfigSnapshot>(config));
    plane_.Apply(std::make_shared<const ShardSnapshot>(
        ShardSnapshot{directory_.MakeRouting(set, std::make_shared<RoomRules>())}));
    auto bridges = std::make_shared<BridgeSet>();
    bridges->bridges = {{.id = kBridgeEndpoint, .name = "jvb-0", .address = shard_.address()}};
    plane_.Apply(BridgeSetPtr(bridges));
    plane_.pool.Use([this](int descriptor, const Endpoint&) {
      return std::make_unique<FaultyTransport>(descriptor, plan_);
    });
    thread_ = std::thread([this] { plane_.loop.Run(); });
  }
  ~ExchangeTest() override {
    plane_.loop.Post([this] { plane_.loop.Stop(); });
    thread_.join();
  }

  template <class Task>
  std::invoke_result_t<Task> OnPlane(Task task) {
    std::packaged_task<decltype(task())()> packaged(std::move(task));
    auto result = packaged.get_future();
    plane_.loop.Post([&packaged] { packaged(); });
    return result.get();
  }

  // The client's end of a new connection, which the plane sees through what `make` returns.
  template <class Make>
  int Connect(Make make) {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    OnPlane([&] {
      const int fd = dup(ends[1]);
      EXPECT_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
      auto connection = std::make_unique<ClientConnection>(
          plane_, make(fd), *SocketAddress::Parse("127.0.0.1:1"), uint16_t{0});
      EXPECT_TRUE(plane_.loop.Add(fd, *connection));
      plane_.clients.push_back(*connection.release());
    });
    close(ends[1]);
    return ends[0];
  }

  void ExpectNothingLeft() {
    OnPlane([this] {
      EXPECT_TRUE(plane_.clients.empty());
      EXPECT_TRUE(plane_.tunnels.empty());
      for (const EndpointId id : {EndpointId{0}, kBridgeEndpoint}) {
        EXPECT_EQ(plane_.endpoint_stats(id).outstanding, 0U);
        EXPECT_EQ(plane_.endpoint_stats(id).tunnels, 0U);
      }
      EXPECT_EQ(plane_.stats.listeners[0].connections, 0U);
      plane_.pool.CloseAll();
    });
    directory_.table().ForEach(Clock::now(),
                               [](const EntryView& entry) { EXPECT_EQ(entry.sessions, 0U); });
  }

  test::ScriptedShard shard_;
  FaultPlan plan_;
  RoomDirectory directory_{config::Placement{}, config::StickTable{}, ""};
  AddressLimits addresses_{1};
  DataPlane plane_{directory_, addresses_, nullptr};
  std::thread thread_;
};

class ExchangeFailures : public ExchangeTest,
                         public testing::WithParamInterface<std::tuple<int, bool>> {
 protected:
  ExchangeFailures() : ExchangeTest(std::get<1>(GetParam())) {}

  // What the client receives until the connection ends; a hang ends the test.
  std::string Converse(const Conversation& conversation, const FaultPlan& plan) {
    const int client = Connect([&](int descriptor) {
      plan_ = plan;
      return std::make_unique<FaultyTransport>(descriptor, plan_);
    });
    const timeval limit{.tv_sec = 20, .tv_usec = 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const std::string& request = conversation.request;
    send(client, request.data(), request.size(), MSG_NOSIGNAL);
    shutdown(client, SHUT_WR);
    std::string received;
    char buffer[4096];
    ssize_t n = 0;
    while ((n = recv(client, buffer, sizeof buffer, 0)) > 0) {
      received.append(buffer, static_cast<size_t>(n));
    }
    EXPECT_TRUE(n == 0 || errno == ECONNRESET) << "hangs after " << received;
    close(client);
    return received;
  }
};

// An answer without the values that differ from time to time.
std::string Settled(std::string text) {
  constexpr std::string_view kVarying[] = {"X-Request-Id: ", "Date: "};
  for (const std::string_view name : kVarying) {
    for (size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += name.size()) {
      text.erase(at + name.size(), text.find("\r\n", at) - at - name.size());
    }
  }
  return text;
}

TEST_P(ExchangeFailures, EveryOperationMayFail) {
  const Conversation& conversation = kConversations[std::get<0>(GetParam())];
  const std::string whole = Settled(Converse(conversation, {}));
  ASSERT_TRUE(whole.ends_with(conversation.in_response)) << whole;
  ExpectNothingLeft();
  int n = 0;
  for (bool reached = true; reached; ++n) {
    SCOPED_TRACE("operation " + std::to_string(n) + " fails");
    ASSERT_LT(n, kMostOperations);
    const std::string answer = Settled(Converse(conversation, {.fail_at = n}));
    ExpectNothingLeft();
    const bool beginning = whole.starts_with(answer);
    const size_t error = std::min(answer.find("HTTP/1.1 502 "), answer.find("HTTP/1.1 503 "));
    const bool refused = error != std::string::npos && whole.starts_with(answer.substr(0, error));
    EXPECT_TRUE(beginning || refused) << answer;
    reached = OnPlane([&] { return plan_.operations > n; });
    EXPECT_TRUE(reached || answer == whole) << answer;
    if (HasFailure()) break;
  }
  EXPECT_GT(n, 3);
  std::printf("%s: %d operations\n", conversation.name, n - 1);
}

TEST_P(ExchangeFailures, CrumbsMakeAWhole) {
  const Conversation& conversation = kConversations[std::get<0>(GetParam())];
  const std::string whole = Settled(Converse(conversation, {}));
  EXPECT_EQ(Settled(Converse(conversation, {.crumbs = true})), whole);
  ExpectNothingLeft();
}

// The client never waits for an answer, so nothing but its turn can end.
TEST_F(ExchangeTest, RequestsWithoutEndLeaveOthersTheirTurn) {
  constexpr int kMany = 100'000;
  // So long that no more are read at once than may be sent ahead.
  const std::string request =
      "GET /_unlock?room=a HTTP/1.1\r\nHost: meet\r\nX-Pad: " + std::string(300, 'x') + "\r\n\r\n";
  int left = kMany;
  const int client = Connect([&](int descriptor) {
    return std::make_unique<test::TirelessTransport>(descriptor, request, left);
  });
  ASSERT_EQ(send(client, "x", 1, MSG_NOSIGNAL), 1);  // there is something to read, for ever
  uint64_t served = 0;
  while (served == 0) {
    served = OnPlane([&] { return plane_.stats.listeners[0].local_answers; });
  }
  EXPECT_LT(served, kMany / 2);
  while (OnPlane([&] { return !plane_.clients.empty(); })) {
  }
  EXPECT_EQ(plane_.stats.listeners[0].local_answers, static_cast<uint64_t>(kMany));
  close(client);
}

INSTANTIATE_TEST_SUITE_P(Conversation, ExchangeFailures,
                         testing::Combine(testing::Range(0, 4), testing::Bool()));

}  // namespace
}  // namespace room_router
