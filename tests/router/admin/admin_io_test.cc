// SPDX-License-Identifier: Apache-2.0
// The admin HTTP port and socket over loopback, with blocking clients on the test's own thread.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "router/admin/admin_http.h"
#include "router/admin/admin_socket.h"
#include "sample.h"

namespace room_router::admin {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;
using testing::StartsWith;

class Client {
 public:
  explicit Client(const SocketAddress& address)
      : descriptor_(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    EXPECT_EQ(connect(descriptor_, address.data(), address.size()), 0);
  }
  explicit Client(const std::string& path)
      : descriptor_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~Client() { close(descriptor_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void Send(std::string_view bytes) {
    EXPECT_EQ(send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  std::string ReadToEnd() {
    return ReadWhile([](const std::string&) { return true; });
  }
  std::string ReadUntil(std::string_view end) {
    return ReadWhile([end](const std::string& text) { return !text.ends_with(end); });
  }

 private:
  template <typename More>
  std::string ReadWhile(More more) {
    std::string text;
    char buffer[4096];
    while (more(text)) {
      const ssize_t n = recv(descriptor_, buffer, sizeof buffer, 0);
      if (n <= 0) break;
      text.append(buffer, static_cast<size_t>(n));
    }
    return text;
  }

  int descriptor_;
};

class AdminIo : public testing::Test {
 protected:
  AdminIo() : collector_(sample_.Sources()) {
    std::string pattern = testing::TempDir() + "admin_XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }

  void SetUp() override {
    const SocketAddress any = *SocketAddress::Parse("127.0.0.1:0");
    http_ = std::make_unique<AdminHttp>(io_, waits_, any);
    tcp_ = std::make_unique<AdminSocket>(io_, waits_, config::AdminSocket{.address = any});
    unix_ = std::make_unique<AdminSocket>(io_, waits_,
                                          config::AdminSocket{.path = path(), .mode = 0640});
    ASSERT_EQ(http_->Open(), "");
    ASSERT_EQ(tcp_->Open(), "");
    ASSERT_EQ(unix_->Open(), "");
    thread_ = std::thread([this] { io_.run(); });
  }

  void TearDown() override {
    asio::post(io_, [this] {
      http_->Close();
      tcp_->Close();
      unix_->Close([this] { work_.reset(); });
    });
    thread_.join();
    http_.reset();
    tcp_.reset();
    unix_.reset();
    std::filesystem::remove_all(folder_);
  }

  // Runs on the control thread and waits.
  template <typename Function>
  auto OnControlThread(Function function) {
    std::packaged_task<decltype(function())()> task(function);
    auto result = task.get_future();
    asio::post(io_, [&task] { task(); });
    return result.get();
  }

  std::string path() const { return folder_ + "/admin.sock"; }

  std::string Get(const std::string& target, const std::string& method = "GET") {
    Client client(http_->address());
    client.Send(method + " " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return client.ReadToEnd();
  }

  std::string Ask(const std::string& line) {
    Client client(path());
    client.Send(line);
    return client.ReadToEnd();
  }

  Sample sample_;
  std::string folder_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  AdminCollector collector_;
  DrainWaits waits_{collector_};
  std::unique_ptr<AdminHttp> http_;
  std::unique_ptr<AdminSocket> tcp_, unix_;
  std::thread thread_;
};

TEST_F(AdminIo, HttpAnswersEveryPath) {
  const std::pair<const char*, const char*> cases[] = {
      {"/healthz", "\r\n\r\nok\n"},
      {"/readyz", "\r\n\r\nready\n"},
      {"/metrics", "room_router_ready 1\n"},
      {"/stats;csv", "\r\n\r\n# pxname,svname,qcur,"},
      {"/stats;csv;norefresh", "jitsi-meet,BACKEND,"},
      {"/api/v1/status", "\"replica\":\"router-0\""},
      {"/api/v1/shards", "\"name\":\"shard-1\""},
      {"/api/v1/rooms?search=stand", "\"total\":1"},
      {"/", "<title>Room Router</title>"},
      {"/stats", "<title>Room Router</title>"},
      {"/dashboard/main.js", "Content-Type: text/javascript; charset=utf-8\r\n"},
      {"/dashboard/style.css", "Content-Type: text/css; charset=utf-8\r\n"}};
  for (const auto& [target, expected] : cases) {
    const std::string answer = Get(target);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n")) << target;
    EXPECT_THAT(answer, HasSubstr(expected)) << target;
    EXPECT_THAT(answer, HasSubstr("Content-Security-Policy: default-src 'none'")) << target;
  }
}

TEST_F(AdminIo, HttpRefusesTheRest) {
  EXPECT_THAT(Get("/nope"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/dashboard/nope.js"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/", "POST"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(Get("/", "DELETE"), HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_THAT(Get("/" + std::string(20'000, 'x')), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Get("/ HTTP/9.9\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(AdminIo, HttpHeadHasTheLengthAndNoBody) {
  const std::string answer = Get("/healthz", "HEAD");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 3\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(AdminIo, HttpKeepsTheConnectionAndPipelines) {
  Client client(http_->address());
  client.Send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("ready\n"), HasSubstr("\r\n\r\nok\nHTTP/1.1 200 OK\r\n"));
}

TEST_F(AdminIo, HttpClosesAfterARequestWithABody) {
  Client client(http_->address());
  client.Send("GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_THAT(client.ReadToEnd(), HasSubstr("Connection: close\r\n"));
}

class AdminChanges : public AdminIo {
 protected:
  AdminChanges() {
    sample_.config.admin.token_file = folder_ + "/token";
    std::ofstream(sample_.config.admin.token_file) << "0123456789abcdef\n";
    sample_.shards->shards[1].admin = AdminState::kDrain;
  }

  // Nothing is left on shard-1.
  void Empty() {
    OnControlThread([this] { sample_.table.Clear(); });
  }
  std::string Head(const std::string& target, const std::string& fields = "") {
    return "POST " + target + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer 0123456789abcdef\r\n" +
           fields + "\r\n";
  }
  void AwaitWaiting(size_t count) {
    const auto waiting = [this] { return waits_.waiting(); };
    while (OnControlThread(waiting) != count) std::this_thread::yield();
  }
};

TEST_F(AdminChanges, HttpTakesThemAndKeepsTheConnection) {
  Client client(http_->address());
  client.Send(Head("/api/v1/shards/shard-0/maint", "Content-Length: 5\r\n") + "hello" +
              Head("/api/v1/shards/shard-0/ready", "Connection: close\r\n"));
  const std::string answers = client.ReadToEnd();
  EXPECT_THAT(answers, HasSubstr(R"({"shard":"shard-0","admin":"maint"}HTTP/1.1 200 OK)"));
  EXPECT_THAT(answers, testing::EndsWith(R"({"shard":"shard-0","admin":"ready"})"));
  EXPECT_EQ(OnControlThread([this] { return sample_.orders.size(); }), 2u);
}

TEST_F(AdminChanges, HttpRefusesLargeOnesAndSaysHowToAsk) {
  Client large(http_->address());
  large.Send(Head("/api/v1/shards/shard-0/ready", "Content-Length: 100000\r\n"));
  EXPECT_THAT(large.ReadToEnd(), StartsWith("HTTP/1.1 413 "));
  Client chunked(http_->address());
  chunked.Send(Head("/api/v1/shards/shard-0/ready", "Transfer-Encoding: chunked\r\n") + "2000\r\n");
  EXPECT_THAT(chunked.ReadToEnd(), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Get("/api/v1/shards/shard-0/ready", "POST"),
              HasSubstr("WWW-Authenticate: Bearer\r\n"));
  EXPECT_THAT(Get("/api/v1/shards/shard-0/ready"), HasSubstr("Allow: POST\r\n"));
  EXPECT_THAT(Get("/api/v1/shards/shard-1"), HasSubstr(R"("drain":{"state":"drain")"));
  EXPECT_THAT(Get("/api/v1/shards/shard-9"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(AdminChanges, BothDoorsWaitUntilTheShardIsEmpty) {
  Client http(http_->address()), cli(path());
  http.Send(Head("/api/v1/shards/shard-1/drain?wait=1h", "Connection: close\r\n"));
  cli.Send("drain shard-1 --max 1h\n");
  AwaitWaiting(2);
  EXPECT_EQ(Ask("show version\n"), "0.1.0\n\n") << "nobody else waits";
  Empty();
  EXPECT_THAT(http.ReadToEnd(), HasSubstr(R"("finished":true)"));
  EXPECT_EQ(cli.ReadToEnd(), "shard-1 is drained.\n\n");
  AwaitWaiting(0);
}

TEST_F(AdminChanges, WhatIsLeftIsToldWhenTheTimeIsUp) {
  Client http(http_->address());
  http.Send(Head("/api/v1/shards/shard-1/drain", "Connection: close\r\n"));
  EXPECT_THAT(http.ReadToEnd(), AllOf(StartsWith("HTTP/1.1 202 "), HasSubstr(R"("rooms":1)")));
  EXPECT_EQ(Ask("drain shard-1 --max 1ms\n"),
            "shard-1 is not empty yet and stays in drain: rooms=1 tunnels=0\n\n");
}

TEST_F(AdminChanges, WhoeverLeavesIsLetGo) {
  {
    Client http(http_->address()), cli(path());
    http.Send(Head("/api/v1/shards/shard-1/drain?wait=1h"));
    cli.Send("drain shard-1 --max 1h\n");
    AwaitWaiting(2);
  }
  AwaitWaiting(0);
  Client stays(path());
  stays.Send("drain shard-1 --max 1h\n");
  AwaitWaiting(1);  // TearDown closes it
}

TEST_F(AdminChanges, WaitsAreBounded) {
  std::vector<std::unique_ptr<Client>> waiting;
  for (size_t i = 0; i < DrainWaits::kMaxWaits; ++i) {
    waiting.push_back(std::make_unique<Client>(path()));
    waiting.back()->Send("drain shard-1 --max 1h\n");
  }
  AwaitWaiting(DrainWaits::kMaxWaits);
  EXPECT_THAT(Ask("drain shard-1 --wait\n"), StartsWith("shard-1 is in drain, but 64 wait"));
  Empty();
  for (auto& client : waiting) EXPECT_EQ(client->ReadToEnd(), "shard-1 is drained.\n\n");
}

TEST_F(AdminIo, ProbesTellWhatIsWrong) {
  OnControlThread([this] {
    sample_.readiness = {.ready = false, .reason = "discovery has not answered yet"};
    sample_.workers.pop_back();
  });
  EXPECT_THAT(Get("/readyz"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(Get("/readyz"), HasSubstr("not ready: discovery has not answered yet\n"));
  EXPECT_THAT(Get("/healthz"), StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(Get("/healthz"), HasSubstr("1 of 2 event loops did not answer in time\n"));
}

TEST_F(AdminIo, NoDashboardWhenItIsOff) {
  OnControlThread([this] { sample_.config.admin.dashboard.enabled = false; });
  EXPECT_THAT(Get("/"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/dashboard/main.js"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(AdminIo, SilentConnectionsAreBoundedAndHarmless) {
  std::vector<std::unique_ptr<Client>> silent;
  for (size_t i = 0; i < AdminHttp::kMaxConnections; ++i) {
    silent.push_back(std::make_unique<Client>(http_->address()));
  }
  while (OnControlThread([this] { return http_->connections(); }) < AdminHttp::kMaxConnections) {
    std::this_thread::yield();
  }
  EXPECT_THAT(Get("/healthz"), StartsWith("HTTP/1.1 200 ")) << "in the place of the oldest";
  EXPECT_EQ(silent.front()->ReadToEnd(), "");
  EXPECT_LE(OnControlThread([this] { return http_->connections(); }), AdminHttp::kMaxConnections);
  silent.clear();
  while (OnControlThread([this] { return http_->connections(); }) > 0) std::this_thread::yield();
  EXPECT_THAT(Get("/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(AdminIo, SocketAnswersAndCloses) {
  EXPECT_EQ(Ask("show version\n"), "0.1.0\n\n");
  EXPECT_EQ(Ask("show version;show version\nshow version\n"), "0.1.0\n\n0.1.0\n\n0.1.0\n\n");
  EXPECT_THAT(Ask("show info\n"), StartsWith("Name: room-router\n"));
  EXPECT_THAT(Ask("show stat\n"), StartsWith("# pxname,svname,"));
  EXPECT_THAT(Ask("show table jitsi-meet key standup\n"), HasSubstr(" server_key=shard-0 "));
  EXPECT_EQ(Ask("quit\n"), "");
  Client tcp(tcp_->address());
  tcp.Send("show version\n");
  EXPECT_EQ(tcp.ReadToEnd(), "0.1.0\n\n");
}

TEST_F(AdminIo, SocketKeepsAPrompt) {
  Client client(path());
  client.Send("prompt\n");
  EXPECT_EQ(client.ReadUntil("> "), "\n> ");
  client.Send("set timeout cli 60\n");
  EXPECT_EQ(client.ReadUntil("> "), "\n> ");
  client.Send("show stat -1 2 -1\n");
  EXPECT_THAT(client.ReadUntil("> "), HasSubstr("jitsi-meet,BACKEND,"));
  client.Send("quit\n");
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST_F(AdminIo, SocketHangsUpOnIdleSessions) {
  Client client(path());
  client.Send("prompt;set timeout cli 1ms\n");
  EXPECT_EQ(client.ReadToEnd(), "\n> \n> ");
}

TEST_F(AdminIo, SocketSurvivesAClientThatLeavesWithoutReading) {
  for (int i = 0; i < 50; ++i) {
    Client client(path());
    client.Send("show stat;show info;show table jitsi-meet\n");
  }
  EXPECT_EQ(Ask("show version\n"), "0.1.0\n\n");
  while (OnControlThread([this] { return unix_->sessions(); }) > 0) std::this_thread::yield();
}

TEST_F(AdminIo, SocketFileHasItsMode) {
  struct stat facts {};
  ASSERT_EQ(stat(path().c_str(), &facts), 0);
  EXPECT_TRUE(S_ISSOCK(facts.st_mode));
  EXPECT_EQ(facts.st_mode & 0777u, 0640u);
}

TEST_F(AdminIo, SocketRefusesANameInUse) {
  AdminSocket second(io_, waits_, {.path = path()});
  EXPECT_THAT(second.Open(), HasSubstr("another process answers there"));
  EXPECT_EQ(Ask("show version\n"), "0.1.0\n\n") << "the first one is unharmed";
  const std::string file = folder_ + "/file";
  std::ofstream(file) << "precious";
  AdminSocket third(io_, waits_, {.path = file});
  EXPECT_THAT(third.Open(), HasSubstr("a file that is not a socket is there"));
  AdminSocket fourth(io_, waits_, {.path = folder_ + "/" + std::string(120, 'x')});
  EXPECT_THAT(fourth.Open(), HasSubstr("too long"));
  AdminSocket fifth(io_, waits_, {.path = folder_ + "/nowhere/admin.sock"});
  EXPECT_THAT(fifth.Open(), HasSubstr("can't create it in that folder: No such file"));
  AdminHttp taken(io_, waits_, http_->address());
  EXPECT_THAT(taken.Open(), HasSubstr("can't listen on 127.0.0.1:"));
}

TEST_F(AdminIo, SocketReplacesTheFileOfADeadProcess) {
  const std::string stale = folder_ + "/stale.sock";
  const int dead = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  stale.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  close(dead);
  auto fresh = std::make_unique<AdminSocket>(io_, waits_, config::AdminSocket{.path = stale});
  EXPECT_EQ(OnControlThread([&] { return fresh->Open(); }), "");
  {
    Client client(stale);
    client.Send("show version\n");
    EXPECT_EQ(client.ReadToEnd(), "0.1.0\n\n");
  }
  std::promise<void> closed;
  asio::post(io_, [&] { fresh->Close([&] { closed.set_value(); }); });
  closed.get_future().wait();
  EXPECT_FALSE(std::filesystem::exists(stale)) << "removed on the way out";
  OnControlThread([&] { fresh.reset(); });
}

}  // namespace
}  // namespace room_router::admin
