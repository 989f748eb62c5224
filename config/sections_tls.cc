// SPDX-License-Identifier: Apache-2.0
// TLS of a listener: its files, and what they have to do with each other.
#include "config/choices.h"
#include "config/ocsp.h"
#include "config/peer_file.h"
#include "config/pem.h"
#include "config/reader.h"
#include "config/report.h"
#include "config/scalars.h"
#include "config/sections.h"
#include "config/server_tls.h"
#include "config/ticket_keys.h"
#include "config/writer.h"

namespace room_router::config {
namespace {

template <class Form>
PeerFile FileOf(const Form& form, std::function<std::string(Secret)> take) {
  return {.directory = form.directory(), .wanted = true, .take = std::move(take)};
}

template <class Form>
void RequireStaple(Form& form, const TlsPair& pair) {
  if (pair.ocsp_der.empty() || form.Failed("ocsp") || form.Failed("certificate")) return;
  const OcspStatus status(pair.ocsp_der, pair.certificate_pem);
  const std::string file = "the file " + Quote(pair.ocsp) + " ";
  form.Require(status.problem().empty(), "ocsp", file + status.problem());
  form.Advise(!status.expired(), "ocsp",
              file +
                  "holds a response that has expired, so it is not stapled; get a new one with: "
                  "openssl ocsp -respout");
  form.Advise(!status.revoked(), "ocsp",
              file +
                  "says that the certificate is revoked, and clients will refuse it; get a new "
                  "certificate");
}

template <class Form>
void DescribePair(Form& form, TlsPair& pair) {
  const PeerFile key = FileOf(form, Keep(pair.key_pem, PrivateKeyProblem));
  form.Scalar("certificate", pair.certificate,
              FileOf(form, Keep(pair.certificate_pem, CertificateProblem)));
  form.Scalar("key", pair.key, key);
  form.Scalar("ocsp", pair.ocsp, FileOf(form, Keep(pair.ocsp_der, OcspProblem)));
  form.Require(pair.certificate.empty() == pair.key.empty(), "certificate",
               "certificate and key belong together; write both or neither");
  form.Require(pair.ocsp.empty() || !pair.certificate.empty(), "ocsp",
               "is only used with certificate and key; write them too, or remove this");
  form.Advise(!key.exposed, "key", kExposedFile);
  if (pair.certificate_pem.empty() || pair.key_pem.empty() || form.Failed("certificate")) return;
  form.Require(BelongTogether(pair.certificate_pem, pair.key_pem.view()), "key",
               "is not the key of the certificate; name the files that were made together");
  const Validity validity = ValidityOf(pair.certificate_pem);
  form.RequireStill(validity != Validity::kExpired, "certificate",
                    "has expired, and clients refuse it; get a new one");
  form.Advise(validity != Validity::kNotYet, "certificate",
              "is not valid yet, and clients will refuse it until then; look at the clock");
  const std::string refused = ServerTls::PairProblem(pair);
  form.Require(refused.empty() || form.Failed("key"), "certificate", refused);
  RequireStaple(form, pair);
}

}  // namespace

template <class Form>
void Describe(Form& form, ListenerTls& tls) {
  DescribePair(form, tls.first);
  form.List("more", tls.more, [](auto& item, TlsPair& pair) {
    DescribePair(item, pair);
    item.Require(!pair.certificate.empty(), "certificate", "is missing; name the PEM file");
  });
  form.Scalar("min_version", tls.min_version, Choice{kTlsVersionWords});
  form.Scalar("client_ca", tls.client_ca,
              FileOf(form, Keep(tls.client_ca_pem, CertificateProblem)));
  const PeerFile tickets = FileOf(form, Keep(tls.ticket_keys_text, TicketKeys::Problem));
  form.Scalar("ticket_keys", tls.ticket_keys, tickets);
  form.Advise(!tickets.exposed, "ticket_keys", kExposedFile);
  form.Require(
      tls.enabled() || (tls.more.empty() && tls.client_ca.empty() && tls.ticket_keys.empty()),
      "certificate", "is missing; name the certificate for clients that ask for no other");
}

template void Describe(Reader&, ListenerTls&);
template void Describe(Writer&, ListenerTls&);

}  // namespace room_router::config
