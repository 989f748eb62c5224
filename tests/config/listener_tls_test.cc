// SPDX-License-Identifier: Apache-2.0
// The files of listeners[].tls: good ones and bad ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ocsp.h>

#include <filesystem>

#include "config/load.h"
#include "config/referenced_files.h"
#include "tests/config/support.h"
#include "tests/config/test_authority.h"

namespace room_router::config {
namespace {

using test::Credential;
using test::TestAuthority;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kTicketKey(64, 'A');

class ListenerTlsTest : public testing::Test {
 protected:
  void SetUp() override {
    Write("c.pem", own_.certificate + authority_.certificate());
    Write("k.pem", own_.key);
    Write("tickets", kTicketKey + "\n");
    Write("c.ocsp", answer_);
  }
  void Write(const std::string& name, const std::string& content) const {
    std::filesystem::permissions(directory_.Write(name, content), std::filesystem::perms(0600));
  }
  // What the loader says about `tls`, which stands in line 3 from column 9 on.
  Loaded LoadTls(const std::string& tls) const {
    const std::string file =
        directory_.Write("r.yaml", "listeners:\n- address: 127.0.0.1:0\n  tls: {" + tls + "}\n" +
                                       std::string(kStaticShard));
    return LoadPath(file, TestEnvironment);
  }
  Loaded LoadAll() const {
    return LoadTls("certificate: c.pem, key: k.pem, ocsp: c.ocsp, ticket_keys: tickets");
  }
  std::string Mistakes() const { return AllMistakes(LoadAll()); }
  std::string Warnings() const {
    std::string all;
    for (const Mistake& warning : LoadAll().warnings) all += warning.ToString() + "\n";
    return all;
  }
  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }

  const TemporaryDirectory directory_;
  TestAuthority authority_{"authority"};
  const Credential own_ = authority_.Issue("meet.test");
  const std::string answer_ = authority_.Answer(own_.certificate);
};

TEST_F(ListenerTlsTest, FilesAreReadAndWatched) {
  const Loaded loaded = LoadAll();
  EXPECT_EQ(AllMistakes(loaded) + Warnings(), "");
  const ListenerTls& tls = loaded.config.listeners.at(0).tls;
  EXPECT_EQ(tls.first.ocsp_der, answer_);
  EXPECT_EQ(tls.ticket_keys_text.view(), kTicketKey + "\n");
  for (const char* name : {"c.pem", "k.pem", "c.ocsp", "tickets"}) {
    EXPECT_THAT(ReferencedFiles(loaded.config), Contains(Path(name)));
  }
  const std::string print = Print(loaded.config);
  EXPECT_THAT(print, Not(HasSubstr(kTicketKey)));
  EXPECT_THAT(print, Not(HasSubstr("PRIVATE")));
  EXPECT_EQ(LoadText(print, "/elsewhere/t.yaml", TestEnvironment).config, loaded.config);
}

TEST_F(ListenerTlsTest, ThoseOfMoreCertificatesToo) {
  const Credential other = authority_.Issue("other.test");
  Write("o.pem", other.certificate);
  Write("ok.pem", other.key);
  Write("o.ocsp", authority_.Answer(own_.certificate));
  const std::string tls =
      "certificate: c.pem, key: k.pem, more: [{certificate: o.pem, key: ok.pem, ocsp: o.ocsp}]";
  EXPECT_THAT(AllMistakes(LoadTls(tls)),
              HasSubstr("listeners[0].tls.more[0].ocsp: the file \"" + Path("o.ocsp") +
                        "\" is about another certificate; "));
  Write("o.ocsp", authority_.Answer(other.certificate));
  EXPECT_THAT(ReferencedFiles(LoadTls(tls).config), Contains(Path("o.ocsp")));
}

TEST_F(ListenerTlsTest, BadResponsesAreMistakesAndOldOnesAreWarnedOf) {
  Write("c.ocsp", "nothing");
  EXPECT_THAT(Mistakes(),
              HasSubstr("r.yaml:3:47: listeners[0].tls.ocsp: the file \"" + Path("c.ocsp") +
                        "\" is no OCSP response in DER; get a new one "
                        "with: openssl ocsp -respout"));
  Write("c.ocsp", authority_.Answer(own_.certificate, {.next_update = -10}));
  EXPECT_EQ(Mistakes(), "");
  EXPECT_THAT(Warnings(), HasSubstr("c.ocsp\" holds a response that has expired, so it is not"));
  Write("c.ocsp", authority_.Answer(own_.certificate, {.said = V_OCSP_CERTSTATUS_REVOKED}));
  EXPECT_THAT(Warnings(), HasSubstr("c.ocsp\" says that the certificate is revoked"));
  EXPECT_THAT(AllMistakes(LoadTls("ocsp: c.ocsp")),
              HasSubstr("listeners[0].tls.ocsp: is only used with certificate and key"));
}

TEST_F(ListenerTlsTest, BadTicketKeysAreMistakes) {
  Write("tickets", kTicketKey + "\nAAAA\n");
  EXPECT_THAT(Mistakes(), HasSubstr("r.yaml:3:68: listeners[0].tls.ticket_keys: the file \"" +
                                    Path("tickets") + "\" line 2 is a key of 3 bytes, it must "));
  EXPECT_THAT(AllMistakes(LoadTls("ticket_keys: tickets")), HasSubstr("certificate: is missing"));
  Write("tickets", kTicketKey);
  std::filesystem::permissions(Path("tickets"), std::filesystem::perms(0644));
  EXPECT_THAT(Warnings(), HasSubstr("tls.ticket_keys: everybody on this machine can read"));
}

TEST_F(ListenerTlsTest, ExpiredCertificatesAreRefused) {
  const Credential old = authority_.Issue("meet.test", {.valid_from = -20, .valid_to = -10});
  Write("c.pem", old.certificate);
  Write("k.pem", old.key);
  Write("c.ocsp", authority_.Answer(old.certificate));
  EXPECT_THAT(Mistakes(), HasSubstr("listeners[0].tls.certificate: has expired"));
  EXPECT_TRUE(LoadAll().usable()) << "for who starts";
  Write("k.pem", authority_.Issue("meet.test").key);
  EXPECT_FALSE(LoadAll().usable());
  const Credential early = authority_.Issue("meet.test", {.valid_from = 1000});
  Write("c.pem", early.certificate);
  Write("k.pem", early.key);
  Write("c.ocsp", authority_.Answer(early.certificate));
  EXPECT_EQ(Mistakes(), "");
  EXPECT_THAT(Warnings(), HasSubstr("listeners[0].tls.certificate: is not valid yet"));
}

}  // namespace
}  // namespace room_router::config
