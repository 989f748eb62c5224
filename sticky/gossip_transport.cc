// SPDX-License-Identifier: Apache-2.0
#include "sticky/gossip_transport.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace room_router {
namespace {

namespace asio = boost::asio;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kAcceptPause = std::chrono::milliseconds(100);  // when descriptors have run out
constexpr int kBacklog = 256;

template <class Endpoint>
SocketAddress FromAsio(const Endpoint& endpoint) {
  return SocketAddress::FromSystem(endpoint.data(), static_cast<socklen_t>(endpoint.size()));
}

}  // namespace

GossipTransport::GossipTransport(asio::io_context& io, const Settings& settings,
                                 std::shared_ptr<const GossipTls> tls, Events events)
    : io_(io),
      settings_(settings),
      tls_(std::move(tls)),
      events_(std::move(events)),
      acceptor_(io),
      pause_(io),
      tasks_(io) {}

GossipTransport::~GossipTransport() = default;

std::string GossipTransport::Open() {
  const SocketAddress& wanted = settings_.listen;
  const Protocol::endpoint endpoint(wanted.data(), wanted.size());
  boost::system::error_code error, ignored;
  acceptor_.open(endpoint.protocol(), error);
  acceptor_.set_option(asio::socket_base::reuse_address(true), ignored);
  if (wanted.family() == AF_INET6) acceptor_.set_option(asio::ip::v6_only(false), ignored);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(kBacklog, error);
  if (error) {
    acceptor_.close(ignored);
    return "peers.listen: can't listen on " + wanted.ToString() + ": " + error.message();
  }
  address_ = FromAsio(acceptor_.local_endpoint(ignored));
  tasks_.Spawn(Accept(), [this] {
    boost::system::error_code unneeded;
    acceptor_.close(unneeded);
    pause_.cancel();
  });
  return "";
}

asio::awaitable<void> GossipTransport::Accept() {
  while (acceptor_.is_open()) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (!error) {
      Take(std::move(socket));
    } else if (acceptor_.is_open()) {
      ++stats_.accept_failed;
      pause_.expires_after(kAcceptPause);
      co_await pause_.async_wait(kAwait);
    }
  }
}

void GossipTransport::Take(Protocol::socket socket) {
  if (stopping_) return;
  ++stats_.accepted;
  boost::system::error_code ignored;
  Entry entry{.ip = FromAsio(socket.remote_endpoint(ignored)).Ip()};
  if (const auto why = NoRoomFor(entry.ip)) {
    ++ended(*why);  // the socket closes itself
  } else {
    Start(std::move(socket), std::move(entry));
  }
}

std::optional<LinkEnd> GossipTransport::NoRoomFor(const std::string& ip) const {
  if (links_.size() >= settings_.links) return LinkEnd::kTooMany;
  const auto from_there =
      std::ranges::count_if(links_, [&ip](const auto& one) { return one.second.ip == ip; });
  if (static_cast<size_t>(from_there) < settings_.links_per_ip) return std::nullopt;
  return LinkEnd::kTooManyFromIp;
}

void GossipTransport::Dial(const SocketAddress& address) {
  if (stopping_) return;
  ++stats_.dialled;
  const bool room = links_.size() < settings_.links;
  TransportLink& link = Start(Protocol::socket(io_), {.dialled = address});
  if (!room) link.Abort(LinkEnd::kTooMany);
}

TransportLink& GossipTransport::Start(Protocol::socket socket, Entry entry) {
  const LinkId id = next_id_++;
  const bool dials = entry.dialled.has_value();
  auto link = std::make_shared<TransportLink>(io_, std::move(socket), settings_.link, EventsOf(id));
  if (tls_) {
    link->Protect(tls_,
                  dials ? GossipTlsSession::Side::kDialler : GossipTlsSession::Side::kAcceptor);
  }
  const SocketAddress address = entry.dialled.value_or(SocketAddress());
  entry.link = link;
  links_.emplace(id, std::move(entry));
  const auto close = [link] { link->Abort(LinkEnd::kClosedHere); };
  tasks_.Spawn(TransportLink::Read(link, address), close);
  tasks_.Spawn(TransportLink::Write(link), close);
  return *link;
}

TransportLink::Events GossipTransport::EventsOf(LinkId id) {
  return {.up =
              [this, id] {
                Entry& entry = links_.at(id);
                entry.up = true;
                ++stats_.up;
                if (!stopping_) events_.up(id, entry.dialled, entry.link->local());
              },
          .frame =
              [this, id](std::string_view frame) {
                ++stats_.frames_in;
                stats_.bytes_in += frame.size();
                if (!stopping_) events_.frame(id, frame);
              },
          .drained =
              [this, id](size_t queued) {
                if (!stopping_) events_.drained(id, queued);
              },
          .ended = [this, id](LinkEnd why) { Ended(id, why); }};
}

void GossipTransport::Ended(LinkId id, LinkEnd why) {
  ++ended(why);
  const Entry entry = std::move(links_.extract(id).mapped());
  if (!stopping_ && entry.up) {
    events_.down(id);
  } else if (!stopping_ && entry.dialled) {
    events_.dial_failed(*entry.dialled);
  }
  if (stopping_ && links_.empty()) tasks_.CloseAll(std::move(drained_));
}

void GossipTransport::Send(LinkId link, std::string frame) {
  const auto found = links_.find(link);
  const bool good = !frame.empty() && frame.size() <= settings_.link.frame;
  if (!good || found == links_.end() || !found->second.link->is_up()) {
    ++stats_.frames_refused;
    return;
  }
  ++stats_.frames_out;
  stats_.bytes_out += frame.size();
  found->second.link->Send(std::move(frame));
}

size_t GossipTransport::queued(LinkId link) const {
  const auto found = links_.find(link);
  return found == links_.end() ? 0 : found->second.link->queued();
}

void GossipTransport::Close(LinkId link) {
  const auto found = links_.find(link);
  if (found != links_.end()) found->second.link->Finish();
}

void GossipTransport::Stop(std::function<void()> drained) {
  stopping_ = true;
  drained_ = std::move(drained);
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  for (const auto& [id, entry] : links_) entry.link->Finish();
  if (links_.empty()) tasks_.CloseAll(std::move(drained_));
}

}  // namespace room_router
