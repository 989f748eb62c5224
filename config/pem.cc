// SPDX-License-Identifier: Apache-2.0
#include "config/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

namespace room_router::config {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeContext {
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

std::unique_ptr<BIO, FreeBio> Open(std::string_view text) {
  return std::unique_ptr<BIO, FreeBio>(
      BIO_new_mem_buf(text.empty() ? "" : text.data(), static_cast<int>(text.size())));
}

// OpenSSL asks here instead of the terminal.
int RefusePassword(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

PrivateKey ReadPrivateKey(std::string_view pem, bool& encrypted) {
  PrivateKey key(PEM_read_bio_PrivateKey(Open(pem).get(), nullptr, RefusePassword, &encrypted));
  ERR_clear_error();
  return key;
}

// The certificates up to the first damaged one.
std::vector<Certificate> ReadCertificates(std::string_view pem, bool& damaged) {
  const auto bio = Open(pem);
  std::vector<Certificate> certificates;
  bool asked = false;
  while (Certificate next{PEM_read_bio_X509(bio.get(), nullptr, RefusePassword, &asked)}) {
    certificates.push_back(std::move(next));
  }
  damaged = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
  ERR_clear_error();
  return certificates;
}

}  // namespace

void FreeOpenssl::operator()(x509_st* certificate) const { X509_free(certificate); }
void FreeOpenssl::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }
void FreeOpenssl::operator()(x509_store_st* authorities) const { X509_STORE_free(authorities); }

std::vector<Certificate> ReadCertificates(std::string_view pem) {
  bool damaged = false;
  std::vector<Certificate> certificates = ReadCertificates(pem, damaged);
  if (damaged) certificates.clear();
  return certificates;
}

PrivateKey ReadPrivateKey(std::string_view pem) {
  bool encrypted = false;
  return ReadPrivateKey(pem, encrypted);
}

Authorities ReadAuthorities(std::string_view pem) {
  const std::vector<Certificate> certificates = ReadCertificates(pem);
  if (certificates.empty()) return nullptr;
  Authorities store(X509_STORE_new());
  for (const Certificate& certificate : certificates) {
    X509_STORE_add_cert(store.get(), certificate.get());
  }
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  ERR_clear_error();
  return store;
}

Validity ValidityOf(std::string_view pem) {
  const std::vector<Certificate> chain = ReadCertificates(pem);
  if (chain.empty()) return Validity::kValid;  // has a problem of its own
  if (X509_cmp_current_time(X509_get0_notAfter(chain[0].get())) <= 0) return Validity::kExpired;
  const bool begun = X509_cmp_current_time(X509_get0_notBefore(chain[0].get())) <= 0;
  return begun ? Validity::kValid : Validity::kNotYet;
}

std::string CertificateProblem(std::string_view pem) {
  bool damaged = false;
  const size_t count = ReadCertificates(pem, damaged).size();
  if (damaged) return "is damaged at certificate " + std::to_string(count + 1) + " in it";
  return count > 0 ? "" : "holds no certificate; write PEM text (BEGIN CERTIFICATE)";
}

std::string PrivateKeyProblem(std::string_view pem) {
  bool encrypted = false;
  if (ReadPrivateKey(pem, encrypted)) return "";
  if (encrypted) return "holds a key behind a password; store it without one";
  return "holds no private key; write PEM text (BEGIN PRIVATE KEY)";
}

bool BelongTogether(std::string_view certificate, std::string_view key) {
  const std::vector<Certificate> chain = ReadCertificates(certificate);
  const PrivateKey secret = ReadPrivateKey(key);
  const bool match =
      !chain.empty() && secret && X509_check_private_key(chain[0].get(), secret.get());
  ERR_clear_error();
  return match;
}

std::string WhyRefused(std::string_view certificate, std::string_view authorities) {
  const std::vector<Certificate> chain = ReadCertificates(certificate);
  const Authorities store = ReadAuthorities(authorities);
  if (chain.empty() || !store) return "";  // has a problem of its own
  const std::unique_ptr<STACK_OF(X509), FreeStack> others(sk_X509_new_null());
  for (const Certificate& one : chain) sk_X509_push(others.get(), one.get());
  for (const char* role : {"ssl_server", "ssl_client"}) {
    const std::unique_ptr<X509_STORE_CTX, FreeContext> context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), store.get(), chain[0].get(), others.get());
    X509_STORE_CTX_set_default(context.get(), role);
    if (X509_verify_cert(context.get()) == 1) continue;
    const int error = X509_STORE_CTX_get_error(context.get());
    ERR_clear_error();
    return X509_verify_cert_error_string(error);
  }
  return "";
}

}  // namespace room_router::config
