// SPDX-License-Identifier: Apache-2.0
// Cost of a message's head: a browser-like request of 476 bytes and 12 fields, and a response of
// 237 bytes, parsed and rewritten. For instructions instead of time, run it under
// `valgrind --tool=callgrind` and divide the inclusive cost of each function by its calls.
#include <benchmark/benchmark.h>

#include <string>

#include "router/http/body.h"
#include "router/http/head.h"
#include "router/http/rewrite.h"

namespace {

using namespace room_router::http;

const std::string kRequest =
    "GET /http-bind?room=weekly-planning-meeting-0042 HTTP/1.1\r\n"
    "Host: meet.example.org\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: */*\r\n"
    "Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Referer: https://meet.example.org/\r\n"
    "Cookie: session=0123456789abcdef0123456789abcd\r\n"
    "Origin: https://meet.example.org\r\n"
    "Connection: keep-alive\r\n"
    "Sec-Fetch-Dest: empty\r\n"
    "Sec-Fetch-Mode: cors\r\n"
    "Sec-Fetch-Site: same-origin\r\n\r\n";

const std::string kResponse =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx/1\r\n"
    "Date: Fri, 20 Nov 2026 17:05:00 GMT\r\n"
    "Content-Type: text/xml; charset=utf-8\r\n"
    "Content-Length: 100\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: no-cache\r\n"
    "Access-Control-Allow-Origin: *\r\n"
    "X-Frame-Options: DENY\r\n\r\n";

void ParseRequest(benchmark::State& state) {
  RequestHead head;
  for (auto _ : state) {
    benchmark::DoNotOptimize(ParseRequestHead(kRequest, {}, head));
  }
  state.counters["bytes"] = static_cast<double>(kRequest.size());
}
BENCHMARK(ParseRequest);

void ParseResponse(benchmark::State& state) {
  ResponseHead head;
  for (auto _ : state) {
    benchmark::DoNotOptimize(ParseResponseHead(kResponse, {}, Method::kGet, head));
  }
  state.counters["bytes"] = static_cast<double>(kResponse.size());
}
BENCHMARK(ParseResponse);

void WriteRequest(benchmark::State& state) {
  RequestHead head;
  ParseRequestHead(kRequest, {}, head);
  const HeadRewriter rewriter({}, "eu-west");
  const ClientFacts client{.ip = "192.0.2.17", .local_port = "8000"};
  std::string out;
  for (auto _ : state) {
    out.clear();
    rewriter.WriteRequest(head, client, "weekly-planning-meeting-0042", out);
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["bytes"] = static_cast<double>(out.size());
}
BENCHMARK(WriteRequest);

void WriteResponse(benchmark::State& state) {
  ResponseHead head;
  ParseResponseHead(kResponse, {}, Method::kGet, head);
  const HeadRewriter rewriter({}, "eu-west");
  const ShardFacts shard{.shard = "shard-0", .region = "eu-west", .release = ""};
  std::string out;
  for (auto _ : state) {
    out.clear();
    rewriter.WriteResponse(head, shard, {}, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["bytes"] = static_cast<double>(out.size());
}
BENCHMARK(WriteResponse);

void FeedChunked(benchmark::State& state) {
  const std::string body = "400\r\n" + std::string(1024, 'x') + "\r\n0\r\n\r\n";
  for (auto _ : state) {
    BodyReader reader(BodyKind::kChunked, 0, true);
    benchmark::DoNotOptimize(reader.Feed(body));
  }
}
BENCHMARK(FeedChunked);

}  // namespace
