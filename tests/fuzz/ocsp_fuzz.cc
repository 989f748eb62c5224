// SPDX-License-Identifier: Apache-2.0
// Any bytes as an OCSP response about the first certificate of a chain: usable, or one line that
// says what is wrong; the same of the bytes alone as of the bytes about somebody. Nothing is left
// in OpenSSL's queue of errors.
#include <openssl/err.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/ocsp.h"

namespace {

constexpr std::string_view kChain = R"(-----BEGIN CERTIFICATE-----
MIIBEjCBuQICEjQwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJYXV0aG9yaXR5MCAX
DTI2MTEyMjExMTcwOVoYDzIxMjYxMDI5MTExNzA5WjAUMRIwEAYDVQQDDAltZWV0
LnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATpjfhogr5mYLh/zYmDNaT0
LFDsIZS0nxMHJTkOmVjWJbKQM6wWG11ugtHtKbePAYiE9w0YYvHmcma0+3Qgom9c
MAoGCCqGSM49BAMCA0gAMEUCIB1DD6/f2EapBtcSlN9MzwrLp9m1cadgqdYh8VB+
v+NcAiEAmWJwwbjsysq0pMrlOg5kT7tXW8tU8QSGblYs0NyxR9I=
-----END CERTIFICATE-----
-----BEGIN CERTIFICATE-----
MIIBfzCCASWgAwIBAgIUY/uljVIoj8J0CJTIGkSdWX0lr9UwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJYXV0aG9yaXR5MCAXDTI2MTEyMjExMTcwOVoYDzIxMjYxMDI5
MTExNzA5WjAUMRIwEAYDVQQDDAlhdXRob3JpdHkwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARWwmQArdrhrDQ50K2RiP0rTvK++j8plEViEWysqULcIb5/Zin8erGW
2ylyeJhG9vao+mKzPvir3SzFczyOL0kUo1MwUTAdBgNVHQ4EFgQUQnj5n8Ts4e5D
5v/pB2zvQapV50AwHwYDVR0jBBgwFoAUQnj5n8Ts4e5D5v/pB2zvQapV50AwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA7hr1YIeE8MPpSt6MzJI1
Re5wXlCmPaV44oPypjty1rkCIATrOLb8y6QFIV9WMjVjz8hfYDx3+cnsozdqJDS9
Dyiv
-----END CERTIFICATE-----
)";

void CheckText(const std::string& problem) {
  if (problem.size() > 200 || problem.find('\n') != std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace room_router::config;
  const std::string_view der(reinterpret_cast<const char*>(data), size);
  const std::string unreadable = OcspProblem(der);
  CheckText(unreadable);
  // Without its issuer nobody checks the signature, so damaged responses get further.
  const OcspStatus alone(der, kChain.substr(0, kChain.find("-----BEGIN", 1)));
  CheckText(alone.problem());
  if (!unreadable.empty() && alone.problem() != unreadable) std::abort();
  if (!unreadable.empty() && (alone.revoked() || alone.expired())) std::abort();
  if (alone.problem().empty()) {
    const OcspStatus with_issuer(der, kChain);
    CheckText(with_issuer.problem());
    if (with_issuer.revoked() && !alone.revoked()) std::abort();
  }
  if (ERR_peek_error() != 0) std::abort();
  return 0;
}
