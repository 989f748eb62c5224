// SPDX-License-Identifier: Apache-2.0
// An OCSP response to staple (RFC 6960 §4.2, RFC 6066 §8): DER, as `openssl ocsp -respout` writes
// it and as HAProxy's .ocsp files are.
//
// Bytes in, values out: no files, nobody is asked. Whether it is signed rightly is checked when the
// issuer of the certificate is in its chain. Times are judged at the present time, by OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct asn1_string_st;

namespace room_router::config {

// What is wrong with the bytes alone, and what to do: follows on "the file …"; "" = nothing.
std::string OcspProblem(std::string_view der);

// What it says about the first certificate of a chain (PEM).
class OcspStatus {
 public:
  OcspStatus(std::string_view der, std::string_view chain);

  const std::string& problem() const { return problem_; }  // why not to use it; "" = nothing
  bool revoked() const { return revoked_; }
  bool expired() const;  // nextUpdate is past; never without one

 private:
  struct Free {
    void operator()(asn1_string_st* time) const;
  };
  std::string problem_;
  bool revoked_ = false;
  std::unique_ptr<asn1_string_st, Free> next_update_;
};

}  // namespace room_router::config
