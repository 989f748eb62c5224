// SPDX-License-Identifier: Apache-2.0
#include "router/engine/tls_transport.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "tests/config/test_authority.h"

namespace room_router {
namespace {

using Status = IoResult::Status;

std::shared_ptr<const ServerTls> MakeServer() {
  const test::Credential pair = test::TestAuthority("authority").Issue("meet.test");
  config::ListenerTls tls;
  tls.first.certificate = "named";
  tls.first.certificate_pem = pair.certificate;
  tls.first.key_pem = config::Secret(pair.key);
  std::string problem;
  return ServerTls::Make(tls, nullptr, problem);
}

// A client whose records the test carries to the transport as it likes.
class TlsTransportTest : public ::testing::Test {
 protected:
  TlsTransportTest() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_), 0);
    transport_ = std::make_unique<TlsTransport>(ends_[0], MakeServer());
    SSL_set_connect_state(client_);
    SSL_set_bio(client_, incoming_, outgoing_);
    for (int i = 0; i < 3; ++i) {
      SSL_do_handshake(client_);
      Send(TakeSent());
      EXPECT_EQ(transport_->Read(buffer_, sizeof buffer_).status, Status::kBlocked);
      Receive();
    }
    EXPECT_TRUE(SSL_is_init_finished(client_));
  }
  ~TlsTransportTest() override {
    SSL_free(client_);
    SSL_CTX_free(context_);
    if (ends_[1] >= 0) close(ends_[1]);
  }

  std::string TakeSent() {
    std::string bytes(BIO_ctrl_pending(outgoing_), '\0');
    if (!bytes.empty()) BIO_read(outgoing_, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  // One record for each.
  std::string Records(std::initializer_list<std::string_view> texts) {
    for (const std::string_view text : texts) {
      EXPECT_GT(SSL_write(client_, text.data(), static_cast<int>(text.size())), 0);
    }
    return TakeSent();
  }
  void Send(std::string_view bytes) {
    if (bytes.empty()) return;
    EXPECT_EQ(write(ends_[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  // What the transport has written goes to the client; returns the text in it.
  std::string Receive() {
    char bytes[4096];
    for (ssize_t n; (n = read(ends_[1], bytes, sizeof bytes)) > 0;) {
      BIO_write(incoming_, bytes, static_cast<int>(n));
    }
    std::string text;
    size_t n = 0;
    while (SSL_read_ex(client_, bytes, sizeof bytes, &n) == 1) text.append(bytes, n);
    return text;
  }
  void Leave() {
    close(ends_[1]);
    ends_[1] = -1;
  }
  std::string Read(size_t size = sizeof buffer_) {
    const IoResult result = transport_->Read(buffer_, size);
    more_ = result.more;
    return {buffer_, result.bytes};
  }

  int ends_[2];
  SSL_CTX* context_ = SSL_CTX_new(TLS_client_method());
  SSL* client_ = SSL_new(context_);
  BIO *incoming_ = BIO_new(BIO_s_mem()), *outgoing_ = BIO_new(BIO_s_mem());
  std::unique_ptr<TlsTransport> transport_;
  char buffer_[1 << 15];
  bool more_ = false;
};

TEST_F(TlsTransportTest, AReadTakesAllRecordsThatAreThere) {
  Send(Records({"one,", "two,", "three"}));
  EXPECT_EQ(Read(), "one,two,three");
  EXPECT_FALSE(more_);
  EXPECT_EQ(transport_->Read(buffer_, sizeof buffer_).status, Status::kBlocked);
}

TEST_F(TlsTransportTest, WhatDoesNotFitIsLeftForTheNextRead) {
  Send(Records({"abcdef", "gh"}));
  EXPECT_EQ(Read(4), "abcd");
  EXPECT_EQ(Read(4), "efgh");
  EXPECT_EQ(transport_->Read(buffer_, 4).status, Status::kBlocked);
}

TEST_F(TlsTransportTest, ARecordMayComeInPieces) {
  for (size_t cut = 1, end = 2; cut < end; ++cut) {
    const std::string bytes = Records({"one,", "two"});
    end = bytes.size();
    Send(bytes.substr(0, cut));
    const std::string text = Read();
    EXPECT_FALSE(more_);
    EXPECT_TRUE(text.empty() || text == "one,") << cut;
    Send(bytes.substr(cut));
    EXPECT_EQ(text + Read(), "one,two") << cut;
  }
}

TEST_F(TlsTransportTest, MoreThanOneReceiveIsReadAtOnce) {
  const std::string text(sizeof buffer_ - 1, 'x');
  const std::string_view view = text;
  Send(Records({view.substr(0, 16000), view.substr(16000, 16000), view.substr(32000)}));
  EXPECT_EQ(Read(), text);
  EXPECT_FALSE(more_);
}

TEST_F(TlsTransportTest, TheEndComesAfterTheBytes) {
  Send(Records({"last"}));
  SSL_shutdown(client_);
  Send(TakeSent());
  EXPECT_EQ(Read(), "last");
  EXPECT_TRUE(more_);
  EXPECT_EQ(transport_->Read(buffer_, sizeof buffer_).status, Status::kEof);
}

TEST_F(TlsTransportTest, AnEndWithoutFarewellIsAnEnd) {
  Send(Records({"last"}));
  Leave();
  EXPECT_EQ(Read(), "last");
  EXPECT_EQ(transport_->Read(buffer_, sizeof buffer_).status, Status::kEof);
}

TEST_F(TlsTransportTest, WhatIsNoRecordIsAnError) {
  Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(transport_->Read(buffer_, sizeof buffer_).status, Status::kError);
  EXPECT_EQ(transport_->Write("answer").status, Status::kError);
}

TEST_F(TlsTransportTest, ManyRecordsAreWrittenAsFarAsThePeerTakesThem) {
  const std::string text(1 << 20, 'y');
  std::string received;
  for (size_t sent = 0; sent < text.size();) {
    const IoResult result = transport_->Write(std::string_view(text).substr(sent));
    ASSERT_NE(result.status, Status::kError);
    sent += result.bytes;
    if (result.status == Status::kBlocked) received += Receive();
  }
  EXPECT_EQ(received + Receive(), text);
}

TEST_F(TlsTransportTest, NothingCanBeWrittenToWhoSaidFarewellAndLeft) {
  SSL_shutdown(client_);
  Send(TakeSent());
  Leave();
  EXPECT_EQ(transport_->Read(buffer_, sizeof buffer_).status, Status::kEof);
  EXPECT_EQ(transport_->Write("answer").status, Status::kError);
}

}  // namespace
}  // namespace room_router
