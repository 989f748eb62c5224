// SPDX-License-Identifier: Apache-2.0
// PEM texts → certificates, private keys, authorities, and what is wrong with them.
//
// Texts in, values out: no files, never a prompt for a password. Whether a certificate is valid is
// judged at the present time, by OpenSSL. Functions that return text return "" when all is well and
// else something that follows on "the file …". Nothing of a key's content is ever in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;
struct x509_st;
struct x509_store_st;

namespace room_router::config {

struct FreeOpenssl {
  void operator()(x509_st* certificate) const;
  void operator()(evp_pkey_st* key) const;
  void operator()(x509_store_st* authorities) const;
};
using Certificate = std::unique_ptr<x509_st, FreeOpenssl>;
using PrivateKey = std::unique_ptr<evp_pkey_st, FreeOpenssl>;
using Authorities = std::unique_ptr<x509_store_st, FreeOpenssl>;

// In the order of the text; empty when there is none, or a damaged one.
std::vector<Certificate> ReadCertificates(std::string_view pem);
PrivateKey ReadPrivateKey(std::string_view pem);  // null when there is none
// Every certificate of the text is trusted, an intermediate one too; null when there is none.
Authorities ReadAuthorities(std::string_view pem);

// Of the first certificate of a text, at the present time.
enum class Validity : uint8_t { kValid, kNotYet, kExpired };
Validity ValidityOf(std::string_view pem);

std::string CertificateProblem(std::string_view pem);
std::string PrivateKeyProblem(std::string_view pem);
// Whether `key` is that of the first certificate.
bool BelongTogether(std::string_view certificate, std::string_view key);
// Why somebody who trusts `authorities` alone would refuse the certificate as client or server.
std::string WhyRefused(std::string_view certificate, std::string_view authorities);

}  // namespace room_router::config
