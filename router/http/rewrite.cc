// SPDX-License-Identifier: Apache-2.0
#include "router/http/rewrite.h"

#include <algorithm>

#include "router/http/field_name.h"
#include "router/http/head_writer.h"
#include "router/http/scan.h"

namespace room_router::http {
namespace {

constexpr size_t kAddedBytes = 352;  // usually enough for what is added to a head

constexpr uint32_t kHopByHop = Bit(FieldId::kConnection) | Bit(FieldId::kKeepAlive) |
                               Bit(FieldId::kProxyConnection) | Bit(FieldId::kTe) |
                               Bit(FieldId::kTrailer) | Bit(FieldId::kTransferEncoding) |
                               Bit(FieldId::kUpgrade);
constexpr uint32_t kCombined = Bit(FieldId::kXForwardedFor) | Bit(FieldId::kForwarded);
constexpr uint32_t kBelieved = Bit(FieldId::kXForwardedProto) | Bit(FieldId::kXForwardedHost) |
                               Bit(FieldId::kXForwardedPort) | Bit(FieldId::kXRealIp);
constexpr uint32_t kByName = Bit(FieldId::kOther) | Bit(FieldId::kRouting);

struct Ids {
  uint32_t arrived = 0, copied = 0;  // a bit per FieldId
};

// Copies the fields that stay, one memcpy per run of neighbours. Of several equal Content-Length
// fields one stays, without leading zeros.
template <typename Deletes>
Ids CopyFields(const std::vector<Field>& fields, uint32_t drop, Deletes deletes, HeadWriter& out) {
  drop |= kHopByHop;
  Ids ids;
  const char* run = nullptr;
  const char* run_end = nullptr;
  std::string_view length;
  for (const Field& field : fields) {
    const uint32_t bit = Bit(field.id);
    ids.arrived |= bit;
    bool keep = !field.hop_by_hop && (drop & bit) == 0;
    if (keep && (bit & kByName) != 0) keep = !deletes(field);
    if (keep && field.id == FieldId::kContentLength) {
      drop |= bit;
      keep = field.value.front() != '0' || field.value.size() == 1;
      if (!keep) length = field.value;
    }
    if (keep) {
      if (run == nullptr) run = field.line;
      run_end = field.line + field.line_size;
      ids.copied |= bit;
    } else if (run != nullptr) {
      out.Put(std::string_view(run, static_cast<size_t>(run_end - run)));
      run = nullptr;
    }
  }
  if (run != nullptr) out.Put(std::string_view(run, static_cast<size_t>(run_end - run)));
  if (!length.empty()) {
    const size_t zeros = std::min(length.find_first_not_of('0'), length.size() - 1);
    out.PutField("Content-Length: ", length.substr(zeros));
  }
  return ids;
}

// Calls visit(value) for the fields with this id, in order.
template <typename Visit>
void ForEachField(const std::vector<Field>& fields, FieldId id, Visit visit) {
  for (const Field& field : fields) {
    if (field.id == id && !field.value.empty()) visit(field.value);
  }
}

void PutRequestLine(const RequestHead& head, HeadWriter& out) {
  out.Put(head.method);
  out.Put(' ');
  if (head.target_needs_escape) {
    out.PutEscaped(head.target, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  } else {
    out.Put(head.target);
  }
  out.Put(" HTTP/1.1\r\n");
}

// for=1.2.3.4;host="h";proto=http (RFC 7239 §4, §6)
void PutForwardedElement(const RequestHead& head, const ClientFacts& client, HeadWriter& out) {
  const bool v6 = client.ip.find(':') != std::string_view::npos;
  out.Put(v6 ? "for=\"[" : "for=");
  out.Put(client.ip.empty() ? "unknown" : client.ip);
  if (v6) out.Put("]\"");
  if (!head.authority.empty()) {
    out.Put(";host=\"");
    out.Put(head.authority);
    out.Put('"');
  }
  out.Put(client.tls ? ";proto=https" : ";proto=http");
}

// What the trusted proxies before us reported, then our own element.
void PutForwarded(const RequestHead& head, const ClientFacts& client, HeadWriter& out) {
  out.Put("Forwarded: ");
  if (client.trusted) {
    ForEachField(head.fields, FieldId::kForwarded, [&out](std::string_view value) {
      out.Put(value);
      out.Put(", ");
    });
  }
  PutForwardedElement(head, client, out);
  out.Put("\r\n");
}

// The peer, after what a trusted peer reported; returns the address that peer had seen.
std::string_view PutForwardedFor(const RequestHead& head, const ClientFacts& client,
                                 HeadWriter& out) {
  std::string_view real = client.ip;
  out.Put("X-Forwarded-For: ");
  if (client.trusted) {
    ForEachField(head.fields, FieldId::kXForwardedFor, [&](std::string_view value) {
      out.Put(value);
      out.Put(", ");
      ForEachElement(value, [&real](std::string_view element) { real = element; });
    });
  }
  out.Put(client.ip);
  out.Put("\r\n");
  return real;
}

// The forwarding fields that were not kept. `skip` has the ids that need none.
void PutForwardingFields(const RequestHead& head, const ClientFacts& client, uint32_t skip,
                         HeadWriter& out) {
  const auto wanted = [skip](FieldId id) { return (skip & Bit(id)) == 0; };
  std::string_view real = client.ip;
  if (wanted(FieldId::kXForwardedFor) && !client.ip.empty()) {
    real = PutForwardedFor(head, client, out);
  }
  if (wanted(FieldId::kXForwardedProto)) {
    out.Put(client.tls ? "X-Forwarded-Proto: https\r\n" : "X-Forwarded-Proto: http\r\n");
  }
  if (wanted(FieldId::kXForwardedHost) && !head.authority.empty()) {
    out.PutField("X-Forwarded-Host: ", head.authority);
  }
  if (wanted(FieldId::kXForwardedPort) && !client.local_port.empty()) {
    out.PutField("X-Forwarded-Port: ", client.local_port);
  }
  if (wanted(FieldId::kXRealIp) && !real.empty()) out.PutField("X-Real-IP: ", real);
  if (wanted(FieldId::kForwarded)) PutForwarded(head, client, out);
}

// Framing and hop-by-hop fields are not configuration's to change: a body would end elsewhere.
bool MayEdit(std::string_view name) {
  return !name.empty() && (Bit(FieldIdOf(name)) & (kHopByHop | Bit(FieldId::kContentLength))) == 0;
}

// '%' is escaped as well, so that decoding gives the room back whatever it contains.
void PutRoom(std::string_view room, HeadWriter& out) {
  const char* const end = room.data() + room.size();
  if (SkipTarget(room.data(), end) == end && room.find('%') == std::string_view::npos) {
    out.Put(room);
    return;
  }
  out.PutEscaped(room, [](char c) { return c > 0x20 && c < 0x7f && c != '%'; });
}

}  // namespace

void HeadRewriter::Edits::Delete(const std::string& name) {
  const FieldId id = FieldIdOf(name);
  if ((Bit(id) & kByName) == 0) ids |= Bit(id);
  names.push_back(name);
  if (id == FieldId::kOther) lengths |= uint64_t{1} << (name.size() & 63);
}

bool HeadRewriter::Edits::Has(std::string_view name) const {
  return std::any_of(names.begin(), names.end(),
                     [name](const std::string& other) { return EqualsIgnoreCase(name, other); });
}

inline bool HeadRewriter::Edits::Deletes(const Field& field) const {
  if (field.id == FieldId::kOther) {
    return (lengths >> (field.name.size() & 63) & 1) != 0 && Has(field.name);
  }
  return EqualsIgnoreCase(field.name.substr(0, 8), "x-jitsi-") || Has(field.name);
}

void HeadRewriter::Edits::Take(const config::HeaderEdits& edits) {
  for (const std::string& name : edits.remove) {
    if (MayEdit(name)) Delete(name);
  }
  for (const auto& [name, value] : edits.set) {
    if (!MayEdit(name)) continue;
    Delete(name);
    lines.append(name).append(": ").append(value).append("\r\n");
  }
}

std::string HeadRewriter::Edits::OwnField(const std::string& name) {
  if (!MayEdit(name) || Has(name)) return {};
  Delete(name);
  return name + ": ";
}

HeadRewriter::HeadRewriter(const config::Headers& headers, std::string own_region) {
  request_.Take(headers.request);
  room_ = request_.OwnField(headers.room);
  request_id_ = request_.OwnField(headers.request_id);
  usual_request_id_ = !request_id_.empty() && FieldIdOf(headers.request_id) == FieldId::kXRequestId;
  const std::string region = request_.OwnField("X-Proxy-Region");
  if (!region.empty() && !own_region.empty()) request_.lines += region + own_region + "\r\n";
  request_.lines += "\r\n";

  response_.Take(headers.response);
  shard_ = response_.OwnField(headers.shard);
  region_ = response_.OwnField(headers.region);
  release_ = response_.OwnField(headers.release);
  response_.lines += "\r\n";
}

void HeadRewriter::WriteRequest(const RequestHead& head, const ClientFacts& client,
                                std::string_view room, std::string& out) const {
  HeadWriter writer(out, head.size + kAddedBytes);
  PutRequestLine(head, writer);
  uint32_t drop = Bit(FieldId::kRouting) | kCombined | request_.ids;
  if (!client.trusted) drop |= kBelieved;
  if (head.minor_version == 0) drop |= Bit(FieldId::kExpect);  // RFC 9110 §10.1.1
  if (head.absolute_form) drop |= Bit(FieldId::kHost);
  const bool own_host = head.absolute_form || head.authority.empty();
  if (own_host && (request_.ids & Bit(FieldId::kHost)) == 0) {
    // An HTTP/1.0 request may lack Host, an HTTP/1.1 one towards the shard may not.
    writer.PutField("Host: ", head.authority.empty() ? "localhost" : head.authority);
  }
  const Ids ids = CopyFields(
      head.fields, drop, [this](const Field& field) { return request_.Deletes(field); }, writer);
  uint32_t skip = ids.copied | request_.ids;
  if ((ids.arrived & Bit(FieldId::kForwarded)) == 0) skip |= Bit(FieldId::kForwarded);
  if (head.body == BodyKind::kChunked) writer.Put("Transfer-Encoding: chunked\r\n");
  PutForwardingFields(head, client, skip, writer);
  if (!room.empty() && !room_.empty()) {
    writer.Put(room_);
    PutRoom(room, writer);
    writer.Put("\r\n");
  }
  if (!request_id_.empty() && !client.request_id.empty()) {
    writer.PutField(request_id_, client.request_id);
  }
  writer.Put(head.websocket ? "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                            : "Connection: keep-alive\r\n");
  writer.Put(request_.lines);
}

std::string_view HeadRewriter::FindRequestId(const RequestHead& head) const {
  if (request_id_.empty()) return {};
  const std::string_view name(request_id_.data(), request_id_.size() - 2);
  const auto found = std::ranges::find_if(
      head.fields, [name](const Field& field) { return EqualsIgnoreCase(field.name, name); });
  return found == head.fields.end() ? std::string_view() : found->value;
}

void HeadRewriter::WriteResponse(const ResponseHead& head, const ShardFacts& shard,
                                 const ResponseOptions& options, std::string& out) const {
  HeadWriter writer(out, head.size + kAddedBytes);
  const auto digit = [&head](int unit) { return static_cast<char>('0' + head.status / unit % 10); };
  const char status[13] = {'H', 'T', 'T',        'P',       '/',      '1', '.',
                           '1', ' ', digit(100), digit(10), digit(1), ' '};
  writer.Put(std::string_view(status, sizeof status));
  if (!head.reason.empty()) writer.Put(head.reason);
  writer.Put("\r\n");

  const bool chunked =
      options.add_chunked || (head.body == BodyKind::kChunked && !options.drop_framing);
  const bool lengthless = chunked || head.status < 200 || head.status == 204;  // RFC 9110 §8.6
  CopyFields(
      head.fields, response_.ids | (lengthless ? Bit(FieldId::kContentLength) : 0),
      [this](const Field& field) { return response_.Deletes(field); }, writer);
  if (chunked && !options.client_http10) writer.Put("Transfer-Encoding: chunked\r\n");
  if (!shard_.empty() && !shard.shard.empty()) writer.PutField(shard_, shard.shard);
  if (!region_.empty() && !shard.region.empty()) writer.PutField(region_, shard.region);
  if (!release_.empty() && !shard.release.empty()) writer.PutField(release_, shard.release);
  if (options.upgrade) {
    writer.Put("Connection: Upgrade\r\nUpgrade: websocket\r\n");
  } else if (head.status >= 200 && !options.keep_alive) {
    writer.Put("Connection: close\r\n");
  } else if (head.status >= 200 && options.explicit_keep_alive) {
    writer.Put("Connection: keep-alive\r\n");
  }
  writer.Put(response_.lines);
}

}  // namespace room_router::http
