// SPDX-License-Identifier: Apache-2.0
#include "tests/config/test_authority.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace room_router::test {
namespace {

using config::Certificate;
using config::PrivateKey;
using config::ReadCertificates;
using config::ReadPrivateKey;

template <class Write>
std::string ToPem(const Write& write) {
  BIO* bio = BIO_new(BIO_s_mem());
  write(bio);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(bio);
  return text;
}

std::string ToPem(const PrivateKey& key) {
  return ToPem([&](BIO* bio) {
    PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string ToPem(const Certificate& certificate) {
  return ToPem([&](BIO* bio) { PEM_write_bio_X509(bio, certificate.get()); });
}

void Extend(X509* certificate, int id, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// Version 3, with everything but issuer and signature.
Certificate Draft(const std::string& name, EVP_PKEY* key, const TestAuthority::Wish& wish,
                  long serial) {
  Certificate draft(X509_new());
  X509_set_version(draft.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(draft.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(draft.get()), wish.valid_from);
  X509_gmtime_adj(X509_getm_notAfter(draft.get()), wish.valid_to);
  X509_set_pubkey(draft.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(draft.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return draft;
}

}  // namespace

std::string TestAuthority::NewKey() { return ToPem(PrivateKey(EVP_EC_gen("P-256"))); }

TestAuthority::TestAuthority(const std::string& name) {
  own_.key = NewKey();
  const PrivateKey key = ReadPrivateKey(own_.key);
  const Certificate draft = Draft(name, key.get(), {}, serial_++);
  Extend(draft.get(), NID_basic_constraints, "critical,CA:TRUE");
  X509_set_issuer_name(draft.get(), X509_get_subject_name(draft.get()));
  X509_sign(draft.get(), key.get(), EVP_sha256());
  own_.certificate = ToPem(draft);
}

Credential TestAuthority::Issue(const std::string& name, const Wish& wish) {
  Credential issued{.certificate = "", .key = NewKey()};
  const PrivateKey key = ReadPrivateKey(issued.key);
  const Certificate draft = Draft(name, key.get(), wish, serial_++);
  if (*wish.usage != '\0') Extend(draft.get(), NID_ext_key_usage, wish.usage);
  if (*wish.names != '\0') Extend(draft.get(), NID_subject_alt_name, wish.names);
  X509_set_issuer_name(draft.get(),
                       X509_get_subject_name(ReadCertificates(own_.certificate)[0].get()));
  X509_sign(draft.get(), ReadPrivateKey(own_.key).get(), EVP_sha256());
  issued.certificate = ToPem(draft);
  return issued;
}

std::string TestAuthority::Answer(const std::string& about, const Status& status) const {
  const Certificate issuer = std::move(ReadCertificates(own_.certificate)[0]);
  const Certificate subject = std::move(ReadCertificates(about)[0]);
  OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
  OCSP_CERTID* id = OCSP_cert_to_id(nullptr, subject.get(), issuer.get());
  ASN1_TIME* now = X509_gmtime_adj(nullptr, -60);
  ASN1_TIME* next = X509_gmtime_adj(nullptr, status.next_update);
  OCSP_basic_add1_status(basic, id, status.said, 0, now, now, next);
  OCSP_basic_sign(basic, issuer.get(), ReadPrivateKey(own_.key).get(), EVP_sha256(), nullptr, 0);
  OCSP_RESPONSE* response = status.successful
                                ? OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic)
                                : OCSP_response_create(OCSP_RESPONSE_STATUS_TRYLATER, nullptr);
  unsigned char* der = nullptr;
  const int size = i2d_OCSP_RESPONSE(response, &der);
  std::string bytes(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  OCSP_RESPONSE_free(response);
  ASN1_TIME_free(next);
  ASN1_TIME_free(now);
  OCSP_CERTID_free(id);
  OCSP_BASICRESP_free(basic);
  return bytes;
}

}  // namespace room_router::test
