// SPDX-License-Identifier: Apache-2.0
// The files of peers.tls: shared keys and certificates, good ones and bad ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <filesystem>

#include "config/load.h"
#include "config/pem.h"
#include "config/shared_keys.h"
#include "tests/config/support.h"
#include "tests/config/test_authority.h"

namespace room_router::config {
namespace {

using test::Credential;
using test::TestAuthority;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kKey = "0123456789abcdef";  // 16 bytes
const std::string kHex = "30313233343536373839616263646566";
const std::string kBase64 = "MDEyMzQ1Njc4OWFiY2RlZg==";

std::string Parse(const std::string& text, std::vector<Secret>& keys) {
  return ParseSharedKeys(text, keys);
}

TEST(SharedKeysTest, OneOrTwoInHexOrBase64) {
  const std::string other(32, '\xff');
  std::vector<Secret> keys;
  for (const std::string& text :
       {kHex, kHex + "\n", "\n# ours\n\t " + kHex + " \r\n\n", kBase64, kBase64 + "\r\n",
        std::string("MDEyMzQ1Njc4OWFiY2RlZg"), std::string("#\n#") + kHex + "\n" + kBase64}) {
    EXPECT_EQ(Parse(text, keys), "") << text;
    EXPECT_THAT(keys, ElementsAre(Secret(kKey))) << text;
  }
  EXPECT_EQ(Parse(std::string(64, 'F') + "\n" + kBase64 + "\n", keys), "");
  EXPECT_THAT(keys, ElementsAre(Secret(other), Secret(kKey)));
}

TEST(SharedKeysTest, WhatIsWrongIsToldWithoutTheKey) {
  const struct {
    std::string text, problem;
  } table[] = {
      {"", "holds no key; one is made with: openssl rand -hex 32"},
      {"# " + kHex, "holds no key; one is made with: openssl rand -hex 32"},
      {"\n\n" + kHex.substr(2), "line 3 is a key of 15 bytes, it must have 16 to 256; "},
      {kHex.substr(1), "line 1 is neither hex nor base64; one is made with: openssl rand -hex 32"},
      {kHex + "0", "line 1 is neither hex nor base64; "},
      {"MDEyMzQ1Njc4OWFiY2RlZg=", "line 1 is neither hex nor base64; "},
      {"MDEyMzQ1Njc4OWFiY2RlZh==", "line 1 is neither hex nor base64; "},
      {"MDEyMzQ1Njc4OWFiY2RlZg==x", "line 1 is neither hex nor base64; "},
      {"correct horse battery staple", "line 1 is neither hex nor base64; "},
      {"MDEyMzQ1Njc4OWFiY2Rl", "line 1 is a key of 15 bytes, it must have 16 to 256; "},
      {std::string(514, '7'), "line 1 is a key of 257 bytes, it must have 16 to 256; "},
      {kHex + "\n" + kBase64, "line 2 repeats the first key; remove it"},
      {kHex + "\n" + std::string(32, '7') + "\n\n" + std::string(32, '8'),
       "line 4 is a third key; keep the new one and the one before it"},
      {std::string("\0\xff", 2), "line 1 is neither hex nor base64; "},
  };
  for (const auto& row : table) {
    std::vector<Secret> keys;
    const std::string problem = Parse(row.text, keys);
    EXPECT_TRUE(problem.starts_with(row.problem)) << problem << " of " << row.text;
    EXPECT_THAT(problem, Not(HasSubstr("MDEy"))) << row.text;
    EXPECT_THAT(keys, IsEmpty()) << row.text;
  }
}

class PeerFilesTest : public testing::Test {
 protected:
  // What the loader says about `tls` in a file beside those written.
  Loaded LoadTls(const std::string& tls) {
    const std::string file = directory_.Write(
        "r.yaml", "peers:\n  listen: 10.0.0.1:7946\n  discovery: {static: a:1}\n  tls: {" + tls +
                      "}\n" + std::string(kStaticShard));
    return LoadPath(file, TestEnvironment);
  }
  std::string Write(const std::string& name, const std::string& content) {
    const std::string path = directory_.Write(name, content);
    std::filesystem::permissions(path, std::filesystem::perms(0640));
    return path;
  }
  // Certificate and key as c.pem and k.pem.
  void Write(const Credential& credential) {
    Write("c.pem", credential.certificate);
    Write("k.pem", credential.key);
  }
  static std::string Warnings(const Loaded& loaded) {
    std::string all;
    for (const Mistake& warning : loaded.warnings) all += warning.ToString() + "\n";
    return all;
  }

  const TemporaryDirectory directory_;
  TestAuthority authority_{"authority"};
  static constexpr const char* kAll = "certificate: c.pem, key: k.pem, ca: ca.pem";
};

TEST_F(PeerFilesTest, SharedKeysAreReadAndTheirPathIsAbsolute) {
  const std::string path = Write("gossip.key", kHex);
  const Loaded loaded = LoadTls("psk_file: ./gossip.key");
  EXPECT_EQ(AllMistakes(loaded) + Warnings(loaded), "");
  EXPECT_EQ(loaded.config.peers.psk_file, path);
  EXPECT_THAT(loaded.config.peers.credentials.shared_keys, ElementsAre(Secret(kKey)));
  const std::string print = Print(loaded.config);
  EXPECT_THAT(print, Not(HasSubstr(kHex)));
  EXPECT_EQ(LoadText(print, "/elsewhere/t.yaml", TestEnvironment).config, loaded.config);
}

TEST_F(PeerFilesTest, BadSharedKeysAreAMistakeAtTheirPlace) {
  const std::string path = Write("gossip.key", kHex.substr(2) + "\n");
  EXPECT_EQ(AllMistakes(LoadTls("psk_file: gossip.key")),
            directory_.path() + "/r.yaml:4:19: peers.tls.psk_file: the file \"" + path +
                "\" line 1 is a key of 15 bytes, it must have 16 to 256; one is made with: openssl "
                "rand -hex 32\n");
  Write("gossip.key", std::string((1 << 20) + 1, '#'));
  EXPECT_THAT(AllMistakes(LoadTls("psk_file: gossip.key")), HasSubstr("larger than 1024 KiB"));
}

TEST_F(PeerFilesTest, FilesOpenToOthersAreWarnedOf) {
  const std::string path = Write("gossip.key", kHex);
  for (const unsigned mode : {0644, 0660, 0601}) {
    std::filesystem::permissions(path, std::filesystem::perms(mode));
    const Loaded loaded = LoadTls("psk_file: gossip.key");
    EXPECT_TRUE(loaded.ok());
    EXPECT_THAT(Warnings(loaded), HasSubstr("r.yaml:4:19: peers.tls.psk_file: everybody")) << mode;
  }
}

TEST_F(PeerFilesTest, CertificatesAreRead) {
  const Credential credential = authority_.Issue("router-0");
  Write(credential);
  Write("ca.pem", authority_.certificate());
  const Loaded loaded = LoadTls(kAll);
  EXPECT_EQ(AllMistakes(loaded) + Warnings(loaded), "");
  const PeerCredentials& read = loaded.config.peers.credentials;
  EXPECT_EQ(read.certificate, credential.certificate);
  EXPECT_EQ(read.key.view(), credential.key);
  EXPECT_EQ(read.ca, authority_.certificate());
  EXPECT_THAT(Print(loaded.config), Not(HasSubstr("PRIVATE")));
}

TEST_F(PeerFilesTest, BrokenCertificateFilesAreMistakes) {
  const Credential good = authority_.Issue("router-0");
  const std::string ca = authority_.certificate();
  std::string damaged = good.certificate;
  damaged[damaged.size() / 2] = '!';
  const PrivateKey key = ReadPrivateKey(good.key);
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key.get(), EVP_aes_128_cbc(), nullptr, 0, nullptr,
                           const_cast<char*>("secret"));
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  const std::string encrypted(data, static_cast<size_t>(size));
  BIO_free(bio);
  const struct {
    std::string certificate, key, ca, problem;
  } table[] = {
      {"", good.key, ca, ":4:22: peers.tls.certificate: the file \""},
      {"", good.key, ca, "c.pem\" holds no certificate; write PEM text (BEGIN CERTIFICATE)\n"},
      {damaged, good.key, ca, "c.pem\" is damaged at certificate 1 in it\n"},
      {good.certificate + damaged, good.key, ca, "c.pem\" is damaged at certificate 2 in it\n"},
      {good.certificate, "x", ca,
       "k.pem\" holds no private key; write PEM text (BEGIN PRIVATE KEY)\n"},
      {good.certificate, encrypted, ca,
       "k.pem\" holds a key behind a password; store it without one\n"},
      {good.certificate, TestAuthority::NewKey(), ca,
       ":4:34: peers.tls.key: is not the key of the certificate; name the files that were made "
       "together\n"},
      {good.certificate, good.key, good.key, "ca.pem\" holds no certificate; "},
  };
  for (const auto& row : table) {
    Write({row.certificate, row.key});
    Write("ca.pem", row.ca);
    const Loaded loaded = LoadTls(kAll);
    EXPECT_EQ(loaded.mistakes.size(), 1U) << AllMistakes(loaded);
    EXPECT_THAT(AllMistakes(loaded), HasSubstr(row.problem));
  }
}

// The router runs all the same: a replica without gossip is better than none.
TEST_F(PeerFilesTest, CertificatesOthersWillRefuseAreWarnedOf) {
  TestAuthority stranger("stranger");
  Write("ca.pem", authority_.certificate());
  const struct {
    Credential credential;
    const char* why;
  } table[] = {
      {stranger.Issue("x"), "unable to get local issuer certificate"},
      {authority_.Issue("x", {.valid_from = -20, .valid_to = -10}), "certificate has expired"},
      {authority_.Issue("x", {.valid_from = 1000}), "certificate is not yet valid"},
      {authority_.Issue("x", {.usage = "serverAuth"}), "certificate purpose"},
      {authority_.Issue("x", {.usage = "clientAuth"}), "certificate purpose"},
  };
  for (const auto& row : table) {
    Write(row.credential);
    const Loaded loaded = LoadTls(kAll);
    EXPECT_EQ(AllMistakes(loaded), "");
    EXPECT_THAT(Warnings(loaded), HasSubstr(":4:22: peers.tls.certificate: other replicas will"));
    EXPECT_THAT(Warnings(loaded), HasSubstr(row.why));
  }
  Write(authority_.Issue("x", {.usage = "serverAuth,clientAuth"}));
  EXPECT_EQ(Warnings(LoadTls(kAll)), "");
}

TEST_F(PeerFilesTest, UnusedAndContradictorySettings) {
  Write("gossip.key", kHex);
  Write("ca.pem", authority_.certificate());
  EXPECT_THAT(AllMistakes(LoadTls("psk_file: gossip.key, ca: ca.pem")),
              HasSubstr(":4:35: peers.tls.ca: is only used with certificate and key"));
  const auto load = [this](const std::string& peers) {
    return LoadPath(
        directory_.Write("r.yaml", "peers: {" + peers + "}\n" + std::string(kStaticShard)),
        TestEnvironment);
  };
  EXPECT_THAT(AllMistakes(load("listen: '[::]:7946', insecure: true, tls: {psk_file: gossip.key}")),
              HasSubstr(":1:40: peers.insecure: the files of tls protect gossip; write false"));
  const Loaded alone = load("listen: '[::]:7946', insecure: true");
  EXPECT_EQ(AllMistakes(alone), "");
  EXPECT_THAT(Warnings(alone), HasSubstr("peers.discovery: names nobody"));
  const Loaded off = load("tls: {psk_file: missing}, discovery: {srv: _g._tcp.x}");
  EXPECT_EQ(AllMistakes(off), "");
  EXPECT_EQ(off.config.peers.psk_file, "missing");
}

}  // namespace
}  // namespace room_router::config
