// SPDX-License-Identifier: Apache-2.0
#include "config/ocsp.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <array>

#include "config/pem.h"

namespace room_router::config {
namespace {

constexpr const char* kHowToGetOne = "; get a new one with: openssl ocsp -respout";

struct FreeOcsp {
  void operator()(OCSP_RESPONSE* response) const { OCSP_RESPONSE_free(response); }
  void operator()(OCSP_BASICRESP* basic) const { OCSP_BASICRESP_free(basic); }
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using Basic = std::unique_ptr<OCSP_BASICRESP, FreeOcsp>;

Basic Parse(std::string_view der, std::string& problem) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* const end = at + der.size();
  const std::unique_ptr<OCSP_RESPONSE, FreeOcsp> response(
      d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  Basic basic;
  if (!response || at != end) {
    problem = "is no OCSP response in DER" + std::string(kHowToGetOne);
  } else if (const int status = OCSP_response_status(response.get());
             status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    problem = "holds the answer \"" + std::string(OCSP_response_status_str(status)) +
              "\" of the authority instead of a status" + kHowToGetOne;
  } else {
    basic.reset(OCSP_response_get1_basic(response.get()));
    if (!basic) problem = "is no basic OCSP response" + std::string(kHowToGetOne);
  }
  ERR_clear_error();
  return basic;
}

// The hash of the issuer's key is left out: the issuer may not be there.
bool IsAbout(OCSP_SINGLERESP* status, X509* certificate) {
  ASN1_OCTET_STRING* name = nullptr;
  ASN1_OBJECT* algorithm = nullptr;
  ASN1_INTEGER* serial = nullptr;
  OCSP_id_get0_info(&name, &algorithm, nullptr, &serial,
                    const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(status)));
  const EVP_MD* digest = EVP_get_digestbyobj(algorithm);
  std::array<unsigned char, EVP_MAX_MD_SIZE> issuer{};
  unsigned size = 0;
  if (digest == nullptr || ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(certificate)) != 0 ||
      X509_NAME_digest(X509_get_issuer_name(certificate), digest, issuer.data(), &size) != 1) {
    return false;
  }
  return std::string_view(reinterpret_cast<const char*>(issuer.data()), size) ==
         std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name)),
                          static_cast<size_t>(ASN1_STRING_length(name)));
}

OCSP_SINGLERESP* Find(OCSP_BASICRESP* basic, X509* certificate) {
  for (int i = 0; i < OCSP_resp_count(basic); ++i) {
    OCSP_SINGLERESP* status = OCSP_resp_get0(basic, i);
    if (IsAbout(status, certificate)) return status;
  }
  return nullptr;
}

// True also when nobody can tell. An old one is still rightly signed.
bool IsSigned(OCSP_BASICRESP* basic, const std::vector<Certificate>& chain) {
  if (chain.size() < 2) return true;
  const Authorities store(X509_STORE_new());
  const std::unique_ptr<STACK_OF(X509), FreeOcsp> others(sk_X509_new_null());
  for (size_t i = 1; i < chain.size(); ++i) {
    X509_STORE_add_cert(store.get(), chain[i].get());
    sk_X509_push(others.get(), chain[i].get());
  }
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
  return OCSP_basic_verify(basic, others.get(), store.get(), 0) == 1;
}

}  // namespace

void OcspStatus::Free::operator()(asn1_string_st* time) const { ASN1_STRING_free(time); }

std::string OcspProblem(std::string_view der) {
  std::string problem;
  Parse(der, problem);
  return problem;
}

OcspStatus::OcspStatus(std::string_view der, std::string_view chain_pem) {
  const Basic basic = Parse(der, problem_);
  if (!basic) return;
  const std::vector<Certificate> chain = ReadCertificates(chain_pem);
  if (chain.empty()) return;  // the certificate has a problem of its own
  OCSP_SINGLERESP* status = Find(basic.get(), chain[0].get());
  if (status == nullptr) {
    problem_ = "is about another certificate" + std::string(kHowToGetOne);
  } else if (!IsSigned(basic.get(), chain)) {
    problem_ = "is not signed by who issued the certificate" + std::string(kHowToGetOne);
  } else {
    ASN1_GENERALIZEDTIME* next = nullptr;
    const int said = OCSP_single_get0_status(status, nullptr, nullptr, nullptr, &next);
    revoked_ = said == V_OCSP_CERTSTATUS_REVOKED;
    if (said == V_OCSP_CERTSTATUS_UNKNOWN) {
      problem_ =
          "says that its authority does not know the certificate" + std::string(kHowToGetOne);
    }
    if (next != nullptr) next_update_.reset(ASN1_STRING_dup(next));
  }
  ERR_clear_error();
}

bool OcspStatus::expired() const {
  return next_update_ && X509_cmp_current_time(next_update_.get()) <= 0;
}

}  // namespace room_router::config
